"""A generator on the test's own database."""

from collections.abc import Awaitable, Callable

import pytest

from fleet.db import Connection, Pool
from fleet.specgen.generate import generate
from fleet.specgen.model import Model
from fleet.specgen.outline.writer import Outline
from fleet.specgen.store import Saved

Generate = Callable[..., Awaitable[Saved]]


async def ignore_progress(_done: int, _total: int | None, _phase: str) -> None:
    pass


async def finish_nothing(_connection: Connection, _saved: Saved) -> None:
    pass


@pytest.fixture
def generating(pool: Pool) -> Generate:
    async def generating(
        analysis: int,
        *,
        model: Model | None = None,
        user: int | None = None,
        language: str = "English",
        force: bool = False,
        finish: Callable[[Connection, Saved], Awaitable[None]] = finish_nothing,
    ) -> Saved:
        return await generate(
            pool,
            model or Outline(),
            analysis_id=analysis,
            user_id=user,
            language=language,
            force=force,
            progress=ignore_progress,
            finish=finish,
        )

    return generating
