"""Zip files as they are made to show different members to two readers."""

import hashlib
import io
import struct
import zipfile
import zlib

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Budget, Limits, OverBudget
from pratique.scanners.containers.zip.reader import ZipReader
from pratique.scanners.keys import Keys
from pratique.scanners.part import Member, Oddity, Part, Reached

EXE = "invoice.pdf.exe"
MZ = b"MZ, an inert marker" * 9
DESCRIPTOR = b"PK\7\x08" + struct.pack("<III", zlib.crc32(MZ), len(MZ), len(MZ))


class Seen:
    """What a reader gave of one file."""

    def __init__(self, octets, words, limits, **known):
        self.known = facts.Part(id=1, type="application/zip", kind="archive")
        self.known.MergeFrom(facts.Part(**known))
        self.members, self.octets, self.odd, self.details, self.over = [], [], [], [], ""
        part, keys = Part(self.known, memoryview(octets)), Keys(words) if words else None
        try:
            for found in ZipReader(part, Budget(limits), keys).found():
                self.take(found)
        except OverBudget as over:
            self.over = over.class_

    def take(self, found):
        if isinstance(found, Member):
            self.members.append(found)
            self.octets.append(bytes(found.octets))
        elif isinstance(found, Oddity):
            self.odd.append(found.class_)
            self.details.append(found.detail)
        elif isinstance(found, Reached):
            self.details.append(found.class_)

    @property
    def names(self):
        return [member.name for member in self.members]

    @property
    def flagged(self):
        closed = self.known.unopened or any(member.unopened for member in self.members)
        return bool(self.details or self.over or closed)


@pytest.fixture
def see():
    def seen(octets, *words, limits=None, **known):
        return Seen(octets, words, limits or Limits(), **known)

    return seen


@pytest.fixture
def writer(sample):
    return sample("zip").Writer


# One honest member beside each other thing.
HELLO = ("readme.txt", b"hello")


def _sized(octets):
    return struct.pack("<H", len(octets)) + octets


def _between(writer, octets, longer=0):
    made = writer().member(*HELLO)
    whole = made.done(size=len(made.entries[0]) + longer)
    return whole[:-22] + octets + whole[-22:]


def _rest(writer):
    """The tables agree on a range that is longer than its stream."""
    hidden = writer().member(EXE, MZ).body
    packed = len(writer().member(*HELLO).body) - 40
    said = {"packed": packed + len(hidden)}
    return writer().member(*HELLO, header=said, entry=said).raw(hidden).done()


def _shorter(writer):
    """A stored member holds another one for those who believe its header."""
    text = b"hello" + writer().member(EXE, MZ).body
    return writer().member("a.txt", text, method=0, header={"packed": 5, "size": 5}).done()


def _directory_first(writer):
    made = writer().member(EXE, MZ)
    directory = made.entries[0].replace(bytes(4) + EXE.encode(), b"%b" + EXE.encode())
    directory = directory.replace(b"%b", len(directory + b"xx").to_bytes(4, "little"))
    end = writer().member(EXE).done(size=len(directory), offset=0)[-22:]
    return directory + made.body + end


def _junk(writer):
    made = writer().member(*HELLO).member(EXE, MZ)
    made.entries[1:1] = [b"junk"]
    return made.done(count=2)


def _twice(writer):
    made = writer().member("a.txt", b"a").member("a.txt", MZ)
    return made.done()


def _large(writer):
    """The smaller end record lists one archive, the larger one another."""
    first, second = writer().member(EXE, MZ), writer().member(*HELLO)
    body = first.body + first.entries[0]
    larger = b"PK\6\6" + struct.pack(
        "<QHHIIQQQQ", 44, 45, 45, 0, 0, 1, 1, len(first.entries[0]), len(first.body)
    )
    rest = second.body + second.entries[0]
    locator = b"PK\6\7" + struct.pack("<IQI", 0, len(body) + len(rest), 1)
    end = second.done(offset=len(second.body))[-22:]
    return body + rest + larger + locator + end


def _inside(writer):
    """An entry points into a stored member, where its header lies."""
    text = b"hello" + writer().member(EXE, MZ).body
    made = writer().member("a.txt", text, method=0).member(EXE, MZ, header=None)
    place = 30 + len("a.txt") + len(b"hello")
    made.entries[1] = made.entries[1][:42] + place.to_bytes(4, "little") + made.entries[1][46:]
    return made.done()


HIDING = {
    "no entry": lambda w: w().member(*HELLO).member(EXE, MZ, entry=None).done(),
    "no entry, stored": lambda w: w().member(EXE, MZ, entry=None, method=0).member(*HELLO).done(),
    "no entry, streamed": lambda w: (
        w().member(EXE, MZ, method=0, descriptor=DESCRIPTOR, entry=None).member(*HELLO).done()
    ),
    "other name": lambda w: w().member("readme.txt", MZ, header={"name": EXE.encode()}).done(),
    "first of two": lambda w: w().member(EXE, MZ).done() + w().member(*HELLO).done(),
    "second of two": lambda w: w().member(*HELLO).done() + w().member(EXE, MZ).done(),
    "in the comment": lambda w: w().member(*HELLO).done(comment=w().member(EXE, MZ).done()),
    "in a comment of an entry": lambda w: (
        w().member(*HELLO, entry={"comment": w().member(EXE, MZ).body}).done()
    ),
    "in an extra field": lambda w: (
        w().member(*HELLO, header={"extra": b"\x99\x99" + _sized(w().member(EXE, MZ).body)}).done()
    ),
    "before all": lambda w: w().member(EXE, MZ).body + w().member(*HELLO).done(),
    "behind all": lambda w: w().member(*HELLO).done() + w().member(EXE, MZ).body,
    "behind the directory": lambda w: _between(w, w().member(EXE, MZ).body),
    "count of one": lambda w: w().member(*HELLO).member(EXE, MZ).done(count=1),
    "count of none": lambda w: w().member(EXE, MZ).done(count=0),
    "in the rest of a stream": _rest,
    "shorter by its header": _shorter,
    "said to be empty": lambda w: w().member(EXE, MZ, entry={"size": 0, "sum": 0}).done(),
    "all empty but streamed": lambda w: (
        w().member(EXE, MZ, descriptor=b"", entry={"size": 0, "sum": 0, "packed": 0}).done()
    ),
    "said to be a folder": lambda w: w().member("a/", MZ, header={"name": EXE.encode()}).done(),
    "said to be locked": lambda w: w().member(EXE, MZ, header={"flags": 1}).done(),
    "cut before": lambda w: w().member("a.txt", b"").member(EXE, MZ).done()[10:],
    "directory first": _directory_first,
    "junk in the directory": _junk,
    "listed twice": _twice,
    "another end in the comment": lambda w: w().member(EXE, MZ).done(comment=b"PK\5\6" + bytes(18)),
    "large record elsewhere": _large,
    "inside another": _inside,
    "crc": lambda w: w().member(EXE, MZ, header={"sum": 1}, entry={"sum": 1}).done(),
    "sizes of 4 GB": lambda w: (
        w().member(EXE, MZ, header={"size": 0xFFFFFFFE}, entry={"size": 0xFFFFFFFE}).done()
    ),
    "cut off": lambda w: w().member(*HELLO).member(EXE, MZ).body,
}


@pytest.mark.parametrize("how", HIDING)
def test_what_is_hidden_from_some_reader_is_found_and_flagged(how, writer, see):
    seen = see(HIDING[how](writer))

    assert MZ in seen.octets
    assert seen.flagged
    names = {
        name
        for member, octets in zip(seen.members, seen.octets, strict=True)
        if octets == MZ
        for name in (member.name, *member.names)
    }
    assert EXE in names or how == "listed twice"


def test_an_entry_without_its_member_is_unreadable(writer, see):
    seen = see(writer().member(*HELLO).member(EXE, MZ, header=None).done())

    assert seen.names == ["readme.txt", EXE]
    assert seen.members[1].unopened == "unreadable"
    assert seen.known.unopened == "unreadable"


def _streamed_zip(writer):
    inner = writer().member(EXE, MZ, method=0, descriptor=DESCRIPTOR).done()
    descriptor = b"PK\7\x08" + struct.pack("<III", zlib.crc32(inner), len(inner), len(inner))
    return writer().member("z.zip", inner, method=0, descriptor=descriptor).done()


def _marked(writer, mark):
    made = writer()
    made.raw(mark).member(*HELLO)
    return made.done()


def _signed(writer):
    """As Android's tools do: a block between the members and the directory."""
    pairs = b"signatures" * 9
    length = struct.pack("<Q", len(pairs) + 24)
    made = writer().member("classes.dex", b"dex").raw(length + pairs + length + b"APK Sig Block 42")
    return made.done()


HONEST = {
    "one": lambda w: w().member(*HELLO).done(),
    "a zip, stored": lambda w: w().member("z.zip", w().member(*HELLO).done(), method=0).done(),
    "a zip, streamed": _streamed_zip,
    "streamed": lambda w: w().member(EXE, MZ, method=0, descriptor=DESCRIPTOR).done(),
    "mark of a split file": lambda w: _marked(w, b"PK00"),
    "padding behind": lambda w: w().member(*HELLO).done() + b"\r\n" + bytes(600),
    "aligned by zeros": lambda w: w().member(*HELLO, header={"extra": bytes(3)}).done(),
    "signed": _signed,
    "signature of a directory": lambda w: _between(w, b"PK\5\5\3\0abc", longer=9),
    "a comment": lambda w: w().member(*HELLO).done(comment=b"made in Bremen"),
    "nothing": lambda w: w().done(),
    "a folder": lambda w: w().member("a/", entry={"attributes": 0x10}).member(*HELLO).done(),
    "two names but for case": lambda w: w().member("A", b"a").member("a", b"b").done(),
}


@pytest.mark.parametrize("how", HONEST)
def test_an_honest_file_is_not_odd(how, writer, see):
    seen = see(HONEST[how](writer))

    assert (seen.details, seen.known.unopened) == ([], "")
    assert not seen.flagged
    assert len(seen.members) <= 2


@pytest.mark.parametrize(
    ("type_", "odd"),
    [("application/vnd.microsoft.portable-executable", []), ("image/jpeg", ["extra_octets"])],
)
def test_a_program_before_an_archive_is_what_unpacks_it(type_, odd, writer, see):
    seen = see(b"MZ" + bytes(100) + b"program" + writer().member(*HELLO).done(), type=type_)

    assert (seen.names, seen.odd) == (["readme.txt"], odd)


@pytest.mark.parametrize(("line", "odd"), [(b"#!/usr/bin/env python3\n", 0), (b"#!a\nb\n", 1)])
def test_a_line_that_has_python_run_an_archive_is_known(line, odd, writer, see):
    assert len(see(line + writer().member(*HELLO).done()).odd) == odd


def test_members_of_one_name_are_both_shown_and_odd(writer, see):
    seen = see(writer().member("a", b"1").member("a", b"2").done())

    assert seen.octets == [b"1", b"2"]
    assert "members of the same name" in seen.details


@pytest.mark.slow
@pytest.mark.parametrize("wide", [False, True], ids=["small", "zip64"])
def test_a_bomb_of_overlapping_members_is_read_a_few_times(wide, sample, see):
    octets = sample("zip").overlapping(250, 21 << 20, wide=wide)
    assert len(octets) < 52_000
    assert sum(one.file_size for one in zipfile.ZipFile(io.BytesIO(octets)).infolist()) > 5.4e9
    limits = Limits(ratio=10**9, octets=10**12, part_octets=1 << 30)
    raised = see(octets, limits=limits)

    assert see(octets).octets == [b""] * 250
    assert "archive_overlap" in see(octets).odd
    assert sum(map(len, raised.octets)) < 6 * (22 << 20)
    assert {member.unopened for member in raised.members} == {"", "over_budget"}


def test_few_overlapping_members_are_all_read(sample, see):
    seen = see(sample("zip").overlapping(5, 1000))

    assert [len(octets) for octets in seen.octets] == [1136, 1102, 1068, 1034, 1000]
    assert "archive_overlap" in seen.odd


def test_each_member_may_have_its_own_word_and_plain_ones_come_first(sample, writer, see):
    locked = [sample("zip").zip_crypto(name, MZ, name.encode()) for name in ("one", "two")]
    seen = see(locked[0] + writer().member(*HELLO).done() + locked[1], "two", "wrong", "one")

    assert seen.names == ["readme.txt", "one", "two"]
    assert [member.password for member in seen.members] == ["", "one", "two"]
    assert [member.encrypted for member in seen.members] == [False, True, True]
    assert seen.octets[1:] == [MZ, MZ]


@pytest.mark.slow
def test_no_cut_and_no_changed_octet_is_an_error(writer, see):
    octets = writer().member(*HELLO).member(EXE, MZ, descriptor=DESCRIPTOR).done(comment=b"c")
    for at in range(len(octets)):
        see(octets[:at])
        for flipped in (1, 0xFF):
            see(octets[:at] + bytes([octets[at] ^ flipped]) + octets[at + 1 :], "word")


def test_many_members_are_each_found_once(writer, see):
    made = writer()
    for number in range(300):
        made.member(f"{number}", hashlib.sha256(b"%d" % number).digest())
    seen = see(made.done())

    assert seen.names == [str(number) for number in range(300)]
    assert not seen.flagged


@pytest.mark.parametrize("name", ["", "a\x01.exe", "a" * 5000])
def test_a_member_that_nothing_lists_is_found_whatever_it_is_called(name, writer, see):
    seen = see(writer().member(name, MZ, entry=None).member(*HELLO).done())

    assert MZ in seen.octets
    assert "members that no directory lists" in seen.details


@pytest.mark.parametrize("name", ["", "a\x01.exe"])
def test_a_strange_name_whose_octets_prove_nothing_is_no_member(name, writer, see):
    seen = see(writer().member(name, MZ, header={"sum": 7}, entry=None).member(*HELLO).done())

    assert seen.names == ["readme.txt"]
    assert "extra_octets" in seen.odd


@pytest.mark.parametrize("wide", [False, True], ids=["small", "zip64"])
@pytest.mark.parametrize("directory", [False, True], ids=["cut", "listed"])
def test_a_stored_stream_may_end_by_a_descriptor_without_a_signature(wide, directory, writer, see):
    form = "<IQQ" if wide else "<III"
    behind = struct.pack(form, zlib.crc32(MZ), len(MZ), len(MZ))
    made = writer().member(EXE, MZ, method=0, descriptor=behind, entry=None)
    seen = see(made.member(*HELLO).done() if directory else made.body)

    assert seen.octets[seen.names.index(EXE)] == MZ
    assert seen.flagged


def test_damaged_members_that_share_octets_are_read_a_few_times(writer, see):
    size = 1 << 17
    made = writer()
    for number in range(200):
        told = {"packed": size, "size": 99, "sum": 5, "method": 8}
        made.member(f"f{number:03}", b"\7\7\7", method=0, header=told, entry=told)
    octets = made.raw(bytes(range(7, 256)) * (size // 249 + 1)).done()
    seen = see(octets)

    assert sum(map(len, seen.octets)) < 4 * len(octets)
    assert {member.unopened for member in seen.members} >= {"over_budget"}


def test_the_comment_of_a_locked_archive_may_say_its_word(sample, see):
    locked = sample("zip").zip_crypto(EXE, MZ, b"blue77")
    comment = b"password: blue77"
    seen = see(locked[:-2] + len(comment).to_bytes(2, "little") + comment, "wrong")

    assert seen.octets == [MZ]


def test_a_place_that_is_left_to_a_larger_record_that_is_missing_is_no_lie(writer, see):
    seen = see(writer().member(*HELLO).done(offset=0xFFFFFFFF))

    assert seen.names == ["readme.txt"]
    assert not seen.flagged


def test_a_stream_that_goes_on_behind_its_stated_size_is_read_to_its_end(writer, see):
    said = {"flags": 8, "packed": 3}
    seen = see(writer().member(EXE, MZ, header=said, entry=said).done())

    assert MZ in seen.octets


def test_a_folder_that_streams_something_is_shown(writer, see):
    none = {"sum": 0, "packed": 0, "size": 0}
    seen = see(writer().member("a/", MZ, descriptor=DESCRIPTOR, entry=none).done())

    assert MZ in seen.octets
    assert seen.flagged
