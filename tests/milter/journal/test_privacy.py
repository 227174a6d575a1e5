"""With hashes, nobody is named and no subject is quoted, anywhere in an entry."""

import random
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pratique.milter.journal import record
from pratique.milter.journal.entry import Entry, PolicyText
from pratique.milter.journal.privacy import (
    MOST_ADDRESSES,
    WITHHELD,
    Hasher,
    hashed,
    without_secrets,
)
from pratique.milter.journal.privacy_signs import Subject
from pratique.milter.mail import Client, Envelope, Forward
from pratique.milter.next_hop import Reply
from pratique.policies.verdict import Action, Verdict
from pratique.scanners.facts_pb2 import Facts

KEY = b"k" * 32
H = r"#[0-9a-f]{20}"


@pytest.fixture
def hasher():
    return Hasher(KEY, Subject.of("Secret plans"))


def test_the_same_address_gives_the_same_hash_and_another_key_another(hasher):
    assert hasher.address("ann@example.org") == hasher.address("Ann@EXAMPLE.org")
    assert hasher.address("ann@example.org") != hasher.address("bob@example.org")
    assert hasher.address("ann@example.org") != Hasher(b"x" * 32).address("ann@example.org")


def test_an_address_in_text_has_the_hash_of_the_address(hasher):
    alone = hasher.address("ann@example.org")
    assert hasher.text("no mailbox <Ann@example.org>, sorry") == f"no mailbox <{alone}>, sorry"


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
        ('"ann \\"b\\" c"@example.org', "@example.org"),
        ('"Ann Smith" <ann@example.org', "@example.org"),
        ("ann(x)@example.org", "@example.org"),
        ("ann@[192.0.2.1]", "@[192.0.2.1]"),
        ("b@Ann Smith", ""),
        ("ann@host [192.0.2.1]", ""),
        ("<ann@example.org>: User unknown", ""),
        ("<" * 5000 + "ann@b" + ">" * 5000, ">"),
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


def test_the_angle_brackets_of_an_address_stay_and_are_not_hashed_with_it(hasher):
    alone = hasher.address("ann@example.org")
    assert hasher.address("<ann@example.org>") == f"<{alone}>"
    assert hasher.address("<ann>") == f"<{hasher.whole('ann')}>"
    # One that stands alone belongs to whatever that is.
    assert hasher.address("<ann@example.org") == f"{hasher.whole('<ann')}@example.org"


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


@pytest.mark.parametrize(
    "text",
    [
        'to "secret \\"q\\" z"@example.org',
        '"Secret Smith" <ann@example.org>',
        "secret @example.org",
        "secret@ example.org",
        "ann(secret one)@example.org",
        "secret%40example.org",
        "secret%2540example.org",
        "=?utf-8?q?secret=40example.org?=",
        "secret\uff20example.org",
        "secret&#64;example.org",
        "=?utf-8?q?secret?= <ann@example.org>",
    ],
)
def test_where_a_local_part_begins_nobody_knows_the_whole_text_is_hashed(hasher, text):
    assert hasher.text(text) == hasher.whole(text)


@pytest.mark.parametrize("odd", ":,;`'/!#{}[]|")
def test_odd_characters_in_a_local_part_end_it_nowhere(hasher, odd):
    assert "secret" not in hasher.text(f"to secret{odd}ann@example.org, sorry")


@pytest.mark.parametrize(("more", "left"), [(0, MOST_ADDRESSES), (1, 0)])
def test_addresses_are_looked_for_up_to_a_limit_and_past_it_all_is_hashed(hasher, more, left):
    said = hasher.text("ann@b " * (MOST_ADDRESSES + more))
    assert ("ann" in said, said.count("@")) == (False, left)


SUBJECTS = ["secret plans", "SECRET  PLANS", "Secret_Plans", "secret%20plans", "secret.plans"]


@pytest.mark.parametrize("quoted", [*SUBJECTS, "Ｓecret plans"])
def test_the_subject_is_known_in_whatever_letters_it_is_quoted(hasher, quoted):
    text = f"about {quoted} again"
    assert (hasher.text(text), hasher.name(text)) == (hasher.whole(text),) * 2
    assert hasher.path(f"2/zip:a/{quoted}.txt").startswith("2/zip:#")


@pytest.mark.parametrize("subject", ["Re: Secret plans", "Undeliverable: Fwd: Secret plans"])
def test_the_subject_is_known_without_its_prefixes(subject):
    assert Hasher(KEY, Subject.of(subject)).name("secret plans.eml").startswith("#")


@pytest.mark.parametrize(
    ("name", "stays"),
    [
        *(("invoice.pdf", True), ("plan.txt", False), ("secret.txt", False), ("pl.txt", True)),
        *(("ann@example.org.txt", False), ("ann%40example.org.txt", False), ("", True)),
        *(("=?utf-8?q?ann=40example.org?=", False), ("a b.zip", True)),
    ],
)
def test_a_file_name_stays_if_it_names_nobody_and_tells_no_subject(hasher, name, stays):
    assert (hasher.name(name) == name) is stays


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("2/1", "2/1"),
        ("", ""),
        ("2/zip:a/b.exe", "2/zip:a/b.exe"),
        ("2/zip:secret/a@example.org", "2/zip:"),
        ("2/zip:secret.txt/zip:b", "2/zip:"),
        ("secret a@example.org", ""),
    ],
)
def test_of_a_path_only_what_names_nobody_stays(hasher, path, kept):
    assert hasher.path(path) == kept + hasher.whole(path.removeprefix(kept))


@pytest.mark.parametrize(
    ("kind", "detail", "said"),
    [
        ("failed_recipient", "ann:secret@example.org", "#@example.org"),
        ("failed_recipient", '"Secret Smith" <ann@example.org', "#@example.org"),
        ("reverse_path", "secret", "#"),
        ("reverse_path", '"secret \\"q\\" z"@example.org', "#@example.org"),
        ("reverse_path", "secret`z@example.org", "#@example.org"),
        ("returned_message_id", "<secret(x)@example.org>", "<#@example.org>"),
        ("delivery_status", "reported by dns; mx.example.org", None),
        ("delivery_status", "reported by dns;mx.example.org", None),
        ("delivery_status", "reported by dns; Secret", "#"),
        ("delivery_status", "reported by dns; Secret Smith of mx", "#"),
        ("delivery_status", "reported by x-local; secret.smith", "#"),
        ("returned_header", "in 3", None),
        ("attachment", "2 (executable), 3 (html)", None),
        ("attachment", "3/zip:secret/a@b (script)", "3/zip:#"),
        ("a_new_kind", "secret", "#"),
    ],
)
def test_each_kind_of_evidence_is_treated_by_what_it_is(hasher, kind, detail, said):
    facts = Facts()
    facts.bounce.evidence.add(kind=kind, detail=detail)
    hasher.facts(facts)
    told = facts.bounce.evidence[0].detail
    assert re.sub(H, "#", told) == (detail if said is None else said)


@pytest.mark.parametrize(
    ("date", "kept"),
    [
        ("Sat, 21 Nov 2026 10:00:00 +0000", "Sat, 21 Nov 2026 10:00:00 +0000"),
        ("21 Nov 26 10:00 GMT", "21 Nov 26 10:00 GMT"),
        ("Sat, 21 Nov 2026 10:00:00 +0000 (ann@example.org)", "Sat, 21 Nov 2026 10:00:00 +0000"),
        ("Sat, 21 Nov 2026 10:00:00 +0000 of ann", None),
        ("ann Sat, 21 Nov 2026 10:00:00 +0000", None),
        ("Sat (ann), 21 Nov 2026 10:00:00 +0000", None),
        ("ann", None),
        ("", ""),
    ],
)
def test_of_a_date_only_date_and_time_stay(hasher, date, kept):
    assert hasher.date(date) == (hasher.whole(date) if kept is None else kept)


@pytest.mark.parametrize("said", [{"returned": True}, {"kind": "message"}])
def test_names_of_mail_that_is_attached_or_returned_are_hashed(hasher, said):
    facts = Facts()
    facts.parts.add(path="2/zip:Lunch.eml", name="Lunch.eml", names=["Lunch"], **said)
    hasher.facts(facts)
    assert "Lunch" not in str(facts)
    assert facts.parts[0].path.startswith("2/zip:#")


@pytest.mark.parametrize("text", ["mail.example.org", "[192.0.2.1]", "[IPv6:2001:db8::1]", ""])
def test_host_names_stay(hasher, text):
    assert hasher.domain(text) == text


@pytest.mark.parametrize("text", ["Secret Smith", "ann@mail", "<mail>", "a\udcffb"])
def test_what_is_no_host_name_is_hashed(hasher, text):
    assert hasher.domain(text) == hasher.whole(text)


def test_types_stay_if_they_are_types(hasher):
    assert hasher.type("application/vnd.ms-excel") == "application/vnd.ms-excel"
    assert hasher.type("message/ann@example.org").startswith("#")
    assert hasher.type("text/secret-plans").startswith("#")


MACROS = {
    "j": "mx.example.org", "{daemon_name}": "mx", "{daemon_addr}": "192.0.2.1", "v": "1",
    "_": "ann@example.org [192.0.2.1]", "{client_name}": "h.example", "{client_addr}": "192.0.2.1",
    "{client_ptr}": "h.example", "{client_port}": "25", "i": "4gX", "{auth_type}": "PLAIN",
    "{auth_authen}": "ann@example.org", "{auth_author}": "ann", "{mail_addr}": "ann@example.org",
    "{mail_host}": "example.org", "{mail_mailer}": "smtp", "{rcpt_addr}": "ann@example.org",
    "{rcpt_host}": "example.org", "{rcpt_mailer}": "smtp", "{tls_version}": "TLSv1.3",
    "{cipher}": "x", "{cipher_bits}": "256", "{cert_subject}": "CN=ann", "{cert_issuer}": "ann",
}  # fmt: skip


@pytest.mark.parametrize("seed", range(20))
def test_of_any_set_of_macros_each_is_treated_once(hasher, seed):
    # A map of protobuf that is changed while it is gone through leaves some out.
    chosen = random.Random(seed)
    names = chosen.sample(list(MACROS), chosen.randint(1, len(MACROS)) if seed else len(MACROS))
    facts = Facts()
    for name in names:
        facts.envelope.macros[name] = MACROS[name]
    hasher.facts(facts)
    assert dict(facts.envelope.macros) == {name: hasher.macro(name, MACROS[name]) for name in names}
    assert "ann" not in "".join(facts.envelope.macros.values())


def test_parameters_keep_what_names_nobody(hasher):
    told = ("SIZE=1", "body=8BITMIME", "AUTH=<ann@x.example>", "ORCPT=rfc822;ann@x", "SMTPUTF8")
    strange = ("ann@example.org", "ann@example.org=1", "NOTIFY=ann@example.org")
    envelope = Envelope("Q", datetime.now(UTC), parameters=told + strange)
    kept = hasher.envelope(envelope).parameters
    assert (kept[:2], kept[4]) == (told[:2], "SMTPUTF8")
    assert all("ann" not in one and "=#" in one for one in kept[2:4])
    assert "ann" not in str(kept[5:])


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
