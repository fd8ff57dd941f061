"""Whose software each host runs, as people write it in a setting."""

# ``host=name`` with commas between.
PATTERN = r"^[a-z0-9.-]+=(github|gitlab|none)(,[a-z0-9.-]+=(github|gitlab|none))*\Z"


def parse_apis(text: str | None) -> dict[str, str]:
    """Return the hosts that *text*, which is as PATTERN says, names."""
    return dict(pair.split("=") for pair in text.split(",")) if text else {}
