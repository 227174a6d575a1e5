"""Excel's oldest lock, against msoffcrypto's."""

import pytest
from msoffcrypto.method.xor_obfuscation import DocumentXOR

from pratique.scanners.containers.office.xor import key_of, opens, plain

WORDS = ["VelvetSweatshop", "a", "ab", "password1", "123456789012345"]


@pytest.mark.parametrize("word", WORDS)
def test_the_octets_of_a_word(word):
    assert list(key_of(word)) == DocumentXOR.create_xor_array_method1(word)


def test_a_word_has_its_number_and_another_has_not():
    assert opens("VelvetSweatshop", 0x9A0A)
    assert not opens("velvetsweatshop", 0x9A0A)
    assert not opens("", 0xCE4B)


def test_a_longer_word_is_cut():
    assert key_of("123456789012345678") == key_of("123456789012345")


def test_octets_are_turned_and_taken_apart():
    key = key_of("a")
    hidden = bytes(
        ((octet << 5 | octet >> 3) & 255) ^ key[(3 + at) % 16]
        for at, octet in enumerate(b"The quick brown fox jumps")
    )

    assert plain(key, hidden, 3) == b"The quick brown fox jumps"
    assert plain(key, b"", 0) == b""
