"""Bend header lines in every way that some program forgives and another does not.

The ways are those of the literature: MIMEminer's (CCS 2024), Andarzian, Meyers and Poll's
(2025), the changes of MIME-tools and ClamAV.  A bend takes the lines of one header and
gives them back, one or more of them changed.
"""

import re
from collections.abc import Callable

from fuzz.choices import Choices, one

Lines = list[bytes]
Bend = Callable[[Choices, Lines], Lines]

_OTHER_VALUES = {
    b"content-transfer-encoding": (
        b"7bit",
        b"8bit",
        b"binary",
        b"base64",
        b"quoted-printable",
        b"x-uuencode",
        b"x-unknown",
    ),
    b"content-type": (
        b"text/plain",
        b"text/html",
        b'multipart/mixed; boundary="other"',
        b"application/octet-stream",
        b"message/rfc822",
        b'image/png; name="a.png"',
    ),
    b"content-disposition": (b"inline", b'attachment; filename="other.txt"', b"attachment"),
}
_JUNK = b"this line is no field", b"-----", b"=20", b"From someone", b">", b"Content-Type", b":"
_UNSEEN = b"\0", b"\x01", b"\t", b" ", b"\x0b", b"\xa0", b"\xef\xbb\xbf", b"\x7f", b"\r", b"\n"


def _split(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    return name, value.strip()


def _at(choices: Choices, text: bytes) -> int:
    return choices.number(0, len(text))


def of_line(bend: Callable[[Choices, bytes], bytes]) -> Bend:
    """Make a bend of one line a bend of a header."""

    def bent(choices: Choices, lines: Lines) -> Lines:
        if not lines:
            return lines
        at = choices.number(0, len(lines) - 1)
        return [*lines[:at], bend(choices, lines[at]), *lines[at + 1 :]]

    bent.__name__ = bend.__name__
    return bent


def odd_case(choices: Choices, line: bytes) -> bytes:
    """`cONTENT-tYPE`."""
    return one(choices, (line.swapcase(), line.upper(), line.lower()))


def quoted_value(choices: Choices, line: bytes) -> bytes:
    """A value in quotes, or in half of them."""
    name, value = _split(line)
    return name + b": " + one(choices, (b'"%b"', b'"%b', b'%b"', b"'%b'", b"<%b>")) % value


def commented(choices: Choices, line: bytes) -> bytes:
    """A comment before, behind or within a value, closed or not."""
    name, value = _split(line)
    comment = one(choices, (b"(c)", b"(", b"(a(b)c)", b"(\\))", b")", b"(base64)", b'(")'))
    at = one(choices, (0, len(value), _at(choices, value)))
    return name + b": " + value[:at] + one(choices, (b"", b" ")) + comment + value[at:]


def encoded_word(choices: Choices, line: bytes) -> bytes:
    """A value as an encoded-word (RFC 2047 5 allows none here)."""
    name, value = _split(line)
    return (
        name + b": " + one(choices, (b"=?us-ascii?Q?%b?=", b"=?utf-8?q?%b", b"=?x?Q?%b?=")) % value
    )


def listed(choices: Choices, line: bytes) -> bytes:
    """A list where one value belongs."""
    name, value = _split(line)
    other = one(choices, _OTHER_VALUES.get(name.lower(), (b"other",)))
    glue = one(choices, (b", ", b",", b"; ", b" ", b";"))
    return name + b": " + glue.join(one(choices, ((value, other), (other, value))))


def misspelt(choices: Choices, line: bytes) -> bytes:
    """A value with something before, behind or within it."""
    name, value = _split(line)
    piece = one(choices, (b"x-", b"-", b"5", b" ", b".", b"\\", b"/", b"%", b"=", b";", *_UNSEEN))
    at = one(choices, (0, len(value), _at(choices, value)))
    return name + b": " + value[:at] + piece + value[at:]


def odd_name(choices: Choices, line: bytes) -> bytes:
    """Something before, behind or within a field's name."""
    name, _, rest = line.partition(b":")
    at = one(choices, (0, len(name), _at(choices, name)))
    return name[:at] + one(choices, (*_UNSEEN, b"_", b"  ", b"\xc2\xad")) + name[at:] + b":" + rest


def odd_colon(choices: Choices, line: bytes) -> bytes:
    """Another sign than a colon and a blank."""
    name, value = _split(line)
    signs = (
        b":",
        b" :",
        b" : ",
        b":\t",
        b":   ",
        b"\t:",
        b"",
        b" ",
        b"=",
        b";",
        b"::",
        b":\r\n\t",
        b":\r\n ",
    )
    return name + one(choices, signs) + value


def folded(choices: Choices, line: bytes) -> bytes:
    """A fold anywhere, also within a token, also without the blank that makes it one."""
    at = _at(choices, line)
    fold = one(
        choices, (b"\r\n ", b"\r\n\t", b"\r\n", b"\n ", b"\r ", b"\r\n \r\n ", b"\r\n  ", b"\n")
    )
    return line[:at] + fold + line[at:]


def led_by_blanks(choices: Choices, line: bytes) -> bytes:
    """A line that begins with blanks is part of the one before it."""
    return one(choices, (b" ", b"\t", b"  ", b" \t", b"\0", b"\r", b"\n")) + line


def trailed(choices: Choices, line: bytes) -> bytes:
    """Something behind the value."""
    return line + one(
        choices, (b" ", b"\t", b";", b"; ", b"\0", b"\r", b" x", b"; x", b"; x=y", b"\x0c")
    )


def long(choices: Choices, line: bytes) -> bytes:
    """A value behind, or before, more than some program reads."""
    size = one(choices, (80, 300, 1100, 5000))
    name, value = _split(line)
    return one(
        choices,
        (
            name + b": " + b" " * size + value,
            line + b"; x=" + b"y" * size,
            line + b" " * size,
            name + b": (" + b"c" * size + b") " + value,
        ),
    )


def repeated(choices: Choices, lines: Lines) -> Lines:
    """A field twice, with another value before it or behind it."""
    if not lines:
        return lines
    line = one(choices, lines)
    name, value = _split(line)
    other = one(choices, (value, *_OTHER_VALUES.get(name.lower(), (b"other",))))
    at = choices.number(0, len(lines))
    return [*lines[:at], name + b": " + other, *lines[at:]]


def missing(choices: Choices, lines: Lines) -> Lines:
    """A field that is not there."""
    at = choices.number(0, len(lines))
    return lines[:at] + lines[at + 1 :]


def disordered(choices: Choices, lines: Lines) -> Lines:
    """Fields in another order."""
    at = choices.number(0, len(lines))
    return lines[at:] + lines[:at]


def junk_line(choices: Choices, lines: Lines) -> Lines:
    """A line that is no field."""
    at = choices.number(0, len(lines))
    return [*lines[:at], one(choices, (*_JUNK, b"", b" ", b"\t", b"\0")), *lines[at:]]


def run_together(choices: Choices, lines: Lines) -> Lines:
    """Two fields in one line."""
    if len(lines) < 2:
        return lines
    at = choices.number(0, len(lines) - 2)
    glue = one(choices, (b"", b" ", b"\r", b"\n", b"\0", b"; ", b"\x0b", b"\r\r", b"\\r\\n"))
    return [*lines[:at], lines[at] + glue + lines[at + 1], *lines[at + 2 :]]


_PARAMETER = re.compile(rb'(boundary|filename|name)="([^"]*)"')
# N is the parameter's name, V its value, A and B the value's halves.
_WRITTEN = (
    *(b"N=V", b'N="V', b'N=V"', b"N='V'", b'N = "V"', b'N="V"x', b'N=""V', b"N=V;", b'N:"V"'),
    *(b"N*=us-ascii''V", b"N*=V", b"N*0=A; N*1=B", b'N*1="B"; N*0="A"', b"N*0*=''A; N*1=B"),
    *(b'N="V"; N="other"', b'N="other"; N="V"', b'N="other"; N*0="V"', b"N=other; N*=us-ascii''V"),
    *(
        b'N="V "',
        b'N=" V"',
        b'N="V\\"',
        b'N="\\V"',
        b'N="V\0"',
        b'N="V\0x"',
        b'N="A\r\n B"',
        b'N="A',
    ),
    *(b'N=(c)"V"(c)', b'N(c)="V"', b'N="V(c)"', b'N="=?us-ascii?Q?V?="', b"N==?us-ascii?Q?V?="),
    *(b'x="; N="V"; y="', b'N="V,other"', b"N=V other", b'N=""; N="V"', b'N; N="V"', b'=x; N="V"'),
)
_PLACE = re.compile(rb"[NVAB]")


def odd_parameter(choices: Choices, line: bytes) -> bytes:
    """A parameter written otherwise."""
    found = _PARAMETER.search(line)
    if found is None:
        return line
    half = len(found[2]) // 2
    places = {b"N": found[1], b"V": found[2], b"A": found[2][:half], b"B": found[2][half:]}
    written = _PLACE.sub(lambda place: places[place[0]], one(choices, _WRITTEN))
    return line[: found.start()] + written + line[found.end() :]


def odd_semicolon(choices: Choices, line: bytes) -> bytes:
    """Something else between two parameters."""
    sign = one(
        choices, (b" ", b",", b";;", b"; ;", b" ; ", b";\r\n\t", b":", b"; \0", b"\t", b";\x0b")
    )
    return line.replace(b"; ", sign, 1)


OF_ONE = (
    odd_case,
    quoted_value,
    commented,
    encoded_word,
    listed,
    misspelt,
    odd_name,
    odd_colon,
    folded,
    led_by_blanks,
    trailed,
    long,
    odd_parameter,
    odd_parameter,
    odd_parameter,
    odd_semicolon,
)
HEADER: tuple[Bend, ...] = (
    *(of_line(bend) for bend in OF_ONE),
    *(repeated, repeated, missing, disordered, junk_line, run_together),
)
# What may stand between two lines, and between a header and what follows it.
LINE_ENDS = b"\r\n", b"\n", b"\r", b"\r\r\n", b"\n\r", b"\r\n\n", b"\r\n\r", b"\r\n\0"
SEPARATORS = (
    b"",
    b"\n",
    b"\r",
    b"\r\n \r\n",
    b"\r\n\r\n",
    b" \r\n",
    b"\t\r\n",
    b"\0\r\n",
    b"\n\r",
    b"\r\r\n",
    b"x\r\n",
    b"\r\nContent-Transfer-Encoding: base64\r\n\r\n",
    b"\r\nContent-Type: text/plain\r\n\r\n",
    b" \n",
    b"\x0b\r\n",
)
