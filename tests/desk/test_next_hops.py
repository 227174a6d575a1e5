"""Mail goes to a real Dovecot by LMTP and a real Postfix by SMTP, as docs/next_hops.md says."""

import asyncio
import os
import re
import shutil
import smtplib
import subprocess
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pratique.milter import assembly, config
from pratique.milter.content import content_of
from pratique.milter.mail import Envelope, Forward, Outgoing

pytestmark = [pytest.mark.real("openssl"), pytest.mark.real("root"), pytest.mark.slow]
with_dovecot = pytest.mark.real("dovecot")
with_postfix = pytest.mark.real("postfix")

PAGE = (Path(__file__).resolve().parents[2] / "docs/next_hops.md").read_text("utf-8")
LISTENER, STATED = re.findall(
    r"^```\w*\n(.*?)^```$",
    PAGE.partition("## Mailboxes by LMTP")[2].partition("## TLS")[0],
    re.MULTILINE | re.DOTALL,
)
ENVELOPE = Envelope("Q1", datetime(2026, 11, 22, tzinfo=UTC), "ann@example.org")
CONTENT = b"From: <ann@example.org>\r\nSubject: hello\r\n\r\n.dot\r\n..\r\n" + b"x" * 3000 + b"\r\n"
USERS = {"bob": "", "eve": "userdb_quota_rule=*:storage=1k", "carl": ""}
SETTINGS = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = lmtp
ssl = yes
ssl_cert = <{folder}/hop.pem
ssl_key = <{folder}/hop.key
mail_location = maildir:~/Maildir
postmaster_address = postmaster@corp.example
passdb {{
  driver = static
  args = nopassword
}}
userdb {{
  driver = passwd-file
  args = {folder}/users
}}
{listener}
protocol lmtp {{
  mail_plugins = quota
}}
plugin {{
  quota = maildir:User quota
}}
{rest}
"""


def certify(folder):
    """Make a key and a certificate for hop.example that signs itself."""
    make = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
    name = ["-subj", "/CN=hop.example", "-addext", "subjectAltName=DNS:hop.example"]
    keys = ["-keyout", folder / "hop.key", "-out", folder / "hop.pem"]
    subprocess.run(["openssl", *make.split(), *name, *keys], check=True, capture_output=True)


class Dovecot:
    """One instance, with a mailbox for each of USERS, that listens as the page says."""

    def __init__(self, folder, port, until, listens):
        self.folder, self.port, self.until, self.listens = folder, port, until, listens

    def start(self, rest=""):
        certify(self.folder)
        rows = ""
        for user, extra in USERS.items():
            home = self.folder / user
            home.mkdir()
            shutil.chown(home, "mail", "mail")
            rows += f"{user}@corp.example::8:8::{home}::{extra}\n"
        (self.folder / "users").write_text(rows)
        own = {
            "folder": self.folder,
            "listener": LISTENER.replace("10024", str(self.port)),
            "rest": f"first_valid_uid = 1\n{rest}",
        }
        (self.folder / "dovecot.conf").write_text(SETTINGS.format(**own))
        self.run()
        self.until(lambda: self.listens(self.port), f"LMTP\n{self.log()}")

    def run(self, *words):
        command = ["dovecot", "-c", self.folder / "dovecot.conf", *words]
        # Not into a pipe: the daemon would hold its other end.
        said = self.folder / "said"
        with said.open("w") as file:
            done = subprocess.run(command, check=False, stdout=file, stderr=file)
        assert done.returncode == 0, said.read_text()

    def log(self):
        log = self.folder / "log"
        return log.read_text() if log.exists() else ""

    def mailbox(self, user):
        return [file.read_bytes() for file in (self.folder / user).glob("Maildir/new/*")]


@pytest.fixture
def dovecot(until, listens, free_port):
    folder = Path(tempfile.mkdtemp(prefix="pratique-dovecot-"))
    folder.chmod(0o755)
    made = Dovecot(folder, free_port(), until, listens)
    yield made
    if (folder / "run/master.pid").exists():
        made.run("stop")
    shutil.rmtree(folder, ignore_errors=True)


def deliver(text, recipients=("bob",), envelope=ENVELOPE):
    """Hand a message to the next hop that a configuration states."""

    async def hand_over():
        hop = assembly.next_hop_of(config.parse(text, "x"))
        try:
            return await hop.extensions(), await told(hop, recipients, envelope)
        finally:
            await hop.close()

    offers, reply = asyncio.run(hand_over())
    return reply, offers


async def told(hop, recipients=("bob",), envelope=ENVELOPE):
    forwards = [Forward(f"{one}@corp.example") for one in recipients]
    reply, transaction = await hop.resume(envelope, forwards)
    if transaction is not None:
        made = content_of([CONTENT])
        reply = await transaction.send(Outgoing(made, b"Received: by us\r\n"))
        made.close()
    return reply


def lmtp(lines):
    return f'[next_hop]\nkind = "lmtp"\n{lines}'


def without_trace(message):
    """A message as it was before Dovecot put its own fields in front."""
    return message[message.index(b"Received: by us") :].replace(b"\r\n", b"\n")


@with_dovecot
@pytest.mark.parametrize("way", ["inet", "unix", "starttls", "verify"])
def test_a_message_is_delivered_as_it_is(dovecot, way):
    dovecot.start()
    address = f"unix:{dovecot.folder}/run/lmtp" if way == "unix" else f"127.0.0.1:{dovecot.port}"
    lines = f'address = "{address}"\n'
    if way == "starttls":
        lines += 'tls = "required"\n'
    elif way == "verify":
        lines += f'tls = "verify"\ntls_name = "hop.example"\ntls_ca = "{dovecot.folder}/hop.pem"\n'
    reply, offers = deliver(lmtp(lines))
    assert reply.accepted, dovecot.log()
    assert {"PIPELINING", "8BITMIME"} <= offers
    (message,) = dovecot.mailbox("bob")
    assert without_trace(message) == b"Received: by us\n" + CONTENT.replace(b"\r\n", b"\n")


@with_dovecot
@pytest.mark.parametrize(("setting", "code"), [("no", 552), ("yes", 452)])
def test_who_has_no_room_left_is_told_apart_from_who_has(dovecot, setting, code):
    dovecot.start(f"quota_full_tempfail = {setting}")
    reply, _ = deliver(lmtp(f'address = "127.0.0.1:{dovecot.port}"'), ("bob", "eve", "carl"))
    assert [one.code for one in reply.each] == [250, code, 250], dovecot.log()
    assert reply.code == code
    assert [len(dovecot.mailbox(user)) for user in USERS] == [1, 0, 1]


@with_dovecot
def test_who_is_unknown_is_refused_before_the_content(dovecot):
    dovecot.start()
    reply, _ = deliver(lmtp(f'address = "127.0.0.1:{dovecot.port}"'), ("bob", "nobody"))
    assert reply.code == 550
    assert dovecot.mailbox("bob") == []


@with_dovecot
def test_while_it_is_down_mail_waits_and_then_goes(dovecot, free_port):
    lines = f'addresses = ["127.0.0.1:{free_port()}", "127.0.0.1:{dovecot.port}"]'
    assert deliver(lmtp(lines))[0].code == 451
    dovecot.start()
    assert deliver(lmtp(lines))[0].accepted
    assert len(dovecot.mailbox("bob")) == 1


@with_dovecot
@pytest.mark.real("kernel confinement")
def test_mail_of_a_client_of_ours_lies_in_the_mailbox(dovecot, service, until):
    dovecot.start()
    socket = dovecot.folder / "run/lmtp"
    os.chmod(socket, 0o666)
    service.configure(rest=f'[next_hop]\nkind = "lmtp"\naddress = "unix:{socket}"')
    service.start()
    with smtplib.SMTP("127.0.0.1", service.port, timeout=30) as client:
        assert client.sendmail("ann@example.org", ["bob@corp.example"], CONTENT) == {}
    (message,) = dovecot.mailbox("bob")
    assert b"\n.dot\n" in message.replace(b"\r\n", b"\n")


@with_dovecot
def test_the_page_states_what_reaches_it(dovecot):
    dovecot.start()
    assert deliver(STATED.replace("10024", str(dovecot.port)))[0].accepted, dovecot.log()


# Postfix


@pytest.fixture
def relay(postfix, sink, free_port):
    """`relay(**settings)`: a Postfix that listens with these settings, and its port."""

    def make(**settings):
        one, port = postfix(sink.port), free_port()
        certify(one.folder)
        files = {"cert_file": one.folder / "hop.pem", "key_file": one.folder / "hop.key"}
        keys = {f"smtpd_tls_{name}": str(file) for name, file in files.items()}
        one.listen(port, **keys, **settings)
        one.start()
        return one, port

    return make


def smtp(port, rest=""):
    return f'[next_hop]\nkind = "smtp"\naddress = "127.0.0.1:{port}"\n{rest}'


@with_postfix
def test_international_addresses_go_through(relay, sink, until):
    _, port = relay()
    envelope = replace(
        ENVELOPE, reverse_path="jörg@example.org", parameters=("BODY=8BITMIME", "SMTPUTF8")
    )
    reply, offers = deliver(smtp(port), ("bücher",), envelope)
    assert reply.accepted
    assert {"SMTPUTF8", "DSN", "8BITMIME", "PIPELINING"} <= offers
    until(lambda: sink.messages, "message in the sink")
    assert "<jörg@example.org>" in sink.messages[0].mail
    assert sink.messages[0].mail.endswith("SMTPUTF8")
    assert "<bücher@corp.example>" in sink.messages[0].rcpt[0]


@with_postfix
def test_one_that_wants_tls_gets_it_or_no_mail(relay, sink, until):
    one, port = relay(smtpd_tls_security_level="encrypt")
    assert deliver(smtp(port))[0].code == 451
    verify = f'tls = "verify"\ntls_name = "hop.example"\ntls_ca = "{one.folder}/hop.pem"'
    for demand in ('tls = "opportunistic"', 'tls = "required"', verify):
        assert deliver(smtp(port, demand))[0].accepted, one.log()
    until(lambda: len(sink.messages) == 3, "three messages in the sink")
    assert deliver(smtp(port, verify.replace("hop.example", "mx.example")))[0].code == 451


@with_postfix
def test_implicit_tls_is_spoken_too(relay):
    _, port = relay(smtpd_tls_wrappermode="yes")
    assert deliver(smtp(port, 'tls = "required"\ntls_implicit = true'))[0].accepted


@with_postfix
def test_a_restart_between_two_messages_is_not_heard(relay, until):
    one, port = relay()

    async def two():
        hop = assembly.next_hop_of(config.parse(smtp(port), "x"))
        first = await told(hop)
        await asyncio.to_thread(one.stop)
        while_down = await told(hop)
        one.run("postfix", "start")
        one.running = True
        await asyncio.to_thread(until, lambda: one.listens(port), "smtpd")
        last = await told(hop)
        await hop.close()
        return first, while_down, last

    first, while_down, last = asyncio.run(two())
    assert (first.code, while_down.code, last.code) == (250, 451, 250)


@with_postfix
def test_a_burst_goes_over_as_many_connections_as_there_may_be(relay, sink, until):
    one, port = relay()

    async def burst():
        hop = assembly.next_hop_of(config.parse(smtp(port, "max_connections = 3"), "x"))
        replies = await asyncio.gather(*(told(hop) for _ in range(30)))
        await hop.close()
        return replies

    assert all(reply.accepted for reply in asyncio.run(burst()))
    until(lambda: len(sink.messages) == 30, "thirty messages in the sink")
    # The test for the port is a connection too.
    assert one.log().count(": connect from") <= 4
