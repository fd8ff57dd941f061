"""Mocha."""

from fleet.analysis.detect.framework import Facts
from fleet.analysis.detect.javascript import ECMASCRIPT
from fleet.analysis.parse.ecmascript.walk import outline
from fleet.analysis.parse.framework import Framework

MOCHA = Framework(
    Facts(
        name="mocha",
        languages=ECMASCRIPT,
        imports=("mocha", "mocha/*"),
        markers=("this.timeout", "this.slow", "this.retries", "this.skip", "suite()", "setup()", "teardown()"),
        usual=("**/test/**",),
    ),
    outline,
)
