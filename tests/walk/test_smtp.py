"""All SMTP listeners of a service are served by one process, each by its own settings."""

import smtplib
import ssl
import subprocess

import pytest

pytestmark = [pytest.mark.real("kernel confinement"), pytest.mark.slow]

PLAIN = b"From: <a@example.org>\r\nSubject: hello\r\n\r\nhello\r\n" + b"x" * 70_000 + b"\r\n"
PROGRAM = b"From: <a@example.org>\r\nContent-Type: text/plain; name=a.exe\r\n\r\nMZ\x90\r\n"


def sent(port, content):
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
        client.ehlo("x")
        client.mail("a@example.org")
        client.rcpt("b@example.net")
        return client.data(content)[0]


def test_each_listener_answers_by_its_own_settings(service, free_port):
    small, queue = free_port(), free_port()
    service.configure(
        rest=f'[[listener]]\nname = "small"\nreply = "sender"\nmax_size = "64KB"\n'
        f'address = "127.0.0.1:{small}"\n'
        f'[[listener]]\nname = "queue"\nreply = "queue"\nmax_size = "64KB"\n'
        f'address = "127.0.0.1:{queue}"\n'
    )
    service.start()
    assert len(service.pids()["door"]) == 1
    assert [sent(port, PLAIN) for port in (service.port, small, queue)] == [250, 552, 250]
    assert [sent(port, PROGRAM) for port in (service.port, small, queue)] == [550, 550, 250]
    assert sorted(held["rule"] for held in service.held()) == ["program", "too much to look at"]


def test_what_became_of_a_message_stands_in_the_journal(service, until):
    service.start()
    assert sent(service.port, PROGRAM) == 550
    (line,) = service.messages()
    until(lambda: list((service.state / "journal").glob("*.sqlite3")), "journal")
    service.stop()
    service.running = None
    said = service.run("why", line["queue_id"])
    assert "program" in said
    assert "a.exe" in said


def renew(certificate, key):
    made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    named = ["-subj", "/CN=filter.example", "-out", str(certificate), "-keyout", str(key)]
    subprocess.run(["openssl", *made, *named], check=True, capture_output=True)


def seen_over_tls(port):
    """Send mail over TLS; the certificate that was seen."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
        client.starttls(context=context)
        seen = client.sock.getpeercert(binary_form=True)
        client.sendmail("a@example.org", ["b@example.net"], PLAIN)
        return seen


@pytest.mark.real("openssl")
def test_tls_with_a_certificate_that_is_renewed_while_it_serves(service, tmp_path, until):
    certificate, key = tmp_path / "mx.pem", tmp_path / "mx.key"
    renew(certificate, key)
    service.configure(
        f'tls = "opportunistic"\ntls_certificate = "{certificate}"\ntls_key = "{key}"\n'
    )
    service.start()
    first = seen_over_tls(service.port)
    renew(certificate, key)
    until(lambda: seen_over_tls(service.port) != first, "new certificate")
    assert all(b" with ESMTPS id " in mail for mail in service.delivered())


@pytest.mark.real("openssl")
def test_a_certificate_that_is_none_stops_the_start_and_says_why(service, tmp_path):
    certificate, key = tmp_path / "mx.pem", tmp_path / "mx.key"
    renew(certificate, key)
    key.unlink()
    service.configure(f'tls = "required"\ntls_certificate = "{certificate}"\ntls_key = "{key}"\n')
    with pytest.raises(AssertionError):
        service.start()
    assert f"tls_key: {key}: No such file or directory" in service.log()
