"""Rust's own test harness, and the attributes that stand in for its own."""

from fleet.analysis.detect.framework import Facts
from fleet.analysis.parse.framework import Framework
from fleet.analysis.parse.rust.walk import outline

CARGO_TEST = Framework(
    Facts(
        name="cargo-test",
        languages=frozenset({"rust"}),
        markers=(
            "#[*test]",
            "#[cfg(test)]",
            "#[ignore]",
            "#[quickcheck]",
            "#[should_panic]",
            "#[test_case]",
            "#[test_matrix]",
            "*test*!",
        ),
    ),
    outline,
)
