-- find_token: the sealed access token of one user for one host.
--
-- Takes no locks; no row means that the user has no account there.
select access_token
from app.oauth_accounts
where user_id = $1
  and provider = $2
