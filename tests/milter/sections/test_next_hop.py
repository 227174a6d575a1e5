"""Where mail goes by what is set, and where it goes by default."""

import pytest
from pydantic import ValidationError

from pratique.milter.config import parse
from pratique.milter.config_problems import ConfigError
from pratique.milter.next_hop.tls import Tls
from pratique.milter.sections.next_hop import (
    NextHopSection,
    ReleaseSection,
    servers_of,
    tls_of,
)

SHOWN = ":".join(["AB"] * 32)
SMTP = {"kind": "smtp", "address": "mail.example:25"}
ROUTE = {"domains": ["a.example"], "address": "one.example:25"}


def test_by_default_mail_goes_to_a_maildir_and_nothing_can_be_released():
    assert NextHopSection().kind == "maildir"
    assert ReleaseSection().next_hop is None


@pytest.mark.parametrize("kind", ["smtp", "lmtp"])
def test_a_mail_server_needs_its_address(kind):
    assert servers_of(NextHopSection(kind=kind, address="127.0.0.1:25")) == ("127.0.0.1:25",)
    with pytest.raises(ValidationError, match="needs address"):
        NextHopSection(kind=kind)


def test_several_servers_are_asked_in_the_order_in_which_they_are_written():
    section = NextHopSection(kind="smtp", addresses=["b.example:25", "unix:/run/a"])
    assert servers_of(section) == ("b.example:25", "unix:/run/a")


def test_a_socket_path_may_be_as_long_as_the_system_takes():
    longest = "unix:/" + "x" * 106
    assert NextHopSection(kind="lmtp", address=longest).address == longest
    with pytest.raises(ValidationError, match="107 octets"):
        NextHopSection(kind="lmtp", address=longest + "x")


@pytest.mark.parametrize(
    ("server", "level"),
    [
        ("mail.example:25", "opportunistic"),
        ("192.0.2.1:25", "opportunistic"),
        ("[2001:db8::1]:25", "opportunistic"),
        ("localhost:25", "none"),
        ("127.0.0.2:25", "none"),
        ("[::1]:25", "none"),
        ("unix:/run/dovecot/lmtp", "none"),
    ],
)
def test_what_leaves_this_machine_is_encrypted_where_that_is_possible(server, level):
    section = NextHopSection(kind="smtp", address=server)
    assert tls_of(section, server).level == level
    said = NextHopSection(kind="smtp", address=server, tls="required")
    assert tls_of(said, server).level == "required"


def test_all_that_is_said_of_tls_is_demanded():
    section = NextHopSection(**SMTP, tls="fingerprint", tls_implicit=True, tls_fingerprints=[SHOWN])
    told = tls_of(section, "mail.example:25")
    assert told == Tls("fingerprint", implicit=True, fingerprints=frozenset({"ab" * 32}))
    section = NextHopSection(**SMTP, tls="verify", tls_name="mx.example")
    assert tls_of(section, "mail.example:25") == Tls("verify", name="mx.example")


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"address": "a:25"}, "address goes with kind = 'smtp'"),
        ({"kind": "maildir", "addresses": ["a:25"]}, "addresses goes with"),
        ({"kind": "maildir", "tls": "none"}, "tls goes with"),
        ({"kind": "maildir", "max_connections": 50}, "max_connections goes with"),
        ({**SMTP, "folder": "/var/mail"}, "folder goes with"),
        ({**SMTP, "addresses": ["b:25"]}, "not both"),
        ({**SMTP, "address": "unix:lmtp"}, "write 'unix:' and a path"),
        ({**SMTP, "address": "here"}, "no address"),
        ({**SMTP, "max_connections": 0}, "greater than or equal to 1"),
        ({**SMTP, "tls": "starttls"}, "'none', 'opportunistic'"),
        ({**SMTP, "tls_implicit": True}, "tls_implicit needs"),
        ({**SMTP, "tls": "opportunistic", "tls_implicit": True}, "tls_implicit needs"),
        ({**SMTP, "tls": "fingerprint"}, "needs tls_fingerprints"),
        ({**SMTP, "tls": "required", "tls_fingerprints": [SHOWN]}, "goes with tls = 'fingerprint'"),
        ({**SMTP, "tls": "fingerprint", "tls_fingerprints": ["ab"]}, "no SHA-256 fingerprint"),
        ({**SMTP, "tls": "required", "tls_ca": "/etc/ca.pem"}, "go with tls = 'verify'"),
        ({**SMTP, "tls": "required", "tls_name": "a.example"}, "go with tls = 'verify'"),
        ({**SMTP, "tls": "verify", "tls_ca": "/nowhere/ca.pem"}, "no certificates in /nowhere"),
        ({"kind": "lmtp", "address": "unix:/run/l", "tls": "verify"}, "needs tls_name"),
        ({"route": [ROUTE]}, "where mail for all other domains goes"),
        ({**SMTP, "route": [{"domains": ["a.example"]}]}, "needs address"),
        ({**SMTP, "route": [{**ROUTE, "domains": []}]}, "at least 1"),
        ({**SMTP, "route": [{"address": "a:25"}]}, "Field required"),
        ({**SMTP, "route": [{**ROUTE, "kind": "maildir"}]}, "'smtp' or 'lmtp'"),
        (
            {**SMTP, "route": [ROUTE, {**ROUTE, "domains": ["b.example", "A.example"]}]},
            "two routes",
        ),
        ({**SMTP, "route": [{**ROUTE, "tls_implicit": True}]}, "tls_implicit needs"),
    ],
)
def test_what_cannot_be_meant_is_refused(settings, told):
    with pytest.raises(ValidationError, match=told):
        NextHopSection(**settings)


def test_a_mistake_in_a_route_is_told_with_its_place():
    text = '[next_hop]\nkind = "maildir"\n\n[[next_hop.route]]\ndomain = ["a.example"]\n'
    with pytest.raises(ConfigError) as raised:
        parse(text, "x.toml")
    assert "x.toml:5:1: next_hop.route.0.domain: no such setting" in str(raised.value)
    assert "did you mean 'domains'?" in str(raised.value)


def test_it_is_shown_in_one_line():
    section = NextHopSection(
        kind="lmtp", addresses=["a:24", "b:24"], route=[{**ROUTE, "domains": ["c.example", ".d"]}]
    )
    assert str(section) == "lmtp a:24, b:24; c.example, .d: smtp one.example:25"
    assert str(NextHopSection()) == "maildir"
