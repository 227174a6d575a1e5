"""Parts are taken out beside a real Postfix: as a milter, as a proxy, behind its queue.

The configuration is what docs/postfix.md says, set up as its own test does.  The sink gets
what Postfix sends on; the quarantine has what came.
"""

import re
import runpy
import smtplib
import subprocess
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.real("postfix"),
    pytest.mark.real("kernel confinement"),
    pytest.mark.slow,
]

HERE = Path(__file__).parent
PAGE = (HERE.parents[1] / "docs/rewriting.md").read_text("utf-8")
RULES = re.search(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)[1]
REST = """
[[rule]]
name = "in one reading"
when = 'mail.subject == "anew"'
actions = ["rebuild", "accept"]
reason = "a test"
forgeable = true

  [[rule.test]]
  facts.mail = { subject = "anew" }
  expect = "accept"

[[rule]]
name = "unseen"
when = '''
  parts.exists(p, p.unopened != "") || ambiguities.size() + limits.size() + failures.size() > 0
'''
actions = ["quarantine"]
reason = "not looked into"

  [[rule.test]]
  facts.limits = [{ class_ = "depth" }]
  expect = "quarantine"

[[rule]]
name = "all other mail"
actions = ["accept"]

  [[rule.test]]
  facts.parts = [{ kind = "text" }]
  expect = "accept"
"""

HEAD = (
    b"From: <a@sender.example>\r\nTo: <b@corp.example>\r\n"
    b"Date: Mon, 05 Jan 2026 09:30:00 +0000\r\nMessage-ID: <1@sender.example>\r\n"
)
MIXED = HEAD + (
    b"Subject: hello\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n boundary=b\r\n\r\n"
    b"preamble\r\n--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n.\r\n..dots\r\n--b\r\n"
)
FILE = b"Content-Type: application/octet-stream; name=a.exe\r\n\r\nMZ\r\n" + 1000 * (
    b"x" * 70 + b"\r\n"
)
END = b"--b--\r\nepilogue\r\n"
BARE = HEAD + (
    b"Content-Type: application/octet-stream;\r\n name=a.exe\r\nSubject: bare\r\n"
    b"Content-Disposition: attachment\r\nX-Last: 1\r\n\r\nMZ x\r\n"
)
NOTE = b"Something was taken out of this message"


@pytest.fixture
def desk(postfix, service, sink, free_port, until):
    """Make a desk by what stands below a heading of docs/postfix.md, with rules of ours."""
    page = runpy.run_path(str(HERE / "test_docs_postfix.py"))

    def make(heading, order=("", {}), signer="", more=""):
        ports = {port: free_port() for port in ("25", "10025", "10026")}
        made = page["Desk"](heading, postfix(sink.port), service, ports)
        master = made.blocks.get(page["MASTER"], "")
        made.blocks[page["MASTER"]] = master.replace("smtpd_milters=", f"smtpd_milters={signer}")
        ours = made.blocks[page["OURS"]]
        made.blocks[page["OURS"]] = ours.replace("[[milter]]\n", f"[[milter]]\n{more}")
        made.set_up()
        line, sockets = order
        if line:
            sockets = {**sockets, "pratique": made.relay.main["smtpd_milters"]}
            names = re.findall(r"unix:(\w+)/", line)
            made.relay.main["smtpd_milters"] = ", ".join(sockets[name] for name in names)
        policy = service.folder / "policy.toml"
        policy.write_text(RULES + REST)
        with service.config.open("a") as config:
            config.write(f'\n[policy]\nfile = "{policy}"\ntest_before = false\n')
        if heading == page["MILTER"]:
            page["as_a_milter"](made, "n", until)
        else:
            made.relay.listen(made.front)
            made.relay.start()
            service.start()
        return made

    return make


def send(here, until, *contents):
    """Send messages to the port that is the world's."""

    def taken(content):
        with smtplib.SMTP("127.0.0.1", here.front, timeout=60) as client:
            client.ehlo("client.example")
            client.mail("a@sender.example")
            client.rcpt("b@corp.example")
            return client.data(content)[0] == 250

    for content in contents:
        # A milter's socket is there a moment before it is heard.
        until(lambda content=content: taken(content), "message that is taken")


def bodies(sink, until, count):
    """The messages in the sink by their subjects: header and body of each."""
    until(lambda: len(sink.messages) >= count, f"{count} messages in the sink")
    found = {}
    for one in sink.messages:
        header, _, body = one.content.partition(b"\r\n\r\n")
        found[re.search(rb"^Subject: (\w+)", header, re.MULTILINE)[1]] = header, body
    return found


def fields(header):
    """The names of the fields but Received, and the values of those of MIME."""
    unfolded = re.sub(rb"\r\n[ \t]+", b" ", header)
    pairs = [line.split(b": ", 1) for line in unfolded.split(b"\r\n")]
    mime = {b"Content-Type", b"Content-Transfer-Encoding", b"MIME-Version"}
    return [(name, value if name in mime else b"") for name, value in pairs if name != b"Received"]


SIGNED = MIXED.replace(b"multipart/mixed", b"multipart/signed").replace(b": hello", b": signed")
ANEW = MIXED.replace(b"hello\r\nMIME", b"anew\r\nMIME") + END
PLACES = ["As a milter", "Before the queue: smtpd_proxy_filter", "After the queue: content_filter"]


@pytest.mark.parametrize("heading", PLACES)
def test_what_was_made_is_delivered_and_the_original_is_kept(desk, sink, service, until, heading):
    here = desk(heading)
    send(here, until, MIXED + FILE + END, BARE, ANEW)
    found = bodies(sink, until, 3)
    every_other_octet_stays(*found[b"hello"])
    the_note_is_the_message(*found[b"bare"])
    it_is_written_anew(*found[b"anew"])
    until(lambda: len(service.held()) == 3, "kept originals")
    assert {one["state"] for one in service.held()} == {"kept_original"}
    kept = [one.read_bytes() for one in (service.state / "quarantine").rglob("content")]
    assert any(MIXED + FILE + END in one for one in kept)
    until(lambda: not here.relay.queue(), "empty queue")
    assert len(sink.messages) == 3
    assert "status=bounced" not in here.relay.log()


def test_where_postfix_holds_our_quarantine_has_the_original_all_the_same(
    desk, sink, service, until
):
    here = desk("As a milter", more='quarantine = "postfix"\n')
    # A part that is signed cannot be taken out: that one Postfix holds, as it came.
    send(here, until, MIXED + FILE + END, BARE, SIGNED + FILE + END)
    found = bodies(sink, until, 2)
    every_other_octet_stays(*found[b"hello"])
    the_note_is_the_message(*found[b"bare"])
    until(lambda: len(service.held()) == 2, "kept originals")
    assert {one["state"] for one in service.held()} == {"kept_original"}
    kept = [one.read_bytes() for one in (service.state / "quarantine").rglob("content")]
    assert sorted(MIXED + FILE + END in one for one in kept) == [False, True]
    (held,) = here.relay.queue()
    assert held["queue_name"] == "hold"
    postcat = ["/usr/sbin/postcat", "-c", here.relay.folder / "etc", "-q", held["queue_id"]]
    assert b"\nMZ\n" in subprocess.run(postcat, check=True, capture_output=True).stdout
    assert len(sink.messages) == 2


def every_other_octet_stays(header, body):
    before, _, first = MIXED.partition(b"\r\n\r\n")
    assert header.endswith(before)
    assert body.startswith(first + b"Content-Type: text/plain;")
    assert body.endswith(b"\r\n" + END)
    assert NOTE in body
    assert b"\nMZ" not in body


def the_note_is_the_message(header, body):
    assert body.startswith(NOTE)
    assert fields(header) == [
        (b"From", b""),
        (b"To", b""),
        (b"Date", b""),
        (b"Message-ID", b""),
        (b"Subject", b""),
        (b"X-Last", b""),
        (b"MIME-Version", b"1.0"),
        (b"Content-Type", b"text/plain; charset=us-ascii"),
        (b"Content-Transfer-Encoding", b"7bit"),
    ]


def it_is_written_anew(header, body):
    assert fields(header)[-2:] == [
        (b"MIME-Version", b"1.0"),
        (b"Content-Type", b'multipart/mixed; boundary="=_pratique-000001"'),
    ]
    assert body.startswith(b"--=_pratique-000001\r\n")
    assert body.endswith(b"--=_pratique-000001--\r\n")
    assert b"hello\r\n.\r\n..dots" in body


def test_a_milter_behind_us_signs_what_we_made_and_one_before_us_checks_what_came(
    desk, sink, until, milter_door
):
    (line,) = re.findall(r"^smtpd_milters = (.*)$", PAGE, re.MULTILINE)
    checker, signer = milter_door(), milter_door()
    sockets = {"check": checker.socket, "sign": signer.socket}
    here = desk("As a milter", order=(line, sockets))
    send(here, until, MIXED + FILE + END)
    bodies(sink, until, 1)
    assert checker.taken()[-1]["content"] == MIXED + FILE + END
    signed = signer.taken()[-1]["content"]
    assert NOTE in signed
    assert b"\nMZ" not in signed


def test_a_signer_of_the_smtpd_behind_the_proxy_sees_what_we_made(desk, sink, until, milter_door):
    signer = milter_door()
    here = desk("Before the queue: smtpd_proxy_filter", signer=signer.socket)
    send(here, until, MIXED + FILE + END)
    bodies(sink, until, 1)
    assert NOTE in signer.taken()[-1]["content"]
