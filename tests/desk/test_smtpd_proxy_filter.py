"""Between two halves of a real Postfix, and in front of one at its defaults."""

import smtplib
import socket

import pytest

pytestmark = [
    pytest.mark.real("postfix"),
    pytest.mark.real("kernel confinement"),
    pytest.mark.slow,
]

PLAIN = b"From: <a@sender.example>\r\nSubject: hello\r\n\r\nhello\r\n"
PROGRAM = (
    b"From: <a@sender.example>\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: application/octet-stream; name="invoice.exe"\r\n\r\nMZ is all it says\r\n'
)
UNSEEN = PLAIN.replace(
    b"Subject", b'Content-Type: application/zip; name="x.7z"\r\nSubject'
).replace(b"\r\n\r\nhello", b"\r\n\r\n7z\xbc\xaf\x27\x1c" + bytes(40).replace(b"\0", b"x"))


@pytest.fixture
def both_halves(postfix, service, sink, free_port):
    """Give the port of a Postfix that has Pratique in its middle."""
    front, behind = free_port(), free_port()
    service.configure(
        'xforward_from = ["127.0.0.1"]\nrelay_from = ["127.0.0.0/8"]',
        f'[next_hop]\nkind = "smtp"\naddress = "127.0.0.1:{behind}"',
    )
    service.start()
    relay = postfix(sink.port)
    relay.listen_before(front, service.port)
    relay.listen_behind(behind)
    relay.start()
    return front


def send(port, content, rcpt=("b@corp.example",)):
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
        client.ehlo("client.example")
        client.mail("a@sender.example")
        for address in rcpt:
            client.rcpt(address)
        return client.data(content)


def test_plain_mail_passes_and_keeps_its_client(both_halves, service, sink, until):
    assert send(both_halves, PLAIN)[0] == 250
    until(lambda: sink.messages, "message in the sink")
    (received,) = sink.messages
    assert b"Subject: hello" in received.content
    assert received.content.endswith(b"\r\n\r\nhello\r\n")
    # We added no trace of our own: the Postfix in front has done it.
    assert b"filter.example" not in received.content
    assert b"client.example" in received.content


def test_a_program_is_refused_to_the_client_itself(both_halves, service, sink):
    code, said = send(both_halves, PROGRAM)
    assert (code, b"5.7.1 Message refused by policy" in said) == (550, True)
    assert sink.messages == []


def test_what_cannot_be_opened_is_taken_and_held(both_halves, service, sink):
    assert send(both_halves, UNSEEN)[0] == 250
    (held,) = service.held()
    assert sink.messages == []
    shown = service.run("quarantine", "show", held["id"])
    assert "client.example" in shown


def test_a_filter_that_is_away_defers_the_mail(both_halves, service, sink):
    service.stop()
    with smtplib.SMTP("127.0.0.1", both_halves, timeout=30) as client:
        client.helo("x")
        client.mail("a@sender.example")
        assert client.rcpt("b@corp.example")[0] // 100 == 4
    assert sink.messages == []


def test_several_recipients_are_one_message(both_halves, sink, until):
    assert send(both_halves, PLAIN, ("b@corp.example", "c@corp.example"))[0] == 250
    until(lambda: sink.messages, "message in the sink")
    assert len(sink.messages) == 1
    assert len(sink.messages[0].rcpt) == 2


@pytest.fixture
def in_front(postfix, service, sink, free_port):
    """Have Pratique deliver to a Postfix at its defaults; give that Postfix."""

    def start(listener="", **settings):
        behind = free_port()
        relay = postfix(sink.port)
        relay.listen(behind, **settings)
        relay.start()
        service.configure(listener, f'[next_hop]\nkind = "smtp"\naddress = "127.0.0.1:{behind}"')
        service.start()
        return relay

    return start


def converse(port, content):
    """Say one transaction and give the reply to each line and to the content."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        stream = client.makefile("rwb")
        replies = [stream.readline()]
        for line in ("HELO x", "MAIL FROM:<a@sender.example>", "RCPT TO:<b@corp.example>", "DATA"):
            stream.write(line.encode() + b"\r\n")
            stream.flush()
            replies.append(stream.readline())
        stream.write(content)
        stream.flush()
        return [*replies, stream.readline()]


# Ends of data that some server takes for one, and a second message behind each.
SMUGGLED = b"MAIL FROM:<x@evil.example>\r\nRCPT TO:<c@corp.example>\r\nDATA\r\nevil\r\n.\r\n"
FALSE_ENDS = [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r", b"\n\n.\r\n"]


@pytest.mark.parametrize("end", FALSE_ENDS)
def test_one_message_in_is_never_two_out(in_front, service, sink, until, end):
    relay = in_front()
    replies = converse(service.port, PLAIN + b"x" + end + SMUGGLED)
    assert replies[-1].startswith(b"550 5.6.0")
    assert converse(service.port, PLAIN + b".\r\n")[-1].startswith(b"250")
    until(lambda: sink.messages and not relay.queue(), "the honest message alone")
    (received,) = sink.messages
    assert received.content.endswith(b"\r\n\r\nhello\r\n")


@pytest.mark.parametrize("end", FALSE_ENDS)
def test_repaired_line_ends_make_one_message_too(in_front, service, sink, until, end):
    relay = in_front('bare_line_ends = "repair"')
    assert converse(service.port, PLAIN + b"x" + end + SMUGGLED)[-1].startswith(b"250")
    until(lambda: sink.messages and not relay.queue(), "the one message")
    (received,) = sink.messages
    assert b"evil.example" in received.content
    assert received.rcpt == ("RCPT TO:<b@corp.example>",)


def test_a_recipient_that_the_next_hop_refuses_is_refused_at_once(in_front, service):
    in_front(smtpd_relay_restrictions="reject_unauth_destination")
    with smtplib.SMTP("127.0.0.1", service.port, timeout=30) as client:
        client.helo("x")
        client.mail("a@sender.example")
        code, said = client.rcpt("c@elsewhere.example")
        assert (code, b"Relay access denied" in said) == (554, True)
        assert client.rcpt("b@corp.example")[0] == 250


def test_a_next_hop_that_is_away_defers(in_front, service, sink):
    relay = in_front()
    relay.stop()
    with smtplib.SMTP("127.0.0.1", service.port, timeout=30) as client:
        client.helo("x")
        assert client.mail("a@sender.example")[0] == 451
