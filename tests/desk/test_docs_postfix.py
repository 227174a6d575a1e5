"""What docs/postfix.md says, done as it says: each block in a real Postfix, mail through each."""

import re
import smtplib
import subprocess
from pathlib import Path

import pytest

from pratique.milter import config

PAGE = (Path(__file__).resolve().parents[2] / "docs/postfix.md").read_text("utf-8")
BLOCK = re.compile(
    r"^```\w*\n# (/etc/\S+?)(?:, in addition)?\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
PLAIN = b"From: <a@sender.example>\r\nSubject: hello\r\n\r\nhello\r\n"
PROGRAM = PLAIN.replace(
    b"Subject", b'Content-Type: application/octet-stream; name="a.exe"\r\nSubject'
)
MAIN, MASTER, OURS = "/etc/postfix/main.cf", "/etc/postfix/master.cf", "/etc/pratique/pratique.toml"
BEFORE, AFTER, MX = (
    "Before the queue: smtpd_proxy_filter",
    "After the queue: content_filter",
    "In front, as MX",
)
MILTER = "As a milter"


def in_postfix(test):
    """Mark what takes a real Postfix and real workers."""
    for mark in (pytest.mark.slow, pytest.mark.real("postfix")):
        test = mark(test)
    return pytest.mark.real("kernel confinement")(test)


def blocks(heading):
    """The blocks below a heading, by the file that they are for, joined."""
    (section,) = [part for part in PAGE.split("\n## ") if part.startswith(heading + "\n")]
    found = {}
    for file, text in BLOCK.findall(section):
        found[file] = found.get(file, "") + text
    return found


class Desk:
    """A Postfix and a Pratique, set up by the blocks of one heading."""

    def __init__(self, heading, relay, service, ports):
        self.relay, self.service, self.front = relay, service, ports["25"]
        self.ports, self.blocks = ports, blocks(heading)

    def here(self, text):
        """The same text with the ports and folders of this test."""
        text = text.replace("/var/lib/pratique", str(self.service.state))
        text = text.replace("/var/spool/postfix", f"{self.relay.folder}/spool")
        text = text.replace("0.0.0.0:25", "127.0.0.1:25").replace("example.org", "corp.example")
        return re.sub(
            r"(127\.0\.0\.1\]?):(25|10025|10026)\b",
            lambda found: f"{found[1]}:{self.ports[found[2]]}",
            text,
        )

    def set_up(self):
        for line in self.blocks.get(MAIN, "").splitlines():
            name, _, value = self.here(line).partition(" = ")
            self.relay.main[name] = value
        if master := self.blocks.get(MASTER):
            self.relay.services.append(self.here(master).rstrip())
            self.relay.ports.append(self.ports["10026"])
        self.service.port = self.ports["10025"]
        self.service.config.write_text(self.here(self.blocks[OURS]))

    def send(self, content):
        """Send to the port that is the world's; gives the code of the last reply."""
        with smtplib.SMTP("127.0.0.1", self.front, timeout=60) as client:
            client.ehlo("client.example")
            client.mail("a@sender.example")
            client.rcpt("b@corp.example")
            return client.data(content)[0]


@pytest.fixture
def desk(postfix, service, sink, free_port):
    """Make a desk by what stands below a heading."""

    def make(heading):
        ports = {port: free_port() for port in ("25", "10025", "10026")}
        made = Desk(heading, postfix(sink.port), service, ports)
        made.set_up()
        return made

    return make


@pytest.mark.parametrize("heading", [MILTER, BEFORE, AFTER, MX])
def test_each_configuration_of_ours_is_sound(heading):
    settings = config.parse(blocks(heading)[OURS], "docs/postfix.md")
    assert settings.release.next_hop is not None


def test_every_block_says_which_file_it_is_for():
    fences = re.findall(r"^```", PAGE, re.MULTILINE)
    assert len(BLOCK.findall(PAGE)) * 2 == len(fences) > 20


@in_postfix
def test_before_the_queue_the_client_hears_the_refusal(desk, sink, service, until):
    here = desk(BEFORE)
    here.relay.listen(here.front)
    here.relay.start()
    service.start()
    assert here.send(PLAIN) == 250
    until(lambda: sink.messages, "message in the sink")
    assert here.send(PROGRAM) == 550
    assert len(sink.messages) == 1


@in_postfix
def test_after_the_queue_a_refusal_is_a_hold_and_no_bounce(desk, sink, service, until):
    here = desk(AFTER)
    here.relay.listen(here.front)
    here.relay.start()
    service.start()
    assert here.send(PLAIN) == here.send(PROGRAM) == 250
    until(lambda: sink.messages, "message in the sink")
    until(service.held, "held message")
    until(lambda: not here.relay.queue(), "empty queue")
    assert [one.mail.split()[1] for one in sink.messages] == ["FROM:<a@sender.example>"]
    assert "status=bounced" not in here.relay.log()


@in_postfix
def test_as_mx_we_refuse_what_postfix_does_not_want(desk, sink, service, until):
    here = desk(MX)
    here.service.port = here.front
    here.relay.start()
    service.start()
    assert here.send(PLAIN) == 250
    until(lambda: sink.messages, "message in the sink")
    assert here.send(PROGRAM) == 550
    with smtplib.SMTP("127.0.0.1", here.front, timeout=30) as client:
        client.ehlo("client.example")
        client.mail("a@sender.example")
        assert client.rcpt("c@elsewhere.example")[0] == 550


def as_a_milter(here, chroot, until):
    """Start both; the folder of the sockets is made as the page says."""
    here.relay.services.append(f"127.0.0.1:{here.front} inet n - {chroot} - - smtpd")
    here.relay.ports.append(here.front)
    here.relay.start()
    folder = here.relay.folder / "spool/pratique"
    subprocess.run(
        ["install", "-d", "-o", "root", "-g", "postfix", "-m", "2750", folder], check=True
    )
    # There is no port to wait for: it listens when its socket is there.
    here.service.port = here.front
    here.service.start()
    until(lambda: len(list(folder.glob("*.sock"))) == 2, f"both sockets\n{here.service.log()}")


@in_postfix
@pytest.mark.parametrize("chroot", ["n", "y"])
def test_as_a_milter_the_client_hears_the_refusal(desk, sink, until, chroot):
    here = desk(MILTER)
    as_a_milter(here, chroot, until)
    until(lambda: here.send(PLAIN) == 250, "plain mail that passes")
    until(lambda: sink.messages, "message in the sink")
    assert here.send(PROGRAM) == 550
    # postfix check finds nothing wrong with a folder of ours in its queue folder.
    here.relay.run("postfix", "check")
    assert "pratique" not in "".join(re.findall(r"postfix-script.*warning.*", here.relay.log()))


@in_postfix
def test_mail_of_this_host_is_held_and_makes_no_bounce(desk, sink, service, until):
    here = desk(MILTER)
    as_a_milter(here, "n", until)
    send = ["/usr/sbin/sendmail", "-C", here.relay.folder / "etc", "-f", "a@sender.example"]
    for content in (PLAIN, PROGRAM):
        subprocess.run([*send, "-i", "b@corp.example"], input=content, check=True)
    until(lambda: sink.messages, f"message in the sink\n{here.relay.log()}")
    until(service.held, "held message")
    until(lambda: not here.relay.queue(), "empty queue")
    assert [one.mail.split()[1] for one in sink.messages] == ["FROM:<a@sender.example>"]


@in_postfix
def test_while_pratique_is_away_postfix_takes_nothing(desk, sink):
    here = desk(MILTER)
    here.relay.listen(here.front)
    here.relay.start()
    with smtplib.SMTP("127.0.0.1", here.front, timeout=30) as client:
        client.ehlo("client.example")
        assert client.mail("a@sender.example")[0] == 451
    assert sink.messages == []
