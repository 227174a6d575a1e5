"""Gather what several members of one document say together, and conclude from it.

In a zip file the sheets of macros, the name that has one run by itself, the code and the
event that starts it are members apart.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from pratique.scanners.documents.stated import INFORMATION, MALICIOUS, SUSPICIOUS, Stated, shown
from pratique.scanners.office import code

# So many names and modules are kept: a note shows a few.
_KEPT = 100


@dataclass(slots=True)
class Gathered:
    """What is known of one document so far."""

    sheets: list[str] = field(default_factory=list)
    auto: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    modules: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    length: int = 0
    # Names of members that are macro sheets, as the list of types has them.
    named: set[str] = field(default_factory=set)

    def add_source(self, name: str, source: str) -> None:
        """Keep a module's code, as much of it as is looked at."""
        left = code.MOST - self.length
        self.length += len(source)
        if left > 0:
            self.sources.append(source[:left])
        add(self.modules, name)

    @property
    def cut(self) -> bool:
        """Whether there was more code than is looked at."""
        return self.length > code.MOST

    def conclude(self) -> Iterator[Stated]:
        """The findings about the document as a whole."""
        if self.sheets:
            yield from sheets(self.sheets, self.auto, self.calls)
        if self.modules:
            names = shown(", ".join(self.modules[:8]), 160)
            yield Stated("Office.Macros", INFORMATION, f"{len(self.modules)} modules: {names}")
            judged = code.judge("\n".join(self.sources))
            # What starts them is an event of the document's, and not a name.
            judged.auto = self.auto[:5]
            yield from code.seen(judged, "modules")
        elif self.auto and not self.sheets:
            names = shown(", ".join(self.auto[:5]), 160)
            yield Stated("Office.AutoExec", INFORMATION, f"without a macro of its own: {names}")


def add(names: list[str], name: str) -> None:
    """Keep a name, once, and not too many."""
    if name not in names and len(names) < _KEPT:
        names.append(name)


def sheets(names: list[str], auto: list[str], calls: list[str]) -> Iterator[Stated]:
    """The findings about macro sheets, of whatever form."""
    note = f"sheets {shown(', '.join(names[:8]), 160)}"
    yield Stated("Office.MacroSheet", SUSPICIOUS, note)
    if auto:
        yield Stated("Office.AutoExec", INFORMATION, f"macro sheet: {', '.join(auto[:5])}")
    if calls:
        severity = MALICIOUS if auto else SUSPICIOUS
        by_itself = f", by {auto[0]}" if auto else ""
        note = f"macro sheet: {', '.join(calls[:8])}{by_itself}"
        yield Stated("Office.MacroExecutes", severity, note)
