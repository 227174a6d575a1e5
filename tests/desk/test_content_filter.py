"""Behind the queue of a real Postfix: mail is delivered, held or kept there, never bounced.

Whatever that Postfix sends goes to the sink, bounces too: to `a@sender.example`, whom a worm
would have forged.
"""

import re
import smtplib
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.real("postfix"),
    pytest.mark.real("kernel confinement"),
    pytest.mark.slow,
]

SHIPPED = Path(__file__).parents[2] / "src/pratique/policies/shipped/default.toml"

PLAIN = b"From: <a@sender.example>\r\nSubject: hello\r\n\r\nhello\r\n"
PROGRAM = (
    b"From: <a@sender.example>\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: application/octet-stream; name="invoice.exe"\r\n\r\nMZ is all it says\r\n'
)
DATED = b"Message-ID: <1@sender.example>\r\nDate: Sun, 22 Nov 2026 05:00:00 +0000\r\n"
REPORT = (
    b"From: <MAILER-DAEMON@mx.elsewhere.example>\r\nSubject: Undelivered Mail\r\n"
    b"MIME-Version: 1.0\r\n"
    b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
    b"--b\r\n\r\nYour message could not be delivered.\r\n\r\n"
    b"--b\r\nContent-Type: message/delivery-status\r\n\r\n"
    b"Reporting-MTA: dns; mx.elsewhere.example\r\n\r\n"
    b"Final-Recipient: rfc822; x@elsewhere.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
    b"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nSubject: hi\r\n\r\n--b--\r\n"
)
DEFERS = """
[[rule]]
name = "later"
when = 'mail.subject == "later"'
actions = ["defer"]
reason = "not now"

[[rule]]
name = "gone"
when = 'mail.subject == "gone"'
actions = ["discard"]
reason = "nobody wants it"
"""


def send(port, content, rcpt=("b@corp.example",), mail="a@sender.example", notify=()):
    with smtplib.SMTP(timeout=30, source_address=("127.0.0.2", 0)) as client:
        client.connect("127.0.0.1", port)
        client.ehlo("client.example")
        client.mail(mail)
        for address in rcpt:
            assert client.rcpt(address, notify)[0] == 250
        assert client.data(content)[0] == 250


class Desk:
    """A Postfix whose queue is filtered, and Pratique in its middle."""

    def __init__(self, relay, front, service, sink, until):
        self.relay, self.front, self.service = relay, front, service
        self.sink, self.until = sink, until

    def held(self):
        """Wait until a message is held and the queue is empty; give its rule and reason."""
        self.until(self.service.held, "held message")
        self.until(lambda: not self.relay.queue(), "empty queue")
        (held,) = self.service.held()
        return held

    def delivered(self):
        """Wait until a message arrives and the queue is empty; give it."""
        self.until(lambda: self.sink.messages, "message in the sink")
        self.until(lambda: not self.relay.queue(), "empty queue")
        (received,) = self.sink.messages
        return received

    def deferred(self):
        """Wait until a message was tried and is kept."""
        self.until(lambda: "status=deferred" in self.relay.log(), "deferral")
        assert len(self.relay.queue()) == 1

    def assert_silent(self):
        """Nothing left that Postfix, and it made no bounce."""
        assert self.sink.messages == []
        assert self.bounces() == []

    def bounces(self):
        """Lines of Postfix's log that tell of a bounce, also of one that could not go."""
        telling = re.compile(r"status=bounced|sender non-delivery notification|/bounce\[")
        return [line for line in self.relay.log().splitlines() if telling.search(line)]


@pytest.fixture
def desk(postfix, service, sink, free_port, until):
    """Make the desk: settings of the listener, other sections, settings of the smtpd behind."""
    made = []

    def make(listener="", rest="", behind=None, reply="queue", **settings):
        front, back = free_port(), behind or free_port()
        service.configure(
            f'xforward_from = ["127.0.0.1"]\nrelay_from = ["127.0.0.0/8"]\n{listener}',
            f'[next_hop]\nkind = "smtp"\naddress = "127.0.0.1:{back}"\n{rest}',
        )
        written = service.config.read_text().replace('reply = "sender"', f'reply = "{reply}"')
        service.config.write_text(written)
        service.start()
        relay = postfix(sink.port)
        relay.queue_before(front, service.port)
        if behind is None:
            relay.queue_behind(back, **settings)
        relay.start()
        made.append(Desk(relay, front, service, sink, until))
        return made[-1]

    yield make
    for one in made:
        # Seen where a test fails.
        print(one.relay.log(), one.service.log())


def test_plain_mail_arrives_once_and_its_client_is_known_behind(desk, service):
    around = desk()
    send(around.front, PLAIN)
    received = around.delivered()
    assert received.content.endswith(b"\r\n\r\nhello\r\n")
    assert (received.mail.split()[1], received.rcpt) == (
        "FROM:<a@sender.example>",
        ("RCPT TO:<b@corp.example>",),
    )
    (queued,) = re.findall(r"(\w+): client=\S+\[127\.0\.0\.2\]", around.relay.log())
    again = rf"client=\S+\[127\.0\.0\.1\], orig_queue_id={queued}, orig_client=\S+\[127\.0\.0\.2\]"
    assert re.search(again, around.relay.log()), around.relay.log()
    (line,) = service.messages()
    assert (line["mta_id"], line["outcome"]) == (queued, "delivered")
    assert around.bounces() == []


def test_several_recipients_are_one_message(desk):
    around = desk()
    send(around.front, PLAIN, ("b@corp.example", "c@corp.example"))
    assert len(around.delivered().rcpt) == 2


def test_a_program_is_held_and_nobody_is_told(desk):
    around = desk()
    send(around.front, PROGRAM)
    held = around.held()
    assert held["rule"] == "program"
    assert "to reject makes a bounce" in held["reason"]
    around.assert_silent()


def test_nobody_is_told_that_a_held_message_was_relayed(desk):
    around = desk()
    send(around.front, PROGRAM, notify=["NOTIFY=SUCCESS,FAILURE,DELAY"])
    around.held()
    around.assert_silent()


def test_a_listener_that_says_the_wrong_thing_makes_bounces_and_we_would_see_them(desk):
    around = desk(reply="sender")
    send(around.front, PROGRAM)
    assert around.delivered().mail.startswith("MAIL FROM:<>")
    assert around.bounces() != []


def test_what_the_policy_defers_is_held_and_what_it_drops_is_dropped(
    desk, tmp_path, service, until
):
    policy = tmp_path / "policy.toml"
    policy.write_text(DEFERS + SHIPPED.read_text())
    around = desk(rest=f'[policy]\nfile = "{policy}"\ntest_before = false')
    send(around.front, PLAIN.replace(b"Subject: hello", b"Subject: later"))
    assert around.held()["rule"] == "later"
    send(around.front, PLAIN.replace(b"Subject: hello", b"Subject: gone"))
    until(lambda: len(service.messages()) == 2, "second message")
    until(lambda: not around.relay.queue(), "empty queue")
    assert [line["outcome"] for line in service.messages()] == ["held", "dropped"]
    around.assert_silent()


def test_what_is_too_large_is_held(desk, service):
    around = desk('max_size = "64KB"')
    send(around.front, PLAIN + b"x" * 70 + b"\r\n" + b"and much more of it\r\n" * 4000)
    assert around.held()["rule"] == "too much to look at"
    around.assert_silent()
    (line,) = service.messages()
    assert line["size"] > 64 * 1024


REFUSES = "inline:{ { gone@corp.example = REJECT 5.1.1 no such user }, { b@corp.example = OK } }"


@pytest.mark.parametrize(
    "settings",
    [
        {"smtpd_sender_restrictions": "reject"},
        {"smtpd_sender_restrictions": "reject", "smtpd_delay_reject": "no"},
        {"smtpd_recipient_restrictions": f"check_recipient_access {REFUSES},reject"},
        {"smtpd_data_restrictions": "reject"},
        {"smtpd_end_of_data_restrictions": "reject"},
        {"message_size_limit": "100"},
    ],
    ids=["RCPT, for the sender", "MAIL", "RCPT", "DATA", "end of data", "size"],
)
def test_what_the_next_hop_refuses_is_held_and_nobody_is_told(desk, settings):
    around = desk(**settings)
    send(around.front, PLAIN, ("b@corp.example", "gone@corp.example"))
    held = around.held()
    assert held["rule"] == "refused by the next hop"
    assert "the next hop refuses it: 5" in held["reason"]
    around.assert_silent()


def test_mail_waits_in_the_queue_while_the_next_hop_is_away(desk, postfix, sink, free_port):
    behind = free_port()
    around = desk(behind=behind)
    send(around.front, PLAIN)
    around.deferred()
    around.assert_silent()
    back = postfix(sink.port)
    back.queue_behind(behind)
    back.start()
    around.relay.flush()
    around.delivered()
    assert around.bounces() == []


def test_mail_waits_in_the_queue_while_we_are_away(desk, service):
    around = desk()
    service.stop()
    send(around.front, PLAIN)
    around.deferred()
    service.start()
    around.relay.flush()
    around.delivered()
    assert around.bounces() == []


def test_a_relay_that_nobody_named_keeps_its_mail_and_we_say_what_to_mend(desk, service):
    around = desk()
    service.stop()
    service.config.write_text(service.config.read_text().replace('"127.0.0.0/8"', '"192.0.2.0/24"'))
    service.start()
    send(around.front, PLAIN)
    around.deferred()
    around.assert_silent()
    assert "name that server in relay_from" in service.log()


def test_a_report_about_mail_of_ours_is_delivered(desk):
    around = desk()
    send(around.front, REPORT, mail="")
    assert around.delivered().mail.startswith("MAIL FROM:<>")
    assert around.bounces() == []


def test_a_program_in_a_report_is_held(desk):
    around = desk()
    send(around.front, PROGRAM, mail="")
    assert around.held()["rule"] == "program"
    around.assert_silent()


def test_a_released_message_comes_back_through_the_queue_and_passes(desk, service):
    around = desk()
    # Without these two Postfix adds them to mail from this machine, and a token opens for its
    # own octets alone.
    send(around.front, DATED + PROGRAM)
    held = around.held()
    release = f'\n[release]\nnext_hop = "127.0.0.1:{around.front}"\n'
    service.config.write_text(service.config.read_text() + release)
    service.run("quarantine", "release", held["id"])
    assert around.delivered().content.endswith(b"MZ is all it says\r\n")
    assert around.bounces() == []
