"""Make multiparts at random, and put what a worker says of a rewriting together."""

from binascii import b2a_base64, b2a_qp
from collections.abc import Callable
from hashlib import sha256

import pytest
from hypothesis import strategies as st

from pratique.scanners import wall_pb2 as wall
from pratique.scanners.budget import Budget, Limits
from pratique.scanners.rewrite import rewrite
from pratique.scanners.rewriting.outline import decoded, message_in, outline


def put_together(octets: bytes, said: list[wall.Rewritten]) -> bytes:
    """The new content, made as wall.proto says."""
    header, at, new = said[0].header, 0, b""
    for span in header.cut:
        new += octets[at : span.start]
        at = span.end
    new += octets[at : header.end] + header.added + header.separator
    for answer in said:
        for piece in answer.pieces:
            new += octets[piece.old.start : piece.old.end] if piece.HasField("old") else piece.new
    return new


class Rewriting:
    """Edits on one message; `refused` says why they were not made."""

    def __init__(self, octets: bytes, **limits: float) -> None:
        self.octets, self.limits, self.refused = octets, Limits(**limits), ""

    def rewrite(self, request: wall.Rewrite) -> bytes:
        said = list(rewrite(memoryview(self.octets), request, Budget(self.limits)))
        self.refused = "".join(each.refused for each in said)
        return b"" if self.refused else put_together(self.octets, said)

    def strip(self, *ways: tuple[int, ...], note: str = "gone") -> bytes:
        taken = [wall.TakenOut(numbers=way, note=note) for way in ways]
        return self.rewrite(wall.Rewrite(strip=taken))

    def rebuild(self, *ways: tuple[int, ...]) -> bytes:
        taken = [wall.TakenOut(numbers=way, note="gone") for way in ways]
        return self.rewrite(wall.Rewrite(strip=taken, rebuild=True))


def leaves(octets: bytes) -> list[tuple[tuple[int, ...], str, bytes]]:
    """The way, the declared type and the octets of each leaf, messages in it opened."""
    budget = Budget(Limits())
    found, waiting = [], [outline(octets, budget)]
    while waiting:
        node = waiting.pop()
        if node.is_multipart:
            waiting += reversed(node.children)
        elif node.holds_message:
            waiting.append(message_in(node, budget))
        else:
            found.append((node.way, node.entity.declared_type, decoded(node, budget)))
    return found


@pytest.fixture(scope="session")
def rewriting() -> type[Rewriting]:
    return Rewriting


@pytest.fixture(scope="session")
def leaves_of() -> Callable[[bytes], list[tuple[tuple[int, ...], str, bytes]]]:
    return leaves


@pytest.fixture(scope="session")
def digest() -> Callable[[bytes], str]:
    return lambda octets: sha256(octets).hexdigest()


_LINE = st.text("abc xyz,.é=-_", max_size=40)
_TEXT = st.lists(_LINE, max_size=4).map("\r\n".join)
_NAME = st.sampled_from(["a.txt", "b c.pdf", "\u00fcber.doc", 'q"\\.zip', "", "x" * 90 + ".exe"])


def _leaf(text: str, name: str, how: str) -> bytes:
    octets = text.encode()
    named = f"; name*=utf-8''{''.join(f'%{each:02X}' for each in name.encode())}" if name else ""
    head = f"Content-Type: text/plain; charset=utf-8{named}\r\n"
    if how == "base64":
        return f"{head}Content-Transfer-Encoding: base64\r\n\r\n".encode() + b2a_base64(octets)[:-1]
    if how == "qp":
        coded = b2a_qp(octets, istext=True).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        return f"{head}Content-Transfer-Encoding: quoted-printable\r\n\r\n".encode() + coded
    return f"{head}Content-Transfer-Encoding: 8bit\r\n\r\n".encode() + octets


_LEAF = st.builds(_leaf, _TEXT, _NAME, st.sampled_from(["base64", "qp", "8bit"]))
_HEADER = b"From: a@b.example\r\nSubject: hello\r\n  folded\r\nMIME-Version: 1.0\r\n"


@st.composite
def _multipart(draw: st.DrawFn, children: st.SearchStrategy[bytes]) -> bytes:
    parts = draw(st.lists(children, min_size=1, max_size=4))
    # Its own, and no other's: the octets say it.
    boundary = f"b{sha256(b''.join(parts)).hexdigest()[:16]}".encode()
    before = draw(st.sampled_from([b"", b"preamble\r\n", b"\r\n\r\n"]))
    after = draw(st.sampled_from([b"", b"\r\n", b"\r\nepilogue\r\n"]))
    padding = draw(st.sampled_from([b"", b" \t"]))
    head = b"Content-Type: multipart/mixed; boundary=" + boundary + b"\r\n\r\n" + before
    body = b"".join(b"--" + boundary + padding + b"\r\n" + each + b"\r\n" for each in parts)
    return head + body + b"--" + boundary + b"--" + after


def _message(entity: bytes) -> bytes:
    return b"Content-Type: message/rfc822\r\n\r\n" + _HEADER + entity


_ENTITY = st.recursive(
    _LEAF, lambda inner: st.one_of(_multipart(inner), inner.map(_message)), max_leaves=8
)


@pytest.fixture(scope="session")
def messages() -> st.SearchStrategy[bytes]:
    """Well-formed messages of several leaves."""
    return st.one_of(_multipart(_ENTITY), _LEAF).map(lambda entity: _HEADER + entity)
