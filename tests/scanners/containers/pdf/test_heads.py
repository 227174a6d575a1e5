"""Where objects begin, and how far each reaches, strings and comments being what they are."""

import pytest

from pratique.scanners.budget import Budget, Limits, OverBudget
from pratique.scanners.containers.pdf.heads import LONGEST, SPARE, Heads, head


def over(octets, word=b"/JS"):
    """Numbers of the objects that reach over a word."""
    budget = Budget(Limits())
    return [ref.number for ref, _ in Heads(octets, budget).over(octets.index(word))]


@pytest.mark.parametrize(
    ("octets", "number"),
    [
        (b"7 0 obj", 7), (b"7 0obj", 7), (b"7 0 %a\n obj", 7), (b"17 0 obj", 17),
        (b"obj", None), (b"endobj", None), (b"a 0 obj", None), (b"0 obj", None),
        (b"7" + b" " * 256 + b"0 obj", 7), (b"7" + b" " * 257 + b"0 obj", None),
    ],
)  # fmt: skip
def test_a_head_is_two_numbers_and_a_word(octets, number):
    found = head(octets, 0, len(octets) - 3)

    assert (found.number if found is not None else None) == number


@pytest.mark.parametrize(
    ("octets", "numbers"),
    [
        (b"1 0 obj<</A 1>>endobj 2 0 obj<</JS(a)>>endobj", [2]),
        (b"1 0 obj<</A 1>> 2 0 obj<</JS(a)>>", [2]),
        (b"1 0 obj<</A<<>>/B[[]<<>>]/JS(a)>>", [1]),
        (b"1 0 obj[/A/JS]", [1]),
        (b"1 0 obj %a\n << /JS", [1]),
        (b"1 0 obj<</A(>>)/B<3e3e>%>>\n/C(((>>)))/D(\\)>>)/JS(a)>>", [1]),
        (b"1 0 obj<</A(2 0 obj)/JS(a)>>", [1]),
        (b"1 0 obj<</A(2 0 obj<<)/JS(a)>>", [1, 2]),
        (b"1 0 obj<</A(2 0 obj<<<)/JS(a)>>", [1, 2]),
        (b"1 0 obj<</A(/JS(a)>>", []),
        (b"1 0 obj<</A 1 endobj 2 0 obj<</JS(a)>>", [2]),
        (b"1 0 obj<</endobj 1/JS(a)>>", [1]),
        (b"1 0 obj 5 endobj<</JS(a)>>", []),
        (b"1 0 obj(a)/JS", []),
    ],
)
def test_an_object_reaches_to_the_end_of_its_value(octets, numbers):
    assert over(octets) == numbers


def test_an_object_reaches_up_to_its_stream_and_not_into_it():
    octets = b"1 0 obj<</A 1>>%a\n stream\n/JS endstream"

    assert over(octets, b"stream") == [1]
    assert over(octets) == []


def test_each_object_is_given_once():
    octets = b"1 0 obj<</JS(a)/UF(b)>>"
    heads = Heads(octets, Budget(Limits()))

    assert [ref.number for ref, begin in heads.over(octets.index(b"/JS"))] == [1]
    assert list(heads.over(octets.index(b"/UF"))) == []


@pytest.mark.parametrize(("octets", "numbers"), [(LONGEST - 2, [1]), (LONGEST - 1, [])])
def test_of_one_object_so_much_is_read_and_no_more(octets, numbers):
    assert over(b"1 0 obj<<" + b" " * (octets - 3) + b"(a)/JS(a)>>") == numbers


def nested(count):
    """Objects in comments of one another, each of which reaches as far as one may."""
    return b"1 0 obj<</A%\n" * count + b"(" + b"a" * 1000 + b")" + b"/JS(a)"


@pytest.mark.parametrize("count", [50, 100])
def test_objects_that_lie_in_one_another_are_read_up_to_a_limit(count):
    assert len(over(nested(count))) == count


def test_where_too_many_lie_in_one_another_that_is_a_limit():
    octets = b"1 0 obj<</A[" + b" " * 1000
    with pytest.raises(OverBudget, match="in one another"):
        over(octets * (2 * SPARE // 40_000) + b"/JS")


@pytest.mark.parametrize("octets", [b"1 0 obj (", b"1 0 obj<", b"1 0 obj "])
def test_what_never_ends_soon_does(octets):
    list(Heads(octets * 5000, Budget(Limits())).over(len(octets) * 5000))


@pytest.mark.slow
@pytest.mark.parametrize("octets", [b"1 0 obj<<(", b"1 0 obj[", b"1 0 obj<<(()", b"1 0 obj<<%"])
def test_what_is_read_again_and_again_ends_by_the_limit(octets):
    with pytest.raises(OverBudget, match="in one another"):
        list(Heads(octets * 20_000, Budget(Limits())).over(len(octets) * 20_000))


def test_a_writer_that_forgets_to_escape_is_no_attack():
    octets = b"1 0 obj<</T(a (b)>>endobj " + b"/JS" + b" " * 3000
    file = octets * 50

    assert list(Heads(file, Budget(Limits())).over(len(file))) == []
