"""The ways in which Office locks, against what msoffcrypto writes and checks."""

import hashlib
import io
import struct

import pytest
from msoffcrypto.method.ecma376_agile import ECMA376Agile
from msoffcrypto.method.ecma376_standard import ECMA376Standard
from msoffcrypto.method.rc4 import DocumentRC4
from msoffcrypto.method.rc4_cryptoapi import DocumentRC4CryptoAPI

from pratique.scanners.containers.gather import Damaged
from pratique.scanners.containers.office import ciphers
from pratique.scanners.containers.office.lock import SPINS, package_lock, stream_lock

SALT, PROOF = bytes(range(16)), bytes(range(16, 32))
PACKAGE = b"PK\3\4" + b"a package " * 1000


def agile(word: str, spins: int = 1000) -> tuple[bytes, bytes]:
    info, key = ECMA376Agile.generate_encryption_parameters(word, None, spins)
    package = ECMA376Agile.encrypt_payload(
        io.BytesIO(PACKAGE), info.encryptedKey, key, info.keyData.saltValue
    )
    return ECMA376Agile.get_encryption_information(info, package, key), package


def header(algorithm: int, bits: int, verifier: bytes, hash_: bytes) -> bytes:
    head = struct.pack("<8I", 4, 0, algorithm, 0x8004, bits, 1, 0, 0)
    proof = struct.pack("<I", 16) + SALT + verifier + struct.pack("<I", 20) + hash_
    return struct.pack("<HHII", 4, 2, 4, len(head)) + head + proof


def standard(word: str) -> tuple[bytes, bytes]:
    key = ECMA376Standard.makekey_from_password(word, 0x660E, 0x8004, 24, 128, 16, SALT)
    hidden = [aes_forth(key, one) for one in (PROOF, hashlib.sha1(PROOF).digest() + bytes(12))]
    whole = PACKAGE + bytes(-len(PACKAGE) % 16)
    package = struct.pack("<Q", len(PACKAGE)) + aes_forth(key, whole)
    return header(0x660E, 128, *hidden), package


def aes_forth(key: bytes, octets: bytes) -> bytes:
    """AES block by block, by way of chained blocks of one."""
    blocks = (octets[at : at + 16] for at in range(0, len(octets), 16))
    return b"".join(ciphers.aes_cbc_forth(key, bytes(16), block) for block in blocks)


@pytest.mark.parametrize("make", [agile, pytest.param(standard, marks=pytest.mark.slow)])
def test_a_package_is_opened_by_its_word_and_by_no_other(make):
    information, package = make("Pässword 1")
    lock = package_lock(information)
    key = lock.open("Pässword 1")

    assert key is not None
    assert b"".join(lock.plain(key, package)) == PACKAGE
    assert [lock.open(word) for word in ("", "password 1", "\udc80")] == [None] * 3
    assert 0 < lock.cost < 1


@pytest.mark.parametrize("make", [agile, pytest.param(standard, marks=pytest.mark.slow)])
def test_a_package_that_is_cut_off_says_so_and_gives_what_is_there(make):
    information, package = make("a")
    lock = package_lock(information)
    held = b""
    pieces = iter(lock.plain(lock.open("a") or b"", package[:5000]))
    with pytest.raises(Damaged):  # noqa: PT012 - what comes before it counts too
        while True:
            held += next(pieces)

    assert held == PACKAGE[: len(held)]
    assert len(held) > 4000


def test_so_many_spins_are_tried_and_no_more():
    information, _ = agile("a")

    assert package_lock(information.replace(b'"1000"', b'"%d"' % SPINS)).cost > 0
    with pytest.raises(Damaged, match="times"):
        package_lock(information.replace(b'"1000"', b'"%d"' % (SPINS + 1)))


@pytest.mark.parametrize(
    "information",
    [b"", b"\4\0\4\0", b"\4\0\2\0", b"\3\0\3\0" + bytes(200), b"\4\0\4\0\x40\0\0\0<x/>"],
)
def test_what_no_word_opens_is_damage(information):
    with pytest.raises(Damaged):
        package_lock(information)


def test_other_ciphers_open_with_no_word():
    information, _ = agile("a")
    with pytest.raises(Damaged):
        package_lock(information.replace(b'"AES"', b'"RC2"'))


def old(word: str) -> bytes:
    """RC4 hides and shows by the same step, so their reader is a writer too."""
    both = DocumentRC4.decrypt(word, SALT, io.BytesIO(PROOF + hashlib.md5(PROOF).digest()))
    return b"\1\0\1\0" + SALT + both.read()


def newer(word: str, bits: int) -> bytes:
    shown = io.BytesIO(PROOF + hashlib.sha1(PROOF).digest())
    both = DocumentRC4CryptoAPI.decrypt(word, SALT, bits, shown).read()
    return header(0x6801, bits, both[:16], both[16:])


@pytest.mark.parametrize(
    ("information", "hide"),
    [
        (old("pass"), lambda file: DocumentRC4.decrypt("pass", SALT, file)),
        (newer("pass", 128), lambda file: DocumentRC4CryptoAPI.decrypt("pass", SALT, 128, file)),
        (newer("pass", 40), lambda file: DocumentRC4CryptoAPI.decrypt("pass", SALT, 40, file)),
    ],
)
def test_streams_are_opened_block_by_block(information, hide):
    lock = stream_lock(information)
    key = lock.open("pass")

    assert key is not None
    assert lock.plain(key, hide(io.BytesIO(PACKAGE)).read(), 0, 512) == PACKAGE
    assert lock.open("Pass") is None


@pytest.mark.parametrize(
    "information", [b"", b"\1\0\1\0", b"\2\0\2\0" + bytes(30), b"\x09\0\x09\0"]
)
def test_a_stream_lock_that_is_none_is_damage(information):
    with pytest.raises(Damaged):
        stream_lock(information)
