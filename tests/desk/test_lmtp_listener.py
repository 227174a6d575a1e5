"""A real Postfix hands mail to us by LMTP, over a port and over a unix socket; its queue hears
a reply for each recipient."""

import re
import smtplib

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

# The content for most recipients goes out last; b's goes first.
MARKED = """
[[rule]]
name = "marked"
when = 'rcpt.address.startsWith("b@")'
actions = ["accept", { add_header = "X-Marked: 1" }]

[[rule]]
name = "unseen"
when = '''
  parts.exists(p, p.unopened != "") || ambiguities.size() + limits.size() + failures.size() > 0
'''
actions = ["quarantine"]
reason = "not looked into"

[[rule]]
name = "all other mail"
actions = ["accept"]
"""


def send(port, content, rcpt=("b@corp.example",), mail="a@sender.example"):
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
        client.ehlo("client.example")
        client.mail(mail)
        for address in rcpt:
            assert client.rcpt(address)[0] == 250
        assert client.data(content)[0] == 250


@pytest.fixture
def front(postfix, service, sink, free_port):
    """Start a Postfix whose queue goes to us by LMTP; give it, and its port."""

    def start(*, over_a_file=False, rest="", **settings):
        relay, port = postfix(sink.port), free_port()
        place = f"unix:{relay.folder}/in" if over_a_file else f"inet:[127.0.0.1]:{service.port}"
        service.configure(
            'protocol = "lmtp"\nsocket_mode = "0666"',
            f'[next_hop]\nkind = "smtp"\naddress = "127.0.0.1:{sink.port}"\n{rest}',
        )
        written = service.config.read_text().replace('reply = "sender"', 'reply = "queue"')
        if over_a_file:
            written = written.replace(f"127.0.0.1:{service.port}", place)
        service.config.write_text(written)
        lookup = {"lmtp_dns_support_level": "disabled", "lmtp_host_lookup": "native"}
        relay.main |= {"relay_transport": f"lmtp:{place}", **lookup, **settings}
        relay.listen(port)
        service.start()
        relay.start()
        return relay, port

    return start


@pytest.mark.parametrize("over_a_file", [False, True], ids=["port", "file"])
def test_mail_goes_on_once_for_all_recipients(front, sink, until, over_a_file):
    relay, port = front(over_a_file=over_a_file)
    send(port, PLAIN, ("b@corp.example", "c@corp.example"))
    until(lambda: sink.messages and not relay.queue(), "message")
    (received,) = sink.messages
    assert len(received.rcpt) == 2
    assert b" with LMTP id " in received.content
    log = relay.log()
    assert log.count("status=sent (250 2.0.0 Ok: taken as ") == 2


def test_what_is_stopped_is_held_and_makes_no_bounce(front, service, sink, until):
    relay, port = front()
    send(port, PROGRAM, ("b@corp.example", "c@corp.example"))
    until(service.held, "held message")
    until(lambda: not relay.queue(), "empty queue")
    (held,) = service.held()
    assert held["rule"] == "program"
    assert sink.messages == []


def test_a_next_hop_that_defers_leaves_the_mail_in_the_queue(front, sink, until):
    relay, port = front()
    sink.answers["DATA"] = "451 4.3.0 later"
    send(port, PLAIN, ("b@corp.example", "c@corp.example"))
    until(lambda: relay.log().count("status=deferred") == 2, "two deferrals")
    assert len(relay.queue()) == 1
    assert sink.messages == []


class NotNow(dict):
    """What the sink says: once, to the end of data for d, that it comes too early."""

    def __init__(self, sink):
        super().__init__()
        self.sink, self.left = sink, 1

    def get(self, key, default=None):
        last = [one for one in self.sink.commands if one.startswith("RCPT")][-1:]
        if key != "." or not self.left or "<d@" not in "".join(last):
            return default
        self.left -= 1
        return "451 4.3.0 later"


def test_who_is_deferred_comes_again_and_nobody_else(front, sink, until, tmp_path):
    policy = tmp_path / "policy.toml"
    policy.write_text(MARKED)
    sink.answers = NotNow(sink)
    soon = dict.fromkeys(("queue_run_delay", "minimal_backoff_time", "maximal_backoff_time"), "1s")
    relay, port = front(rest=f'[policy]\nfile = "{policy}"\ntest_before = false', **soon)
    send(port, PLAIN, ("b@corp.example", "c@corp.example", "d@corp.example"))
    until(lambda: relay.nudge() or not relay.queue(), "empty queue", 60)
    said = re.findall(r"to=<(\w)@corp.example>.*status=(\w+)", relay.log())
    assert sorted(said[:3]) == [("b", "sent"), ("c", "deferred"), ("d", "deferred")]
    assert sorted(said[3:]) == [("c", "sent"), ("d", "sent")]
    names = ["".join(re.findall(r"<(\w)@", "".join(one.rcpt))) for one in sink.messages]
    assert names == ["b", "cd"]


def test_many_messages_on_one_connection(front, sink, until):
    relay, port = front(lmtp_connection_cache_on_demand="yes", qmgr_message_active_limit="5")
    for number in range(8):
        send(port, PLAIN, (f"b{number}@corp.example", "c@corp.example"))
    until(lambda: len(sink.messages) == 8 and not relay.queue(), "all messages")


# Addresses that a Postfix at its defaults takes, and that we would refuse to a sender.
ODD = ["jörg@corp.example", f"{'l' * 300}@corp.example"]


@pytest.mark.parametrize("address", ODD, ids=["eight bits", "long"])
@pytest.mark.parametrize("refused", [False, True])
def test_an_odd_address_is_delivered_or_held_and_never_kept(
    front, service, sink, until, *, address, refused
):
    every = f"lmtp:inet:[127.0.0.1]:{service.port}"
    relay, port = front(default_transport=every)
    if refused:
        sink.answers["RCPT"] = "550 5.1.3 bad address"
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
        client.ehlo("client.example")
        client.docmd("MAIL FROM:<a@sender.example>")
        # smtplib sends no eight bits.
        client.sock.sendall(f"RCPT TO:<{address}>\r\n".encode())
        assert client.getreply()[0] == 250
        assert client.data(PLAIN)[0] == 250
    until(lambda: service.held() if refused else sink.messages, "the message")
    until(lambda: not relay.queue(), "empty queue")
    assert "status=deferred" not in relay.log()
    assert "status=bounced" not in relay.log()
