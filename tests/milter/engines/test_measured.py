"""An engine that hides its limits is believed up to a share of them, and not one past it."""

import pytest

from pratique.milter.engines import measured
from pratique.milter.engines.engine import Said
from pratique.scanners import facts_pb2 as facts

MESSAGE = facts.Part(id=0, size=100, kind="message")


def seen(*parts, **more):
    return facts.Facts(parts=[MESSAGE, *(facts.Part(**part) for part in parts)], **more)


SMALL = {"kind": "text", "size": 10, "depth": 1}
LARGEST = {**SMALL, "size": measured.PART_OCTETS}
REST = measured.OCTETS - 2 * measured.PART_OCTETS - MESSAGE.size


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [SMALL] * (measured.PARTS - 1),
        [LARGEST],
        [LARGEST, LARGEST, {**SMALL, "size": REST}],
        [{**SMALL, "depth": measured.DEPTH}],
        [{**SMALL, "unopened": "archive_password", "size": -1}],
        [{**SMALL, "unopened": "smime"}],
    ],
)
def test_what_is_below_the_limits_was_seen(parts):
    assert measured.past(seen(*parts)) == ""


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ([SMALL] * measured.PARTS, "more than 3000 parts"),
        ([{**SMALL, "size": measured.PART_OCTETS + 1}], "a part of more than 12582912 octets"),
        ([LARGEST, LARGEST, {**SMALL, "size": REST + 1}], "more than 33554432 octets in all"),
        ([{**SMALL, "depth": measured.DEPTH + 1}], "more than 10 containers in each other"),
        ([{**SMALL, "unopened": "needs_program"}], "a part that was not opened here"),
        ([{**SMALL, "unopened": "over_budget", "size": -1}], "a part that was not opened here"),
        ([{**SMALL, "kind": "executable"}], "a program, which may be packed"),
    ],
)
def test_what_is_one_past_a_limit_may_not_have_been_seen(parts, why):
    assert measured.past(seen(*parts)) == why


def test_the_message_itself_counts_as_a_part():
    size = measured.PART_OCTETS + 1
    assert measured.past(facts.Facts(parts=[facts.Part(size=size)])) != ""


@pytest.mark.parametrize(
    "more",
    [{"limits": [facts.Limit(class_="octets")]}, {"failures": [facts.Failure(class_="deadline")]}],
)
def test_what_we_did_not_see_to_its_end_is_not_measured(more):
    assert measured.past(seen(SMALL, **more)) == "it was not seen to its end"


def test_an_answer_that_took_long_is_none():
    said = Said(unsure="it hides its limits")
    assert measured.timed(said, measured.SECONDS) is said
    late = Said(limits=("it hides its limits: it took more than 40 s",))
    assert measured.timed(said, measured.SECONDS + 0.1) == late
