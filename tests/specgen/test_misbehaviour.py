"""Providers that fail, hang, lie or never stop talking: the document is whole, or the job ends with its reason."""

import tracemalloc
from collections.abc import Callable
from datetime import timedelta

import anyio
import msgspec
import pytest

from fleet.db import Connection, Pool
from fleet.errors import ModelRefused, ModelUnavailable, ModelUnusable, Snooze
from fleet.specgen.archive import fetch_document
from fleet.specgen.model import Bill
from fleet.specgen.openai.plan import ModelPlan
from fleet.testing.until import until
from tests.specgen.conftest import SOON, Writer, ledger, modelling
from tests.specgen.inventories import File, Written, store_analysis
from tests.specgen.provider import Asked, FakeProvider, Reply, Script, completion, failure, open_provider, well

WELL = completion({"overview": "It does."})
GIGABYTES = 2 * 1024**3
# Six features of one test each.
MANY = [File(f"{name}.py", (Written(f"test_{name}"),)) for name in "abcdef"]

TAKES_TOO_LONG = {
    "silent before the headers": Reply(hang=-1),
    "silent in the body": msgspec.structs.replace(WELL, hang=20),
    "a byte at a time": msgspec.structs.replace(WELL, pace=0.1),
    "gone in the middle of the body": msgspec.structs.replace(WELL, cut=20),
    "half of its JSON": Reply(body=WELL.body[:40]),
    "no JSON": Reply(body=b"<html>Welcome to the Wi-Fi"),
    "no choices": Reply(body=b'{"choices": []}'),
    "nested without end": Reply(body=b'{"choices":' + b"[" * 1_000_000),
    "no UTF-8": Reply(body=b'{"choices": "\xff"}'),
    "2 GB": msgspec.structs.replace(WELL, padding=GIGABYTES),
}


def first(*replies: Reply | Script) -> Script:
    """Answer with these first, and well from then on."""
    waiting = list(replies)

    def script(asked: Asked) -> Reply:
        reply = waiting.pop(0) if waiting else well
        answer = reply if isinstance(reply, Reply) else reply(asked)
        assert isinstance(answer, Reply)
        return answer

    return script


def of(task: str, reply: Reply | Callable[[Asked], Reply]) -> Script:
    """Answer this to one task, and well to the others."""

    def script(asked: Asked) -> Reply:
        if asked.task != task:
            return well(asked)
        return reply if isinstance(reply, Reply) else reply(asked)

    return script


@pytest.mark.parametrize("reply", TAKES_TOO_LONG.values(), ids=TAKES_TOO_LONG)
async def test_a_provider_that_never_answers_whole_puts_the_job_off_and_counts_at_its_most(
    write: Writer, conn: Connection, pool: Pool, provider: FakeProvider, reply: Reply
) -> None:
    provider.script = lambda _: reply

    with anyio.fail_after(20), pytest.raises(Snooze, match="needs time") as put_off:
        await write(await store_analysis(conn))

    assert put_off.value.after <= SOON
    assert await ledger(pool) == ["unknown"] * 4
    assert all(out == 8_000 and into > 1_000 for into, out in await ledger(pool, "tokens_in, tokens_out"))


@pytest.mark.parametrize("reply", TAKES_TOO_LONG.values(), ids=TAKES_TOO_LONG)
async def test_a_provider_that_fails_once_costs_nothing_but_time(
    write: Writer, conn: Connection, provider: FakeProvider, reply: Reply
) -> None:
    provider.script = first(reply, well, reply)

    saved = await write(await store_analysis(conn))

    assert (saved.behaviours, saved.stand_ins, saved.bill.requests) == (4, 0, 6)


async def test_a_body_without_end_is_left_after_a_few_megabytes_and_takes_no_memory(
    write: Writer, conn: Connection, provider: FakeProvider
) -> None:
    provider.script = first(msgspec.structs.replace(WELL, padding=GIGABYTES))
    analysis = await store_analysis(conn)
    tracemalloc.start()

    saved = await write(analysis)

    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert saved.behaviours == 4
    assert provider.sent < 100_000_000
    assert most < 20_000_000


async def test_a_provider_that_is_not_there_puts_the_job_off_at_no_cost(
    conn: Connection, pool: Pool, plan: ModelPlan
) -> None:
    async with open_provider() as gone:
        pass
    analysis = await store_analysis(conn)

    async with modelling(pool, msgspec.structs.replace(plan, url=gone.url)) as begin:
        with pytest.raises(Snooze):
            await Writer(pool, begin)(analysis)

    assert await ledger(pool, "outcome, cost") == [("failed", 0)] * 4


async def test_while_a_provider_fails_nobody_asks_it_and_then_one_goes_first(
    write: Writer, conn: Connection, pool: Pool, provider: FakeProvider
) -> None:
    provider.script = lambda _: failure(500)
    analysis = await store_analysis(conn)
    with pytest.raises(Snooze):
        await write(analysis)
    with pytest.raises(Snooze) as put_off:
        await write(analysis, job=2)
    asked_while_open = len(provider.log)
    provider.script = well

    with anyio.move_on_after(put_off.value.after.total_seconds()):
        await anyio.Event().wait()
    saved = await write(analysis, job=2)

    assert asked_while_open == 4
    assert saved.behaviours == 4
    assert await ledger(pool) == ["failed"] * 4 + ["answered"] * 4


async def test_a_rate_that_is_passed_is_no_failure_and_its_wait_is_waited_out(
    write: Writer, conn: Connection, pool: Pool, provider: FakeProvider
) -> None:
    provider.script = first(*[failure(429, retry_after="0")] * 3, well, *[failure(429, retry_after="0")] * 3)

    saved = await write(await store_analysis(conn))

    assert (saved.behaviours, saved.stand_ins) == (4, 0)
    assert (await ledger(pool)).count("busy") == 6


@pytest.mark.parametrize("after", ["1000000000", "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT"])
async def test_an_absurd_retry_after_puts_the_job_off_for_an_hour(
    write: Writer, conn: Connection, provider: FakeProvider, after: str
) -> None:
    provider.script = lambda _: failure(429, retry_after=after)
    analysis = await store_analysis(conn)

    for job in (1, 2):
        with pytest.raises(Snooze) as put_off:
            await write(analysis, job=job)
        assert timedelta(minutes=59) < put_off.value.after <= timedelta(hours=1)

    # Whoever comes next heeds it, too.
    assert len(provider.log) == 1


@pytest.mark.parametrize("after", ["soon", "-5", "", "1e9", "nan"])
async def test_a_retry_after_that_makes_no_sense_is_none(
    write: Writer, conn: Connection, provider: FakeProvider, after: str
) -> None:
    provider.script = first(failure(503, retry_after=after))

    assert (await write(await store_analysis(conn))).behaviours == 4


async def test_a_provider_that_stays_away_too_long_fails_the_job_with_the_reason(
    conn: Connection, pool: Pool, plan: ModelPlan, provider: FakeProvider
) -> None:
    hasty = msgspec.structs.replace(plan.patience, outage=timedelta(0))
    provider.script = lambda _: failure(503)
    analysis = await store_analysis(conn)

    async with modelling(pool, msgspec.structs.replace(plan, patience=hasty)) as begin:
        with pytest.raises(ModelUnavailable, match=r"away for too long \(trouble=busy"):
            await Writer(pool, begin)(analysis)


async def test_a_while_in_which_nothing_was_asked_is_no_silence(
    conn: Connection, pool: Pool, plan: ModelPlan, provider: FakeProvider
) -> None:
    await conn.execute(
        "insert into app.model_requests"
        " (job_id, job_token, task, model, tokens_in, tokens_out, cost, outcome, started_at, ended_at)"
        " select 1, 0, 'classify', 'sorter', 1, 1, 1, outcome, fleet.now() - days * interval '1 day',"
        " fleet.now() - days * interval '1 day'"
        " from (values ('failed', 3), ('answered', 2)) as made (outcome, days)"
    )
    provider.script = lambda _: failure(503)

    async with modelling(pool, plan) as begin:
        with pytest.raises(Snooze, match="trouble=busy"):
            await Writer(pool, begin)(await store_analysis(conn))


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (failure(401, "invalid_api_key"), "status=401, code=invalid_api_key"),
        (failure(429, "insufficient_quota"), "status=429, code=insufficient_quota"),
        (failure(404, "model_not_found"), "status=404, code=model_not_found"),
        (Reply(status=302, headers={"location": "http://127.0.0.1:1/"}), "status=302, code=None"),
        (failure(403, "sk-secret"), "status=403, code=None"),
        (Reply(status=403, body=b'[{"error": {"type": "not_allowed"}}]'), "status=403, code=not_allowed"),
    ],
)
async def test_a_request_that_is_refused_is_not_repeated_and_says_why_without_the_key(
    write: Writer, conn: Connection, pool: Pool, provider: FakeProvider, reply: Reply, told: str
) -> None:
    provider.script = lambda _: reply

    with pytest.raises(ModelRefused) as refused:
        await write(await store_analysis(conn))

    assert told in str(refused.value)
    assert "secret" not in str(refused.value)
    assert await ledger(pool, "outcome, cost") == [("refused", 0)]


@pytest.mark.parametrize(
    "reply",
    [
        completion({"wrong": "schema"}),
        completion({"features": [{"domain": "A", "feature": "B", "tests": "all"}]}),
        completion({"features": [{"domain": "A", "feature": "B", "tests": [0, 5, -1, 10**6]}]}),
        completion({"features": [{"domain": " ", "feature": "\u200b", "tests": [1, 2, 3, 4]}]}),
        completion("I would rather not."),
        completion('{"features": [{"domain": "A\\ud800", "feature": "B", "tests": [1]}]}'),
        completion("", finish="content_filter"),
        failure(400, "content_filter"),
        completion(None, refusal="I will not."),
        completion({"features": []}, finish="length"),
    ],
    ids=[
        "another schema",
        "another type",
        "numbers of no test",
        "names of nothing",
        "no JSON",
        "half a character",
        "filtered",
        "filtered before it was asked",
        "refused",
        "cut off",
    ],
)
async def test_an_answer_of_no_use_is_no_failure_of_the_provider_and_most_of_them_fail_the_attempt(
    write: Writer, conn: Connection, pool: Pool, provider: FakeProvider, reply: Reply
) -> None:
    provider.script = of("classify", reply)

    with pytest.raises(ModelUnusable, match="most of the document"):
        await write(await store_analysis(conn))

    assert set(await ledger(pool)) <= {"unreadable", "withheld", "cut", "answered"}
    assert await pool.fetchval("select count(*) from app.documents") == 0


async def test_a_refusal_that_may_be_of_length_is_halved_before_it_is_believed(
    write: Writer, conn: Connection, pool: Pool, provider: FakeProvider
) -> None:
    provider.script = lambda _: Reply(status=400, body=b'{"error": {"type": "BadRequestError", "code": 400}}')

    with pytest.raises(ModelRefused, match="status=400, code=BadRequestError"):
        await write(await store_analysis(conn))

    assert [len(asked.tests) for asked in provider.log] == [4, 2, 1]
    assert set(await ledger(pool, "outcome, cost")) == {("refused", 0)}


async def test_tests_that_an_answer_leaves_out_are_asked_about_again(
    write: Writer, conn: Connection, provider: FakeProvider
) -> None:
    def forgetful(asked: Asked) -> Reply:
        number = min(asked.tests)
        return completion(
            {"behaviours": [{"test": number, "sentence": asked.tests[number]}, {"test": 99, "sentence": "x"}]}
        )

    provider.script = of("describe", forgetful)

    saved = await write(await store_analysis(conn))

    assert (saved.behaviours, saved.stand_ins) == (4, 0)
    assert provider.tasks.count("describe") == 4


async def test_a_question_that_is_too_long_is_halved(write: Writer, conn: Connection, provider: FakeProvider) -> None:
    def short_of_breath(asked: Asked) -> Reply:
        if len(asked.tests) > 4:
            return failure(400, "context_length_exceeded")
        if len(asked.tests) <= 2:
            return well(asked)
        # Whole JSON, of which nobody can tell whether it was meant to end here.
        return completion(
            {"features": [{"domain": "Cut", "feature": "o", "tests": list(asked.tests)}]}, finish="length"
        )

    provider.script = of("classify", short_of_breath)
    files = [File("a.py", tuple(Written(f"test_{number}") for number in range(8)))]

    saved = await write(await store_analysis(conn, files))

    assert (saved.behaviours, saved.stand_ins) == (8, 0)
    assert [len(asked.tests) for asked in provider.log if asked.task == "classify"] == [8, 4, 2, 2, 4, 2, 2]


async def test_a_feature_the_model_fails_for_has_a_stand_in_which_a_later_run_replaces(
    write: Writer, conn: Connection, provider: FakeProvider
) -> None:
    analysis = await store_analysis(conn, MANY)
    provider.script = of(
        "describe", lambda asked: completion(None, refusal="no") if "test_c" in asked.tests.values() else well(asked)
    )
    first = await write(analysis)
    provider.script = well
    provider.log.clear()

    second = await write(analysis, job=2)

    one, other = await fetch_document(conn, first.document_id), await fetch_document(conn, second.document_id)
    assert one is not None
    assert other is not None
    assert [f.name for d in one.domains for f in d.features if f.stand_in] == ["Feature of c.py"]
    assert [f.behaviours[0].sentence for d in one.domains for f in d.features if f.stand_in] == ["C"]
    assert not any(f.stand_in for d in other.domains for f in d.features)
    assert provider.asked_about("describe") == ["test_c"]
    assert (first.stand_ins, second.stand_ins, second.reused) == (1, 0, False)


async def test_of_many_tests_those_that_are_withheld_cost_few_of_the_others(
    write: Writer, conn: Connection, provider: FakeProvider
) -> None:
    provider.script = of(
        "describe", lambda asked: completion(None, refusal="no") if "test_7" in asked.tests.values() else well(asked)
    )
    files = [File("a.py", tuple(Written(f"test_{number}") for number in range(16))), *MANY]

    saved = await write(await store_analysis(conn, files))

    document = await fetch_document(conn, saved.document_id)
    assert document is not None
    by_outline = [
        b.sentence
        for d in document.domains
        for f in d.features
        for b in f.behaviours
        if not b.sentence.startswith("English")
    ]
    assert by_outline == ["Test 6", "Test 7"]


async def test_an_overview_that_cannot_be_had_is_done_without(
    write: Writer, conn: Connection, provider: FakeProvider
) -> None:
    provider.script = of("summarise", failure(400))

    saved = await write(await store_analysis(conn))

    document = await fetch_document(conn, saved.document_id)
    assert document is not None
    assert document.overview.startswith("shop has 4 tests")


async def test_what_others_asked_when_one_fails_is_heard_to_its_end_and_kept(
    write: Writer, conn: Connection, pool: Pool, provider: FakeProvider
) -> None:
    refused = anyio.Event()

    async def script(asked: Asked) -> Reply:
        if asked.task == "describe":
            if "test_a" in asked.tests.values():
                refused.set()
                return failure(400)
            await refused.wait()
        return well(asked)

    provider.script = script

    with pytest.raises(ModelRefused):
        await write(await store_analysis(conn, MANY))

    assert sorted(await ledger(pool)) == ["answered"] * 5 + ["refused"]
    assert sorted(provider.asked_about("describe")) == ["test_a", "test_b", "test_c", "test_d", "test_e"]


async def test_a_worker_that_stops_asks_nothing_more(write: Writer, conn: Connection, provider: FakeProvider) -> None:
    def stopping() -> bool:
        return bool(provider.log)

    with pytest.raises(Snooze, match="about to stop") as put_off:
        await write(await store_analysis(conn), stopping=stopping)

    assert put_off.value.after == timedelta(0)
    assert provider.tasks == ["classify"]


async def test_an_attempt_that_runs_out_of_time_goes_on_later_where_it_was(
    conn: Connection, pool: Pool, plan: ModelPlan, provider: FakeProvider
) -> None:
    async def slowly(asked: Asked) -> Reply:
        with anyio.move_on_after(SOON.total_seconds() / 2):
            await anyio.Event().wait()
        return well(asked)

    provider.script = slowly
    analysis = await store_analysis(conn, MANY)
    hasty = msgspec.structs.replace(plan.patience, asking=SOON / 3)

    async with modelling(pool, msgspec.structs.replace(plan, patience=hasty)) as begin:
        for token in range(3):
            with pytest.raises(Snooze, match="more to ask") as put_off:
                await Writer(pool, begin)(analysis, token=token)
        provider.script = well
        saved = await Writer(pool, begin)(analysis, token=4)

    assert put_off.value.after == timedelta(0)
    assert saved.behaviours == 6
    assert (provider.tasks.count("classify"), len(provider.asked_about("describe"))) == (1, 6)


async def test_a_cancelled_job_lets_go_at_once_and_what_it_asked_counts_at_its_most(
    write: Writer, conn: Connection, pool: Pool, provider: FakeProvider
) -> None:
    analysis = await store_analysis(conn)
    provider.script = of("describe", Reply(hang=-1))

    async def two_under_way() -> bool:
        return provider.tasks.count("describe") == 2

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(write, analysis)
        await until(two_under_way)
        tasks.cancel_scope.cancel()
    open_then = await ledger(pool)
    provider.script = well
    saved = await write(analysis, token=2)

    assert open_then == ["answered", None, None]
    assert (await ledger(pool))[:3] == ["answered", "unknown", "unknown"]
    assert provider.tasks.count("classify") == 1
    assert saved.bill.tokens_out == 2 * 8_000 + 4 * 130


async def test_what_a_model_says_is_stored_as_text_whatever_it_holds(
    write: Writer, conn: Connection, provider: FakeProvider
) -> None:
    evil = "'); drop table app.documents; -- <script>alert(1)</script> \0\u202e\u2028 {{7*7}} " + "x" * 200_000

    def script(asked: Asked) -> Reply:
        match asked.task:
            case "classify":
                return completion({"features": [{"domain": evil, "feature": evil, "tests": list(asked.tests)}]})
            case "describe":
                return completion({"behaviours": [{"test": n, "sentence": evil} for n in asked.tests]})
        return completion({"overview": evil})

    provider.script = script

    saved = await write(await store_analysis(conn))

    document = await fetch_document(conn, saved.document_id)
    assert document is not None
    (domain,) = document.domains
    (feature,) = domain.features
    assert [len(text) for text in (domain.name, feature.name, document.overview)] == [120, 120, 2_000]
    assert all(text.isprintable() for text in (domain.name, feature.name, document.overview))
    assert feature.behaviours[0].sentence.startswith("'); drop table app.documents; -- <script>")
    assert len({behaviour.sentence for behaviour in feature.behaviours}) == 4
    assert saved.bill != Bill()


async def test_answers_in_a_fence_or_after_a_thought_are_read(
    write: Writer, conn: Connection, provider: FakeProvider
) -> None:
    def script(asked: Asked) -> Reply:
        said = msgspec.json.decode(well(asked).body)["choices"][0]["message"]["content"]
        return completion(f"<think>Hm.</think>\n```json\n{said}\n```")

    provider.script = script

    assert (await write(await store_analysis(conn))).stand_ins == 0


async def test_a_stand_in_is_replaced_by_a_model_that_says_the_very_same(
    write: Writer, conn: Connection, provider: FakeProvider
) -> None:
    def refuses_c(asked: Asked) -> Reply:
        return completion(None, refusal="no") if "test_c" in asked.tests.values() else well(asked)

    def agrees(_: Asked) -> Reply:
        return completion({"behaviours": [{"test": 1, "sentence": stood_in}]})

    analysis = await store_analysis(conn, MANY)
    provider.script = of("describe", refuses_c)
    first = await fetch_document(conn, (await write(analysis)).document_id)
    assert first is not None
    (stood_in,) = (f.behaviours[0].sentence for d in first.domains for f in d.features if f.stand_in)
    provider.script = of("describe", agrees)

    saved = await write(analysis, job=2)

    assert (saved.reused, saved.version, saved.stand_ins) == (False, 2, 0)
