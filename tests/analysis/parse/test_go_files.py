import pytest

from fleet.analysis.inventory import Location
from tests.analysis.parse.reading import file_of, lines_of, locations_of


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("func TestA(t *testing.T) {}", ["TestA"]),
        ("func Test_a(t *testing.T) {}", ["Test_a"]),
        ("func Test1(t *testing.T) {}", ["Test1"]),
        ("func TestÄ(t *testing.T) {}", ["TestÄ"]),
        ("func Testa(t *testing.T) {}", []),
        ("func Testä(t *testing.T) {}", []),
        ("func Test(t *testing.T) {}", []),
        ("func TestA(b *testing.B) {}", []),
        ("func TestA(t testing.T) {}", []),
        ("func TestA(t *testing.T, x int) {}", []),
        ("func TestA() {}", []),
        ("func TestMain(m *testing.M) {}", []),
        ("func (s *Suite) TestA(t *testing.T) {}", []),
        ("func BenchmarkA(b *testing.B) {}", ["BenchmarkA"]),
        ("func FuzzA(f *testing.F) {}", ["FuzzA"]),
        ("func Example() {}", ["Example"]),
        ("func ExampleA() {}", ["ExampleA"]),
        ("func Examplea() {}", []),
        ("func ExampleA(x int) {}", []),
    ],
)
def test_the_toolchain_runs_functions_by_name_and_parameter(source: str, expected: list[str]) -> None:
    assert lines_of("a_test.go", "package a\n" + source) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('t.Run("one", f); t.Run(`two`, f)', ["TestA > one", "TestA > two"]),
        ('t.Run("a", func(t *testing.T) { t.Run("b", f) })', ["TestA > a", "TestA > b"]),
        ('for range x { s.Run("a", f) }', ["TestA > a"]),
        ("t.Run(c.name, f)", ["TestA"]),
        ('Run("a", f)', ["TestA"]),
    ],
)
def test_literal_subtests_count_instead_of_their_test(body: str, expected: list[str]) -> None:
    assert lines_of("a_test.go", f"package a\nfunc TestA(t *testing.T) {{ {body} }}") == expected


def test_benchmarks_have_no_subtests() -> None:
    assert lines_of("a_test.go", 'package a\nfunc BenchmarkA(b *testing.B) { b.Run("x", f) }') == ["BenchmarkA"]


def test_the_name_alone_makes_a_go_test_file() -> None:
    file = file_of("a_test.go", "package a")

    assert (file.language, file.framework) == ("go", "go-testing")


def test_a_test_stands_where_its_function_stands() -> None:
    assert locations_of("a_test.go", "package a\n\nfunc TestA(t *testing.T) {\n}\n") == {"TestA": Location(3, 4, 0, 1)}
