"""Documents that no database holds."""

import msgspec
from hypothesis import strategies as st

from fleet.specgen.document import Behaviour, Document, Domain, Feature, Status
from tests.specgen.inventories import subject_with

# Text that tries to be more than text, in every form that a page or a line of Markdown obeys.
HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"><b onmouseover='x'>",
    "</style></title></script><h1>",
    "[click](javascript:alert(1))",
    "](javascript:alert(1)) [x",
    "![x](https://evil.example/x.png)",
    "<javascript:alert(1)>",
    "javascript:alert(1)",
    "https://evil.example www.evil.example",
    "`<b>` and `` `x` ``",
    "`<b>``<i>`",
    "\\`<b>`",
    "a | b || c",
    "# title\n## more\r\n- item\u2028+ item",
    "***bold*** __it__ ~~gone~~ $x^2$",
    "1. one 2) two",
    "&lt;b&gt; &amp; &#60;",
    "safe\u202eelif\u2066 \u200f",
    "nul\0byte \x1b[31m \ud800",
    "[x]: https://evil.example",
    "    indented",
    "---",
    "<!-- -->",
    "@@ Name::Of#it, it.is(<b>) --option _private_ a_b_c",
    "x" * 10_000,
    "",
)
TEXTS = st.one_of(
    st.sampled_from(HOSTILE),
    st.lists(st.sampled_from(HOSTILE[:-2]), min_size=2, max_size=3).map("".join),
    st.text(alphabet="ab1 .-+#<>&[]()!`*_~|$\\\"'\n\r\u2028:/", max_size=40),
)


def behaviour(
    sentence: str = "Adds prices", status: Status = "active", path: str = "tests/test_cart.py", line: int = 12
) -> Behaviour:
    return Behaviour(sentence=sentence, file=1, test=line, path=path, line=line, status=status)


def document(
    *behaviours: Behaviour,
    domain: str = "Cart",
    feature: str = "Totals",
    host: str = "github.com",
    owner: str = "acme",
    language: str = "English",
    overview: str = "A shop.",
    stand_in: bool = False,
) -> Document:
    return Document(
        subject=msgspec.structs.replace(subject_with(1), host=host, owner=owner),
        language=language,
        model="outline",
        prompt_version="1",
        overview=overview,
        domains=(Domain(domain, (Feature(feature, behaviours, stand_in),)),),
    )
