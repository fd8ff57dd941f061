"""Playwright: told apart, so that its files are nobody else's, and not read yet."""

from fleet.analysis.detect.framework import Facts, Rank
from fleet.analysis.detect.javascript import ECMASCRIPT
from fleet.analysis.parse.framework import Framework

PLAYWRIGHT = Framework(
    Facts(name="playwright", languages=ECMASCRIPT, rank=Rank.END_TO_END, imports=("@playwright/test",))
)
