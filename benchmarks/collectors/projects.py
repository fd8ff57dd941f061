"""The real projects whose tests are collected by their own frameworks, and how."""

from typing import Literal

import msgspec

Tool = Literal["pytest", "mocha", "node", "vitest"]


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """*install* are packages besides the project itself, *build* is a script of its package.json that has to run.

    *arguments* are those that its own test command gives.

    *aside* are folders that belong to the framework and that the command does not run: neither ours nor theirs count.
    """

    name: str
    repo: str
    commit: str
    tool: Tool
    install: tuple[str, ...] = ()
    build: str = ""
    arguments: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()


PROJECTS = (
    Project(
        name="attrs",
        repo="python-attrs/attrs",
        commit="c1dc5dcba16ed827aa6dcad896b41a3afedb4e32",
        tool="pytest",
        install=("hypothesis", "cloudpickle"),
        aside=("bench/",),
    ),
    Project(name="click", repo="pallets/click", commit="2c8cd3ac958a7eb316d67f2d316c27086c4c0369", tool="pytest"),
    Project(
        name="coverage",
        repo="nedbat/coveragepy",
        commit="210ade2b3bed97c089ba29255c9a342c5b7aee14",
        tool="pytest",
        install=("flaky", "hypothesis", "pytest-xdist"),
    ),
    Project(
        name="jinja",
        repo="pallets/jinja",
        commit="5ef70112a1ff19c05324ff889dd30405b1002044",
        tool="pytest",
        install=("trio",),
    ),
    Project(
        name="pytest",
        repo="pytest-dev/pytest",
        commit="df87db7b0462fb764ef73fa00561adf8ad047572",
        tool="pytest",
        install=("attrs", "hypothesis", "requests", "xmlschema"),
        arguments=("-p", "pytester"),
        aside=("doc/", "testing/example_scripts/", "testing/plugins_integration/"),
    ),
    Project(
        name="werkzeug",
        repo="pallets/werkzeug",
        commit="1b00618e787f40dfb21eba29caf8f8be7c8e1d93",
        tool="pytest",
        install=("cryptography", "ephemeral-port-reserve", "pytest-timeout", "watchdog"),
    ),
    Project(
        name="chai",
        repo="chaijs/chai",
        commit="099f48a326f0d77a0e4e9a34d7050b4217dd62d1",
        tool="mocha",
        build="build",
        arguments=("--require", "./test/bootstrap/index.js", "test/*.js"),
    ),
    Project(
        name="express",
        repo="expressjs/express",
        commit="a3714473feb3d2908add734d340e7755fd85e0a3",
        tool="mocha",
        arguments=("--require", "test/support/env", "test/", "test/acceptance/"),
    ),
    Project(
        name="yargs",
        repo="yargs/yargs",
        commit="2a4378bdc2eac9cf7d0cdfe0a52b1b25f779806a",
        tool="mocha",
        build="compile",
        arguments=("./test/*.mjs", "./test/esm/*.mjs", "--require", "./test/before.mjs"),
    ),
    Project(name="avvio", repo="fastify/avvio", commit="ba0239c4cc6faf2223cc021d869bed2eb339d305", tool="node"),
    Project(name="koa", repo="koajs/koa", commit="e0ba8ef39d27fe5dae5492f9fe753d155124f994", tool="node"),
    Project(
        name="light-my-request",
        repo="fastify/light-my-request",
        commit="4448a21ae80fcb531b1164af8fb8e7f0140ec657",
        tool="node",
    ),
    Project(name="h3", repo="unjs/h3", commit="ac609aae8fa93947b564de55e2d1a6bec5ad18ad", tool="vitest"),
    Project(name="immer", repo="immerjs/immer", commit="061c2425e1c9dff89e4e4189d42af1b7839dfe0a", tool="vitest"),
    Project(
        name="ufo",
        repo="unjs/ufo",
        commit="11308c0bb5cb4a4bc3bfcbdc5c03177b097423e6",
        tool="vitest",
        arguments=("--typecheck",),
    ),
)
