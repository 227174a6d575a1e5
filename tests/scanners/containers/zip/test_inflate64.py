"""Deflate64: what deflate has in common with it, what 7-Zip writes, and what is damaged."""

import io
import random
import struct
import subprocess
import zipfile
import zlib

import pytest

from pratique.scanners.containers.gather import Damaged
from pratique.scanners.containers.zip.inflate64 import Inflate64


def inflated(octets):
    unpacker = Inflate64(memoryview(octets))
    return b"".join(unpacker.pieces()), unpacker.position


def deflated(octets, level=9, strategy=0):
    packer = zlib.compressobj(level, zlib.DEFLATED, -15, 8, strategy)
    return packer.compress(octets) + packer.flush()


# Matches of 258 octets have a code of their own in deflate, and another in Deflate64.
TEXTS = [b"", b"a", b"The quick brown fox. " * 10, bytes(range(256)) * 3, b"ab" * 100]


@pytest.mark.parametrize("text", TEXTS, ids=len)
@pytest.mark.parametrize(("level", "strategy"), [(0, 0), (9, 0), (9, zlib.Z_FIXED)])
def test_deflate_without_its_longest_matches_is_read(text, level, strategy):
    text = b"".join(text[at : at + 200] + b"%d" % at for at in range(0, len(text), 200))
    packed = deflated(text, level, strategy)

    assert inflated(packed + b"behind") == (text, len(packed))


@pytest.mark.real("7z")
def test_what_7_zip_packs_is_read(tmp_path):
    chosen = random.Random(7)
    words = [chosen.randbytes(9) for _ in range(500)]
    text = b"".join(chosen.choice(words) for _ in range(20_000)) + bytes(200_000)
    (tmp_path / "text").write_bytes(text)
    command = ["7zz", "a", "-tzip", "-mm=Deflate64", "a.zip", "text"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    octets = (tmp_path / "a.zip").read_bytes()
    (member,) = zipfile.ZipFile(io.BytesIO(octets)).infolist()
    body = 30 + sum(struct.unpack_from("<HH", octets, 26))

    assert member.compress_type == 9
    assert inflated(octets[body : body + member.compress_size]) == (text, member.compress_size)


def test_it_comes_in_pieces():
    text = random.Random(1).randbytes(300_000)
    pieces = list(Inflate64(memoryview(deflated(text, 0))).pieces())

    assert b"".join(pieces) == text
    # A piece, and at most one stored block or one match more.
    assert max(map(len, pieces)) <= 3 * 65_536


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\x07",
        b"\x01\x05\x00\x00\x00hello",
        b"\x01\x05\x00\xfa\xffhel",
        deflated(TEXTS[2])[:-4],
        b"\x05\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\xff" * 40,
    ],
)
def test_what_is_damaged_is_said_to_be(octets):
    with pytest.raises(Damaged):
        inflated(octets)


def test_no_changed_octet_is_another_error():
    good = deflated(TEXTS[2] + TEXTS[3])[:150]
    for at in range(len(good)):
        for flipped in (0x01, 0xFF):
            try:
                inflated(good[:at] + bytes([good[at] ^ flipped]) + good[at + 1 :])
            except Damaged:
                continue
