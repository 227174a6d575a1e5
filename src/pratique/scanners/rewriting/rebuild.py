"""Write a message anew, in one reading that every program shares.

What is written is the standard reading: the same multiparts, and each leaf with the
octets that it decodes to.  How it is written leaves nothing to choose: each structural
field once, CRLF at the end of each line, a boundary that occurs nowhere else, nothing
before the first delimiter or after the last, base64 or quoted-printable for all but
plain text.  Messages in the message are written anew as well.

The same comes out if it is done twice: nothing here depends on how the old message was
written, but what it says.

What is signed or encrypted (RFC 1847) cannot be written anew, for the signature is on
how it is written.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pratique.scanners import wall_pb2 as wall
from pratique.scanners.budget import Budget
from pratique.scanners.mime.entity import MESSAGE_TYPES, Entity
from pratique.scanners.mime.header import Header
from pratique.scanners.mime.names import read_names
from pratique.scanners.rewriting.encode import MARK, encode
from pratique.scanners.rewriting.fields import (
    NEWLINE,
    STRUCTURAL,
    content_fields,
    is_well_formed,
    kept_fields,
    media_type,
    normalized,
    parameters_of,
    structured,
)
from pratique.scanners.rewriting.note import note_body, note_fields
from pratique.scanners.rewriting.outline import Node, Way, decoded, message_in, outline
from pratique.scanners.rewriting.recipe import Recipe, Refused, Span
from pratique.scanners.rewriting.strip import check_is, header_end, ways

_VERSION = b"MIME-Version: 1.0\r\n"
_EIGHT_BIT = b"Content-Transfer-Encoding: 8bit\r\n"
# No body that we write has these octets in it (encode.py), and no header field may.
_OURS = MARK + b"pratique-"
_NOT_KEPT = frozenset({b"boundary", b"name", b"filename"})
# Fields that only we may write: a forged one is cut by its place (mime/mail.py), and one
# that is written anew would have another.
_OURS_ALONE = (b"x-pratique-", b"mime-ambiguity-results")
# Leaves of these types are text, and stay readable.
_TEXT = (b"text/", b"message/")


def rebuild(octets: bytes, taken: Sequence[wall.TakenOut], budget: Budget) -> Recipe:
    """The message written anew, without these parts."""
    wanted = ways(taken)
    root = outline(octets, budget)
    header = root.entity.header
    end, _ = header_end(octets, header)
    writing = _Writing(budget, wanted)
    written = writing.entity(root, ends=True, describes=False)
    if wanted.keys() != writing.found:
        raise Refused("what is to be taken out is not found")
    cut, changed = _header(octets, header, end)
    kept = b"".join(kept_fields(octets, header, STRUCTURAL))
    if _OURS in kept:
        raise Refused("a header field that may be taken for a boundary")
    return Recipe(end, NEWLINE, cut, changed + _VERSION + written.fields, list(written.body))


def _header(octets: bytes, header: Header, end: int) -> tuple[list[Span], bytes]:
    """The spans that go, and those of the fields that come back in another form."""
    kept: list[bytes] = []
    cut: list[Span] = []
    at = 0
    for each in header.fields:
        if each.start > at:
            cut.append((at, each.start))
        at = each.end
        if each.name not in STRUCTURAL and is_well_formed(octets, each):
            continue
        # Behind a byte order mark alone no line begins.
        begun = cut.pop()[0] if cut and not octets.endswith(b"\n", 0, each.start) else each.start
        cut.append((begun, each.end))
        if each.name not in STRUCTURAL and not each.name.startswith(_OURS_ALONE):
            kept.append(normalized(octets, each))
    if end > at:
        cut.append((at, end))
    return cut, b"".join(kept)


class _Written(NamedTuple):
    """An entity: the fields that say how its body is read, and the body."""

    fields: bytes
    body: list[bytes]
    # Octets above 127 in it: only header fields that stay as they are have them.
    eight_bit: bool = False


@dataclass(slots=True)
class _Writing:
    """One message while it is written."""

    budget: Budget
    wanted: dict[Way, wall.TakenOut]
    found: set[Way] = field(default_factory=set)
    _boundaries: int = 0

    def entity(self, node: Node, *, ends: bool = False, describes: bool = True) -> _Written:
        """An entity; `ends` says that nothing follows it in the whole message."""
        if node.way in self.wanted and node.way not in self.found:
            return self._note(node, ends=ends)
        if node.is_sealed:
            raise Refused(f"part of it is {node.entity.declared_type}")
        if node.is_multipart:
            written = self._multipart(node)
        elif node.holds_message:
            written = self._message(node, ends=ends)
        else:
            written = self._leaf(node, ends=ends)
        if not describes:
            return written
        described = b"".join(content_fields(node.octets, node.entity))
        if _OURS in described:
            raise Refused("a header field that may be taken for a boundary")
        eight_bit = written.eight_bit or not described.isascii()
        return _Written(written.fields + described, written.body, eight_bit)

    def _note(self, node: Node, *, ends: bool) -> _Written:
        taken = self.wanted[node.way]
        check_is(node, taken, self.budget)
        self.found.add(node.way)
        return _Written(note_fields(taken.note), [note_body(taken.note), NEWLINE if ends else b""])

    def _multipart(self, node: Node) -> _Written:
        if not node.children or any(child.entity.uncut for child in node.children):
            raise Refused("a multipart in which no part is found")
        self._boundaries += 1
        boundary = _OURS + b"%06d" % self._boundaries
        body: list[bytes] = []
        eight_bit = False
        for child in node.children:
            written = self.entity(child)
            body += [b"--", boundary, NEWLINE, written.fields, NEWLINE, *written.body, NEWLINE]
            eight_bit = eight_bit or written.eight_bit
        body += [b"--", boundary, b"--", NEWLINE]
        fields = _type(node.entity, b"multipart/mixed", ((b"boundary", boundary),))
        return _Written(fields + (_EIGHT_BIT if eight_bit else b""), body, eight_bit)

    def _message(self, node: Node, *, ends: bool) -> _Written:
        inner = message_in(node, self.budget)
        kept = b"".join(kept_fields(inner.octets, inner.entity.header, STRUCTURAL))
        if _OURS in kept:
            raise Refused("a header field that may be taken for a boundary")
        written = self.entity(inner, ends=ends, describes=False)
        eight_bit = written.eight_bit or not kept.isascii()
        fields = _type(node.entity, b"message/rfc822") + _disposition(node.entity)
        body = [kept, _VERSION, written.fields, NEWLINE, *written.body]
        return _Written(fields + (_EIGHT_BIT if eight_bit else b""), body, eight_bit)

    def _leaf(self, node: Node, *, ends: bool) -> _Written:
        entity = node.entity
        main = media_type(entity.types[0], b"text/plain")
        is_text = main.startswith(_TEXT) and entity.declared_type not in MESSAGE_TYPES
        octets = decoded(node, self.budget)
        encoded = encode(octets, self.budget, is_text=is_text, ends=ends)
        transfer = b"Content-Transfer-Encoding: " + encoded.name + NEWLINE
        return _Written(_type(entity, main) + transfer + _disposition(entity), encoded.body)


def _type(entity: Entity, instead: bytes, more: tuple[tuple[bytes, bytes], ...] = ()) -> bytes:
    """Content-Type; with the name, where there is no Content-Disposition to have it."""
    value = entity.types[0]
    parameters = [*parameters_of(value, _NOT_KEPT), *more]
    if not entity.dispositions and (name := _name(entity)):
        parameters.append((b"name", name))
    return structured(b"Content-Type", media_type(value, instead), parameters)


def _disposition(entity: Entity) -> bytes:
    """Content-Disposition, if there was one: inline, or else attachment (RFC 2183 2.8)."""
    if not entity.dispositions:
        return b""
    main = b"inline" if entity.dispositions[0].main == b"inline" else b"attachment"
    name = _name(entity)
    return structured(b"Content-Disposition", main, [(b"filename", name)] if name else [])


def _name(entity: Entity) -> bytes:
    """The name that most programs show."""
    names = read_names(entity.dispositions, entity.types).readings
    return names[0].text.encode("utf-8", "replace") if names else b""
