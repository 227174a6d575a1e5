"""Write messages with marked files in them, well-formed or bent.

A letter is a tree: texts, files, multiparts, attached messages.  Each place where programs
are known to differ asks whether it shall be bent, and notes what it did, so that a finding
says which bends it took.  A letter that is not bent at all has to be read in one way only.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from fuzz.bodies import ENCODINGS, as_it_is, base64_of, uu_of
from fuzz.choices import Choices, chance, one
from fuzz.fields import HEADER, LINE_ENDS, SEPARATORS
from fuzz.marked import marked

T = TypeVar("T")

# How often a place is bent: never, or once in so many places.
RATES = 0, 30, 30, 15, 8, 4
DEPTH = 3
NAMES = (
    b"file.bin",
    b"a b.dat",
    b"invoice.pdf.exe",
    b"a b.zip",
    b"photo.jpg",
    b"report.doc",
    b"x.eml",
)
BOUNDARIES = (
    b"b1",
    b"----=_Part_1",
    b"=_x",
    b"a" * 69,
    b"b1b",
    b"B1",
    b"a'()+_,-./:=?",
    b"--",
    b"b 1",
    b"1",
)
TYPES = b"application/octet-stream", b"image/png", b"text/plain", b"application/zip"
ODD_BOUNDARIES = b"", b"a" * 71, b"a" * 300, b"b1 ", b"b\t1", b"\xe9", b"b;1", b'b\\"1', b" ", b"-"
_TEXTS = (
    b"Please see the attached file.",
    b"Hello,\r\n\r\n--\r\nAnn",
    b"begin here\r\n",
    b"",
    b"--b1 x",
)


@dataclass
class Letter:
    """A message, the files in it, and how it was bent."""

    octets: bytes
    files: list[bytes]
    bent: list[str]
    # Nothing in it was to be bent, and no name or type lies.
    clean: bool


@dataclass
class Writer:
    """Writes one letter."""

    choices: Choices
    rate: int
    files: list[bytes] = field(default_factory=list)
    bent: list[str] = field(default_factory=list)

    def bends(self, name: str) -> bool:
        """Ask whether this place shall be bent."""
        if not chance(self.choices, self.rate):
            return False
        self.bent.append(name)
        return True

    def some(self, bends: Sequence[Callable[[Choices, T], T]], what: T) -> T:
        """Bend by one of several, perhaps."""
        if chance(self.choices, self.rate):
            bend = one(self.choices, bends)
            self.bent.append(bend.__name__)
            return bend(self.choices, what)
        return what

    def entity(self, depth: int, *, file: bytes | None = None) -> bytes:
        """Write any entity."""
        if file is not None:
            return self.file(file)
        forms: list[Callable[[int], bytes]] = [self.text, self.plain, self.attached, self.attached]
        if depth < DEPTH:
            forms += [self.multipart, self.multipart, self.message]
        return one(self.choices, forms)(depth)

    def text(self, _: int) -> bytes:
        """Write a text."""
        type_ = one(self.choices, (b"text/plain; charset=utf-8", b"text/html", b"text/plain"))
        return self.header([b"Content-Type: " + type_]) + one(self.choices, _TEXTS) + b"\r\n"

    def plain(self, _: int) -> bytes:
        """Write a file as mail was written before MIME: as the text, or uuencoded in it."""
        as_text = chance(self.choices, 2)
        made = marked(self.choices, text=as_text)
        self.files.append(made)
        lines = [b"Content-Type: text/plain"] if chance(self.choices, 3) else []
        body = as_it_is(made) if as_text else b"Hello,\r\n\r\n" + uu_of(made)
        return self.header(lines) + body

    def attached(self, _: int) -> bytes:
        """Write a marked file."""
        text = chance(self.choices, 3)
        made = marked(self.choices, text=text)
        self.files.append(made)
        return self.file(made, text=text)

    def file(self, octets: bytes, *, text: bool = False) -> bytes:
        """Write a file that is given."""
        names = ["base64"] * 4 + ["quoted-printable", "x-uuencode"] + ["8bit"] * text
        encoding = one(self.choices, names)
        encode, bends = ENCODINGS[encoding]
        # Names and types may lie where anything is bent: a clean letter is said to have nothing.
        name = one(self.choices, NAMES if self.rate else NAMES[:2])
        type_ = one(self.choices, TYPES if self.rate else TYPES[:1])
        lines = [
            b'Content-Type: %b; name="%b"' % (type_, name),
            b"Content-Transfer-Encoding: " + encoding.encode(),
            b'Content-Disposition: attachment; filename="%b"' % name,
        ]
        return self.header(lines) + self.some(bends, encode(octets))

    def message(self, depth: int) -> bytes:
        """Write an attached message."""
        inner = self.top() + self.entity(depth + 1)
        form = self.choices.number(0, 5)
        if form == 0 and self.bends("encoded_message"):
            lines = [b"Content-Type: message/rfc822", b"Content-Transfer-Encoding: base64"]
            return self.header(lines) + base64_of(inner)
        if form == 1:
            lines = [
                b'Content-Type: application/octet-stream; name="x.eml"',
                b"Content-Transfer-Encoding: base64",
            ]
            return self.header(lines) + base64_of(inner)
        return self.header([b"Content-Type: message/rfc822"]) + inner

    def multipart(self, depth: int) -> bytes:
        """Write a multipart."""
        odd = self.bends("odd_boundary")
        boundary = one(self.choices, ODD_BOUNDARIES if odd else BOUNDARIES) + b"%d" % depth * (
            not odd
        )
        kind = one(self.choices, (b"mixed", b"mixed", b"alternative", b"related", b"x-strange"))
        lines = [b'Content-Type: multipart/%b; boundary="%b"' % (kind, boundary)]
        if self.bends("encoded_multipart"):
            lines.append(b"Content-Transfer-Encoding: base64")
        parts = [self.entity(depth + 1) for _ in range(self.choices.number(1, 3))]
        body = self.delimited(boundary, parts, depth)
        if len(lines) > 1 and chance(self.choices, 2):
            body = base64_of(body)
        return self.header(lines) + body

    def delimited(self, boundary: bytes, parts: list[bytes], depth: int) -> bytes:
        """Join parts by their delimiters."""
        out = b"" if not self.bends("preamble") else self.outside(boundary, depth)
        for part in parts:
            out += self.delimiter(boundary, b"") + part
            if not part.endswith(b"\r\n") or chance(self.choices, 2):
                out += b"\r\n" if not self.bends("no_line_end") else b""
            if self.bends("closed_early"):
                out += b"--" + boundary + b"--\r\n"
        if not self.bends("unclosed"):
            out += self.delimiter(boundary, b"--")
        return out + (self.outside(boundary, depth) if self.bends("epilogue") else b"")

    def outside(self, boundary: bytes, depth: int) -> bytes:
        """Write what stands before the first delimiter or behind the last."""
        other = one(self.choices, (b"--" + boundary, b"--other", b"", b" --" + boundary, b"--"))
        return (
            other
            + b"\r\n"
            + self.attached(depth)
            + b"\r\n"
            + one(self.choices, (other, other + b"--"))
            + b"\r\n"
        )

    def delimiter(self, boundary: bytes, close: bytes) -> bytes:
        """Write one delimiter line."""
        line = b"--" + boundary + close
        if self.bends("delimiter"):
            line = one(
                self.choices,
                (
                    b" " + line,
                    b"\t" + line,
                    line[1:],
                    b"-" + line,
                    line + b" ",
                    line + b" \t",
                    line + b"x",
                    line + b" x",
                    line + b"-",
                    line.upper(),
                    line.lower(),
                    b"x" + line,
                    line + b"\0",
                    line + b"\x0b",
                    b"\r\n" + line,
                    line + b"\r\n" + line,
                    line + b";",
                    line[:-1],
                    b">" + line,
                    line + b"\r\n\r\n",
                ),
            )
        return line + (one(self.choices, LINE_ENDS) if self.bends("delimiter_end") else b"\r\n")

    def header(self, lines: list[bytes]) -> bytes:
        """Write a header and the empty line behind it."""
        bent = self.some(HEADER, self.some(HEADER, lines))
        ends = [one(self.choices, LINE_ENDS) if self.bends("line_end") else b"\r\n" for _ in bent]
        out = b"".join(line + end for line, end in zip(bent, ends, strict=True))
        return out + (one(self.choices, SEPARATORS) if self.bends("separator") else b"\r\n")

    def top(self) -> bytes:
        """Write the fields that only a message has."""
        before = b""
        if self.bends("before"):
            before = one(
                self.choices,
                (
                    b"\xef\xbb\xbf",
                    b"\r\n",
                    b"From a@b Mon\r\n",
                    b">From x\r\n",
                    b" \r\n",
                    b"\0",
                    b"\n",
                ),
            )
        version = b"" if chance(self.choices, 8) else b"MIME-Version: 1.0\r\n"
        return before + b"From: a@a.example\r\nTo: b@b.example\r\nSubject: file\r\n" + version


def letter(choices: Choices) -> Letter:
    """Write a letter."""
    writer = Writer(choices, one(choices, RATES))
    octets = writer.top() + writer.entity(0)
    return Letter(_worn(writer, octets), writer.files, writer.bent, writer.rate == 0)


def letter_with(choices: Choices, file: bytes) -> bytes:
    """Write a letter of one file, and bend nothing."""
    writer = Writer(choices, 0)
    lines = [b"Content-Type: application/octet-stream", b"Content-Transfer-Encoding: base64"]
    return writer.top() + writer.header(lines) + base64_of(file)


def _worn(writer: Writer, octets: bytes) -> bytes:
    """Bend the octets of the whole."""
    choices = writer.choices
    if writer.bends("all_line_ends"):
        octets = octets.replace(b"\r\n", one(choices, LINE_ENDS[:5]))
    if writer.bends("some_line_ends"):
        at = choices.number(0, len(octets))
        octets = octets[:at] + octets[at:].replace(b"\r\n", one(choices, LINE_ENDS[:5]))
    while writer.bends("octets"):
        start = choices.number(0, len(octets))
        end = min(len(octets), start + one(choices, (0, 1, 2, 10, 100)))
        piece = one(
            choices, (b"", b"\r\n", b"\n", b"\0", b" ", b"\r", b"--", b"=", octets[start:end] * 2)
        )
        octets = octets[:start] + piece + octets[end:]
    return octets
