"""Each cipher against octets that are published, and keys of lengths that nobody expects."""

import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from pratique.scanners.containers.office import ciphers


@pytest.mark.parametrize(
    ("key", "plain", "hidden"),
    [
        # RFC 6229 has key streams only; these three are Wikipedia's, long known.
        (b"Key", b"Plaintext", "bbf316e8d940af0ad3"),
        (b"Wiki", b"pedia", "1021bf0420"),
        (b"Secret", b"Attack at dawn", "45a01f645fc35b383552544b9bf5"),
    ],
)
def test_rc4_undoes_what_is_published(key, plain, hidden):
    assert ciphers.rc4(key, bytes.fromhex(hidden)) == plain


@pytest.mark.parametrize("length", range(1, 33))
def test_rc4_takes_a_key_of_any_length(length):
    key = bytes(range(1, length + 1))

    assert ciphers.rc4(key, ciphers.rc4(key, b"inside")) == b"inside"


def test_rc4_without_a_key_gives_nothing():
    assert ciphers.rc4(b"", b"abc") == b""


def test_aes_by_fips_197():
    key, hidden = bytes(range(16)), bytes.fromhex("69c4e0d86a7b0430d8cdb78070b4c55a")
    plain = bytes.fromhex("00112233445566778899aabbccddeeff")

    assert ciphers.aes_ecb(key, hidden) == plain
    assert ciphers.aes_cbc(key, bytes(16), hidden + b"rest") == plain
    assert ciphers.aes_cbc(key, bytes(16), ciphers.aes_cbc_forth(key, bytes(16), plain)) == plain


@pytest.mark.parametrize("key", [b"", bytes(15), bytes(33)])
def test_a_key_that_is_none_gives_nothing(key):
    assert ciphers.aes_ecb(key, bytes(16)) == b""
    assert ciphers.aes_cbc(key, bytes(16), bytes(16)) == b""
    assert ciphers.blowfish_cfb(key[:3], bytes(8), b"abc") == b""


def test_a_start_that_is_none_gives_nothing():
    assert ciphers.aes_cbc(bytes(16), b"", bytes(16)) == b""
    assert ciphers.blowfish_cfb(bytes(16), b"", bytes(16)) == b""


def test_blowfish_with_feedback():
    # Schneier's vectors: with a key of zeros a block of zeros becomes 4EF997456198DD78.
    assert ciphers.blowfish_cfb(bytes(8), bytes(8), bytes.fromhex("4ef997456198dd78")) == bytes(8)


@pytest.mark.parametrize(("octets", "plain"), [(b"ab\2\2", b"ab"), (b"ab\0", b"ab\0"), (b"", b"")])
def test_padding_is_taken_off_where_there_is_one(octets, plain):
    assert ciphers.without_padding(octets) == plain


@pytest.mark.parametrize("lanes", [1, 4])
def test_argon2id_by_another_hand(lanes):
    form = Argon2id(salt=bytes(16), length=32, iterations=2, lanes=lanes, memory_cost=64)

    assert ciphers.argon2id(b"word", bytes(16), (2, 64, lanes), 32) == form.derive(b"word")


@pytest.mark.parametrize(("salt", "cost"), [(b"", (1, 64, 1)), (bytes(16), (0, 0, 0))])
def test_argon2id_of_what_it_does_not_take_is_nothing(salt, cost):
    assert ciphers.argon2id(b"word", salt, cost, 32) == b""
