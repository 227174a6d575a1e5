"""With hashes, nobody is named and no subject is quoted, anywhere in an entry."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pratique.milter.journal import record
from pratique.milter.journal.entry import Entry, PolicyText
from pratique.milter.journal.privacy import WITHHELD, Hasher, hashed, without_secrets
from pratique.milter.mail import Client, Envelope, Forward
from pratique.milter.next_hop import Reply
from pratique.policies.verdict import Action, Verdict
from pratique.scanners.facts_pb2 import Facts

KEY = b"k" * 32
H = r"#[0-9a-f]{20}"


@pytest.fixture
def hasher():
    return Hasher(KEY, "Secret plans")


def test_the_same_address_gives_the_same_hash_and_another_key_another(hasher):
    assert hasher.address("ann@example.org") == hasher.address("Ann@EXAMPLE.org")
    assert hasher.address("ann@example.org") != hasher.address("bob@example.org")
    assert hasher.address("ann@example.org") != Hasher(b"x" * 32).address("ann@example.org")


def test_an_address_in_text_has_the_hash_of_the_address(hasher):
    alone = hasher.address("ann@example.org")
    assert hasher.text("no mailbox <Ann@example.org>, sorry") == f"no mailbox <{alone}>, sorry"
    assert hasher.path("2/zip:ann@example.org") == f"2/zip:{alone}"


@pytest.mark.parametrize(
    ("address", "left"),
    [
        ("ann@example.org", "@example.org"),
        ("<ann@example.org>", "@example.org>"),
        ('"ann b"@example.org', "@example.org"),
        ('"ann@b"@example.org', "@example.org"),
        ("@a.example,@b.example:ann@example.org", "@example.org"),
        ("ann", ""),
        ("ann@", "@"),
        ("änn@exämple.org", "@exämple.org"),
        ("ann\udcff@example.org", "@example.org"),
    ],
)
def test_of_an_address_only_the_domain_stays(hasher, address, left):
    said = hasher.address(address)
    assert said.removeprefix("<")[0] == "#"
    assert said.removeprefix("<")[21:] == left
    assert "nn" not in said


@pytest.mark.parametrize("text", ["", "no address", "@", "#" + "0" * 20])
def test_what_names_nobody_stays(hasher, text):
    assert hasher.text(text) == text


def test_nothing_is_hashed_twice(hasher):
    once = hasher.address("ann@example.org")
    assert hasher.address(once) == once
    assert hasher.text(f"to {once}") == f"to {once}"


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("to a@b@c ann@example.org", "ann"),
        ('to "ann b"@example.org', "ann"),
        ("rfc822;ann@example.org", "ann"),
        ("/G=Ann/S=Example/@x400.example", "Ann"),
        ("Re: Secret plans.eml", "Secret"),
        ("x" * 5000 + "ann@example.org", "ann"),
    ],
)
def test_in_text_local_parts_and_the_subject_are_gone(hasher, text, gone):
    assert gone not in hasher.text(text)


def test_very_many_addresses_take_no_time(hasher):
    text = "a@" * 5000
    assert hasher.text(text).count("@") == 5000


def test_parameters_keep_what_names_nobody(hasher):
    told = ("SIZE=1", "body=8BITMIME", "AUTH=<ann@x.example>", "ORCPT=rfc822;ann@x", "SMTPUTF8")
    envelope = Envelope("Q", datetime.now(UTC), parameters=told)
    kept = hasher.envelope(envelope).parameters
    assert (kept[:2], kept[4]) == (told[:2], "SMTPUTF8")
    assert all("ann" not in one and "=#" in one for one in kept[2:4])


@pytest.mark.parametrize(
    ("name", "stays"),
    [
        *(("i", True), ("{client_addr}", True), ("client_addr", True), ("mail_addr", False)),
        *(("{rcpt_addr}", False), ("auth_authen", False), ("_", False), ("new_one", False)),
    ],
)
def test_macros_that_may_name_somebody_are_hashed(hasher, name, stays):
    assert (hasher.macro(name, "ann@example.org") == "ann@example.org") is stays


def filled(message, depth=0):
    """Put a name, an address and the subject into every text of a message."""
    text = "Secret plans of ann@example.org"
    for field in message.DESCRIPTOR.fields:
        kind = field.message_type
        if kind is not None and kind.GetOptions().map_entry:
            if kind.fields_by_name["value"].type == field.TYPE_STRING:
                getattr(message, field.name)["mail_addr"] = "ann@example.org"
        elif kind is not None:
            inner = getattr(message, field.name)
            filled(inner.add() if field.is_repeated else inner, depth + 1)
        elif field.type == field.TYPE_BYTES:
            setattr(message, field.name, text.encode())
        elif field.type == field.TYPE_STRING:
            value = "ann@example.org" if "address" in field.name else text
            # Words, host names, ids: nothing that a stranger could write is among them.
            if (message.DESCRIPTOR.name, field.name) in KEPT:
                value = "kept"
            if field.name == "subject":
                value = "Secret plans"
            if field.is_repeated:
                getattr(message, field.name).append(value)
            else:
                setattr(message, field.name, value)
    return message


def kept_fields():
    from pratique.milter.journal.privacy_fields import FIELDS, Treatment

    return {
        (message, name)
        for message, fields in FIELDS.items()
        for name, treatment in fields.items()
        if treatment is Treatment.KEEP
    }


KEPT = kept_fields()


def test_no_field_of_the_facts_names_anybody_or_quotes_the_subject():
    facts = filled(Facts())
    envelope = Envelope(
        queue_id="Q1",
        received_at=datetime.now(UTC),
        reverse_path="ann@example.org",
        parameters=("AUTH=ann",),
        recipients=(Forward("ann@example.net", ("ORCPT=rfc822;ann@example.org",)),),
        client=Client("192.0.2.1", "ann@host", "ann@helo"),
        authenticated="ann",
        macros=(("auth_authen", "ann"),),
    )
    verdict = Verdict(Action.QUARANTINE, "r", "no key: ann@x", failures=("no key: ann@x",))
    reply = Reply(550, ("5.1.1 <ann@example.org> unknown",))
    policy = PolicyText("p", "h", "t")
    entry = Entry(envelope, facts, (verdict,), "reject", "r", "refused", reply, 1.0, policy)
    said = repr(record.decode(record.encode(hashed(entry, KEY), "hashed").record, policy)[0])
    assert "ann" not in said.replace("bann", "").replace("scanner", "")
    assert "Secret" not in said
    assert "@example.org" in said
    assert "kept" in said


def test_the_entry_that_was_handed_over_stays_as_it_was(entry):
    one = entry()
    before = repr(one)
    hashed(one, KEY)
    assert repr(one) == before


def test_what_a_newer_worker_said_beyond_our_facts_is_left_out():
    facts = Facts.FromString(Facts(parts=[]).SerializeToString() + b"\xfa\x07\x03ann")
    assert b"ann" in facts.SerializeToString()
    envelope = Envelope("Q", datetime.now(UTC))
    entry = Entry(
        envelope, facts, (), "defer", "", "deferred", Reply(451, ()), 1.0, PolicyText("", "", "")
    )
    assert b"ann" not in hashed(entry, KEY).facts.SerializeToString()


def test_a_release_token_is_never_kept_only_that_there_was_one(entry):
    facts = Facts()
    facts.mail.release_token = "opens the door"
    told = replace(entry(), facts=facts)
    assert without_secrets(told).facts.mail.release_token == WITHHELD
    assert facts.mail.release_token == "opens the door"
    assert without_secrets(entry()) == entry()
