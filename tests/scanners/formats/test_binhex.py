"""Macintosh files in BinHex 4.0."""

import subprocess

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.formats.binhex import FILES, Binhex
from pratique.scanners.part import Part


@pytest.fixture
def made(samples):
    return samples("binhex")


def test_both_forks_are_given(made, open_with):
    opened = open_with(Binhex(), made.binhex("ü.txt".encode("mac_roman"), b"hello", b"icons"))
    assert opened.called == {"ü.txt": b"hello", "": b"icons"}


def test_runs_of_one_octet_are_unpacked(made, open_with):
    octets = b"a" + b"b" * 300 + b"\x90\x90\x90"
    whole = made.binhex(b"a", octets)
    plain = made.summed(
        made.summed(b"\1a\0" + bytes(8) + b"\0\0" + b"\0\0\1\x30" + bytes(4)) + octets
    )
    packed = b":" + made.letters(plain)[1:]
    assert open_with(Binhex(), whole).octets == [octets]
    runs = made.letters(made.summed(b"\1a\0" + bytes(10) + b"\0\0\0\5" + bytes(4)) + b"a\x90\5"
                        + b"\x13\x28\0\0")  # fmt: skip
    assert b"aaaaa" in open_with(Binhex(), b"\n" + runs).octets
    assert packed


def test_each_of_several_files_in_a_text_is_given(made, open_with):
    text = b"hello\r\n\r\n" + made.binhex(b"a", b"1") + b"and\r\n" + made.binhex(b"b", b"2")
    assert open_with(Binhex(), text).called == {"a": b"1", "b": b"2"}


def test_a_wrong_checksum_is_told_and_the_file_given(made, open_with):
    octets = made.binhex(b"a.exe", b"hello" * 20).replace(b"hello", b"hellp")
    at = len(octets) - 60
    changed = octets[:at] + bytes([octets[at] ^ 1]) + octets[at + 1 :]
    opened = open_with(Binhex(), changed)

    assert len(opened.members) == 1
    assert opened.known.unopened == "unreadable"


@pytest.mark.parametrize(
    ("known", "recognized"),
    [
        (facts.Part(type="application/mac-binhex40", kind="archive"), "whole"),
        (facts.Part(type="text/plain", kind="text"), "within"),
        (facts.Part(type="text/plain", kind="text", name="a.hqx"), "whole"),
        (facts.Part(type="image/png", kind="image"), ""),
    ],
)
def test_it_is_told_by_its_first_line(known, recognized, made):
    octets = b"hello\n" + made.binhex(b"a", b"1")
    assert Binhex().recognize(Part(known, memoryview(octets))) == recognized


def test_a_first_line_with_nothing_behind_it_is_unreadable(open_with):
    opened = open_with(Binhex(), b"(This file must be converted with BinHex 4.0)\r\n\r\n")
    assert opened.known.unopened == "unreadable"


@pytest.mark.parametrize(("files", "unopened"), [(FILES, ""), (FILES + 1, "over_budget")])
def test_so_many_files_are_given_and_no_more(files, unopened, made, open_with):
    opened = open_with(Binhex(), made.binhex(b"a", b"1") * files)
    assert (len(opened.members), opened.known.unopened) == (FILES, unopened)


@pytest.mark.real("unar")
def test_another_reader_reads_what_the_tests_write(made, tmp_path):
    (tmp_path / "a.hqx").write_bytes(made.good(b"hello\x90\x90"))
    subprocess.run(["unar", "-q", "a.hqx"], cwd=tmp_path, check=True)
    assert (tmp_path / "fox.txt").read_bytes() == b"hello\x90\x90"
