"""Where directories and headers are, by the words of every end record."""

import pytest

from pratique.scanners.containers.zip.plan import DIRECTORIES, Marks, Plan, records
from pratique.scanners.containers.zip.spans import Spans
from pratique.scanners.containers.zip.tables import TRIES

PARTS = 1000


@pytest.fixture
def writer(sample):
    return sample("zip").Writer


def plan_of(octets, parts=PARTS):
    return Plan(memoryview(octets), parts)


def names(plan):
    return [name for place in plan.places.values() for name in place.names]


def test_an_honest_file_has_one_directory_and_nothing_odd(writer):
    octets = writer().member("a", b"a" * 99).member("b", b"b").done()
    plan = plan_of(octets)

    assert names(plan) == ["a", "b"]
    assert (list(plan.odd), plan.whole, plan.cut) == ([], True, "")
    assert plan.late(Spans()) == []
    assert list(records(memoryview(octets), plan.directories))[-2] == (
        len(octets) - 22,
        len(octets),
    )


def test_of_two_files_in_a_row_both_directories_are_read(writer):
    plan = plan_of(writer().member("a").done() + writer().member("b").done())

    assert names(plan) == ["b", "a"]
    assert [place.view for place in plan.places.values()] == ["standard", "further"]
    assert "several directories" in plan.odd


@pytest.mark.parametrize("method", [0, 8])
def test_a_zip_in_a_zip_is_its_members_own(method, writer):
    within = writer().member("a", b"x").done()
    plan = plan_of(writer().member("z.zip", within, method=method).done())

    assert names(plan) == ["z.zip"]
    assert list(plan.odd) == []


def test_a_directory_in_a_member_that_reaches_out_of_it_is_read(writer):
    outer = writer().member("a.exe", b"MZ")
    listing = outer.entries[0]
    end = outer.done(count=1, size=len(listing), offset=0)[-22:]
    within = b"x" * 9 + listing
    # The end record in the member names the member before it, by a place in the whole file.
    place = len(outer.body) + 30 + len("b.txt") + 9
    end = end[:16] + place.to_bytes(4, "little") + end[20:]
    octets = outer.member("b.txt", within + end, method=0)
    octets.entries = octets.entries[1:]
    plan = plan_of(octets.done())

    assert names(plan) == ["b.txt", "a.exe"]
    assert "several directories" in plan.odd


@pytest.mark.parametrize(
    ("said", "odd"),
    [
        ({"count": 1}, "2 in the directory, 1 by its end record"),
        ({"count": 0}, "2 in the directory, 0 by its end record"),
        ({"disk": 1}, "its end record counts several volumes"),
        ({"size": 9}, "the directory is not as long as its end record says"),
        ({"comment": b"PK\5\6" + bytes(18)}, "another end record, of an archive without members"),
    ],
)
def test_an_end_record_that_lies_is_odd_and_all_is_found(said, odd, writer):
    plan = plan_of(writer().member("a").member("b").done(**said))

    assert names(plan) == ["a", "b"]
    assert odd in plan.odd


@pytest.mark.parametrize("cut", [22, 21, 1])
def test_entries_without_their_end_record_are_read(cut, writer):
    plan = plan_of(writer().member("a", entry={"name": b"a.exe"}).done()[:-cut])

    assert names(plan) == ["a.exe", "a"]
    assert not plan.whole
    assert "entries that no end record names" in plan.odd


def test_a_larger_record_that_contradicts_the_smaller_one_is_read_too(writer, sample):
    made = writer().member("a").member("b")
    said = {"count": 1, "size": len(made.entries[1])}
    offset = len(made.body) + len(made.entries[0])
    larger = sample("zip").end64_of({**said, "offset": offset}, offset + len(made.entries[1]))
    octets = made.done()
    plan = plan_of(octets[:-22] + larger[:-22] + octets[-22:])

    assert sorted(names(plan)) == ["a", "b"]
    assert plan.odd


def test_what_a_member_did_not_need_is_looked_at_late(writer):
    hidden = writer().member("a.exe", b"MZ").done()
    made = writer().member("a", b"x" * 99)
    packed = len(made.body) - 31
    said = {"packed": packed + len(hidden)}
    octets = writer().member("a", b"x" * 99, header=said, entry=said).raw(hidden).done()
    plan = plan_of(octets)
    needed = Spans()
    needed.add(31, 31 + packed)

    assert names(plan) == ["a"]
    assert [place.names for place in plan.late(needed)] == [["a.exe"]]
    assert names(plan) == ["a", "a.exe"]


def test_headers_that_nobody_names_are_found_outside_of_what_was_needed(writer):
    octets = writer().member("a").member("b", entry=None).member("c").done()
    plan, needed = plan_of(octets), Spans()
    at = octets.index(b"PK\3\4", 1)

    assert list(plan.hidden(needed, set(plan.places))) == [at]
    needed.add(at, at + 1)
    assert list(plan.hidden(needed, set(plan.places))) == []


@pytest.mark.parametrize(("more", "cut"), [(0, False), (1, True)])
def test_so_many_directories_are_read(more, cut, writer):
    plan = plan_of(writer().member("a").done() * (DIRECTORIES + more))

    assert len(plan.directories) == DIRECTORIES
    assert bool(plan.cut) == cut


@pytest.mark.parametrize(("more", "cut"), [(0, False), (1, True)])
@pytest.mark.parametrize("mark", [b"PK\3\4", b"PK\1\2"])
def test_so_many_signatures_are_kept(mark, more, cut):
    assert bool(Marks.find(memoryview(mark * (20 + more)), 20).cut) == cut


@pytest.mark.parametrize(("more", "cut"), [(0, False), (1, True)])
@pytest.mark.parametrize("mark", [b"PK\5\6", b"PK\6\6"])
def test_so_many_end_records_are_kept(mark, more, cut):
    assert bool(Marks.find(memoryview(mark * (TRIES + more)), 20).cut) == cut


@pytest.mark.parametrize(("entries", "cut"), [(21, False), (22, True)])
def test_twice_as_many_entries_are_read_as_there_may_be_parts(entries, cut, writer):
    made = writer()
    for number in range(entries):
        made.member(str(number))

    assert bool(plan_of(made.done(), parts=10).cut) == cut


def test_zips_stored_in_zips_however_deep_are_their_members_own(writer):
    octets = writer().member("a", b"x" * 1125).done()
    for level in range(18):
        octets = writer().member(f"n{level}.zip", octets, method=0).done()
        plan = plan_of(octets)

        assert names(plan) == [f"n{level}.zip"]
        assert list(plan.odd) == []
