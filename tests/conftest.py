"""Every test has the public harness, and as much time for an example as the machine takes."""

from hypothesis import settings

pytest_plugins = ["fleet.testing.plugin"]


def pytest_configure() -> None:
    # The default is a fifth of a second by the clock, which says what else the machine does. A test has its own limit.
    settings.register_profile("patient", deadline=None)
    settings.load_profile("patient")
