"""RAR archives in both forms: locks, volumes, damage, and programs around them."""

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Limits
from pratique.scanners.formats.rar import Rar
from pratique.scanners.part import Part

FILES = {"請求書.exe": b"MZ" * 40, "empty": b"", "a/b.txt": b"text"}


def test_the_newer_form_is_read(samples, open_with):
    assert open_with(Rar(), samples("rar").rar5(FILES)).called == FILES


def test_the_older_form_is_read(samples, open_with):
    files = {"a.exe": b"MZ" * 40, "empty": b""}

    assert open_with(Rar(), samples("rar").old(files)).called == files


@pytest.mark.parametrize("words", [("secret",), ("wrong", "secret")])
def test_locked_headers_hide_the_names_until_the_word_is_known(words, samples, open_with):
    octets = samples("rar").hidden(FILES, "secret")
    locked, opened = open_with(Rar(), octets), open_with(Rar(), octets, passwords=words)

    assert locked.members == []
    assert (locked.known.unopened, locked.known.encrypted) == ("archive_password", True)
    assert opened.called == FILES
    assert {one.password for one in opened.members} == {"secret"}


@pytest.mark.slow
def test_the_older_lock_is_told_by_the_check_sum_of_a_file(samples, open_with):
    octets = samples("rar").old({"a.exe": b"MZ" * 40}, "secret")
    opened = open_with(Rar(), octets, passwords=("wrong", "secret"))

    assert opened.called == {"a.exe": b"MZ" * 40}
    assert open_with(Rar(), octets, passwords=("wrong",)).members[0].unopened == "archive_password"


@pytest.mark.parametrize("form", ["rar5", "old"])
def test_an_archive_of_nothing_is_told(form, samples, open_with):
    assert open_with(Rar(), getattr(samples("rar"), form)({})).known.unopened == "unreadable"


def test_a_wrong_check_sum_is_damage_and_the_octets_are_kept(samples, open_with):
    opened = open_with(Rar(), samples("rar").rar5({"a": b"abc"}, sum_=1))

    assert opened.octets == [b"abc"]
    assert opened.known.unopened == opened.members[0].unopened == "unreadable"


@pytest.mark.parametrize("form", ["rar5", "old"])
def test_one_behind_a_program_is_found(form, samples, open_with):
    octets = b"MZ Rar!\x1a\x07\0 in its code" + bytes(999)
    octets += getattr(samples("rar"), form)({"a": b"abc"})
    program = facts.Part(type="application/x-dosexec", kind="executable")

    assert Rar().recognize(Part(program, memoryview(octets))) == "within"
    assert open_with(Rar(), octets).octets == [b"abc"]


def test_a_program_that_only_names_the_mark_is_none():
    octets = b"MZ Rar!\x1a\x07\0 and Rar!\x1a\x07\1\0 in its code" + bytes(999)
    program = facts.Part(type="application/x-dosexec", kind="executable")

    assert Rar().recognize(Part(program, memoryview(octets))) == ""


def test_what_lies_behind_is_given_and_stated(samples, open_with):
    opened = open_with(Rar(), samples("rar").rar5({"a": b"abc"}) + b"MZ" * 20)

    assert opened.octets == [b"abc", b"MZ" * 20]
    assert opened.oddities == ["extra_octets"]


def test_a_file_past_the_limit_is_left_and_the_next_one_is_opened(samples, open_with):
    octets = samples("rar").rar5({"big": bytes(101), "b": b"b"})
    opened = open_with(Rar(), octets, Limits(part_octets=100))

    assert opened.octets == [b"", b"b"]
    assert opened.members[0].unopened == "over_budget"
