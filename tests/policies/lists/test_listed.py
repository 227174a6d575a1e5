"""What is asked of lists and can never have an answer is told at its word."""

import pytest

from pratique.policies.language.condition import Condition
from pratique.policies.language.tree import asks_nothing, oversights
from pratique.policies.lists.named import List, Lists

LISTS = Lists(
    {
        kind: List(kind, kind.removeprefix("broken"))
        for kind in ("addresses", "domains", "networks", "hashes", "texts", "broken")
    },
    {"board": List("board", "addresses")},
)


def told(text):
    return list(oversights(Condition.compile(text, lists=LISTS)))


@pytest.mark.parametrize(
    ("text", "word", "hint"),
    [
        ('in_list(rcpt.address, "adresses")', '"adr', "did you mean `addresses`?"),
        ('in_list(rcpt.address, "zebra")', '"zeb', "one of addresses, domains"),
        ('in_list(rcpt.address, "board")', '"boa', '"board" in rcpt.groups'),
        ("in_list(rcpt.address, mail.subject)", "mail", 'in_list(mail.subject, "NAME")'),
        ('in_list("texts", mail.subject)', "mail", 'in_list(mail.subject, "texts")'),
        ('in_list(rcpt.address, "domains")', '"dom', 'in_list(rcpt.domain, "domains")'),
        (
            'in_list(envelope.reverse_path, "domains")',
            '"dom',
            'in_list(domain_of(envelope.reverse_path), "domains")',
        ),
        ('in_list(rcpt.domain, "addresses")', '"add', 'in_list(rcpt.address, "addresses")'),
        (
            'mail.header.from_.exists(a, in_list(a.domain, "addresses"))',
            '"add',
            "in_list(a.address, ",
        ),
        ('in_list(envelope.client.name, "addresses")', '"add', 'kind = "domains"'),
        ('in_list(envelope.client.ip, "domains")', '"dom', "rcpt.domain"),
        ('in_list(envelope.client.name, "networks")', '"net', "envelope.client.ip"),
        ('parts.exists(p, in_list(p.sha256, "addresses"))', '"add', "auth.authenticated_as"),
        ('in_list(domain_of(envelope.reverse_path), "addresses")', '"add', "address"),
        ('cidr(envelope.client.ip, "192.0.2.1/24")', '"192', "192.0.2.0/24"),
        ('cidr(envelope.client.ip, "partners")', '"par', "a network or an address"),
        ("cidr(envelope.client.ip, mail.subject)", "mail", "cidr(envelope.client.ip"),
        ('cidr(envelope.client.name, "192.0.2.0/24")', "envelope", "cidr(envelope.client.ip"),
        ('"bord" in rcpt.groups', '"bor', "did you mean `board`?"),
        ('"domains" in rcpt.groups', '"dom', 'list = "domains"'),
        ('"zebra" in rcpt.groups', '"zeb', "[[group]]"),
        ('rcpt.groups.exists(g, g == "bord")', '"bor', "did you mean `board`?"),
        ('domain_of(envelope.reverse_path) == "X.example"', '"X', "lower case"),
        ('domain_of(envelope.reverse_path) == "a@x.example"', '"a@', "no @"),
    ],
)
def test_what_can_never_be_is_told_at_its_word(text, word, hint):
    (found,) = told(text)
    assert text[found.offset :].startswith(word)
    assert hint in found.hint


@pytest.mark.parametrize(
    "text",
    [
        'in_list(rcpt.address, "addresses")',
        'in_list(rcpt.domain, "domains")',
        'in_list(domain_of(rcpt.address), "domains")',
        'in_list(envelope.client.ip, "networks")',
        'parts.exists(p, in_list(p.sha256, "hashes"))',
        'in_list(mail.subject, "texts")',
        'in_list(rcpt.address, "texts")',
        'in_list(rcpt.address, "broken")',
        'in_list(mail.subject, "addresses")',
        'cidr(envelope.client.ip, "192.0.2.0/24")',
        'cidr(envelope.macros.client_addr, "::/0")',
        '"board" in rcpt.groups',
        "rcpt.groups.size() > 0",
        'domain_of(envelope.reverse_path) == "x.example"',
    ],
)
def test_what_can_be_is_left_alone(text):
    assert told(text) == []


@pytest.mark.parametrize("text", ['in_list("a@b.example", "addresses")', 'domain_of("a@b") == "b"'])
def test_a_list_that_is_asked_for_a_word_of_the_policy_asks_no_fact(text):
    assert asks_nothing(Condition.compile(text, lists=LISTS))
    assert not asks_nothing(Condition.compile('in_list(rcpt.address, "texts")', lists=LISTS))
