"""Say all that the values of structural fields may mean: types, encodings, boundaries.

Each value is read in the ways in which programs are known to read it: as it stands,
without comments, without quotes, with its encoded-words decoded, with a fold's blank and
without, up to the first separator or to the line's end.  What comes of it is a list of
candidates, most usual first, each once; few of them mean anything in an ordinary message,
and `views.py` follows only those that occur there.
"""

import re
from collections.abc import Iterable, Iterator

from pratique.scanners.mime import encoding
from pratique.scanners.mime.fields import (
    FIELD_OCTETS,
    Value,
    extended,
    read_value,
    without_comments,
)
from pratique.scanners.mime.words import decode_words

# So many encodings and boundaries of one entity are followed: more readings than any of
# the programs that were compared makes of one value.
ENCODINGS = 8
BOUNDARIES = 8
_SEPARATORS = re.compile(rb"[,;\s()<>\"']+")
_NO_LETTER = re.compile(rb"[^a-z0-9]+")
_LINE_ENDS = re.compile(rb"[\r\n]+")
_BLANK_LINE_ENDS = re.compile(rb"[\r\n]+[ \t]*")
_MEDIA_TYPE = re.compile(rb"[a-z0-9][a-z0-9.+_-]{0,126}/[a-z0-9][a-z0-9.+_-]{0,126}", re.IGNORECASE)
_KNOWN = {
    **dict.fromkeys((b"7bit", b"8bit", b"binary"), ""),
    **dict.fromkeys((b"base64", b"b64"), "base64"),
    **dict.fromkeys((b"quotedprintable", b"qp"), "quoted-printable"),
    **dict.fromkeys((b"uuencode", b"xuuencode", b"uue", b"xuue", b"uu", b"xuu"), "x-uuencode"),
}
# A word that only resembles one of these: what programs compare by a part of it.
_RESEMBLING = (
    *((word, "base64") for word in (b"base64", b"base6", b"ase64", b"b64")),
    *((word, "quoted-printable") for word in (b"quoted", b"printable")),
    (b"uuenc", "x-uuencode"),
)
_ASSIGNED = re.compile(
    rb"boundary[\s*0-9]*+(?:\([^()]*+\))?[\s*0-9]*+[=:][ \t]*+"
    rb"([^\r\n]*+(?>[\r\n]++[ \t][^\r\n]*+)*+)",
    re.IGNORECASE,
)
_ENDS = re.compile(rb"[;\s,(\"]")


def encodings(values: Iterable[bytes]) -> list[str]:
    """The transfer encodings that values may mean; "?" is one that no word here is like."""
    found: dict[str, None] = {}
    for value in values:
        for reading in _readings(value):
            # As one word, and word by word.
            for word in (reading, *_SEPARATORS.split(reading)):
                if word:
                    found[_encoding(word.lower())] = None
    if "?" in found and len(found) > 1:
        del found["?"]
    return list(found)[:ENCODINGS]


def _encoding(word: bytes) -> str:
    letters = _NO_LETTER.sub(b"", word)
    known = _KNOWN.get(letters)
    if known is not None:
        return known
    return next((meant for like, meant in _RESEMBLING if like in letters), "?")


def _readings(value: bytes) -> Iterator[bytes]:
    """A value on one line, in each way in which it is cleaned."""
    value = value[:FIELD_OCTETS]
    line = _LINE_ENDS.sub(b"", value).strip()
    yield line
    if line != (joined := _BLANK_LINE_ENDS.sub(b"", value).strip()):
        yield joined
    if b"(" in line:
        yield without_comments(line)
    if b"=?" in line:
        yield decode_words(line)[0].encode("utf-8", "replace")


def types(values: Iterable[bytes]) -> list[Value]:
    """The content types that values may mean, with their parameters."""
    found: dict[tuple[bytes, object], Value] = {}
    for value in values:
        for reading in _readings(value):
            read = read_value(reading)
            main = _MEDIA_TYPE.search(reading)
            if main is not None:
                read = read._replace(main=main[0].lower())
                found.setdefault(read[:2], read)
    return list(found.values())[:ENCODINGS]


def boundaries(values: Iterable[bytes]) -> list[bytes]:
    """The boundaries that values may mean; an empty one is one too."""
    found: dict[bytes, None] = {}
    for value in values:
        for reading in _readings(value):
            found.update(dict.fromkeys(_by_parameters(read_value(reading))))
            for assigned in _ASSIGNED.finditer(reading):
                found.update(dict.fromkeys(_cuts(assigned[1])))
    return list(found)


def _by_parameters(value: Value) -> Iterator[bytes]:
    for joined in extended(value.parameters, b"boundary"):
        yield joined.octets.strip()
    for each in value.parameters:
        if each.name == b"boundary":
            yield each.value.strip()


def _cuts(value: bytes) -> Iterator[bytes]:
    """What stands behind the sign of equality, cut where readers cut it."""
    quoted = value.startswith(b'"')
    if quoted and (closing := value.find(b'"', 1)) > 0:
        yield value[1:closing].strip()
        yield _until(value[closing + 1 :])
        yield value[1:closing].replace(b"\\", b"").strip()
    bare = value.lstrip(b"\"' \t")
    yield _until(bare)
    yield bare.partition(b";")[0].strip(b" \t\"'")
    yield bare.strip(b" \t\"'")
    yield bare.strip(b" \t")
    if b"=?" in value:
        yield decode_words(_until(bare))[0].encode("utf-8", "replace")


def _until(value: bytes) -> bytes:
    end = _ENDS.search(value)
    return value if end is None else value[: end.start()]


def guesses(name: str, encoded: bytes) -> list[str]:
    """What a named encoding may be: another one, if nobody knows it or it is not there."""
    if name == "?":
        return guess_encoding(encoded)
    if name in encoding.UUENCODE and b"begin" not in encoded.lower():
        return [name, *guess_encoding(encoded)]
    return [name]


def guess_encoding(encoded: bytes) -> list[str]:
    """For a word that nobody knows: what the octets look like."""
    guessed = [""]
    if encoding.resembles_base64(encoded):
        guessed.append("base64")
    if b"=" in encoded:
        guessed.append("quoted-printable")
    return guessed
