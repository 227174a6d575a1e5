"""Encode a file for mail, and bend the encoded octets as broken and hostile senders do."""

import base64
import binascii
import re
from collections.abc import Callable

from fuzz.choices import Choices, one

BodyBend = Callable[[Choices, bytes], bytes]


def base64_of(file: bytes) -> bytes:
    """Base64 in lines of 76 (RFC 2045 6.8)."""
    return _lines(base64.b64encode(file), 76)


def quoted_of(file: bytes) -> bytes:
    """Quoted-printable, every octet but letters and digits escaped (RFC 2045 6.7)."""
    pieces = [
        bytes([octet]) if chr(octet).isalnum() and octet < 128 else b"=%02X" % octet
        for octet in file
    ]
    return (
        b"=\r\n".join(b"".join(pieces[at : at + 24]) for at in range(0, len(pieces), 24)) + b"\r\n"
    )


def uu_of(file: bytes) -> bytes:
    """What uuencode(1) writes."""
    lines = [binascii.b2a_uu(file[at : at + 45]).rstrip(b"\n") for at in range(0, len(file), 45)]
    return b"\r\n".join((b"begin 644 file.bin", *lines, b"`", b"end", b""))


def as_it_is(file: bytes) -> bytes:
    """7bit and 8bit."""
    return file + b"\r\n"


def _lines(octets: bytes, width: int, end: bytes = b"\r\n") -> bytes:
    return end.join(octets[at : at + width] for at in range(0, len(octets), width)) + end


def junk(choices: Choices, body: bytes) -> bytes:
    """Octets that are not of the alphabet."""
    sign = one(
        choices,
        (
            b".",
            b"#",
            b" ",
            b"\t",
            b"\0",
            b"-",
            b"_",
            b"!",
            b"\x80",
            b"=",
            b"==",
            b"(c)",
            b"\r",
            b"\n",
        ),
    )
    for _ in range(choices.number(1, 4)):
        at = choices.number(0, len(body))
        body = body[:at] + sign + body[at:]
    return body


def padded_lines(choices: Choices, body: bytes) -> bytes:
    """Padding at each line's end."""
    return body.replace(b"\r\n", one(choices, (b"=\r\n", b"==\r\n", b" \r\n", b"\t\r\n", b".\r\n")))


def two_streams(choices: Choices, body: bytes) -> bytes:
    """Two padded streams, one behind the other."""
    file = _decoded(body)
    at = choices.number(0, len(file))
    glue = one(choices, (b"\r\n", b"", b"\r\n\r\n", b"\r\n--\r\n"))
    return base64.b64encode(file[:at]) + glue + base64.b64encode(file[at:]) + b"\r\n"


def unpadded(choices: Choices, body: bytes) -> bytes:
    """Padding left off, or too much of it."""
    return body.rstrip(b"=\r\n") + one(choices, (b"\r\n", b"", b"=\r\n", b"===\r\n", b"====\r\n"))


def other_width(choices: Choices, body: bytes) -> bytes:
    """Lines of other lengths, and other ends."""
    stream = body.replace(b"\r\n", b"")
    width = one(choices, (1, 3, 6, 20, 61, 64, 1000, 100_000))
    return _lines(stream, width, one(choices, (b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\r\r\n")))


def url_safe(_: Choices, body: bytes) -> bytes:
    """The other alphabet (RFC 4648 5)."""
    return body.replace(b"+", b"-").replace(b"/", b"_")


def followed(choices: Choices, body: bytes) -> bytes:
    """Text behind the file, as mailing lists add it."""
    text = (
        b"____\r\nlist footer, http://a.example\r\n",
        b"\r\n\r\n-- \r\nfooter\r\n",
        b"AAAA\r\n",
        b"=\r\n",
        b"\0",
    )
    return body + one(choices, text)


def preceded(choices: Choices, body: bytes) -> bytes:
    """Text before the file."""
    return (
        one(
            choices,
            (
                b"\r\n",
                b" \r\n",
                b"Hello,\r\n\r\n",
                b"====\r\n",
                b"\0",
                b"AA==\r\n",
                b"x: y\r\n\r\n",
            ),
        )
        + body
    )


def cut(choices: Choices, body: bytes) -> bytes:
    """The end is missing."""
    return body[: choices.number(0, len(body))]


def lower_hex(_: Choices, body: bytes) -> bytes:
    """`=0a` for `=0A`."""
    return re.sub(rb"=[0-9A-F]{2}", lambda found: found[0].lower(), body)


def odd_soft_breaks(choices: Choices, body: bytes) -> bytes:
    """A soft line break followed by something."""
    return body.replace(
        b"=\r\n", one(choices, (b"= \r\n", b"=\t \r\n", b"=\n", b"=\r", b"=\r\r\n", b"==\r\n", b""))
    )


def odd_escapes(choices: Choices, body: bytes) -> bytes:
    """Escapes that are none."""
    at = choices.number(0, len(body))
    return (
        body[:at]
        + one(choices, (b"=", b"=E", b"=@@", b"=9", b"=ZZ", b"=\0", b" ", b"\t", b"=3D=3"))
        + body[at:]
    )


def _decoded(body: bytes) -> bytes:
    stripped = re.sub(rb"[^A-Za-z0-9+/]", b"", body)
    stripped = stripped[: len(stripped) - (len(stripped) % 4 == 1)]
    return base64.b64decode(stripped + b"=" * (-len(stripped) % 4))


ENCODINGS: dict[str, tuple[Callable[[bytes], bytes], tuple[BodyBend, ...]]] = {
    "base64": (
        base64_of,
        (junk, padded_lines, two_streams, unpadded, other_width, url_safe, followed, preceded, cut),
    ),
    "quoted-printable": (
        quoted_of,
        (lower_hex, odd_soft_breaks, odd_escapes, followed, preceded, cut, junk),
    ),
    "x-uuencode": (uu_of, (junk, cut, preceded, followed, padded_lines)),
    "8bit": (as_it_is, (preceded, followed)),
}
