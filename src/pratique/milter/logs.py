"""Write the log: a line an event, JSON where a program reads it, words where a person does.

Every message ends in one line with the same fields: queue id, the mail server's own
(`mta_id`), action, outcome, rule, policy (the first digits of its hash), milliseconds, size,
parts, reply.  The action is what was
to be done, the outcome what came of it: the next hop may refuse what the policy accepts.
Where recipients differ it says of each what came of it.  With `[journal] privacy = "hashed"`
it has no addresses: recipients have numbers, and a reply that may quote one has its own.
Nothing that a stranger wrote is put in the log raw: control characters stand there escaped,
so no line can be forged.

There is such a line for each message, and what `logging` does between the call and the
file takes longer than all that is in it.  So where the log is as `set_up` left it the line
is written at once, and is the same; else it goes the way of all others.
"""

import contextlib
import json
import logging
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from json.encoder import encode_basestring_ascii

from pratique.milter.became import Became
from pratique.milter.journal.privacy_signs import has_at
from pratique.milter.mail import Envelope

log = logging.getLogger("pratique.message")

# Somebody should look at once: above "error" and "critical", as syslog has it (RFC 5424 6.2.1).
ALERT = 55
logging.addLevelName(ALERT, "ALERT")

# Recipients named in a line: enough for the mail of people; the journal has all.
_NAMED = 10

# The code of a reply (RFC 5321 4.2) and its enhanced status (RFC 3463 2).
_NUMBERS = re.compile(r"[245]\d\d|[245]\.\d{1,3}\.\d{1,3}")

# Of a policy's hash: enough to tell those apart that one service ever had.
HASH_DIGITS = 12


def tell(became: Became, *, hides: bool = False) -> None:
    """Write the line that a message ends in; one that hides names nobody."""
    if became.differs or not _written_at_once(became, hides=hides):
        log.info("message", extra={"fields": _fields(became, hides=hides)})


def _fields(became: Became, *, hides: bool) -> dict[str, object]:
    fields: dict[str, object] = {
        "queue_id": became.envelope.queue_id,
        "mta_id": became.envelope.mta_id,
        "action": became.action,
        "outcome": became.outcome,
        "rule": became.rule,
        "policy": became.policy[:HASH_DIGITS],
        "milliseconds": became.milliseconds,
        "size": became.size,
        "parts": len(became.facts.parts),
        "reply": _reply(became, hides=hides),
    }
    if became.differs:
        fields["recipients"] = "; ".join(_recipients(became, hides=hides))
    return fields


def _written_at_once(became: Became, *, hides: bool) -> bool:
    """Whether a line was written past what nobody has set up to be otherwise."""
    for receiver in log.root.handlers:
        if isinstance(receiver, Receiver) and _is_untouched(receiver):
            return receiver.says(_line(became, hides=hides))
    return False


def _is_untouched(receiver: "Receiver") -> bool:
    root = log.root
    plain = log.parent is root and log.propagate and not (log.handlers or log.filters)
    alone = len(root.handlers) == 1 and type(receiver.formatter) is JsonLines
    return plain and alone and not receiver.filters and log.isEnabledFor(logging.INFO)


def _line(became: Became, *, hides: bool) -> str:
    """As `JsonLines` has it, of the same fields."""
    quoted, envelope = encode_basestring_ascii, became.envelope
    return (
        f'{{"time": "{datetime.now(UTC).isoformat()}", "level": "info", '
        f'"logger": "pratique.message", "event": "message", '
        f'"queue_id": {quoted(envelope.queue_id)}, "mta_id": {quoted(envelope.mta_id)}, '
        f'"action": {quoted(became.action)}, "outcome": {quoted(became.outcome)}, '
        f'"rule": {quoted(became.rule)}, "policy": {quoted(became.policy[:HASH_DIGITS])}, '
        f'"milliseconds": {became.milliseconds!r}, '
        f'"size": {became.size}, "parts": {len(became.facts.parts)}, '
        f'"reply": {quoted(_reply(became, hides=hides))}}}'
    )


def _reply(became: Became, *, hides: bool) -> str:
    """The reply; where it hides, of one that may quote an address the numbers alone."""
    reply = str(became.reply)
    if hides and (has_at(reply) or _quotes(reply, became.envelope)):
        return " ".join(one for one in reply.split()[:2] if _NUMBERS.fullmatch(one))
    return reply


def _quotes(reply: str, envelope: Envelope) -> bool:
    """Whether a local part stands in it as a word: "550 ann: no such user"."""
    said = reply.casefold()
    named = (envelope.reverse_path or "", *(one.address for one in envelope.recipients))
    locals_ = {one.rpartition("@")[0].casefold() for one in named} - {""}
    return any(
        one in said and re.search(rf"(?<!\w){re.escape(one)}(?!\w)", said) for one in locals_
    )


def _recipients(became: Became, *, hides: bool) -> Iterator[str]:
    """What was decided for each recipient, and what came of it: ten of them, and how many more.

    Where it hides they are numbered in their order, which is that of the journal.
    """
    recipients = became.envelope.recipients
    for place, forward in enumerate(recipients[:_NAMED]):
        decided = became.verdicts[place].action if place < len(became.verdicts) else ""
        named = str(place + 1) if hides else f"<{forward.address}>"
        yield f"{named} {decided}, {became.outcomes[place]}"
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


class Receiver(logging.StreamHandler):  # type: ignore[type-arg]
    """Takes records, and lines that are finished."""

    def says(self, line: str) -> bool:
        """Write a line; false: it could not be written."""
        with contextlib.suppress(OSError, ValueError):
            self.acquire()
            try:
                # As `emit` does; `flush` of the handler would ask for the lock once more.
                self.stream.write(line + self.terminator)
                self.stream.flush()
            finally:
                self.release()
            return True
        return False


def _quoted(value: object) -> str:
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if " " in text or not text else text


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)


def set_up(stream: object = None, level: int = logging.INFO) -> None:
    """Send the log to standard error: words on a terminal, JSON anywhere else."""
    out = stream or sys.stderr
    on_terminal = getattr(out, "isatty", lambda: False)()
    receiver = Receiver(out)
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
