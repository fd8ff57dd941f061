"""Jest."""

from fleet.analysis.detect.framework import Facts
from fleet.analysis.detect.javascript import ECMASCRIPT
from fleet.analysis.parse.ecmascript.walk import outline
from fleet.analysis.parse.framework import Framework

JEST = Framework(
    Facts(
        name="jest",
        languages=ECMASCRIPT,
        imports=("@jest/*", "jest"),
        markers=("jest.*",),
    ),
    outline,
)
