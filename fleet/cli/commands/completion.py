"""fleet completion"""

from typing import Annotated, Literal

from cyclopts import App, Parameter

from fleet.cli.exits import DONE
from fleet.cli.session import Session


def completion(
    shell: Literal["bash", "zsh", "fish"],
    /,
    *,
    app: Annotated[App, Parameter(parse=False)],
    session: Annotated[Session, Parameter(parse=False)],
) -> int:
    """Print what makes a shell complete commands and options: source <(fleet completion bash)."""
    session.output.raw(app.generate_completion(shell=shell, prog_name="fleet"))
    return DONE
