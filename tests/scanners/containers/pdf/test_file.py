"""Objects of a PDF, wherever they stand and whatever its tables say."""

import re
import zlib
from random import Random

import pytest

from pratique.scanners.budget import Budget, Limits, OverBudget
from pratique.scanners.containers.gather import Damaged, Gather
from pratique.scanners.containers.pdf.file import OBJECTS, File, _interesting

STREAM = b"1 0 obj\n<</Type/EmbeddedFile/Length %b>>stream\r\n%b\r\nendstream\nendobj\n"


def read(octets: bytes, budget: Budget) -> File:
    file = File(octets, budget)
    file.read()
    return file


def streams(file: File) -> list[bytes]:
    return [b"".join(file.pieces(one)) for one in file.objects if one.start >= 0]


@pytest.mark.parametrize("length", [b"3", b"7 0 R", b"99", b"1", b"-5", b"/x"])
def test_a_stream_ends_where_its_length_says_or_where_it_says_itself(length, budget):
    octets = b"7 0 obj 3 endobj " + STREAM % (length, b"abc")

    assert streams(read(octets, budget)) == [b"abc"]


def test_a_length_may_reach_over_what_looks_like_an_end(budget):
    inside = b"abc endstream endobj 2 0 obj"

    assert streams(read(STREAM % (b"%d" % len(inside), inside), budget)) == [inside]


def test_a_stream_without_an_end_is_what_is_there_and_is_cut(budget):
    file = read(b"1 0 obj<</Length 100>>stream\nabc", budget)

    assert streams(file) == [b"abc"]
    assert file.objects[0].cut


def test_each_revision_of_an_object_is_there(budget):
    octets = STREAM % (b"1", b"a") + STREAM % (b"1", b"b")

    assert streams(read(octets, budget)) == [b"a", b"b"]


def ignore(_: bytes) -> None:
    """Look at no object stream."""


def packed(count: int, first: int, text: bytes) -> bytes:
    octets = zlib.compress(text)
    words = b"/Type/ObjStm/N %d/First %d/Filter/FlateDecode/Length %d" % (count, first, len(octets))
    return b"9 0 obj<<%b>>stream\n%b\nendstream endobj" % (words, octets)


def test_objects_in_an_object_stream_are_objects(budget):
    file = read(packed(2, 8, b"4 0 5 9 <</JS(a)>><</EF 1>>"), budget)

    shown = []
    assert list(file.unpack(Gather(budget, 100), shown.append)) == []
    assert shown == [b"4 0 5 9 <</JS(a)>><</EF 1>>"]
    assert [one.values for one in file.objects if one.packed] == [{"JS": b"a"}, {"EF": 1}]
    assert [one.ref.number for one in file.objects if one.packed] == [4, 5]


def test_an_object_stream_that_is_damaged_says_so(budget):
    file = read(packed(2, 8, b"4 0 5 9 <</JS(a)>>").replace(b"x\x9c", b"x\x9c\xff\xff"), budget)

    assert list(file.unpack(Gather(budget, 100), ignore))


@pytest.mark.slow
@pytest.mark.parametrize(
    "octets",
    [b"stream " * 30_000, b"obj /JS " * 3_000, b"1 0 obj (" * 10_000, b"1 0 obj /EF " * 3_000],
)
def test_words_of_interest_by_the_thousand_end_soon(octets, budget):
    read(octets, budget)


@pytest.mark.parametrize("head", [b"4 0 4 0 ", b"9 99999 ", b"a b c ", b"-1 -1 "])
def test_places_that_cannot_be_are_no_error(head, budget):
    file = read(packed(2, 8, head + b"<</JS(a)>>"), budget)
    list(file.unpack(Gather(budget, 100), ignore))


def test_a_million_objects_of_no_interest_cost_next_to_nothing(budget):
    octets = b"".join(b"%d 0 obj<</A 1>>endobj\n" % number for number in range(20_000))

    assert read(octets, budget).objects == []


@pytest.mark.slow
def test_so_many_objects_of_interest_and_no_more():
    one = b"1 0 obj/JS "

    assert len(read(one * OBJECTS, Budget(Limits())).objects) == OBJECTS
    with pytest.raises(OverBudget, match="PDF"):
        read(one * (OBJECTS + 1), Budget(Limits()))


@pytest.mark.parametrize("octets", [b"trailer<</Encrypt 4 0 R>>", b"trailer<</Encrypt/x>>"])
def test_a_lock_that_is_not_there_is_damage(octets, budget):
    file = read(octets, budget)
    with pytest.raises(Damaged):
        file.find_lock()


def test_the_clock_is_looked_at():
    times = iter(range(1000))
    budget = Budget(Limits(seconds=5), clock=lambda: float(next(times)))
    with pytest.raises(OverBudget):
        read(b"1 0 obj<</JS(a)>>endobj " * 100, budget)


# What `_interesting` looks for, as one pattern.
INTEREST = re.compile(
    rb"(?<!end)stream|/(?:EF|JS|UF|Names|Launch|Win|Encrypt|XFA)\b"
    rb"|/[A-Za-z0-9]{0,32}#[0-9A-Fa-f]{2}"
)
PIECES = [
    b"stream",
    b"endstream",
    b"end",
    b"/",
    b"/EF",
    b"/JS",
    b"#",
    b" ",
    b"x",
    b"\n",
    b"/a#b",
    b"#4a",
    b"<",
]


def test_what_is_of_interest_is_found_in_one_order_and_not_twice():
    random = Random("interest")
    for _ in range(3000):
        octets = b"".join(random.choices(PIECES, k=random.randrange(1, 14)))

        assert list(_interesting(octets)) == [one.start() for one in INTEREST.finditer(octets)]


@pytest.mark.parametrize(
    "decoy",
    [
        b"/T (1 0 obj)",
        b"/T (1 0 obj null endobj 2 0 obj)",
        b"/T (endobj 1 0 obj [<)",
        b"/T (1 0 obj [%)",
        b"/T (a (b (c 1 0 obj)))",
        b"/T (1 0 obj \\()",
        b"/T (endobj) /U (stream\n1 0 obj)",
        b"/T 1 0 obj",
        b"/T <% (> 1 0 obj",
        b"% 1 0 obj\n",
        b"% endobj 1 0 obj [%\n",
    ],
)
def test_what_only_looks_like_an_object_hides_nothing(decoy, budget):
    """To a reader that follows the file's table it is a string, a comment, or nothing."""
    scripted = b"5 0 obj<<" + decoy + b"/JS(a)>>endobj\n"
    attached = b"6 0 obj<<" + decoy + b"/Length 3>>stream\nabc\nendstream endobj"
    file = read(scripted + attached, budget)

    assert [one.values["JS"] for one in file.objects if one.ref.number == 5] == [b"a"]
    assert [b"".join(file.pieces(one)) for one in file.objects if one.ref.number == 6] == [b"abc"]
