"""Shows a specification document, lists those of a repository, or tells what changed between two."""

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated

import msgspec

from entrypoints._arguments import EXIT_DATA, Arguments, number
from entrypoints._process import EXIT_USAGE, ProcessSettings, run_process
from fleet.analysis.hosts.written import PATTERN, parse_apis
from fleet.analysis.repository import parse_pasted
from fleet.db import Connection, connect
from fleet.errors import DocumentNotFound, InvalidJob, InvalidRepository
from fleet.specgen.archive import fetch_document
from fleet.specgen.changes import Comparison
from fleet.specgen.document import Subject
from fleet.specgen.editions import Edition, Wanted, fetch_changes, fetch_edition, find_editions
from fleet.specgen.language import language_of
from fleet.specgen.render import render
from fleet.specgen.render_changes import render_changes, render_changes_html, render_changes_text
from fleet.specgen.render_html import render_html
from fleet.specgen.render_json import json_schema, render_json
from fleet.specgen.render_text import render_text

_LARGEST_KEY = 2**63 - 1
_VERSIONS_LOOKED_AT = 1_000


class Hosts(msgspec.Struct, frozen=True):
    """The hosts that addresses may name, and whose software some run."""

    named: Sequence[str]
    makers: Mapping[str, str]

    def known(self, subject: Subject) -> Subject:
        """Return *subject* with its host's maker. What is not to be asked has its pages all the same."""
        maker = self.makers.get(subject.host, "none")
        return subject if maker == "none" else msgspec.structs.replace(subject, maker=maker)


class SpecSettings(ProcessSettings, frozen=True, kw_only=True):
    """The utility's environment."""

    analyzer_hosts: str = "github.com"
    analyzer_apis: Annotated[str, msgspec.Meta(pattern=PATTERN)] | None = None


def main(argv: Sequence[str]) -> None:
    arguments = _parser().parse_args(argv)
    if arguments.command == "schema":
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(json_schema())).decode() + "\n")
        sys.exit(0)

    async def answer(settings: SpecSettings) -> int:
        hosts = Hosts(settings.analyzer_hosts.split(","), parse_apis(settings.analyzer_apis))
        try:
            async with connect(settings.database_url, application="fleet-spec") as connection:
                _write(await _ANSWERS[arguments.command](connection, arguments, hosts))
        except (InvalidRepository, InvalidJob) as error:
            sys.stderr.write(f"{error}\n")
            return EXIT_USAGE
        except DocumentNotFound as error:
            sys.stderr.write(f"{error}\n")
            return EXIT_DATA
        return 0

    run_process("spec", SpecSettings, answer, quiet=True, short=True)


def _write(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever reads has enough, as head does. What is left in the buffer must go somewhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser() -> ArgumentParser:
    parser = Arguments(prog="python -m entrypoints.spec", description=__doc__, allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True, parser_class=Arguments)
    show = commands.add_parser("show", help="a document as Markdown, plain text, HTML or JSON")
    show.add_argument("document", help="a number, or owner/repo for the newest one of a repository")
    show.add_argument("--version", type=number, help="this version, of the language that is asked for")
    show.add_argument("--format", choices=("markdown", "text", "html", "json"), default="markdown")
    show.add_argument("--at-most", type=number, metavar="N", help="so many behaviours of a feature (Markdown, text)")
    listing = commands.add_parser("list", help="the documents of a repository or of all, newest first")
    listing.add_argument("repository", nargs="?", help="owner/repo or the URL of the repository, as you would paste it")
    listing.add_argument("--at-most", type=number, default=50, help="default: 50")
    listing.add_argument("--json", action="store_true", help="one JSON object a line")
    diff = commands.add_parser("diff", help="which behaviours came, went, moved or read otherwise")
    diff.add_argument("document", help="a number, or owner/repo for the newest one of a repository")
    diff.add_argument("after", nargs="?", help="the later one; without it, the version before is compared with it")
    diff.add_argument("--format", choices=("text", "markdown", "html", "json"), default="text")
    for command in (show, listing, diff):
        command.add_argument("--language", help="only documents in this language")
        command.add_argument("--user", type=number, help="only documents of this user")
    commands.add_parser("schema", help="the JSON Schema of a document's JSON")
    return parser


async def _show(connection: Connection, arguments: Namespace, hosts: Hosts) -> str:
    edition = await _named(connection, arguments.document, arguments, hosts)
    document = await fetch_document(connection, edition.id)
    if document is None:
        raise DocumentNotFound("there is no such document", document=edition.id)
    document = msgspec.structs.replace(document, subject=hosts.known(document.subject))
    match arguments.format:
        case "html":
            return render_html(document)
        case "json":
            return render_json(document)
        case "text":
            return render_text(document, at_most=arguments.at_most)
    return render(document, at_most=arguments.at_most)


async def _list(connection: Connection, arguments: Namespace, hosts: Hosts) -> str:
    wanted = _wanted(arguments.repository, arguments, hosts)
    editions = await find_editions(connection, wanted, at_most=arguments.at_most)
    if arguments.json:
        return "".join(f"{msgspec.json.encode(edition).decode()}\n" for edition in editions)
    return "".join(map(_told, editions))


async def _diff(connection: Connection, arguments: Namespace, hosts: Hosts) -> str:
    if arguments.after is None:
        after = await _named(connection, arguments.document, arguments, hosts)
        before = await _before(connection, after, arguments)
    else:
        before = await _named(connection, arguments.document, arguments, hosts)
        after = await _named(connection, arguments.after, arguments, hosts)
    comparison = Comparison(
        language=after.language,
        version_before=before.version,
        version_after=after.version,
        before=hosts.known(before.subject),
        after=hosts.known(after.subject),
        changes=await fetch_changes(connection, before, after),
    )
    if arguments.format == "json":
        return "".join(f"{msgspec.json.encode(change).decode()}\n" for change in comparison.changes)
    return _CHANGES[arguments.format](comparison)


_ANSWERS: dict[str, Callable[[Connection, Namespace, Hosts], Awaitable[str]]] = {
    "show": _show,
    "list": _list,
    "diff": _diff,
}
_CHANGES: dict[str, Callable[[Comparison], str]] = {
    "text": render_changes_text,
    "markdown": render_changes,
    "html": render_changes_html,
}


async def _named(connection: Connection, name: str, arguments: Namespace, hosts: Hosts) -> Edition:
    """Return the newest document that *name* stands for; raises InvalidRepository or DocumentNotFound."""
    if name.isascii() and name.isdigit():
        return await fetch_edition(connection, min(int(name), _LARGEST_KEY))
    found = await find_editions(connection, _wanted(name, arguments, hosts), at_most=1)
    if not found:
        raise DocumentNotFound("there is no such document", of=name)
    return found[0]


async def _before(connection: Connection, after: Edition, arguments: Namespace) -> Edition:
    """Return the version before *after*; raises DocumentNotFound when it is the first."""
    subject = after.subject
    wanted = Wanted(
        host=subject.host, owner=subject.owner, repo=subject.repo, language=after.language, user_id=arguments.user
    )
    for edition in await find_editions(connection, wanted, at_most=_VERSIONS_LOOKED_AT):
        if edition.version < after.version:
            return edition
    raise DocumentNotFound("there is no earlier document to compare with", document=after.id)


def _wanted(repository: str | None, arguments: Namespace, hosts: Hosts) -> Wanted:
    wanted = Wanted(
        language=language_of(arguments.language) if arguments.language else None,
        version=getattr(arguments, "version", None),
        user_id=arguments.user,
    )
    if repository is None:
        return wanted
    address = parse_pasted(repository, hosts=hosts.named).address
    return msgspec.structs.replace(wanted, host=address.host, owner=address.owner, repo=address.repo)


def _told(edition: Edition) -> str:
    subject = edition.subject
    whose = "" if edition.user_id is None else f"  user {edition.user_id}"
    return (
        f"{edition.id}  {subject.owner}/{subject.repo} {edition.language} version {edition.version}"
        f"  {subject.commit[:12]}  {subject.tests:,} tests  by {edition.model}"
        f"  {edition.created_at:%Y-%m-%d %H:%M}{whose}\n"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
