"""Read heads and chunked bodies as HTTP and ICAP write them, without any I/O (RFC 9112).

What comes from another program is believed only where it is well formed: lines end with
CRLF, a head has an end and so many fields, a chunk has a size in a few digits.  Everything
else is no answer.  A field may go on in the next line (RFC 9112 5.2, obsolete; ICAP servers
list what they found so), and its lines stay apart here.
"""

import re
from dataclasses import dataclass, field

from pratique.milter.engines.troubles import NoAnswer

# Heads of real servers have half a kilobyte; a list of what was found in an archive, more.
MOST_HEAD = 64 * 1024
MOST_FIELDS = 200
# A chunk's size: seven digits are 256 MB, and some servers pad with noughts.
_SIZE = re.compile(rb"0{0,8}([0-9A-Fa-f]{1,7})[ \t]{0,8}(;[\t\x20-\x7e]{0,200})?")
# "0; ieof" and extensions make a line longer than its digits.
_MOST_SIZE_LINE = 256
# Trailers (RFC 9112 7.1.2), which nobody here reads.
_MOST_TRAILERS = 8 * 1024

_STATUS = re.compile(rb"((?:HTTP|ICAP)/1\.[01]) ([1-9][0-9]{2})(?: ([\t\x20-\x7e\x80-\xff]*))?")
_FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100})[ \t]{0,8}:(.*)", re.DOTALL)
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Head:
    """The status line and the fields of an answer, their names in lower case."""

    protocol: str
    status: int
    reason: str = ""
    # Of each field of that name in turn: its lines, blanks around them gone.
    fields: dict[str, list[list[str]]] = field(default_factory=dict)

    def get(self, name: str) -> str:
        """The value of the first field of a name, in one line; empty if there is none."""
        found = self.fields.get(name)
        return " ".join(found[0]).strip() if found else ""

    def words(self, name: str) -> set[str]:
        """The words of all fields of a name, split at commas, in lower case."""
        lines = (line for lines in self.fields.get(name, []) for line in lines)
        return {word.strip().lower() for line in lines for word in line.split(",")} - {""}

    def number(self, name: str) -> int | None:
        """The number that a field is; None if there is none.  Raises NoAnswer."""
        found = {" ".join(lines).strip() for lines in self.fields.get(name, [])}
        if not found:
            return None
        value = found.pop()
        if found or not re.fullmatch(r"[0-9]{1,12}", value):
            raise NoAnswer(f"{name} is no number: {value[:40]!r}")
        return int(value)


def written(host: str) -> str:
    """A host as addresses and heads have it: IPv6 in brackets (RFC 3986 3.2.2)."""
    return f"[{host}]" if ":" in host else host


def head_end(octets: bytearray) -> int:
    """Where the head ends that these octets begin with; 0: not yet.  Raises NoAnswer."""
    end = octets.find(b"\r\n\r\n", 0, MOST_HEAD)
    if end < 0 and len(octets) >= MOST_HEAD:
        raise NoAnswer(f"a head of more than {MOST_HEAD} octets")
    return end + 4 if end >= 0 else 0


def head_of(octets: bytes) -> Head:
    """What a whole head says.  Raises NoAnswer."""
    first, *lines = octets.removesuffix(b"\r\n\r\n").split(b"\r\n")
    status = _STATUS.fullmatch(first)
    if status is None:
        raise NoAnswer(f"this is no answer: {first[:100]!r}")
    reason = (status[3] or b"").decode("utf-8", "replace").strip()
    return Head(status[1].decode("ascii"), int(status[2]), reason, _fields(lines))


def _fields(lines: list[bytes]) -> dict[str, list[list[str]]]:
    if len(lines) > MOST_FIELDS:
        raise NoAnswer(f"a head of more than {MOST_FIELDS} lines")
    fields: dict[str, list[list[str]]] = {}
    last: list[str] | None = None
    for line in lines:
        if _CONTROL.search(line):
            raise NoAnswer(f"a control character in a head: {line[:100]!r}")
        if line[:1] in (b" ", b"\t"):
            if last is None:
                raise NoAnswer("a head that begins with a continued line")
            last.append(line.decode("utf-8", "replace").strip())
            continue
        found = _FIELD.fullmatch(line)
        if found is None:
            raise NoAnswer(f"this is no field: {line[:100]!r}")
        last = [found[2].decode("utf-8", "replace").strip()]
        fields.setdefault(found[1].decode("ascii").lower(), []).append(last)
    return fields


class Chunked:
    """A chunked body (RFC 9112 7.1) as it comes: `feed` gives its octets, until `ended`."""

    def __init__(self) -> None:
        # Octets of the chunk at hand that are to come; then its CRLF.
        self._left = 0
        self._closing = self._trailing = False
        self._trailers = 0
        self.ended = False

    def feed(self, octets: bytearray) -> bytes:
        """Take what is there of it off the octets; what follows its end stays.  Raises NoAnswer."""
        body: list[bytes] = []
        while not self.ended:
            if self._left:
                piece = bytes(octets[: self._left])
                if not piece:
                    break
                del octets[: len(piece)]
                self._left -= len(piece)
                body.append(piece)
            elif not self._line(octets):
                break
        return b"".join(body)

    def _line(self, octets: bytearray) -> bool:
        """Take a line, if it is whole: a chunk's end, its size, a trailer.  Raises NoAnswer."""
        end = octets.find(b"\r\n", 0, _MOST_SIZE_LINE)
        if end < 0:
            if len(octets) >= _MOST_SIZE_LINE:
                raise NoAnswer(f"this is no chunk: {bytes(octets[:100])!r}")
            return False
        line = bytes(octets[:end])
        del octets[: end + 2]
        if self._trailing:
            self._trailer(line)
        elif self._closing:
            if line:
                raise NoAnswer("a chunk is longer than was said")
            self._closing = False
        else:
            self._begin(line)
        return True

    def _begin(self, line: bytes) -> None:
        found = _SIZE.fullmatch(line)
        if found is None:
            raise NoAnswer(f"this is no chunk's size: {line[:100]!r}")
        self._left = int(found[1], 16)
        self._closing = bool(self._left)
        self._trailing = not self._left

    def _trailer(self, line: bytes) -> None:
        self._trailers += len(line)
        if self._trailers > _MOST_TRAILERS:
            raise NoAnswer(f"trailers of more than {_MOST_TRAILERS} octets")
        self.ended = not line
