"""The looks at one message: when there is another, what it is asked, which facts count."""

from datetime import UTC, datetime

import pytest

from pratique.milter.content import content_of
from pratique.milter.mail import Envelope
from pratique.milter.programs.handed import Handed, Unpacked
from pratique.milter.wall.looks import ROUNDS, Looks, in_words
from pratique.milter.wall.sighting import Sighting
from pratique.scanners.facts_pb2 import Facts, Finding, Mail, Part
from pratique.scanners.wall_pb2 import Extra, Started

ENVELOPE = Envelope(queue_id="Q1", received_at=datetime(2026, 11, 22, tzinfo=UTC), mta_id="M")


@pytest.fixture
def looks():
    return Looks(ENVELOPE, ["application/vnd.rar"])


def sighting(end="done", findings=(), parts=(0,), last=None, handed=()):
    made = Sighting(10, end=end, detail="the worker died", handed=list(handed))
    made.take(
        Facts(
            parts=[Part(id=number) for number in parts],
            findings=[Finding(scanner="s", name=name) for name in findings],
        )
    )
    made.last = Started(name=last, part=1) if last else None
    return made


def unpacked(octets=b"tar"):
    return Unpacked(Extra(sha256="0" * 64, program="unar"), content_of([octets]))


def said(facts):
    return [finding.name for finding in facts.findings]


def test_one_look_is_enough_where_nothing_goes_wrong(looks):
    assert looks.wanted
    assert looks.take(sighting(findings=["a"])) == []
    assert not looks.wanted
    assert said(looks.facts()) == ["a"]
    assert not looks.facts().failures
    assert looks.facts().envelope.mta_id == "M"


@pytest.mark.parametrize("stated", ["outbound", ""])
def test_no_worker_says_which_way_a_message_goes(looks, stated):
    one = sighting()
    one.take(Facts(mail=Mail(direction=stated, subject="x")))
    looks.take(one)
    assert looks.facts().mail.direction == "inbound"
    assert looks.facts().mail.subject == "x"


def test_one_that_goes_wrong_is_followed_by_one_without_the_guilty(looks):
    looks.take(sighting("died", ["a"], last="zip"))
    assert looks.wanted
    assert list(looks.request.without) == ["zip"]
    looks.take(sighting(findings=["a", "b"]))
    assert not looks.wanted
    facts = looks.facts()
    assert said(facts) == ["a", "b"]
    assert [(one.class_, one.part, one.detail) for one in facts.failures] == [
        ("worker", 1, "the worker died, in zip on part 1")
    ]


def test_a_second_fault_ends_it_and_both_are_told(looks):
    looks.take(sighting("late", ["a"]))
    looks.take(sighting("lied", ["b"], parts=(0, 1), last="yara"))
    assert not looks.wanted
    facts = looks.facts()
    assert said(facts) == ["b", "a"]
    assert [part.id for part in facts.parts] == [0, 1]
    assert [one.class_ for one in facts.failures] == ["deadline", "worker"]


def test_without_time_for_another_that_is_a_fault_too(looks):
    looks.take(sighting("died"))
    looks.miss()
    assert not looks.wanted
    details = [one.detail for one in looks.facts().failures]
    assert details[1] == "no time was left for a second look, before any scanner"


def test_what_a_program_unpacked_is_shown_in_one_more(looks):
    part = Handed("application/vnd.rar", "0" * 64, (), content_of([b"rar"]))
    assert looks.take(sighting(handed=[part])) == [part]
    part.content.close()
    looks.give([unpacked(b"12345")])
    assert looks.wanted
    assert looks.unpacked == 5
    assert len(looks.request.extras) == len(looks.extras) == 1
    # It may hand out in turn.
    assert list(looks.request.hand_out) == ["application/vnd.rar"]
    looks.take(sighting(findings=["deep"], parts=(0, 1)))
    assert not looks.wanted
    assert said(looks.facts()) == ["deep"]
    looks.close()
    assert [content.descriptor for content in looks.extras] == [-1]


def test_what_lies_deeper_than_some_rounds_is_not_handed_out(looks):
    for _ in range(ROUNDS):
        assert looks.request.hand_out
        looks.take(sighting())
        looks.give([unpacked()])
    assert not looks.request.hand_out
    looks.close()


def test_where_the_look_at_what_was_unpacked_fails_the_one_before_counts(looks):
    looks.take(sighting(findings=["first"], parts=(0, 1)))
    looks.give([unpacked()])
    looks.take(sighting("died", ["second"], last="program"))
    assert list(looks.request.without) == ["program"]
    looks.take(sighting("died", ["third"]))
    facts = looks.facts()
    assert [part.id for part in facts.parts] == [0, 1]
    assert said(facts) == ["first", "second", "third"]
    assert len(facts.failures) == 2
    looks.close()


def test_a_fault_before_does_not_count_twice(looks):
    looks.take(sighting("died"))
    looks.take(sighting())
    looks.give([unpacked()])
    looks.take(sighting())
    assert not looks.wanted
    assert len(looks.facts().failures) == 1
    looks.close()


def test_a_fault_in_words():
    assert in_words(sighting("died")) == "the worker died, before any scanner"
    assert in_words(sighting("died", last="zip")) == "the worker died, in zip on part 1"


class Shows:
    """Takes what is for engines."""

    show = "hidden"

    def __init__(self):
        self.taken = []

    def take(self, handed):
        self.taken.append(handed)


def test_parts_for_engines_go_to_them_and_the_others_to_programs():
    shows = Shows()
    looks = Looks(ENVELOPE, [], shows)
    assert looks.request.show == "hidden"
    one, other = (Handed("", "", (), content_of([b"x"]), shown) for shown in (True, False))
    assert looks.take(sighting(handed=[one, other])) == [other]
    assert shows.taken == [one]
    one.content.close()
    other.content.close()


def test_without_engines_no_part_is_asked_for(looks):
    assert looks.request.show == ""
