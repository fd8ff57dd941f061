"""What every page has at hand: the database, the templates, who asks."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from fleet.dashboard import words
from fleet.dashboard.live import Pulse
from fleet.dashboard.options import Options
from fleet.dashboard.reading import Reading
from fleet.dashboard.session import Session, Signer
from fleet.db import Pool

HERE = Path(__file__).parent


class Desk:
    """Everything that a page is made from."""

    def __init__(self, pool: Pool, options: Options, clock: Callable[[], datetime]) -> None:
        self.pool = pool
        self.options = options
        self.clock = clock
        self.reading = Reading(pool)
        self.signer = Signer(options.key)
        self.pulse = Pulse(self.reading, beat=options.beat, sums=options.sums)
        self._templates = _templates()

    def page(self, request: Request, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
        """Render a template of this package; whatever is put into it is escaped."""
        session: Session | None = getattr(request.state, "session", None)
        text = self._templates.get_template(f"{template}.html").render(
            path=request.url.path,
            query=request.url.query,
            now=self.clock(),
            member=session is not None and session.member,
            has_token=self.options.token is not None,
            actor=getattr(request.state, "actor", ""),
            word="" if session is None else self.signer.form_word(session),
            read_only=self.options.read_only,
            **values,
        )
        return HTMLResponse(text, status)

    def traces(self, job: int, traceparent: str | None) -> Mapping[str, str]:
        """Return where a job's trace and its log are to be found, as far as anybody has said."""
        trace = traceparent.split("-")[1] if traceparent else ""
        told = {"trace": self.options.trace_url if trace else None, "log": self.options.log_url}
        return {
            name: address.replace("{job}", str(job)).replace("{trace}", quote(trace, safe=""))
            for name, address in told.items()
            if address
        }


def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "span": words.span,
        "number": words.number,
        "size": words.size,
        "moment": words.moment,
        "pretty": words.pretty,
        "parsed": words.parsed,
    }
    environment.globals["per"] = words.per
    return environment
