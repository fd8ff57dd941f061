-- reseal_tokens: stores tokens that were sealed anew.
--
-- $1 users, $2 hosts, $3 seals. Whoever calls it has locked the rows (tokens_to_reseal).
update app.oauth_accounts as account
set access_token = resealed.access_token
from unnest($1::bigint[], $2::text[], $3::text[]) as resealed (user_id, provider, access_token)
where account.user_id = resealed.user_id and account.provider = resealed.provider
