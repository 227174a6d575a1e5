"""State what a part is: its media type by its octets, and its kind.

Signatures of our own are asked first, then libmagic, whose word counts except where it
is known to guess: it takes octets for a DOS program because they begin like a jump, and
text for a program's source because of one line.  A kind that decides over a mail's fate
never comes from a guess.  Plain text is not shown to libmagic at all: it takes over a
millisecond to say which language a letter might be a program in.

The structure of a message is no question of octets: what is declared `multipart/...` or
`message/rfc822` is that, unless the octets are certainly something else.
"""

from collections.abc import Iterator
from typing import ClassVar

import magic

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import kinds, signatures, text_signatures
from pratique.scanners import wall_pb2 as wall
from pratique.scanners.names import extension
from pratique.scanners.part import Part

# libmagic looks at no more of a file by default than this (libmagic(3), "bytes" is more,
# but no signature of it lies behind): what it gets is copied.
_MAGIC_OCTETS = 64 * 1024
# Types of libmagic that mean "begins like a program": ours are certain, these are not.
_GUESSES = ("application/x-dosexec", "application/x-executable", "application/x-sharedlib",
            "application/x-mach-binary", "application/x-object", "application/x-pie-executable",
            "application/x-wine-extension-ini")  # fmt: skip
_OCTET_STREAM = "application/octet-stream"
_STRUCTURE = ("multipart/", "message/")


class FileType:
    """States `type` and `kind` of every part."""

    name: ClassVar[str] = "filetype"

    def __init__(self, _setup: wall.Setup) -> None:
        self._magic = magic.Magic(mime=True)

    def scan(self, part: Part) -> Iterator[facts.Facts]:
        """State the type and the kind once."""
        known = part.known
        if known.parent < 0:
            return  # the message itself: the walk knows what it is
        found = facts.Facts()
        try:
            type_ = self._type(part)
        except magic.MagicException as error:
            type_ = _OCTET_STREAM
            found.failures.add(class_="scanner", part=known.id, detail=f"libmagic: {error}")
        kind = kinds.kind(type_, [known.name, *known.names], known.declared_type)
        found.parts.add(id=known.id, type=type_, kind=kind)
        yield found

    def _type(self, part: Part) -> str:
        declared = part.known.declared_type
        if not len(part.octets) and part.known.unopened:
            return declared if declared.startswith(_STRUCTURE) else ""
        certain = signatures.detect(part.octets)
        if declared.startswith(_STRUCTURE) and kinds.of_type(certain) in _NO_STRUCTURE:
            return declared
        if certain:
            return certain
        if _may_be_message(part) and text_signatures.is_message(part.octets):
            return "message/rfc822"
        if text_signatures.is_text(part.octets, declared=declared.startswith("text/")):
            return "text/plain"
        return self._guess(part.octets)

    def _guess(self, octets: memoryview) -> str:
        type_ = str(self._magic.from_buffer(bytes(octets[:_MAGIC_OCTETS])))
        if type_ in _GUESSES:
            return _OCTET_STREAM
        if kinds.of_type(type_) == "message":
            return "text/plain"  # a line "Subject: ..." is enough for libmagic
        return type_


# What the octets of a message or multipart may seem to be without being it.
_NO_STRUCTURE = frozenset({"other", "text", "html", "message", "multipart"})


def _may_be_message(part: Part) -> bool:
    """Text that quotes a header is no message; a file sent as octets or as .eml may be."""
    named = any(extension(name) == "eml" for name in (part.known.name, *part.known.names))
    return named or not part.known.declared_type.startswith("text/")
