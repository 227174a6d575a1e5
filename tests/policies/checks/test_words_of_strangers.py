"""Which fields a stranger writes, and what a comparison with one that he does not is worth."""

import pytest

from pratique.policies.checks.words_of_strangers import (
    _PLACES,
    FORGEABLE,
    Rest,
    at,
    if_listed,
    if_met,
    if_not_empty,
    of_macro,
)
from pratique.policies.language import vocabulary


def test_every_place_is_a_field_of_the_facts():
    for message, field in _PLACES:
        assert field in vocabulary.descriptor(message).fields_by_name


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ("Address", "address"),
        ("Address", "domain"),
        ("Address", "display_name"),
        ("Envelope", "reverse_path"),
        ("Client", "helo"),
        ("SpoofSign", "detail"),
        ("Evidence", "detail"),
        ("AddressProblem", "address"),
        ("Mail", "subject"),
        ("Mail", "message_id"),
        ("StatedResults", "authserv_id"),
        ("StatedResult", "result"),
        ("Signature", "domain"),
        ("DkimResult", "domain"),
        ("Returned", "reporter"),
        (vocabulary.PACKAGE + "Returned", "message_ids"),
    ],
)
def test_what_a_stranger_writes_as_he_likes(message, field):
    assert at(message, field) & FORGEABLE


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ("Recipient", "address"),
        ("Envelope", "tls"),
        ("Auth", "spf"),
        ("Auth", "authenticated_as"),
        ("Client", "ip"),
        ("Part", "name"),
        ("Nothing", "at_all"),
    ],
)
def test_what_is_no_word_about_who_he_is(message, field):
    assert not at(message, field) & FORGEABLE


@pytest.mark.parametrize(
    ("place", "function", "texts", "rest"),
    [
        (Rest.IDENTITY, "==", ["a@b.example"], Rest.PROVED),
        (Rest.IDENTITY, "in", ["a@b.example", "c@b.example"], Rest.PROVED),
        (Rest.IDENTITY, "==", [""], Rest.NOTHING),
        (Rest.IDENTITY, "in", ["a@b.example", ""], Rest.NOTHING),
        (Rest.WORD, "in", ["a@b.example", ""], Rest.WORD),
        (Rest.IDENTITY, "endsWith", ["@b.example"], Rest.PROVED),
        (Rest.IDENTITY, "endsWith", ["b.example"], Rest.LOOSE),
        (Rest.NAME, "endsWith", [".b.example"], Rest.PROVED),
        (Rest.NAME, "contains", [".b.example"], Rest.LOOSE),
        (Rest.IDENTITY, "startsWith", ["ann@"], Rest.LOOSE),
        (Rest.IDENTITY, "matches", ["@b[.]example$"], Rest.PROVED),
        (Rest.IDENTITY, "matches", ["@b[.]example"], Rest.LOOSE),
        (Rest.IDENTITY, "matches", ["b[.]example$"], Rest.LOOSE),
        (Rest.NAME, "matches", ["(?i)^mx[.]b[.]example$"], Rest.PROVED),
        (Rest.NUMBER, "==", ["192.0.2.1"], Rest.PROVED),
        (Rest.NUMBER, "startsWith", ["192.0.2"], Rest.LOOSE),
        (Rest.AUTHOR, "==", ["b.example"], Rest.AUTHOR),
        (Rest.AUTHOR, "endsWith", ["b.example"], Rest.WORD),
        (Rest.SIGNER, "endsWith", [".b.example"], Rest.SIGNER),
        (Rest.SIGNER, "endsWith", ["b.example"], Rest.LOOSE),
        (Rest.RESULT, "==", ["pass"], Rest.AUTHOR_PROVED),
        (Rest.RESULT, "in", ["pass", "none"], Rest.NOTHING),
        (Rest.SIGNED, "==", ["pass"], Rest.SIGNED),
        (Rest.SIGNED, "==", ["fail"], Rest.NOTHING),
        (Rest.DIRECTION, "==", ["outbound"], Rest.PROVED),
        (Rest.DIRECTION, "==", ["inbound"], Rest.NOTHING),
        (Rest.LOGIN, "==", ["ann"], Rest.PROVED),
        (Rest.WORD, "==", ["a@b.example"], Rest.WORD),
        # The null reverse-path: a form, and nobody's name.
        (Rest.WORD, "==", [""], Rest.NOTHING),
    ],
)
def test_what_is_known_where_a_place_is_as_a_comparison_wants_it(place, function, texts, rest):
    assert if_met(place, function, texts) == rest


def test_dmarc_proves_the_authors_and_nobody_else_in_the_header():
    assert at("Address", "domain", Rest.AUTHORS) == Rest.AUTHOR
    assert at("Address", "domain") == Rest.WORD
    assert at("Address", "display_name", Rest.AUTHORS) == Rest.WORD


def test_that_there_is_any_name_proves_who_only_where_it_is_a_login():
    assert if_not_empty(Rest.LOGIN) == Rest.PROVED
    assert if_not_empty(Rest.IDENTITY) == Rest.AUTHOR_PROVED
    assert if_not_empty(Rest.PROVED) == Rest.NOTHING


def test_a_macro_is_the_servers_word_or_the_clients():
    assert of_macro("auth_authen") == Rest.LOGIN
    assert of_macro("mail_addr") == Rest.WORD
    assert of_macro("client_ptr") == Rest.WORD
    assert of_macro("client_name") == Rest.NAME
    assert of_macro("client_addr") == Rest.NUMBER
    assert of_macro("i") == Rest.NOTHING


@pytest.mark.parametrize(
    ("place", "whole", "loose"),
    [
        (Rest.IDENTITY, Rest.PROVED, Rest.LOOSE),
        (Rest.NUMBER, Rest.PROVED, Rest.LOOSE),
        (Rest.AUTHOR, Rest.AUTHOR, Rest.WORD),
        (Rest.WORD, Rest.WORD, Rest.WORD),
        (Rest.LOGIN, Rest.PROVED, Rest.PROVED),
        (Rest.PROVED, Rest.PROVED, Rest.PROVED),
        (Rest.RESULT, Rest.NOTHING, Rest.NOTHING),
        (Rest.DIRECTION, Rest.NOTHING, Rest.NOTHING),
    ],
)
def test_a_list_is_worth_what_its_entries_name(place, whole, loose):
    assert if_listed(place, is_whole=True) == whole
    assert if_listed(place, is_whole=False) == loose
