"""The record of a held message: all of it comes back as it was."""

import json
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime

import pytest

from pratique.milter.mail import Envelope
from pratique.milter.quarantine.record import Held, Record
from pratique.milter.quarantine.state import MOST_STEPS, Did, Stage, State, Step
from pratique.milter.quarantine.summary import Summary

NOON = datetime(2025, 11, 22, 12, 0, 0, 42, tzinfo=UTC)
ID = "20251122T120000-00000001"


def recorded(held: Held) -> Record:
    out = held.outgoing
    return Record(
        ID,
        NOON,
        "ab" * 32,
        out.content.size,
        held.envelope,
        held.verdicts,
        held.facts,
        out.prepend,
        out.cut,
    )


def test_all_of_a_record_comes_back(make_held: Callable[..., Held]) -> None:
    record = recorded(make_held())
    assert Record.decode(record.encode()) == record


@pytest.mark.parametrize(
    "address", ["a\udcff\udc80@\ud800", "\x1b[2J", "\u202e", "😀@b", "", "a\x00b"]
)
@pytest.mark.parametrize("prepend", [b"Received: \xff\xfe\r\n", b"\xc3\xb6\x00\r\n"])
def test_hostile_text_comes_back_and_the_file_is_plain_ascii(
    make_held: Callable[..., Held], address: str, prepend: bytes
) -> None:
    held = make_held(address, reverse_path=address)
    record = replace(recorded(held), prepend=prepend)
    encoded = record.encode()
    assert Record.decode(encoded) == record
    assert all(0x20 <= octet < 0x7F or octet == 0x0A for octet in encoded)


def test_each_field_of_an_envelope_comes_back(make_held: Callable[..., Held]) -> None:
    record = recorded(make_held())
    texts = [one.name for one in fields(Envelope) if isinstance(one.default, str)]
    assert "queue_id" not in texts
    assert len(texts) >= 4
    odd = replace(record.envelope, **{name: f"odd {name}" for name in texts})
    assert Record.decode(replace(record, envelope=odd).encode()).envelope == odd


def test_an_envelope_of_another_version_is_read(make_held: Callable[..., Held]) -> None:
    record = recorded(make_held())
    written = json.loads(record.encode())
    del written["envelope"]["tls"]
    written["envelope"]["weather"] = "rain"
    read = Record.decode(json.dumps(written).encode()).envelope
    assert read == replace(record.envelope, tls="")


def test_an_unknown_reverse_path_is_not_the_null_one(make_held: Callable[..., Held]) -> None:
    unknown, null = (recorded(make_held(reverse_path=path)) for path in (None, ""))
    assert Record.decode(unknown.encode()).envelope.reverse_path is None
    assert Record.decode(null.encode()).envelope.reverse_path == ""
    assert unknown.same != null.same


def test_a_fact_of_a_later_version_does_not_make_a_record_unreadable(
    make_held: Callable[..., Held],
) -> None:
    written = json.loads(recorded(make_held()).encode())
    written["facts"]["weather"] = "rain"
    assert Record.decode(json.dumps(written).encode()).facts.mail.subject == "hello"


@pytest.mark.parametrize(
    "octets", [b"", b"{}", b"[]", b"7", b"null", b"\xff", b'{"format": 2}', b'{"format": 1}', b"{"]
)
def test_what_is_no_record_or_state_is_a_value_error(octets: bytes) -> None:
    for read in (Record.decode, State.decode):
        with pytest.raises(ValueError, match=r"."):
            read(octets)


def test_a_record_that_is_cut_anywhere_is_a_value_error(make_held: Callable[..., Held]) -> None:
    whole = recorded(make_held()).encode().rstrip()
    for end in range(len(whole)):
        with pytest.raises(ValueError, match=r"."):
            Record.decode(whole[:end])


def test_the_same_message_for_others_is_another_message(make_held: Callable[..., Held]) -> None:
    one = recorded(make_held("a@b", "c@d"))
    assert one.same == recorded(make_held("c@d", "a@b")).same
    assert one.same != recorded(make_held("a@b")).same
    assert one.same != recorded(make_held("a@b", "c@d", reverse_path="x@y")).same
    assert one.same != replace(one, sha256="cd" * 32).same


def test_a_held_message_without_recipients_or_verdicts_is_our_mistake(
    make_held: Callable[..., Held],
) -> None:
    held = make_held("a@b", "c@d")
    with pytest.raises(ValueError, match="verdict for each"):
        replace(held, verdicts=held.verdicts[:1])
    with pytest.raises(ValueError, match="recipients"):
        replace(held, verdicts=(), envelope=replace(held.envelope, recipients=()))


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


def test_a_summary_comes_back_and_nonsense_is_a_value_error(
    make_held: Callable[..., Held],
) -> None:
    summary = Summary.of(recorded(make_held("a\ud800@b")), State(("a\ud800@b",)))
    assert Summary.decode(summary.encode()) == summary
    for text in ("", "7", "{}", '{"id": 1, "recipients": [], "released": [], "x": 2}'):
        with pytest.raises(ValueError, match=r"."):
            Summary.decode(text)
