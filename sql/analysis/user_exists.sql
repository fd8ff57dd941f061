-- user_exists: whether there is such a user.
--
-- $1 user. Takes no lock.
select exists (select from app.users where id = $1)
