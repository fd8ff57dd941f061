"""Shows an inventory, finds tests in it, or compares it with another one."""

import sys
from argparse import Namespace
from collections.abc import Callable, Sequence

import msgspec

from entrypoints._arguments import EXIT_DATA, Arguments
from entrypoints._process import EXIT_USAGE, ProcessSettings, run_process
from entrypoints._summary import print_inventory
from fleet.analysis.repository import parse_pasted
from fleet.db import Connection, Row, connect
from fleet.errors import InvalidRepository, InventoryNotFound
from fleet.sql import statement

_FOUND = "select path, line, framework, suites, name, status from app.find_tests($1, $2, $3)"
_COMPARED = """
    select change, path, line, suites, name, status, path_before, suites_before, name_before, status_before
    from app.compare_analyses($1, $2)
"""
_SIGNS = {"added": "+", "removed": "-", "renamed": "~", "moved": ">", "status": "!"}


class InventorySettings(ProcessSettings, frozen=True, kw_only=True):
    """The utility's environment."""

    analyzer_hosts: str = "github.com"


def main(argv: Sequence[str]) -> None:
    parser = Arguments(prog="python -m entrypoints.inventory", description=__doc__, allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True, parser_class=Arguments)
    show = commands.add_parser("show", help="its totals, by framework")
    find = commands.add_parser("find", help="its tests in whose names all of some words occur")
    compare = commands.add_parser("compare", help="what became of the tests since another inventory")
    for command in (show, find, compare):
        command.add_argument("inventory", help="a number, or owner/repo for the newest one of a repository")
    find.add_argument("words", nargs="+")
    find.add_argument("--at-most", type=int, default=100, help="default: 100")
    compare.add_argument("after", nargs="?", help="the later one; without it, the newest two of the repository")
    for command in (find, compare):
        command.add_argument("--json", action="store_true", help="one JSON object a line")
    arguments = parser.parse_args(argv)

    async def answer(settings: InventorySettings) -> int:
        try:
            async with connect(settings.database_url, application="fleet-inventory") as connection:
                await _ANSWERS[arguments.command](connection, arguments, settings.analyzer_hosts.split(","))
        except InvalidRepository as error:
            sys.stderr.write(f"{error}\n")
            return EXIT_USAGE
        except InventoryNotFound as error:
            sys.stderr.write(f"{error}\n")
            return EXIT_DATA
        return 0

    run_process("inventory", InventorySettings, answer, quiet=True, short=True)


async def _show(connection: Connection, arguments: Namespace, hosts: Sequence[str]) -> None:
    (inventory,) = await _named(connection, arguments.inventory, hosts, 1)
    await print_inventory(connection, inventory, new=True)


async def _find(connection: Connection, arguments: Namespace, hosts: Sequence[str]) -> None:
    (inventory,) = await _named(connection, arguments.inventory, hosts, 1)
    rows = await connection.fetch(_FOUND, inventory, " ".join(arguments.words), arguments.at_most)
    _print(rows, _told_test, as_json=arguments.json)


async def _compare(connection: Connection, arguments: Namespace, hosts: Sequence[str]) -> None:
    if arguments.after is None:
        after, before = await _named(connection, arguments.inventory, hosts, 2)
    else:
        (before,) = await _named(connection, arguments.inventory, hosts, 1)
        (after,) = await _named(connection, arguments.after, hosts, 1)
    _print(await connection.fetch(_COMPARED, before, after), _told_change, as_json=arguments.json)


_ANSWERS = {"show": _show, "find": _find, "compare": _compare}


async def _named(connection: Connection, name: str, hosts: Sequence[str], count: int) -> list[int]:
    """Return the newest *count* inventories that *name* stands for; raises InvalidRepository or InventoryNotFound."""
    if name.isascii() and name.isdigit():
        whole = "select id from app.analyses where id::text = $1 and completed_at is not null"
        found = [row["id"] for row in await connection.fetch(whole, name)]
    else:
        address = parse_pasted(name, hosts=hosts).address
        rows = await connection.fetch(
            statement("analysis/inventories_of"), address.host, address.owner, address.repo, count
        )
        found = [row["id"] for row in rows]
    if len(found) < count:
        raise InventoryNotFound("there are not as many whole inventories", of=name, wanted=count, found=len(found))
    return found


def _print(rows: Sequence[Row], tell: Callable[[Row], str], *, as_json: bool) -> None:
    for row in rows:
        sys.stdout.write((msgspec.json.encode(dict(row)).decode() if as_json else tell(row)) + "\n")


def _told_test(row: Row) -> str:
    return f"{row['path']}:{row['line']}  {_full_name(row['suites'], row['name'])}{_unless_active(row['status'])}"


def _told_change(row: Row) -> str:
    is_there = row["path"] is not None
    now = f"{row['path']}:{row['line']}  {_full_name(row['suites'], row['name'])}" if is_there else ""
    was = _full_name(row["suites_before"], row["name_before"]) if row["path_before"] is not None else ""
    told = {
        "added": now,
        "removed": f"{row['path_before']}  {was}",
        "renamed": f"{now}  (was {was})",
        "moved": f"{now}  (was in {row['path_before']})",
        "status": f"{now}  ({row['status_before']} before)",
    }[row["change"]]
    return f"{_SIGNS[row['change']]} {told}{_unless_active(row['status']) if is_there else ''}"


def _full_name(suites: Sequence[str], name: str) -> str:
    return " > ".join((*suites, name))


def _unless_active(status: str) -> str:
    return "" if status == "active" else f"  [{status}]"


if __name__ == "__main__":
    main(sys.argv[1:])
