"""The record of a held message: all of it comes back as it was."""

import json
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest

from pratique.milter.mail import Envelope
from pratique.milter.quarantine.record import Held, Record


def test_all_of_a_record_comes_back(make_record: Callable[..., Record]) -> None:
    record = make_record()
    assert Record.decode(record.encode()) == record


@pytest.mark.parametrize(
    "address", ["a\udcff\udc80@\ud800", "\x1b[2J", "\u202e", "😀@b", "", "a\x00b"]
)
@pytest.mark.parametrize("prepend", [b"Received: \xff\xfe\r\n", b"\xc3\xb6\x00\r\n"])
def test_hostile_text_comes_back_and_the_file_is_plain_ascii(
    make_record: Callable[..., Record], address: str, prepend: bytes
) -> None:
    record = replace(make_record(address, reverse_path=address), prepend=prepend)
    encoded = record.encode()
    assert Record.decode(encoded) == record
    assert all(0x20 <= octet < 0x7F or octet == 0x0A for octet in encoded)


def test_each_field_of_an_envelope_comes_back(make_record: Callable[..., Record]) -> None:
    record = make_record()
    texts = [one.name for one in fields(Envelope) if isinstance(one.default, str)]
    assert "queue_id" not in texts
    assert len(texts) >= 4
    odd = replace(record.envelope, **{name: f"odd {name}" for name in texts})
    assert Record.decode(replace(record, envelope=odd).encode()).envelope == odd


def test_an_envelope_of_another_version_is_read(make_record: Callable[..., Record]) -> None:
    record = make_record()
    written = json.loads(record.encode())
    del written["envelope"]["tls"]
    written["envelope"]["weather"] = "rain"
    read = Record.decode(json.dumps(written).encode()).envelope
    assert read == replace(record.envelope, tls="")


def test_an_unknown_reverse_path_is_not_the_null_one(make_record: Callable[..., Record]) -> None:
    unknown, null = (make_record(reverse_path=path) for path in (None, ""))
    assert Record.decode(unknown.encode()).envelope.reverse_path is None
    assert Record.decode(null.encode()).envelope.reverse_path == ""
    assert unknown.same != null.same


def test_a_fact_of_a_later_version_does_not_make_a_record_unreadable(
    make_record: Callable[..., Record],
) -> None:
    written = json.loads(make_record().encode())
    written["facts"]["weather"] = "rain"
    assert Record.decode(json.dumps(written).encode()).facts.mail.subject == "hello"


def test_facts_that_cannot_be_written_do_not_keep_a_record_from_being_written(
    make_record: Callable[..., Record],
) -> None:
    record = make_record()
    record.facts.findings.add().database_date.seconds = 10**15
    read = Record.decode(record.encode())
    assert (read.facts.mail.subject, len(read.facts.findings)) == ("hello", 0)
    assert "cannot be written: findings" in read.facts.failures[0].detail
    assert replace(read, facts=record.facts) == record


def test_facts_that_cannot_be_read_do_not_make_a_record_unreadable(
    make_record: Callable[..., Record],
) -> None:
    record = make_record()
    written = json.loads(record.encode())
    written["facts"] = {"findings": [{"database_date": "+32000000-01-01T00:00:00Z"}]}
    read = Record.decode(json.dumps(written).encode())
    assert "cannot be read" in read.facts.failures[0].detail
    assert replace(read, facts=record.facts) == record


@pytest.mark.parametrize("place", ["held_at", "received_at"])
def test_a_time_without_its_zone_is_a_value_error(
    make_record: Callable[..., Record], place: str
) -> None:
    written = json.loads(make_record().encode())
    (written if place == "held_at" else written["envelope"])[place] = "2025-11-22T12:00:00"
    with pytest.raises(ValueError, match="without its zone"):
        Record.decode(json.dumps(written).encode())


@pytest.mark.parametrize("cut", [(), ((0, 49),), ((0, 1), (1, 2), (48, 49)), ((16, 41),)], ids=str)
def test_cuts_up_to_the_ends_come_back(
    make_record: Callable[..., Record], cut: tuple[tuple[int, int], ...]
) -> None:
    record = replace(make_record(), cut=cut)
    assert Record.decode(record.encode()) == record


@pytest.mark.parametrize(
    "cut",
    [
        *([[0, 50]], [[-1, 1]], [[1, 1]], [[2, 1]], [[0, 2], [1, 3]], [[3, 4], [0, 1]]),
        *([[0, 1.0]], [[False, 1]], [["0", 1]], [[None, 1]], [[0, 1, 2]], [7], 7, None),
    ],
    ids=str,
)
def test_cuts_that_cannot_be_made_are_a_value_error(
    make_record: Callable[..., Record], cut: object
) -> None:
    written = json.loads(make_record().encode()) | {"cut": cut}
    with pytest.raises(ValueError, match=r"."):
        Record.decode(json.dumps(written).encode())


@pytest.mark.parametrize(
    "octets", [b"", b"{}", b"[]", b"7", b"null", b"\xff", b'{"format": 2}', b'{"format": 1}', b"{"]
)
def test_what_is_no_record_is_a_value_error(octets: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        Record.decode(octets)


def test_a_record_that_is_cut_anywhere_is_a_value_error(make_record: Callable[..., Record]) -> None:
    whole = make_record().encode().rstrip()
    for end in range(len(whole)):
        with pytest.raises(ValueError, match=r"."):
            Record.decode(whole[:end])


def test_a_message_is_the_same_for_each_recipient_apart(make_record: Callable[..., Record]) -> None:
    one = make_record("a@b", "c@d")
    assert one.same == make_record("c@d", "a@b").same
    assert one.same["a@b"] == make_record("a@b").same["a@b"]
    assert one.same["a@b"] != one.same["c@d"]
    assert one.same["a@b"] != make_record("a@b", reverse_path="x@y").same["a@b"]
    assert one.same != replace(one, sha256="cd" * 32).same
    assert one.same == replace(one, identity=one.sha256).same
    assert one.same != replace(one, identity="cd" * 32).same


def test_a_record_without_some_has_the_verdicts_of_the_others(
    make_record: Callable[..., Record],
) -> None:
    record = make_record("a@b", "c@d", "a@b")
    marked = tuple(replace(one, rule=str(n)) for n, one in enumerate(record.verdicts))
    left = replace(record, verdicts=marked).without({"a@b"})
    assert [one.address for one in left.envelope.recipients] == ["c@d"]
    assert [one.rule for one in left.verdicts] == ["1"]


def test_a_record_of_an_earlier_version_has_no_identity(make_record: Callable[..., Record]) -> None:
    record = replace(make_record(), identity="cd" * 32)
    assert Record.decode(record.encode()) == record
    written = json.loads(record.encode())
    del written["identity"]
    assert Record.decode(json.dumps(written).encode()) == replace(record, identity="")


def test_a_held_message_without_recipients_or_verdicts_is_our_mistake(
    make_held: Callable[..., Held],
) -> None:
    held = make_held("a@b", "c@d")
    with pytest.raises(ValueError, match="verdict for each"):
        replace(held, verdicts=held.verdicts[:1])
    with pytest.raises(ValueError, match="recipients"):
        replace(held, verdicts=(), envelope=replace(held.envelope, recipients=()))


@pytest.mark.parametrize(
    "change",
    [
        lambda written: written["verdicts"].pop(),
        lambda written: written["envelope"]["recipients"].clear(),
        lambda written: written["envelope"]["recipients"][0].update(address=None),
        lambda written: written["envelope"]["recipients"][0].update(parameters=[7]),
        lambda written: written["envelope"]["client"].update(ip=7),
        lambda written: written["envelope"].update(reverse_path=7),
        lambda written: written["envelope"].update(door=["a"]),
        lambda written: written["verdicts"][0].update(rule=7),
        lambda written: written["verdicts"][0].update(failures=[None]),
        lambda written: written["content"].update(size=1000.0),
        lambda written: written["content"].update(sha256=7),
    ],
    ids=range(11),
)
def test_what_has_other_types_than_a_record_is_a_value_error(
    make_record: Callable[..., Record], change: Callable[[Any], Any]
) -> None:
    written = json.loads(make_record().encode())
    change(written)
    with pytest.raises(ValueError, match=r"not a record|verdicts for"):
        Record.decode(json.dumps(written).encode())
