"""Keys of locked 7z archives, against the plain way to make them."""

import hashlib

import pytest

from pratique.scanners.containers.gather import Damaged
from pratique.scanners.containers.sevenzip import key as sevenzip_key


@pytest.mark.parametrize("power", [0, 1, 5, 8, 9, 16, 17])
@pytest.mark.parametrize("salt", [b"", b"12345678"])
def test_the_key_is_one_hash_over_all_rounds(power, salt):
    start = salt + "pässword".encode("utf-16-le")
    rounds = (start + number.to_bytes(8, "little") for number in range(1 << power))

    assert sevenzip_key.derive("pässword", salt, power) == hashlib.sha256(b"".join(rounds)).digest()


def test_without_rounds_salt_and_password_are_the_key():
    assert sevenzip_key.derive("a", b"s", -1) == b"sa\0".ljust(32, b"\0")


@pytest.mark.parametrize(
    ("octets", "read"),
    [
        (bytes([0x53, 0x07]) + b"vectors!", (19, b"", b"vectors!".ljust(16, b"\0"))),
        (bytes([0xD3, 0x71]) + b"12345678" + b"ab", (19, b"12345678", b"ab".ljust(16, b"\0"))),
        (bytes([0x7F, 0x00]) + b"a", (-1, b"", b"a".ljust(16, b"\0"))),
        (b"\x13", (19, b"", bytes(16))),
    ],
)
def test_settings_say_rounds_salt_and_vector(octets, read):
    assert sevenzip_key.settings(octets) == read


def test_settings_of_another_length_are_damage():
    with pytest.raises(Damaged):
        sevenzip_key.settings(b"\x53\x07short")


def test_more_rounds_cost_more():
    assert sevenzip_key.cost(20) == 2 * sevenzip_key.cost(19)
    assert 0.005 < sevenzip_key.cost(19) < 1
