"""A record whose values have other types than an entry's is refused, whichever value it is."""

import json
import zlib

import pytest

from pratique.milter.journal import record, shape

WRONG = [
    *(None, 1, -1, 1.5, float("inf"), float("nan"), True, 10**400, "x", "#", ""),
    *([], {}, [1], [[]], [None], [[None]], [["a"]], [["a", 1]], {"a": 1}, [{}]),
    *("9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+14:00", "2026-11-22"),
]
TEXT = {"queue_id", "door", "tls", "authenticated", "direction", "protocol", "mta_id"} | {
    *("rule", "outcome", "held_as", "reverse_path")
}


def taken_apart(entry):
    lines, _, facts = zlib.decompress(record.encode(entry, "plain").record).partition(b"\n\n")
    head, *recipients = map(json.loads, lines.split(b"\n"))
    return head, recipients, facts


def put_together(head, recipients, facts=b""):
    lines = (json.dumps(one).encode() for one in (head, *recipients))
    return zlib.compress(b"\n".join((*lines, b"", facts)))


def test_what_was_taken_apart_is_whole_when_it_is_put_together(entry):
    octets = put_together(*taken_apart(entry()))
    assert record.decode(octets, entry().policy) == (entry(), "plain")


def may_be(name, value):
    """Whether a value is one that the head of a record may have there."""
    lists = {"parameters": (), "macros": (), "verdicts": ()}
    if name in TEXT:
        return isinstance(value, str) or (name == "reverse_path" and value is None)
    if name == "milliseconds":
        return type(value) in (int, float) and abs(value) < 10
    if name == "received_at":
        return isinstance(value, str) and value.endswith("00")
    return name in lists and value == []


@pytest.mark.parametrize("value", WRONG, ids=lambda value: repr(value)[:30])
def test_a_value_of_another_type_is_refused_by_its_name(entry, value):
    head, _, _ = taken_apart(entry())
    for name in head:
        octets = put_together(head | {name: value}, [])
        if may_be(name, value):
            record.decode(octets, entry().policy)
            continue
        with pytest.raises(ValueError, match=r"not a record|isoformat|[Oo]ut of range"):
            record.decode(octets, entry().policy)


@pytest.mark.parametrize("name", ["action", "rule", "reason", "add_header", "notes", "failures"])
@pytest.mark.parametrize("value", [None, 1, "x", [1], [[1, 2]], [["a"]]], ids=repr)
def test_so_is_one_in_a_verdict(entry, name, value):
    head, recipients, _ = taken_apart(entry())
    if name in {"rule", "reason"} and value == "x":
        value = 2
    head["verdicts"][0][name] = value
    with pytest.raises(ValueError, match="verdicts is of another type"):
        record.decode(put_together(head, recipients), entry().policy)


@pytest.mark.parametrize(
    "row",
    [[], ["a"], "ab", 7, None, ["a", "0"], ["a", True], [None, 0], ["a", 0, 1], ["a", 2], 1.5,
     ["a", -2], ["a", 0.0], {"a": 0, "b": 1}],
    ids=repr,
)  # fmt: skip
def test_so_is_a_recipient(entry, row):
    head, _, _ = taken_apart(entry())
    with pytest.raises(ValueError, match="not a record"):
        record.decode(put_together(head, [[row]]), entry().policy)


def test_a_name_that_is_missing_is_told(entry):
    head, recipients, _ = taken_apart(entry())
    for name in head:
        left = {key: value for key, value in head.items() if key != name}
        with pytest.raises(ValueError, match=f"not a record.*{name}"):
            record.decode(put_together(left, recipients), entry().policy)


@pytest.mark.parametrize(("numbers", "right"), [((0, 1), 2), ((-1, -1), 0), ((0, -1), None)])
def test_all_recipients_have_a_verdict_or_none_has(entry, numbers, right):
    head, _, _ = taken_apart(entry())
    octets = put_together(head, [[["a@b", number] for number in numbers]])
    if right is None:
        with pytest.raises(ValueError, match="fewer verdicts than recipients"):
            record.decode(octets, entry().policy)
    else:
        assert len(record.decode(octets, entry().policy)[0].verdicts) == right


def test_what_is_no_object_is_refused():
    with pytest.raises(ValueError, match="does not begin with an object"):
        shape.check([], [])


@pytest.mark.parametrize("outcomes", [None, 1, "held", ["held"] * 7, [1], [None], {"a": 1}])
def test_outcomes_are_texts_and_one_for_each_recipient_or_none(entry, outcomes):
    head, rows, facts = taken_apart(entry())
    head["outcomes"] = outcomes
    with pytest.raises(ValueError, match="outcomes"):
        record.decode(put_together(head, *rows, facts=facts), entry().policy)
