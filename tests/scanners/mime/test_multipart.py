"""A multipart is cut in one pass, at any depth, and what others would cut is found too."""

import pytest

from pratique.scanners.budget import Budget, Limits, OverBudget
from pratique.scanners.mime.multipart import Cutter, Note


def entities(message, **limits):
    found = Cutter(message, Budget(Limits(**limits))).entities(0, depth=0)
    return [each for each in found if not isinstance(each, Note)]


def bodies(octets):
    """The bodies of the leaves, each with its view."""
    return [
        (octets[each.header.body : each.end], each.view)
        for each in entities(octets)
        if not each.is_multipart
    ]


def multipart(body, boundary=b"b", more=b""):
    return b"Content-Type: multipart/mixed; boundary=" + boundary + more + b"\r\n\r\n" + body


def nested(levels, end=b"\r\n\r\nleaf"):
    parts = [multipart(b"--b%d\r\n" % number, b"b%d" % number) for number in range(levels)]
    return b"".join(parts) + end


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (b"--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\n", [b"one", b"two"]),
        (b"--b\n\none\n--b\n\ntwo\n--b--\n", [b"one", b"two"]),
        (b"preamble\r\n--b\r\n\r\none\r\n--b--\r\nepilogue\r\n", [b"one"]),
        (b"--b \t\r\n\r\none\r\n--b-- \r\n", [b"one"]),
        (
            b"--b\r\n\r\none\r\n--bb\r\n--b-\r\n-- \r\n --b\r\n--b--",
            [b"one\r\n--bb\r\n--b-\r\n-- \r\n --b"],
        ),
        (b"--b\r\n\r\none\r\n", [b"one\r\n"]),
        (b"--b\r\n\r\none", [b"one"]),
        (b"--b\r\nA: b\r\n--b\r\n\r\ntwo\r\n--b--", [b"", b"two"]),
        (b"--b\r\n--b\r\n\r\ntwo\r\n--b--", [b"", b"two"]),
        (b"--b\r\n\r\n\r\n--b--", [b""]),
        (b"--b\r\ntext without a header\r\n--b--", [b"text without a header"]),
    ],
)
def test_the_leaves_are_what_stands_between_the_delimiters(body, wanted):
    assert bodies(multipart(body)) == [(each, "standard") for each in wanted]


@pytest.mark.parametrize(
    "boundary", [b'"b"', b'"b "', b"b; charset=x", b"b\r\n\t", b'"\\b"', b'b; boundary="b"']
)
def test_a_boundary_is_found_however_it_is_written(boundary):
    assert bodies(multipart(b"--b\r\n\r\none\r\n--b--", boundary)) == [(b"one", "standard")]


def test_a_boundary_may_begin_as_another_does_and_end_in_dashes():
    inner = multipart(b"--bb--\r\n\r\none\r\n--bb----\r\n", b"bb--")

    assert bodies(multipart(b"--b\r\n" + inner + b"--b\r\n\r\ntwo\r\n--b--")) == [
        (b"one", "standard"),
        (b"two", "standard"),
    ]


def test_an_outer_delimiter_ends_inner_multiparts_that_were_left_open():
    octets = multipart(
        b"--b\r\n" + multipart(b"--c\r\n\r\none\r\n", b"c") + b"--b\r\n\r\ntwo\r\n--b--"
    )

    assert bodies(octets) == [(b"one", "standard"), (b"two", "standard")]
    assert [each.depth for each in entities(octets)] == [0, 1, 2, 1]


def test_parts_are_numbered_among_their_neighbours():
    octets = multipart(
        b"--b\r\n\r\n1\r\n--b\r\n"
        + multipart(b"--c\r\n\r\n1\r\n--c\r\n\r\n2\r\n--c--\r\n", b"c")
        + b"--b\r\n\r\n3"
    )

    assert [each.number for each in entities(octets)[1:]] == [1, 2, 1, 2, 3]


def test_an_inner_multipart_with_the_outers_boundary_is_told():
    octets = multipart(
        b"--b\r\n" + multipart(b"--b\r\n\r\none\r\n--b--\r\n--b\r\n\r\ntwo\r\n--b--")
    )

    assert [each.odd[0].class_ for each in entities(octets) if each.odd] == ["nested_boundary"]
    assert [body for body, _ in bodies(octets)] == [b"one", b"two"]


def test_what_stands_outside_of_the_delimiters_is_kept():
    octets = multipart(b"before\r\n--b\r\n\r\none\r\n--b--\r\nbehind\r\n")
    cutter = Cutter(octets, Budget(Limits()))

    list(cutter.entities(0, depth=0))

    assert [octets[each.start : each.end] for each in cutter.gaps] == [b"before\r\n", b"behind\r\n"]


@pytest.mark.parametrize("blank", [b"", b"\r\n", b" \r\n\r\n"])
def test_what_is_blank_outside_of_the_delimiters_is_not(blank):
    cutter = Cutter(multipart(blank + b"--b\r\n\r\none\r\n--b--\r\n" + blank), Budget(Limits()))

    list(cutter.entities(0, depth=0))

    assert cutter.gaps == []


def test_a_multipart_that_an_outer_delimiter_ended_is_told():
    inner = multipart(b"--c\r\n\r\none\r\n", b"c")
    cutter = Cutter(multipart(b"--b\r\n" + inner + b"--b\r\n\r\ntwo\r\n"), Budget(Limits()))

    notes = [each for each in cutter.entities(0, depth=0) if isinstance(each, Note)]

    assert [(each.entity.number, each.odd.class_) for each in notes] == [(1, "unclosed_multipart")]


def test_an_inner_multipart_that_a_middle_ones_last_delimiter_ends_is_not_closed():
    inner = b"Content-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\none\r\n"
    middle = b"Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n" + inner + b"--m--\r\n"
    message = multipart(b"--b\r\n" + middle + b"--b\r\n\r\ntwo\r\n--b--\r\n")
    cutter = Cutter(message, Budget(Limits()))

    notes = [each for each in cutter.entities(0, depth=0) if isinstance(each, Note)]

    assert [each.odd.class_ for each in notes] == ["unclosed_multipart"]


def test_an_inner_multipart_that_the_last_delimiter_of_all_ends_hides_nothing():
    inner = b"Content-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\none\r\n"
    cutter = Cutter(multipart(b"--b\r\n" + inner + b"--b--\r\n"), Budget(Limits()))

    assert [each for each in cutter.entities(0, depth=0) if isinstance(each, Note)] == []


@pytest.mark.parametrize(
    "body",
    [
        b"A multi-part message in MIME format.\r\n--b\r\n\r\none\r\n--b--\r\n-- \r\nThe list",
        b"--b\r\n\r\none\r\n--b--\r\n--x\r\nno field\r\n",
        b"--b\r\n\r\none\r\n--b--\r\n\r\n",
    ],
)
def test_an_honest_preamble_and_epilogue_are_left_alone(body):
    found = list(Cutter(multipart(body), Budget(Limits())).entities(0, depth=0))

    assert not [each for each in found if isinstance(each, Note)]
    assert len(found) == 2


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (b"Content-Type: multipart/mixed\r\n\r\nall\r\n", "missing_boundary"),
        (b'Content-Type: multipart/mixed; boundary=""\r\n\r\nall\r\n', "missing_boundary"),
        (multipart(b"all\r\n"), "unused_boundary"),
        (multipart(b"all\r\n--b--"), "unused_boundary"),
    ],
)
def test_a_multipart_in_which_nothing_is_found_gives_its_whole_body(octets, why):
    (leaf,) = [each for each in entities(octets) if each.uncut]

    assert leaf.uncut == why
    assert octets[leaf.header.body : leaf.end].startswith(b"all")


def test_as_many_levels_as_allowed_are_opened():
    inside = [each for each in entities(nested(11), mime_depth=10) if each.uncut == "depth"]
    beyond = [each for each in entities(nested(12), mime_depth=10) if each.uncut == "depth"]

    assert (len(inside), len(beyond)) == (0, 1)


@pytest.mark.slow
def test_three_hundred_levels_around_a_large_body_are_searched_once():
    octets = nested(300, b"\r\n\r\n" + b"some text that is long enough\r\n--\r\n" * 300_000)

    # The message, a hundred levels, the one that is not opened, and what stands in it.
    assert len(entities(octets)) == 103


@pytest.mark.slow
def test_a_hundred_thousand_parts_are_given_one_by_one():
    octets = multipart(b"--b\r\n\r\nx\r\n" * 100_000)
    found = Cutter(octets, Budget(Limits())).entities(0, depth=0)

    taken = [next(found).number for _ in range(1001)]

    assert taken[-1] == 1000


def test_lines_that_look_like_delimiters_do_not_hold_the_clock():
    budget = Budget(Limits(seconds=0), clock=iter(range(10**9)).__next__)

    with pytest.raises(OverBudget) as over:
        list(Cutter(multipart(b"--bx\r\n" * 2000), budget).entities(0, depth=0))
    assert over.value.class_ == "seconds"


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b" \t\r\n"])
def test_a_delimiter_after_very_many_lines_that_look_like_one_is_found(end, read):
    filler = b"--x\n" * 3000

    seen = read(
        b"Content-Type: multipart/mixed; boundary=b\n\n"
        + filler
        + b"--b"
        + end
        + b"\n"
        + filler
        + b"--b"
        + end
        + b"\ntwo\n"
        + filler
        + b"--b--"
        + end
        + filler
    )

    assert seen.paths == ["1", "2"]
    assert seen.octets("2").startswith(b"two")
