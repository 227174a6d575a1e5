"""Try how types are called, and what is said where two do not go together."""

import pytest

from pratique.policies.hints.types_told import called, mend


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("string", "a text"),
        ("int", "a number"),
        ("google.protobuf.Timestamp", "a time"),
        ("list(string)", "a list of string"),
        ("list", "a list"),
        ("pratique.facts.v1.Part", "a Part"),
    ],
)
def test_a_type_is_called_as_a_person_would(name, told):
    assert called(name) == told


@pytest.mark.parametrize(
    ("sign", "left", "right", "name", "hint"),
    [
        ("in", "string", "string", "mail.subject", "a.contains(b)"),
        ("in", "string", "string", "rcpt.address", '"board" in rcpt.groups'),
        ("<", "bool", "int", "x", "1 < x && x < 10"),
        ("==", "list(string)", "string", "rcpt.groups", '`"..." in rcpt.groups`'),
        ("==", "list(pratique.facts.v1.Part)", "string", "parts", "parts.exists(p, p. ...)"),
        (">", "list(pratique.facts.v1.Part)", "int", "parts", "`parts.size() > 0`"),
        ("==", "int", "string", "x", "without quotation marks"),
        ("==", "bool", "string", "x", "stands alone"),
        ("==", "null_type", "string", "x", "no field is null"),
        ("==", "pratique.facts.v1.Mail", "string", "mail", "subject"),
        ("&&", "string", "bool", "x", "both sides must be conditions"),
        ("cidr", "string", "list(string)", "cidr", "`in_list(envelope.client.ip"),
        ("in_list", "string", "list(string)", "in_list", "the name of a `[[list]]`"),
        ("[]", "pratique.facts.v1.Mail", "string", "mail", "with a dot"),
    ],
)
def test_what_would_be_right_is_said(sign, left, right, name, hint):
    assert hint in mend(sign, left, right, name)
