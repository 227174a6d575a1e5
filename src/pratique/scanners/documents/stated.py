"""Write a finding down, with what was seen of it in a note that stays short."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pratique.scanners import facts_pb2 as facts

Severity = Literal["information", "suspicious", "malicious"]
INFORMATION: Severity = "information"
SUSPICIOUS: Severity = "suspicious"
MALICIOUS: Severity = "malicious"
# What a log line and a page of the quarantine show of one finding.
NOTE = 300
_RANK: dict[str, int] = {
    word: rank for rank, word in enumerate((INFORMATION, SUSPICIOUS, MALICIOUS))
}


@dataclass(frozen=True, slots=True)
class Stated:
    """What was found, how bad it is, and what was seen."""

    name: str
    severity: str
    note: str = ""

    def finding(self, scanner: str, part: int) -> facts.Finding:
        """The fact about that part."""
        return facts.Finding(
            scanner=scanner, name=self.name, severity=self.severity, part=part,
            note=shown(self.note, NOTE),
        )  # fmt: skip


def worse(one: str, other: str) -> str:
    """The worse of two severities."""
    return max(one, other, key=_RANK.__getitem__)


def worst(stated: Iterable[Stated]) -> list[Stated]:
    """One of each name: the worst, which says how many there are."""
    by_name: dict[str, list[Stated]] = {}
    for one in stated:
        by_name.setdefault(one.name, []).append(one)
    return [_together(all_) for all_ in by_name.values()]


def _together(stated: list[Stated]) -> Stated:
    first = max(stated, key=lambda one: _RANK[one.severity])
    others = len({one.note for one in stated}) - 1
    note = f"{shown(first.note, NOTE - 20)} (and {others} more)" if others else first.note
    return Stated(first.name, first.severity, note)


def shown(text: str, most: int) -> str:
    """A stranger's words as one line of at most so many characters, its blanks as one."""
    # Three times as much is enough to fill the line, but for one that is mostly blanks.
    if len(text) > 64 * most:
        text = text[: 64 * most]
    line = " ".join(text.split())
    line = "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in line)
    return line if len(line) <= most else line[: most - 1] + "…"
