"""The test runner that is part of Deno, and the describe() and it() of its standard library."""

from typing import Final

from fleet.analysis.detect.framework import Facts, Rank
from fleet.analysis.detect.javascript import ECMASCRIPT
from fleet.analysis.parse.ecmascript.dialect import Dialect, Word
from fleet.analysis.parse.ecmascript.walk import outline
from fleet.analysis.parse.framework import Framework

_DIALECT: Final = Dialect(
    words={
        "Deno": Word("namespace"),
        "describe": Word("suite"),
        "xdescribe": Word("suite", "skipped"),
        "it": Word("test"),
        "xit": Word("test", "skipped"),
        "test": Word("test"),
    },
    statuses={"ignore": "skipped", "skip": "skipped", "todo": "todo", "only": "focused"},
    tables=frozenset({"each"}),
    members={"test": Word("test"), "it": Word("test"), "describe": Word("suite")},
    options=("ignore", "only"),
    named_functions=True,
)

DENO_TEST = Framework(
    Facts(
        name="deno-test",
        languages=ECMASCRIPT,
        rank=Rank.SPECIALISED,
        imports=("@std/testing/*", "jsr:@std/testing*", "https://deno.land/std*/testing/bdd.ts"),
        markers=("Deno.test",),
        usual=("**/test.*", "**/*[_.]test.*"),
    ),
    lambda root: outline(root, _DIALECT),
)
