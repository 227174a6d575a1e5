"""The whole of it as a user starts it: mail in by SMTP, and out, or held, or refused."""

import smtplib
import socket
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.real("kernel confinement"), pytest.mark.slow]

PLAIN = b"From: <a@example.org>\r\nSubject: hello\r\n\r\nhello\r\n"


def with_attachment(name, octets=b"MZ is all it says\r\n"):
    lines = [
        b"From: <a@example.org>",
        b"MIME-Version: 1.0",
        b'Content-Type: multipart/mixed; boundary="b"',
        b"",
        b"--b",
        b'Content-Type: application/octet-stream; name="' + name.encode() + b'"',
        b"",
        octets,
        b"--b--",
        b"",
    ]
    return b"\r\n".join(lines)


PROGRAM = with_attachment("invoice.pdf.exe")
# ACE: no program that Debian has opens it.
UNSEEN = with_attachment("letter.ace", bytes(7) + b"**ACE**" + bytes(60))


def send(port, content, mail="a@example.org", rcpt=("b@example.net",)):
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
        client.ehlo("client.example")
        client.mail(mail)
        for address in rcpt:
            client.rcpt(address)
        return client.data(content)


def serve(service):
    """Run `serve` where it cannot start, and give what it said."""
    command = [sys.executable, "-m", "pratique", "--config", service.config, "serve"]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_plain_mail_is_delivered_with_our_trace(service):
    service.start()
    code, said = send(service.port, PLAIN)
    assert code == 250
    (delivered,) = service.delivered()
    assert delivered.startswith(b"Return-Path: <a@example.org>\r\nDelivered-To: b@example.net\r\n")
    assert (
        b"\r\nReceived: from client.example (unknown [127.0.0.1])\r\n by filter.example"
        in delivered
    )
    assert delivered.endswith(PLAIN)
    (line,) = service.messages()
    assert line["queue_id"].encode() in said
    assert (line["action"], line["size"], line["parts"]) == ("accept", len(PLAIN), 2)


def test_a_program_is_refused_and_kept_nowhere(service):
    service.start()
    assert send(service.port, PROGRAM) == (550, b"5.7.1 Message refused by policy")
    assert (service.delivered(), service.held()) == ([], [])


def test_what_cannot_be_opened_is_held_shown_released_and_deleted(service, sink):
    service.configure(rest=f'[release]\nnext_hop = "127.0.0.1:{sink.port}"')
    service.start()
    assert send(service.port, UNSEEN)[0] == 250
    assert service.delivered() == []
    (held,) = service.held()
    assert "needs_program" in service.run("quarantine", "show", held["id"])
    service.run("quarantine", "release", held["id"])
    (released,) = sink.messages
    assert released.content.endswith(UNSEEN)
    assert b"X-Pratique-Release: " in released.content
    assert [one["state"] for one in service.held()] == ["released"]
    service.run("quarantine", "delete", "--yes", held["id"])
    assert service.held() == []


def test_a_released_message_passes_our_own_door_once(service, sink):
    service.configure(rest=f'[release]\nnext_hop = "127.0.0.1:{service.port}"')
    service.start()
    send(service.port, UNSEEN)
    (held,) = service.held()
    service.run("quarantine", "release", held["id"])
    (delivered,) = service.delivered()
    assert delivered.endswith(UNSEEN)
    assert b"X-Pratique-Release" not in delivered
    assert send(service.port, UNSEEN)[0] == 250
    assert len(service.delivered()) == 1


def test_without_a_place_to_release_to_the_admin_is_told(service):
    service.start()
    send(service.port, UNSEEN)
    (held,) = service.held()
    service.run("quarantine", "release", held["id"], status=1)
    assert "release  off" in service.run("config", "check")


def test_fields_that_only_we_may_write_do_not_come_through(service):
    service.start()
    forged = b"X-Pratique-Note: clean\r\nx-pratique-release : abc\r\n\tdef\r\n" + PLAIN
    assert send(service.port, forged)[0] == 250
    (delivered,) = service.delivered()
    assert delivered.endswith(b"+0000\r\n" + PLAIN)


@pytest.mark.parametrize(("count", "code"), [(50, 250), (51, 554)])
def test_a_loop_ends_here(service, count, code):
    service.start()
    assert send(service.port, b"Received: from x by y; z\r\n" * count + PLAIN)[0] == code


def test_a_full_disk_is_deferred_and_nothing_is_lost(service, tmp_path):
    # A folder that cannot be made stands for a disk that cannot be written.
    service.start()
    held = service.state / "quarantine"
    held.rename(tmp_path / "away")
    held.write_text("in the way")
    assert send(service.port, UNSEEN)[0] in (451, 452)
    held.unlink()
    (tmp_path / "away").rename(held)
    assert send(service.port, UNSEEN)[0] == 250
    assert len(service.held()) == 1


def test_a_second_service_on_the_same_state_does_not_start(service):
    service.start()
    told = serve(service)
    assert told.returncode == 2
    assert "another pratique serves" in told.stderr


@pytest.mark.parametrize(
    ("listener", "words"),
    [('adress = "x"', "did you mean 'address'?"), ("max_size = 1", "65536")],
)
def test_a_broken_configuration_does_not_start_and_says_where(service, listener, words):
    service.configure(listener)
    told = serve(service)
    assert told.returncode == 2
    assert f"{service.config}:" in told.stderr
    assert words in told.stderr


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ('[policy]\nfile = "none"', "no policy 'none'"),
        ('[yara]\nfolders = ["/nowhere"]', "/nowhere"),
    ],
)
def test_what_is_missing_is_named_and_nothing_starts(service, section, words):
    service.configure(rest=section)
    told = serve(service)
    assert told.returncode == 2
    assert words in told.stderr


def test_an_address_in_use_does_not_start(service):
    with socket.create_server(("127.0.0.1", service.port)):
        told = serve(service)
    assert told.returncode == 2
    assert "in use" in told.stderr
