"""State what a part is: its media type by its octets, and its kind.

Signatures of our own are asked first, then libmagic, whose word counts except where it
is known to guess: it takes octets for a DOS program because they begin like a jump, and
text for a program's source because of one line.  A kind that decides over a mail's fate
never comes from a guess.  Plain text is not shown to libmagic at all: it takes over a
millisecond to say which language a letter might be a program in.

The structure of a message is no question of octets: what is declared `multipart/...` or
`message/rfc822`, or is named as a message (`.eml`), is that, unless the octets are
certainly something else; and text never is, for a mail program passes over lines that
are no fields, also over one that begins like a picture.  Of other `message/...` types,
and of files with no name that helps, the octets are asked.
"""

from collections.abc import Iterator
from typing import ClassVar

import magic

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import kinds, signatures, text_signatures
from pratique.scanners import wall_pb2 as wall
from pratique.scanners.part import Part

# libmagic looks at no more of a file by default than this (libmagic(3), "bytes" is more,
# but no signature of it lies behind): what it gets is copied.
_MAGIC_OCTETS = 64 * 1024
# So many guesses are kept, a hundred octets each.
KEPT = 2048
# Types of libmagic that mean "begins like a program": ours are certain, these are not.
_GUESSES = ("application/x-dosexec", "application/x-executable", "application/x-sharedlib",
            "application/x-mach-binary", "application/x-object", "application/x-pie-executable",
            "application/x-wine-extension-ini")  # fmt: skip
_OCTET_STREAM = "application/octet-stream"
_STRUCTURE = ("multipart/", "message/")
_MAILBOXES = frozenset({"mbox", "mbx"})
_MAILBOX = "application/mbox"
# Files that hold messages, told by how they begin.
_EMLX = "application/x-emlx"
_STORES = frozenset({_MAILBOX, _EMLX})


class FileType:
    """States `type` and `kind` of every part."""

    name: ClassVar[str] = "filetype"

    def __init__(self, _setup: wall.Setup) -> None:
        self._magic = magic.Magic(mime=True)
        # What libmagic said of octets, by their SHA-256; see yara.py for why that may be kept.
        self._kept: dict[str, str] = {}

    def scan(self, part: Part) -> Iterator[facts.Facts]:
        """State the type and the kind once."""
        known = part.known
        if known.parent < 0:
            return  # the message itself: the walk knows what it is
        found = facts.Facts()
        try:
            type_, certain = self._type(part)
        except magic.MagicException as error:
            type_, certain = _OCTET_STREAM, True
            found.failures.add(class_="scanner", part=known.id, detail=f"libmagic: {error}")
        found.parts.add(id=known.id, type=type_, kind=_kind(part, type_, certain=certain))
        yield found

    def _type(self, part: Part) -> tuple[str, bool]:
        """The type, and whether it is certain: libmagic takes any octets for an image."""
        told = _told(part)
        if told is None:
            guess = self._kept.get(part.known.sha256) or self._guess(part.octets)
            if part.known.sha256:
                self._keep(part.known.sha256, guess)
            return guess, guess.startswith("text/")
        return told, True

    def _keep(self, sha256: str, guess: str) -> None:
        """A guess takes a third of a millisecond, and a file that is sent comes again."""
        if len(self._kept) >= KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[sha256] = guess

    def _guess(self, octets: memoryview) -> str:
        type_ = str(self._magic.from_buffer(bytes(octets[:_MAGIC_OCTETS])))
        if type_ in _GUESSES:
            return _OCTET_STREAM
        if kinds.of_type(type_) == "message":
            return "text/plain"  # a line "Subject: ..." is enough for libmagic
        return type_


def _told(part: Part) -> str | None:
    """The type by what is certain; None if nothing is."""
    declared = part.known.declared_type
    if not len(part.octets) and part.known.unopened:
        return declared if declared.startswith(_STRUCTURE) else ""
    certain = signatures.detect(part.octets)
    structure = _structure(part)
    if structure and _may_be_structure(certain, part):
        return structure
    # What quotes a mailbox is a text all the same.
    if certain in _STORES and declared.startswith("text/"):
        certain = ""
    if certain and (len(part.octets) or not declared.startswith(_STRUCTURE)):
        return certain
    if not declared.startswith("text/") and text_signatures.is_message(part.octets):
        return _MAILBOX if text_signatures.is_mailbox(part.octets) else "message/rfc822"
    if declared.startswith(_STRUCTURE):
        return declared
    is_text = text_signatures.is_text(part.octets, declared=declared.startswith("text/"))
    return "text/plain" if is_text else None


def _kind(part: Part, type_: str, *, certain: bool) -> str:
    """The kind; a guess excuses no name that runs and none that holds other files."""
    declared = part.known.declared_type
    kind = kinds.kind_called(type_, part.extensions, declared)
    if certain or kind in kinds.DANGEROUS:
        return kind
    claimed = kinds.kind_called(_OCTET_STREAM, part.extensions, declared)
    return claimed if claimed in {*kinds.DANGEROUS, *kinds.CONTAINERS} else kind


# What the octets of a message or multipart may seem to be without being it.
_NO_STRUCTURE = frozenset({"other", "text", "html", "message", "multipart"})


def _structure(part: Part) -> str:
    """The structure that the part has by its declared type or by a name; empty if none."""
    known = part.known
    declared = known.declared_type
    # Where the reader says that the content is elsewhere, the type says why.
    if kinds.is_structure(declared) or (known.unopened and declared.startswith(_STRUCTURE)):
        return declared
    named = part.extensions & kinds.MESSAGES
    if named & _MAILBOXES and text_signatures.is_mailbox(part.octets):
        return _MAILBOX
    if named and text_signatures.is_emlx(part.octets):
        return _EMLX
    return "message/rfc822" if named else ""


def _may_be_structure(certain: str, part: Part) -> bool:
    """Whether the octets leave it open; what runs is certain in any case."""
    by_octets = kinds.of_type(certain)
    if by_octets in _NO_STRUCTURE:
        return certain not in kinds.RUNS_AS_TEXT
    return by_octets not in kinds.DANGEROUS and text_signatures.is_text(part.octets, declared=True)
