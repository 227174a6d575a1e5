"""Split an address list, RFC 5322 3.4, into mailboxes: bounded, linear, and never refusing.

The standard library's readers of these fields were quadratic and have had their CVEs; a
list of 30,000 addresses took one of them three seconds.  This one reads each token once.

It does not judge addresses.  What stands between the commas is a mailbox: its address is
what stands in angle brackets, or else the words themselves; comments are a display name
of old (RFC 822), groups are flattened, routes (RFC 5322 4.4) are dropped.  A display name
with a bare comma (`Doe, John <doe@example.org>`) is put together again.  A second address in
angle brackets is another mailbox, comma or not: mail programs show the one or the other.
"""

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from pratique.scanners.mime.header import unfold
from pratique.scanners.mime.words import FIELD_OCTETS, decode_words
from pratique.scanners.text import to_text

# Nobody needs more to judge a mail; Exchange sends to 1,000 recipients at most by default.
MAILBOXES = 1000
_TOKEN = re.compile(
    rb"(\"(?>[^\"\\]++|\\.)*+\"?)|<([^>]*+)>?|([,;:])|(\()|([^\",;:<(]++)", re.DOTALL
)
# Nearly all fields: one mailbox, with a name before it or without, and nothing escaped.
_ONE = re.compile(
    rb"(?:\"([^\"\\]*+)\"[ \t]*+(?=<)|([^\",;:<(]*+))(?><([^>]++)>[ \t]*+)?+\Z", re.DOTALL
)
_COMMENT = re.compile(rb"((?>[^()\\]++|\\.)*+)([()]?)", re.DOTALL)
_QUOTED_PAIR = re.compile(rb"\\(.)", re.DOTALL)


class Mailbox(NamedTuple):
    """One mailbox: address and display name as text, and the name's octets."""

    address: str
    domain: str
    display_name: str
    raw_display_name: bytes
    # An octet of it was no character.
    bad: bool


@dataclass(slots=True)
class _Gathered:
    """What was read since the last comma."""

    # The words as they stand, for an address without angle brackets.
    words: list[bytes] = field(default_factory=list)
    # The words without quotes, for a display name.
    shown: list[bytes] = field(default_factory=list)
    comments: list[bytes] = field(default_factory=list)
    angle: bytes | None = None
    # The words hold an @, or anything at all.
    has_at: bool = False
    has_words: bool = False


def split(value: bytes) -> tuple[list[Mailbox], bool]:
    """The mailboxes of a field's body, and whether it was too long to be read whole."""
    cut = len(value) > FIELD_OCTETS
    line = unfold(value[:FIELD_OCTETS])
    if (one := _ONE.match(line)) is not None:
        return _only(one), cut
    mailboxes: list[Mailbox] = []
    gathered = _Gathered()
    at = 0
    while at < len(line):
        token = _TOKEN.match(line, at)
        if token is None:  # a bare closing bracket cannot happen: every octet is some token
            break
        at = token.end()
        if token[4] is not None:
            comment, at = _read_comment(line, at)
            gathered.comments.append(comment)
        elif token[3] is None:
            if token[2] is not None and gathered.angle is not None:
                gathered = _end(gathered, mailboxes, comma=False)
                if len(mailboxes) == MAILBOXES:
                    return mailboxes, True
            _gather(gathered, token)
        elif token[3] == b":":
            # A group's name, or a colon in an address without brackets: no part of a mailbox.
            gathered = _Gathered()
        else:
            gathered = _end(gathered, mailboxes, comma=token[3] == b",")
            if len(mailboxes) == MAILBOXES:
                return mailboxes, cut or bool(line[at:].strip(b" \t,;"))
    _end(gathered, mailboxes, comma=False)
    return mailboxes, cut


def _only(found: re.Match[bytes]) -> list[Mailbox]:
    """The mailbox of a field that has one, or none if it is blank."""
    quoted, words, angle = found.groups()
    if angle is None:
        address = words.strip(b" \t,").strip()
        return [_mailbox(address, ("", b""))] if address else []
    name = (words if quoted is None else quoted).strip()
    shown, bad = decode_words(name)
    return [_mailbox(angle, (shown, name if bad else b""))] if angle.strip() or name else []


def _gather(gathered: _Gathered, token: re.Match[bytes]) -> None:
    quoted, angle, _, _, words = token.groups()
    if angle is not None:
        gathered.angle = angle
        return
    gathered.words.append(quoted or words)
    gathered.shown.append(words if quoted is None else _unquote(quoted))
    gathered.has_at = gathered.has_at or b"@" in gathered.words[-1]
    gathered.has_words = gathered.has_words or not gathered.words[-1].isspace()


def _unquote(quoted: bytes) -> bytes:
    inner = quoted[1:-1] if quoted.endswith(b'"') and len(quoted) > 1 else quoted[1:]
    return _QUOTED_PAIR.sub(rb"\1", inner)


def _read_comment(line: bytes, at: int) -> tuple[bytes, int]:
    """The comment's text without its brackets, and where it ends; comments nest."""
    depth, text = 1, []
    while depth and at < len(line):
        part = _COMMENT.match(line, at)
        if part is None:  # pragma: no cover - the pattern matches the empty string
            break
        text.append(part[1])
        depth += {b"(": 1, b")": -1}.get(part[2], -depth)
        at = part.end() if part[2] else len(line)
    return b"".join(text), at


def _end(gathered: _Gathered, mailboxes: list[Mailbox], *, comma: bool) -> _Gathered:
    """Make a mailbox of what was gathered; give what goes over to the next one."""
    if not (gathered.has_words or gathered.comments or gathered.angle):
        return gathered
    if comma and gathered.angle is None and gathered.has_words and not gathered.has_at:
        # Perhaps the first half of a display name.
        gathered.words.append(b",")
        gathered.shown.append(b",")
        return gathered
    if gathered.angle is None:
        name = b" ".join(gathered.comments)
        bare = b"".join(gathered.words).strip(b" \t,")
        pieces = bare.split(b",") if b"," in bare and b'"' not in bare else [bare]
    else:
        name = b"".join(gathered.shown).strip() or b" ".join(gathered.comments)
        pieces = [gathered.angle]
    # Decoded once: a comment of 30 KB may stand beside a thousand addresses.
    shown, bad = decode_words(name.strip())
    display = (shown, name if bad else b"")
    mailboxes += [_mailbox(each, display) for each in pieces if each.strip() or name]
    del mailboxes[MAILBOXES:]
    return _Gathered()


def _mailbox(address: bytes, display: tuple[str, bytes]) -> Mailbox:
    address = address.strip()
    if address.startswith(b"@") and b":" in address:
        address = address.partition(b":")[2]
    text, bad = to_text(address)
    local, at, domain = text.rpartition("@")
    if not at:
        return Mailbox(text, "", *display, bad or bool(display[1]))
    domain = domain.strip().lower()
    if " " in domain or "\t" in domain:
        # RFC 5322 4.4, obs-domain: blanks may stand around its dots.
        domain = ".".join(label.strip(" \t") for label in domain.split("."))
    return Mailbox(f"{local.strip()}@{domain}", domain, *display, bad or bool(display[1]))
