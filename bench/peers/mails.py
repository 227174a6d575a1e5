"""Make the mail of the comparison: five kinds, and mail with one attachment again and again.

No two mails of a run share an attachment, unless that is what is measured: a cache of
clamd, or of a filter, must not make the second filter faster than the first.  So a round
has mail of its own, made from its number, and the same at each run of the benchmark.
"""

import base64
import io
import random
import zipfile
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

WORDS = (
    "the of and to in is that for it as was with be by on not he his but at are this have from"
    " or had an they which one you were all her she there would their we him been has when who"
    " invoice meeting report schedule project budget customer delivery contract offer account"
    " update review shipment quarterly server network please attached regards thanks Monday"
).split()
DATE = "Mon, 05 Jan 2026 09:30:00 +0000"
MULTIPART = 'multipart/mixed; boundary="=_bench"'
# The string that every scanner knows (eicar.org), in two halves: this file is none.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"

Make = Callable[[random.Random, int], bytes]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of mail, and how it is brought."""

    title: str
    make: Make
    connections: int
    most: int  # mails of a round, each sent once
    per_connection: int = 20


def _text(chance: random.Random, octets: int) -> str:
    """Lines of eleven words, about as many octets as asked for."""
    words = chance.choices(WORDS, k=octets // 6)
    return "\r\n".join(" ".join(words[at : at + 11]) for at in range(0, len(words), 11)) + "\r\n"


def _header(number: int, content_type: str) -> str:
    return (
        f"Date: {DATE}\r\nFrom: Ann <s{number % 97}@bench.example>\r\n"
        f"To: Bob <r{number % 89}@sink.example>\r\nSubject: report {number}\r\n"
        f"Message-ID: <{number}.peers@bench.example>\r\nMIME-Version: 1.0\r\n"
        f"Content-Type: {content_type}\r\n"
    )


def part(content_type: str, body: str, *fields: str) -> str:
    """One part, decoded or as it is encoded already."""
    header = "".join(f"{field}\r\n" for field in fields)
    return f"--=_bench\r\nContent-Type: {content_type}\r\n{header}\r\n{body}\r\n"


def attached(content_type: str, name: str, octets: bytes) -> str:
    """A file, in base64."""
    return part(
        content_type,
        base64.encodebytes(octets).decode().replace("\n", "\r\n"),
        "Content-Transfer-Encoding: base64",
        f'Content-Disposition: attachment; filename="{name}"',
    )


def whole(number: int, *parts: str) -> bytes:
    """A message of these parts."""
    return f"{_header(number, MULTIPART)}\r\n{''.join(parts)}--=_bench--\r\n".encode()


def plain(chance: random.Random, octets: int) -> str:
    """A text."""
    return part("text/plain; charset=us-ascii", _text(chance, octets))


def pdf(chance: random.Random, octets: int) -> bytes:
    """What begins, ends and is built like a PDF: streams that are deflated."""
    written = [b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"]
    length, number = 0, 3
    while length < octets:
        stream = zlib.compress(_text(chance, 6000).encode() + chance.randbytes(3000), 1)
        start = b"%d 0 obj\n<< /Length %d /Filter /FlateDecode >>\nstream\n"
        written.append(start % (number, len(stream)) + stream + b"\nendstream\nendobj\n")
        length += len(written[-1])
        number += 1
    return b"".join([*written, b"trailer\n<< /Size %d /Root 1 0 R >>\n%%%%EOF\n" % number])


def _zip(members: list[tuple[str, bytes]], *, stored: bool = False) -> bytes:
    written = io.BytesIO()
    method = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(written, "w", method, compresslevel=1) as archive:
        for name, octets in members:
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 5, 9, 30, 0)), octets, method)
    return written.getvalue()


def _files(chance: random.Random, octets: int) -> Iterator[tuple[str, bytes]]:
    """Files of four sorts, about as many octets as asked for once they are packed."""
    length = number = 0
    while length < octets:
        noise = chance.randbytes(chance.randint(8000, 60000))
        match number % 5:
            case 0 | 1:
                name, content = f"img/{number}.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + noise
            case 2:
                name, content = f"doc/{number}.txt", _text(chance, 60_000).encode()
            case 3:
                name, content = f"doc/{number}.pdf", pdf(chance, 30_000)
            case _:
                name, content = f"bin/{number}.dat", noise + _text(chance, 20_000).encode()
        length += len(content) // (4 if name.endswith("txt") else 1)
        number += 1
        yield name, content


def text(chance: random.Random, number: int) -> bytes:
    """About 4 KB: plain text."""
    header = _header(number, "text/plain; charset=us-ascii")
    return f"{header}\r\n{_text(chance, 4000)}".encode()


def documents(chance: random.Random, number: int) -> bytes:
    """About 100 KB: text, the same as HTML, and a PDF."""
    said = _text(chance, 4000)
    lines = (f'<p style="color:#123">{line}</p>' for line in said.split("\r\n"))
    links = f'<a href="http://www.bench.example/{number}">more</a>\r\n'
    html = f"<html><body>{links.join(lines)}</body></html>"
    return whole(
        number,
        part("text/plain; charset=us-ascii", said),
        part("text/html; charset=us-ascii", html),
        attached("application/pdf", f"report-{number}.pdf", pdf(chance, 62_000)),
    )


def archive(chance: random.Random, number: int) -> bytes:
    """About 5 MB: one zip of some 130 files."""
    packed = _zip(list(_files(chance, 3_700_000)))
    return whole(number, plain(chance, 2000), attached("application/zip", "files.zip", packed))


def heavy(chance: random.Random, number: int) -> bytes:
    """About 25 MB: a zip that packs nothing, and octets that are nothing in particular."""
    packed = _zip(list(_files(chance, 6_800_000)), stored=True)
    return whole(
        number,
        plain(chance, 2000),
        attached("application/zip", "all.zip", packed),
        attached("application/octet-stream", "raw.bin", chance.randbytes(8_500_000)),
    )


def hidden(chance: random.Random, number: int) -> bytes:
    """About 4 KB: EICAR in a zip in a zip, beside texts."""
    inner = _zip([(f"readme{number}.txt", _text(chance, 800).encode()), ("eicar.com", EICAR)])
    outer = _zip([(f"note{number}.txt", _text(chance, 900).encode()), ("inner.zip", inner)])
    return whole(number, plain(chance, 1200), attached("application/zip", "zz.zip", outer))


@cache
def _one_document() -> str:
    return attached("application/pdf", "report.pdf", pdf(random.Random("one"), 66_000))


@cache
def _one_archive() -> str:
    packed = _zip(list(_files(random.Random("one"), 3_700_000)))
    return attached("application/zip", "files.zip", packed)


def same_document(chance: random.Random, number: int) -> bytes:
    """About 100 KB: a text of its own, and a PDF that all these mails have."""
    return whole(number, plain(chance, 3000), _one_document())


def same_archive(chance: random.Random, number: int) -> bytes:
    """About 5 MB: a text of its own, and a zip that all these mails have."""
    return whole(number, plain(chance, 3000), _one_archive())


KINDS = {
    "4k": Kind("4 KB text", text, 16, 4000),
    "100k": Kind("100 KB: text, HTML, PDF", documents, 8, 900),
    "5m": Kind("5 MB zip of some 130 files", archive, 4, 24, 4),
    "25m": Kind("25 MB: zip and noise", heavy, 2, 6, 2),
    "eicar": Kind("EICAR in zip in zip", hidden, 16, 4000),
}
# One attachment in mails that differ: `most` texts, and as many mails as there is time for.
SAME = {
    "100k-same": Kind("100 KB, one attachment in all", same_document, 8, 500),
    "5m-same": Kind("5 MB, one attachment in all", same_archive, 4, 10, 4),
}
ALL = KINDS | SAME


def _write_some(at: Path, name: str, numbers: range) -> None:
    kind = ALL[name]
    for number in numbers:
        mail = kind.make(random.Random(f"{at.name} {number}"), number)
        (at / f"{number:06}.eml").write_bytes(mail)


def write(folder: Path, names: list[str], part: str) -> None:
    """Write the mails of some kinds for one part of the run, on all processors."""
    with ProcessPoolExecutor() as pool:
        begun = []
        for name in names:
            at, most = folder / f"{name}-{part}", ALL[name].most
            at.mkdir(parents=True)
            step = max(1, most // 8)
            shares = (range(start, min(most, start + step)) for start in range(0, most, step))
            begun += [pool.submit(_write_some, at, name, share) for share in shares]
        for each in begun:
            each.result()
