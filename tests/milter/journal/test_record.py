"""A record comes back as it was, and one that is damaged is told from one that is not."""

import json
import zlib
from dataclasses import replace
from datetime import datetime

import pytest

from pratique.milter.journal import record
from pratique.milter.mail import Forward
from pratique.policies import danger
from pratique.policies.verdict import Action, Edit, Verdict
from pratique.scanners.facts_pb2 import Facts


def back(entry):
    return record.decode(record.encode(entry, "plain").record, entry.policy)[0]


def test_an_entry_comes_back_whole(entry):
    assert back(entry()) == entry()


@pytest.mark.parametrize(
    "changed",
    [
        {"reverse_path": None},
        {"reverse_path": ""},
        {"reverse_path": "\udcff\x00\n\n@x"},
        {"macros": (("a", "\n\n"), ("b", "\udcff"))},
        {"tls": "TLSv1.3", "authenticated": "ann", "direction": "outbound", "protocol": "LMTP"},
    ],
)
def test_whatever_the_envelope_holds_comes_back(entry, changed):
    assert back(entry(**changed)) == entry(**changed)


@pytest.mark.parametrize("octets", [0, record._SMALL - 1, record._SMALL, record._SMALL + 1, 99_999])
def test_small_and_large_records_come_back(octets):
    content = bytes(number * number % 251 for number in range(octets))
    assert zlib.decompress(record._deflated(content)) == content


def test_a_message_that_was_never_judged_comes_back(entry):
    unseen = replace(entry(), verdicts=(), facts=Facts(), rule="")
    assert back(unseen) == unseen


@pytest.mark.parametrize("count", [0, 1, 999, 1000, 1001, 2500])
def test_any_number_of_recipients_comes_back_with_their_verdicts(entry, count):
    recipients = tuple(Forward(f"r{number}@example.org") for number in range(count))
    verdicts = tuple(Verdict(Action.ACCEPT, f"rule {number % 3}", "") for number in range(count))
    many = replace(entry(recipients=recipients), verdicts=verdicts)
    assert back(many) == many


def test_equal_verdicts_are_kept_once(entry):
    recipients = tuple(Forward(f"r{number}@example.org") for number in range(500))
    many = replace(entry(recipients=recipients), verdicts=entry().verdicts[:1] * 500)
    octets = zlib.decompress(record.encode(many, "plain").record)
    assert octets.count(b"all other mail") == 1


@pytest.mark.parametrize(("parts", "kept"), [(1000, 1000), (1001, 1000)])
def test_facts_are_kept_as_the_policy_saw_them(entry, parts, kept):
    facts = Facts()
    for number in range(parts):
        facts.parts.add(id=number, kind="text")
    read = back(replace(entry(), facts=facts)).facts
    assert read == danger.reduce(facts)
    assert len(read.parts) == kept


def test_what_is_searched_stands_beside_the_record(entry):
    row = record.encode(entry(), "plain")
    assert (row.queue_id, row.mta_id) == ("06G8ZQK3W5T00AB", "4gXyZ12345z1abc")
    assert row.held_as == "20261122T120000-0a0b0c0d"
    assert row.facts_format == record.FACTS_FORMAT


def test_an_id_that_is_no_text_becomes_one():
    assert record.as_key("a\udcffb") == "a\\udcffb"


def written(head, rest=b""):
    return zlib.compress(json.dumps(head).encode() + b"\n\n" + rest)


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"no record",
        zlib.compress(b""),
        zlib.compress(b"not json\n\n"),
        zlib.compress(b"[]\n\n"),
        written({}),
        written({"verdicts": [], "reply": 250}),
        written({"verdicts": [], "reply": [250, []], "received_at": "2026-11-22"}),
    ],
)
def test_what_is_no_record_is_refused(entry, octets):
    with pytest.raises(ValueError, match=r"not a record|JSON|Expecting"):
        record.decode(octets, entry().policy)


def test_brackets_without_end_are_refused(entry):
    with pytest.raises(ValueError, match=r"not a record: RecursionError"):
        record.decode(zlib.compress(b"[" * 100_000 + b"\n\n"), entry().policy)


def test_no_octet_of_a_record_can_change_unseen(entry):
    octets = record.encode(entry(), "plain").record
    for at in range(0, len(octets), 7):
        damaged = bytearray(octets)
        damaged[at] ^= 0x10
        try:
            read, _ = record.decode(bytes(damaged), entry().policy)
        except ValueError:
            continue
        # The head of a deflate stream has bits that mean nothing.
        assert read == entry()


def test_a_record_that_inflates_without_end_is_refused(entry):
    with pytest.raises(ValueError, match="does not end"):
        record.decode(zlib.compress(bytes(2000)), entry().policy, most=1000)


def test_a_time_without_a_zone_is_refused(entry):
    naive = entry(received_at=datetime(2026, 11, 22))  # noqa: DTZ001 - that is the point
    with pytest.raises(ValueError, match="zone"):
        record.decode(record.encode(naive, "plain").record, entry().policy)


def test_edits_come_back(entry):
    edits = (Edit("strip", "a rule", "because", (1, 2)), Edit("rebuild", "another", ""))
    whole = entry()
    verdicts = tuple(replace(one, edits=edits) for one in whole.verdicts)
    assert back(replace(whole, verdicts=verdicts)).verdicts == verdicts


def test_what_came_of_it_for_each_comes_back(entry):
    one = entry()
    many = replace(
        one,
        envelope=replace(one.envelope, recipients=one.envelope.recipients[:1] * 3),
        verdicts=one.verdicts[:1] * 3,
        outcomes=("delivered", "held", "held"),
    )
    assert back(many) == many
