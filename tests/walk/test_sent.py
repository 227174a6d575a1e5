"""Mail goes out through the whole house, is bounced, and what comes back is known, or not.

A service with two listeners, one for mail that we send and one for what comes to us; workers,
ledger and keys are real.  The next hop is the Maildir: what lies there is what others get.
"""

import os
import re
import signal
import smtplib
import subprocess

import pytest

from pratique.milter.sent.batv import bare

pytestmark = [pytest.mark.real("kernel confinement"), pytest.mark.slow]

ANN, GONE = "ann@example.org", "gone@example.net"
HEADER = b"From: Ann <ann@example.org>\r\nTo: gone@example.net\r\nSubject: hello\r\n"
MESSAGE_ID = re.compile(rb"^Message-ID: (<[^>]+>)(?=\r$)", re.MULTILINE)
REPORT = b"""From: MAILER-DAEMON@mx.example.net\r
To: ann@example.org\r
Subject: Undelivered Mail Returned to Sender\r
Message-ID: <report@mx.example.net>\r
Auto-Submitted: auto-replied\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=delivery-status; boundary=b\r
\r
--b\r
Content-Type: text/plain\r
\r
I could not deliver your mail to gone@example.net: user unknown.\r
\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mx.example.net\r
\r
Final-Recipient: rfc822; gone@example.net\r
Action: failed\r
Status: 5.1.1\r
\r
--b\r
Content-Type: text/rfc822-headers\r
\r
%b\r
--b--\r
"""
POLICY = '''
[[rule]]
name    = "false bounce"
when    = 'bounce.claimed && !bounce.verified'
actions = ["reject"]
reason  = "a bounce that answers nothing of ours"

[[rule]]
name    = "not seen"
when    = """size(failures) > 0 || size(limits) > 0 || size(ambiguities) > 0
             || parts.exists(p, p.unopened != "")"""
actions = ["reject"]
reason  = "not all of it was seen"

[[rule]]
name    = "all"
actions = ["accept"]
'''


class Post:
    """A service that takes mail at two listeners."""

    def __init__(self, service, folder, port, batv=""):
        self.service, self.outbound, self.inbound = service, service.port, port
        self.keys, self.policy = folder / "sent.keys", folder / "policy.toml"
        self.policy.write_text(POLICY)
        self.batv = batv
        self.configure()

    def configure(self, rest=""):
        self.service.configure(
            'name = "out"\ndirection = "outbound"\n',
            f'[[listener]]\nname = "in"\nreply = "sender"\naddress = "127.0.0.1:{self.inbound}"\n'
            f'[links]\nown_domains = ["example.org"]\n'
            f'[policy]\nfile = "{self.policy}"\ntest_before = false\n'
            f'[sent]\nkeys = "{self.keys}"\n{self.batv}\n[doors]\nprocesses = 1\n{rest}',
        )

    def send(self, content, reverse_path=ANN, *recipients):
        """Send mail of ours; gives what others get, header fields and reverse-path."""
        before = set(self.files())
        self.say(self.outbound, reverse_path, recipients or (GONE,), content)
        (new,) = set(self.files()) - before
        return new.read_bytes()

    def bounce(self, returned, recipient=ANN):
        """Bring a bounce; gives the reply's code."""
        return self.say(self.inbound, "", (recipient,), REPORT % returned)

    @staticmethod
    def say(port, reverse_path, recipients, content):
        with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
            client.ehlo("mx.example.net")
            client.mail(reverse_path)
            for one in recipients:
                assert client.rcpt(one)[0] == 250
            return client.data(content)[0]

    def files(self):
        return list((self.service.state / "maildir/new").glob("*"))


def header_of(content):
    """What a server returns of a message: its header, without what ours is not in."""
    lines = content.partition(b"\r\n\r\n")[0].split(b"\r\n")
    # A Maildir names the envelope in front.
    return b"\r\n".join(
        line for line in lines if not line.startswith((b"Return-Path", b"Delivered-"))
    )


def started(made):
    made.service.run("keys", "new", str(made.keys))
    made.service.start()
    return made


@pytest.fixture(scope="module")
def lasting_post(lasting_service, tmp_path_factory, free_port):
    """A service that no test changes."""
    return started(Post(lasting_service, tmp_path_factory.mktemp("post"), free_port()))


@pytest.fixture
def post(service, tmp_path, free_port):
    return started(Post(service, tmp_path, free_port()))


def test_a_bounce_of_what_was_stamped_is_verified_and_a_forged_one_is_not(lasting_post):
    out = lasting_post.send(HEADER + b"X-Pratique-Watermark: 1-20779-forged\r\n\r\nhello\r\n")
    assert len(MESSAGE_ID.findall(out)) == 1
    assert b"@example.org>" in MESSAGE_ID.search(out)[1]
    assert out.count(b"X-Pratique-Watermark: ") == 1
    assert b"forged" not in out
    # By Message-ID, by watermark alone, and not for another of us.
    assert lasting_post.bounce(MESSAGE_ID.search(out)[0]) == 250
    assert lasting_post.bounce(header_of(out)) == 250
    assert lasting_post.bounce(header_of(out), "bob@example.org") == 550
    assert lasting_post.bounce(HEADER + b"Message-ID: <1@example.org>") == 550
    assert lasting_post.bounce(HEADER) == 550


def test_a_stolen_message_id_is_worth_so_many_bounces_and_no_more(lasting_post):
    out = lasting_post.send(HEADER + b"Message-ID: <mine@example.org>\r\n\r\nhello\r\n")
    assert MESSAGE_ID.findall(out) == [b"<mine@example.org>"]
    # One recipient, and five more (docs/bounces.md).
    codes = [lasting_post.bounce(b"Message-ID: <mine@example.org>") for _ in range(8)]
    assert codes == [250] * 6 + [550] * 2


def test_a_message_id_field_that_says_nothing_stays_the_only_one(lasting_post):
    out = lasting_post.send(HEADER + b"Message-ID: \r\n\r\nhello\r\n")
    assert out.lower().count(b"message-id:") == 1
    assert b"X-Pratique-Watermark" not in out


def test_a_reload_takes_a_new_key_and_what_was_sent_before_is_still_known(post, service):
    first = post.send(HEADER + b"\r\nhello\r\n")
    service.run("keys", "new", str(post.keys))
    service.run("reload")
    second = post.send(HEADER + b"\r\nhello\r\n")
    assert b"X-Pratique-Watermark: 2-" in second
    service.stop()
    service.start()
    assert [post.bounce(header_of(one)) for one in (first, second)] == [250, 250]
    assert post.bounce(MESSAGE_ID.search(first)[0]) == 250


def test_keys_that_cannot_be_used_leave_a_running_service_as_it_was(post, service):
    post.keys.rename(post.keys.with_name("moved"))
    done = subprocess.run(
        [service.running.args[0], "--config", service.config, "reload"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert f"pratique keys new {post.keys}" in done.stdout + done.stderr
    post.keys.with_name("moved").rename(post.keys)
    out = post.send(HEADER + b"\r\nhello\r\n")
    assert post.bounce(header_of(out)) == 250


def test_a_door_that_is_started_again_needs_no_file_of_keys(post, service, until):
    first = post.send(HEADER + b"\r\nhello\r\n")
    post.keys.write_text("nonsense")
    (service.state / "sent.key").write_bytes(b"short")
    (door,) = service.pids()["door"]
    os.kill(door, signal.SIGKILL)
    until(lambda: service.pids()["door"] not in ([], [door]), "another door")
    until(lambda: service.log().count("in: listening on") == 2, "it serves")
    out = post.send(HEADER + b"\r\nhello\r\n")
    assert [post.bounce(header_of(one)) for one in (first, out)] == [250, 250]
    assert post.bounce(MESSAGE_ID.search(first)[0]) == 250


def test_without_the_keys_that_it_names_no_service_starts(service, tmp_path, free_port):
    post = Post(service, tmp_path, free_port())
    with pytest.raises(AssertionError):
        service.start()
    assert f"make one with `pratique keys new {post.keys}`" in service.log()


def test_a_tag_comes_back_to_the_plain_address_and_a_stolen_one_wears_out(
    service, tmp_path, free_port
):
    batv = '[[sent.batv]]\ndomain = "example.org"\n'
    post = started(Post(service, tmp_path, free_port(), batv))
    out = post.send(HEADER + b"\r\nhello\r\n")
    path = re.search(rb"^Return-Path: <([^>]+)>", out, re.MULTILINE)[1].decode()
    assert path != ANN
    assert bare(path) == ANN
    # Nothing but the tag proves it.
    codes = [post.bounce(b"Subject: hello", path) for _ in range(8)]
    assert codes == [250] * 6 + [550] * 2
    # What came to the tag is delivered to Ann.
    new = [one.read_bytes() for one in post.files()]
    assert sum(b"Delivered-To: ann@example.org" in one for one in new) == 6
    # With its Message-ID it is proved by that.
    assert post.bounce(MESSAGE_ID.search(out)[0], path) == 250


def test_what_comes_in_is_named_by_us_and_by_nobody_else(post, service):
    rest = '[authentication]\nauthserv_id = "mx.example.org"\n[dns]\nservers = ["127.0.0.1@9"]\n'
    post.configure(rest + 'seconds = "0.2s"\n')
    service.run("reload")
    forged = b"Authentication-Results: mx.example.org; dmarc=pass\r\n"
    before = set(post.files())
    content = forged + HEADER + b"\r\nhello\r\n"
    assert post.say(post.inbound, "x@example.net", (ANN,), content) == 250
    (new,) = set(post.files()) - before
    told = new.read_bytes()
    assert told.count(b"Authentication-Results: ") == 1
    assert b"dmarc=pass" not in told
    field = told.index(b"Authentication-Results: mx.example.org;\r\n\t")
    assert field < told.index(b"Received: ")
