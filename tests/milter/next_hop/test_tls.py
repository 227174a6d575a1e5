"""TLS with a next hop: what each level demands, and what happens where it is not met."""

import re
import ssl
from dataclasses import replace

import pytest

from pratique.milter.next_hop.connection import Timeouts
from pratique.milter.next_hop.smtp import AWAY, SmtpNextHop, Way
from pratique.milter.next_hop.tls import Tls
from pratique.milter.next_hop.wire import WireError

TLS_OFFERS = ("PIPELINING", "8BITMIME", "STARTTLS")
LOOPBACK = "127.0.0.1"


@pytest.fixture
def encrypted(script, certificate):
    """A server that offers STARTTLS."""
    script.offers, script.context = TLS_OFFERS, certificate.context()
    return script


def shielded(connection):
    return bool(connection.stream.certificate)


@pytest.mark.parametrize("level", ["opportunistic", "required", "verify", "fingerprint"])
async def test_mail_goes_encrypted_to_who_meets_the_demand(
    encrypted, certificate, outgoing, deliver, level
):
    tls = Tls(
        level, authorities=certificate.file, fingerprints=frozenset({certificate.fingerprint})
    )
    hop = SmtpNextHop(LOOPBACK, encrypted.port, "us.example", Way(tls=tls))
    assert (await deliver(hop, outgoing)).accepted
    assert encrypted.verbs() == ["EHLO", "STARTTLS", "EHLO", "MAIL", "RCPT", "DATA", "."]
    await hop.close()


@pytest.mark.parametrize("level", ["required", "verify", "fingerprint"])
async def test_implicit_tls_begins_with_the_first_octet(
    listen, script, certificate, connect, level
):
    tls = Tls(level, True, "", certificate.file, frozenset({certificate.fingerprint}))
    port = await listen(script.serve, certificate.context())
    assert shielded(await connect(port, tls=tls))
    assert script.verbs() == ["EHLO"]


async def test_a_name_may_be_stated_where_the_address_has_another(encrypted, certificate, connect):
    tls = Tls("verify", name="hop.example", authorities=certificate.file)
    assert shielded(await connect(encrypted.port, tls=tls))


DEMANDS = [
    (Tls("verify"), "self.signed"),
    (Tls("verify", name="mx.example"), "ostname mismatch"),
    (Tls("fingerprint", fingerprints=frozenset({"00" * 32})), "not listed"),
]


@pytest.mark.parametrize(("tls", "told"), DEMANDS)
@pytest.mark.parametrize("implicit", [False, True])
async def test_who_does_not_meet_the_demand_gets_no_mail(
    *, listen, encrypted, certificate, outgoing, deliver, caplog, tls, told, implicit
):
    if tls.name:
        tls = replace(tls, authorities=certificate.file)
    port = encrypted.port
    if implicit:
        tls = replace(tls, implicit=True)
        port = await listen(encrypted.serve, certificate.context())
    hop = SmtpNextHop(LOOPBACK, port, "us.example", Way(tls=tls))
    assert await deliver(hop, outgoing) == AWAY
    assert "MAIL" not in encrypted.verbs()
    assert re.search(told, caplog.text)
    await hop.close()


@pytest.mark.parametrize("level", ["required", "verify", "fingerprint"])
async def test_where_tls_is_demanded_nothing_goes_in_clear(
    *, script, outgoing, deliver, caplog, level, certificate
):
    tls = Tls(level, fingerprints=frozenset({certificate.fingerprint}))
    hop = SmtpNextHop(LOOPBACK, script.port, "us.example", Way(tls=tls))
    assert await deliver(hop, outgoing) == AWAY
    assert "does not offer STARTTLS" in caplog.text
    script.offers, script.answers["STARTTLS"] = TLS_OFFERS, ["454 4.7.0 not now"]
    assert await deliver(hop, outgoing) == AWAY
    assert "STARTTLS answered by 454" in caplog.text
    assert "MAIL" not in script.verbs()
    await hop.close()


async def test_without_an_offer_opportunistic_mail_goes_in_clear_and_is_logged(
    script, connect, caplog
):
    caplog.set_level("INFO")
    connection = await connect(script.port, tls=Tls("opportunistic"))
    assert not shielded(connection)
    assert script.connections == 1
    assert "offers no STARTTLS" in caplog.text


@pytest.mark.parametrize("answer", ["454 4.7.0 not now", "220 go", "220 goCLOSE"])
async def test_a_failed_handshake_is_followed_by_a_fresh_connection_in_clear(
    script, connect, caplog, answer
):
    # There is no TLS behind this 220: the handshake is read as commands.
    script.offers, script.answers["STARTTLS"] = (
        TLS_OFFERS,
        [answer.replace("goCLOSE", "go\r\nCLOSE")],
    )
    connection = await connect(
        script.port, replace(Timeouts(), handshake=0.2), tls=Tls("opportunistic")
    )
    assert not shielded(connection)
    assert script.connections == 2
    assert "mail goes there in clear" in caplog.text


@pytest.mark.parametrize("level", ["opportunistic", "required"])
@pytest.mark.parametrize("injected", ["250 AUTH", "25", "nonsense"])
async def test_what_is_said_in_clear_after_starttls_ends_the_connection(
    encrypted, connect, level, injected
):
    encrypted.context = None
    encrypted.answers["STARTTLS"] = [f"220 go\r\n{injected}"]
    with pytest.raises(WireError):
        await connect(encrypted.port, tls=Tls(level))
    assert encrypted.connections == 1
    assert encrypted.verbs() == ["EHLO", "STARTTLS"]


async def test_what_was_announced_before_tls_is_forgotten(encrypted, connect):
    encrypted.answers["EHLO"] = ["250-hop\r\n250-STARTTLS\r\n250 XFORWARD ADDR", "250 hop"]
    connection = await connect(encrypted.port, tls=Tls("required"))
    assert connection.capabilities == {}


def test_nothing_older_than_tls_1_2_is_spoken(certificate):
    for level in ("opportunistic", "verify"):
        context = Tls(level, authorities=certificate.file).context()
        assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_who_verifies_looks_at_the_name_and_who_signed():
    context = Tls("verify").context()
    assert (context.check_hostname, context.verify_mode) == (True, ssl.CERT_REQUIRED)


def test_a_file_without_certificates_is_no_authority(tmp_path):
    (tmp_path / "ca.pem").write_text("nothing")
    with pytest.raises(OSError, match=r"."):
        Tls("verify", authorities=tmp_path / "ca.pem").context()
