"""Where the outline puts the tests of a project."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.specgen.document import Place
from fleet.specgen.outline.paths import locate
from fleet.specgen.outline.whole import outline_of
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
        ("src/test/java/com/acme/shop/CartTest.java", ("shop",), "Cart"),
        ("shop/src/jvmTest/kotlin/CartTest.kt", ("shop",), "Cart"),
        ("src/flags/mod.rs", ("flags",), ""),
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
    two = (*ONE, Written("test_stops"))
    files = [File("cart/old/test_api.py", two), File("cart/new/test_api.py", two), File("x/t.py", two)]

    assert await places(*files) == [("Cart", "Old / API"), ("Cart", "New / API"), ("X", "T")]


async def test_a_very_large_domain_is_divided_by_its_folders() -> None:
    files = [File(f"cart/{part}/test_{number}.py", ONE) for part in ("old", "new") for number in range(30)]

    assert {domain for domain, _ in await places(*files, *(File(f"x{n}/y.py", ONE) for n in range(30)))} >= {
        "Cart / Old",
        "Cart / New",
    }


async def test_a_few_files_of_many_make_no_domain_of_their_own() -> None:
    crowd = [File(f"d{part}/test_{number}.py", MANY) for part in range(13) for number in range(3)]

    assert (await places(*crowd, File("lonely/test_x.py", MANY)))[-1] == ("Shop", "X")


async def test_files_that_begin_alike_are_a_domain_where_no_folder_says_more() -> None:
    files = [File(f"test/req.{name}.js", MANY, "javascript") for name in ("get", "is", "host", "ip")]
    crowd = [File(f"test/{chr(97 + number)}.js", MANY, "javascript") for number in range(12)]

    assert (await places(*files, *crowd))[:2] == [("Request", "Get"), ("Request", "Is")]


async def test_a_folder_is_named_without_the_project_and_without_saying_that_it_holds_tests() -> None:
    files = [File("ShopCartTests/a_test.py", MANY), File("Shop.Users.Specs/b_test.py", MANY), File("c/c.py", MANY)]

    assert [domain for domain, _ in await places(*files)] == ["Cart", "Users", "C"]


async def test_single_tests_of_many_files_are_one_feature_that_says_what_each_is_about() -> None:
    files = [File(f"bugs/test_{name}.py", ONE) for name in ("cart", "login", "logout")]
    cases = cases_of([*files, File("x/test_z.py", MANY), *(File(f"{part}/test_y.py", MANY) for part in ("bugs", "x"))])

    found = await Outline().classify(subject_with(len(cases)), cases)
    sentences = await Outline().describe(found[0], cases[:3], "English")

    assert found[0] == found[1] == found[2] == Place("Bugs", "Other behaviours")
    assert sentences == ["Cart: works", "Login: works", "Logout: works"]


async def test_a_domain_of_single_tests_alone_is_a_feature_of_its_own_name() -> None:
    files = [File(f"bugs/test_{name}.py", ONE) for name in ("cart", "login", "logout")]

    assert await places(*files, File("x/test_y.py", MANY)) == [("Bugs", "Bugs"), ("X", "Y")]


async def test_a_very_large_suite_is_divided_by_the_suites_in_it() -> None:
    inner = [Written(f"is {n}", ("app.router", "params")) for n in range(10)]
    rest = [Written(f"has {n}", ("app.router",)) for n in range(60)]
    cases = cases_of([File("test/x.js", (*inner, *rest), "javascript")])

    found = await Outline().classify(subject_with(70), cases)

    assert list(dict.fromkeys(found)) == [Place("Shop", "app.router: Params"), Place("Shop", "app.router")]
    assert await Outline().describe(found[0], cases[:1], "English") == ["Is 0"]
    assert await Outline().describe(found[-1], cases[-1:], "English") == ["Has 59"]


async def test_a_large_file_without_suites_is_divided_by_what_its_tests_begin_with() -> None:
    cookies = [Written(f"test_cookies_{n}") for n in range(20)]
    rest = [Written(f"test_{chr(97 + n // 26)}x{chr(97 + n % 26)}_works") for n in range(100)]

    assert await places(File("tests/test_api.py", (*cookies, *rest))) == [("Shop", "API: Cookie"), ("Shop", "API")]


async def test_a_suite_of_the_name_of_its_file_is_the_feature_of_that_file() -> None:
    suite = tuple(Written(f"test_{number}", ("TestCli",)) for number in range(3))

    assert await places(File("tests/test_cli.py", suite + MANY)) == [("Shop", "CLI")]


async def test_suites_of_a_file_that_are_named_alike_are_one_feature() -> None:
    suites = tuple(Written(f"is {n}", (("completion", "Completion")[n % 2],)) for n in range(8))

    assert await places(File("test/x.js", suites + MANY, "javascript")) == [("Shop", "Completion"), ("Shop", "X")]


async def test_a_member_is_named_with_what_it_belongs_to() -> None:
    cases = cases_of([File("req.js", (Written("works", ("req", ".get()")), Written("stops", ("req", ".get()"))))])

    found = await Outline().classify(subject_with(2), cases)

    assert found[0] == Place("Shop", "req.get()")
    assert await Outline().describe(found[0], cases, "English") == ["Works", "Stops"]


async def test_a_member_of_what_is_no_name_is_a_suite_like_any_other() -> None:
    cases = cases_of(
        [File("req.js", tuple(Written(test.name, ("dsl of it", ".get()")) for test in MANY), "javascript")]
    )

    found = await Outline().classify(subject_with(15), cases)

    assert found[0] == Place("Shop", "Dsl of it")
    assert (await Outline().describe(found[0], cases[:1], "English")) == [".get(): test 0"]


async def test_files_that_only_a_folder_of_a_kind_tells_apart_are_named_with_it() -> None:
    files = [File(f"shop/{kind}/rules_test.py", MANY) for kind in ("cypress", "playwright")]

    assert await places(*files, File("shop/rules_test.py", MANY)) == [
        ("End-to-end tests", "Cypress / Rules"),
        ("End-to-end tests", "Playwright / Rules"),
        ("Shop", "Rules"),
    ]


async def test_a_constant_is_named_without_the_namespace_of_the_project() -> None:
    tests = tuple(Written(test.name, ("Shop::Web::Route",)) for test in MANY)
    cases = cases_of([File("spec/route_spec.rb", tests, "ruby")])

    found = await Outline().classify(subject_with(15), cases)

    assert found[0] == Place("Shop", "Web::Route")
    assert (await Outline().describe(found[0], cases[:1], "English")) == ["Test 0"]


async def overview(*files: File, language: str = "English") -> str:
    cases = cases_of(files)
    return (await outline_of(subject_with(len(cases)), cases, language=language)).overview


async def test_the_overview_says_how_much_there_is_of_what() -> None:
    skipped = Written("test_waits", (), "skipped")
    files = [
        File("a/test_x.py", (*ONE, skipped)),
        File("b/y.test.ts", ONE, "typescript", "vitest"),
        File("c/z.py", ONE),
    ]

    assert await overview(*files) == (
        "shop has 4 tests in 3 files, written in Python with pytest and TypeScript with Vitest."
        " They describe 3 features in 3 areas; the largest are A (2), B (1) and C (1)."
        " Not all of it is shown to work: 1 skipped."
    )


async def test_the_overview_of_one_area_says_nothing_of_areas() -> None:
    assert await overview(File("tests/test_x.py", ONE)) == (
        "shop has 1 test in 1 file, written in Python with pytest. They describe 1 feature."
    )


async def test_the_overview_is_in_the_language_of_the_document() -> None:
    assert await overview(File("a/x.py", ONE), File("b/y.py", ONE), language="German") == (
        "shop hat 2 Tests in 2 Dateien, geschrieben in Python mit pytest."
        " Beschrieben: 2 Funktionen in 2 Bereichen; die größten sind A (1) und B (1)."
    )


async def test_an_outline_in_german_names_in_german_what_is_not_a_name() -> None:
    cases = cases_of([File("e2e/login.cy.ts", ONE, "typescript"), File("test/a.test.ts", MANY, "typescript")])

    found = await Outline().classify(subject_with(16), cases, "de-AT")

    assert found[0] == Place("End-to-End-Tests", "Login")


@given(FILES)
async def test_every_test_has_one_place_and_no_two_groups_share_a_name(files: list[File]) -> None:
    cases = cases_of(files)

    found = await Outline().classify(subject_with(len(cases)), cases)

    assert len(found) == len(cases)
    tests = Counter(case.path for case in cases)
    for place in set(found):
        together = {case.path for case, where in zip(cases, found, strict=True) if where == place}
        assert len(together) == 1 or all(tests[path] == 1 for path in together)
        assert place.domain
        assert place.feature


@given(FILES)
async def test_every_test_has_a_sentence_that_no_other_of_its_feature_has(files: list[File]) -> None:
    cases = cases_of(files)
    found = await Outline().classify(subject_with(len(cases)), cases)

    for place in set(found):
        together = [case for case, where in zip(cases, found, strict=True) if where == place]
        sentences = await Outline().describe(place, together, "English")
        assert all(sentences)
        assert len({sentence.casefold() for sentence in sentences}) == len(together)


@given(FILES)
async def test_the_same_inventory_gives_the_same_outline(files: list[File]) -> None:
    cases = cases_of(files)

    first = await Outline().classify(subject_with(len(cases)), cases)

    assert await Outline().classify(subject_with(len(cases)), list(cases)) == first


async def test_the_suite_that_names_a_feature_is_not_repeated_in_its_behaviours() -> None:
    cases = cases_of([File("x.js", (Written("routes", ("app", "when mounted")), Written("stops", ("app",))))])

    assert await Outline().describe(Place("Shop", "App"), cases, "English") == ["When mounted: routes", "Stops"]
