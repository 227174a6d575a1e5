"""Our own Authentication-Results field: what was found and nothing of a stranger's."""

import authres
import pytest

from pratique.milter.lookups.auth.written import results_field
from pratique.scanners import facts_pb2 as facts


@pytest.fixture
def seen():
    made = facts.Facts()
    made.envelope.reverse_path = "bounce@A.example"
    made.envelope.client.helo = "mx.a.example"
    made.mail.header.from_.add(address="ann@a.example", domain="a.example")
    made.auth.spf, made.auth.dmarc, made.auth.arc = "pass", "fail", "none"
    made.auth.dkim.add(domain="b.example", result="pass")
    return made


def test_a_reader_of_such_fields_finds_what_was_found(seen):
    body = results_field(seen, "us.example")
    assert body == (
        "us.example;\r\n\tspf=pass smtp.mailfrom=a.example;\r\n\tdkim=pass header.d=b.example;"
        "\r\n\tdmarc=fail header.from=a.example;\r\n\tarc=none"
    )
    read = authres.AuthenticationResultsHeader.parse(f"Authentication-Results: {body}")
    assert read.authserv_id == "us.example"
    assert [(one.method, one.result) for one in read.results] == [
        ("spf", "pass"), ("dkim", "pass"), ("dmarc", "fail"), ("arc", "none"),
    ]  # fmt: skip


def test_of_a_bounce_the_greeting_was_asked_about(seen):
    seen.envelope.reverse_path = ""
    assert "spf=pass smtp.helo=mx.a.example;" in results_field(seen, "us.example")


def test_where_nobody_looked_it_says_none():
    assert results_field(facts.Facts(), "us.example") == "us.example;\r\n\tnone"


def test_nothing_that_a_stranger_wrote_gets_out(seen):
    seen.auth.dkim[0].domain = "a.example; dmarc=pass\r\nX: y"
    seen.auth.arc = "pass\r\nX: y"
    seen.envelope.reverse_path = "x@a b.example"
    seen.mail.header.from_.add(address="bob@b.example", domain="b.example")
    assert results_field(seen, "us.example") == (
        "us.example;\r\n\tspf=pass;\r\n\tdkim=pass;\r\n\tdmarc=fail;\r\n\tarc=none"
    )
