"""Speak ICAP without any I/O: what is sent, and what comes back as events (RFC 3507).

Octets are asked about as the answer to an HTTP request that nobody made (RESPMOD): a request
and an answer of ours stand around them.  Where the server wants a preview it gets that many
octets first, and says "100 Continue" if it wants the rest; "204" is that nothing is to be
changed.  204 is an answer only where it was allowed, by a preview or by `Allow: 204`; 100 only
once, behind a preview that was not all.

The address that the server is shown has no extension: what it may leave out by its own wish
(Transfer-Ignore) it is shown all the same.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from urllib.parse import SplitResult

from pratique.milter.engines.troubles import NoAnswer
from pratique.milter.engines.web_heads import MOST_HEAD, Chunked, Head, head_end, head_of, written

# A server that wants more gets so much of it; most want 1 KB, to tell the type.
MOST_PREVIEW = 64 * 1024
# OPTIONS are believed no longer than this, whatever Options-TTL says: a new ISTag forgets what
# is remembered.  And no shorter, or a server that says 0 is asked twice about each content.
LEAST_TTL, MOST_TTL = 5.0, 60.0
_ENCAPSULATED = re.compile(r"(re[qs]-hdr|re[qs]-body|opt-body|null-body) ?= ?([0-9]{1,8})")
_AGENT = "Pratique"


@dataclass(frozen=True, slots=True)
class Options:
    """What a server says of its service (RFC 3507 4.10.2)."""

    istag: str = ""
    service: str = ""
    # Octets that it wants first; None: all at once.
    preview: int | None = None
    allows_204: bool = False
    connections: int | None = None
    seconds: float = MOST_TTL


def options_of(head: Head) -> Options:
    """What an answer to OPTIONS says.  Raises NoAnswer."""
    if head.status != 200:
        raise NoAnswer(f"OPTIONS: {head.status} {head.reason}")
    methods = head.words("methods")
    if methods and "respmod" not in methods:
        raise NoAnswer(f"it offers no RESPMOD, but {', '.join(sorted(methods))}")
    preview, ttl = head.number("preview"), head.number("options-ttl")
    if "*" in head.words("transfer-complete"):
        preview = None
    return Options(
        istag=istag_of(head),
        service=head.get("service") or head.get("server"),
        preview=None if preview is None else min(preview, MOST_PREVIEW),
        allows_204="204" in head.words("allow"),
        connections=head.number("max-connections"),
        seconds=max(LEAST_TTL, min(MOST_TTL if ttl is None else ttl, MOST_TTL)),
    )


def istag_of(head: Head) -> str:
    """Which state of the service has answered (RFC 3507 4.7); empty if it does not say."""
    return head.get("istag").strip('"')


def options_request(url: SplitResult) -> bytes:
    """Ask what the service is."""
    return _icap_head("OPTIONS", url, "Encapsulated: null-body=0\r\n")


def request(url: SplitResult, options: Options, size: int) -> bytes:
    """All that stands before the octets of a content of this size."""
    host = written(url.hostname or "")
    asked = f"GET http://{host}/content HTTP/1.1\r\nHost: {host}\r\n\r\n"
    answered = (
        "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
        f"Content-Length: {size}\r\n\r\n"
    )
    fields = "Allow: 204\r\n" if options.allows_204 else ""
    if options.preview is not None:
        fields += f"Preview: {options.preview}\r\n"
    at, body = len(asked), len(asked) + len(answered)
    fields += f"Encapsulated: req-hdr=0, res-hdr={at}, res-body={body}\r\n"
    return _icap_head("RESPMOD", url, fields) + asked.encode() + answered.encode()


def _icap_head(method: str, url: SplitResult, fields: str) -> bytes:
    head = f"{method} {url.geturl()} ICAP/1.0\r\nHost: {url.netloc}\r\nUser-Agent: {_AGENT}\r\n"
    return f"{head}{fields}\r\n".encode()


def chunked(octets: Iterator[bytes], end: bytes = b"0\r\n\r\n") -> Iterator[bytes]:
    """Pieces as chunks, and the last one."""
    for piece in octets:
        yield b"%x\r\n" % len(piece)
        yield piece
        yield b"\r\n"
    yield end


IEOF = b"0; ieof\r\n\r\n"


class Step(Enum):
    """What comes next: more octets are needed, the rest of the content is wanted, it has ended."""

    NEED = 1
    CONTINUE = 2
    ENDED = 3


@dataclass(frozen=True, slots=True)
class Answered:
    """The heads of an answer: ICAP's, and the HTTP answer's in it if there is one."""

    icap: Head
    http: Head | None


# A bare piece is one of the body.
Event = Step | Answered | bytes


class Incoming:
    """What comes back to one request: `receive` octets, and take events until the last."""

    def __init__(self, *, may_continue: bool = False, may_204: bool = False) -> None:
        self._octets = bytearray()
        # It was sent a preview, and has not asked for the rest.
        self.may_continue = may_continue
        self._may_204 = may_204
        self._icap = Head("", 0)
        self._places: list[tuple[str, int]] = []
        self._body = Chunked()
        self._state = "head"
        # Something of the answer has come.
        self.begun = False

    def receive(self, octets: bytes) -> None:
        """Take what came."""
        self.begun = True
        self._octets += octets

    def allow_204(self, *, allowed: bool) -> None:
        """Behind the preview it is another matter."""
        self._may_204 = allowed

    @property
    def has_ended(self) -> bool:
        """All of the answer has come."""
        return self._state == "ended"

    @property
    def rest(self) -> bytes:
        """What has come behind it, or has not been taken."""
        return bytes(self._octets)

    def next_event(self) -> Event:
        """What comes next.  Raises NoAnswer."""
        if self._state == "head":
            return self._head()
        if self._state == "within":
            return self._within()
        if self._state == "body":
            return self._piece()
        return Step.ENDED

    def _head(self) -> Event:
        end = head_end(self._octets)
        if not end:
            return Step.NEED
        head = head_of(bytes(self._octets[:end]))
        del self._octets[:end]
        if not head.protocol.startswith("ICAP"):
            raise NoAnswer(f"this is {head.protocol}, not ICAP")
        if head.status == 100:
            return self._continued()
        if head.status == 204 and not self._may_204:
            raise NoAnswer("204, which was not allowed")
        self._icap = head
        self._places = _encapsulated(head) if head.status == 200 else []
        self._state = "within"
        return self._within()

    def _continued(self) -> Event:
        if not self.may_continue:
            raise NoAnswer("100 Continue, where nothing is left to be sent")
        self.may_continue = False
        self.begun = bool(self._octets)
        return Step.CONTINUE

    def _within(self) -> Event:
        """The head within, if there is one; what follows is its body, or the end."""
        size = self._places[-1][1] if self._places else 0
        if len(self._octets) < size:
            return Step.NEED
        inner = bytes(self._octets[:size])
        if size and not inner.endswith(b"\r\n\r\n"):
            raise NoAnswer("the head within has another size than was said")
        del self._octets[:size]
        has_body = bool(self._places) and self._places[-1][0] != "null-body"
        self._state = "body" if has_body else "ended"
        return Answered(self._icap, head_of(inner) if size else None)

    def _piece(self) -> Event:
        piece = self._body.feed(self._octets)
        if piece:
            return piece
        if not self._body.ended:
            return Step.NEED
        self._state = "ended"
        return Step.ENDED


def _encapsulated(head: Head) -> list[tuple[str, int]]:
    """The parts of an answer and where they begin (RFC 3507 4.4.1).  Raises NoAnswer."""
    written = head.get("encapsulated")
    places: list[tuple[str, int]] = []
    for word in written.split(",") if written else []:
        found = _ENCAPSULATED.fullmatch(word.strip().lower())
        if found is None:
            raise NoAnswer(f"Encapsulated: {written[:100]!r}")
        places.append((found[1], int(found[2])))
    names = [name for name, _ in places]
    known = names in _KNOWN and (not places or places[0][1] == 0)
    if not known or (places and places[-1][1] > MOST_HEAD):
        raise NoAnswer(f"Encapsulated: {written[:100]!r}")
    return places


# A body begins where the head before it ends; one without a head begins at 0.
_KNOWN: tuple[list[str], ...] = (
    [], ["null-body"], ["opt-body"], ["res-body"], ["res-hdr", "res-body"], ["res-hdr", "null-body"]
)  # fmt: skip
