-- Retry budgets: a kind that fails wholesale is tried again no faster than its budget pays for.

create table fleet.retry_budget (
    -- For fleet.spend_retries: what a kind has left.
    kind text primary key,
    balance double precision not null,
    counted_at timestamptz not null
);
comment on table fleet.retry_budget is
    'How many retries each kind can still afford, as of counted_at; below zero, so many are put off. Written by fleet.fail alone; a kind without a row has a full budget.';

alter table fleet.job add column put_off_until timestamptz;
-- True of every row there is, whose new column is null.
alter table fleet.job
add constraint put_off_until_is_a_sane_date
check (put_off_until between '2000-01-01 00:00Z' and '2200-01-01 00:00Z') not valid;
comment on column fleet.job.put_off_until is
    'The run_at that the retry budget of the kind gave this retry; it says nothing any more once run_at is another.';

-- For fleet.forgive and fleet.retries: which retries of a kind were put off.
-- squawk-ignore require-concurrent-index-creation
create index job_put_off on fleet.job (kind, id) where put_off_until is not null;
