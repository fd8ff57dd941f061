"""Playwright."""

from typing import Final

from fleet.analysis.detect.framework import Facts, Rank
from fleet.analysis.detect.javascript import ECMASCRIPT
from fleet.analysis.parse.ecmascript.dialect import Dialect, Word
from fleet.analysis.parse.ecmascript.walk import outline
from fleet.analysis.parse.framework import Framework

_DIALECT: Final = Dialect(
    # Fixtures that people share are imported from files of their own, often as it(), and are not followed there.
    words={"test": Word("test"), "it": Word("test")},
    statuses={"skip": "skipped", "fixme": "skipped", "fail": "xfail", "only": "focused"},
    curried=frozenset({"extend"}),
    neutral=frozenset({"serial", "parallel"}),
    members={"describe": Word("suite"), "test": Word("test")},
    modules=("@playwright/test", "playwright/test"),
    borrows=True,
    joins=frozenset({"mergeTests"}),
)

PLAYWRIGHT = Framework(
    Facts(
        name="playwright",
        languages=ECMASCRIPT,
        rank=Rank.END_TO_END,
        imports=("@playwright/test", "playwright/test"),
    ),
    lambda root: outline(root, _DIALECT),
)
