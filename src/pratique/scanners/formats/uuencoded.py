"""Open files that are text for the wire without MIME: uuencode, xxencode, base64, armour.

`begin 644 name`, lines that begin with their length, `end` (POSIX.1, uuencode; xxencode
has another alphabet); `begin-base64 644 name`, base64, `====`; `-----BEGIN X-----`, as
certutil(1) of Windows writes any file; a file of nothing but base64 that is named so.
What uuencode is in a text of the message itself the reader of messages opens.
"""

import re
from binascii import Error, a2b_base64
from collections.abc import Iterator
from typing import ClassVar, NamedTuple

from pratique.scanners.budget import Budget
from pratique.scanners.containers.archive import fill_from
from pratique.scanners.containers.gather import Gather, pieces_of
from pratique.scanners.containers.members import too_many
from pratique.scanners.names import plain
from pratique.scanners.part import Found, Member, Part, Recognized, Signs, as_bytes
from pratique.scanners.text import to_text

_NAME = rb"[0-9]{1,64}[ \t]++([^\r\n]{1,1024})\r?\n(?>[ \t]*+\r?\n){0,8}+"
_BEGIN = re.compile(rb"[Bb](?<![^\r\n].)[Ee][Gg][Ii][Nn](-base64)?[ \t]++" + _NAME)
# What all of these begin with, in letters of either case.
_ANY_BEGIN, _ARMOURED = b"begin", b"-----BEGIN "
# Each line that may begin a file and begins none costs as much as one that does.
_BEGINS = 1000
_ARMOUR = re.compile(
    rb"-----BEGIN ([A-Z0-9 #]{1,64})-----[ \t]{0,64}\r?\n([A-Za-z0-9+/=\s]++)-----END \1-----"
)
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_XX = b"+-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_UU = bytes(range(32, 96))
# Each alphabet as that of base64; uuencode has a second letter for nothing, and blanks at
# the end of a line are lost on the way.
_ALPHABETS = ((_UU + b"`", bytes.maketrans(_UU + b"`", _BASE64 + b"A")),
              (_XX, bytes.maketrans(_XX, _BASE64)))  # fmt: skip
_LINE = 256
_END = re.compile(rb"(?:[ `+]?[ \t]{0,64}\r?\n){0,3}[Ee][Nn][Dd]")
_BODY = re.compile(rb"[A-Za-z0-9+/=\s]*+")
_BLANKS = b" \t\r\n"
# What is armoured and is what it says (RFC 7468) is ASN.1, whose first octet is this, or
# is defined by OpenPGP, by OpenSSH, or opened by the reader of CMS.
_ASN1 = 0x30
_OTHERS = (b"PGP ", b"OPENSSH ", b"SSH2 ", b"PKCS", b"CMS", b"SMIME")
_BARE_NAMES, _NAMES = (
    frozenset({"b64", "base64"}),
    frozenset({"uu", "uue", "xx", "xxe", "b64", "base64"}),
)
# So few letters say nothing about what they are.
_BARE = 16
# More than a mail program offers to save.
FILES = 64


class File(NamedTuple):
    """A file that stands in a text: its name, its octets, what is wrong with it."""

    raw_name: bytes
    octets: bytes
    why: str = ""


class Uuencoded:
    """Gives the files that stand in a text."""

    name: ClassVar[str] = "uuencoded"
    signs: ClassVar[Signs] = Signs(extensions=_BARE_NAMES, marks=(_ANY_BEGIN, _ARMOURED))
    smallest: ClassVar[bytes] = b"begin-base64 644 a\nYQ==\n====\n"

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {
        "encrypted": "the form has no encryption",
        "bomb": "it does not compress",
    }

    def recognize(self, part: Part) -> Recognized:
        """Tell by a first line behind which there are letters, or by the name."""
        if part.known.kind in {"message", "multipart", "image", "executable"}:
            return ""
        said = part.extensions
        if part.lacks(_ANY_BEGIN) and part.lacks(_ARMOURED) and not said & _BARE_NAMES:
            return ""
        octets = as_bytes(part.octets)
        if said & _BARE_NAMES and _is_bare(octets):
            return "whole"
        if _ARMOURED in octets and next(_armoured(octets), None):
            return "within"
        if _next_begin(part, octets) is None:
            return ""
        return "whole" if said & _NAMES or octets.lstrip()[:5].lower() == b"begin" else "within"

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give each file in order."""
        gather = Gather(budget, len(part.octets))
        count = 0
        for count, file in enumerate(_files(part, budget), 1):
            if count > FILES:
                yield too_many(part, f"more than {FILES} files in a text")
                return
            if file.why:
                part.known.unopened, part.known.why = "unreadable", file.why
            name, bad = to_text(file.raw_name)
            raw = file.raw_name if bad else b""
            member = Member(step=f"uuencoded:{name}", name=name, raw_name=raw)
            octets = memoryview(file.octets)
            yield from fill_from(member, pieces_of(octets), len(octets), gather)
        if not count:
            part.known.unopened, part.known.why = "unreadable", "no file stands in it"


def _files(part: Part, budget: Budget) -> Iterator[File]:
    octets = as_bytes(part.octets)
    at = 0
    while (begin := _next_begin(part, octets, at)) is not None:
        budget.check_clock()
        file, at = _base64(octets, begin) if begin[1] else _lines(octets, begin, budget)
        at = max(at, begin.end())
        if file.octets or file.why:
            yield file
    yield from _armoured(octets)
    if part.extensions & _BARE_NAMES and _is_bare(octets):
        stem = plain(part.known.name).rpartition(".")[0]
        yield File(stem.encode("utf-8", "replace"), *_decoded(octets.translate(None, _BLANKS)))


def _next_begin(part: Part, octets: bytes, at: int = 0) -> "re.Match[bytes] | None":
    """The next first line that a file may follow.

    The reader of messages opens what is uuencoded in a text of a message, but knows only
    that alphabet, and does not say of a file that is named so that it was one.
    """
    named = part.extensions & _NAMES
    texts = part.known.declared_type.startswith("text/") and not named
    for _ in range(_BEGINS):
        begin = _BEGIN.search(octets, at)
        if begin is None or begin[1]:
            return begin
        line = _first_line(octets, begin.end())
        alphabet = _alphabet(line)
        if alphabet is not None and not (texts and alphabet is _ALPHABETS[0]):
            return begin
        at = begin.end()
    return None


def _first_line(octets: bytes, at: int) -> bytes:
    return octets[at : at + _LINE].partition(b"\n")[0].rstrip(b"\r")


def _alphabet(line: bytes) -> tuple[bytes, bytes] | None:
    """The alphabet in which a line has the length that its first letter says."""
    for alphabet in _ALPHABETS:
        if line and not line.translate(None, alphabet[0]):
            size = alphabet[0].find(line[:1]) % 64
            letters = -(-size // 3) * 4
            if size and letters - 3 <= len(line) - 1 <= letters + 2:
                return alphabet
    return None


def _lines(octets: bytes, begin: "re.Match[bytes]", budget: Budget) -> tuple[File, int]:
    """Decode line by line, up to the one that is no line of it."""
    letters, table = _alphabet(_first_line(octets, begin.end())) or _ALPHABETS[0]
    decoded, at = bytearray(), begin.end()
    while at < len(octets):
        line_end = octets.find(b"\n", at)
        line_end = len(octets) if line_end < 0 else line_end
        line = octets[at : min(line_end, at + _LINE)].rstrip(b"\r")
        size = letters.find(line[:1]) % 64 if line else -1
        if size <= 0 or line[:1] not in letters or line.translate(None, letters):
            break
        wanted = -(-size // 3) * 4
        if line_end == len(octets):
            size = min(size, (len(line) - 1) * 3 // 4)
        padded = line[1 : 1 + wanted].ljust(wanted, letters[:1]).translate(table)
        decoded += a2b_base64(padded)[:size]
        at = line_end + 1
        budget.check_part_octets(len(decoded))
    ended = _END.match(octets, at)
    return File(begin[2].strip(), bytes(decoded), "" if ended else "it is cut off"), at


def _base64(octets: bytes, begin: "re.Match[bytes]") -> tuple[File, int]:
    """Decode up to `====`, which is the end (POSIX.1, uuencode -m)."""
    body = _BODY.match(octets, begin.end())
    written = body[0] if body else b""
    end = written.find(b"====")
    decoded, why = _decoded((written if end < 0 else written[:end]).translate(None, _BLANKS))
    behind = begin.end() + (len(written) if end < 0 else end + 4)
    return File(begin[2].strip(), decoded, why or ("it is cut off" if end < 0 else "")), behind


def _decoded(letters: bytes) -> tuple[bytes, str]:
    try:
        return a2b_base64(letters), ""
    except Error:
        letters = letters.rstrip(b"=")
        letters = letters[: len(letters) - len(letters) % 4]
    try:
        return a2b_base64(letters), "its last letters are missing"
    except Error as error:
        return b"", str(error)


def _armoured(octets: bytes) -> Iterator[File]:
    """What stands in armour and is not what the armour says."""
    if b"-----BEGIN " not in octets:
        return
    for found in _ARMOUR.finditer(octets):
        decoded, _ = _decoded(found[2].translate(None, _BLANKS))
        if decoded and decoded[0] != _ASN1 and not found[1].startswith(_OTHERS):
            yield File(b"", decoded)


def _is_bare(octets: bytes) -> bool:
    """Whether the whole file is base64 and nothing else."""
    letters = octets.translate(None, _BLANKS)
    return len(letters) >= _BARE and not letters.rstrip(b"=").translate(None, _BASE64)
