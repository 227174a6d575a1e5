"""Open CMS (RFC 5652) that hides nothing: signed, digested, authenticated, compressed.

An opaque signature (RFC 8551 3.5.2) has the whole message in it; a mail program shows
that message, and so do we.  What is signed outside of mail is a file (`invoice.xml.p7m`).
A detached signature and a bare list of certificates hold nothing.  What is encrypted is
told so by its type and not opened here.

What stands behind the end is given as a further file: no program shows it, and nobody
may hide something there all the same.
"""

from collections.abc import Iterator
from typing import ClassVar

from pratique.scanners import signatures, text_signatures
from pratique.scanners.budget import Budget
from pratique.scanners.containers.archive import fill_from
from pratique.scanners.containers.cms import ber
from pratique.scanners.containers.cms import content as cms_content
from pratique.scanners.containers.cms.content import Content
from pratique.scanners.containers.gather import Damaged, Gather, pieces_of
from pratique.scanners.containers.streams import Inflate, Streams
from pratique.scanners.names import plain
from pratique.scanners.part import Found, Member, Part, Recognized, as_bytes

# A name that is the mail's own, and not that of a file that was signed.
_MAIL = frozenset({"smime.p7m", "smime.p7s", "smime.p7z", ""})
_MAIL_TYPES = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_SUFFIXES = (".p7m", ".p7s", ".p7z", ".p7b", ".p7", ".pem", ".cms", ".der")
# zlib.h, inflateInit2: a zlib header and a window of 32 KB (RFC 3274 2).
_WINDOW = 15


class Cms:
    """Gives the content of CMS that is not encrypted."""

    name: ClassVar[str] = "cms"
    types: ClassVar[frozenset[str]] = frozenset({"application/cms", "application/pkcs7-signature"})
    told_by: ClassVar[str] = "type"
    # Signed data whose content is empty and which nobody signed.
    smallest: ClassVar[bytes] = bytes.fromhex(
        "302706092a864886f70d010702a01a30180201013100300f06092a864886f70d010701a00204003100"
    )

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {"encrypted": "encrypted CMS is stated by its type"}

    def recognize(self, part: Part) -> Recognized:
        """Tell by the detected type."""
        return "whole" if part.known.type in self.types else ""

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give the content, then what stands behind the end."""
        octets = memoryview(cms_content.unarmoured(as_bytes(part.octets)))
        try:
            content = cms_content.read_content(octets)
        except Damaged as damage:
            part.known.unopened, part.known.why = "unreadable", str(damage)
            return
        if content.type_ in cms_content.LOCKED:
            part.known.unopened, part.known.why = "smime", "it is encrypted with CMS"
            part.known.encrypted = True
            return
        gather = Gather(budget, len(part.octets))
        if content.within is not None:
            yield from self._content(part, octets, content, gather)
        elif content.type_ != cms_content.SIGNED:
            part.known.unopened = "unreadable"
            part.known.why = f"CMS of type {content.type_.hex()}, which is not opened"
        rest = octets[content.end :]
        if bytes(rest[:65536]).strip(b"\r\n\0 "):
            member = Member(step="cms:behind", view="further")
            yield from fill_from(member, pieces_of(rest), len(rest), gather)

    def _content(
        self, part: Part, octets: memoryview, content: Content, gather: Gather
    ) -> Iterator[Found]:
        member = _member(part)
        for found in fill_from(member, _pieces(octets, content), 0, gather):
            if found is member:
                _call(member, part, content)
                if not len(member.octets) and not member.unopened:
                    return  # RFC 5652 5.2: an empty content stands for one that is elsewhere
                if member.unopened == "unreadable":
                    part.known.unopened, part.known.why = "unreadable", member.why
            yield found


def _pieces(octets: memoryview, content: Content) -> Iterator[bytes]:
    within = content.within
    if within is None:
        return iter(())
    if within.tag & ~ber.CONSTRUCTED != ber.OCTET_STRING:
        # PKCS #7 (RFC 2315) has any element here; CMS in it is made whole again.
        whole = bytes(octets[within.start : within.end])
        return iter((_wrapped(content.inner, within.tag, whole),))
    pieces = ber.string(octets, within)
    if content.type_ != cms_content.COMPRESSED:
        return pieces
    return _inflated(pieces)


def _inflated(pieces: Iterator[bytes]) -> Iterator[bytes]:
    packed = memoryview(b"".join(pieces))
    yield from Streams(packed, b"", lambda: Inflate(_WINDOW)).first()


def _wrapped(inner: bytes, tag: int, content: bytes) -> bytes:
    """A ContentInfo (RFC 5652 3) around an element; its lengths are left open, BER allows it."""
    identifier = bytes([ber.IDENTIFIER, len(inner)]) + inner
    return (
        bytes([ber.SEQUENCE, 0x80]) + identifier + b"\xa0\x80"
        + bytes([tag, 0x84]) + len(content).to_bytes(4, "big") + content + bytes(4)
    )  # fmt: skip


def _member(part: Part) -> Member:
    names = [_inner_name(name) for name in (part.known.name, *part.known.names)]
    name, *others = dict.fromkeys(name for name in names if name) or ("",)
    return Member(step=f"cms:{name}", name=name, names=tuple(others))


def _inner_name(name: str) -> str:
    """What a signed file is called without what says that it is signed."""
    if plain(name).lower() in _MAIL:
        return ""
    for suffix in _SUFFIXES:
        if name.lower().endswith(suffix):
            return name[: -len(suffix)]
    return name


def _call(member: Member, part: Part, content: Content) -> None:
    """Make a message of what is one: what says so, or is in a mail and is no known file."""
    if content.inner not in {cms_content.PLAIN, b""}:
        # CMS in CMS, or something that another standard defines: its octets tell.
        return
    mail = part.known.declared_type in _MAIL_TYPES and not member.name
    known = signatures.detect(member.octets)
    text = not known or known.startswith("text/")
    if text and (mail or text_signatures.is_message(member.octets)):
        member.declared_type, member.name, member.names = "message/rfc822", "", ()
