"""The test runner that is part of Bun."""

from typing import Final

from fleet.analysis.detect.framework import Facts, Rank
from fleet.analysis.detect.javascript import ECMASCRIPT
from fleet.analysis.parse.ecmascript.dialect import FAMILY
from fleet.analysis.parse.ecmascript.walk import outline
from fleet.analysis.parse.framework import Framework

_DIALECT: Final = FAMILY._replace(
    tables=frozenset({"each"}),
    curried=frozenset({"if", "skipIf", "todoIf", "failingIf", "concurrentIf", "serialIf"}),
    neutral=frozenset({"concurrent", "serial"}),
    options=(),
)

BUN_TEST = Framework(
    Facts(
        name="bun-test",
        languages=ECMASCRIPT,
        rank=Rank.SPECIALISED,
        imports=("bun:test",),
        usual=("**/*[_.]test.*", "**/*[_.]spec.*"),
    ),
    lambda root: outline(root, _DIALECT),
)
