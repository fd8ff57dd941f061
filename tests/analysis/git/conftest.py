"""Gives these tests the fake host."""

from tests.analysis.git.git_fixtures import authority, host, hosted, limits, scratch, source

__all__ = ["authority", "host", "hosted", "limits", "scratch", "source"]
