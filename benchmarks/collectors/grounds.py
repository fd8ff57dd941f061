"""A project as its own framework finds it: its files, and what it needs, in folders outside of any checkout."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import anyio

from benchmarks.accuracy import Clone
from benchmarks.collectors.projects import Project

# What a build that takes its version from tags is told instead: there are none in the files of one commit.
_VERSION: Final = {"SETUPTOOLS_SCM_PRETEND_VERSION": "1000.0"}
_NPM: Final = (
    "npm",
    "install",
    "--ignore-scripts",
    "--legacy-peer-deps",
    "--no-package-lock",
    "--no-audit",
    "--no-fund",
)


class Grounds:
    """*tree* holds the project's files; *python* is the interpreter of its environment, if it has one."""

    def __init__(self, cache: Path, project: Project) -> None:
        self.clone = Clone(cache / f"{project.repo}.git")
        self.home = cache / "home"
        self.tree = cache / "trees" / f"{project.name}-{project.commit[:12]}"
        self._environment = cache / "environments" / f"{project.name}-{project.commit[:12]}"
        self._project = project

    @property
    def python(self) -> Path:
        return self._environment / "bin" / "python"

    async def prepare(self) -> None:
        """Make sure that all is there; what is installed is installed once."""
        project = self._project
        await self.clone.obtain(project.repo, project.commit)
        self.home.mkdir(parents=True, exist_ok=True)
        ready = self.tree / ".ready"
        if ready.exists():
            return
        contents = await self.clone.read(await self.clone.files(project.commit))
        for path, content in contents.items():
            file = self.tree / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        if project.tool == "pytest":
            await _install(sys.executable, "-m", "venv", str(self._environment), tree=self.tree)
            await _install(
                str(self.python), "-m", "pip", "install", "-q", "pytest", ".", *project.install, tree=self.tree
            )
        else:
            await _install(*_NPM, tree=self.tree)
            if project.build:
                await _install("npm", "run", project.build, tree=self.tree)
        ready.touch()

    async def run(self, *command: str, more: dict[str, str] | None = None) -> subprocess.CompletedProcess[bytes]:
        """Run a stranger's code: with an empty home, and nothing from this process's environment but the path."""
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.home), "CI": "1", **(more or {})}
        with anyio.fail_after(900):
            return await anyio.run_process(command, cwd=self.tree, env=environment, check=False)


async def _install(*command: str, tree: Path) -> None:
    done = await anyio.run_process(command, cwd=tree, env={**os.environ, **_VERSION}, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} in {tree}: {done.stderr.decode('utf-8', 'replace')[-2000:]}")
