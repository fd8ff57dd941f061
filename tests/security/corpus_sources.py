"""Hostile repositories: files that hurt a grammar, a walk, a pattern or a database."""

from tests.analysis.git.plumbing import BareRepository
from tests.security.corpus_case import Build, Case, Outside, of_files
from tests.security.test_hostile_sources import HOSTILE, WRITTEN

_SIZE = 12_000
_TESTS = 5_000


def _in_every_language(harm: bytes) -> Build:
    return of_files(
        {
            path.encode(): start + test % 1 + end + b"\n" + harm * (_SIZE // len(harm))
            for path, (start, test, end) in WRITTEN.items()
        }
    )


def _python(text: str) -> Build:
    return of_files({b"test_a.py": text.encode("utf-8", "surrogatepass")})


def _javascript(config: str, name: bytes = b"jest.config.js") -> Build:
    return of_files({name: config.encode(), b"a.test.js": b"it('a', () => {})\n"})


def _with_setting(name: bytes, content: bytes) -> Build:
    return of_files({name: content, b"test_a.py": b"import pytest\ndef test_a(): ...\n"})


def _many_files(repository: BareRepository, _: Outside) -> None:
    of_files({b"test_%d.py" % number: b"import pytest\ndef test_%d(): ...\n" % number for number in range(600)})(
        repository, _
    )


_STARS = "**/*" * 200
_BRACES = "{a,b," * 300 + "}" * 300
_PATTERNS = "'a'," * 100_000
_BACKTRACKING = "(a+)+" * 50
_SUM = "1+" * 10_000
_LONG = "a" * 300_000

_HARMS = {f"in every language, {harm!r} again and again": Case(_in_every_language(harm)) for harm in HOSTILE}
SOURCES = _HARMS | {
    "a file of nothing but NUL": Case(of_files({b"test_a.py": bytes(_SIZE), b"a.test.js": bytes(_SIZE)})),
    "a name that is longer than a row": Case(_python(f"import pytest\ndef test_{_LONG}(): ...\n")),
    "names that a database cannot hold": Case(
        of_files({b"a.test.js": b"it('\\0 \\ud800 \\u{110000} \xff \x00 \xed\xa0\x80', () => {})\n"})
    ),
    "names that end a statement": Case(
        of_files({b"a.test.js": b'it("\'; drop table app.test_cases; -- $1 %s {}", () => {})\n'})
    ),
    "more tests than a file should have": Case(
        _python("import pytest\n" + "".join(f"def test_{number}(): ...\n" for number in range(_TESTS)))
    ),
    "more files than fit in a batch": Case(_many_files),
    "an expression of ten thousand terms": Case(_python(f"import pytest\ndef test_a(): x = {_SUM}1\n")),
    "blocks in each other": Case(_python("import pytest\n" + "".join(" " * depth + "if x:\n" for depth in range(500)))),
    "a pattern that backtracks": Case(_javascript(f"module.exports = {{testRegex: '{_BACKTRACKING}$'}}")),
    "a pattern of stars": Case(_javascript(f"module.exports = {{testMatch: ['{_STARS}']}}")),
    "a pattern of braces": Case(_javascript(f"module.exports = {{testMatch: ['{_BRACES}']}}")),
    "a hundred thousand patterns": Case(_javascript(f"module.exports = {{testMatch: [{_PATTERNS}]}}")),
    "a setting that is a program": Case(
        _javascript("module.exports = require('child_process').execSync('touch x') && process.exit(1)")
    ),
    "settings that extend themselves": Case(_javascript('{"extends": "./tsconfig.json"}', b"tsconfig.json")),
    "settings in each other": Case(_with_setting(b"pyproject.toml", b"a = " + b"[" * 20_000)),
    "settings without end": Case(_with_setting(b"pyproject.toml", b"[tool.pytest.ini_options]\na.b" + b".c" * 20_000)),
    "settings that lead out": Case(
        _with_setting(b"pytest.ini", b"[pytest]\ntestpaths = /etc ../../..\npython_files = " + b"*" * 2_000)
    ),
    "settings that are no text": Case(_with_setting(b"pytest.ini", b"\xff\xfe\0[pytest]" * 1_000)),
}
