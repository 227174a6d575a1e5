"""Recipients that differ, in each place at a real Postfix, with the rules of docs/recipients.md.

The sink gets what goes out in the end; the quarantine has what is held.  Where a transaction
shall fail Pratique sends to the sink itself, and Postfix's own queue makes the retry.
"""

import os
import re
import shutil
import signal
import smtplib
import tempfile
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.real("postfix"),
    pytest.mark.real("kernel confinement"),
    pytest.mark.slow,
]

PAGE = (Path(__file__).parents[2] / "docs/recipients.md").read_text("utf-8")
RULES = re.search(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)[1]
REST = """
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
HEAD = (
    b"From: <a@sender.example>\r\nTo: <b@corp.example>\r\nSubject: hello\r\n"
    b"Date: Mon, 05 Jan 2026 09:30:00 +0000\r\nMessage-ID: <1@sender.example>\r\n"
)
PLAIN = HEAD + b"\r\nhello\r\n"
PROGRAM = HEAD + (
    b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\n\r\nhello\r\n--b\r\nContent-Type: application/octet-stream; name=a.exe\r\n\r\n"
    b"MZ\r\n" + 100 * (b"x" * 70 + b"\r\n") + b"--b--\r\n"
)
SOON = {
    "queue_run_delay": "1s",
    "minimal_backoff_time": "1s",
    "maximal_backoff_time": "1s",
    "transport_retry_time": "1s",
}


class AtLast:
    """Words that are looked for when they are needed."""

    def __init__(self, say):
        self.say = say

    def __str__(self):
        return self.say()


class Place:
    """A Postfix with Pratique beside it."""

    def __init__(self, service, postfix, sink, free_port, until):
        self.service, self.sink, self.until = service, sink, until
        self.port, self.behind = free_port(), free_port()
        self.relay = postfix(sink.port)
        self.relay.main |= SOON
        self.policy = service.folder / "policy.toml"
        self.policy.write_text(RULES + REST)
        self.folder = Path(tempfile.mkdtemp(prefix="pratique-milter-"))
        # One that the user postfix may enter.
        self.folder.chmod(0o755)

    def start(self, ours):
        rest = f'[policy]\nfile = "{self.policy}"\ntest_before = false\n'
        self.service.config.write_text(f'state = "{self.service.state}"\n{ours}\n{rest}')
        self.service.start()
        self.relay.start()
        return self

    def listener(self, reply, next_hop):
        return (
            f'[[listener]]\nreply = "{reply}"\naddress = "127.0.0.1:{self.service.port}"\n'
            'hostname = "filter.example"\nxforward_from = ["127.0.0.1"]\n'
            f'relay_from = ["127.0.0.0/8"]\n[next_hop]\nkind = "smtp"\n'
            f'address = "127.0.0.1:{next_hop}"\n'
        )

    def proxy(self):
        """Before the queue, and back to a second smtpd."""
        self.relay.listen_before(self.port, self.service.port)
        self.relay.listen_behind(self.behind)
        return self.start(self.listener("sender", self.behind))

    def filter(self):
        """Behind the queue, and back to a second smtpd."""
        self.relay.queue_before(self.port, self.service.port)
        self.relay.queue_behind(self.behind)
        return self.start(self.listener("queue", self.behind))

    def queue_to_sink(self):
        """Behind the queue, and on to the sink: what it defers Postfix sends again."""
        self.relay.queue_before(self.port, self.service.port)
        return self.start(self.listener("queue", self.sink.port))

    def proxy_to_sink(self):
        """Before the queue, and on to the sink; the client sends again."""
        self.relay.listen_before(self.port, self.service.port)
        return self.start(self.listener("sender", self.sink.port))

    def milter(self, lines="", release=True):
        socket = f"unix:{self.folder}/milter.sock"
        self.relay.listen(self.port, smtpd_milters=socket, milter_default_action="tempfail")
        hop = f'[release]\nnext_hop = "127.0.0.1:{self.sink.port}"\n' if release else ""
        return self.start(
            f'[[milter]]\nreply = "sender"\nsocket = "{socket}"\nsocket_mode = "0666"\n'
            f"{lines}\n{hop}"
        )

    def milter_without_release(self):
        return self.milter(release=False)

    def send(self, content, *names):
        """Send one message; the reply to its end."""
        with smtplib.SMTP("127.0.0.1", self.port, timeout=30) as client:
            client.ehlo("client.example")
            client.mail("a@sender.example")
            for name in names:
                assert client.rcpt(f"{name}@corp.example")[0] == 250
            code, said = client.data(content)
            return f"{code} {said.decode()}"

    def _came(self, count):
        self.relay.nudge()
        return len(self.sink.messages) >= count

    def _is_done(self):
        self.relay.nudge()
        return not self.relay.queue()

    def _but(self, awaited):
        """What was awaited, and all that was said instead."""
        said = self.relay.queue, self.relay.log, self.service.log
        return AtLast(lambda: "\n".join([awaited, *(str(each()) for each in said)]))

    def delivered(self, count):
        """Who was sent what: by the local parts, whether the program was in it."""
        self.until(lambda: self._came(count), self._but(f"{count} messages"), 60)
        self.until(self._is_done, self._but("empty queue"), 60)
        return sorted(
            (
                " ".join(sorted(re.findall(r"<(\w+)@", " ".join(one.rcpt)))),
                b"\r\nMZ\r\n" in one.content,
            )
            for one in self.sink.messages
        )

    def held(self):
        """Who has something in quarantine, and where it stands."""
        rows = self.service.held()
        names = (" ".join(sorted(re.findall(r"(\w+)@", str(one["recipients"])))) for one in rows)
        return sorted(zip(names, (one["state"] for one in rows), strict=True))


@pytest.fixture
def place(service, postfix, sink, free_port, until):
    made = Place(service, postfix, sink, free_port, until)
    yield made
    shutil.rmtree(made.folder)


PLACES = ["milter", "proxy", "filter"]


@pytest.mark.parametrize("where", PLACES)
def test_one_is_served_one_is_held_and_one_would_be_refused(place, where):
    here = getattr(place, where)()
    assert here.send(PLAIN, "fine", "held", "refused", "good").startswith("250")
    assert here.delivered(1) == [("fine good", False)]
    assert here.held() == [("held refused", "held")]
    (message,) = here.service.held()
    shown = here.service.run("quarantine", "show", message["id"])
    kind = (
        "behind a queue to reject makes a bounce" if where == "filter" else "the rule says reject"
    )
    assert kind in " ".join(shown.split())
    (line,) = here.service.messages()
    assert (line["outcome"], line["action"]) == ("split", "quarantine")
    # In the order in which Postfix names them.
    assert sorted(line["recipients"].split("; ")) == [
        "<fine@corp.example> accept, delivered",
        "<good@corp.example> accept, delivered",
        "<held@corp.example> quarantine, held",
        "<refused@corp.example> reject, held",
    ]
    why = " ".join(here.service.run("why", message["id"]).split())
    assert "the message was split" in why
    assert "fine@corp.example, good@corp.example: accept, by the rule `all other mail`;" in why
    assert "status=bounced" not in here.relay.log()


@pytest.mark.parametrize("where", PLACES)
def test_one_gets_it_whole_and_one_gets_what_is_left(place, where):
    here = getattr(place, where)()
    assert here.send(PROGRAM, "whole", "fine", "good", "held").startswith("250")
    assert here.delivered(2) == [("fine good", False), ("whole", True)]
    assert here.held() == [("fine good", "kept_original"), ("held", "held")]


def test_a_milter_without_another_way_holds_it_for_the_smaller_group(place):
    here = place.milter_without_release()
    assert here.send(PROGRAM, "whole", "fine", "good").startswith("250")
    assert here.delivered(1) == [("fine good", False)]
    assert here.held() == [("fine good", "kept_original"), ("whole", "held")]
    (held,) = [one for one in here.service.held() if one["state"] == "held"]
    assert "different contents and 1 can go out" in held["reason"]


def test_where_postfix_holds_it_holds_for_all_and_we_hold_for_some(place):
    here = place.milter('quarantine = "postfix"')
    assert here.send(PLAIN, "fine", "held").startswith("250")
    assert here.delivered(1) == [("fine", False)]
    assert here.held() == [("held", "held")]
    assert here.send(PLAIN, "held").startswith("250")
    here.until(here.relay.queue, "message in the hold queue")
    (waiting,) = here.relay.queue()
    assert waiting["queue_name"] == "hold"


@pytest.mark.parametrize("where", PLACES)
def test_where_nobody_is_served_all_are_held_or_refused(place, where):
    here = getattr(place, where)()
    assert here.send(PLAIN, "held", "refused").startswith("250")
    here.until(here.held, "held message")
    assert here.held() == [("held refused", "held")]
    said = here.send(PLAIN, "refused")
    assert said.startswith("250" if where == "filter" else "550 5.7.1")
    here.until(lambda: not here.relay.queue(), "empty queue")
    assert here.sink.messages == []
    assert "status=bounced" not in here.relay.log()


class Answers(dict):
    """What the sink says to the end of data: so often something else to this recipient."""

    def __init__(self, sink, name, times, meanwhile=lambda: None):
        super().__init__()
        self.sink, self.name, self.times, self.meanwhile = sink, name, times, meanwhile

    def get(self, key, default=None):
        if key != ".":
            return default
        said = [one for one in self.sink.commands if one.startswith("RCPT")]
        if self.times and f"<{self.name}@" in said[-1]:
            self.times -= 1
            self.meanwhile()
            return "451 4.3.0 not now"
        return default


def test_a_failed_transaction_is_tried_again_and_makes_no_second_copy(place, sink):
    here = place.queue_to_sink()
    sink.answers = Answers(sink, "fine", 2)
    assert here.send(PLAIN, "held", "refused", "fine").startswith("250")
    assert here.delivered(1) == [("fine", False)]
    assert here.held() == [("held refused", "held")]
    said = [line["outcome"] for line in here.service.messages()]
    assert said == ["deferred", "deferred", "split"]


@pytest.mark.parametrize("failing", ["whole", "fine"])
def test_of_two_transactions_one_that_fails_is_all_that_is_tried_again(place, sink, failing):
    here = place.queue_to_sink()
    sink.answers = Answers(sink, failing, 2)
    assert here.send(PROGRAM, "whole", "held", "good", "fine").startswith("250")
    assert here.delivered(2) == [("fine good", False), ("whole", True)]
    assert here.held() == [("fine good", "kept_original"), ("held", "held")]


def test_a_client_that_comes_again_is_known_behind_the_received_field_of_postfix(place, sink):
    here = place.proxy_to_sink()
    sink.answers = Answers(sink, "fine", 1)
    assert here.send(PROGRAM, "whole", "held", "good", "fine").startswith("451 4.3.0 not now")
    assert here.held() == []
    assert here.send(PROGRAM, "whole", "held", "good", "fine").startswith("250")
    assert here.delivered(2) == [("fine good", False), ("whole", True)]
    assert here.held() == [("fine good", "kept_original"), ("held", "held")]
    # What a lost reply makes of it: no second copy.
    here.send(PLAIN, "held")
    here.send(PLAIN, "held")
    assert [one for one in here.held() if one == ("held", "held")] == [("held", "held")] * 2


def test_what_a_milter_cannot_send_another_way_is_deferred_for_all(place, sink):
    here = place.milter()
    sink.answers = Answers(sink, "whole", 1)
    assert here.send(PROGRAM, "whole", "fine", "good", "held").startswith("451 4.3.0 not now")
    assert (sink.messages, here.held()) == ([], [])
    assert here.send(PROGRAM, "whole", "fine", "good", "held").startswith("250")
    assert here.delivered(2) == [("fine good", False), ("whole", True)]


@pytest.mark.parametrize("name", ["whole", "fine"])
def test_killed_between_two_steps_nobody_gets_two_and_nothing_is_lost(place, sink, name):
    here = place.queue_to_sink()

    def kill():
        for pid in here.service.pids()["door"]:
            os.kill(pid, signal.SIGKILL)

    # In the first transaction, when the copies are on the disk; in the second, after one group
    # was served.
    sink.answers = Answers(sink, name, 1, kill)
    assert here.send(PROGRAM, "whole", "held", "good", "fine").startswith("250")
    assert here.delivered(2) == [("fine good", False), ("whole", True)]
    assert here.held() == [("fine good", "kept_original"), ("held", "held")]
