"""The milter door behind a real Postfix: what it is told, and what becomes of the mail."""

import contextlib
import os
import re
import signal
import smtplib
import socket
import subprocess

import pytest

pytestmark = [pytest.mark.real("postfix"), pytest.mark.slow]

HEADER = (
    b"From: <a@sender.example>\r\nTo: <b@corp.example>\r\n"
    b"Date: Mon, 05 Jan 2026 09:30:00 +0000\r\nMessage-ID: <1@sender.example>\r\n"
)
PLAIN = HEADER + b"Subject: hello\r\n\r\nhello\r\n"


class Mx:
    """A Postfix whose smtpd asks a milter door; `send` is a client of it."""

    def __init__(self, postfix, door, port, sink, until):
        self.postfix, self.door, self.port = postfix, door, port
        self.sink, self.until = sink, until

    def connect(self):
        client = smtplib.SMTP("127.0.0.1", self.port, timeout=60)
        client.ehlo("client.example")
        return client

    def send(self, *orders, content=PLAIN):
        """Send a message as it is; the reply to its end as text."""
        with self.connect() as client:
            client.mail("a@sender.example")
            for order in orders or ("accept",):
                address = order if "@" in order else f"<{order}@corp.example>"
                assert client.docmd("RCPT", f"TO:{address}")[0] == 250
            assert client.docmd("DATA")[0] == 354
            stuffed = content.replace(b"\r\n.", b"\r\n..")
            # smtplib would repair what we want to see repaired by Postfix.
            client.sock.sendall(
                stuffed + (b"" if stuffed.endswith(b"\r\n") else b"\r\n") + b".\r\n"
            )
            code, said = client.getreply()
            return f"{code} {said.decode()}"

    def delivered(self, count=1):
        """The messages that went on, without the Received field of this Postfix."""
        self.until(lambda: len(self.sink.messages) >= count, "delivery")
        self.until(lambda: self.postfix.queue() == [], "end of the queue")
        own = re.compile(rb"Received: from .*?\r\n(?![ \t])", re.DOTALL)
        return [own.sub(b"", each.content, count=1) for each in self.sink.messages]

    def nothing_left(self):
        """Wait until the queue is empty; tell whether nothing went on."""
        self.until(lambda: self.postfix.queue() == [], "end of the queue")
        return self.sink.messages == []


@pytest.fixture
def mx(postfix, sink, milter_door, free_port, until):
    door, port = milter_door(), free_port()
    relay = postfix(sink.port)
    relay.listen(port, smtpd_milters=door.socket)
    relay.main["non_smtpd_milters"] = door.socket
    relay.start()
    return Mx(relay, door, port, sink, until)


# What it is told

WELL_FORMED = [
    PLAIN,
    HEADER
    + b"Subject: a\r\n\tfolded\r\n  twice\r\nX-None:\r\nX-Tight:v\r\nX-Tab:\tv  \r\n\r\nx\r\n",
    HEADER + b"Subject: caf\xc3\xa9 \xff\xfe\r\n\r\n\xff\xfe caf\xc3\xa9\r\n",
    HEADER + b"\r\n.\r\n..\r\n...x\r\n",
    HEADER + b"\r\n",
    HEADER + b"Subject: a\r\n \r\n c\r\n\r\nx\r\n",
    HEADER + b"\r\n" + b"x" * 998 + b"\r\n",
    HEADER + b"\r\n" + b"0123456789abcdef\r\n" * 20_000,
    HEADER + b"X-Pratique: 1\r\nx-pratique: 2\r\nReceived: from x by y; z\r\n\r\nx\r\n",
]


def test_what_is_well_formed_is_seen_as_it_was_sent_and_as_it_goes_on(mx):
    for content in WELL_FORMED:
        assert mx.send(content=content).startswith("250")
    assert [each["content"] for each in mx.door.taken()] == WELL_FORMED
    assert sorted(mx.delivered(len(WELL_FORMED))) == sorted(WELL_FORMED)


MULTIPART = b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
# What Postfix 3.7 makes of content before a milter sees it: (sent, seen).
CHANGED = {
    "a bare CR is a space": (b"Subject: a\rb\r\n\r\nc\rd\r\n", b"Subject: a b\r\n\r\nc d\r\n"),
    "a bare LF is CRLF": (
        b"Subject: a\nX: b\r\n\r\nc\nd\r\n",
        b"Subject: a\r\nX: b\r\n\r\nc\r\nd\r\n",
    ),
    "NUL ends a line of the header": (
        b"Subject: a\0b\r\nX: c\r\n\r\nd\0e\r\n",
        b"Subject: a\r\nX: c\r\n\r\nd\0e\r\n",
    ),
    "NUL in a field name ends the header": (
        b"Sub\0ject: a\r\n\r\nx\r\n",
        b"\r\nSub\0ject: a\r\n\r\nx\r\n",
    ),
    "8 bit in a field name ends the header": (
        b"Subj\xffect: a\r\n\r\nx\r\n",
        b"\r\nSubj\xffect: a\r\n\r\nx\r\n",
    ),
    "a line without a colon ends the header": (
        b"no colon\r\nX: y\r\n\r\nx\r\n",
        b"\r\nno colon\r\nX: y\r\n\r\nx\r\n",
    ),
    "blanks before a colon are gone": (
        b"Subject : a\r\nX-Tab\t: b\r\n\r\nx\r\n",
        b"Subject: a\r\nX-Tab: b\r\n\r\nx\r\n",
    ),
    "in the headers of parts too": (
        MULTIPART + b"--b\r\nContent-Type : text/plain\r\n\r\nx\r\n--b--\r\n",
        MULTIPART + b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--\r\n",
    ),
    "Bcc, Return-Path and Content-Length are gone": (
        b"Bcc: x@y.example\r\nReturn-Path: <z@y>\r\nContent-Length: 5\r\n\r\nx\r\n",
        b"\r\nx\r\n",
    ),
    "a field ends with the line that reaches 60,000 octets": (
        b"X-Long:" + (b" " + b"x" * 97 + b"\r\n") * 700 + b"\r\nx\r\n",
        b"X-Long:" + (b" " + b"x" * 97 + b"\r\n") * 606 + b"\r\nx\r\n",
    ),
    "the last line has an end": (b"\r\nx", b"\r\nx\r\n"),
}


def test_what_is_odd_is_seen_as_it_goes_on(mx):
    for sent, _ in CHANGED.values():
        assert mx.send(content=HEADER + sent).startswith("250")
    seen = [each["content"] for each in mx.door.taken()]
    found = dict(zip(CHANGED, seen, strict=True))
    assert found == {what: HEADER + as_seen for what, (_, as_seen) in CHANGED.items()}
    # It folds a line of more than 998 octets when it sends; here is none.
    assert sorted(mx.delivered(len(CHANGED))) == sorted(seen)


def test_what_is_missing_was_added_before(mx):
    mx.send(content=b"Subject: hi\r\n\r\nx\r\n")
    mx.send(content=b"From a@b Mon Jan  5 09:30:00 2026\r\n" + HEADER + b"\r\nx\r\n")
    mx.send(content=b" leading blank\r\n" + HEADER + b"\r\nx\r\n")
    one, two, three = (each["content"] for each in mx.door.taken())
    assert re.fullmatch(
        rb"Subject: hi\r\nMessage-Id: <.*>\r\nDate: .*\r\nFrom: a@sender.example\r\n\r\nx\r\n", one
    )
    assert two.startswith(b"X-Mailbox-Line: From a@b Mon Jan  5 09:30:00 2026\r\nFrom: ")
    assert three.endswith(b"\r\n\r\n leading blank\r\n" + HEADER + b"\r\nx\r\n")
    assert sorted(mx.delivered(3)) == sorted([one, two, three])


def test_the_empty_line_of_a_message_that_ends_with_its_header_is_ours(mx):
    mx.send(content=HEADER)
    assert mx.door.taken()[0]["content"] == HEADER + b"\r\n"
    assert mx.delivered() == [HEADER]


def test_the_envelope_and_all_that_postfix_knows_beside(mx):
    with mx.connect() as client:
        client.mail("a@sender.example", ["SIZE=100", "BODY=8BITMIME", "RET=HDRS", "ENVID=x"])
        client.rcpt("accept@corp.example", ["NOTIFY=NEVER", "ORCPT=rfc822;a@b"])
        client.rcpt("Two+x@corp.example")
        code, said = client.data(PLAIN)
        mail, rcpt = "MAIL FROM:<\u00e9@sender.example> SMTPUTF8", "RCPT TO:<\u00fc@corp.example>"
        for line in (mail, rcpt, "DATA"):
            client.send(f"{line}\r\n".encode())
            assert client.getreply()[0] < 400
        client.send(PLAIN + b".\r\n")
        assert client.getreply()[0] == 250
        client.mail("")
        client.rcpt("accept@corp.example")
        client.data(PLAIN)
    first, second, third = mx.door.taken()
    assert first["reverse_path"] == "a@sender.example"
    assert first["parameters"] == ["SIZE=100", "BODY=8BITMIME", "RET=HDRS", "ENVID=x"]
    assert first["recipients"] == ["accept@corp.example", "Two+x@corp.example"]
    assert first["rcpt_parameters"] == ["NOTIFY=NEVER", "ORCPT=rfc822;a@b"]
    assert first["client"][::2] == ["127.0.0.1", "client.example"]
    assert said.endswith(first["mta_id"].encode())
    assert code == 250
    known = first["macros"]
    assert {"j", "v", "_", "i", "daemon_name", "daemon_addr", "daemon_port"} <= set(known)
    assert {"client_addr", "client_connections", "client_name", "client_port"} <= set(known)
    assert {"client_ptr", "client_resolve", "mail_addr", "mail_host", "mail_mailer"} <= set(known)
    assert known["mail_addr"] == "a@sender.example"
    assert (second["reverse_path"], second["recipients"]) == (
        "\u00e9@sender.example",
        ["\u00fc@corp.example"],
    )
    assert (first["protocol"], second["protocol"]) == ("ESMTP", "UTF8SMTP")
    assert third["reverse_path"] == ""


def test_mail_that_came_by_sendmail_has_no_client(mx):
    configuration = f"{mx.postfix.folder}/etc"
    command = ["/usr/sbin/sendmail", "-C", configuration, "-f", "me@here.example"]
    subprocess.run([*command, "accept@corp.example"], input=b"Subject: x\n\nhi\n", check=True)
    mx.delivered()
    (taken,) = mx.door.taken()
    assert taken["client"] == ["", "", ""]
    assert (taken["reverse_path"], taken["content"][-4:]) == ("me@here.example", b"hi\r\n")


def test_nobody_gets_a_bounce_of_mail_that_came_by_sendmail(mx):
    configuration = f"{mx.postfix.folder}/etc"
    command = ["/usr/sbin/sendmail", "-C", configuration, "-f", "me@here.example"]
    subprocess.run([*command, "reject@corp.example"], input=b"Subject: x\n\nhi\n", check=True)
    mx.until(lambda: [each["queue_name"] for each in mx.postfix.queue()] == ["hold"], "hold")
    assert mx.sink.messages == []


# What becomes of the mail


def test_fields_are_put_in_front_and_forgeries_are_gone(mx):
    forged = b"X-Pratique: f\r\n" + HEADER + b"x-pratique-b: f\r\n f\r\nX-PRATIQUE: f\r\n\r\nx\r\n"
    assert mx.send("fields", content=forged).startswith("250")
    mx.until(lambda: mx.sink.messages, "delivery")
    (received,) = mx.sink.messages
    front = b"X-Pratique: one\r\nX-Pratique-Long: two\r\n\tfolded\r\nReceived: from client.example"
    assert received.content.startswith(front)
    assert received.content.endswith(b"(UTC)\r\n" + HEADER + b"\r\nx\r\n")


def test_a_refusal_is_heard_by_the_client_itself(mx):
    assert mx.send("reject") == "550 5.7.1 100% refused"
    assert mx.send("defer") == "451 4.7.1 come again"
    assert mx.send("lines") == "550 5.7.1 one\n5.7.1 two"
    assert mx.send("half") == mx.send("fail") == "451 4.3.0 local error"
    assert mx.nothing_left()


def test_what_is_dropped_was_taken_and_goes_nowhere(mx):
    assert mx.send("discard").startswith("250")
    assert mx.send("nobody").startswith("250")
    assert mx.nothing_left()


def test_what_is_held_lies_in_the_hold_queue_until_it_is_let_out(mx):
    said = mx.send("hold")
    (held,) = mx.postfix.queue()
    assert held["queue_name"] == "hold"
    assert said.endswith(held["queue_id"])
    assert mx.sink.messages == []
    configuration = f"{mx.postfix.folder}/etc"
    subprocess.run(
        ["/usr/sbin/postsuper", "-c", configuration, "-H", held["queue_id"]],
        check=True,
        capture_output=True,
    )
    mx.postfix.flush()
    assert mx.delivered() == [PLAIN]
    # It was decided once: what is let out is not asked about again.
    assert len(mx.door.taken()) == 1


@pytest.mark.parametrize(
    "said",
    [
        "<Two@corp.example>",
        "two@corp.example",
        "<@relay.example:two@corp.example>",
        '<"tw o"@corp.example>',
        "<two+x@corp.example> NOTIFY=NEVER ORCPT=rfc822;q@x.example",
    ],
)
def test_a_recipient_is_taken_away_however_it_was_said(mx, said):
    assert mx.send("without", said, "three").startswith("250")
    mx.until(lambda: mx.sink.messages, "delivery")
    (received,) = mx.sink.messages
    kept = {f"RCPT TO:<{each}@corp.example>" for each in ("without", "three")}
    assert set(received.rcpt) == kept


def test_a_body_is_replaced(mx):
    mx.send("body")
    mx.send("empty")
    full, empty = sorted(mx.delivered(2), key=len, reverse=True)
    header = PLAIN.removesuffix(b"hello\r\n")
    assert (full, empty) == (header + b"new\r\n" * 30_000, header)


# When one of the two is gone


def test_without_a_door_postfix_defers(mx):
    mx.door.stop()
    with pytest.raises(smtplib.SMTPResponseException) as refused, mx.connect() as client:
        client.sendmail("a@sender.example", ["accept@corp.example"], PLAIN)
    assert refused.value.smtp_code // 100 == 4
    assert mx.nothing_left()


def test_a_door_that_is_killed_while_it_decides_leaves_the_mail_to_its_sender(mx):
    with mx.connect() as client:
        client.mail("a@sender.example")
        client.rcpt("slow@corp.example")
        client.docmd("DATA")
        client.sock.sendall(PLAIN + b".\r\n")
        mx.door.under_way()
        mx.door.running.kill()
        assert client.getreply()[0] // 100 == 4
    assert mx.nothing_left()


def test_a_postfix_that_goes_away_leaves_nothing_in_the_door(mx):
    with socket.create_connection(("127.0.0.1", mx.port)) as client, mx.connect() as second:
        lines = b"HELO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<slow@corp.example>\r\nDATA\r\n"
        client.sendall(lines + PLAIN + b".\r\n")
        second.mail("a@sender.example")
        second.rcpt("accept@corp.example")
        mx.door.under_way()
        master = int((mx.postfix.folder / "spool/pid/master.pid").read_text())
        # All of it: the master and the processes that it started are one group.
        os.killpg(master, signal.SIGKILL)
        mx.postfix.running = False
        mx.door.ask("go on")
        mx.door.idle()
        with contextlib.suppress(smtplib.SMTPServerDisconnected):
            second.quit()
    assert mx.sink.messages == []
