"""Conditions that hold by a stranger's word, and those that do not: what each way rests on."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.policies.checks.forgeable import is_open
from pratique.policies.checks.ways import either, ways
from pratique.policies.checks.words_of_strangers import Rest
from pratique.policies.language.condition import Condition
from pratique.policies.lists.named import List, Lists

BY_A_WORD = [
    'auth.dmarc == "pass" && mail.header.reply_to.exists(f, f.domain == "b.example")',
    'auth.dmarc == "pass" && mail.header.sender[0].address == "a@b.example"',
    'auth.authenticated_as != "" && mail.header.to.exists(f, f.address == "a@b.example")',
    'auth.authenticated_as in ["a@b.example", ""] && mail.subject == "x"',
    'auth.dkim.exists(d, d.result == "pass") && auth.dkim.exists(d, d.domain == "b.example")',
    'mail.header.from_.exists(f, f.address == "a@b")',
    'mail.header.from_[0].domain == "b.example"',
    '"b@c" == envelope.reverse_path',
    'envelope.reverse_path in ["a@b.c"]',
    'mail.subject.contains("x")',
    'mail.header.from_.all(f, f.domain in ["b"])',
    'auth.authenticated_as == "a@b.c" || mail.header.from_.exists(f, f.domain == "b.c")',
    '!(mail.subject != "x")',
    'mail.header.from_.map(f, f.address).exists(a, a == "x@y")',
    '"x@y" in mail.header.from_.map(f, f.address)',
    'mail.header.from_.filter(f, f.domain == "b").size() > 0',
    'auth.dkim.exists(d, d.result == "pass") && mail.header.from_.exists(f, f.domain == "b")',
    'auth.dkim.exists(d, d.domain == "b")',
    'auth.authenticated_as.contains("partner.example")',
    'auth.authenticated_as.endsWith("partner.example")',
    'auth.dmarc == "pass" && mail.subject.contains("x")',
    'auth.dmarc == "pass" && envelope.reverse_path.endsWith("@b.c")',
    'envelope.tls != "" && mail.subject == "x"',
    'stated_results.exists(s, s.authserv_id == "mx.a" && s.results.size() > 0)',
    'stated_results.exists(s, s.results.exists(r, r.method == "dkim" && r.result == "pass"))',
    'signatures.exists(s, s.domain == "b.example" && s.body_ok)',
    'envelope.client.helo == "mx.b"',
    '["a@b"].exists(x, envelope.reverse_path == x)',
    'mail.subject.contains("x") == true',
    'mail.subject == "x" ? true : false',
    'envelope.macros["f"] == "a@b"',
    'mail.header.from_[0].address + "" == "a@b"',
    'auth.dkim.all(d, d.result == "pass") && mail.subject == "x"',
    'auth.authenticated_as != "" && mail.header.from_.exists(f, f.display_name == "Ann")',
    'any_name("x") && mail.header.from_.exists(f, f.address == "a@b")',
    'mail.header.reply_to.exists_one(f, f.address == "a@b")',
    'auth.spf == "pass" && envelope.reverse_path == "a@b.c"',
    'envelope.client.name.endsWith("partner.example")',
    'mail.direction == "inbound" && mail.subject == "x"',
    'envelope.client.name == "b.c" ? mail.size > 3 : mail.subject == "x"',
    'envelope.macros["daemon_name"] != "x" && mail.subject == "x"',
    # Others can have such a name, proved as it is.
    'auth.dmarc == "pass" && mail.header.from_[0].domain.endsWith("b.example")',
    'auth.dmarc == "pass" && mail.header.from_.exists(f, f.address.contains("@b.example"))',
    'auth.dkim.exists(d, d.domain.endsWith("b.example") && d.result == "pass")',
    'envelope.client.ip.startsWith("192.0.2")',
    'envelope.client.name.matches("^.*b[.]example$")',
    # Of an empty list it holds too.
    'auth.dkim.all(d, d.domain == "b.example" && d.result == "pass")',
    'envelope.macros.mail_addr == "a@b"',
    'envelope.macros.exists(k, envelope.macros[k] == "a@b")',
    'spoof_signs.exists(s, s.detail.contains("a@b"))',
    'bounce.evidence.exists(e, e.detail == "b.example")',
]
BY_NO_WORD = [
    'auth.dmarc == "pass" && mail.header.from_[0].domain.endsWith(".b.example")',
    'auth.dkim.exists(d, d.domain.endsWith(".b.example") && d.result == "pass")',
    'envelope.client.ip.startsWith("192.0.2.")',
    'auth.dkim.all(d, d.result != "fail")',
    'envelope.macros["daemon_name"] == "inside" && mail.subject == "x"',
    'auth.dmarc == "pass" && mail.header.from_[0].domain == "b.example"',
    'auth.dmarc == "pass" && mail.header.from_.filter(f, f.domain == "b.c").size() > 0',
    '["a", "b"].exists(x, auth.dkim.exists(d, d.domain == x && d.result == "pass"))',
    'auth.dkim.exists(d, d.result == "pass" && ["a", "b"].exists(x, d.domain == x))',
    '!(mail.header.from_.exists(f, f.address == "a@b"))',
    '!(envelope.reverse_path in ["a@b"]) && mail.size < 100',
    'envelope.reverse_path == ""',
    'has(envelope.reverse_path) && envelope.reverse_path == ""',
    'mail.size > 4 && rcpt.domain == "b"',
    'auth.authenticated_as == "a@b.example"',
    'auth.authenticated_as.endsWith("@b.example")',
    'auth.dmarc == "pass" && mail.header.from_.exists(f, f.domain == "b")',
    'auth.authenticated_as != "" && mail.header.from_.exists(f, f.domain == "b")',
    'envelope.client.ip == "192.0.2.1" && mail.subject == "x"',
    'auth.dkim.exists(d, d.domain == "b" && d.result == "pass") && mail.subject == "x"',
    'envelope.authenticated != "" && mail.header.from_.exists(f, f.address == "a@b")',
    'mail.direction == "outbound" && envelope.reverse_path.endsWith("@b.c")',
    'bounce.verified && mail.subject.contains("x")',
    "mail.header.from_.size() == 1",
    "size(mail.subject) > 100",
    'parts.exists(p, p.unopened == "pgp")',
    'envelope.client.name == "mx.b.c" && envelope.client.helo == "x"',
    'envelope.macros["auth_authen"] == "ann" && mail.subject == "x"',
    '(auth.authenticated_as == "a@b" || envelope.client.ip == "192.0.2.1") && mail.subject == "x"',
    'mail.header.from_.exists(f, f.address != "a@b")',
    'auth.authenticated_as.matches("(?i)^.*@b[.]example$")',
    '"dnswl" in envelope.client.listed && mail.subject == "x"',
    'mail.sha256 == "ab"',
    'envelope.door == "inside" && mail.subject == "x"',
    '["a@b","c@d"].exists(x, auth.authenticated_as == x)',
    'envelope.client.listed.exists(l, l == "dnswl") && mail.subject == "x"',
    'auth.dmarc == "pass" && mail.header.from_.exists(f, f.domain == "b.c") && mail.subject == "x"',
    'envelope.client.name == "b.c" ? mail.subject == "x" : mail.size > 3',
]
FALSE_BY_A_WORD = [
    'parts.exists(p, p.may_carry_macros) && !mail.header.from_.exists(f, f.domain == "b")',
    'any_kind("script") && envelope.reverse_path != "a@b"',
    '!(envelope.reverse_path in ["a@b"])',
    'mail.header.from_.exists(f, f.domain != "b")',
]
FALSE_BY_NO_WORD = [
    'mail.header.from_.exists(f, f.domain == "b")',
    'envelope.reverse_path == ""',
    'any_kind("script") && auth.authenticated_as != "a@b.example"',
    '!(auth.authenticated_as in ["a@b"]) && any_kind("script")',
    '!(auth.dmarc == "pass" && mail.header.from_.exists(f, f.domain == "b")) && any_kind("script")',
    'has(envelope.reverse_path) && envelope.reverse_path == "" && mail.subject.contains("x")',
    'envelope.client.ip != "192.0.2.1" && any_kind("script")',
    "!bounce.verified && bounce.claimed",
    'spoof_signs.exists(s, s.kind == "own_domain") && auth.dmarc != "pass"',
]


LISTS = Lists(
    {
        "people": List("people", "addresses"),
        "domains": List("domains", "domains"),
        "everybody": List("everybody", "domains", is_whole=False),
        "nets": List("nets", "networks"),
        "internet": List("internet", "networks", is_whole=False),
        "known": List("known", "hashes"),
    }
)
LISTED_BY_A_WORD = [
    'in_list(envelope.reverse_path, "people")',
    'in_list("" + envelope.reverse_path, "people")',
    'mail.size > 3 && in_list(domain_of(envelope.reverse_path), "domains")',
    'mail.header.from_.exists(a, in_list(a.address, "people"))',
    'in_list(envelope.client.helo, "domains")',
    'in_list(mail.subject, "people")',
    'in_list(auth.authenticated_as, "people") || in_list(envelope.reverse_path, "people")',
    'in_list(domain_of(auth.authenticated_as), "everybody")',
    'in_list(envelope.client.ip, "internet")',
    'cidr(envelope.client.ip, "0.0.0.0/0")',
    'cidr(envelope.client.ip, "::/0")',
    'cidr(envelope.client.ip, "128.0.0.0/1")',
    'auth.dkim.exists(d, in_list(d.domain, "domains"))',
    'domain_of(envelope.reverse_path) == "x.example"',
    'domain_of(mail.header.from_[0].address) in ["x.example"]',
    'auth.dmarc == "pass" && mail.header.from_.exists(a, in_list(a.domain, "everybody"))',
]
LISTED_BY_A_PROOF = [
    'in_list(auth.authenticated_as, "people")',
    'in_list(domain_of(auth.authenticated_as), "domains")',
    'domain_of(auth.authenticated_as) == "x.example"',
    'in_list(envelope.client.ip, "nets")',
    'cidr(envelope.client.ip, "192.0.2.0/24")',
    'in_list(envelope.client.name, "domains")',
    'in_list(mail.sha256, "known")',
    'cidr(envelope.client.ip, "10.0.0.0/8") && in_list(envelope.reverse_path, "people")',
    'auth.dmarc == "pass" && mail.header.from_.exists(a, in_list(a.address, "people"))',
    'auth.dkim.exists(d, in_list(d.domain, "domains") && d.result == "pass")',
    'in_list(rcpt.address, "people")',
    '"board" in rcpt.groups',
    'rcpt.groups.exists(g, g == "board")',
    '!in_list(envelope.reverse_path, "people")',
]


def opens(text, *, holds=True):
    return any(map(is_open, ways(Condition.compile(text, lists=LISTS), holds=holds)))


@pytest.mark.parametrize("text", LISTED_BY_A_WORD)
def test_a_list_of_what_anybody_can_write_opens(text):
    assert opens(text)
    assert opens(f"!({text})", holds=False)


@pytest.mark.parametrize("text", LISTED_BY_A_PROOF)
def test_a_list_of_what_is_proved_does_not(text):
    assert not opens(text)


@pytest.mark.parametrize("text", BY_A_WORD)
def test_a_condition_that_a_stranger_can_meet_with_a_word(text):
    assert opens(text)


@pytest.mark.parametrize("text", BY_NO_WORD)
def test_a_condition_that_no_word_meets_without_proof(text):
    assert not opens(text)


@pytest.mark.parametrize("text", FALSE_BY_A_WORD)
def test_a_condition_that_a_word_makes_false(text):
    assert opens(text, holds=False)


@pytest.mark.parametrize("text", FALSE_BY_NO_WORD)
def test_a_condition_that_no_word_makes_false(text):
    assert not opens(text, holds=False)


@pytest.mark.parametrize("text", [*BY_A_WORD, *FALSE_BY_A_WORD])
def test_the_word_that_opens_is_shown_where_it_stands(text):
    for holds in (True, False):
        for rest, offset in ways(Condition.compile(text), holds=holds).items():
            if is_open(rest):
                assert text[offset].isalpha()


@pytest.mark.parametrize("text", [*BY_A_WORD, *BY_NO_WORD])
def test_not_not_is_the_same(text):
    assert opens(f"!(!({text}))") == opens(text)


def test_a_condition_in_the_place_of_a_condition_costs_no_more_than_its_length():
    text = "mail.size > 1"
    for number in range(20):
        text = f"({text} ? mail.size > {number} : mail.subject == 'x')"
    begun = time.process_time()
    assert opens(text)
    assert time.process_time() - begun < 2


@pytest.mark.slow
@given(st.sampled_from(BY_A_WORD), st.sampled_from(BY_NO_WORD))
def test_a_disjunction_is_open_if_either_side_is(word, other):
    assert opens(f"({word}) || ({other})")
    assert not opens(f"({other}) || ({other})")


@pytest.mark.slow
@given(st.sampled_from(BY_A_WORD))
def test_what_is_proved_beside_it_shuts_it(word):
    assert not opens(f'({word}) && auth.authenticated_as == "ann@b.example"')
    assert opens(f"({word}) && mail.size > 3")


def test_there_are_no_more_ways_than_there_are_sets_of_what_they_rest_on():
    """Two to the sixtieth, if they were written out."""
    some = " && ".join(f'(mail.subject == "{n}" || mail.size > {n})' for n in range(60))
    assert set(ways(Condition.compile(some), holds=True)) == {Rest.NOTHING, Rest.WORD}


def test_either_keeps_the_first_place():
    found = either({Rest.WORD: 7}, {Rest.WORD: 3, Rest.NOTHING: -1})
    assert found == {Rest.WORD: 3, Rest.NOTHING: -1}
