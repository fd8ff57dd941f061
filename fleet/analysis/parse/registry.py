"""Every framework that is told apart; a new one is one module and one line here."""

from fleet.analysis.parse.framework import Framework
from fleet.analysis.parse.frameworks.bun_test import BUN_TEST
from fleet.analysis.parse.frameworks.cargo_test import CARGO_TEST
from fleet.analysis.parse.frameworks.catch2 import CATCH2
from fleet.analysis.parse.frameworks.cypress import CYPRESS
from fleet.analysis.parse.frameworks.deno_test import DENO_TEST
from fleet.analysis.parse.frameworks.doctest import DOCTEST
from fleet.analysis.parse.frameworks.go_testing import GO_TESTING
from fleet.analysis.parse.frameworks.gtest import GTEST
from fleet.analysis.parse.frameworks.jest import JEST
from fleet.analysis.parse.frameworks.junit4 import JUNIT4_JAVA, JUNIT4_KOTLIN
from fleet.analysis.parse.frameworks.junit5 import JUNIT5_JAVA, JUNIT5_KOTLIN
from fleet.analysis.parse.frameworks.kotest import KOTEST
from fleet.analysis.parse.frameworks.minitest import MINITEST
from fleet.analysis.parse.frameworks.mocha import MOCHA
from fleet.analysis.parse.frameworks.mstest import MSTEST
from fleet.analysis.parse.frameworks.node_test import NODE_TEST
from fleet.analysis.parse.frameworks.nunit import NUNIT
from fleet.analysis.parse.frameworks.pest import PEST
from fleet.analysis.parse.frameworks.phpunit import PHPUNIT
from fleet.analysis.parse.frameworks.playwright import PLAYWRIGHT
from fleet.analysis.parse.frameworks.pytest import PYTEST
from fleet.analysis.parse.frameworks.rspec import RSPEC
from fleet.analysis.parse.frameworks.swift_testing import SWIFT_TESTING
from fleet.analysis.parse.frameworks.test_unit import TEST_UNIT
from fleet.analysis.parse.frameworks.testng import TESTNG_JAVA, TESTNG_KOTLIN
from fleet.analysis.parse.frameworks.unittest import UNITTEST
from fleet.analysis.parse.frameworks.vitest import VITEST
from fleet.analysis.parse.frameworks.xctest import XCTEST
from fleet.analysis.parse.frameworks.xunit import XUNIT

FRAMEWORKS: tuple[Framework, ...] = (
    BUN_TEST,
    CARGO_TEST,
    CATCH2,
    CYPRESS,
    DENO_TEST,
    DOCTEST,
    GO_TESTING,
    GTEST,
    JEST,
    JUNIT4_JAVA,
    JUNIT4_KOTLIN,
    JUNIT5_JAVA,
    JUNIT5_KOTLIN,
    KOTEST,
    MINITEST,
    MOCHA,
    MSTEST,
    NODE_TEST,
    NUNIT,
    PEST,
    PHPUNIT,
    PLAYWRIGHT,
    PYTEST,
    RSPEC,
    SWIFT_TESTING,
    TESTNG_JAVA,
    TESTNG_KOTLIN,
    TEST_UNIT,
    UNITTEST,
    VITEST,
    XCTEST,
    XUNIT,
)
