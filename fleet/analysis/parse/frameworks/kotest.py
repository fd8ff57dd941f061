"""Kotest."""

from fleet.analysis.detect.framework import Facts
from fleet.analysis.parse.framework import Framework
from fleet.analysis.parse.kotlin.specifications import outline
from fleet.analysis.parse.kotlin.styles import NAMES

KOTEST = Framework(
    Facts(
        name="kotest",
        languages=frozenset({"kotlin"}),
        imports=("io.kotest.core.spec.*",),
        markers=("io.kotest.*", *(f"{name}()" for name in NAMES)),
    ),
    outline,
)
