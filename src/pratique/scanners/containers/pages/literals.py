r"""Find what a script keeps as letters and numbers: base64, hexadecimal, lists of octets.

Smuggling (MITRE ATT&CK T1027.006) puts a file into a page as a literal and has a script
build it.  The literal stands in the script, in an attribute, in a hidden element; so it
is looked for in all of the text.  It may be cut in pieces that are added, or written with
escapes (`\x4d`, `%4d`): `joined` and `unescaped` make one text of these first.

Everything is found by searching one long run of letters after translating all others
away, which costs no more than a copy of the text.
"""

import re
from collections.abc import Iterator
from itertools import islice

from pratique.scanners.containers.pages.data_uris import TooMany

# 80 letters are 60 octets: no program, archive or test file is smaller.
LETTERS = 80
# As many numbers, or escapes.
NUMBERS = 64
# A word of script that is hidden from people has as many of its letters escaped.
_ESCAPED = 16
# A tag has that many characters that `escape` writes so; addresses in links have fewer.
_PERCENTED = 5
# A line of a literal that has several is not shorter.
_LINE = 32
# As many as parts are allowed; a saved page of a large site has some hundred.
LITERALS = 10_000
# So much of a list of numbers is decoded at once.
_SLICE = 1024 * 1024

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"
_HEX = b"0123456789abcdefABCDEF"
_DIGITS = _HEX + b"xXoO"
_LIST = b"0123456789abcdefABCDEFxXoO, \t\r\n-|;:_#!~*@$"


def _mask(letters: bytes) -> bytes:
    return bytes(97 if byte in letters else 32 for byte in range(256))


_AS_ALPHABET, _AS_LIST = _mask(_ALPHABET), _mask(_LIST)
# Between two lines of one literal.
_BETWEEN = rb"[ \t]{0,64}+(?>\\[rn]|\\?\r?\n){1,8}+[ \t]{0,64}+"
_RUN = re.compile(
    rb"[\w+/-]{%d,}+(?>%b[\w+/-]{%d,}+)*+(?:%b[A-Za-z0-9+/]{1,%d}+)?={0,2}+"
    % (_LINE, _BETWEEN, _LINE, _BETWEEN, _LINE - 1)
)
_NUMBER = re.compile(rb"0[xX][0-9a-fA-F]{1,8}|0[oO][0-7]{1,11}|0[bB][01]{1,32}|-?[0-9]{1,10}")
_RADIX = {b"x": 16, b"o": 8, b"b": 2}
# Between two numbers that are each written as a word.
_QUOTED_COMMA = re.compile(rb"[\"'`]\s{0,8}+,\s{0,8}+[\"'`]")
_PAIRS = re.compile(
    rb"\s*+(?>[0-9a-fA-F]{2}[,\s-]{1,8}+){%d,}+(?:[0-9a-fA-F]{2})?\s*+" % (NUMBERS - 1)
)
_PAIR = re.compile(rb"[0-9a-fA-F]{2}")

# A literal, or all the text of an element; the last piece may be one letter.
_PIECE = re.compile(rb"(?<=[\"'`>])([\w+/-]{1,%d}+={0,2}+)(?=[\"'`<])" % LETTERS)

_COMMENT = r"(?>\s|/\*[^*]{0,200}+\*/){0,200}+"
_NAME = r"[\w$.\[\]]{1,64}+"
_JOINS = re.compile(
    rf"[\"'`]{_COMMENT}(?:[+,]|\)?\.concat\(|;?{_COMMENT}(?:var |let )?{_NAME}\s{{0,16}}\+=)"
    rf"{_COMMENT}[\"'`]"
)
_ESCAPE = re.compile(
    r"\\(?:(x[0-9a-fA-F]{2}(?>\\x[0-9a-fA-F]{2}){0,4095}+)|u([0-9a-fA-F]{4}|\{[0-9a-fA-F]{1,6}\})"
    r"|([0-7]{1,3})|\r?\n)"
)
_LITERAL = r"(?:\"([^\"\\\r\n]++)\"|'([^'\\\r\n]++)'|`([^`\\]++)`)"
_VARIABLE = r"(?<![\w$])([A-Za-z_$][\w$]{0,63}+)"
_GIVEN = re.compile(rf"{_VARIABLE}\s{{0,16}}+[=:]\s{{0,16}}+{_LITERAL}")
_SUMMAND = re.compile(rf"(?:{_VARIABLE}|{_LITERAL})")
# Nothing is captured in what repeats: Python's `re` loses count of it there.
_EITHER = r"(?:(?<![\w$])[A-Za-z_$][\w$]{0,63}+|\"[^\"\\\r\n]++\"|'[^'\\\r\n]++'|`[^`\\]++`)"
# In the letters of a long literal that is added to nothing there are no sums to be found.
_SUM = re.compile(
    rf"{_EITHER}(?>\s{{0,16}}+[+,]\s{{0,16}}+{_EITHER}){{1,4096}}+"
    rf"|(?P<alone>[\"'`][\w+/=-]{{{LETTERS},}}+[\"'`])"
)
# Sums that are looked at; a large library of scripts has some ten thousand.
SUMS = 50_000
# Sums may use a literal more than once, but what they make is not larger than that.
_SUMS = 4
# Escapes that stand close together, as no honest text has them; none of these is a quote.
_GAP = r"[^\\%\"'`]{0,24}+"
_ESCAPES = re.compile(
    rf"(?>\\(?:x[0-9a-fA-F]{{2}}|u\{{?[0-9a-fA-F]{{2,6}}\}}?|[0-7]{{1,3}}){_GAP}){{{_ESCAPED},}}+"
)
_WIDE = re.compile(r"%u([0-9a-fA-F]{4})")
_PERCENTS = re.compile(rf"(?>%(?:u[0-9a-fA-F]{{2}})?[0-9a-fA-F]{{2}}{_GAP}){{{_PERCENTED},}}+")
_PERCENT = re.compile(r"%([0-9a-fA-F]{2}(?>%[0-9a-fA-F]{2}){0,4095}+)")
# `.replace(/x/g, "")`, `.replaceAll("x", "")`, `.split("x").join("")`.
_REPLACES = re.compile(
    r"\.replace(?:All)?\(\s{0,16}+(?:/((?:\\.|[^/\\\r\n]){1,32})/[a-z]{0,6}|[\"']([^\"'\r\n]{1,32})[\"'])"
    r"\s{0,16}+,\s{0,16}+[\"'`]([^\"'`\r\n]{0,8})[\"'`]"
    r"|\.split\(\s{0,16}+[\"'`]([^\"'`\r\n]{1,32})[\"'`]\s{0,16}+\)\s{0,16}+"
    r"\.join\(\s{0,16}+[\"'`]([^\"'`\r\n]{0,8})[\"'`]"
)
_PLAINED = re.compile(r"\\(.)")
# Each costs a pass over the text; a page that hides one file has two at most.
_REPLACEMENTS = 8
# What stands in a literal before its first escape is not longer.
_BEFORE = 4096


def runs(page: bytes) -> Iterator[bytes]:
    """Every run of letters of base64 that is long enough, with the line ends in it."""
    mask, at, count = page.translate(_AS_ALPHABET), 0, 0
    while (at := mask.find(b"a" * _LINE, at)) >= 0:
        found = _RUN.match(page, at)
        at = found.end() if found else at + _LINE
        if found and found.end() - found.start() >= LETTERS:
            count += 1
            if count > LITERALS:
                raise TooMany(f"more than {LITERALS} long literals")
            yield found[0]


def runs_after(page: bytes, beginnings: tuple[bytes, ...]) -> Iterator[bytes]:
    """The runs that begin with one of these letters, or go on so from there."""
    for letters in beginnings:
        at = 0
        while (at := page.find(letters, at)) >= 0:
            found = _RUN.match(page, at)
            at = found.end() if found else at + len(letters)
            if found and found.end() - found.start() >= LETTERS:
                yield found[0]


def from_hexadecimal(run: bytes) -> bytes:
    """What a run means if it is hexadecimal; else nothing."""
    letters = b"".join(run.replace(b"\\n", b"").replace(b"\\r", b"").split())
    if len(letters) < LETTERS or len(letters) % 2 or letters.translate(None, _HEX):
        return b""
    return bytes.fromhex(letters.decode("ascii"))


def number_lists(page: bytes) -> Iterator[bytes]:
    """What lists of numbers mean as octets; of wider numbers the octets in little-endian."""
    mask, at, count = page.translate(_AS_LIST), 0, 0
    while (at := mask.find(b"a" * (2 * NUMBERS - 1), at)) >= 0:
        end = mask.find(b" ", at)
        end = len(page) if end < 0 else end
        octets = _numbers(page[at:end])
        at = end
        if octets:
            count += 1
            if count > LITERALS:
                raise TooMany(f"more than {LITERALS} lists of numbers")
            yield octets


def unquoted(page: bytes) -> bytes:
    """The page with lists of words made lists of numbers; nothing if it has none so long."""
    bare = _QUOTED_COMMA.sub(b",", page)
    return bare if len(page) - len(bare) >= 2 * NUMBERS else b""


def _numbers(piece: bytes) -> bytes:
    if _PAIRS.fullmatch(piece) and piece.translate(None, b"0123456789, \t\r\n-"):
        return bytes.fromhex(b"".join(_PAIR.findall(piece)).decode("ascii"))
    if len(piece.translate(None, _DIGITS)) < NUMBERS - 1:
        return b""
    if b"," not in piece and piece.count(b"-") >= NUMBERS - 1:
        piece = piece.replace(b"-", b",")
    octets = bytearray()
    width = 1
    for start, end in _slices(piece):
        numbers = _read(piece[start:end])
        if not numbers or min(numbers) < -(1 << 31) or max(numbers) >= 1 << 32:
            break
        if start == 0:
            width = 1 if max(numbers) < 256 else 2 if max(numbers) < 1 << 16 else 4
        octets += (
            b"".join(_wide(number, width) for number in numbers)
            if width > 1
            else bytes([number & 255 for number in numbers])
        )
    return bytes(octets) if len(octets) >= NUMBERS * width else b""


def _read(piece: bytes) -> list[int]:
    try:
        return list(map(int, piece.strip(b", \t\r\n").split(b",")))
    except ValueError:
        found = _NUMBER.findall(piece)
        return [_read_one(each) for each in found]


def _read_one(number: bytes) -> int:
    radix = _RADIX.get(number[1:2].lower(), 10)
    return int(number if radix == 10 else number[2:], radix)


def _wide(number: int, width: int) -> bytes:
    return (number & ((1 << 8 * width) - 1)).to_bytes(width, "little")


def _slices(piece: bytes) -> Iterator[tuple[int, int]]:
    """Cut a list so that no number is cut, and not all of it is in memory as numbers."""
    start = 0
    while start < len(piece):
        end = start + _SLICE
        cut = max(piece.rfind(b",", start, end), piece.rfind(b" ", start, end))
        end = len(piece) if end >= len(piece) else cut + 1 if cut > start else end
        yield start, end
        start = end


def in_pieces(page: bytes, beginnings: tuple[bytes, ...]) -> Iterator[bytes]:
    """What is cut into literals or elements of one length, of which the last is shorter.

    So it is pushed, numbered, added line by line, or put into elements; what stands
    between the pieces is not looked at.
    """
    pieces = [found[1] for found in _PIECE.finditer(page)]
    at = 0
    while at < len(pieces):
        first = at
        at += 1
        if len(pieces[first]) >= LETTERS or not pieces[first].startswith(beginnings):
            continue
        while at < len(pieces) and _goes_on(pieces[first], pieces[at - 1], pieces[at]):
            at += 1
        whole = b"".join(pieces[first:at])
        if len(whole) >= LETTERS:
            yield whole


def _goes_on(first: bytes, last: bytes, piece: bytes) -> bool:
    return len(last) == len(first) >= len(piece) and not last.endswith(b"=")


def joined(text: str) -> str:
    """The text with literals that are added, listed or appended made one."""
    return _JOINS.sub("", text.replace("\\/", "/") if "\\/" in text else text)


def summed(text: str) -> str:
    """What is added of variables, each with the literal that it was given last.

    Each sum is one line of the text that is returned; what stands around it is left out.
    """
    given = {found[1]: found[2] or found[3] or found[4] for found in _GIVEN.finditer(text)}
    lines, size = [], 0
    for number, found in enumerate(_SUM.finditer(text) if given else ()):
        if number >= SUMS:
            raise TooMany(f"more than {SUMS} sums")
        if found["alone"]:
            continue
        pieces = [_summand(one, given) for one in _SUMMAND.finditer(found[0])]
        size += sum(map(len, pieces))
        if size > _SUMS * len(text):
            raise TooMany("sums of literals that are far longer than the text")
        lines.append("".join(pieces))
    return '"\n"'.join(line for line in dict.fromkeys(lines) if len(line) >= LETTERS)


def _summand(one: "re.Match[str]", given: dict[str, str]) -> str:
    return given.get(one[1], "") if one[1] else one[2] or one[3] or one[4] or ""


def unescaped(text: str) -> str:
    """The text with the escapes of JavaScript decoded (ECMA-262, 12.9.4)."""
    return _ESCAPE.sub(_decoded, text)


def _decoded(escape: "re.Match[str]") -> str:
    octets, code, octal = escape.groups()
    if octets:
        return bytes.fromhex(octets.replace("\\x", "")[1:]).decode("latin-1")
    if code:
        number = int(code.strip("{}"), 16)
        return chr(number) if number <= 0x10FFFF else "?"
    return chr(int(octal, 8) & 255) if octal else ""


def escaped_literals(text: str) -> Iterator[str]:
    """The literals in which escapes of JavaScript stand close together, decoded."""
    for literal in _with(_ESCAPES, text):
        yield unescaped(literal)


def percent_literals(text: str) -> Iterator[str]:
    """The literals in which percents stand close together, decoded as `unescape` does."""
    for literal in _with(_PERCENTS, text):
        wide = _WIDE.sub(_character, literal) if "%u" in literal else literal
        yield _PERCENT.sub(_characters, wide)


def _characters(escapes: "re.Match[str]") -> str:
    return bytes.fromhex(escapes[1].replace("%", "")).decode("latin-1")


def _character(escape: "re.Match[str]") -> str:
    return chr(int(escape[1], 16))


def _with(pattern: "re.Pattern[str]", text: str) -> Iterator[str]:
    """Each literal that the pattern is found in, once."""
    at = count = 0
    while (found := pattern.search(text, at)) is not None:
        count += 1
        if count > LITERALS:
            raise TooMany(f"more than {LITERALS} literals with escapes")
        start = found.start()
        before = max(text.rfind(quote, max(at, start - _BEFORE), start) for quote in "\"'`")
        end = _closing(text, found.end(), text[before]) if before >= 0 else found.end()
        yield text[before + 1 if before >= 0 else start : end]
        at = end


def _closing(text: str, at: int, quote: str) -> int:
    """Where the literal ends: at its quote, if no backslash stands before that."""
    end = text.find(quote, at)
    while end > at and text[end - 1] == "\\" and text[end - 2] != "\\":
        end = text.find(quote, end + 1)
    return end if end >= 0 else len(text)


def replaced(text: str) -> Iterator[str]:
    """The text as it is once letters are taken out or put in, as the script says it does."""
    told = dict.fromkeys(
        (found[1] or found[2] or found[4] or "", found[3] or found[5] or "")
        for found in islice(_REPLACES.finditer(text), _REPLACEMENTS)
    )
    for old, new in told:
        plain = _PLAINED.sub(r"\1", old)
        if len(new) > len(plain) and text.count(plain) * len(new) > _SUMS * len(text):
            raise TooMany("letters put in that make the text far longer")
        if plain.startswith("[") and plain.endswith("]") and len(plain) > 2:
            yield text.translate(dict.fromkeys(map(ord, plain[1:-1]), new[:1]))
        else:
            yield text.replace(plain, new)
