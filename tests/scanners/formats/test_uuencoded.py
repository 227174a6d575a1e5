"""Files that are text for the wire without MIME."""

from base64 import encodebytes

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Budget, Limits
from pratique.scanners.formats.uuencoded import FILES, Uuencoded
from pratique.scanners.part import Member, Part

ALL = bytes(range(256)) * 3


@pytest.fixture
def made(samples):
    return samples("uuencoded")


def members(octets: bytes, **known: str) -> list[Member]:
    part = Part(facts.Part(**known), memoryview(octets))
    if not Uuencoded().recognize(part):
        return []
    return [one for one in Uuencoded().members(part, Budget(Limits())) if isinstance(one, Member)]


@pytest.mark.parametrize("form", ["uuencoded", "xxencoded", "base64"])
def test_every_octet_comes_through(form, made, open_with):
    opened = open_with(Uuencoded(), b"hello\n" + getattr(made, form)(b"a b.exe", ALL) + b"bye\n")
    assert opened.called == {"a b.exe": ALL}
    assert opened.known.unopened == ""


def test_several_files_are_given(made, open_with):
    text = made.uuencoded(b"a", b"1") + made.base64(b"b", b"2") + made.xxencoded(b"c", b"3")
    assert open_with(Uuencoded(), text).called == {"a": b"1", "b": b"2", "c": b"3"}


def test_what_the_reader_of_messages_opens_is_left_to_it(made):
    known = {"kind": "text", "declared_type": "text/plain"}
    assert members(made.uuencoded(b"a", ALL), **known) == []
    assert [one.name for one in members(made.xxencoded(b"a", ALL), **known)] == ["a"]
    assert [one.name for one in members(made.uuencoded(b"a", ALL), kind="archive")] == ["a"]


@pytest.mark.parametrize(
    "text", [b"begin 644 of the story\nonce upon a time\n", b"to begin 1 here\n", b"hello", b""]
)
def test_words_are_no_file(text):
    assert members(text, kind="text") == []


def test_any_file_in_armour_is_a_file(made):
    written = b"-----BEGIN CERTIFICATE-----\r\n%b-----END CERTIFICATE-----\r\n"
    (member,) = members(written % encodebytes(b"MZ" + ALL), kind="text")
    assert bytes(member.octets) == b"MZ" + ALL
    assert members(written % encodebytes(b"\x30\x82" + ALL), kind="text") == []


def test_a_file_of_base64_that_is_named_so_is_one():
    (member,) = members(encodebytes(ALL), kind="archive", name="a.exe.b64")
    assert (member.name, bytes(member.octets)) == ("a.exe", ALL)
    assert members(encodebytes(ALL), kind="text", name="a.txt") == []


def test_what_is_cut_off_is_given_and_told(made, open_with):
    opened = open_with(Uuencoded(), made.uuencoded(b"a", ALL)[:300])
    assert ALL.startswith(opened.octets[0])
    assert opened.known.unopened == "unreadable"


@pytest.mark.parametrize(("files", "unopened"), [(FILES, ""), (FILES + 1, "over_budget")])
def test_so_many_files_are_given_and_no_more(files, unopened, made, open_with):
    opened = open_with(Uuencoded(), made.base64(b"a", b"1") * files)
    assert (len(opened.members), opened.known.unopened) == (FILES, unopened)
