"""Scanners that follow one message to its end: what they are shown, and what becomes of errors.

A message of these tests is words; each word is a part, and one in capitals holds the rest.
"""

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import wall_pb2 as wall
from pratique.scanners.budget import Limits
from pratique.scanners.inspector import Inspector
from pratique.scanners.part import Member
from pratique.scanners.unpack import Tools


class Kinds:
    """Capitals are an archive, any other word is text."""

    name = "kinds"

    def scan(self, part):
        kind = "archive" if bytes(part.octets).partition(b" ")[0].isupper() else "text"
        yield facts.Facts(parts=[facts.Part(kind=kind)] if part.known.id else [])


class Words:
    """Opens the message, and what begins with a word in capitals."""

    name = "words"

    def recognize(self, part):
        return "whole" if part.known.kind == "archive" or part.known.id == 0 else ""

    def members(self, part, budget):
        words = bytes(part.octets).split(b" ")[part.known.id != 0 :]
        for number, word in enumerate(words):
            rest = b" ".join(words[number:])
            yield Member(f"{number}", memoryview(rest if word.isupper() else word))
            if word.isupper():
                return


class Counts:
    """A follower: says of each box how many parts were seen after it."""

    name = "counts"

    def __init__(self, message):
        self.message = message
        self.seen = []

    def scan(self, part):
        self.seen.append(part.known)
        return iter(())

    def conclude(self):
        for place, known in enumerate(self.seen):
            if known.kind == "archive":
                stated = facts.Part()
                stated.CopyFrom(known)
                stated.why = f"{len(self.seen) - place - 1} after it"
                yield facts.Facts(parts=[stated])
        reason = facts.Evidence(kind="automatic", detail=self.message.mail.subject)
        yield facts.Facts(bounce=facts.Bounce(claimed=True, evidence=[reason]))


class Knows:
    """A follower that says what the first one concluded."""

    name = "knows"

    def __init__(self, message):
        self.message = message
        self.seen = []

    def scan(self, part):
        self.seen.append(part.known)
        return iter(())

    def conclude(self):
        for known in self.seen:
            yield facts.Facts(findings=[facts.Finding(name=known.why, part=known.id)])


class Errs(Knows):
    name = "errs"

    def conclude(self):
        yield facts.Facts(findings=[facts.Finding(name="before")])
        raise ValueError("a bug of ours")


class TooLong(Knows):
    name = "too-long"

    def conclude(self):
        self.message.budget.charge_octets(10**12)
        return iter(())


@pytest.fixture
def follow(listen):
    def followed(message, *followers, without=(), **limits):
        heard = listen()
        tools = Tools(
            [Kinds()], (Words(),), lambda octets, budget: facts.Mail(subject="s"), followers
        )
        inspector = Inspector(tools, Limits(**limits), lambda: 0.0)
        inspector.inspect(memoryview(message), wall.Inspect(without=without), heard)
        return heard, inspector

    return followed


def test_a_follower_sees_all_parts_and_concludes_once_after_the_last(follow):
    heard, inspector = follow(b"a BOX b c", Counts)

    assert heard.started_in_order[-2:] == [("counts", 4), ("counts", 0)]
    assert (heard.parts[2].why, heard.parts[2].path) == ("2 after it", "1")
    assert (heard.facts.bounce.claimed, heard.facts.bounce.evidence[0].detail) == (True, "s")
    assert inspector.scanners == ("kinds", "counts")


def test_what_is_concluded_goes_out_one_by_one(follow):
    heard, _ = follow(b"a BOX b BOX c", Counts)

    assert [len(found.parts) for found in heard.sent[-3:]] == [1, 1, 0]
    assert heard.sent[-1].bounce.claimed


def test_what_one_follower_concludes_the_next_one_knows(follow):
    heard, _ = follow(b"a BOX b c", Counts, Knows)

    assert [one.name for one in heard.facts.findings if one.part == 2] == ["2 after it"]


def test_a_follower_is_made_anew_for_each_message(follow, listen):
    _, inspector = follow(b"a BOX b c", Counts)
    again = listen()
    inspector.inspect(memoryview(b"a BOX b"), wall.Inspect(), again)

    assert again.parts[2].why == "1 after it"


def test_an_error_in_a_conclusion_is_stated_and_the_others_go_on(follow):
    heard, _ = follow(b"a BOX b", Errs, Counts)

    assert heard.failures() == [("scanner", 0, "errs: ValueError: a bug of ours")]
    assert [one.name for one in heard.facts.findings] == ["before"]
    assert heard.facts.bounce.claimed


def test_a_conclusion_that_costs_too_much_is_a_limit_that_was_reached(follow):
    heard, _ = follow(b"a", TooLong, Counts)

    assert heard.limits() == [("octets", 0)]
    assert heard.failures() == []
    assert heard.facts.bounce.claimed


def test_a_conclusion_comes_also_where_a_limit_ended_the_walk(follow):
    heard, _ = follow(b"a b c d", Counts, parts=3)

    assert heard.limits() == [("parts", 0)]
    assert heard.facts.bounce.claimed


def test_a_follower_that_killed_a_worker_is_left_out_and_that_is_said(follow):
    heard, _ = follow(b"a", Counts, without=["counts"])

    assert heard.failures() == [("scanner", -1, "counts: left out, it ended a worker")]
    assert ("counts", 0) not in heard.started_in_order
    assert not heard.facts.HasField("bounce")
