"""What is logged can always be written, one JSON object a line."""

import io
import json
from collections.abc import Iterator

import pytest
import structlog

from fleet import log


@pytest.fixture
def written() -> Iterator[io.BytesIO]:
    """What a process writes on the platform."""
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, encoding="utf-8")
    log.configure(service="analyzer", stream=stream)
    yield written
    structlog.reset_defaults()


class Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("text", ["\ud800", "a\x00b", '\u202e\n\r\t"\\', "\U0001f600"])
def test_a_line_holds_whatever_a_name_or_an_error_is_made_of(written: io.BytesIO, text: str) -> None:
    log.get_logger().info("file.unreadable", path=text, error=ValueError(text))

    (line,) = written.getvalue().splitlines()
    event = json.loads(line)
    assert (event["service"], event["message"], event["path"]) == ("analyzer", "file.unreadable", text)


def test_a_terminal_shows_what_it_cannot_write_as_an_escape() -> None:
    buffer = io.BytesIO()
    terminal = Terminal(buffer, encoding="utf-8")
    log.configure(service="analyzer", stream=terminal)
    try:
        log.get_logger().info("file.unreadable", path="\ud800")
    finally:
        structlog.reset_defaults()
    terminal.flush()

    assert b"ud800" in buffer.getvalue()
