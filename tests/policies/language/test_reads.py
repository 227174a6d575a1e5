"""What a condition reads is known or not claimed; likeness has more (test_likeness.py)."""

import pytest

from pratique.policies.language.condition import Condition
from pratique.policies.language.reads import fields_read, silent_without


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("findings.exists(f, f.part == 1)", {"findings"}),
        ("findings.exists(f, f.part == 1) && mail.size > 1", {"findings"}),
        ("findings.exists(f, true) || failures.exists(f, true)", {"findings", "failures"}),
        ("bounce.claimed && findings.exists(f, true)", {"bounce"}),
        ("(bounce.claimed || findings.exists(f, true)) && mail.size > 1", {"bounce", "findings"}),
        # The first is evaluated, and may have no answer.
        ("mail.size > 1 && findings.exists(f, true)", set()),
        ("findings.exists(f, true) || mail.size > 1", set()),
        ("findings.all(f, f.part == 1)", set()),
        ("findings.exists_one(f, f.part == 1)", set()),
        ("!findings.exists(f, true)", set()),
        ("!bounce.claimed", set()),
        ("findings.size() == 0", set()),
        ('bounce.other == ""', set()),
        ("findings.filter(f, f.part == 1).exists(f, true)", set()),
        ("mail.header.to.exists(to, true)", set()),
        ("parts.exists(findings, findings.names.exists(n, true))", {"parts"}),
        ("parts.map(p, p.names).exists(findings, findings.exists(f, true))", set()),
        ("bounce.claimed ? false : true", set()),
    ],
)
def test_what_a_condition_is_silent_without_is_known_or_not_claimed(text, without):
    assert silent_without(Condition.compile(text)) == without


@pytest.mark.parametrize(
    "text",
    [
        'in_list(envelope.reverse_path, "partners")',
        'bounce.claimed && cidr(envelope.client.ip, "192.0.2.0/24")',
        'domain_of(envelope.reverse_path) == "x.example"',
        'parts.exists(p, p.kind == "script" && in_list(p.sha256, "bad"))',
    ],
)
def test_what_asks_a_list_may_read_anything_and_is_asked_anew(text):
    assert fields_read(Condition.compile(text)) is None
