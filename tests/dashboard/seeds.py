"""A fleet with something to show on each page: work, waits, failures, a worker that died, a night's cleanup."""

from datetime import UTC, datetime, timedelta

from fleet.db import Connection

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&{{7*7}}"

_KINDS = """
    select fleet.declare_kind('analyze', 'analysis_default', 3, '20 min', '{owner,repo}', '{}', fair_by => 'user_id');
    select fleet.declare_kind('generate_spec', 'specview_default', 3, '20 min', '{}', '{}');
    select fleet.declare_kind('mail', 'mails', 5, '1 min', '{}', '{}')
"""
_WORKERS = """
    insert into fleet.worker
        (id, service, replica, version, pid, queues, kinds, started_at, lease_until, slots, memory)
    values
        ('00000000-0000-0000-0000-00000000000a', 'analyzer', 'replica-1', '8f3c1d2', 11, '{analysis_default}',
         '{analyze}', now() - interval '5 hours', now() + interval '1 hour', '{8}', 412000000),
        ('00000000-0000-0000-0000-00000000000b', 'analyzer', 'replica-2', '77aa001', 12, '{analysis_default}',
         '{analyze}', now() - interval '9 hours', now() + interval '1 hour', '{8}', 388000000),
        ('00000000-0000-0000-0000-00000000000c', 'mailer', 'replica-3', '8f3c1d2', 13, '{mails}', '{mail}',
         now() - interval '1 hour', now() - interval '42 s', '{4}', 97000000)
"""
_HISTORY = """
    insert into fleet.job_history
        (id, kind, queue, outcome, priority, args, attempt, max_attempts, fair_key, worker, enqueued_at, claimed_at,
         finished_at, result, error_class, error_message, traceparent)
    select
        100000 + n, kind.name, kind.queue, made.outcome, 0,
        jsonb_build_object('owner', 'psf', 'repo', 'requests', 'number', n), 1, 3,
        case when kind.name = 'analyze' then 'user-7' end,
        '00000000-0000-0000-0000-00000000000a', made.at - made.waited - made.ran, made.at - made.ran, made.at,
        case when made.outcome = 'done' then '{"tests": 12}'::jsonb end,
        case when made.outcome = 'failed'
            then (array['RepositoryUnavailable', 'TimeLimitExceeded', 'SMTPError'])[1 + n % 3] end,
        case when made.outcome = 'failed' then (array[
            'the host did not hand the repository over (host=github.com, status=' || 500 + n % 4 || ')',
            'a handler ran longer than its kind may (limit=1200 s)',
            'recipient ' || n || ' refused'
        ])[1 + n % 3] end,
        '00-' || md5(n::text) || '-00f067aa0ba902b7-01'
    from generate_series(1, $1::integer) as n
    cross join lateral (
        select (array['analyze', 'generate_spec', 'mail'])[1 + n % 3] as name,
               (array['analysis_default', 'specview_default', 'mails'])[1 + n % 3] as queue
    ) as kind
    cross join lateral (
        select now() - $2::interval * (n::double precision / $1) ^ 1.3 as at,
               interval '1 s' * exp(sin(n * 7.7) * 2) as waited, interval '1 s' * exp(cos(n * 3.1) * 3) as ran,
               (case when n % 17 = 0 then 'failed' when n % 101 = 0 then 'cancelled' else 'done' end
               )::fleet.job_outcome as outcome
    ) as made
"""
_RUNNING = """
    update fleet.job
    set state = 'running', worker = $2, claimed_at = now() - $3::interval, attempt = 1, token = 1,
        progress = $4::text::jsonb
    where id = $1
"""
_CRON = """
    insert into fleet.cron_run
        (task, every, dry_run, version, started_at, ended_at, outcome, since_success, missed, counts, error_class)
    select 'retention-cleanup', '1 day', false, '8f3c1d2', at, at + interval '7.4 s',
           case when n = 3 then 'failed' when n = 2 then 'partial' else 'done' end, '1 day', 0,
           case when n = 3 then '{}'::jsonb
                else jsonb_build_object('history', 410 + n, 'analyses', 23 * n, 'job_days', 2, 'days_ahead', 0,
                                        'workers', n)
           end,
           case when n = 3 then 'QueryCanceledError' end
    from generate_series(5, 0, -1) as n,
        lateral (select date_trunc('day', now()) + interval '3 hours' - n * interval '1 day' as at) as day;
    insert into fleet.cron_run (task, every, dry_run, version, started_at, ended_at, outcome, missed, counts)
    values ('partitions', '1 day', false, '8f3c1d2', now() - interval '8 hours',
            now() - interval '8 hours' + interval '0.2 s', 'done', 0, '{"made": 2}')
"""
_ACTIONS = """
    select fleet.record_action('cancel', 'the customer has left', who => 'ann', jobs => '{101, 102, 103}',
                               details => '{"became": {"ready → cancelled": 2, "done as before": 1}}');
    select fleet.record_action('pause', 'deploy of the model', who => 'bob',
                               details => '{"queues": ["specview_default"]}')
"""
DEAD = "00000000-0000-0000-0000-00000000000c"
ALIVE = "00000000-0000-0000-0000-00000000000a"


async def fill(connection: Connection, *, jobs: int = 3000, over: timedelta = timedelta(days=7)) -> dict[str, int]:
    """Put it all in, sums included, and return the ids of jobs by what they are an example of."""
    await connection.execute(_KINDS)
    # As in a database that has been there for a while.
    for day in range(over.days + 1, -1, -1):
        await connection.execute(
            "select set_config('fleet.now', (now() - $1::integer * interval '1 day')::text, false)", day
        )
        await connection.execute("select fleet.make_partitions()")
    await connection.execute("reset fleet.now")
    await connection.execute(_WORKERS)
    await connection.execute("select fleet.limit_keys('analysis_default', 1)")
    await connection.execute(_HISTORY, jobs, over)
    ids = await _live(connection)
    await connection.execute(_CRON)
    await connection.execute(_ACTIONS)
    await _application(connection)
    await sum_up(connection)
    ids["failed"] = await connection.fetchval(
        "select id from fleet.job_history where outcome = 'failed' order by finished_at desc limit 1"
    )
    ids["done"] = await connection.fetchval("select max(id) from fleet.job_history where outcome = 'done'")
    return ids


async def _live(connection: Connection) -> dict[str, int]:
    async def add(kind: str, args: str = "{}", more: str = "") -> int:
        added: int = await connection.fetchval(f"select id from fleet.enqueue($1, $2::text::jsonb{more})", kind, args)
        return added

    ids = {
        "running": await add("analyze", '{"owner": "psf", "repo": "requests", "user_id": "7"}'),
        "stuck": await add("mail", '{"to": "ann"}'),
        "scheduled": await add("generate_spec", more=", delay => '40 min'"),
        "unserved": await add("generate_spec"),
        "held": await add("analyze", '{"owner": "psf", "repo": "black", "user_id": "7"}'),
        "hostile": await connection.fetchval(
            "insert into fleet.job (kind, queue, args, unique_key)"
            " values ('mail', 'mails', jsonb_build_object('to', $1::text), $1) returning id",
            HOSTILE,
        ),
    }
    progress = '{"phase": "parse", "done": 1234, "total": 5000}'
    await connection.execute(_RUNNING, ids["running"], ALIVE, timedelta(minutes=3), progress)
    await connection.execute(_RUNNING, ids["stuck"], DEAD, timedelta(minutes=2), None)
    await connection.execute("select fleet.admit(100)")
    for number in range(40):
        await add("mail", f'{{"to": "customer {number}"}}')
    await connection.execute("select fleet.pause('specview_default', reason => $1)", "model is down <b>again</b>")
    return ids


async def _application(connection: Connection) -> None:
    now = datetime.now(UTC)
    for repo in ("requests", HOSTILE):
        codebase = await connection.fetchval(
            "insert into app.codebases (host, owner, repo) values ('github.com', 'psf', $1) returning id", repo
        )
        analysis = await connection.fetchval(
            "insert into app.analyses (codebase_id, commit, parser_version, userless, job_id, job_token, started_at,"
            " completed_at, candidates, files, tests, phases)"
            " values ($1, repeat('ab', 20), '7', true, 100001, 1, $2, $2, 40, 2, 4,"
            """ '{"fetch": 1.25, "parse": 0.4}')"""
            " returning id",
            codebase,
            now - timedelta(hours=3),
        )
        for file, path in enumerate(("tests/test_api.py", f"tests/{HOSTILE}.py"), 1):
            await connection.execute(
                "insert into app.test_files (analysis_id, file, path, language, framework)"
                " values ($1, $2, $3, 'python', 'pytest')",
                *(analysis, file, path),
            )
            await connection.execute(
                "insert into app.test_cases select $1, $2, n, null, $3 || n, 'active', n * 10, n * 10 + 5, 0, 0"
                " from generate_series(1, 2) as n",
                *(analysis, file, HOSTILE if file > 1 else "follows redirects "),
            )
        await _document(connection, codebase, analysis)


async def _document(connection: Connection, codebase: int, analysis: int) -> None:
    document = await connection.fetchval(
        "insert into app.documents (codebase_id, analysis_id, language, version, model, prompt_version, content_hash,"
        " overview) values ($1, $2, 'English', 1, 'outline', '1', 'x', $3) returning id",
        *(codebase, analysis, f"What the library promises. {HOSTILE} [link](javascript:alert(3))"),
    )
    await connection.execute("insert into app.document_domains values ($1, 1, 'Requests')", document)
    await connection.execute(
        "insert into app.document_features values ($1, 1, 1, 'Redirects'), ($1, 2, 1, $2)", document, HOSTILE
    )
    await connection.execute(
        "insert into app.document_behaviours values ($1, 1, 1, 'Follows a redirect to another host.', 1, 1),"
        " ($1, 1, 2, 'Stops after thirty redirects.', 1, 2), ($1, 2, 1, $2, 2, 1)",
        *(document, HOSTILE),
    )


async def sum_up(connection: Connection) -> None:
    """Count what has ended, however long ago."""
    await connection.execute("update fleet.rollup set since = '-infinity'")
    while not await connection.fetchval("select fleet.roll_up('5 s')"):
        pass
    await connection.execute(
        "insert into fleet.depth_minute select date_trunc('minute', now()) - n * interval '1 min', queue.name,"
        " 20 + 15 * sin(n / 90.0), 3, 5, 4 + 3 * cos(n / 200.0), null"
        " from generate_series(1, 1500) as n, unnest('{analysis_default,mails}'::text[]) as queue (name)"
        " on conflict do nothing"
    )
