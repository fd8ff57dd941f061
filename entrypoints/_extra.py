"""What a program says where the packages that only it needs are not installed."""

import sys
from importlib.util import find_spec

from entrypoints._process import EXIT_CONFIG


def require_extra(program: str, extra: str, *packages: str) -> None:
    """Exit with a sentence that says what to install, unless all *packages* are; imports none of them."""
    if not all(find_spec(package) for package in packages):
        sys.stderr.write(f"{program} needs an extra: pip install 'fleet[{extra}]'\n")
        sys.exit(EXIT_CONFIG)
