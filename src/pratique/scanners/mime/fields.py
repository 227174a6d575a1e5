"""Read the structured fields of MIME: a value and its parameters, RFC 2045 5.1, RFC 2231.

Most fields follow the grammar, and one pattern reads them.  The rest is read the way
mail programs do: comments are passed over wherever they stand (RFC 822 3.4.3), a
missing semicolon or closing quote is made up for, and a value without quotes that holds
blanks has two readings: up to the blank, and whole.

RFC 2231 cuts a long parameter in numbered sections and adds a charset.  They are joined
in the order of their numbers, whatever the order in which they stand.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from pratique.scanners.mime.header import unfold

# A structured field is read so far.  Real ones stay below 1 KB; file names in RFC 2231's
# triple encoding reach a few KB.
FIELD_OCTETS = 64 * 1024
_TOKEN = rb"[^\x00-\x20\x7f()<>@,;:\\\"\[\]?=]++"
_PLAIN = re.compile(rb"(" + _TOKEN + rb"(?:/" + _TOKEN + rb")?)[ \t]*+(?:;|\Z)")
_PARAMETER = re.compile(
    rb"[ \t]*+(" + _TOKEN + rb")[ \t]*+=[ \t]*+"
    rb"(?:\"([^\"\\]*+)\"|([^\x00-\x20\x7f;\"(),\\]++))[ \t]*+(?:;|\Z)"
)
_QUOTED = re.compile(rb"\"((?>[^\"\\]++|\\.)*+)\"?", re.DOTALL)
_QUOTED_PAIR = re.compile(rb"\\(.)", re.DOTALL)
# What ends a stretch of plain text while comments are taken out, or pieces cut.
_OUTSIDE = re.compile(rb"[^\"(]++")
_COMMENT_PARTS = re.compile(rb"(?>[^()\\]++|\\.)*+([()]?)", re.DOTALL)
_PIECE = re.compile(rb"(?>[^;\"]++|\"(?>[^\"\\]++|\\.)*+\"?)*+", re.DOTALL)
_MAIN = re.compile(rb"[^;\s\"]*+")
# A blank and what looks like the next parameter: its semicolon is missing.
_NEXT = re.compile(rb"(?<![ \t])[ \t]++([^\s=;\"/]++[ \t]*+=)")
# A parameter where the field's first word should be.
_ALONE = re.compile(rb"[ \t]*+[^\s=;\"/?]++[ \t]*+=(?!\?)")
_ASSIGNMENT = re.compile(rb"([^=]*+)=[ \t]*+")
_SECTION = re.compile(rb"(.+?)(?:\*(\d{1,64}))?(\*)?\Z", re.DOTALL)


class Parameter(NamedTuple):
    """One parameter as it stands: name in lower case, value without quotes."""

    name: bytes
    value: bytes
    # Another reading of a value without quotes: up to its first blank.
    short: bytes | None = None


class Value(NamedTuple):
    """A structured field: its first word in lower case, and its parameters in order."""

    main: bytes
    parameters: tuple[Parameter, ...] = ()
    # By the grammar, which leaves no second reading.
    plain: bool = True

    def all(self, name: bytes) -> list[bytes]:
        """Every value of a parameter, RFC 2231 ones left out."""
        return [each.value for each in self.parameters if each.name == name]


class Extended(NamedTuple):
    """An RFC 2231 parameter joined: octets, percent-decoded, and their charset."""

    octets: bytes
    charset: str


def read_value(value: bytes) -> Value:
    """A Content-Type, Content-Disposition or the like, as a field's body gives it."""
    line = unfold(value[:FIELD_OCTETS])
    return _read_short(line) if len(line) <= 200 else _read(line)


def _read(line: bytes) -> Value:
    main = _PLAIN.match(line)
    if main is None:
        return _read_odd(line)
    parameters: list[Parameter] = []
    at = main.end()
    while at < len(line):
        found = _PARAMETER.match(line, at)
        if found is None:
            return _read_odd(line) if line[at:].strip(b" \t;") else _value(main[1], parameters)
        name, quoted, bare = found.groups()
        parameters.append(Parameter(name.lower(), bare if quoted is None else quoted))
        at = found.end()
    return _value(main[1], parameters)


# Messages repeat the same few short values; the cache holds no more than 100 KB.
_read_short = lru_cache(maxsize=256)(_read)


def _value(main: bytes, parameters: list[Parameter]) -> Value:
    return Value(main.strip().lower(), tuple(parameters))


def _read_odd(line: bytes) -> Value:
    """The tolerant reading, for what the grammar does not give."""
    text = without_comments(line)
    main = _MAIN.match(text.lstrip(b' \t"'))
    parameters: list[Parameter] = []
    for piece in _pieces(text):
        _read_piece(piece, parameters)
    return _value(main[0] if main is not None else b"", parameters)._replace(plain=False)


def without_comments(line: bytes) -> bytes:
    """The line with each comment outside of quotes made one blank."""
    if b"(" not in line:
        return line
    kept: list[bytes] = []
    at = 0
    while at < len(line):
        if line[at] == ord("("):
            at = _after_comment(line, at)
            kept.append(b" ")
            continue
        part = (_QUOTED if line[at] == ord('"') else _OUTSIDE).match(line, at)
        if part is None:  # pragma: no cover - one of the two always matches
            break
        kept.append(part[0])
        at = part.end()
    return b"".join(kept).strip()


def _after_comment(line: bytes, at: int) -> int:
    """Past the comment that opens at `at`; comments nest, and an open one ends the line."""
    depth = 0
    while at < len(line):
        part = _COMMENT_PARTS.match(line, at)
        if part is None or not part[1]:
            return len(line)
        depth += 1 if part[1] == b"(" else -1
        at = part.end()
        if depth <= 0:
            break
    return at


def _pieces(text: bytes) -> list[bytes]:
    """What stands between the semicolons, those within quotes apart; the first is no piece."""
    pieces: list[bytes] = []
    at = 0
    while at <= len(text):
        piece = _PIECE.match(text, at)
        if piece is None:  # pragma: no cover - the pattern matches the empty string
            break
        pieces.append(piece[0])
        at = piece.end() + 1
    if _ALONE.match(pieces[0]):
        return pieces
    first = _NEXT.search(pieces[0])
    return ([pieces[0][first.start(1) :]] if first is not None else []) + pieces[1:]


def _read_piece(piece: bytes, parameters: list[Parameter]) -> None:
    """Read `name=value`, and what follows it where a semicolon is missing."""
    at = 0
    while (assignment := _ASSIGNMENT.match(piece, at)) is not None:
        at = assignment.end()
        name = (assignment[1].split() or [b""])[-1].lower()
        quoted = _QUOTED.match(piece, at)
        begin = at if quoted is None else quoted.end()
        following = _NEXT.search(piece, begin)
        at = following.start() if following is not None else len(piece)
        value = piece[begin:at].strip()
        if not name:
            continue
        if quoted is None:
            short = value.split(None, 1)[0] if value else b""
            parameters.append(Parameter(name, value, None if short == value else short))
            continue
        inner = _QUOTED_PAIR.sub(rb"\1", quoted[1])
        if rest := value.replace(b'"', b""):
            # Some readers go on behind the closing quote, up to the next semicolon.
            parameters.append(Parameter(name, inner + rest))
        parameters.append(Parameter(name, inner))


def extended(parameters: tuple[Parameter, ...], name: bytes) -> list[Extended]:
    """The readings of an RFC 2231 parameter: `name*`, and `name*0`, `name*1*`, ... joined."""
    whole: list[Extended] = []
    sections: dict[int, list[tuple[bytes, bool]]] = {}
    for each in parameters:
        if b"*" not in each.name or not each.name.startswith(name):
            continue
        found = _SECTION.match(each.name)
        if found is None or found[1] != name:
            continue
        if found[2] is None:
            whole.append(_percent([(each.value, True)]))
        else:
            sections.setdefault(int(found[2]), []).append((each.value, bool(found[3])))
    return [*whole, *_joined(sections)]


def _joined(sections: dict[int, list[tuple[bytes, bool]]]) -> list[Extended]:
    """The sections in order: with the first of repeated ones, and with the last."""
    if not sections:
        return []
    ordered = [sections[number] for number in sorted(sections)]
    readings = [_percent([each[0] for each in ordered])]
    if any(len(each) > 1 for each in ordered):
        readings.append(_percent([each[-1] for each in ordered]))
    return readings


def _percent(sections: list[tuple[bytes, bool]]) -> Extended:
    """Percent-decode the sections that are marked, and take the charset off the first."""
    charset = ""
    pieces: list[bytes] = []
    for number, (value, marked) in enumerate(sections):
        text = value
        if marked and number == 0 and text.count(b"'") >= 2:
            named, _, text = text.split(b"'", 2)
            charset = named.decode("ascii", "replace").lower()
        pieces.append(percent_decode(text) if marked else text)
    return Extended(b"".join(pieces), charset)


_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")


def percent_decode(text: bytes) -> bytes:
    """Replace each %XX by its octet (RFC 3986 2.1); any other % stays."""
    if b"%" not in text:
        return text
    return _PERCENT.sub(lambda found: bytes([int(found[1], 16)]), text)
