"""The worms through all three integrations with a real Postfix: nobody is sent a bounce.

All that this Postfix sends goes to the sink, bounces too.  A worm forges its reverse-path,
so whatever went there would hit a stranger.  Each message must be refused to its client,
held, or delivered to its recipient, as `inspect` says, and nothing else may leave.
"""

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest

pytestmark = [
    pytest.mark.real("postfix"),
    pytest.mark.real("kernel confinement"),
    pytest.mark.slow,
]

ROOT = Path(__file__).resolve().parents[2]
MAKER = ROOT.parent / "shared/worms/make_worms.py"
OWN = ROOT / "src/pratique/policies/shipped/mail"
HELD_BY_US = ["milter", "proxy", "filter"]
# In Postfix's hold queue; only what is to be held goes this way.
HELD_BY_POSTFIX = "hold"
WAYS = [*HELD_BY_US, HELD_BY_POSTFIX]
OUTCOMES = {"reject": "refused", "quarantine": "held", "accept": "delivered"}
TELLING = re.compile(
    r"status=(?:bounced|expired|deferred)|non-delivery|delay notification|/bounce\["
)


def as_sent(path):
    """A file with the line ends of the wire."""
    return re.sub(rb"\r?\n", b"\r\n", path.read_bytes())


def own(make):
    """The messages of the shipped policy, each with a reverse-path and as a bounce."""
    for path in sorted(OWN.glob("*.eml")):
        yield make(f"own-{path.stem}", as_sent(path))
        yield make(f"own-{path.stem}-null", as_sent(path), "")


def simulated(make, folder):
    """The simulated worms with their own reverse-paths; what claims to be a bounce without too."""
    subprocess.run([sys.executable, MAKER, folder], check=True, capture_output=True)
    for one in json.loads((folder / "manifest.json").read_text())["messages"]:
        content, reverse_path = as_sent(folder / one["file"]), one["envelope"]["mail_from"]
        yield make(one["id"], content, reverse_path)
        if one["claims_bounce"] and reverse_path:
            yield make(f"{one['id']}-null", content, "")


@pytest.fixture(scope="module")
def mails(doors, tmp_path_factory):
    found = list(own(doors.Mail))
    if MAKER.exists():
        found += simulated(doors.Mail, tmp_path_factory.mktemp("worms"))
    return {mail.name: mail for mail in found}


@pytest.fixture(scope="module")
def due(doors, mails):
    """What `inspect` says of each: action and rule."""
    return doors.inspected(mails.values())


@pytest.fixture(scope="module")
def went(all_doors, mails, due):
    """Send all of them by each way; what became of them, before anything else is sent."""
    all_doors.start()
    held = [mail for mail in mails.values() if due[mail.name][0] == "quarantine"]
    sent = {way: list(mails.values()) for way in HELD_BY_US} | {HELD_BY_POSTFIX: held}
    replies = {way: all_doors.send(way, some) for way, some in sent.items()}
    all_doors.settle()
    return SimpleNamespace(
        sent={way: {mail.name: mail for mail in some} for way, some in sent.items()},
        replies=replies,
        decided=all_doors.decisions(),
        in_quarantine=all_doors.held(),
        arrived=list(all_doors.sink.messages),
        queue=all_doors.relay.queue(),
        log=all_doors.relay.log(),
    )


def test_there_are_messages_of_each_kind(mails, due):
    actions = Counter(action for action, _ in due.values())
    assert set(actions) == {"accept", "quarantine", "reject"}
    assert min(actions.values()) >= 3
    assert any(not mail.reverse_path and due[mail.name][0] == "reject" for mail in mails.values())


@pytest.mark.parametrize("way", WAYS)
def test_each_message_is_decided_once_and_as_inspect_says(went, due, way):
    found = {name: entry.rule for name, entry in went.decided[way].items()}
    assert found == {name: due[name][1] for name in went.sent[way]}


@pytest.mark.parametrize("way", WAYS)
def test_each_message_is_refused_to_its_client_held_or_delivered(went, due, way):
    wanted = {name: OUTCOMES[due[name][0]] for name in went.sent[way]}
    if way == "filter":
        # Behind a queue nobody but that queue would hear the refusal.
        wanted = {name: one.replace("refused", "held") for name, one in wanted.items()}
    assert {name: entry.outcome for name, entry in went.decided[way].items()} == wanted
    heard = {name: reply[:9] for name, reply in went.replies[way].items()}
    codes = {"refused": "550 5.7.1", "held": "250 2.0.0", "delivered": "250 2.0.0"}
    assert heard == {name: codes[one] for name, one in wanted.items()}


@pytest.mark.parametrize("way", WAYS)
def test_what_is_held_is_there(went, way):
    held = {name for name, entry in went.decided[way].items() if entry.outcome == "held"}
    kept = set(went.in_quarantine[way])
    if way == HELD_BY_POSTFIX:
        addresses = [each["address"] for one in went.queue for each in one["recipients"]]
        kept = {address.partition("@")[0] for address in addresses}
    assert held
    assert kept == held


def test_nothing_leaves_but_what_is_delivered_to_its_recipient(went, doors):
    expected = [
        (went.sent[way][name].reverse_path, doors.recipient(way, name))
        for way in WAYS
        for name, entry in went.decided[way].items()
        if entry.outcome == "delivered"
    ]
    left = [
        (one.mail.partition("<")[2].partition(">")[0], rcpt.partition("<")[2].rstrip(">"))
        for one in went.arrived
        for rcpt in one.rcpt
    ]
    assert expected
    assert sorted(left) == sorted(expected)


def test_no_bounce_was_made_and_none_can_be_made_later(went):
    assert [line for line in went.log.splitlines() if TELLING.search(line)] == []
    # What is held in Postfix stays there until an admin lets it out, or deletes it.
    assert {one["queue_name"] for one in went.queue} == {"hold"}


def test_a_listener_that_was_told_the_wrong_thing_makes_bounces_and_we_see_them(
    went, all_doors, mails, due
):
    refused = [mail for mail in mails.values() if due[mail.name][0] == "reject"]
    forged = [mail for mail in refused if mail.reverse_path][:5]
    all_doors.send("wrong", forged)
    all_doors.settle()
    further = all_doors.sink.messages[len(went.arrived) :]
    assert {one.mail.split()[1] for one in further} == {"FROM:<>"}
    hit = sorted(rcpt for one in further for rcpt in one.rcpt)
    assert hit == sorted(f"RCPT TO:<{mail.reverse_path}>" for mail in forged)
    assert TELLING.search(all_doors.relay.log()[len(went.log) :])
