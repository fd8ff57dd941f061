"""Documents in the database: complete or not there, versioned, reused."""

from collections.abc import Sequence

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.db import Connection, Pool
from fleet.errors import AnalysisNotUsable, IncompleteDocument, InvalidJob
from fleet.specgen.archive import fetch_document
from fleet.specgen.digest import content_hash
from fleet.specgen.document import Behaviour, Case, Document, Domain, Feature, Place, Status
from fleet.specgen.outline.writer import Outline
from fleet.specgen.store import Saved
from tests.specgen.conftest import Generate
from tests.specgen.inventories import SHOP, File, Written, make_user, store_analysis, subject_with

TEXTS = st.text(alphabet='ab",[]| \\', max_size=3)
BEHAVIOURS = st.builds(
    Behaviour,
    sentence=TEXTS,
    file=st.just(1),
    test=st.just(1),
    path=TEXTS,
    line=st.just(1),
    status=st.sampled_from(["active", "skipped"]),
)
DOCUMENTS = st.builds(
    Document,
    subject=st.just(subject_with(1)),
    language=TEXTS,
    model=st.just("outline"),
    prompt_version=st.just("1"),
    overview=TEXTS,
    domains=st.lists(
        st.builds(
            Domain,
            TEXTS,
            st.lists(st.builds(Feature, TEXTS, st.lists(BEHAVIOURS, max_size=2).map(tuple)), max_size=2).map(tuple),
        ),
        max_size=2,
    ).map(tuple),
)


class Forgetful(Outline):
    """Places one test fewer than it was given."""

    async def classify(self, _subject: object, cases: Sequence[Case], _language: str = "") -> list[Place]:
        return [Place("Everything", "All of it") for _ in cases[1:]]


async def documents(pool: Pool) -> int:
    count: int = await pool.fetchval("select count(*) from app.documents")
    return count


async def test_a_document_says_what_the_tests_of_the_analysis_show(
    generating: Generate, pool: Pool, conn: Connection
) -> None:
    saved = await generating(await store_analysis(conn))

    async with pool.acquire() as connection, connection.transaction():
        document = await fetch_document(connection, saved.document_id)

    assert document is not None
    assert [
        (domain.name, feature.name, [behaviour.sentence for behaviour in feature.behaviours])
        for domain in document.domains
        for feature in domain.features
    ] == [
        ("Cart", "Totals", ["Adds prices", "Rejects negative price"]),
        ("Users", "Login", ["Refuses wrong password", "Locks account"]),
    ]
    assert (saved.version, saved.reused, saved.domains, saved.features, saved.behaviours) == (1, False, 2, 2, 4)


async def test_the_largest_domain_comes_first_and_features_keep_the_order_of_their_files(
    generating: Generate, conn: Connection
) -> None:
    works = (Written("test_works"),)
    files = [File("a/test_x.py", works), File("b/test_z.py", works), File("b/test_y.py", works)]
    saved = await generating(await store_analysis(conn, files))

    document = await fetch_document(conn, saved.document_id)

    assert document is not None
    assert [(domain.name, [feature.name for feature in domain.features]) for domain in document.domains] == [
        ("B", ["Z", "Y"]),
        ("A", ["X"]),
    ]


async def test_what_is_left_over_comes_last_in_its_domain(generating: Generate, conn: Connection) -> None:
    works = (Written("test_works"),)
    two = (*works, Written("test_stops"))
    files = [*(File(f"b/test_{name}.py", works) for name in "abc"), File("b/test_d.py", two), File("x/test_e.py", two)]
    saved = await generating(await store_analysis(conn, files))

    document = await fetch_document(conn, saved.document_id)

    assert document is not None
    assert [feature.name for feature in document.domains[0].features] == ["D", "Other behaviours"]


async def test_a_behaviour_names_all_the_suites_around_its_test(generating: Generate, conn: Connection) -> None:
    inner = Written("accepts a coupon", ("the cart", "when empty"))
    files = [File("a.test.ts", (inner, Written("opens", ("the door",))), "typescript", "vitest")]
    saved = await generating(await store_analysis(conn, files))

    document = await fetch_document(conn, saved.document_id)

    assert document is not None
    assert [behaviour.sentence for behaviour in document.domains[0].features[0].behaviours] == [
        "The cart \u203a When empty: accepts a coupon",
        "The door: opens",
    ]


async def test_every_test_of_the_analysis_is_shown_by_exactly_one_behaviour(
    generating: Generate, pool: Pool, conn: Connection
) -> None:
    analysis = await store_analysis(conn)

    saved = await generating(analysis)

    shown = await pool.fetch(
        "select file, test from app.document_behaviours where document_id = $1 order by 1, 2", saved.document_id
    )
    written = await pool.fetch("select file, test from app.test_cases where analysis_id = $1 order by 1, 2", analysis)
    assert shown == written


async def test_a_document_that_leaves_a_test_out_is_not_saved(
    generating: Generate, pool: Pool, conn: Connection
) -> None:
    analysis = await store_analysis(conn)

    async def never(_connection: Connection, _saved: Saved) -> None:
        raise AssertionError("the job must not finish")

    # One test more than the inventory that was loaded: the model never saw it.
    class Slow(Outline):
        async def summarise(self, *_arguments: object) -> str:
            await conn.execute(
                "insert into app.test_cases values ($1, 1, 99, null, 'test_late', 'active', 1, 1, 0, 0)", analysis
            )
            return ""

    with pytest.raises(IncompleteDocument):
        await generating(analysis, model=Slow(), finish=never)

    assert await documents(pool) == 0


async def test_a_model_that_answers_for_too_few_tests_is_refused(
    generating: Generate, pool: Pool, conn: Connection
) -> None:
    with pytest.raises(IncompleteDocument, match="once for every test"):
        await generating(await store_analysis(conn), model=Forgetful())

    assert await documents(pool) == 0


async def test_the_database_refuses_a_test_in_two_features(conn: Connection, generating: Generate, pool: Pool) -> None:
    saved = await generating(await store_analysis(conn))

    with pytest.raises(Exception, match="every_test_is_in_one_feature"):
        await pool.execute("insert into app.document_behaviours values ($1, 2, 99, 'again', 1, 1)", saved.document_id)


async def test_the_same_content_is_not_saved_twice(generating: Generate, pool: Pool, conn: Connection) -> None:
    analysis = await store_analysis(conn)
    first = await generating(analysis)

    again = await generating(analysis)

    assert (again.document_id, again.version, again.reused) == (first.document_id, 1, True)
    assert await documents(pool) == 1


async def test_force_makes_a_new_version_of_the_same_content(generating: Generate, conn: Connection) -> None:
    analysis = await store_analysis(conn)
    first = await generating(analysis)

    again = await generating(analysis, force=True)

    assert (again.document_id != first.document_id, again.version, again.reused) == (True, 2, False)


async def test_other_content_is_a_new_version(generating: Generate, conn: Connection) -> None:
    await generating(await store_analysis(conn))
    changed = await store_analysis(conn, [*SHOP, File("tests/test_more.py", (Written("test_more"),))], commit="f" * 40)

    assert (await generating(changed)).version == 2


async def test_each_language_counts_its_own_versions(generating: Generate, conn: Connection) -> None:
    analysis = await store_analysis(conn)
    await generating(analysis)

    german = await generating(analysis, language="DE")

    assert (german.version, german.reused) == (1, False)


async def test_one_user_is_never_given_the_document_of_another(generating: Generate, conn: Connection) -> None:
    analysis = await store_analysis(conn)
    first = await generating(analysis, user=await make_user(conn, "free"))

    second = await generating(analysis, user=await make_user(conn, "pro"))

    assert (second.document_id != first.document_id, second.version, second.reused) == (True, 2, False)


async def test_documents_of_one_codebase_saved_at_once_get_versions_of_their_own(
    generating: Generate, pool: Pool, conn: Connection
) -> None:
    analysis = await store_analysis(conn)

    async def again() -> None:
        await generating(analysis, force=True)

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(again)

    versions = await pool.fetch("select version from app.documents order by version")
    assert [row["version"] for row in versions] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(("plan", "days"), [("free", 30), ("pro", 180), ("enterprise", None)])
async def test_a_document_keeps_the_retention_its_user_had(
    generating: Generate, pool: Pool, conn: Connection, plan: str, days: int | None
) -> None:
    user = await make_user(conn, plan)
    saved = await generating(await store_analysis(conn), user=user)

    await pool.execute("update app.users set plan = 'free'")

    query = "select retention_days from app.documents where id = $1"
    assert await pool.fetchval(query, saved.document_id) == days


async def test_a_document_used_again_is_kept_as_long_as_a_new_one(
    generating: Generate, pool: Pool, conn: Connection
) -> None:
    analysis, user = await store_analysis(conn), await make_user(conn)
    await generating(analysis, user=user)
    await pool.execute("update app.documents set created_at = created_at - interval '29 days'")
    await pool.execute("update app.users set plan = 'pro'")

    await generating(analysis, user=user)

    row = await pool.fetchrow(
        "select created_at > now() - interval '1 day' as fresh, retention_days from app.documents"
    )
    assert row is not None
    assert tuple(row) == (True, 180)


async def test_a_document_that_is_being_removed_is_neither_used_again_nor_shown(
    generating: Generate, pool: Pool, conn: Connection
) -> None:
    analysis = await store_analysis(conn)
    removed = await generating(analysis)
    await pool.execute("update app.documents set removed_at = now()")

    again = await generating(analysis)

    assert (again.version, again.reused) == (2, False)
    assert await fetch_document(conn, removed.document_id) is None


@pytest.mark.parametrize(
    ("files", "completed", "sentence"),
    [(SHOP, False, "not completed"), ((File("tests/test_none.py"),), True, "found no tests")],
)
async def test_an_analysis_with_nothing_to_write_about_is_refused(
    generating: Generate, conn: Connection, files: Sequence[File], completed: bool, sentence: str
) -> None:
    analysis = await store_analysis(conn, files, completed=completed)

    with pytest.raises(AnalysisNotUsable, match=sentence):
        await generating(analysis)


async def test_an_analysis_that_does_not_exist_is_refused(generating: Generate) -> None:
    with pytest.raises(AnalysisNotUsable, match="no such analysis"):
        await generating(7)


async def test_an_analysis_that_lost_some_of_its_tests_is_refused(generating: Generate, conn: Connection) -> None:
    analysis = await store_analysis(conn)
    await conn.execute("delete from app.test_cases where file = 1 and test = 1")

    with pytest.raises(AnalysisNotUsable, match="does not hold"):
        await generating(analysis)


@pytest.mark.parametrize(
    "end",
    [
        "delete from app.analyses",
        "update app.analyses set completed_at = null, candidates = null, files = null, tests = null",
    ],
)
async def test_an_analysis_that_goes_while_its_document_is_written_is_refused(
    generating: Generate, pool: Pool, conn: Connection, end: str
) -> None:
    analysis = await store_analysis(conn)

    class Slow(Outline):
        async def summarise(self, *_arguments: object) -> str:
            await conn.execute(end)
            return ""

    with pytest.raises(AnalysisNotUsable, match="removed meanwhile"):
        await generating(analysis, model=Slow())

    assert await documents(pool) == 0


async def test_a_user_that_does_not_exist_is_refused_before_anything_is_written(
    generating: Generate, conn: Connection
) -> None:
    with pytest.raises(InvalidJob, match="no such user"):
        await generating(await store_analysis(conn), user=7)


@given(DOCUMENTS, DOCUMENTS)
def test_documents_that_differ_in_what_they_say_hash_differently(one: Document, other: Document) -> None:
    assert (content_hash(one) == content_hash(other)) == (one == other)


def test_a_text_that_moves_from_one_name_to_the_next_changes_the_hash() -> None:
    def document(*names: str) -> Document:
        return Document(
            subject=subject_with(1),
            language="en",
            model="outline",
            prompt_version="1",
            overview="",
            domains=tuple(Domain(name, ()) for name in names),
        )

    hashes = {content_hash(document(*names)) for names in (("a", "b"), ("ab",), ("a,b",), ('a","b',), ("a", "b", ""))}
    assert len(hashes) == 5


def test_a_test_that_is_skipped_or_moved_changes_the_hash() -> None:
    def document(path: str, status: Status) -> Document:
        behaviour = Behaviour(sentence="Works", file=1, test=1, path=path, line=1, status=status)
        return Document(
            subject=subject_with(1),
            language="en",
            model="outline",
            prompt_version="1",
            overview="",
            domains=(Domain("Cart", (Feature("Totals", (behaviour,)),)),),
        )

    statuses: tuple[Status, ...] = ("active", "skipped")
    hashes = {content_hash(document(path, status)) for path in ("a.py", "b.py") for status in statuses}
    assert len(hashes) == 4
