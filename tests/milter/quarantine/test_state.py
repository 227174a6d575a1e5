"""Where a held message stands: what follows from what, and what is no state at all."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from pratique.milter.quarantine.state import FORMAT, MOST_STEPS, Did, Stage, State, Step

NOON = datetime(2025, 11, 22, 12, 0, 0, 42, tzinfo=UTC)
STEP = Step(Did.REFUSED, NOON, "admin", ("a",), "450 4.2.1 later")
STATE = State(("a",), ("b",), ("c",), (STEP,))


def test_the_stage_follows_from_where_the_recipients_are() -> None:
    state = State(("a", "b"))
    assert state.stage is Stage.HELD
    assert state.with_sending(("a",)).stage is Stage.RELEASING
    assert state.with_sending(("a", "b")).with_released(("a",)).stage is Stage.RELEASING
    assert state.with_released(("a",)).stage is Stage.HELD
    assert state.with_released(("a",)).with_released(("b", "a")).stage is Stage.RELEASED
    assert state.with_released(("a", "b")).with_sending(("a",)) == State((), ("a",), ("b",))


def test_a_state_comes_back_and_does_not_grow_without_end() -> None:
    state = State(("a\udc80",))
    for number in range(MOST_STEPS + 1):
        state = state.then(Step(Did.REFUSED, NOON, "admin", ("a\udc80",), f"450 {number}"))
    assert State.decode(state.encode()) == state
    assert [state.steps[0].reply, state.steps[-1].reply] == ["450 1", f"450 {MOST_STEPS}"]
    assert len(state.steps) == MOST_STEPS


def test_who_waits_for_nothing_has_it_all() -> None:
    assert State().stage is Stage.RELEASED


def test_nobody_is_in_two_places() -> None:
    assert STATE.with_sending("abc") == State((), ("a", "b", "c"), (), (STEP,))
    assert STATE.with_released("abc") == State((), (), ("a", "b", "c"), (STEP,))
    assert STATE.with_sending(one for one in "ca") == State((), ("b", "c", "a"), (), (STEP,))
    assert STATE.with_sending(()) == STATE.with_released(()) == STATE


@pytest.mark.parametrize("stage", [Stage.UNSURE, Stage.DAMAGED])
def test_what_is_only_found_is_never_written(stage: Stage) -> None:
    written = STATE.to_json()
    assert written["state"] == "releasing"
    # And what stands there for people is not read back.
    assert State.decode(json.dumps(written | {"state": str(stage)}).encode()) == STATE


@pytest.mark.parametrize("number", [0, 1, MOST_STEPS - 1, MOST_STEPS, MOST_STEPS + 1])
def test_steps_are_kept_up_to_the_limit(number: int) -> None:
    state = State()
    for _ in range(number):
        state = state.then(STEP)
    assert len(state.steps) == min(number, MOST_STEPS)


@pytest.mark.parametrize("text", ["a\udcff\ud800", "\x1b[2J", "\u202e", "\x00", "\x7f", "😀", "\n"])
def test_hostile_text_comes_back_and_the_file_is_ascii(text: str) -> None:
    state = State((text,), (text * 2,), (text * 3,), (Step(Did.HELD, NOON, text, (text,), text),))
    encoded = state.encode()
    assert State.decode(encoded) == state
    assert encoded.isascii()
    assert not {*range(0x0A), *range(0x0B, 0x20)} & set(encoded)


@pytest.mark.parametrize("did", Did)
def test_each_step_comes_back(did: Did) -> None:
    state = State(steps=(Step(did, NOON),))
    assert State.decode(state.encode()) == state


@pytest.mark.parametrize(
    "octets",
    [
        *(b"", b"{}", b"[]", b"7", b"null", b'"held"', b"\xff", b"{", b'{"format": 1}'),
        # What a power cut leaves where nobody called fsync.
        *(b"\x00" * length for length in (1, 2, 3, 4, 4096)),
    ],
)
def test_what_is_no_state_is_a_value_error(octets: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        State.decode(octets)


def test_a_state_that_is_cut_anywhere_is_a_value_error() -> None:
    whole = STATE.encode().rstrip()
    for end in range(len(whole)):
        with pytest.raises(ValueError, match=r"."):
            State.decode(whole[:end])


@pytest.mark.parametrize("name", ["format", "waiting", "sending", "released", "steps"])
@pytest.mark.parametrize("value", [None, 7, "gone"])
def test_a_state_that_lacks_something_is_a_value_error(name: str, value: Any) -> None:
    written = STATE.to_json() | {name: value}
    if value == "gone":
        del written[name]
    with pytest.raises(ValueError, match=r"."):
        State.decode(json.dumps(written).encode())


@pytest.mark.parametrize("version", [0, FORMAT + 1, str(FORMAT)])
def test_a_state_of_another_format_is_told(version: Any) -> None:
    written = STATE.to_json() | {"format": version}
    with pytest.raises(ValueError, match=f"a state of format {version}, not {FORMAT}"):
        State.decode(json.dumps(written).encode())


@pytest.mark.parametrize(
    "step",
    [
        None,
        7,
        "held",
        [],
        {},
        {"did": "unheard of"},
        {"did": None},
        {"at": ""},
        {"at": "yesterday"},
        {"at": 1763812800},
        {"recipients": None},
    ],
)
def test_a_step_that_is_none_is_a_value_error(step: Any) -> None:
    written = STATE.to_json()
    whole = written["steps"][0]
    written["steps"].append(whole | step if isinstance(step, dict) and step else step)
    with pytest.raises(ValueError, match=r"."):
        State.decode(json.dumps(written).encode())


@pytest.mark.parametrize("name", ["did", "at", "who", "recipients", "reply"])
def test_a_step_that_lacks_something_is_a_value_error(name: str) -> None:
    written = STATE.to_json()
    del written["steps"][0][name]
    with pytest.raises(ValueError, match=f"not a state: KeyError\\('{name}'"):
        State.decode(json.dumps(written).encode())
