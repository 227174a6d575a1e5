"""What conditions ask for, and what they compare it with."""

import pytest

from pratique.policies.language.condition import Condition
from pratique.policies.lists.entries import KINDS
from pratique.policies.policy import Policy
from pratique.policies.why.alterable import asked_by, described


def asked(*texts):
    return asked_by(map(Condition.compile, texts))


def fields(text):
    return {".".join(path): list(named) for path, named in asked(text).fields.items()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bounce.claimed", {"bounce.claimed": []}),
        ("mail.size > 10KB", {"mail.size": [10240]}),
        ("3 <= mail.received_count", {"mail.received_count": [3]}),
        ("bounce.weight < -0.5", {"bounce.weight": [-0.5]}),
        ('auth.dmarc in ["fail", "none"]', {"auth.dmarc": ["fail", "none"]}),
        ('parts.exists(p, p.kind == "text")', {"parts.*.kind": ["text"]}),
        ('parts[0].kind == "text"', {"parts.*.kind": ["text"]}),
        ('any_kind("script")', {"parts.*.kind": ["script"]}),
        ('any_name("[.]exe$")', {"parts.*.name": []}),
        ('"nul" in mail.header_anomalies', {"mail.header_anomalies": ["nul"]}),
        (
            'auth.authenticated_as.endsWith("@b.example")',
            {"auth.authenticated_as": ["someone@b.example"]},
        ),
        (
            'domain_of(auth.authenticated_as) == "b.example"',
            {"auth.authenticated_as": ["someone@b.example"]},
        ),
        ('cidr(envelope.client.ip, "192.0.2.0/24")', {"envelope.client.ip": ["192.0.2.0"]}),
        ('rcpt.domain == "b.example"', {}),
        (
            "findings.exists(f, parts.exists(p, p.id == f.part && p.returned))",
            {"parts.*.id": [], "findings.*.part": [], "parts.*.returned": []},
        ),
    ],
)
def test_fields_are_found_with_what_they_are_compared_with(text, expected):
    assert fields(text) == expected


def test_lists_and_what_need_not_be_there_are_found():
    found = asked("ambiguities.size() > 0 && bounce.evidence.exists(e, e.weight > 1.0)")
    assert list(found.lists) == [("ambiguities",), ("bounce", "evidence")]
    assert list(asked("has(envelope.reverse_path)").presence) == [("envelope", "reverse_path")]


def test_several_conditions_are_one_question():
    assert list(asked("mail.size > 5", "mail.size > 7").fields[("mail", "size")]) == [5, 7]


EXAMPLES = {
    "addresses": ("@b.example", "someone@b.example"),
    "domains": ("b.example", "b.example"),
    "networks": ("192.0.2.0/24", "192.0.2.0"),
    "hashes": ("ab" * 32, "ab" * 32),
    "texts": ("hello", "hello"),
}


def test_there_is_an_example_of_every_kind_of_list():
    assert set(EXAMPLES) == set(KINDS) | {"networks"}


@pytest.mark.parametrize("kind", EXAMPLES)
def test_of_a_list_a_text_is_named_that_meets_it(kind):
    entry, example = EXAMPLES[kind]
    text = f"[[list]]\nname = 'a'\nkind = '{kind}'\nentries = ['{entry}']\n"
    text += (
        "owner = 'ann@our.example'\nreason = 'r'\n[[rule]]\nname = 'all'\nactions = ['accept']\n"
    )
    lists = Policy.load(text).lists
    found = asked_by([Condition.compile('in_list(envelope.client.ip, "a")', lists=lists)])
    assert list(found.fields[("envelope", "client", "ip")]) == [example]
    assert lists.named["a"].holds(example)


def test_fields_are_described():
    assert described(("parts", "*", "kind")).name == "kind"
    assert described(("mail", "header_anomalies")).is_repeated
    for path in (
        ("parts", "*"),
        ("mail", "nothing"),
        ("envelope", "macros"),
        ("mail", "size", "x"),
    ):
        assert described(path) is None
