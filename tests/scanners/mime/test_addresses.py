"""Address lists are split, never refused, and never slow."""

import time

import pytest

from pratique.scanners.mime.addresses import MAILBOXES, split
from pratique.scanners.mime.words import FIELD_OCTETS


def pairs(value):
    return [(each.address, each.display_name) for each in split(value)[0]]


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (b"a@example.org", [("a@example.org", "")]),
        (b" <a@Example.ORG> ", [("a@example.org", "")]),
        # RFC 5322 4.4: blanks around the dots of a domain, a fold among them.
        (b"a@example . org", [("a@example.org", "")]),
        (b"A <a@mail\r\n .example\t.org>", [("a@mail.example.org", "A")]),
        (b"A B <A.b@example.org>", [("A.b@example.org", "A B")]),
        (b'"B, A" <a@example.org>', [("a@example.org", "B, A")]),
        (b'"a \\"q\\" b" <a@example.org>', [("a@example.org", 'a "q" b')]),
        (b"B, A <a@example.org>", [("a@example.org", "B, A")]),
        (b"a@example.org (A (B))", [("a@example.org", "A B")]),
        (b"a@x.org, b@y.org;c@z.org", [("a@x.org", ""), ("b@y.org", ""), ("c@z.org", "")]),
        (b"G: a@x.org, b@y.org;, c@z.org", [("a@x.org", ""), ("b@y.org", ""), ("c@z.org", "")]),
        (b"undisclosed-recipients:;", []),
        (b'"a b"@example.org', [('"a b"@example.org', "")]),
        (b"<@r.example,@s.example:a@example.org>", [("a@example.org", "")]),
        (b"MAILER-DAEMON", [("MAILER-DAEMON", "")]),
        (b"root, postmaster", [("root", ""), ("postmaster", "")]),
        (b"MAILER-DAEMON <>", [("", "MAILER-DAEMON")]),
        (b"=?utf-8?q?Gr=C3=BCn=2C_A?= <a@example.org>", [("a@example.org", "Grün, A")]),
        (b'"=?utf-8?b?R3LDvG4=?=" <a@example.org>', [("a@example.org", "Grün")]),
        ("Grün <grün@example.org>".encode(), [("grün@example.org", "Grün")]),
        (b'"b@trusted.example" <a@evil.example>', [("a@evil.example", "b@trusted.example")]),
        (b"b@trusted.example <a@evil.example>", [("a@evil.example", "b@trusted.example")]),
        (b"a@b@example.org", [("a@b@example.org", "")]),
        (b"A <a@example.org", [("a@example.org", "A")]),
        (b'"open <a@example.org>', [('"open <a@example.org>', "")]),
        (b"(open a@example.org", [("", "open a@example.org")]),
        (b"a@[192.0.2.1]", [("a@[192.0.2.1]", "")]),
        (b"a@x.org\r\n\t, b@y.org", [("a@x.org", ""), ("b@y.org", "")]),
        # Programs show the one or the other.
        (b"A <a@x.org> <b@y.org>", [("a@x.org", "A"), ("b@y.org", "")]),
        (b"<a@x.org><b@y.org> B", [("a@x.org", ""), ("b@y.org", "B")]),
        (b'"A" <a@x.org> "B" <b@y.org> <>', [("a@x.org", "A  B"), ("b@y.org", "")]),
        (b", ,;<>,", []),
        (b"", []),
    ],
)
def test_a_list_is_split_into_mailboxes(value, wanted):
    assert pairs(value) == wanted


def test_the_domain_is_told_in_lower_case():
    assert [each.domain for each in split(b"a@X.Org, root")[0]] == ["x.org", ""]


def test_a_bad_octet_is_told_and_kept():
    ((mailbox,), _) = split(b"\xff <a@example.org>")

    assert (mailbox.bad, mailbox.raw_display_name) == (True, b"\xff")


def test_as_many_addresses_in_brackets_as_allowed_are_read():
    assert not split(b"<a@x.org>" * MAILBOXES)[1]
    mailboxes, cut = split(b"<a@x.org>" * (MAILBOXES + 1))
    assert (len(mailboxes), cut) == (MAILBOXES, True)


def test_as_many_mailboxes_as_allowed_are_read():
    whole = b", ".join(b"a%d@x.org" % number for number in range(MAILBOXES))

    assert (len(split(whole)[0]), split(whole)[1]) == (MAILBOXES, False)
    assert (len(split(whole + b", b@x.org")[0]), split(whole + b", b@x.org")[1]) == (
        MAILBOXES,
        True,
    )


@pytest.mark.parametrize(("size", "cut"), [(FIELD_OCTETS, False), (FIELD_OCTETS + 1, True)])
def test_a_field_is_read_up_to_its_limit(size, cut):
    assert split(b"a@example.org".ljust(size))[1] is cut


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece", [b",", b"a,", b"a@b,", b"<", b":", b"(,", b"()", b'"', b'"\\', b";", b"<>,", b"a ,"]
)
def test_the_longest_field_takes_no_time(piece, budget):
    split(piece * (FIELD_OCTETS // len(piece)))

    budget.check_clock()


@pytest.mark.parametrize(
    ("value", "address", "name"),
    [
        (b"a@b.example", "a@b.example", ""),
        (b" a@b.example,", "a@b.example", ""),
        (b"Doe <a@B.example>", "a@b.example", "Doe"),
        (b'"Doe, J" <a@b.example> ', "a@b.example", "Doe, J"),
        (b'"Doe"', '"Doe"', ""),
        (b'"Doe\\"" <a@b.example>', "a@b.example", 'Doe"'),
        (b"=?utf-8?q?D=C3=B6?= <a@b.example>", "a@b.example", "D\u00f6"),
        (b"<a@b.example> Doe", "a@b.example", "Doe"),
        (b"Doe < >", "", "Doe"),
    ],
)
def test_one_mailbox_is_read_as_it_would_be_among_others(value, address, name):
    (one,), cut = split(value)
    *_, last = split(b"x@y.example, " + value)[0]

    assert (one.address, one.display_name, cut) == (address, name, False)
    assert one == last


@pytest.mark.parametrize("value", [b"", b" ", b"\t \r\n", b"<>", b","])
def test_a_blank_field_has_no_mailbox(value):
    assert split(value) == ([], False)


def test_many_blanks_in_a_domain_cost_little():
    begun = time.process_time()
    blanks = b" " * 60_000
    assert pairs(b"<a@b" + blanks + b".c>") == [("a@b.c", "")]
    assert len(pairs(b"<a@b" + blanks + b"c>")) == 1
    assert time.process_time() - begun < 1
