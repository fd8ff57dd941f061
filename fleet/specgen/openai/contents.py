"""The table of contents while it is being made: which domains and features there are, and how they are spelled."""

from collections.abc import Mapping, Sequence

from fleet.specgen.cache import Answer
from fleet.specgen.document import Place

# What a model is shown of a very long table: so many characters of names, which are paid for with every question. It
# makes up what it does not see, and the spelling is settled here.
_MOST_SHOWN = 12_000
_LONGEST_NAME = 120


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
        """Return the domains, and as many of their features as there is room for, the same share of each."""
        most = _MOST_SHOWN // max(len(self._domains), 1)
        shown: dict[str, list[str]] = {}
        for folded, domain in list(self._domains.items())[: _MOST_SHOWN // _LONGEST_NAME]:
            left = most - len(domain)
            shown[domain] = []
            for feature in self._features[folded].values():
                left -= len(feature)
                if left < 0:
                    break
                shown[domain].append(feature)
        return shown
