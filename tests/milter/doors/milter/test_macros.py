"""Macros are asked for, and kept."""

import pytest

from pratique.milter.doors.milter import macros
from pratique.milter.doors.milter.macros import MAX_VALUE, protocol


def test_each_macro_that_has_a_value_is_kept_by_its_name_without_braces():
    known = {"{client_addr}": "192.0.2.1", "i": "4ABC", "j": "", "{unasked}": "x"}
    assert macros.macros(known.get) == (("client_addr", "192.0.2.1"), ("i", "4ABC"))


@pytest.mark.parametrize("length", [MAX_VALUE, MAX_VALUE + 1])
def test_a_value_has_an_end(length):
    ((_, value),) = macros.macros({"v": "x" * length}.get)
    assert len(value) == MAX_VALUE


def test_a_value_that_is_no_text_is_left_out():
    def value_of(name):
        return b"\xff".decode() if name == "{cert_subject}" else name

    assert "cert_subject" not in dict(macros.macros(value_of))
    assert dict(macros.macros(value_of))["cert_issuer"] == "{cert_issuer}"


# Postfix MILTER_README, "Macros", without those of single recipients.
DOCUMENTED = """
    i j _ {auth_authen} {auth_author} {auth_type} {client_addr} {client_connections}
    {client_name} {client_port} {client_ptr} {cert_issuer} {cert_subject} {cipher_bits} {cipher}
    {daemon_addr} {daemon_name} {daemon_port} {mail_addr} {mail_host} {mail_mailer}
    {tls_version} v
"""


def test_all_that_postfix_documents_is_asked_for():
    asked = " ".join((macros.CONNECT, macros.HELO, macros.MAIL)).split()
    assert set(DOCUMENTED.split()) <= set(asked)
    assert len(asked) == len(set(asked))


@pytest.mark.parametrize(
    ("parameters", "known", "name"),
    [
        ((), {}, "ESMTP"),
        (("SIZE=1", "smtputf8"), {}, "UTF8SMTP"),
        ((), {"tls_version": "TLSv1.3"}, "ESMTPS"),
        ((), {"auth_authen": "ann"}, "ESMTPA"),
        (("SMTPUTF8",), {"tls_version": "TLSv1.3", "auth_authen": "ann"}, "UTF8SMTPSA"),
    ],
)
def test_the_protocol_has_the_name_that_is_registered(parameters, known, name):
    assert protocol(parameters, known) == name
