"""The test runner that is part of Node.js."""

from typing import Final

from fleet.analysis.detect.framework import Facts, Rank
from fleet.analysis.detect.javascript import ECMASCRIPT
from fleet.analysis.parse.ecmascript.dialect import Dialect, Word
from fleet.analysis.parse.ecmascript.walk import outline
from fleet.analysis.parse.framework import Framework

_WORDS: Final = {"describe": Word("suite"), "suite": Word("suite"), "it": Word("test"), "test": Word("test")}
_DIALECT: Final = Dialect(
    words=_WORDS,
    statuses={"skip": "skipped", "todo": "todo", "only": "focused", "expectFailure": "xfail"},
    members=_WORDS,
    options=("skip", "todo", "only", "expectFailure"),
    modules=("node:test",),
    subtests=True,
    named_functions=True,
)

NODE_TEST = Framework(
    Facts(
        name="node-test",
        languages=ECMASCRIPT,
        rank=Rank.SPECIALISED,
        imports=("node:test",),
        usual=("**/test.*", "**/test-*", "**/*[-_.]test.*", "**/test/**"),
    ),
    lambda root: outline(root, _DIALECT),
)
