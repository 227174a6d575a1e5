"""One member of a zip file, by each word of its tables."""

import pytest

from pratique.scanners.budget import Budget, Limits, OverBudget
from pratique.scanners.containers.gather import Gather
from pratique.scanners.containers.zip.content import Contents
from pratique.scanners.containers.zip.members import READINGS, Place
from pratique.scanners.containers.zip.plan import Plan
from pratique.scanners.containers.zip.tables import header
from pratique.scanners.keys import Keys

TEXT = b"The quick brown fox jumps over the lazy dog.\r\n" * 20


@pytest.fixture
def contents():
    """What the first place of a file holds."""

    def of(octets, *words, limits=None):
        view, gather = memoryview(octets), Gather(Budget(limits or Limits()), len(octets))
        plan = Plan(view, 1000)
        keys = Keys(words) if words else None
        return Contents(view, gather, plan, keys).of(plan.places[0])

    return of


@pytest.fixture
def member(sample):
    def made(text=TEXT, **said):
        return sample("zip").Writer().member("a", text, **said).done()

    return made


def test_an_honest_member_has_one_content_that_is_right(contents, member):
    (content,) = contents(member())

    assert (bytes(content.octets), content.right, content.lie) == (TEXT, True, "")


@pytest.mark.parametrize("table", ["header", "entry"])
@pytest.mark.parametrize(
    "said",
    [{"method": 0}, {"method": 12}, {"method": 77}, {"packed": 9}, {"size": 9}, {"flags": 1}],
    ids=str,
)
def test_where_one_table_lies_the_text_comes_first(table, said, contents, member):
    assert contents(member(**{table: said}))[0].octets == TEXT


@pytest.mark.parametrize("method", [0, 12, 77])
def test_where_both_tables_lie_of_the_method_the_text_is_found(method, contents, member):
    said = {"method": method}
    first = contents(member(header=said, entry=said))[0]

    assert (bytes(first.octets), first.lie, first.right) == (TEXT, "method", True)


@pytest.mark.parametrize("flags", [1, 1 | 8])
def test_a_flag_of_encryption_that_lies_hides_nothing(flags, contents, member):
    first = contents(member(header={"flags": flags}, entry={"flags": flags}))[0]

    assert (bytes(first.octets), first.lie, first.unopened) == (TEXT, "encryption", "")


def test_what_is_stored_is_given_by_both_lengths(contents, member):
    found = contents(member(method=0, header={"packed": 5, "size": 5}))

    assert [bytes(each.octets) for each in found] == [TEXT, TEXT[:5]]


def test_what_no_method_reads_is_given_as_it_lies(contents, member):
    said = {"method": 8, "sum": 1}
    found = contents(member(b"\xff" * 50, method=0, header=said, entry=said))

    assert [(each.unopened, bytes(each.octets)) for each in found] == [
        ("unreadable", b""),
        ("", b"\xff" * 50),
    ]


def test_a_method_of_others_names_itself(contents, member):
    said = {"method": 6}
    (content,) = contents(member(header=said, entry=said))

    assert content.unopened == "needs_program"
    assert "Implode" in content.why


@pytest.mark.parametrize(("readings", "lie"), [(READINGS, False), (READINGS + 1, True)])
def test_so_many_readings_are_tried(readings, lie, contents, sample):
    writer = sample("zip").Writer().member("a", TEXT, entry={"method": 200})
    entry = writer.entries[0]
    for method in range(201, 200 + readings - 1):
        writer.entries.append(entry[:10] + bytes([method, 0]) + entry[12:])
    found = contents(writer.done())

    assert found[0].octets == TEXT
    assert bool(found[0].lie) == lie


def test_a_locked_member_is_opened_by_the_first_right_word(contents, sample):
    octets = sample("zip").zip_crypto("a", TEXT, b"secret")

    (content,) = contents(octets, "wrong", "secret", "other")
    assert (bytes(content.octets), content.password, content.right) == (TEXT, "secret", True)
    (content,) = contents(octets, "wrong")
    assert (content.unopened, len(content.octets)) == ("archive_password", 0)
    assert content.over is None
    (content,) = contents(octets)
    assert content.unopened == "archive_password"


def test_words_that_were_not_all_tried_are_stated(contents, sample):
    octets = sample("zip").zip_crypto("a", TEXT, b"secret")
    (content,) = contents(octets, *map(str, range(1000)))

    assert content.over.class_ == "passwords"


def test_of_words_that_seem_right_the_checksum_tells_which_is(contents, sample):
    locked = sample("zip").zip_crypto("a", TEXT, b"secret")
    # One octet proves a word: one in 256 wrong ones passes.
    (content,) = contents(locked, *(f"w{number}" for number in range(150)), "secret")
    assert (content.password, bytes(content.octets)) == ("secret", TEXT)


def test_a_limit_stops_at_the_member_and_no_octet_is_kept(contents, member):
    (at,) = contents(member(), limits=Limits(part_octets=len(TEXT)))
    (past,) = contents(member(), limits=Limits(part_octets=len(TEXT) - 1))

    assert at.octets == TEXT
    assert (past.unopened, past.over.class_, len(past.octets)) == ("over_budget", "part_octets", 0)


def test_a_limit_of_the_message_stops_all(contents, member):
    with pytest.raises(OverBudget):
        contents(member(), limits=Limits(octets=len(TEXT) - 1))


def test_a_size_that_cannot_be_is_not_believed(contents, member):
    said = {"size": 1 << 31}
    assert contents(member(header=said, entry=said))[0].octets == TEXT


@pytest.mark.parametrize("inner", [b"", b"PK\7\x08" + bytes(12), b"PK\3\4" + bytes(30)])
def test_a_stored_stream_without_a_directory_ends_at_its_descriptor(inner, sample):
    text = b"hello" + inner + b"there"
    descriptor = b"PK\7\x08" + bytes(4) + len(text).to_bytes(4, "little") * 2
    octets = sample("zip").Writer().member("a", text, method=0, descriptor=descriptor).body
    view = memoryview(octets + b"PK\3\4")
    plan = Plan(view, 1000)
    contents = Contents(view, Gather(Budget(Limits()), len(view)), plan, None)
    assert contents.of(Place(0, header(view, 0)))[0].octets == text
