"""Every framework that is told apart; a new one is one module and one line here."""

from fleet.analysis.parse.framework import Framework
from fleet.analysis.parse.frameworks.cargo_test import CARGO_TEST
from fleet.analysis.parse.frameworks.cypress import CYPRESS
from fleet.analysis.parse.frameworks.go_testing import GO_TESTING
from fleet.analysis.parse.frameworks.jest import JEST
from fleet.analysis.parse.frameworks.mocha import MOCHA
from fleet.analysis.parse.frameworks.playwright import PLAYWRIGHT
from fleet.analysis.parse.frameworks.pytest import PYTEST
from fleet.analysis.parse.frameworks.unittest import UNITTEST
from fleet.analysis.parse.frameworks.vitest import VITEST

FRAMEWORKS: tuple[Framework, ...] = (CARGO_TEST, CYPRESS, GO_TESTING, JEST, MOCHA, PLAYWRIGHT, PYTEST, UNITTEST, VITEST)
