-- ledger: where migrate remembers what it has applied, and with which content.
--
-- Safe to repeat; run under migrate's advisory lock.
create schema if not exists fleet;
create table if not exists fleet.migration (
    name text primary key,
    digest text not null,
    applied_at timestamptz not null default clock_timestamp()
);
