"""Read what a next hop replies, and shape what it is sent: bytes in, values out.

A reply is one line or several, each with the same three digits, followed by "-" on
all but the last (RFC 5321 4.2.1).  A next hop is trusted more than a stranger, but
its octets end up in our replies and in the log, so they are bounded and made printable.

Content is dot-stuffed (RFC 5321 4.5.2).  A dot is doubled after each LF, not only
after CRLF: no content with a bare LF should come this far, and if one does, no
server that takes LF for a line end finds the end of the message in it.
"""

import functools
import ipaddress
import re
from collections.abc import Iterator

from pratique.milter.mail import Envelope
from pratique.milter.next_hop import Reply

# RFC 5321 4.5.3.1.5 says 512 octets; real servers send policy texts and links.
MAX_REPLY_LINE = 2048
# An EHLO reply has some twenty lines, a reply to the end of data one to three.
MAX_REPLY_LINES = 100
# A server says the same to nearly each MAIL, RCPT and DATA: recent replies are not parsed again.
REMEMBERED = 64
# RFC 5321 4.5.3.1.5: 512 octets with the code and CRLF; for what we say ourselves.
MAX_SAID = 500

_LINE = re.compile(rb"([2-5][0-5][0-9])(?:([ -])(.*))?", re.DOTALL)
_ENHANCED = re.compile(r"([245])\.(\d{1,3}\.\d{1,3})(?: |$)")
_CONTROL = re.compile("[\x00-\x1f\x7f]")
_UNPRINTABLE = re.compile(r"[^ -~]")
_NOT_XTEXT = re.compile(rb"[^!-*,-<>-~]")
# Replies about the session between us and the next hop, not about the mail:
# closing (421), out of order (503), TLS or authentication required (530, 538).  The mail
# is good, so its client is told that it may try again.
_ABOUT_US = frozenset({421, 503, 530, 538})

MALFORMED = Reply(451, ("4.5.0 next hop does not speak SMTP",))


class WireError(Exception):
    """A next hop broke the protocol."""


class ReplyReader:
    """Cuts a stream of octets into replies."""

    def __init__(self) -> None:
        self._partial = b""
        self._code = 0
        self._lines: list[str] = []
        # True if a reply has begun and not ended yet.
        self.in_reply = False

    def feed(self, octets: bytes) -> Iterator[Reply]:
        """Take octets; return the replies that they complete.

        The replies must be taken before the next octets.
        """
        whole = None if self.in_reply else _whole(octets)
        return self._cut(octets) if whole is None else iter((whole,))

    def _cut(self, octets: bytes) -> Iterator[Reply]:
        self.in_reply = False
        *lines, self._partial = (self._partial + octets).split(b"\n")
        for line in lines:
            reply = self._take(line.removesuffix(b"\r"))
            if reply is not None:
                yield reply
        if len(self._partial) > MAX_REPLY_LINE:
            raise WireError(f"a reply line of more than {MAX_REPLY_LINE} octets")
        self.in_reply = bool(self._partial or self._lines)

    def _take(self, line: bytes) -> Reply | None:
        found = _LINE.fullmatch(line)
        if found is None or len(line) > MAX_REPLY_LINE:
            raise WireError(f"not a reply line: {line[:80]!r}")
        code = int(found[1])
        if self._lines and code != self._code:
            raise WireError(f"reply lines with codes {self._code} and {code}")
        if len(self._lines) >= MAX_REPLY_LINES:
            raise WireError(f"a reply of more than {MAX_REPLY_LINES} lines")
        self._code = code
        self._lines.append((found[3] or b"").decode("utf-8", "replace"))
        if found[2] == b"-":
            return None
        lines, self._lines = tuple(self._lines), []
        return Reply(code, lines)


@functools.lru_cache(maxsize=REMEMBERED)
def _whole(octets: bytes) -> Reply | None:
    """Return the one-line reply that these octets are; None if they are more, or less."""
    if octets.count(b"\n") != 1 or len(octets) > MAX_REPLY_LINE:
        return None
    found = _LINE.fullmatch(octets.removesuffix(b"\n").removesuffix(b"\r"))
    if found is None or found[2] == b"-" or not octets.endswith(b"\n"):
        return None
    return Reply(int(found[1]), ((found[3] or b"").decode("utf-8", "replace"),))


@functools.lru_cache(maxsize=REMEMBERED)
def mirrored(reply: Reply) -> Reply:
    """Return a next hop's reply in the form that our client may get.

    Printable ASCII, short lines, an enhanced status code on each (RFC 2034 4: we
    announce them).  What is about the session between us and the next hop becomes 4yz.
    """
    code = 451 if reply.code in _ABOUT_US else reply.code
    if code // 100 not in {2, 4, 5}:
        return MALFORMED
    return Reply(code, tuple(_said(code // 100, line) for line in reply.lines))


def _said(kind: int, line: str) -> str:
    found = _ENHANCED.match(line)
    text = line[found.end() :] if found else line
    status = f"{kind}.{found[2] if found else '0.0'}"
    return f"{status} {_UNPRINTABLE.sub('?', text)}"[:MAX_SAID].rstrip()


class DotStuffer:
    """Doubles the dot at the start of each line, wherever the chunks are cut.

    If no line is known to start with one, nothing is searched for.
    """

    def __init__(self, *, dotless: bool = False) -> None:
        self._dotless = dotless
        self._tail = b"\r\n"

    def stuff(self, chunk: bytes) -> bytes:
        """Return the chunk as it goes over the wire."""
        if not chunk:
            return b""
        stuffed = chunk
        # Searching for one octet is a hundred times faster, and base64 has no dot.
        if not self._dotless and b"." in chunk:
            stuffed = chunk.replace(b"\n.", b"\n..")
            if self._tail.endswith(b"\n") and chunk.startswith(b"."):
                stuffed = b"." + stuffed
        self._tail = (self._tail + chunk[-2:])[-2:]
        return stuffed

    def ending(self) -> bytes:
        """Return the end of data; a content that does not end in CRLF gets one."""
        return b".\r\n" if self._tail == b"\r\n" else b"\r\n.\r\n"


def path(address: str) -> bytes:
    """Return an address in angle brackets.

    Raises ValueError for what could break out of a command line.
    """
    if _CONTROL.search(address):
        raise ValueError(f"control character in address {address!r}")
    # Octets that are not UTF-8 go on as they came (PEP 383).
    return b"<" + address.encode("utf-8", "surrogateescape") + b">"


def xforward(envelope: Envelope, announced: frozenset[str]) -> list[bytes]:
    """Return the XFORWARD commands that tell a next hop of client and message (XFORWARD_README).

    Two commands, as Postfix makes them, so that no line grows far beyond 512 octets.
    Nothing is said of an unknown client, and no IDENT for a message without a name.
    """
    client = envelope.client
    whence: tuple[tuple[str, str], ...] = ()
    how: tuple[tuple[str, str], ...] = ()
    if client.ip:
        whence = (("NAME", client.name), ("ADDR", _forwarded_address(client.ip)))
        how = (("PROTO", envelope.protocol), ("HELO", client.helo))
    known = (("IDENT", envelope.mta_id), ("SOURCE", client.source))
    groups = (whence, how + tuple(pair for pair in known if pair[1]))
    commands = []
    for group in groups:
        said = [f"{name}={_xtext(value)}" for name, value in group if name in announced]
        if said:
            commands.append(f"XFORWARD {' '.join(said)}\r\n".encode("ascii"))
    return commands


def _forwarded_address(ip: str) -> str:
    return f"IPV6:{ip}" if ipaddress.ip_address(ip).version == 6 else ip


def _xtext(value: str) -> str:
    """Encode a value as in RFC 3461 4; an unknown one is sent as [UNAVAILABLE]."""
    octets = value.encode("utf-8", "replace")[:255] or b"[UNAVAILABLE]"
    return _NOT_XTEXT.sub(lambda found: b"+%02X" % found[0][0], octets).decode("ascii")
