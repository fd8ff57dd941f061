"""The table of contents while it is being made: which domains and features there are, and how they are spelled."""

from collections.abc import Mapping, Sequence

from fleet.specgen.cache import Answer
from fleet.specgen.document import Place

# What a model is shown of a very long table; it makes up what it does not see, and the spelling is settled here.
_MOST_DOMAINS = 100
_MOST_FEATURES = 30


class Contents:
    """Names that differ in case alone are one; the first spelling counts."""

    def __init__(self) -> None:
        self._domains: dict[str, str] = {}
        self._features: dict[str, dict[str, str]] = {}

    def place(self, answer: Answer) -> Place:
        domain, feature = answer
        folded = domain.casefold()
        features = self._features.setdefault(folded, {})
        return Place(self._domains.setdefault(folded, domain), features.setdefault(feature.casefold(), feature))

    def shown(self) -> Mapping[str, Sequence[str]]:
        """Return the features of each domain, the latest of very many."""
        domains = list(self._domains.items())[-_MOST_DOMAINS:]
        return {name: list(self._features[folded].values())[-_MOST_FEATURES:] for folded, name in domains}
