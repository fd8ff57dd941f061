"""Where the outline puts the tests of a project."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.specgen.document import Place
from fleet.specgen.outline.paths import locate
from fleet.specgen.outline.writer import Outline
from tests.specgen.inventories import File, Written, cases_of, subject_with

ONE = (Written("test_works"),)
MANY = tuple(Written(f"test_{number}") for number in range(15))

PARTS = st.sampled_from(
    ["tests", "src", "auth", "Auth", "e2e", "packages", "web-ui", "test_login.py", "a.test.ts", "..", ""]
)
FILES = st.lists(
    st.builds(
        File,
        path=st.lists(PARTS, min_size=1, max_size=5).map("/".join) | st.text(max_size=20),
        tests=st.lists(
            st.builds(Written, name=st.text(max_size=8), suites=st.lists(st.text(max_size=4), max_size=2).map(tuple)),
            max_size=20,
        ).map(tuple),
        language=st.sampled_from(["python", "go", "typescript"]),
    ),
    max_size=8,
    unique_by=lambda file: file.path,
)


async def places(*files: File) -> list[tuple[str, str]]:
    cases = cases_of(files)
    found = await Outline().classify(subject_with(len(cases)), cases)
    return list(dict.fromkeys((place.domain, place.feature) for place in found))


@pytest.mark.parametrize(
    ("path", "folders", "subject"),
    [
        ("tests/test_basic.py", (), "Basic"),
        ("internal/auth/login_test.go", ("auth",), "Login"),
        ("packages/react-dom/src/__tests__/ReactDOMServer-test.js", ("react-dom",), "React DOM server"),
        ("src/utils/deep_copy.spec.tsx", ("utils",), "Deep copy"),
        ("http2_test.go", (), "HTTP/2"),
        ("src/latest.py", (), "Latest"),
        ("src/cart/tests.py", ("cart",), ""),
        ("src/__tests__/index.test.ts", (), ""),
    ],
)
def test_a_path_tells_its_folders_and_its_subject(path: str, folders: tuple[str, ...], subject: str) -> None:
    assert (locate(path).folders, locate(path).subject) == (folders, subject)


async def test_folders_are_domains_and_files_are_features() -> None:
    assert await places(File("src/cart/test_totals.py", ONE), File("src/users/test_login.py", ONE)) == [
        ("Cart", "Totals"),
        ("Users", "Login"),
    ]


async def test_what_no_folder_places_belongs_to_the_project() -> None:
    assert await places(File("tests/test_cli.py", ONE)) == [("Shop", "CLI")]


async def test_a_folder_that_holds_everything_divides_nothing() -> None:
    assert await places(File("shop/cart/tests/test_totals.py", ONE), File("shop/users/tests/test_login.py", ONE)) == [
        ("Cart", "Totals"),
        ("Users", "Login"),
    ]


async def test_end_to_end_tests_are_a_domain_where_no_folder_says_more() -> None:
    assert await places(File("e2e/login.cy.ts", ONE), File("test/totals.test.ts", ONE)) == [
        ("End-to-end tests", "Login"),
        ("Shop", "Totals"),
    ]


async def test_a_nameless_file_is_named_by_its_folder() -> None:
    assert await places(File("cart/tests.py", ONE), File("users/tests.py", ONE)) == [
        ("Cart", "Cart"),
        ("Users", "Users"),
    ]


async def test_a_suite_that_holds_a_whole_file_names_the_feature() -> None:
    whole = tuple(Written(test.name, ("app.router",)) for test in ONE)

    assert await places(File("test/x.js", whole, "javascript")) == [("Shop", "app.router")]


async def test_a_large_suite_of_a_large_file_is_a_feature_and_the_rest_stays_with_the_file() -> None:
    suite = tuple(Written(f"test_{number}", ("TestRoutes",)) for number in range(3))

    assert await places(File("tests/test_cli.py", suite + MANY)) == [("Shop", "Routes"), ("Shop", "CLI")]


async def test_sub_tests_of_go_stay_in_the_feature_of_their_file() -> None:
    suite = tuple(Written(f"case {number}", ("TestParse",)) for number in range(3))

    assert await places(File("parse_test.go", suite + MANY, "go")) == [("Shop", "Parse")]


async def test_files_of_one_name_are_told_apart_by_as_many_folders_as_it_takes() -> None:
    assert await places(File("cart/old/test_api.py", ONE), File("cart/new/test_api.py", ONE), File("x/t.py", ONE)) == [
        ("Cart", "Old / API"),
        ("Cart", "New / API"),
        ("X", "T"),
    ]


async def test_a_very_large_domain_is_divided_by_its_folders() -> None:
    files = [File(f"cart/{part}/test_{number}.py", ONE) for part in ("old", "new") for number in range(30)]

    assert {domain for domain, _ in await places(*files, *(File(f"x{n}/y.py", ONE) for n in range(30)))} >= {
        "Cart / Old",
        "Cart / New",
    }


@given(FILES)
async def test_every_test_has_one_place_and_no_two_groups_share_a_name(files: list[File]) -> None:
    cases = cases_of(files)

    found = await Outline().classify(subject_with(len(cases)), cases)

    assert len(found) == len(cases)
    for place in set(found):
        together = {(case.path, case.suites[:1]) for case, where in zip(cases, found, strict=True) if where == place}
        assert len({path for path, _ in together}) == 1
        assert place.domain
        assert place.feature


@given(FILES)
async def test_the_same_inventory_gives_the_same_outline(files: list[File]) -> None:
    cases = cases_of(files)

    first = await Outline().classify(subject_with(len(cases)), cases)

    assert await Outline().classify(subject_with(len(cases)), list(cases)) == first


async def test_the_suite_that_names_a_feature_is_not_repeated_in_its_behaviours() -> None:
    cases = cases_of([File("x.js", (Written("routes", ("app", "when mounted")), Written("stops", ("app",))))])

    assert await Outline().describe(Place("Shop", "App"), cases, "English") == ["When mounted: routes", "Stops"]
