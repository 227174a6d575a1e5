"""The file of a list: an entry a line, and what is wrong is told with its line."""

from datetime import date

import pytest

from pratique.policies.lists.list_text import MOST_TOLD, Around, earlier, is_day, read_lines
from pratique.policies.lists.named import List

AROUND = Around("addresses", "a.txt", "ann", "firmware")


def read(text, kind="addresses", **more):
    found = read_lines(text, Around(kind, "a.txt", "ann", "firmware"), **more)
    return found, List("l", kind, written=found.lines, table=found.table)


def test_a_file_has_entries_comments_and_what_belongs_to_an_entry():
    text = (
        "# partners\r\n\r\nann@x.example\r\n  @b.example ; owner=bob; reason=ticket 4711; "
        "expires=2027-01-15\r\nbob@x.example  # until he leaves\r\na#b@x.example\r\n#"
    )
    found, listed = read(text)
    assert found.slips == []
    assert found.ages
    assert len(listed) == 4
    entry = listed.entry("c@b.example")
    said = entry.text, entry.owner, entry.reason, entry.expires, entry.file, entry.line
    assert said == ("@b.example", "bob", "ticket 4711", date(2027, 1, 15), "a.txt", 4)
    entry = listed.entry("bob@x.example")
    assert (entry.text, entry.owner, entry.reason) == ("bob@x.example", "ann", "firmware")
    assert (entry.line, entry.expires) == (5, None)
    assert listed.entry("a#b@x.example").line == 6
    assert listed.entry("partners@x.example") is None


def test_texts_may_have_signs_of_their_own():
    found, listed = read("a; b\n# no text\nc # d\ne ; reason=x; y=z", "texts")
    assert [slip.line for slip in found.slips] == [4]
    found, listed = read("a; b\n# no text\nc # d\ne ; reason=x=y", "texts")
    assert found.slips == []
    assert [listed.holds(text) for text in ("a; b", "c # d", "e", "a", "c")] == [1, 1, 1, 0, 0]
    assert listed.entry("e").reason == "x=y"


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ("x.example", "no address", "everybody there"),
        ("a@b.example ; owner", "`owner` has no name", "owner=bob"),
        ("a@b.example ; who=bob", "`who` is no owner", "owner=bob"),
        ("a@b.example ; owner=", "`owner` is empty", "owner=bob"),
        ("a@b.example ; owner=a; owner=b", "stands twice", "owner=bob"),
        ("a@b.example ; expires=15.1.2027", "no day", "expires=2027-01-15"),
        ("a@b.example ; expires=2027-02-30", "no day", "expires=2027-01-15"),
        ("a@b.example ; expires=20270115", "no day", "expires=2027-01-15"),
        ("; owner=bob", "no address", ""),
        ("ann@x.example ; owner=bob", "stands on line 2 too", "leave one"),
        ("a b@x.example", "no address", "one address"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_would_be_right(line, message, hint):
    found, _ = read(f"# one\nANN@x.example\n\n  {line}\nbob@x.example\n")
    (slip,) = found.slips
    assert (slip.line, slip.column) == (4, 3)
    assert message in slip.message
    assert hint in slip.hint


def test_the_same_line_twice_adds_nothing_and_is_no_mistake():
    found, listed = read("ann@x.example\nAnn@x.example # again\nann@x.example\n" * 50)
    assert found.slips == []
    assert len(listed) == 1


@pytest.mark.parametrize("more", [0, 1])
def test_a_list_has_most_entries(more):
    text = "# more\n" + "".join(f"a{number}@x.example\n" for number in range(5 + more))
    found, listed = read(text, most=5)
    assert len(listed) == 5
    if more:
        (slip,) = found.slips
        assert (slip.line, "at most 5 entries" in slip.message) == (7, True)
    else:
        assert found.slips == []


@pytest.mark.parametrize("wrong", [MOST_TOLD - 1, MOST_TOLD, MOST_TOLD + 1])
def test_of_a_wrong_file_the_first_mistakes_are_told(wrong):
    found, _ = read("nobody\n" * wrong)
    assert len(found.slips) == min(wrong, MOST_TOLD)


def test_a_line_is_found_behind_others_that_are_no_ascii():
    found, listed = read("# grüße\n\nann@bücher.example\nß@x.example\nbob@x.example", "addresses")
    assert found.slips == []
    assert listed.entry("bob@x.example").line == 5
    assert listed.entry("ann@xn--bcher-kva.example").text == "ann@bücher.example"
    assert listed.entry("ß@x.example").line == 4


def test_networks_know_their_lengths_and_whether_they_are_somebodys():
    found, _ = read("10.0.0.0/8\n192.0.2.1\n2001:db8::/32\n", "networks")
    assert (found.networks, found.is_whole) == ({"4/8", "4/32", "6/32"}, True)
    assert not read("10.0.0.0/8\n0.0.0.0/0\n", "networks")[0].is_whole
    assert not read(".example\n", "domains")[0].is_whole


def test_the_earlier_day_counts():
    one, other = date(2027, 1, 1), date(2027, 1, 2)
    assert earlier(one, other) == earlier(other, one) == earlier(one, None) == one
    assert earlier(None, other) == other
    assert earlier(None, None) is None
    assert is_day("2027-01-15")
    assert not is_day("2027-1-15")
