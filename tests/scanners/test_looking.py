"""Whom a part is shown to; followers that begin with the first part that concerns them.

A message of these tests is "(a (b) PDF)": brackets are archives, words are texts, and a word
in capitals is a document of that extension.
"""

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import wall_pb2 as wall
from pratique.scanners.budget import Budget, Limits
from pratique.scanners.looking import KEPT, Lookers, Looking
from pratique.scanners.part import NO_PART, Message, Part, Signs
from pratique.scanners.report import Report


class Tells:
    """Says what a part is, as no later one has to."""

    name = "tells"

    def scan(self, part):
        kind = "document" if bytes(part.octets).isupper() else "text"
        yield facts.Facts(parts=[facts.Part(kind=kind)])


class All:
    name = "all"

    def scan(self, part):
        yield facts.Facts(findings=[facts.Finding(name=part.known.kind, part=part.known.id)])


class Documents(All):
    name = "documents"
    signs = Signs(kinds=frozenset({"document"}))


class Named(All):
    name = "named"
    signs = Signs(extensions=frozenset({"pdf"}), declared=frozenset({"a/b"}))


class Follows:
    """Follows from the first document on, and says at the end what it saw."""

    name = "follows"
    signs = Signs(kinds=frozenset({"document"}))
    made = 0

    def __init__(self, message):
        type(self).made += 1
        self.seen = []

    def scan(self, part):
        self.seen.append(part.known)
        return iter(())

    def conclude(self):
        for known in self.seen:
            stated = facts.Part(id=known.id, why="seen")
            yield facts.Facts(parts=[stated])


class Always(Follows):
    name = "always"
    signs = None


@pytest.fixture
def look(listen):
    """Show parts one after the other; give what was announced, and the parts at the end."""

    def looked(octets, scanners=(), followers=(), *, without=(), limits=None, **known):
        heard, budget = listen(), Budget(limits or Limits())
        message = Message(memoryview(b""), facts.Envelope(), facts.Mail(), budget)
        lookers = Lookers([Tells(), *scanners], followers).without(frozenset(without))
        report = Report(heard)
        looking = Looking(lookers, message, report)
        parts = {}
        for number, each in enumerate(octets):
            parts[number] = facts.Part(id=number, **known)
            looking.look(Part(parts[number], memoryview(each)))
        looking.conclude(parts)
        report.send()
        return heard, parts

    return looked


def announced(heard, name):
    return [number for who, number in heard.started_in_order if who == name]


def test_a_scanner_is_shown_what_concerns_it_and_is_announced_for_nothing_else(look):
    heard, _ = look([b"a", b"PDF", b"b"], [Documents(), All()])

    assert announced(heard, "documents") == [1]
    assert announced(heard, "all") == [0, 1, 2]
    assert [one.part for one in heard.facts.findings] == [0, 1, 1, 2]


def test_what_is_said_of_a_part_is_known_before_anybody_is_chosen(look):
    heard, _ = look([b"PDF"], [Documents()])

    assert heard.started_in_order == [("tells", 0), ("documents", 0)]
    assert [one.name for one in heard.facts.findings] == ["document"]


@pytest.mark.parametrize(
    ("known", "shown"),
    [({"name": "a.PDF"}, [0]), ({"names": ["b.pdf"]}, [0]), ({"declared_type": "a/b"}, [0]),
     ({"name": "pdf"}, [])],
)  # fmt: skip
def test_a_name_or_a_declared_type_may_be_the_sign(known, shown, look):
    heard, _ = look([b"a"], [Named()], **known)

    assert announced(heard, "named") == shown


def test_a_follower_sees_all_from_the_first_part_on_that_concerns_it(look):
    heard, parts = look([b"a", b"PDF", b"b"], followers=[Follows])

    assert announced(heard, "follows") == [1, 2, 0]
    assert [parts[number].why for number in range(3)] == ["", "seen", "seen"]


def test_a_follower_that_nothing_concerns_is_neither_made_nor_concludes(look):
    before = Follows.made
    heard, _ = look([b"a", b"b"], followers=[Follows])

    assert announced(heard, "follows") == []
    assert Follows.made == before


def test_a_follower_that_says_nothing_of_itself_concludes_even_where_no_part_is(look):
    heard, _ = look([], followers=[Always])

    assert announced(heard, "always") == [0]


def test_followers_conclude_in_their_order_whoever_began_first(look):
    heard, _ = look([b"PDF"], followers=[Follows, Always])

    assert heard.started_in_order[-2:] == [("follows", 0), ("always", 0)]


def test_who_is_left_out_is_shown_nothing(look):
    heard, _ = look([b"PDF"], [Documents()], [Follows, Always], without=["documents", "follows"])

    assert [who for who, _ in heard.started_in_order] == ["tells", "always", "always"]


def test_where_nobody_tells_what_a_part_is_those_without_signs_see_it_all_the_same(look):
    heard, _ = look([b"PDF"], [Documents(), All()], without=["tells"])

    assert heard.started_in_order == [("all", 0)]


class Errs(All):
    name = "errs"

    def scan(self, part):
        yield from super().scan(part)
        raise ValueError("a bug of ours")


class Swells(All):
    name = "swells"

    def scan(self, part):
        raise MemoryError


def test_an_error_is_stated_what_was_found_is_kept_and_the_others_go_on(look):
    heard, parts = look([b"a"], [Errs(), Swells(), All()])

    assert heard.failures() == [("scanner", 0, "errs: ValueError: a bug of ours")]
    assert heard.limits() == [("part_octets", 0)]
    assert parts[0].unopened == "over_budget"
    assert len(heard.facts.findings) == 2


def test_combinations_of_what_is_known_are_kept_up_to_a_number():
    lookers = Lookers([Tells(), Documents()], [])
    for number in range(KEPT + 1):
        known = facts.Part(declared_type=f"a/{number}")
        assert lookers.concerned(Part(known, memoryview(b"")), frozenset()) == ()

    assert lookers._kept.cache_info().currsize == KEPT


def test_nobody_is_made_anew_where_nobody_is_left_out():
    lookers = Lookers([Tells()], [])

    assert lookers.without(frozenset(wall.Inspect().without)) is lookers


class Header(Follows):
    """Looks at no part."""

    name = "header"
    signs = NO_PART


def test_a_follower_of_no_part_is_shown_none_and_concludes(look):
    heard, _ = look([b"a", b"PDF"], followers=[Header, Follows])

    assert heard.started_in_order[-2:] == [("header", 0), ("follows", 0)]
    assert announced(heard, "header") == [0]
