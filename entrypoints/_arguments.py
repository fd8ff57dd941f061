"""The command lines of the utilities that people type."""

import argparse
import sys
from typing import NoReturn

from entrypoints._process import EXIT_USAGE

EXIT_DATA = 65
_LARGEST = 2**31 - 1


class Arguments(argparse.ArgumentParser):
    """Usage errors exit 64, as sysexits has it; argparse's own 2 means something else to shells."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(EXIT_USAGE, f"{self.prog}: {message}\n")


def number(text: str) -> int:
    """Read a count or a key that the database can hold; argparse says of anything else that it is no number."""
    if not text.isascii() or not text.isdigit() or int(text) > _LARGEST:
        raise ValueError(text)
    return int(text)
