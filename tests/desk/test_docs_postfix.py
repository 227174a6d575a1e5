"""What docs/postfix.md says, done as it says: each block in a real Postfix, mail through each."""

import re
import smtplib
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pratique.milter import config
from pratique.milter.sent import keys as key_files

PAGE = (Path(__file__).resolve().parents[2] / "docs/postfix.md").read_text("utf-8")
BLOCK = re.compile(r"^```\w*\n# (/etc/\S+?)(?:, [a-z ]+)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
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
MAPS, PEOPLE = "/etc/postfix/tags", "/etc/postfix/people"
OUT_MILTER, OUT_QUEUE = "Mail that goes out, by a milter", "Mail that goes out, behind the queue"


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
        # The blocks of a further heading add to these.
        self.keys = service.folder / "keys"

    def add(self, heading):
        """Put the blocks of another heading after them."""
        key_files.add(self.keys, datetime.now(UTC).date())
        for file, text in blocks(heading).items():
            self.blocks[file] = self.blocks.get(file, "") + text

    def here(self, text):
        """The same text with the ports and folders of this test."""
        text = text.replace("/var/lib/pratique", str(self.service.state))
        text = text.replace("/var/spool/postfix", f"{self.relay.folder}/spool")
        text = text.replace("/etc/pratique/sent.keys", str(self.keys))
        text = text.replace("/etc/postfix/", f"{self.relay.folder}/")
        text = text.replace("0.0.0.0:25", "127.0.0.1:25").replace("example.org", "corp.example")
        text = text.replace(r"example\.org", r"corp\.example")
        return re.sub(
            r"(127\.0\.0\.1\]?):(25|10025|10026|10027)\b",
            lambda found: f"{found[1]}:{self.ports[found[2]]}",
            text,
        )

    def set_up(self):
        for file in (MAPS, PEOPLE):
            if file in self.blocks:
                Path(self.here(file)).write_text(self.here(self.blocks[file]))
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

    def make(heading, also=""):
        ports = {port: free_port() for port in ("25", "10025", "10026", "10027")}
        made = Desk(heading, postfix(sink.port), service, ports)
        if also:
            made.add(also)
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


# Mail that goes out.  Who has another address is said by XCLIENT, which takes a right of its own.
OURS_OUT = "ADDR=10.1.2.3 NAME=pc.corp.example"
TAGGED = re.compile(r"FROM:<(ann\+prvs=\w{10}@corp\.example)>")


def lets_clients_be_named(here):
    here.relay.main["smtpd_authorized_xclient_hosts"] = "127.0.0.0/8"
    here.relay.main["smtpd_relay_restrictions"] = "permit_mynetworks,reject_unauth_destination"


def send_as(port, client, reverse_path, recipient):
    """Send as this client; gives what is said of the recipient and of the content."""
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as smtp:
        smtp.ehlo("client.example")
        assert smtp.docmd("XCLIENT", client)[0] == 220
        smtp.ehlo("client.example")
        smtp.mail(reverse_path)
        return [smtp.rcpt(recipient)[0], smtp.data(PLAIN)[0]]


@in_postfix
def test_what_goes_out_by_the_milter_is_tagged_and_its_bounce_comes_in(desk, sink, until):
    here = desk(MILTER, OUT_MILTER)
    lets_clients_be_named(here)
    as_a_milter(here, "n", until)
    assert send_as(here.front, OURS_OUT, "ann@corp.example", "b@corp.example") == [250, 250]
    until(lambda: sink.messages, "message in the sink")
    (tagged,) = TAGGED.fullmatch(sink.messages[0].mail.split()[1]).groups()
    local, _, rest = tagged.partition("+")
    in_front = rest.replace("@", f"={local}@")
    for address in (tagged, in_front):
        assert send_as(here.front, "ADDR=192.0.2.1", "", address) == [250, 250]
    until(lambda: len(sink.messages) == 3, "both bounces in the sink")
    assert [one.rcpt[0].split()[1] for one in sink.messages[1:]] == ["TO:<ann@corp.example>"] * 2


@in_postfix
def test_what_goes_out_behind_the_queue_is_known_by_client_or_by_service(
    desk, sink, service, until, free_port
):
    here = desk(AFTER, OUT_QUEUE)
    lets_clients_be_named(here)
    here.relay.listen(here.front)
    submission = free_port()
    here.relay.listen(submission, content_filter=here.here("scan:[127.0.0.1]:10027"))
    tags = '\n[[sent.batv]]\ndomain = "corp.example"\nform = "subaddress"\n'
    service.config.write_text(service.config.read_text() + tags)
    here.relay.start()
    service.start()
    roaming = "ADDR=192.0.2.1"
    sent = [(here.front, OURS_OUT), (here.front, roaming), (submission, roaming)]
    for count, (port, client) in enumerate(sent, 1):
        assert send_as(port, client, "ann@corp.example", "b@corp.example") == [250, 250]
        until(lambda count=count: len(sink.messages) == count, "message in the sink")
    known = [bool(TAGGED.fullmatch(one.mail.split()[1])) for one in sink.messages]
    assert known == [True, False, True]
