"""Write docs/containers.md from what the readers say of themselves.

Each module of `scanners/formats` opens with a sentence that says what it opens, and states
its limitations; that is what an admin wants to know, so it is said once, there.
"""

import inspect
import re
import sys
from pathlib import Path

from pratique.scanners.formats import FORMATS

PAGE = Path(__file__).resolve().parents[1] / "docs/containers.md"
# Above this row the page is written by hand.
_TABLE = "| form | what | locked ones |"


def page() -> str:
    """The whole page; rows in the order of their names."""
    above, table, rest = PAGE.read_text("utf-8").partition(_TABLE)
    titles = table + "\n".join(rest.splitlines()[:2]) + "\n"
    return above + titles + "".join(map(_row, sorted(FORMATS, key=lambda form: form.name)))


def _row(form: type) -> str:
    said = inspect.getdoc(sys.modules[form.__module__]) or ""
    first, *rest = (re.sub(r"\s+", " ", each) for each in said.split("\n\n"))
    what = re.split(r"(?<=[a-z)])[.;:](?= |$)", first.removeprefix("Open "))[0]
    limits = next((each for each in rest if each.startswith("Limitations:")), "")
    closed = limits.removeprefix("Limitations:").strip().rstrip(".")
    locked = "opened with a word" if hasattr(form, "unlock") else ""
    return f"| `{form.name}` | {_cell(what)} | {locked} | {_cell(closed)} |\n"


def _cell(text: str) -> str:
    return (text[:1].upper() + text[1:]).replace("|", r"\|")


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
