"""A document → one HTML page that needs nothing else: no file, no network, and no script to be read."""

from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from html import escape

from fleet.specgen.document import Behaviour, Document, Domain, Feature, Subject, count_tests
from fleet.specgen.links import commit_url, file_url, repository_url
from fleet.specgen.outline.text import one_line
from fleet.specgen.page import SCRIPT, STYLE
from fleet.specgen.render import LONGEST_OVERVIEW, counts_of, heading_of, only_path, short_commit
from fleet.specgen.spans import spans
from fleet.specgen.wording import Wording, wording_of

# A page may do nothing but this, whatever stood in a name: it is opened from disks and mailed around.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; script-src '{script}'"


def render_html(document: Document) -> str:
    """Return *document* as a page; behaviours link to their test where the host's pages are known."""
    return "\n".join(_page(document, wording_of(document.language))) + "\n"


def text_of(text: str, *, longest: int = 300) -> str:
    """Return *text* as one line of HTML that shows it and does nothing."""
    return escape(one_line(text, longest=longest) or "…")


def sentence_of(sentence: str) -> str:
    """Return *sentence* as HTML in which the names of the code are set as such."""
    parts = (
        f"<code>{escape(span.text)}</code>" if span.code else escape(span.text) for span in spans(one_line(sentence))
    )
    return "".join(parts) or "…"


def head(title: str, wording: Wording, *, script: str = "") -> Iterator[str]:
    """Begin a page of the house's style, up to its body."""
    digest = b64encode(sha256(script.encode()).digest()).decode()
    yield "<!doctype html>"
    yield f'<html lang="{wording.tag}">'
    yield "<head>"
    yield '<meta charset="utf-8">'
    policy = _POLICY.format(script=f"sha256-{digest}")
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="referrer" content="no-referrer">'
    yield f"<title>{text_of(title)}</title>"
    yield f"<style>{STYLE}</style>"
    yield "</head>"


def linked(text: str, address: str | None, kind: str = "", label: str = "") -> str:
    """Wrap *text*, which is HTML, in a link to *address* if there is one; *label* is what a screen reader says."""
    attributes = f' class="{kind}"' if kind else ""
    if address is None:
        return f"<span{attributes}>{text}</span>" if kind else text
    attributes += f' aria-label="{text_of(label)}"' if label else ""
    return f'<a{attributes} href="{escape(address)}">{text}</a>'


def _page(document: Document, wording: Wording) -> Iterator[str]:
    subject = document.subject
    name = heading_of(subject)
    yield from head(f"{name}: {wording.specification}", wording, script=SCRIPT)
    yield "<body>"
    yield f'<a class="skip" href="#content">{wording.skip}</a>'
    yield '<div class="page">'
    yield "<header>"
    yield f"<h1>{linked(text_of(name), repository_url(subject))}</h1>"
    commit = linked(f"<code>{escape(short_commit(subject))}</code>", commit_url(subject))
    yield f'<p class="soft">{wording.at_commit.format(commit=commit, counts=counts_of(document, wording))}</p>'
    if document.overview:
        yield f'<p dir="auto">{text_of(document.overview, longest=LONGEST_OVERVIEW)}</p>'
    yield f'<input type="search" aria-label="{wording.search}" placeholder="{wording.search}" hidden>'
    yield "</header>"
    yield from _contents(document, wording)
    yield '<main id="content">'
    feature = 0
    for number, domain in enumerate(document.domains, 1):
        yield from _domain(subject, domain, wording, number, first_feature=feature + 1)
        feature += len(domain.features)
    yield "</main>"
    yield "</div>"
    yield f"<script>{SCRIPT}</script>"
    yield "</body>"
    yield "</html>"


def _contents(document: Document, wording: Wording) -> Iterator[str]:
    yield f'<nav aria-label="{wording.contents}">'
    yield f"<details><summary>{wording.contents}</summary>"
    yield "<ul>"
    feature = 0
    for number, domain in enumerate(document.domains, 1):
        yield f'<li><a href="#d{number}">{sentence_of(domain.name)}</a>{_size(count_tests(domain), wording)}'
        yield "<ul>"
        for each in domain.features:
            feature += 1
            yield f'<li><a href="#f{feature}">{sentence_of(each.name)}</a></li>'
        yield "</ul></li>"
    yield "</ul></details></nav>"


def _domain(subject: Subject, domain: Domain, wording: Wording, number: int, *, first_feature: int) -> Iterator[str]:
    yield f'<section id="d{number}" data-name="{text_of(domain.name)}">'
    yield f"<h2>{sentence_of(domain.name)}{_size(count_tests(domain), wording)}</h2>"
    for at, feature in enumerate(domain.features, first_feature):
        yield from _feature(subject, feature, wording, at)
    yield "</section>"


def _feature(subject: Subject, feature: Feature, wording: Wording, number: int) -> Iterator[str]:
    path = only_path(feature)
    yield f'<section id="f{number}" data-name="{text_of(feature.name)}">'
    yield f"<h3>{sentence_of(feature.name)}</h3>"
    if path is not None:
        yield f'<p class="file">{linked(text_of(path), file_url(subject, path))}</p>'
    if feature.stand_in:
        yield f'<p class="soft"><span class="mark">{wording.stand_in}</span></p>'
    yield "<ul>"
    for behaviour in feature.behaviours:
        yield _behaviour(subject, behaviour, wording, path)
    yield "</ul>"
    yield "</section>"


def _behaviour(subject: Subject, behaviour: Behaviour, wording: Wording, path: str | None) -> str:
    mark = wording.marks.get(behaviour.status)
    name = f"{behaviour.path.rsplit('/', 1)[-1]}:{behaviour.line}" if path is None else f":{behaviour.line}"
    address, label = file_url(subject, behaviour.path, behaviour.line), f"{behaviour.path}:{behaviour.line}"
    at = linked(text_of(name), address, "at", label)
    badge = f'<span class="mark">{mark}</span>' if mark else ""
    return f"<li><bdi>{sentence_of(behaviour.sentence)}</bdi>{badge}{at}</li>"


def _size(tests: int, wording: Wording) -> str:
    return f"<small>{wording.number(tests)}</small>"
