"""BATV with a real Postfix: what goes out has a tag, what comes back to it is delivered."""

import contextlib
import re
import smtplib
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pratique.milter.sections.sent import BatvSection, SentSection
from pratique.milter.sent import keys as key_files
from pratique.milter.sent.tags import Tags

pytestmark = [
    pytest.mark.real("postfix"),
    pytest.mark.real("kernel confinement"),
    pytest.mark.slow,
]

HELLO = b"From: <ann@corp.example>\r\nTo: <x@elsewhere.example>\r\nSubject: hello\r\n\r\nhello\r\n"
ANN, FAR = "ann@corp.example", "joe@elsewhere.example"
STRANGER = "ADDR=192.0.2.1 NAME=spike.example"
PREFIXED = re.compile(r"FROM:<prvs=1\d{3}[0-9a-f]{6}=ann@corp\.example>")
BEHIND = re.compile(r"FROM:<ann\+prvs=1\d{3}[0-9a-f]{6}@corp\.example>")
SHIPPED = Path(__file__).parents[2] / "src/pratique/policies/shipped/default.toml"
POLICY = """
[[rule]]
name = "ours"
when = 'mail.direction == "outbound"'
actions = ["accept"]
reason = "it goes out"

[[rule]]
name = "theirs"
when = 'mail.direction == "inbound"'
actions = ["accept"]
reason = "it comes in"
"""
# What docs/postfix.md has for the form in front.
CANONICAL = "/^prvs=[0-9]{4}[0-9a-f]{6}=(.+@corp\\.example)$/ $1\n"


class Desk:
    """A Postfix for corp.example, which knows its recipients, and a Pratique beside it."""

    def __init__(self, relay, service, sink, port, until):
        self.relay, self.service, self.sink = relay, service, sink
        self.port, self.until, self.form = port, until, "prefix"
        relay.main |= {
            "relay_recipient_maps": "inline:{ann@corp.example=x, bob@corp.example=x}",
            "recipient_delimiter": "+",
            "smtpd_authorized_xclient_hosts": "127.0.0.0/8",
            "smtpd_relay_restrictions": "permit_mynetworks,reject_unauth_destination",
        }

    def configure(self, doors, networks='["127.0.0.0/8"]', form="prefix", **main):
        """Write both configurations; `doors` are sections of ours."""
        self.form, keys = form, self.service.folder / "keys"
        key_files.add(keys, datetime.now(UTC).date())
        policy = self.service.folder / "policy.toml"
        policy.write_text(POLICY + SHIPPED.read_text())
        self.service.config.write_text(
            f'state = "{self.service.state}"\n{doors}\n'
            f'[policy]\nfile = "{policy}"\ntest_before = false\n'
            f'[sent]\nkeys = "{keys}"\nnetworks = {networks}\n'
            f'[[sent.batv]]\ndomain = "corp.example"\nform = "{form}"\n'
            '[links]\nown_domains = ["corp.example"]\n'
        )
        self.relay.main |= main

    def canonical(self):
        """Have Postfix take tags off by itself, as the page says."""
        file = self.relay.folder / "tags"
        file.write_text(CANONICAL)
        known = f"inline:{{{ANN}={ANN},bob@corp.example=bob@corp.example}}"
        self.relay.main["recipient_canonical_maps"] = f"pipemap:{{regexp:{file},{known}}}"

    def tagged(self):
        """The address of ann as a bounce of today comes to it."""
        table = BatvSection(domain="corp.example", form=self.form)
        keys = key_files.read(self.service.folder / "keys")
        return Tags(keys, SentSection(keys=Path("x"), batv=(table,))).outgoing(
            ANN, datetime.now(UTC)
        )

    @contextlib.contextmanager
    def client(self, xclient=""):
        with smtplib.SMTP("127.0.0.1", self.port, timeout=60) as client:
            client.ehlo("client.example")
            if xclient:
                assert client.docmd("XCLIENT", xclient)[0] == 220
                client.ehlo("client.example")
            yield client

    def send(self, reverse_path, *recipients, xclient="", content=HELLO):
        """The codes of the replies to each RCPT, and to the content if any was taken."""
        with self.client(xclient) as client:
            assert client.docmd("MAIL", f"FROM:<{reverse_path}>")[0] == 250
            codes = [client.docmd("RCPT", f"TO:<{one}>")[0] for one in recipients]
            return [*codes, client.data(content)[0]] if 250 in codes else codes

    def delivered(self, count=1):
        """What the sink was told of each message: MAIL and RCPT, without parameters."""
        self.until(lambda: len(self.sink.messages) >= count, f"delivery\n{self.relay.log()}")
        self.until(lambda: self.relay.queue() == [], "end of the queue")
        assert len(self.sink.messages) == count
        return [
            (one.mail.split()[1], [each.split()[1] for each in one.rcpt])
            for one in self.sink.messages
        ]

    def directions(self):
        """Which way each message went, as it was decided about."""
        return [line["rule"] for line in self.service.messages()]


@pytest.fixture
def desk(postfix, service, sink, free_port, until):
    return Desk(postfix(sink.port), service, sink, free_port(), until)


MILTER = '[[milter]]\nname = "{name}"\nsocket = "unix:{socket}"\nreply = "{reply}"\n'


@pytest.fixture
def milter(desk):
    """Start both, with a milter for smtpd and one for sendmail(1)."""

    def start(**settings):
        folder = desk.relay.folder / "milters"
        folder.mkdir(mode=0o777)
        folder.chmod(0o777)
        places = {name: folder / name for name in ("smtpd", "local")}
        doors = MILTER.format(name="smtpd", socket=places["smtpd"], reply="sender")
        doors += MILTER.format(name="local", socket=places["local"], reply="queue")
        doors = doors.replace("reply =", 'socket_mode = "0666"\nreply =')
        desk.configure(doors, **settings)
        desk.relay.main |= {
            "smtpd_milters": f"unix:{places['smtpd']}",
            "non_smtpd_milters": f"unix:{places['local']}",
        }
        desk.relay.listen(desk.port)
        desk.relay.start()
        # There is no port to wait for: it listens when its sockets are there.
        desk.service.port = desk.port
        desk.service.start()
        desk.until(lambda: len(list(folder.iterdir())) == 2, "both sockets")
        return desk

    return start


def tag_is_taken_off(desk, form):
    if form == "prefix":
        desk.canonical()


FORMS = {"prefix": PREFIXED, "subaddress": BEHIND}


@pytest.mark.parametrize("form", FORMS)
def test_what_goes_out_by_the_milter_has_a_tag_and_bounces_to_it_come_in(milter, desk, form):
    tag_is_taken_off(desk, form)
    here = milter(form=form)
    assert here.send(ANN, FAR) == [250, 250]
    ((mail, rcpt),) = here.delivered()
    assert FORMS[form].fullmatch(mail)
    assert rcpt == [f"TO:<{FAR}>"]
    tagged = mail[6:-1]
    assert tagged == here.tagged()
    assert here.send("", tagged, xclient=STRANGER) == [250, 250]
    assert here.delivered(2)[1] == ("FROM:<>", ["TO:<ann@corp.example>"])
    # Both forms are one recipient.  The tag of bob is none that we made; he gets his mail too.
    assert here.send("", tagged, ANN, tagged.replace("ann", "bob"), xclient=STRANGER) == [250] * 4
    _, rcpt = here.delivered(3)[2]
    assert sorted(rcpt) == ["TO:<ann@corp.example>", "TO:<bob@corp.example>"]
    assert here.send("", tagged.replace("ann", "nobody"), xclient=STRANGER) == [550]
    assert here.directions() == ["ours", "theirs", "theirs"]


@pytest.mark.parametrize("mapped", [True, False], ids=["map", "no map"])
@pytest.mark.parametrize("form", FORMS)
def test_bounces_that_this_postfix_makes_itself_ask_no_milter(
    milter, desk, form, mapped, free_port
):
    if mapped:
        tag_is_taken_off(desk, form)
    nobody = free_port()
    desk.relay.listen(nobody, smtpd_recipient_restrictions="reject", smtpd_milters="")
    far = f"{{elsewhere.example = smtp:[127.0.0.1]:{nobody}}}"
    desk.relay.main["transport_maps"] = f"inline:{{{far}}}"
    here = milter(form=form)
    assert here.send(ANN, FAR) == [250, 250]
    ((mail, rcpt),) = here.delivered()
    assert mail == "FROM:<>"
    # The sub-address is for whoever delivers it; in front it takes the map.
    plain = mapped and form == "prefix"
    assert rcpt == [f"TO:<{ANN if plain else here.tagged()}>"]


def test_a_program_of_this_host_is_ours_and_a_stranger_with_our_name_is_not(milter, desk):
    here = milter(networks='["192.0.2.8"]')
    sendmail = ["/usr/sbin/sendmail", "-C", desk.relay.folder / "etc", "-f", ANN, "-i", FAR]
    subprocess.run(sendmail, input=HELLO, check=True)
    ((mail, _),) = here.delivered()
    assert PREFIXED.fullmatch(mail)
    # Which Postfix relays for does not make it ours.
    assert here.send(ANN, FAR) == [250, 250]
    assert here.send(ANN, "bob@corp.example", xclient=STRANGER) == [250, 250]
    assert [mail for mail, _ in here.delivered(3)[1:]] == [f"FROM:<{ANN}>"] * 2
    # Without a map it is Postfix that knows no such user.
    assert here.send("", here.tagged(), xclient=STRANGER) == [550]
    assert here.directions() == ["ours", "theirs", "theirs"]


def test_wishes_for_notifications_stay_with_changed_addresses(milter, desk):
    tag_is_taken_off(desk, "prefix")
    here = milter()
    here.sink.answers["MAIL"] = "450 4.2.0 later"
    with here.client() as client:
        client.docmd("MAIL", f"FROM:<{ANN}> RET=HDRS ENVID=Q1")
        client.docmd("RCPT", f"TO:<{here.tagged()}> NOTIFY=FAILURE ORCPT=rfc822;ann@x.example")
        assert client.data(HELLO)[0] == 250
    here.until(here.relay.queue, "message in the queue")
    (waiting,) = here.relay.queue()
    command = ["/usr/sbin/postcat", "-c", here.relay.folder / "etc", "-qe", waiting["queue_id"]]
    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert waiting["sender"] == here.tagged()
    assert [one["address"] for one in waiting["recipients"]] == [ANN]
    assert "envelope_id=Q1" in found
    assert "ret_flags=2" in found
    # As the one that came has them, so has the one in its place.
    came, plain = found.split("canceled_recipient:")
    for wish in ("notify_flags=4", "dsn_orig_rcpt=rfc822;ann@x.example"):
        assert wish in came
        assert wish in plain


LISTENER = """
[[listener]]
name = "{name}"
address = "127.0.0.1:{port}"
reply = "queue"
direction = "{direction}"
xforward_from = ["127.0.0.1"]
relay_from = ["127.0.0.0/8"]
"""


def test_behind_a_queue_who_is_forwarded_tells_the_direction(desk, free_port):
    desk.canonical()
    submission, outbound, behind = free_port(), free_port(), free_port()
    doors = LISTENER.format(name="all", port=desk.service.port, direction="by_client")
    doors += LISTENER.format(name="out", port=outbound, direction="outbound")
    doors += f'[next_hop]\nkind = "smtp"\naddress = "127.0.0.1:{behind}"\n'
    desk.configure(doors, networks='["192.0.2.8"]')
    desk.relay.queue_before(desk.port, desk.service.port)
    desk.relay.listen(submission, content_filter=f"scan:[127.0.0.1]:{outbound}")
    desk.relay.queue_behind(behind)
    # What sendmail(1) takes has no smtpd of its own.
    desk.relay.main["content_filter"] = f"scan:[127.0.0.1]:{desk.service.port}"
    desk.relay.start()
    desk.service.start()
    assert desk.send(ANN, FAR, xclient="ADDR=192.0.2.8 NAME=pc.corp.example") == [554]
    ours = [desk.send(ANN, "bob@corp.example", xclient="ADDR=192.0.2.8 NAME=pc.corp.example")]
    assert ours == [[250, 250]]
    assert desk.send(ANN, "bob@corp.example", xclient=STRANGER) == [250, 250]
    sent = desk.delivered(2)
    assert sorted(bool(PREFIXED.fullmatch(mail)) for mail, _ in sent) == [False, True]
    assert desk.send("", desk.tagged(), ANN, xclient=STRANGER) == [250] * 3
    assert desk.delivered(3)[2] == ("FROM:<>", [f"TO:<{ANN}>"])
    sendmail = ["/usr/sbin/sendmail", "-C", desk.relay.folder / "etc", "-f", ANN, "-i", FAR]
    subprocess.run(sendmail, input=HELLO, check=True)
    assert PREFIXED.fullmatch(desk.delivered(4)[3][0])
    desk.port = submission
    assert desk.send(ANN, "bob@corp.example", xclient=STRANGER) == [250, 250]
    assert PREFIXED.fullmatch(desk.delivered(5)[4][0])
