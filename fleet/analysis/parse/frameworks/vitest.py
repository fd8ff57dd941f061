"""Vitest."""

from fleet.analysis.detect.framework import Facts, Rank
from fleet.analysis.detect.javascript import ECMASCRIPT
from fleet.analysis.parse.ecmascript.walk import outline
from fleet.analysis.parse.framework import Framework

VITEST = Framework(
    Facts(
        name="vitest",
        languages=ECMASCRIPT,
        rank=Rank.SPECIALISED,
        imports=("vitest", "vitest/*"),
        markers=("vi.*", "bench()"),
        usual=("**/*.{test,spec}-d.*",),
    ),
    outline,
)
