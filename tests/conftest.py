"""Every test has the public harness."""

pytest_plugins = ["fleet.testing.plugin"]
