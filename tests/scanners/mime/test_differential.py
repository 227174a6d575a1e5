"""On well-formed mail another reader must see the same leaves, names and octets."""

import base64
from email import message_from_bytes, policy  # noqa: TID251 - the other reader, in a test only

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Budget, Limits
from pratique.scanners.mime import Mime
from pratique.scanners.part import Member, Oddity, Part, Reached

LEAVES = st.tuples(
    st.sampled_from(["a.exe", "my invoice.pdf", "grün.txt", "請求書.docx", "x" * 100 + ".zip"]),
    st.binary(max_size=300),
)
TREES = st.recursive(LEAVES, lambda inner: st.lists(inner, min_size=1, max_size=4), max_leaves=12)


def written(tree, number=0):
    """A message of the tree, by our own hand, with one boundary for each level."""
    if isinstance(tree, tuple):
        name, octets = tree
        quoted = "".join(f"%{octet:02X}" for octet in name.encode())
        return (
            b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
            b"Content-Disposition: attachment;\r\n filename*=utf-8''"
            + quoted.encode()
            + b"\r\n\r\n"
        ) + base64.encodebytes(octets).replace(b"\n", b"\r\n")
    boundary = b"=_level_%d" % number
    parts = [b"--" + boundary + b"\r\n" + written(each, number + 1) + b"\r\n" for each in tree]
    head = b'Content-Type: multipart/mixed;\r\n boundary="' + boundary + b'"\r\n\r\npreamble\r\n'
    return head + b"".join(parts) + b"--" + boundary + b"--\r\n"


def ours(octets):
    found = list(
        Mime().members(Part(facts.Part(kind="message"), memoryview(octets)), Budget(Limits()))
    )
    assert all(isinstance(each, Member) for each in found)
    return [
        (each.name, bytes(each.octets))
        for each in found
        if not each.declared_type.startswith("multipart/")
    ]


def theirs(octets):
    message = message_from_bytes(octets, policy=policy.default)
    leaves = [part for part in message.walk() if not part.is_multipart()]
    return [(part.get_filename(), part.get_content()) for part in leaves]


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(TREES)
def test_both_see_the_same(tree):
    message = b"From: a@example.org\r\n" + written(tree)

    assert ours(message) == theirs(message)


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(st.data())
def test_no_damage_makes_the_reader_raise(data):
    message = bytearray(b"From: a@example.org\r\n" + written(data.draw(TREES)))
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(message)))
        piece = data.draw(
            st.sampled_from([b"\r\n", b"\n", b"\0", b"--", b'"', b"(", b"=_level_0", b";", b""])
        )
        message[at : at + data.draw(st.integers(0, 20))] = piece

    for each in Mime().members(
        Part(facts.Part(kind="message"), memoryview(message)), Budget(Limits())
    ):
        assert isinstance(each, Member | Oddity | Reached)
