"""Domains of addresses in the header, as hosts are compared."""

import pytest

from pratique.scanners.senders.authors import host_of, organisation


@pytest.mark.parametrize(
    ("written", "host"),
    [
        ("contoso.example", "contoso.example"),
        ("Contoso.Example.", "contoso.example"),
        ("contoso.example (a comment)", "contoso.example"),
        ("(a comment)contoso.example", "contoso.example"),
        ('contoso.example"', "contoso.example"),
        ("ｃontoso．example", "contoso.example"),
        ("con\u200btoso.example", "contoso.example"),
        ("müller.example", "xn--mller-kva.example"),
        ("[192.0.2.1]", "192.0.2.1"),
        ("", ""),
        ("<>", ""),
        ("(", ""),
    ],
)
def test_a_domain_is_read_as_mail_programs_show_it(written, host):
    assert host_of(written) == host


def test_a_domain_without_end_is_no_trouble():
    assert host_of("a." * 5000)
    assert host_of("(" * 5000) == ""


@pytest.mark.parametrize(
    ("host", "whose"),
    [
        ("mail.contoso.co.uk", "contoso.co.uk"),
        ("contoso.example", "contoso.example"),
        ("localhost", "localhost"),
        ("192.0.2.1", "192.0.2.1"),
    ],
)
def test_an_organisation_is_what_somebody_registered(host, whose):
    assert organisation(host) == whose
