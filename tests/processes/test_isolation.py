"""What one process needs, no other can reach."""

import signal
import sys

import anyio
import grimp
import pytest

from tests.processes.conftest import ROOT, environment

OTHERS = ("spec_generator", "retention_cleanup", "partitions", "enqueue", "migrate")
OPENS_SEALS = ("fleet.crypto", "nacl", "cryptography")

# Runs an entry point as `python -m` does, and says at its end, whichever of the two it has, what it had imported.
RUN_AND_TELL = """
import atexit, os, runpy, sys
def tell(code=None, end=os._exit):
    print("imported", *sys.modules, file=sys.stderr, flush=True)
    if code is not None:
        end(code)
os._exit = tell
atexit.register(tell)
sys.argv = sys.argv[1:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


@pytest.fixture(scope="module")
def imports() -> grimp.ImportGraph:
    return grimp.build_graph("fleet", "entrypoints", cache_dir=None)


@pytest.mark.parametrize("process", OTHERS)
def test_no_chain_of_imports_leads_from_another_process_to_the_decryption(
    imports: grimp.ImportGraph, process: str
) -> None:
    assert imports.find_shortest_chain(f"entrypoints.{process}", "fleet.crypto") is None


def test_the_analyzer_does_reach_the_decryption(imports: grimp.ImportGraph) -> None:
    assert imports.find_shortest_chain("entrypoints.analyzer", "fleet.crypto") is not None


@pytest.mark.parametrize("process", OTHERS)
@pytest.mark.usefixtures("migrated")
async def test_a_running_process_other_than_the_analyzer_has_not_imported_the_decryption(
    required: dict[str, dict[str, str]], process: str
) -> None:
    arguments = ["psf/requests"] if process == "enqueue" else []
    async with await anyio.open_process(
        [sys.executable, "-c", RUN_AND_TELL, f"entrypoints.{process}", *arguments],
        cwd=ROOT,
        env=environment(**required[process]),
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        if process == "spec_generator":
            said = b""
            while b"worker.started" not in said:
                said += await running.stdout.receive()
            running.send_signal(signal.SIGTERM)
        imported = b"".join([chunk async for chunk in running.stderr]).decode()
        code = await running.wait()

    modules = imported.split()
    assert code == 0
    assert "fleet.db" in modules
    assert not [module for module in modules if module.split(".")[0] in OPENS_SEALS or module in OPENS_SEALS]
