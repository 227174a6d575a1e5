"""Words on locked members: what proves them, and what they open."""

import subprocess

import pytest

from pratique.scanners.containers.gather import Damaged
from pratique.scanners.containers.zip import crypt as zip_crypt
from pratique.scanners.containers.zip import tables as zip_tables
from pratique.scanners.containers.zip.members import Place, inner
from pratique.scanners.containers.zip.methods import Packed

TEXT = b"The quick brown fox jumps over the lazy dog.\r\n" * 20


def first(octets):
    """The first member of an archive: its place, and its packed octets."""
    view = memoryview(octets)
    entry = next(zip_tables.listed(view, zip_tables.find_end(view)))
    place = Place(entry.offset, zip_tables.header(view, entry.offset), [entry])
    return place, view[place.body : place.body + entry.packed]


def lock_of(octets):
    place, body = first(octets)
    return place, zip_crypt.lock_of(place.said[0], body, place.checks)


def opened(place, lock, word):
    stream = b"".join(lock.pieces(word))
    said = inner(place.said[0])
    return b"".join(Packed(memoryview(stream), said.method, said.flags, said.size).pieces())


def test_the_old_encryption_is_opened_by_its_word(sample):
    place, lock = lock_of(sample("zip").zip_crypto("a", TEXT, b"secret"))

    assert lock.fits(b"secret")
    assert opened(place, lock, b"secret") == TEXT
    assert sum(lock.fits(b"%d" % number) for number in range(1000)) < 40


@pytest.mark.real("7z")
@pytest.mark.parametrize("how", ["ZipCrypto", "AES128", "AES192", "AES256"])
@pytest.mark.parametrize("word", ["secret", "ein Wort mit Leerzeichen", "x"])
def test_what_7_zip_locks_is_opened(how, word, tmp_path):
    (tmp_path / "a.txt").write_bytes(TEXT)
    command = ["7zz", "a", "-tzip", f"-mem={how}", f"-p{word}", "a.zip", "a.txt"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    place, lock = lock_of((tmp_path / "a.zip").read_bytes())

    assert lock.fits(word.encode())
    assert opened(place, lock, word.encode()) == TEXT
    assert lock.proven == how.startswith("AES")
    assert sum(lock.fits(b"%d" % number) for number in range(20)) <= 3


@pytest.mark.real("7z")
def test_a_wrong_code_at_the_end_is_told(tmp_path):
    (tmp_path / "a.txt").write_bytes(TEXT)
    command = ["7zz", "a", "-tzip", "-mem=AES256", "-px", "a.zip", "a.txt"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    place, lock = lock_of((tmp_path / "a.zip").read_bytes())
    changed = bytearray(lock.octets)
    changed[-1] ^= 1
    with pytest.raises(Damaged):
        list(zip_crypt.Aes(memoryview(bytes(changed)), lock.key).pieces(b"x"))
    assert place.encrypted


def test_a_member_too_short_to_be_locked_fits_no_word():
    assert not zip_crypt.Crypto(memoryview(bytes(11)), frozenset(range(256))).fits(b"x")
    assert zip_crypt.Crypto(memoryview(bytes(12)), frozenset(range(256))).fits(b"x")
    assert list(zip_crypt.Crypto(memoryview(bytes(12)), frozenset(range(256))).pieces(b"x")) == []
    assert not zip_crypt.Aes(memoryview(bytes(9)), 16).fits(b"x")
    assert list(zip_crypt.Aes(memoryview(bytes(20)), 16).pieces(b"x")) == []


@pytest.mark.parametrize(
    ("word", "octets"),
    [
        ("abc", [b"abc"]),
        ("ä", [b"\xc3\xa4", b"\x84", b"\xe4"]),
        (
            "пароль",
            ["пароль".encode(page) for page in ("utf-8", "cp932", "cp1251", "cp866", "gbk")],
        ),
    ],
)
def test_a_word_is_typed_in_the_charsets_of_many_systems(word, octets):
    assert zip_crypt.octets_of(word) == octets


def test_the_strong_encryption_has_no_lock_that_opens(sample):
    octets = bytearray(sample("zip").zip_crypto("a", TEXT, b"secret"))
    for at in (6, octets.index(b"PK\1\2") + 8):
        octets[at] |= 0x40
    place, lock = lock_of(bytes(octets))

    assert place.strong
    assert lock is None
