"""What a model has said already, in the database: by test, never by number, and never shared between codebases."""

from collections.abc import Iterable, Mapping, Sequence

from fleet.db import Connection, Pool
from fleet.sql import statement

_KEYS_AT_ONCE = 10_000

Answer = tuple[str, ...]


async def known_answers(pool: Pool, codebase: int, keys: Sequence[bytes]) -> dict[bytes, Answer]:
    """Return what is known of *keys*, and note that it is still of use."""
    known: dict[bytes, Answer] = {}
    for some in _portions(keys):
        rows = await pool.fetch(statement("specgen/known_answers"), codebase, some)
        known |= {row["key"]: tuple(row["answer"]) for row in rows}
        if rows:
            await pool.execute(statement("specgen/use_answers"), codebase, some)
    return known


async def keep_answers(connection: Connection, codebase: int, answers: Mapping[bytes, Answer]) -> None:
    rows = [(codebase, key, list(answers[key])) for key in sorted(answers)]
    await connection.executemany(statement("specgen/keep_answer"), rows)


def _portions(keys: Sequence[bytes]) -> Iterable[list[bytes]]:
    return (list(keys[start : start + _KEYS_AT_ONCE]) for start in range(0, len(keys), _KEYS_AT_ONCE))
