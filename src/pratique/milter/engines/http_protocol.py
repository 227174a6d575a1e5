"""Speak HTTP/1.1 as far as an engine needs it, without any I/O (RFC 9112).

One request with a length, one answer with a length, in chunks, or up to the connection's
end.  Nothing is followed, decoded or offered that is not needed for that; an answer that says
its length in two ways is none (RFC 9112 6.3).
"""

from collections.abc import Mapping
from urllib.parse import SplitResult

from pratique.milter.engines.troubles import NoAnswer
from pratique.milter.engines.web_heads import Chunked, Head, head_end, head_of

# What an engine says is a few lines of JSON.
MOST_BODY = 256 * 1024
# "100 Continue", "103 Early Hints": a server may say so before it answers.
_MOST_INTERIM = 4


def request(url: SplitResult, size: int, fields: Mapping[str, str]) -> bytes:
    """All that stands before the octets of a content of this size."""
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    lines = [
        f"POST {target} HTTP/1.1",
        f"Host: {url.netloc}",
        "User-Agent: Pratique",
        "Accept: application/json",
        "Content-Type: application/octet-stream",
        f"Content-Length: {size}",
        *(f"{name}: {value}" for name, value in fields.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode()


class Incoming:
    """What comes back to one request: `receive` octets until there is an `answer`."""

    def __init__(self) -> None:
        self._octets = bytearray()
        self._head: Head | None = None
        self._interim = 0
        self._chunked: Chunked | None = None
        # Octets of the body; None: up to the end.
        self._length: int | None = None
        self._body = bytearray()
        self._has_ended = False

    @property
    def begun(self) -> bool:
        """Something of the answer has come."""
        return bool(self._octets) or self._head is not None

    @property
    def is_final(self) -> bool:
        """It is the answer that has begun, and no remark before it (RFC 9110 15.2)."""
        # "HTTP/1.1 1": a remark's head is taken whole, or not at all.
        at = len("HTTP/1.1 ")
        return self._head is not None or self._octets[at : at + 1] > b"1"

    @property
    def keeps(self) -> bool:
        """Whether the next question may be asked on the same connection."""
        assert self._head is not None
        is_new = self._head.protocol == "HTTP/1.1"
        until_end = self._chunked is None and self._length is None
        closes = "close" in self._head.words("connection")
        return is_new and not until_end and not closes and not self._octets

    def receive(self, octets: bytes) -> None:
        """Take what came; nothing is the connection's end."""
        self._octets += octets
        self._has_ended = self._has_ended or not octets

    def answer(self) -> tuple[Head, bytes] | None:
        """The answer, or None: there is more to come.  Raises NoAnswer."""
        if self._head is None and not self._take_head():
            return None
        assert self._head is not None
        if self._chunked is not None:
            self._body += self._chunked.feed(self._octets)
            is_all = self._chunked.ended
        else:
            left = len(self._octets) if self._length is None else self._length - len(self._body)
            self._body += self._octets[:left]
            del self._octets[:left]
            is_all = self._has_ended if self._length is None else len(self._body) == self._length
        if len(self._body) > MOST_BODY:
            raise NoAnswer(f"an answer of more than {MOST_BODY} octets")
        return (self._head, bytes(self._body)) if is_all else None

    def _take_head(self) -> bool:
        while end := head_end(self._octets):
            head = head_of(bytes(self._octets[:end]))
            del self._octets[:end]
            if not head.protocol.startswith("HTTP"):
                raise NoAnswer(f"this is {head.protocol}, not HTTP")
            if head.status >= 200:
                self._head = head
                self._frame(head)
                return True
            self._interim += 1
            if head.status == 101 or self._interim > _MOST_INTERIM:
                raise NoAnswer(f"{head.status} {head.reason}, and no answer")
        return False

    def _frame(self, head: Head) -> None:
        """How the end of the body is told."""
        self._length = head.number("content-length")
        if head.status in {204, 304}:
            self._length = 0
        elif encodings := head.words("transfer-encoding"):
            if encodings != {"chunked"} or self._length is not None:
                raise NoAnswer("an answer whose length is told in two ways, or encoded")
            self._chunked = Chunked()
        if self._length is not None and self._length > MOST_BODY:
            raise NoAnswer(f"an answer of more than {MOST_BODY} octets")
        if head.words("content-encoding") - {"identity"}:
            raise NoAnswer("an answer that is compressed, which nobody asked for")
