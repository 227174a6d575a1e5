"""Say of a held message, in one row, what a list shows of it."""

import json
from dataclasses import asdict, dataclass, replace
from typing import Any

from pratique.milter.quarantine.record import Record
from pratique.milter.quarantine.state import Stage, State


@dataclass(frozen=True, slots=True)
class Summary:
    """One row of the list."""

    id: str
    state: str
    held_at: str = ""
    size: int = 0
    reverse_path: str | None = None
    recipients: tuple[str, ...] = ()
    released: tuple[str, ...] = ()
    action: str = ""
    rule: str = ""
    reason: str = ""
    subject: str = ""

    @classmethod
    def of(cls, record: Record, state: State) -> "Summary":
        """The row that a folder gives."""
        worst = record.worst
        return cls(
            id=record.id,
            state=str(state.stage),
            held_at=record.held_at.isoformat(),
            size=record.size,
            reverse_path=record.envelope.reverse_path,
            recipients=tuple(forward.address for forward in record.envelope.recipients),
            released=state.released,
            action=str(worst.action),
            rule=worst.rule,
            reason=worst.reason,
            subject=record.facts.mail.subject,
        )

    def at(self, stage: Stage) -> "Summary":
        """The same row with another stage."""
        return replace(self, state=str(stage))

    def to_json(self) -> dict[str, Any]:
        """As it is shown and indexed."""
        return asdict(self)

    def encode(self) -> str:
        """The row for the index: ASCII, so that it takes any text that a stranger wrote."""
        return json.dumps(self.to_json())

    @classmethod
    def decode(cls, text: str) -> "Summary":
        """Read a row of the index; ValueError if it is none of ours."""
        try:
            written = json.loads(text)
            for name in ("recipients", "released"):
                written[name] = tuple(written[name])
            # SQLite has no checksums: one flipped bit makes a stage that there never was.
            Stage(written["state"])
            summary = cls(**written)
            _check(summary)
            return summary
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a summary: {error!r}") from error


def _check(summary: Summary) -> None:
    paths = (*summary.recipients, *summary.released, summary.reverse_path or "")
    said = (summary.held_at, summary.action, summary.rule, summary.reason, summary.subject)
    if not all(isinstance(text, str) for text in (summary.id, *paths, *said)):
        raise TypeError("a text that is none")
    if not isinstance(summary.size, int):
        raise TypeError("a size that is none")
