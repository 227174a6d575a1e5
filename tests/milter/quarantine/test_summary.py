"""The row that a list shows of a message, and rows of the index that are none."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pratique.milter.quarantine.record import Record
from pratique.milter.quarantine.state import Stage, State
from pratique.milter.quarantine.summary import Summary
from pratique.policies.verdict import Action, Verdict

ROW = Summary("20251122T120000-00000001", "held", recipients=("a@b",), released=("c@d",))


def test_a_row_says_of_a_message_what_its_folder_says(
    make_record: Callable[..., Record],
) -> None:
    record = make_record("a@b", "c@d")
    assert Summary.of(record, State(("a@b",), (), ("c@d",))) == Summary(
        id=record.id,
        state="held",
        held_at="2025-11-22T12:00:00.000042+00:00",
        size=49,
        reverse_path="ann@example.org",
        recipients=("a@b", "c@d"),
        released=("c@d",),
        action="quarantine",
        rule="programs",
        reason="carries a program",
        subject="hello",
    )


def test_the_worst_verdict_is_the_one_that_is_shown(make_record: Callable[..., Record]) -> None:
    record = make_record("a@b", "c@d")
    mild = Verdict(Action.ACCEPT, "mild", "nothing found")
    worst = Summary.of(replace(record, verdicts=(mild, record.verdicts[0])), State())
    assert (worst.action, worst.rule) == ("quarantine", "programs")
    none = Summary.of(replace(record, verdicts=()), State())
    assert (none.action, none.rule, none.reason) == ("accept", "", "")


@pytest.mark.parametrize("path", [None, "", "x@y"])
def test_an_unknown_reverse_path_is_not_the_null_one(
    make_record: Callable[..., Record], path: str | None
) -> None:
    summary = Summary.of(make_record(reverse_path=path), State())
    assert Summary.decode(summary.encode()).reverse_path == path


@pytest.mark.parametrize("text", ["a\ud800@b", "\udcff", "\x1b[2J", "\u202e", "\x00", "😀", '"'])
def test_hostile_text_comes_back_and_the_row_is_ascii(
    make_record: Callable[..., Record], text: str
) -> None:
    summary = Summary.of(make_record(text, reverse_path=text), State((text,), (), (text,)))
    summary = replace(summary, subject=text, rule=text, reason=text)
    encoded = summary.encode()
    assert Summary.decode(encoded) == summary
    assert encoded.isascii()
    assert encoded.isprintable()


@pytest.mark.parametrize("stage", Stage)
def test_a_row_may_be_shown_at_any_stage(stage: Stage) -> None:
    shown = ROW.at(stage)
    assert (shown, ROW.state) == (replace(ROW, state=str(stage)), "held")
    assert Summary.decode(shown.encode()) == shown


@pytest.mark.parametrize(
    "text",
    [
        *("", "7", "{}", "[]", "null", '"held"', "nonsense", "\x00", "{" * 50),
        '{"id": 1, "recipients": [], "released": [], "x": 2}',
        '{"id": "1", "recipients": [], "released": []}',
        '{"state": "held", "recipients": [], "released": []}',
    ],
)
def test_what_is_no_row_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Summary.decode(text)


@pytest.mark.parametrize(
    "changed",
    [
        {"state": "hemd"},
        {"state": ""},
        {"state": None},
        {"state": ["held"]},
        {"recipients": None},
        {"recipients": 7},
        {"released": None},
        {"weather": "rain"},
        *({name: 7} for name in ("id", "held_at", "reverse_path", "action", "rule", "reason")),
        {"subject": None},
        {"size": "\x1b[2J"},
        {"recipients": [7]},
        {"released": [None]},
    ],
)
def test_a_row_with_something_that_cannot_be_is_a_value_error(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        Summary.decode(json.dumps(ROW.to_json() | changed))


def test_a_row_that_is_cut_anywhere_is_a_value_error() -> None:
    whole = ROW.encode()
    for end in range(len(whole)):
        with pytest.raises(ValueError, match=r"."):
            Summary.decode(whole[:end])


def test_a_row_of_an_older_layout_is_read() -> None:
    written = ROW.to_json()
    for name in ("subject", "reason", "size"):
        del written[name]
    assert Summary.decode(json.dumps(written)) == ROW
