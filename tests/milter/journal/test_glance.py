"""What a replay reads of a record is what all of it says, and damage is noticed as well."""

import json
import random
import zlib
from dataclasses import replace

import pytest

from pratique.milter.journal import record
from pratique.milter.journal.entry import PolicyText, Shadowed
from pratique.milter.journal.glance import Row, glance
from pratique.milter.mail import Forward
from pratique.policies.verdict import Action, Edit, Notice, Shadow, Verdict

HARD = Verdict(
    Action.REDIRECT,
    'a rule called "verdicts":[ ,"outcome":',
    'because ,"outcome":" and \\"verdicts\\":',
    edits=(Edit("strip", "x", "y", (1, 2)),),
    reply="5.7.1 no",
    redirect="a@our.example",
    notices=(Notice("b@our.example", "x", "y"),),
    shadows=(Shadow("s", "reject", "why", ""),),
)


def row(entry, privacy="plain", **changed):
    made = record.encode(entry, privacy)
    values = {
        "number": 1,
        "queue_id": made.queue_id,
        "received_at": made.received_at,
        "policy": made.policy,
        "facts_format": made.facts_format,
        "record": made.record,
    }
    return Row(**values | changed)


def same(entry, privacy="plain"):
    found = glance(row(entry, privacy))
    whole, kept = record.decode(record.encode(entry, privacy).record, PolicyText("", "", ""))
    assert found.verdicts == whole.verdicts
    assert found.addresses == tuple(one.address for one in whole.envelope.recipients)
    assert (found.judged.action, found.judged.rule) == (whole.action, whole.rule)
    assert found.facts == whole.facts
    assert found.received_at == whole.envelope.received_at
    assert found.is_hashed == (kept == "hashed")
    assert found.shadowed == whole.shadowed
    return found


def test_it_says_what_the_whole_says(entry):
    found = same(entry())
    assert [one.action for one in found.verdicts] == ["accept", "quarantine"]
    assert found.policy == "ab" * 32
    same(entry(), "hashed")


def test_texts_that_look_like_keys_are_texts(entry):
    made = replace(entry(), verdicts=(HARD, HARD), rule=HARD.rule, action="redirect")
    assert same(made).judged.verdicts == (HARD,)
    hostile = entry(macros=(('"verdicts":[]', ',"outcome":"x","privacy":"hashed"'),))
    assert not same(hostile).is_hashed


def test_a_message_that_was_never_judged_has_no_verdict(entry):
    found = same(replace(entry(), verdicts=()))
    assert (found.verdicts, found.numbers) == ((), (-1, -1))
    assert same(replace(entry(recipients=()), verdicts=())).addresses == ()


@pytest.mark.parametrize("count", [1, 2, 999, 1000, 1001, 2500])
def test_any_number_of_recipients(entry, count):
    forwards = tuple(Forward(f"r{number}@x.example") for number in range(count))
    made = replace(entry(recipients=forwards), verdicts=(HARD,) * count)
    assert len(same(made).verdicts) == count


def test_what_was_in_the_shadow_comes_along(entry):
    made = entry()
    same(replace(made, shadowed=Shadowed("cd" * 32, made.verdicts[::-1])))


def test_what_many_messages_have_in_common_is_read_once(entry):
    one, other = (glance(row(entry(queue_id))) for queue_id in ("A", "B"))
    assert one.judged is other.judged


@pytest.mark.slow
def test_damage_of_any_octet_is_noticed(entry):
    octets = row(entry()).record
    for at in range(len(octets)):
        damaged = bytearray(octets)
        damaged[at] ^= 1 << random.Random(at).randrange(8)
        try:
            found = glance(row(entry(), record=bytes(damaged)))
        except ValueError:
            continue
        # A bit that deflate does not use: nothing is otherwise.
        assert found.facts == entry().facts
        assert found.verdicts == entry().verdicts
    for cut in (0, 1, len(octets) // 2, len(octets) - 1):
        with pytest.raises(ValueError, match="not a record"):
            glance(row(entry(), record=octets[:cut]))


def changed(entry, change, recipients=None):
    lines, _, known = zlib.decompress(row(entry).record).partition(b"\n\n")
    head, *more = map(json.loads, lines.split(b"\n"))
    change(head)
    more = more if recipients is None else recipients
    texts = [json.dumps(one, separators=(",", ":")).encode() for one in (head, *more)]
    return row(entry, record=zlib.compress(b"\n".join((*texts, b"", known))))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda head: head.pop("verdicts"), "not a record"),
        (lambda head: head.pop("outcome"), "not a record"),
        (lambda head: head.pop("action"), "not a record"),
        (lambda head: head["verdicts"].append(7), "verdicts is of another type"),
        (lambda head: head["verdicts"][0].update(action="explode"), "verdicts is of another"),
        (lambda head: head.update(rule=7), "action or rule is of another type"),
        (lambda head: head.update(shadowed={"policy": 7, "verdicts": []}), "shadowed is of"),
    ],
)
def test_values_of_other_types_are_no_record(entry, change, why):
    with pytest.raises(ValueError, match=why):
        glance(changed(entry(), change))


@pytest.mark.parametrize(
    "recipients",
    [
        *([[["a", 5]]], [[["a", -2]]], [[["a", True]]], [[[7, 0]]], [[["a"]]], [7], [{"a": 1}]),
        *([[["a", 0], ["b", -1]]], [[["a", 0, 7]]], [["ab"]], [[[]]]),
    ],
)
def test_recipients_of_other_types_are_no_record(entry, recipients):
    with pytest.raises(ValueError, match="not a record"):
        glance(changed(entry(), lambda head: None, recipients))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *(("received_at", "yesterday"), ("received_at", "2026-11-22T12:00:00")),
        *(("received_at", None), ("queue_id", 7), ("policy", None), ("record", "text")),
        *(("record", None), ("facts_format", 2), ("facts_format", None)),
    ],
)
def test_columns_of_other_types_are_no_record(entry, column, value):
    with pytest.raises(ValueError, match=r"not a record|Invalid isoformat|facts of format"):
        glance(row(entry(), **{column: value}))
