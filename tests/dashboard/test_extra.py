"""The dashboard where its extra is not installed."""

import sys

import anyio
import pytest


@pytest.mark.parametrize("package", ["jinja2", "starlette", "uvicorn"])
async def test_a_dashboard_without_its_extra_says_how_to_get_it(package: str) -> None:
    without = (
        f"import runpy, sys; sys.modules[{package!r}] = None;"
        " runpy.run_module('entrypoints.dashboard', run_name='__main__', alter_sys=True)"
    )

    ran = await anyio.run_process([sys.executable, "-c", without], check=False)

    assert ran.returncode == 78
    assert (ran.stdout, ran.stderr) == (b"", b"the dashboard needs an extra: pip install 'fleet[dashboard]'\n")
