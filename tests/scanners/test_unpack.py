"""The walk: order, numbers, limits, and what becomes of errors.

The readers and scanners of these tests are small ones of their own: a part's octets name
what it holds (see conftest.py).
"""

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.part import Member, Oddity, Reached
from pratique.scanners.report import NAME, NAMES


class Finder:
    """Finds "evil"."""

    name = "finder"

    def scan(self, part):
        if b"evil" in bytes(part.octets):
            yield facts.Facts(findings=[facts.Finding(name="evil", part=part.known.id)])


def test_parts_are_numbered_depth_first_and_know_their_place(walk):
    heard = walk(b"(a (b (c)) d)")

    assert [(part.id, part.parent, part.path, part.depth) for part in heard.parts.values()] == [
        (0, -1, "", 0),
        (1, 0, "0", 1),
        (2, 0, "1", 1),
        (3, 2, "1/0", 2),
        (4, 2, "1/1", 2),
        (5, 4, "1/1/0", 3),
        (6, 0, "2", 1),
    ]
    assert list(heard.parts[5].inside) == ["message", "box", "box"]
    assert heard.unopened() == {}


def test_the_message_itself_is_the_first_part(walk):
    heard = walk(b"(a)")

    root = heard.parts[0]
    assert (root.type, root.kind, root.size, list(root.inside)) == (
        "message/rfc822",
        "message",
        3,
        [],
    )
    assert root.sha256 == "f89bf797c3b1dda4ee48380783e5e979067686a6a9540c5a40e8d75ae5f3d199"


def test_the_message_as_a_whole_is_measured(walk):
    mail = walk(b"(a)").facts.mail

    assert (mail.size, mail.direction, mail.subject) == (3, "inbound", "s")
    assert mail.sha256.startswith("f89bf797c3b1")


def test_each_start_is_announced_before_the_work_and_scanners_come_in_order(walk):
    heard = walk(b"(a (b))", scanners=[Finder()])

    assert heard.started_in_order == [
        ("mail", 0),
        ("kinds", 0),
        ("finder", 0),
        ("box", 0),
        ("kinds", 1),
        ("finder", 1),
        ("kinds", 2),
        ("finder", 2),
        ("box", 2),
        ("kinds", 3),
        ("finder", 3),
    ]


def test_a_finding_goes_out_at_once_and_what_else_is_known_of_a_part_together(walk):
    heard = walk(b"(evil a)", scanners=[Finder()])

    assert [[part.id for part in found.parts] for found in heard.sent] == [[], [0], [], [1], [2]]
    assert [len(found.findings) for found in heard.sent] == [1, 0, 1, 0, 0]


class Raises:
    name = "raises"

    def scan(self, part):
        yield facts.Facts(findings=[facts.Finding(name="before")])
        raise ValueError("a bug of ours")


def test_an_error_in_a_scanner_is_stated_and_the_others_go_on(walk):
    heard = walk(b"(evil)", scanners=[Raises(), Finder()])

    assert heard.failures() == [
        ("scanner", number, "raises: ValueError: a bug of ours") for number in (0, 1)
    ]
    assert [finding.name for finding in heard.facts.findings] == ["before", "evil"] * 2
    assert heard.unopened() == {}


def test_an_error_in_a_reader_leaves_its_container_and_the_walk_goes_on(walk):
    heard = walk(b"(a (b bug c) d)")

    assert [part.name for part in heard.parts.values()][1:] == ["a", "(b bug c", "b", "d"]
    assert heard.unopened() == {2: "failure"}
    assert heard.failures() == [("reader", 2, "box: ZeroDivisionError: a bug of ours")]


class Refuses:
    name = "refuses"

    def recognize(self, part):
        raise ValueError("a bug of ours")


def test_an_error_while_recognizing_is_no_reason_to_skip_the_part(walk):
    heard = walk(b"(a)", readers=[Refuses()])

    assert heard.unopened() == {0: "failure"}
    assert heard.failures() == [("reader", 0, "refuses: ValueError: a bug of ours")]


def test_memory_that_runs_out_in_a_reader_is_a_limit(walk):
    heard = walk(b"(a (b memory) c)")

    assert heard.unopened() == {2: "over_budget"}
    assert heard.limits() == [("part_octets", 2)]
    assert heard.failures() == []


class Greedy:
    """Wants more memory than there is, in whatever it is asked."""

    name = "greedy"

    def scan(self, part):
        raise MemoryError

    def recognize(self, part):
        raise MemoryError


def test_memory_that_runs_out_in_a_scanner_is_a_limit(walk):
    heard = walk(b"(a)", scanners=[Greedy()])

    assert heard.unopened() == {0: "over_budget"}
    assert heard.limits() == [("part_octets", 0)]
    assert heard.failures() == []


def test_memory_that_runs_out_while_recognizing_is_a_limit(walk):
    heard = walk(b"(a)", readers=[Greedy()])

    assert heard.unopened() == {0: "over_budget"}
    assert heard.limits() == [("part_octets", 0)]
    assert heard.failures() == []


def test_a_limit_of_one_container_ends_that_container(walk):
    heard = walk(b"(a (b bomb c) d)")

    assert [part.name for part in heard.parts.values()][3:] == ["b", "d"]
    assert heard.unopened() == {2: "over_budget"}
    assert heard.limits() == [("ratio", 2)]


@pytest.mark.parametrize(("parts", "unopened"), [(6, {}), (5, {0: "over_budget"})])
def test_the_number_of_parts_is_limited(parts, unopened, walk):
    heard = walk(b"(a (b c) d)", parts=parts)

    assert len(heard.parts) == parts
    assert heard.unopened() == unopened
    assert [class_ for class_, _ in heard.limits()] == ["parts"][: len(unopened)]


def test_a_limit_of_the_whole_marks_only_what_had_not_come_to_its_end(walk):
    heard = walk(b"(a (b (c d)))", parts=6)

    assert heard.unopened() == {4: "over_budget"}


def test_a_limit_of_the_whole_marks_all_that_were_waiting(walk):
    heard = walk(b"(a (b (c d) e) f)", parts=6)

    assert heard.unopened() == {0: "over_budget", 2: "over_budget", 4: "over_budget"}
    assert heard.limits() == [("parts", 4)]


@pytest.mark.parametrize(("octets", "over"), [(3, False), (2, True)])
def test_all_octets_together_are_limited(octets, over, walk):
    heard = walk(b"(a b c)", octets=octets)

    assert (heard.unopened() == {0: "over_budget"}) == over
    assert len(heard.parts) == 4 - over


def test_time_that_runs_out_ends_the_walk_without_another_look(walk):
    ticks = iter(range(1000))
    heard = walk(b"(a (b c d e f))", clock=lambda: next(ticks), seconds=15)

    assert set(heard.unopened().values()) == {"over_budget"}
    assert set(heard.unopened()) == {0, 2}
    assert heard.limits() == [("seconds", 2)]


def test_a_message_for_which_there_is_no_time_at_all_is_over_budget(walk):
    ticks = iter([0, *[99] * 99])
    heard = walk(b"(a)", clock=lambda: next(ticks), seconds=1)

    assert heard.unopened() == {0: "over_budget"}


@pytest.mark.parametrize(("levels", "unopened"), [(2, {}), (1, {4: "over_budget"})])
def test_archives_in_archives_are_limited(levels, unopened, walk):
    heard = walk(b"(a (b (c)))", archive_depth=levels)

    assert heard.unopened() == unopened
    assert heard.limits() == [("depth", part) for part in unopened]


def test_a_member_that_comes_without_octets_is_stated_and_not_opened(walk):
    heard = walk(b"(huge a)")

    part = heard.parts[1]
    assert (part.unopened, part.why, part.size, part.sha256) == ("over_budget", "huge", -1, "")


def test_oddities_are_told_with_the_path_of_their_part(walk):
    heard = walk(b"(a (b odd c))")

    assert [(one.class_, one.where) for one in heard.facts.ambiguities] == [("extra_octets", "1")]


def test_a_reader_that_was_guilty_is_not_used_and_what_it_would_have_opened_says_so(walk):
    heard = walk(b"(a)", without=["box"])

    assert heard.unopened() == {0: "failure"}
    assert ("box", 0) not in heard.started_in_order


def test_a_scanner_that_was_guilty_is_not_used_and_that_is_a_failure(walk):
    heard = walk(b"(evil)", scanners=[Finder()], without=["finder"])

    assert list(heard.facts.findings) == []
    assert [(class_, part) for class_, part, _ in heard.failures()] == [("scanner", -1)]
    assert all(name != "finder" for name, _ in heard.started_in_order)


def test_without_the_scanner_that_tells_types_nothing_passes_as_seen(walk):
    heard = walk(b"(a)", without=["kinds"])

    assert heard.unopened() == {1: "failure"}


def test_the_reader_of_the_header_can_be_left_out_too(walk):
    heard = walk(b"(a)", without=["mail"])

    assert heard.facts.mail.size == 3
    assert heard.facts.mail.subject == ""
    assert [(class_, part) for class_, part, _ in heard.failures()] == [("reader", 0)]


class Gives:
    """Gives what it was made with, once."""

    name = "gives"

    def __init__(self, *found):
        self.found = found

    def recognize(self, part):
        return "whole" if part.known.id == 0 else ""

    def members(self, part, budget):
        yield from self.found


def test_a_member_can_hold_another_of_the_same_reader(walk):
    outer = Member("1")
    heard = walk(b"x", readers=[Gives(outer, Member("2", parent=outer), Oddity("nul", "", outer))])

    assert [(part.id, part.parent, part.path) for part in heard.parts.values()][1:] == [
        (1, 0, "1"),
        (2, 1, "1/2"),
    ]
    assert heard.facts.ambiguities[0].where == "1"


@pytest.mark.parametrize(("class_", "word"), [("depth", "over_budget"), ("header", "")])
def test_a_limit_before_one_member_marks_it_if_it_may_hide_parts(class_, word, walk):
    member = Member("1", memoryview(b"x"))
    heard = walk(b"x", readers=[Gives(member, Reached(class_, "", member), Member("2"))])

    assert heard.limits() == [(class_, 1)]
    assert heard.parts[1].unopened == word
    assert len(heard.parts) == 3


def test_a_reader_may_mark_the_container_that_it_cannot_read_on(walk):
    class Marks(Gives):
        def members(self, part, budget):
            yield Member("1")
            part.known.unopened, part.known.why = "unreadable", "cut off"

    heard = walk(b"x", readers=[Marks()])

    assert heard.unopened() == {0: "unreadable"}
    assert heard.parts[0].why == "cut off"


@pytest.mark.parametrize(
    ("word", "octets", "parts"),
    [
        ("unreadable", b"(a b)", 4),
        # What there is may be too much to look at, or locked.
        ("over_budget", b"(a b)", 2),
        ("pgp", b"(a b)", 2),
        ("unreadable", b"", 2),
    ],
)
def test_what_is_left_of_a_damaged_file_is_opened(word, octets, parts, walk, box):
    left = Member("1", memoryview(octets), unopened=word, why="cut off")
    heard = walk(b"x", readers=[Gives(left), box])

    assert len(heard.parts) == parts
    assert heard.unopened() == {1: word}


@pytest.mark.parametrize(("length", "count", "limits"), [(NAME, NAMES, 0), (NAME + 1, NAMES, 1)])
def test_names_are_limited(length, count, limits, walk):
    member = Member("1", name="n" * length, names=("x",) * count)
    heard = walk(b"x", readers=[Gives(member)])

    assert len(heard.limits()) == limits
    assert len(heard.parts[1].name) <= NAME
    assert len(heard.parts[1].names) <= NAMES


def test_names_that_are_no_unicode_are_no_error(walk):
    heard = walk(b"x", readers=[Gives(Member("\ud800", name="\udfff", why="\ud800"))])

    assert heard.failures() == []
    assert heard.parts[1].name == "?"


def test_octets_of_a_member_are_let_go_once_it_is_seen(walk):
    member = Member("1", memoryview(b"abc"))
    heard = walk(b"x", readers=[Gives(member)])

    assert heard.parts[1].size == 3
    assert len(member.octets) == 0
