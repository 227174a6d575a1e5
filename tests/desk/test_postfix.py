"""See that the private Postfix and the sink are what the tests of this folder take them for."""

import smtplib

import pytest

pytestmark = [pytest.mark.real("postfix"), pytest.mark.slow]

MAIL = "From: <a@sender.example>\r\nSubject: hello\r\n\r\n.a line that begins with a dot\r\n"


def send(port, content=MAIL):
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
        client.sendmail("a@sender.example", ["b@corp.example"], content)


def test_a_postfix_alone_delivers_to_the_sink(postfix, sink, free_port, until):
    relay, port = postfix(sink.port), free_port()
    relay.listen(port)
    relay.start()
    send(port)
    until(lambda: sink.messages, "message in the sink")
    (received,) = sink.messages
    assert b"\r\nSubject: hello\r\n" in received.content
    assert received.content.endswith(b"\r\n\r\n.a line that begins with a dot\r\n")
    assert received.rcpt == ("RCPT TO:<b@corp.example>",)
    until(lambda: not relay.queue(), "empty queue")
    assert "status=sent" in relay.log()


def test_two_postfixes_run_side_by_side_one_behind_the_other(postfix, sink, free_port, until):
    front, behind = free_port(), free_port()
    second = postfix(sink.port)
    second.listen_behind(behind)
    second.start()
    first = postfix(sink.port)
    first.listen_before(front, behind)
    first.start()
    send(front)
    until(lambda: sink.messages, "message in the sink")
    assert "proxy-accept" in first.log()
    assert not first.queue()


def test_mail_waits_in_the_queue_while_the_next_hop_is_away(postfix, sink, free_port, until):
    relay, port = postfix(free_port()), free_port()
    relay.listen(port)
    relay.start()
    send(port)
    until(lambda: relay.queue() and "Connection refused" in relay.log(), "deferred message")
    (waiting,) = relay.queue()
    assert waiting["sender"] == "a@sender.example"
    assert not sink.messages
