"""Speak spamd's protocol: a message behind REPORT, score and report back, without any I/O.

    REPORT SPAMC/1.5          SPAMD/1.1 0 EX_OK
    Content-length: 1234      Content-length: 796
                              Spam: True ; 1000.0 / 5.0

                              ... a table of what counted, with its points

Of its answers only REPORT has the points of each rule (SYMBOLS has names, HEADERS what an
admin wants in a header).  They stand in the table that SpamAssassin's own template ends with,
in all its languages but French, rounded to a tenth.  The text before it quotes the message,
so the table is the last thing in it that begins as a table does, in the first column, where
a quotation never stands.

The protocol has no place for an envelope (PROTOCOL in SpamAssassin's source).  It goes in
front of the message, as SpamAssassin reads it from mail that a server has taken: in a
Received field, which it believes for its networks, its login and its reverse-path.
"""

import re

from pratique.milter.doors.smtp.trace import received_by
from pratique.milter.engines import scores, told
from pratique.milter.engines.engine import Said
from pratique.milter.engines.troubles import Away, NoAnswer
from pratique.milter.mail import Envelope

NAME = "spamassassin"
# A report has one or two kilobytes, and a line or two for each rule that counted.
MOST_BODY = 256 * 1024
# Two fields.
MOST_HEAD = 8 * 1024
# sysexits.h, as spamd uses it: no service, and "come again".  Its own time being over (79) is
# the message's fault, as with us.
_AWAY = {69, 75}

_STATUS = re.compile(rb"SPAMD/1\.[0-9] ([0-9]{1,3}) ([\x20-\x7e\x80-\xff]{0,500})")
_FIELD = re.compile(rb"([A-Za-z-]{1,50})[ \t]?:[ \t]{0,8}([\x20-\x7e]{0,200})")
_NUMBER = r"(-?[0-9]{1,12}(?:\.[0-9]{1,15})?)"
_SPAM = re.compile(rf"(?:True|False) ; {_NUMBER} / {_NUMBER}")
_TABLE = re.compile(r" ?-{4} -{22} -{10,100}")
_ROW = re.compile(rf" {{0,3}}{_NUMBER} ([A-Za-z0-9_]+)(?: .*)?")
_UNSAFE = re.compile(r"[^A-Za-z0-9_.+=@/~#%&*!'-]")


def request(size: int, user: str = "") -> bytes:
    """All that stands before a message of this size."""
    lines = ["REPORT SPAMC/1.5", f"Content-length: {size}"]
    if user:
        lines.append(f"User: {user}")
    return "\r\n".join([*lines, "", ""]).encode()


def preamble(envelope: Envelope | None, hostname: str) -> bytes:
    """Header fields for SpamAssassin alone, in front of the message."""
    if envelope is None:
        return b""
    lines, clause = list[str](), ""
    if envelope.reverse_path is not None:
        lines.append(f"X-Envelope-From: {told.path(envelope.reverse_path)}")
        safe = _UNSAFE.sub("?", envelope.reverse_path[: told.LONGEST])
        clause = f"(envelope-from <{safe}>)"
    lines += [f"X-Envelope-To: {path}" for path in told.forward_paths(envelope)]
    received = received_by(envelope, hostname, clause) if envelope.client.ip else b""
    # Last: where the message begins with a blank it would go on in the field before it.
    own = f"X-Pratique-Id: {told.line(envelope.queue_id)}\r\n"
    return "".join(f"{each}\r\n" for each in lines).encode() + received + own.encode()


class Incoming:
    """What comes back to one request: `receive` octets until there is an `answer`."""

    def __init__(self) -> None:
        self._octets = bytearray()
        self._fields: dict[bytes, bytes] | None = None

    @property
    def begun(self) -> bool:
        """Something of the answer has come."""
        return bool(self._octets) or self._fields is not None

    @property
    def is_final(self) -> bool:
        """It says nothing before it answers."""
        return self.begun

    def receive(self, octets: bytes) -> None:
        """Take what came; nothing is the connection's end."""
        self._octets += octets

    def answer(self) -> tuple[str, str] | None:
        """What its field Spam says, and its report; None: more is to come.

        Raises Away or NoAnswer.
        """
        if self._fields is None and not self._take_head():
            return None
        assert self._fields is not None
        length = self._length(self._fields)
        if len(self._octets) > length:
            raise NoAnswer(f"more than the {length} octets that it said")
        if len(self._octets) < length:
            return None
        spam = self._fields.get(b"spam", b"").decode("ascii")
        return spam, self._octets.decode("utf-8", "replace")

    def _take_head(self) -> bool:
        """Raises Away or NoAnswer."""
        first, ended, _ = bytes(self._octets[:MOST_HEAD]).partition(b"\r\n")
        if ended:
            _status(first)
        end = self._octets.find(b"\r\n\r\n", 0, MOST_HEAD)
        if end < 0:
            if len(self._octets) >= MOST_HEAD:
                raise NoAnswer(f"a head of more than {MOST_HEAD} octets")
            return False
        self._fields = dict(_field(each) for each in self._octets[:end].split(b"\r\n")[1:])
        del self._octets[: end + 4]
        return True

    def _length(self, fields: dict[bytes, bytes]) -> int:
        written = fields.get(b"content-length", b"")
        if not re.fullmatch(rb"[0-9]{1,12}", written):
            raise NoAnswer(f"Content-length is no number: {written[:40]!r}")
        if int(written) > MOST_BODY:
            raise NoAnswer(f"an answer of more than {MOST_BODY} octets")
        return int(written)


def _status(first: bytes) -> None:
    """Raises Away or NoAnswer for what is no answer."""
    found = _STATUS.fullmatch(first)
    if found is None:
        raise NoAnswer(f"this is no answer: {first[:100]!r}")
    if code := int(found[1]):
        words = f"{code} {found[2].decode('utf-8', 'replace')}"
        raise Away(words) if code in _AWAY else NoAnswer(words)


def _field(octets: bytearray) -> tuple[bytes, bytes]:
    found = _FIELD.fullmatch(octets)
    if found is None:
        raise NoAnswer(f"this is no field: {bytes(octets[:100])!r}")
    return found[1].lower(), found[2].strip()


def said_of(spam: str, report: str) -> Said:
    """What an answer says.  Raises NoAnswer."""
    found = _SPAM.fullmatch(spam)
    if found is None:
        raise NoAnswer(f"this is no score: {spam[:100]!r}")
    return scores.said_of(NAME, float(found[1]), float(found[2]), _symbols(report))


def _symbols(report: str) -> list[tuple[str, float]]:
    """The rows of the last table; none where an admin's own template has none."""
    rows: list[tuple[str, float]] | None = None
    # Not `splitlines`: for that, lines end at characters that a quotation may have.
    for line in report.split("\n"):
        if _TABLE.fullmatch(line):
            rows = []
        elif rows is not None and (row := _ROW.fullmatch(line)):
            rows.append((row[2], float(row[1])))
    return rows or []
