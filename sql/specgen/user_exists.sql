-- user_exists: whether a document can be made for a user.
--
-- Takes no lock.
select exists (select from app.users where id = $1)
