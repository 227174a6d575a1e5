"""Keys of locked RAR archives, against the plain ways to make them."""

import hashlib
import struct

import pytest

from pratique.scanners.containers.rar import key as rar_key
from pratique.scanners.containers.rar.tables import Lock


def test_the_newer_key_is_pbkdf2_and_its_check_value_refuses_others(sample):
    made = sample("rar")
    lock = Lock(made.SALT, made.VECTOR, made.POWER, made.check("secret")[:8])

    assert rar_key.key("secret", lock) == (made.key("secret"), made.VECTOR)
    assert not rar_key.is_wrong("secret", lock)
    assert rar_key.is_wrong("wrong", lock)
    assert not rar_key.is_wrong("wrong", Lock(made.SALT, made.VECTOR, made.POWER))


@pytest.mark.slow
def test_the_older_key_is_sha1_in_many_rounds():
    """The plain way of unrar's crypt3.cpp, round by round."""
    sum_, vector, start = hashlib.sha1(), b"", "pä".encode("utf-16-le") + b"12345678"
    for number in range(1 << 18):
        sum_.update(start + struct.pack("<I", number)[:3])
        if number % (1 << 14) == 0:
            vector += sum_.copy().digest()[19:20]
    secret = struct.pack("<4I", *struct.unpack(">4I", sum_.digest()[:16]))

    assert rar_key.key("pä", Lock(b"12345678")) == (secret, vector)


def test_what_is_decrypted_is_whole_blocks(sample):
    made = sample("rar")
    lock = Lock(made.SALT, made.VECTOR, made.POWER)
    sealed = made.sealed(b"0123456789abcdef" * 2, "secret")

    assert rar_key.decrypted(sealed[:31], *rar_key.key("secret", lock)) == b"0123456789abcdef"


def test_more_rounds_cost_more():
    assert rar_key.cost(Lock(b"", rounds=16)) == 2 * rar_key.cost(Lock(b"", rounds=15))
    assert 0 < rar_key.cost(Lock(b"")) < 1
