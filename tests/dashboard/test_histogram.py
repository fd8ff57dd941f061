"""What counts by bucket say about how long jobs took."""

import pytest

from fleet.dashboard.histogram import BUCKETS, added, quantile


def counts(**of: int) -> list[int]:
    return [of.get(f"b{number}", 0) for number in range(BUCKETS)]


@pytest.mark.parametrize(
    ("given", "share", "least", "most"),
    [
        (counts(b0=10), 0.5, 0.0, 0.002),
        (counts(b9=100), 0.5, 0.512, 1.024),
        (counts(b5=90, b9=10), 0.95, 0.512, 1.024),
        (counts(b5=90, b9=10), 0.5, 0.032, 0.064),
        (counts(b23=5), 0.5, 0.002 * 2**22, 0.002 * 2**22),
    ],
)
def test_a_quantile_lies_within_the_bucket_of_its_job(
    given: list[int], share: float, least: float, most: float
) -> None:
    found = quantile(given, share)

    assert found is not None
    assert least <= found <= most


def test_of_nothing_there_is_no_quantile() -> None:
    assert quantile(counts(), 0.5) is None


def test_counts_are_added_by_bucket() -> None:
    assert added([counts(b1=2, b3=1), counts(b1=3)]) == counts(b1=5, b3=1)
    assert added([]) == counts()
