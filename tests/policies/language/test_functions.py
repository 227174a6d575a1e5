"""Functions answer the same whether CEL hands over their arguments or they are built in."""

import gc
import random
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pratique.policies.language.condition import Condition, NoAnswerError, Scene
from pratique.policies.lists.list_text import Around, read_lines
from pratique.policies.lists.named import List, Lists
from pratique.policies.policy import Policy
from pratique.policies.written.beside import Beside
from pratique.scanners import facts_pb2 as facts

SEED = 1


def a_list(kind, *entries, expires=None):
    found = read_lines("\n".join(entries), Around(kind, "a.txt", expires=expires))
    networks = {"lengths": {4: [24, 8], 6: [32]}} if kind == "networks" else {}
    ages = expires is not None
    return List("l", kind, ages=ages, written=found.lines, table=found.table, **networks)


LISTS = Lists(
    {
        "people": a_list("addresses", "ann@x.example", "@y.example"),
        "domains": a_list("domains", ".x.example"),
        "nets": a_list("networks", "192.0.2.0/24", "10.0.0.0/8", "2001:db8::/32"),
        "bad": a_list("hashes", "ab" * 32),
        "old": a_list("addresses", "@x.example", expires=date(2027, 1, 15)),
    }
)
ASKED = (
    'in_list({}envelope.reverse_path, "people")',
    'in_list(domain_of({}envelope.reverse_path), "domains")',
    'in_list({}rcpt.address, "people")',
    'in_list({}auth.authenticated_as, "old")',
    'in_list({}envelope.client.ip, "nets")',
    'in_list({}mail.sha256, "bad")',
    'cidr({}envelope.client.ip, "192.0.2.0/25")',
    'cidr({}envelope.client.ip, "::/0")',
    'domain_of({}envelope.reverse_path) == "x.example"',
    'domain_of({}envelope.reverse_path) != "x.example"',
    'domain_of({}rcpt.address) in ["x.example", "y.example"]',
)


def a_message(pick):
    known = facts.Facts()
    addresses = ["", "ann@X.example", "bob@y.example", "c@z.x.example", "@", "x.example"]
    if pick.random() < 0.8:
        known.envelope.reverse_path = pick.choice(addresses)
    if pick.random() < 0.8:
        known.envelope.client.ip = pick.choice(
            ["", "192.0.2.1", "192.0.2.200", "::ffff:10.1.1.1", "2001:db8::1", "unknown"]
        )
    if pick.random() < 0.8:
        known.mail.sha256 = pick.choice(["ab" * 32, "", "cd" * 32])
    if pick.random() < 0.8:
        known.auth.authenticated_as = pick.choice(addresses)
    if pick.random() < 0.8:
        day = pick.choice([14, 15])
        known.envelope.received_at.FromDatetime(datetime(2027, 1, day, 12, tzinfo=UTC))
    return known, facts.Recipient(address=pick.choice(addresses))


@pytest.mark.parametrize("asked", ASKED)
def test_a_built_in_call_answers_as_one_to_which_cel_hands_over(asked):
    pick = random.Random(SEED)
    built_in = Condition.compile(asked.format(""), lists=LISTS)
    handed = Condition.compile(asked.format('"" + '), lists=LISTS)
    assert (len(built_in._answers), len(handed._answers)) == (1, 0)
    answers = set()
    for _ in range(150):
        known, recipient = a_message(pick)
        scene = Scene(known)
        answer = built_in.holds(scene.before(recipient, built_in.names))
        assert answer == handed.holds(scene.before(recipient, handed.names)), (known, recipient)
        answers.add(answer)
    assert answers == {True, False}


@pytest.mark.parametrize(
    "text",
    [
        'parts.exists(p, in_list(p.sha256, "bad"))',
        'mail.header.from_.exists(a, in_list(a.address, "people"))',
        'mail.header.from_.exists(mail, domain_of(mail.address) == "x.example")',
        'mail.header.from_.exists(envelope, in_list(envelope.address, "people"))',
    ],
)
def test_a_loops_variable_is_what_it_stands_for(text):
    known = facts.Facts()
    condition = Condition.compile(text, lists=LISTS)
    assert not condition.holds(Scene(known).before(None, condition.names))
    known.parts.add(sha256="ab" * 32)
    known.mail.header.from_.add(address="Ann@x.example")
    assert condition.holds(Scene(known).before(None, condition.names))


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ('in_list(p.sha256, "bad")', True),
        ('in_list(p.name, "people")', False),
        ('domain_of(p.name) == "x.example"', True),
        ('in_list(p.sha256, "bad") && in_list(envelope.reverse_path, "people")', False),
    ],
)
def test_a_condition_about_a_part_reads_the_part(text, holds):
    known = facts.Facts()
    part = known.parts.add(sha256="ab" * 32, name="c@x.example")
    condition = Condition.compile(text, about_part=True, lists=LISTS)
    assert condition.holds(Scene(known).about(part)) == holds


def test_without_a_recipient_there_is_no_answer():
    condition = Condition.compile('in_list(rcpt.address, "people")', lists=LISTS)
    with pytest.raises(NoAnswerError, match="no rcpt"):
        condition.holds(Scene(facts.Facts()).activation)


@pytest.mark.parametrize("name", ['"nobody"', '"no" + "body"'])
def test_a_list_that_is_not_there_is_no_answer(name):
    condition = Condition.compile(f"in_list(mail.subject, {name})", lists=LISTS)
    with pytest.raises(NoAnswerError, match="there is no list 'nobody'"):
        condition.holds(Scene(facts.Facts()).activation)


def test_a_network_that_is_none_is_no_answer():
    condition = Condition.compile('cidr(mail.subject + "192.0.2.1", "192.0.2.1/8")')
    with pytest.raises(NoAnswerError, match="no network"):
        condition.holds(Scene(facts.Facts()).activation)


@pytest.mark.parametrize("ip", ["", "unknown", "192.0.2", "192.0.2.1 ", "localhost", "1" * 2000])
def test_what_is_no_address_lies_nowhere(ip):
    known = facts.Facts()
    known.envelope.client.ip = ip
    for network in ("0.0.0.0/0", "::/0"):
        condition = Condition.compile(f'cidr(envelope.client.ip, "{network}")')
        assert not condition.holds(Scene(known).activation)


POLICY = """
[[list]]
name = "l"
kind = "addresses"
{}
owner = "a"
reason = "r"

[[rule]]
name = "listed"
when = 'in_list(envelope.reverse_path, "l")'
actions = ["quarantine"]
reason = "r"

[[rule]]
name = "large and listed"
when = 'mail.size > 5 && in_list("" + envelope.reverse_path, "l")'
actions = ["reject"]
reason = "r"

[[rule]]
name = "all other mail"
actions = ["accept"]
"""
NOBODY = facts.Recipient(address="a@b.example")


def a_policy(address, file=""):
    if file:
        return Policy.load(POLICY.format('file = "f"'), beside=Beside(lists={"f": f"{address}\n"}))
    return Policy.load(POLICY.format(f'entries = ["{address}"]'))


def decided(policy, address):
    known = facts.Facts(parts=[facts.Part(kind="text")])
    known.envelope.reverse_path = address
    return policy.decide(known, NOBODY).rule


@pytest.mark.parametrize("file", ["", "f"])
def test_lists_of_one_name_in_two_policies_never_mix(file):
    ann, bob = a_policy("ann@x.example", file), a_policy("bob@x.example", file)
    for _ in range(2):
        assert decided(ann, "ann@x.example") == decided(bob, "bob@x.example") == "listed"
        assert decided(ann, "bob@x.example") == decided(bob, "ann@x.example") == "all other mail"


def conditions():
    """How many compiled conditions there are."""
    gc.collect()
    return sum(isinstance(one, Condition) for one in gc.get_objects())


@pytest.mark.slow
def test_of_five_hundred_policies_those_go_that_nobody_needs():
    kept, before = a_policy("first@x.example"), conditions()
    for number in range(500):
        address = f"user{number}@x.example"
        policy = a_policy(address)
        assert decided(policy, address) == "listed"
        # Still without an argument, however many there were before.
        assert len(policy.rules[0].condition._answers) == 1
    del policy
    assert conditions() == before
    assert decided(kept, "first@x.example") == "listed"


def resident():
    return int(Path("/proc/self/statm").read_text("utf-8").split()[1]) * 4096


@pytest.mark.slow
@pytest.mark.parametrize("asked", ASKED)
def test_a_built_in_call_leaves_nothing_behind(asked):
    condition = Condition.compile(asked.format(""), lists=LISTS)
    known, recipient = a_message(random.Random(SEED))
    activation = Scene(known).before(recipient)
    for _ in range(3_000):
        condition.holds(activation)
    before = resident()
    for _ in range(15_000):
        condition.holds(activation)
    # What CEL hands over leaves 140 octets: 2 MB and more.
    assert resident() - before < 400_000
