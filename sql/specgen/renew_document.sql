-- renew_document: a document that was asked for again and came out the same is kept as long as a new one would be.
--
-- Updates one row, which the caller has locked.
update app.documents as document
set created_at = clock_timestamp(),
    retention_days = (
        select plan.retention_days
        from app.users as owner
        join app.plans as plan on plan.name = owner.plan
        where owner.id = document.user_id
    )
where document.id = $1
