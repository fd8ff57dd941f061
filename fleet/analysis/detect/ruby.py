"""Ruby files that may hold tests."""

from fleet.analysis.detect.language import Language
from fleet.analysis.detect.location import Location

_HELPERS = frozenset({"rails_helper", "spec_helper"})


def _is_candidate(file: Location) -> bool:
    if file.stem in _HELPERS or ("spec", "support") in zip(file.folders, file.folders[1:], strict=False):
        return False
    return file.stem.endswith(("_spec", "_test")) or file.inside("spec", "test", "tests")


RUBY = Language("ruby", frozenset({"rb"}), _is_candidate)
