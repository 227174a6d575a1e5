"""PDF's own encryption, against files that pypdf locks."""

import io

import pypdf
import pytest

from pratique.scanners.containers.gather import Damaged, Gather
from pratique.scanners.containers.pdf.crypt import lock, plain
from pratique.scanners.containers.pdf.file import File
from pratique.scanners.containers.pdf.syntax import Name, Ref

WAYS = ["RC4-40", "RC4-128", "AES-128", "AES-256-R5", "AES-256"]
TEXT = b"The quick brown fox jumps over the lazy dog.\n" * 30


def locked(way: str, user: str, owner: str) -> bytes:
    writer, space = pypdf.PdfWriter(), io.BytesIO()
    writer.add_blank_page(100, 100)
    writer.add_attachment("fox.txt", TEXT)
    writer.encrypt(user, owner, algorithm=way)
    writer.write(space)
    return space.getvalue()


def read(octets: bytes, budget) -> File:
    file = File(octets, budget)
    file.read()
    file.find_lock()
    return file


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("word", ["user", "owner"])
def test_either_password_opens_each_way(way, word, budget):
    file = read(locked(way, "user", "owner"), budget)
    assert file.lock is not None
    key = file.lock.open(word)
    assert key is not None
    file.key = key
    held = [Gather(budget, 10_000).octets(file.pieces(one))[0]
            for one in file.objects if one.type == "EmbeddedFile"]  # fmt: skip

    assert [bytes(one) for one in held] == [TEXT]


@pytest.mark.parametrize("way", WAYS)
def test_no_other_word_opens_it(way, budget):
    file = read(locked(way, "user", "owner"), budget)

    assert file.lock is not None
    assert [file.lock.open(word) for word in ("", "User", "x" * 200, "\udc80")] == [None] * 4


@pytest.mark.parametrize("way", WAYS)
def test_the_empty_password_is_a_word_like_any(way, budget):
    file = read(locked(way, "", "owner"), budget)

    assert file.lock is not None
    assert file.lock.open("") is not None


@pytest.mark.parametrize(
    "values",
    [{}, {"Filter": Name("Adobe.PubSec"), "V": 4, "R": 4},
     {"Filter": Name("Standard"), "V": 3, "R": 3}, {"Filter": Name("Standard"), "V": 5, "R": 7}],
)  # fmt: skip
def test_what_no_password_opens_is_damage(values):
    with pytest.raises(Damaged):
        lock(values, b"")


def test_a_filter_may_leave_octets_open():
    assert plain(b"abc", "Identity", b"key", Ref(1, 0)) == b"abc"


def test_each_use_has_a_filter_of_its_own():
    values = {"Filter": Name("Standard"), "V": 4, "R": 4, "CF": {"A": {"CFM": Name("AESV2")}},
              "EFF": Name("A"), "StmF": Name("Identity")}  # fmt: skip
    known = lock(values, b"")

    assert (known.strings, known.streams, known.files) == ("Identity", "Identity", "AESV2")
