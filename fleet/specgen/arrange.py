"""Described features → domains, in the order in which they are read."""

from collections.abc import Sequence

from fleet.specgen.document import Domain, Feature, Place, count_tests
from fleet.specgen.wording import wording_of


def arranged(described: Sequence[tuple[Place, Feature]], language: str) -> tuple[Domain, ...]:
    """Put the largest domain first; its features keep the order of their files, and leftovers come last."""
    leftovers = wording_of(language).other
    features: dict[str, list[Feature]] = {}
    for place, feature in described:
        features.setdefault(place.domain, []).append(feature)
    domains = [
        Domain(name, tuple(sorted(members, key=lambda feature: feature.name == leftovers)))
        for name, members in features.items()
    ]
    return tuple(sorted(domains, key=lambda domain: (-count_tests(domain), domain.name)))
