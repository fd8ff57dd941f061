"""Swift Testing."""

from fleet.analysis.detect.framework import Facts, Rank
from fleet.analysis.parse.framework import Framework
from fleet.analysis.parse.swift.walk import outline

SWIFT_TESTING = Framework(
    Facts(
        name="swift-testing",
        languages=frozenset({"swift"}),
        rank=Rank.SPECIALISED,
        imports=("Testing", "Testing.*"),
        markers=("#expect", "#require", "@Suite", "@Test"),
    ),
    outline,
)
