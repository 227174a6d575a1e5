"""Write figures into docs/costs.md: each table stands between two marks of its own.

What stands outside of the marks is written by hand and stays as it is.
"""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs/costs.md"


class NoPlaceError(Exception):
    """The page has no marks for a table of that name."""


def marks(name: str) -> tuple[str, str]:
    """Between which a table stands."""
    return f"<!-- {name}: written by make bench -->", f"<!-- {name}: end -->"


def put(page: str, name: str, text: str) -> str:
    """The page with that text between the marks.  Raises NoPlaceError."""
    begins, ends = marks(name)
    before, begun, rest = page.partition(begins)
    _, ended, after = rest.partition(ends)
    if not begun or not ended:
        raise NoPlaceError(f"no marks for {name!r}")
    return f"{before}{begins}\n\n{text.strip()}\n\n{ends}{after}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown: the first column is words, the others numbers."""
    ruler = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ruler, *rows])


def machine() -> str:
    """What was measured on, in one sentence."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    model = models[0] if models else platform.machine()
    day = datetime.now(UTC).date().isoformat()
    return (
        f"Measured on {day}: {model}, {os.cpu_count()} processors, "
        f"{platform.system()} {platform.release().partition('-')[0]}, "
        f"Python {platform.python_version()}."
    )


def number(value: float) -> str:
    """Two digits that count; whole from 100 on."""
    if value >= 99.5:
        return f"{value:,.0f}"
    return f"{value:.0f}" if value >= 9.95 else f"{value:.1f}" if value >= 0.95 else f"{value:.2f}"


def write(name: str, text: str, page: Path = PAGE) -> None:
    """Put a table into the page's file."""
    page.write_text(put(page.read_text("utf-8"), name, text), "utf-8")
