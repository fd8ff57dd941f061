"""How the states and outcomes of jobs look on a terminal."""

from fleet.cli.table import Cell

_STYLES = {
    "running": "cyan",
    "cancelling": "yellow",
    "held": "yellow",
    "done": "green",
    "failed": "red",
    "lost": "red",
    "cancelled": "yellow",
}


def state_cell(state: str) -> Cell:
    return Cell(state, _STYLES.get(state, ""))
