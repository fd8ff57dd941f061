-- tokens_to_reseal: the next sealed tokens that another key than the newest has made.
--
-- $1 how the seals of the newest key begin, $2 and $3 the user and the host after which to look, $4 how many. Locks the rows
-- until the end of the transaction, so that nobody stores a token in between that would be overwritten.
select account.user_id, account.provider, account.access_token
from app.oauth_accounts as account
where (account.user_id, account.provider) > ($2::bigint, $3::text) and not starts_with(account.access_token, $1)
order by account.user_id, account.provider
limit $4
for update
