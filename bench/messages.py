"""Make the messages of the benchmark: the same octets at each run, none like another."""

import base64
import random

WORDS = (
    "the a of and to in for with report meeting invoice please find attached regards"
    " tomorrow project budget question answer minutes draft version office order"
).split()
DATE = "Mon, 05 Jan 2026 09:30:00 +0000"


def _text(chance: random.Random, octets: int) -> str:
    """Lines of words, about as many octets as asked for."""
    lines, length = [], 0
    while length < octets:
        lines.append(" ".join(chance.choices(WORDS, k=11)))
        length += len(lines[-1]) + 2
    return "\r\n".join(lines) + "\r\n"


def _header(number: int, content_type: str) -> str:
    return (
        f"Date: {DATE}\r\nFrom: Ann <ann@sender.example>\r\nTo: Bob <bob@corp.example>\r\n"
        f"Subject: report {number}\r\nMessage-ID: <{number}.bench@sender.example>\r\n"
        f"MIME-Version: 1.0\r\nContent-Type: {content_type}\r\n"
    )


def _base64(octets: bytes) -> str:
    return base64.encodebytes(octets).decode().replace("\n", "\r\n")


def _part(content_type: str, body: str, *fields: str) -> str:
    header = "".join(f"{field}\r\n" for field in fields)
    return f"--=_bench\r\nContent-Type: {content_type}\r\n{header}\r\n{body}\r\n"


def _attachment(name: str) -> tuple[str, str]:
    return (
        "Content-Transfer-Encoding: base64",
        f'Content-Disposition: attachment; filename="{name}"',
    )


def text(number: int, octets: int = 3700) -> bytes:
    """About 4 KB, or as many octets and a header: plain text."""
    chance = random.Random(number)
    header = _header(number, "text/plain; charset=us-ascii")
    return (header + "\r\n" + _text(chance, octets)).encode()


def with_attachment(number: int) -> bytes:
    """About 100 KB: plain text, HTML, and a PDF of 60 KB."""
    chance = random.Random(number)
    said = _text(chance, 4000)
    document = b"%PDF-1.4\n" + chance.randbytes(60_000) + b"\n%%EOF\n"
    parts = (
        _part("text/plain; charset=us-ascii", said),
        _part("text/html; charset=us-ascii", f"<html><body><p>{_text(chance, 12000)}</p></body>"),
        _part("application/pdf", _base64(document), *_attachment("report.pdf")),
    )
    header = _header(number, 'multipart/mixed; boundary="=_bench"')
    return (header + "\r\n" + "".join(parts) + "--=_bench--\r\n").encode()


def large(number: int) -> bytes:
    """About 25 MB: one attachment of octets that are nothing in particular."""
    chance = random.Random(number)
    blob = b"\x00\x01\x02\x03" + chance.randbytes(18_400_000)
    part = _part("application/octet-stream", _base64(blob), *_attachment("measurements.dat"))
    header = _header(number, 'multipart/mixed; boundary="=_bench"')
    return (header + "\r\n" + part + "--=_bench--\r\n").encode()
