-- Reading inventories: the latest of each repository, at once.

-- For app.latest_analysis: the newest whole inventory of each repository.
-- squawk-ignore require-concurrent-index-creation
create index analyses_latest on app.analyses (codebase_id, completed_at desc, id desc) where completed_at is not null;
