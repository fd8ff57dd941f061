"""Documents by a language model: what is asked, what is paid, and what is kept."""

from decimal import Decimal

import pytest

from fleet.db import Connection, Pool
from fleet.errors import AnalysisNotUsable
from fleet.specgen.archive import fetch_document
from fleet.specgen.document import Document
from fleet.specgen.model import Bill
from tests.specgen.conftest import Writer, ledger
from tests.specgen.inventories import SHOP, File, Written, make_user, store_analysis
from tests.specgen.provider import TOKENS_IN, TOKENS_OUT, Asked, FakeProvider, Reply, completion, well

NEXT_COMMIT = "f" * 40
SORTED = [(1, 1, 2), (2, 1, 2)]


async def read(conn: Connection, document_id: int) -> Document:
    document = await fetch_document(conn, document_id)
    assert document is not None
    return document


def sentences(document: Document) -> dict[str, list[str]]:
    return {
        feature.name: [behaviour.sentence for behaviour in feature.behaviours]
        for domain in document.domains
        for feature in domain.features
    }


async def test_the_model_places_describes_and_sums_up(write: Writer, conn: Connection) -> None:
    saved = await write(await store_analysis(conn), language="German")

    document = await read(conn, saved.document_id)

    assert (document.model, document.prompt_version, document.language) == ("sorter + teller", "1", "German")
    assert document.overview == "German: what shop does."
    assert [domain.name for domain in document.domains] == ["Domain of tests"]
    assert sentences(document) == {
        "Feature of tests/cart/test_totals.py": [
            "German: test_adds_prices holds",
            "German: test_rejects_negative_price holds",
        ],
        "Feature of tests/users/test_login.py": [
            "German: TestLogin > test_refuses_wrong_password holds",
            "German: test_locks_account holds",
        ],
    }
    assert saved.stand_ins == 0


async def test_a_request_says_what_the_protocol_wants_and_its_key_in_a_header_only(
    write: Writer, conn: Connection, provider: FakeProvider
) -> None:
    await write(await store_analysis(conn))

    asked = provider.log[0]

    assert asked.path == "/v1/chat/completions"
    assert asked.headers["authorization"] == "Bearer sk-secret"
    assert "sk-secret" not in str(asked.body)
    assert asked.body["model"] == "sorter"
    assert asked.body["max_completion_tokens"] == 8_000
    assert asked.body["response_format"]["json_schema"]["strict"] is True
    assert [entry.body["model"] for entry in provider.log] == ["sorter", "teller", "teller", "teller"]


async def test_requests_tokens_and_cost_of_a_run_are_those_of_the_provider(
    write: Writer, conn: Connection, pool: Pool, provider: FakeProvider
) -> None:
    user = await make_user(conn)

    saved = await write(await store_analysis(conn), user=user)

    requests = len(provider.log)
    cost = (Decimal(TOKENS_IN) * 1 + TOKENS_OUT * 2 + 3 * (TOKENS_IN * 3 + TOKENS_OUT * 10)) / 1_000_000
    assert saved.bill == Bill(
        requests=requests, tokens_in=requests * TOKENS_IN, tokens_out=requests * TOKENS_OUT, cost=cost
    )
    month = await pool.fetchrow("select tokens, cost from app.model_months")
    assert month is not None
    assert tuple(month) == (requests * (TOKENS_IN + TOKENS_OUT), cost)
    usage = await pool.fetch(
        "select model, user_id, requests, answered, tokens_in, cost from app.model_usage order by model"
    )
    assert [tuple(row)[:5] for row in usage] == [
        ("sorter", user, 1, 1, TOKENS_IN),
        ("teller", user, 3, 3, 3 * TOKENS_IN),
    ]
    assert sum(row["cost"] for row in usage) == cost


async def test_what_was_asked_once_is_not_asked_again(write: Writer, conn: Connection, provider: FakeProvider) -> None:
    analysis = await store_analysis(conn)
    first = await write(analysis)
    asked = len(provider.log)

    second = await write(analysis, job=2)

    assert len(provider.log) == asked
    assert (second.document_id, second.reused, second.bill) == (first.document_id, True, Bill())


async def test_after_a_commit_only_what_changed_is_asked_about(
    write: Writer, conn: Connection, provider: FakeProvider
) -> None:
    await write(await store_analysis(conn))
    provider.log.clear()
    changed = (
        File("tests/cart/test_totals.py", (Written("test_adds_taxes"), Written("test_adds_prices"))),
        SHOP[1],
    )

    saved = await write(await store_analysis(conn, changed, commit=NEXT_COMMIT), job=2)

    assert provider.asked_about("classify") == ["test_adds_taxes"]
    assert provider.asked_about("describe") == ["test_adds_taxes"]
    assert provider.log[0].material["present"] == [
        {
            "domain": "Domain of tests",
            "features": ["Feature of tests/cart/test_totals.py", "Feature of tests/users/test_login.py"],
        }
    ]
    assert sentences(await read(conn, saved.document_id))["Feature of tests/cart/test_totals.py"] == [
        "English: test_adds_taxes holds",
        "English: test_adds_prices holds",
    ]


async def test_another_language_is_asked_for_anew_and_another_repository_shares_nothing(
    write: Writer, conn: Connection, provider: FakeProvider
) -> None:
    await write(await store_analysis(conn))
    provider.log.clear()

    await write(await store_analysis(conn, commit=NEXT_COMMIT), job=2, language="fr")
    other_language = len(provider.asked_about("describe"))
    await write(await store_analysis(conn, repo="other"), job=3)

    assert other_language == 4
    assert len(provider.asked_about("describe")) == 8


async def test_tests_of_one_name_are_asked_about_once_and_told_apart(
    write: Writer, conn: Connection, provider: FakeProvider
) -> None:
    works = Written("works")
    saved = await write(await store_analysis(conn, [File("a.py", (works, works, works))]))

    document = await read(conn, saved.document_id)

    assert provider.asked_about("describe") == ["works"]
    assert list(sentences(document).values()) == [
        ["English: works holds", "English: works holds (2)", "English: works holds (3)"]
    ]


async def test_names_that_differ_in_case_are_one_domain_and_one_feature(
    write: Writer, conn: Connection, provider: FakeProvider
) -> None:
    def shout(asked: Asked) -> Reply:
        if asked.task != "classify":
            return well(asked)
        return completion(
            {
                "features": [
                    {"domain": "Shop", "feature": "Cart", "tests": [1, 2]},
                    {"domain": "SHOP", "feature": "cart", "tests": [3, 4]},
                ]
            }
        )

    provider.script = shout

    saved = await write(await store_analysis(conn))

    assert (saved.domains, saved.features, saved.behaviours) == (1, 1, 4)


async def test_a_question_is_about_no_more_tests_than_a_model_bears(
    write: Writer, conn: Connection, provider: FakeProvider
) -> None:
    files = [File(f"test_{number}.py", tuple(Written(f"test_{n}") for n in range(130))) for number in range(5)]

    await write(await store_analysis(conn, files))

    assert [len(asked.tests) for asked in provider.log if asked.task == "classify"] == [500, 150]
    assert sorted(len(asked.tests) for asked in provider.log if asked.task == "describe") == [30] * 5 + [100] * 5


async def test_the_analysis_of_a_private_repository_is_written_about_for_those_who_have_it(
    write: Writer, conn: Connection, provider: FakeProvider
) -> None:
    analysis, owner, other = await store_analysis(conn), await make_user(conn), await make_user(conn)
    await conn.execute("update app.codebases set private = true")
    await conn.execute("insert into app.user_analysis_history (user_id, analysis_id) values ($1, $2)", owner, analysis)

    for user in (other, None):
        with pytest.raises(AnalysisNotUsable, match="private"):
            await write(analysis, user=user)
    refused = len(provider.log)
    saved = await write(analysis, user=owner)

    assert (refused, saved.behaviours) == (0, 4)


async def test_nothing_that_was_asked_or_answered_is_in_the_ledger(write: Writer, conn: Connection, pool: Pool) -> None:
    await write(await store_analysis(conn))

    rows = await pool.fetch("select request::text as row from app.model_requests as request")

    assert await ledger(pool) == ["answered"] * 4
    assert not any("test_" in row["row"] or "holds" in row["row"] for row in rows)
