"""Write the log: a line an event, JSON where a program reads it, words where a person does.

Every message ends in one line with the same fields: queue id, the mail server's own
(`mta_id`), action, outcome, rule, milliseconds, size, parts, reply.  The action is what was
to be done, the outcome what came of it: the next hop may refuse what the policy accepts.
Nothing that a stranger wrote is put in the log raw: control characters stand there escaped,
so no line can be forged.
"""

import json
import logging
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

from pratique.milter.became import Became

log = logging.getLogger("pratique.message")

# Recipients named in a line: enough for the mail of people; the journal has all.
_NAMED = 10


def tell(became: Became) -> None:
    """Write the line that a message ends in."""
    fields = {
        "queue_id": became.envelope.queue_id,
        "mta_id": became.envelope.mta_id,
        "action": became.action,
        "outcome": became.outcome,
        "rule": became.rule,
        "milliseconds": became.milliseconds,
        "size": became.size,
        "parts": len(became.facts.parts),
        "reply": str(became.reply),
    }
    if became.differs:
        fields["recipients"] = "; ".join(_recipients(became))
    log.info("message", extra={"fields": fields})


def _recipients(became: Became) -> Iterator[str]:
    """What was decided for each recipient, and what came of it: ten of them, and how many more."""
    recipients = became.envelope.recipients
    for place, forward in enumerate(recipients[:_NAMED]):
        decided = became.verdicts[place].action if place < len(became.verdicts) else ""
        yield f"<{forward.address}> {decided}, {became.outcomes[place]}"
    if len(recipients) > _NAMED:
        yield f"{len(recipients) - _NAMED} more"


class JsonLines(logging.Formatter):
    """One JSON object a line (ASCII, so nothing in it can move a terminal)."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of one event."""
        written = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            written["traceback"] = self.formatException(record.exc_info)
        return json.dumps(written)


class Words(logging.Formatter):
    """One line for a person; what could move a terminal is escaped."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of one event."""
        fields = getattr(record, "fields", {})
        words = " ".join(f"{name}={_quoted(value)}" for name, value in fields.items())
        clock = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        event = words or record.getMessage()
        line = f"{clock} {record.levelname.lower():7} {_printable(event)}"
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return line


def _quoted(value: object) -> str:
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if " " in text or not text else text


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)


def set_up(stream: object = None, level: int = logging.INFO) -> None:
    """Send the log to standard error: words on a terminal, JSON anywhere else."""
    out = stream or sys.stderr
    on_terminal = getattr(out, "isatty", lambda: False)()
    receiver = logging.StreamHandler(out)  # type: ignore[arg-type]
    receiver.setFormatter(Words() if on_terminal else JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [receiver]
    root.setLevel(level)
    # Alembic tells of each look at the index; only its warnings matter.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # What no line of ours says need not be found out for each: the logging HOWTO of Python
    # names these four ("Optimization").
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # noqa: SLF001
