-- insert_document: a new version of the document of a codebase in a language; returns its id and version.
--
-- The caller holds the lock of the codebase, so the next version is nobody else's. The plan's retention is copied: a
-- later change of plan leaves the document alone.
insert into app.documents
    (codebase_id, analysis_id, user_id, language, version, model, prompt_version, content_hash, overview,
     retention_days)
select
    $1, $2, $3, $4,
    (
        select 1 + coalesce(max(other.version), 0)
        from app.documents as other
        where other.codebase_id = $1 and other.language = $4
    ),
    $5, $6, $7, $8,
    (
        select plan.retention_days
        from app.users as owner
        join app.plans as plan on plan.name = owner.plan
        where owner.id = $3
    )
returning id, version
