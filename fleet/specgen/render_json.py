"""A document → JSON, in a form of its own that stays when the inside changes."""

from typing import Annotated, Any

import msgspec

from fleet.specgen.document import Behaviour, Document, Feature, Status
from fleet.specgen.links import commit_url, file_url

# Raised by what a reader of the former format could not read.
FORMAT = 1

Text = Annotated[str, msgspec.Meta(description="One line, as it was written: escape it for where you show it.")]


class PublishedBehaviour(msgspec.Struct, frozen=True, kw_only=True):
    """What one test shows. *url* is its page at the commit, where the host's pages are known."""

    sentence: Text
    status: Status
    path: str
    line: int
    url: str | None


class PublishedFeature(msgspec.Struct, frozen=True, kw_only=True):
    """Behaviours that belong together; of a *stand_in* the model has failed, and rules wrote the sentences."""

    name: Text
    stand_in: bool
    behaviours: tuple[PublishedBehaviour, ...]


class PublishedDomain(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the project; the largest comes first."""

    name: Text
    features: tuple[PublishedFeature, ...]


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """A specification document. Every test of the inventory *analysis* is in it once."""

    format: Annotated[int, msgspec.Meta(description="Which form this is; a new field is no new form.")] = FORMAT
    host: str
    owner: str
    repo: str
    commit: str
    url: str | None
    analysis: int
    language: str
    model: str
    prompt_version: str
    tests: int
    overview: Text
    domains: tuple[PublishedDomain, ...]


def render_json(document: Document) -> str:
    """Return *document* as JSON on one line."""
    return msgspec.json.encode(published(document)).decode() + "\n"


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of what render_json writes."""
    return msgspec.json.schema(Published)


def published(document: Document) -> Published:
    subject = document.subject

    def behaviour(each: Behaviour) -> PublishedBehaviour:
        url = file_url(subject, each.path, each.line)
        return PublishedBehaviour(sentence=each.sentence, status=each.status, path=each.path, line=each.line, url=url)

    def feature(each: Feature) -> PublishedFeature:
        return PublishedFeature(
            name=each.name, stand_in=each.stand_in, behaviours=tuple(map(behaviour, each.behaviours))
        )

    return Published(
        host=subject.host,
        owner=subject.owner,
        repo=subject.repo,
        commit=subject.commit,
        url=commit_url(subject),
        analysis=subject.analysis,
        language=document.language,
        model=document.model,
        prompt_version=document.prompt_version,
        tests=subject.tests,
        overview=document.overview,
        domains=tuple(
            PublishedDomain(name=domain.name, features=tuple(map(feature, domain.features)))
            for domain in document.domains
        ),
    )
