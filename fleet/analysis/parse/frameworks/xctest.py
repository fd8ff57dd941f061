"""XCTest."""

from fleet.analysis.detect.framework import Facts
from fleet.analysis.parse.framework import Framework
from fleet.analysis.parse.swift.walk import outline

XCTEST = Framework(
    Facts(
        name="xctest",
        languages=frozenset({"swift"}),
        imports=("XCTest", "XCTest.*"),
        markers=(": *TestCase", "XCT*()", "func test*"),
    ),
    outline,
)
