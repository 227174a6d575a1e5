"""Try the lists of words against facts.proto, and the ways to its fields."""

import pytest

from pratique.policies.language import vocabulary
from pratique.policies.language.vocabulary import (
    PACKAGE,
    descriptor,
    is_word,
    never,
    ways_to,
    words,
)
from pratique.scanners import facts_pb2 as facts


def enums_called_word():
    return [
        message.enum_types_by_name["Word"]
        for message in facts.DESCRIPTOR.message_types_by_name.values()
        if "Word" in message.enum_types_by_name
    ]


@pytest.mark.parametrize("enum", enums_called_word(), ids=lambda enum: enum.full_name)
def test_every_list_of_words_in_the_facts_belongs_to_a_field(enum):
    listed = {word for _, _, word in vocabulary.all_words()}
    assert {value.name for value in enum.values} - {"none"} <= listed


def test_every_field_with_words_is_in_the_facts():
    for message, field, word in vocabulary.all_words():
        assert field in descriptor(message).fields_by_name
        assert word in words(message, field)
        assert word in words(PACKAGE + message, field)


def test_every_variable_is_a_message_of_ours():
    for variable in vocabulary.VARIABLES.values():
        assert variable.message.full_name.startswith(PACKAGE)


def test_every_other_field_is_a_number_or_a_list_of_names():
    """CEL is told no other types of theirs (condition.py)."""
    for field in vocabulary.PLAIN.values():
        is_names = field.type == field.TYPE_STRING and field.is_repeated
        assert is_names or (field.type == field.TYPE_INT32 and not field.is_repeated)
    assert set(vocabulary.PLAIN) | set(vocabulary.VARIABLES) == set(vocabulary.FACTS.fields_by_name)


def test_an_opened_part_has_no_class():
    assert "" in words("Part", "unopened")
    assert "none" not in words("Part", "unopened")
    assert "" not in words("Part", "kind")


def test_a_signature_may_have_no_problem_and_no_word_for_its_chain():
    assert {"", "syntax", "header"} <= set(words("Signature", "problem"))
    assert "" in words("Signature", "chain")
    assert "" not in words("Signature", "kind")


@pytest.mark.parametrize(
    ("message", "field", "there", "not_there"),
    [
        ("Auth", "spf", {"softfail", "none", ""}, {"quarantine", "Pass"}),
        ("Auth", "dmarc", {"permerror", "none", ""}, {"softfail", "policy", "neutral"}),
        ("Auth", "dmarc_policy", {"none", "quarantine", "reject", ""}, {"pass"}),
        ("Auth", "arc", {"pass", "temperror", ""}, {"softfail"}),
        ("DkimResult", "result", {"policy", "neutral"}, {"softfail", ""}),
        ("SpoofSign", "kind", {"own_domain", "name_via", "reply_by_list"}, {"", "none"}),
        ("Evidence", "kind", {"sent_message", "never_sent", "replayed"}, {"", "none"}),
    ],
)
def test_each_method_has_words_of_its_own(message, field, there, not_there):
    assert there <= set(words(message, field))
    assert not not_there & set(words(message, field))


def test_a_field_of_free_text_has_no_list():
    assert words("Part", "name") is None
    assert words("Nothing", "kind") is None


@pytest.mark.parametrize(
    ("message", "field", "text", "right"),
    [
        ("Recipient", "domain", "Example.ORG", '"example.org"'),
        ("Address", "domain", "@example.org", '"example.org"'),
        ("Envelope", "reverse_path", "<>", '""'),
        ("Recipient", "address", "<a@example.org>", '"a@example.org"'),
        ("Recipient", "address", "example.org", "@example.org"),
        ("Part", "type", "Text/HTML", "text/html"),
        ("Signature", "domain", "Example.ORG", "example.org"),
        ("Part", "name", "*.exe", "endsWith"),
        ("Auth", "authenticated_as", "@example.org", 'x.endsWith("@example.org")'),
        ("Auth", "authenticated_as", "example.org", 'x.endsWith("@example.org")'),
        ("Address", "address", "@example.org", 'x.endsWith("@example.org")'),
        ("DkimResult", "domain", "@example.org", '"example.org"'),
        ("StatedResults", "authserv_id", "MX.example.org", '"mx.example.org"'),
        ("StatedResult", "method", "DKIM", '"dkim"'),
    ],
)
def test_a_text_that_a_field_never_holds_is_told_with_what_is_right(message, field, text, right):
    assert right in never(message, field, text)


@pytest.mark.parametrize(
    ("message", "field", "text"),
    [
        ("Recipient", "domain", "example.org"),
        ("Recipient", "address", "A.B@example.org"),
        ("Recipient", "address", ""),
        ("Envelope", "reverse_path", ""),
        ("Part", "name", "Setup.EXE"),
        ("Mail", "subject", "<b>"),
    ],
)
def test_a_text_that_a_field_can_hold_is_left_alone(message, field, text):
    assert never(message, field, text) == ""


@pytest.mark.parametrize("word", ["pgp", "executable", "softfail", "depth"])
def test_a_word_is_known(word):
    assert is_word(word)


@pytest.mark.parametrize("word", ["none_of_it", "exe", "by_kind"])
def test_what_is_no_word_is_not(word):
    assert not is_word(word)


@pytest.mark.parametrize(
    ("field", "way"),
    [
        ("subject", "mail.subject"),
        ("ip", "envelope.client.ip"),
        ("class", "limits.exists(l, l.class_ ...)"),
        ("kind", "parts.exists(p, p.kind ...)"),
        ("groups", "rcpt.groups"),
        ("display_name", "mail.header.from_.exists(f, f.display_name ...)"),
    ],
)
def test_the_way_to_a_field_is_found(field, way):
    assert way in list(ways_to(field))


def test_there_is_no_way_to_what_is_not_there():
    assert list(ways_to("nope")) == []
