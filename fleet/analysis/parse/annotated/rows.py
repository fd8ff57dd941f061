"""Names the rows of a test that is written once for several."""

from fleet.analysis.parse.annotated.declared import Mark
from fleet.analysis.parse.syntax import child_of_type, text


def row_name(test: str, row: Mark) -> str:
    """Return the name of *test* with the arguments of the attribute *row*, as they are written."""
    arguments = child_of_type(row.node, "attribute_argument_list")
    return test + " ".join(text(arguments).split())
