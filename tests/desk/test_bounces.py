"""What real mail servers bounce is proved when it comes back; what looks like it is not.

All messages go out and come back by the doors of a running service (round_trips.py).
"""

import re
import runpy
from base64 import encodebytes
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import pytest

pytestmark = [
    pytest.mark.real("postfix"),
    pytest.mark.real("exim"),
    pytest.mark.real("bubblewrap"),
    pytest.mark.real("kernel confinement"),
    pytest.mark.slow,
]

TRIPS = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("round_trips.py"))))
CORP, SECOND, FRONT, SUB, MILTER, TAG, HOME, PROXY, QUEUE = TRIPS.OURS
SERVERS = "postfix", *TRIPS.EXIMS
HEADER = b"From: Ann <ANN>\r\nTo: <BOB>\r\nSubject: minutes\r\n"
DATE = b"Date: Sun, 22 Nov 2026 09:30:00 +0000\r\n"
BODY = b"\r\nHello,\r\n\r\nthe minutes of today.\r\n"
ATTACHED = (
    b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n"
    b"--a\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    b"Gr\xc3\xbc\xc3\x9fe\r\n--a\r\nContent-Type: image/png\r\n"
    b"Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment\r\n\r\n"
    + encodebytes(b"\x89PNG\r\n\x1a\n" + bytes(500)).replace(b"\n", b"\r\n")
    + b"--a--\r\n"
)
MANY = b"".join(b"Line %05d of a long report.\r\n" % number for number in range(2000))
# What only the second service has a rule against.
MARKER = b"PRATIQUE-WORM-" + b"PLUGH"
RULE = f"""
rule worm {{
    meta: severity = "malicious"
    strings: $a = "{MARKER.decode()}"
    condition: $a
}}
"""
# As programs send it: some have no Message-ID, and no Date.
MESSAGES = (
    HEADER + DATE + b"Message-ID: <1.ANN>\r\n" + BODY,
    HEADER + BODY,
    HEADER + DATE + ATTACHED,
    HEADER + DATE + b"\r\n" + MANY,
)
# By which a bounce comes in.
DOORS = {MILTER: "milter-in", TAG: "milter-in", HOME: "milter-home"}
WHO = "unknown@far", "long@far", "bare@far", "dot@far", "missing@here"
RETURN = (), ("RET=FULL",), ("RET=HDRS",)


@pytest.fixture(scope="module")
def round_trips(lasting_service, lasting_postfix, lasting_exim, lasting_sink, free_port):
    first = lasting_service
    folder = first.folder / "second"
    folder.mkdir()
    second = type(first)(folder, free_port(), first.until)
    rules = folder / "rules"
    rules.mkdir()
    (rules / "worm.yar").write_text(RULE)
    servers = [lasting_postfix(lasting_sink.port) for _ in range(2)]
    servers += [lasting_exim() for _ in TRIPS.EXIMS]
    trips = TRIPS.RoundTrips((first, second), servers, lasting_sink, free_port)
    try:
        trips.start(f'[yara]\nfolders = ["{rules}"]\n')
        yield trips
    finally:
        trips.stop()
        if second.running is not None and not second.ended():
            second.stop()


def sent(round_trips, domain, server):
    """One message for each way to be refused, and each wish of what shall be returned."""
    ways = [(who, wish) for who in WHO for wish in RETURN]
    return [
        round_trips.send(MESSAGES[place % 4], domain, f"{who}.{server}.example", options=wish)
        for place, (who, wish) in enumerate(ways)
    ]


def evidence(entry):
    """The kinds of proof in a bounce, and that of what it is not."""
    ours = {"sent_message", "watermark", "tagged_address", "own_signature"}
    return {one.kind for one in entry.facts.bounce.evidence if one.kind in ours}


BOTH = {"sent_message", "watermark"}
ALL = BOTH | {"tagged_address"}
PROOFS = [
    *((CORP, server, BOTH) for server in SERVERS),
    *((SECOND, server, {"watermark"}) for server in SERVERS),
    *((domain, server, ALL) for domain in (FRONT, SUB) for server in SERVERS),
    (MILTER, "postfix", BOTH),
    (TAG, "postfix", ALL),
    *((domain, "postfix", BOTH) for domain in (HOME, PROXY, QUEUE)),
]


@pytest.mark.parametrize(("domain", "server", "proofs"), PROOFS)
def test_whatever_a_mail_server_bounces_is_proved(round_trips, domain, server, proofs):
    trips = sent(round_trips, domain, server)
    for trip in trips:
        (entry,) = round_trips.back(trip)
        assert (entry.envelope.reverse_path, entry.envelope.door) == ("", DOORS.get(domain, "in"))
        assert entry.facts.bounce.claimed
        assert entry.facts.bounce.verified, (trip, entry.facts.bounce)
        assert evidence(entry) == proofs
        assert entry.outcome == "delivered", (trip, entry.rule)
    assert len(trips) == 15


@pytest.mark.parametrize("server", SERVERS)
def test_a_bounce_is_proved_however_much_of_the_message_it_returns(round_trips, server):
    """All of it or its header, as the server, the sender or a limit of size has it."""
    whole = HEADER + DATE + BODY
    cases = (
        (whole, (), server != "header.exim"),
        (whole, RETURN[2], False),
        (HEADER + DATE + b"\r\n" + MANY, (), False),
    )
    for content, wish, has_end in cases:
        trip = round_trips.send(content, CORP, f"dot@far.{server}.example", options=wish)
        (entry,) = round_trips.back(trip)
        assert evidence(entry) == BOTH
        returned = round_trips.in_inbox(trip.reverse_path)
        assert (content.splitlines()[-1] in returned) is has_end


@pytest.mark.parametrize("domain", [CORP, SECOND, FRONT, SUB])
@pytest.mark.parametrize("server", ["postfix", "exim"])
def test_a_warning_of_a_delay_is_proved(round_trips, domain, server):
    nudge = round_trips.postfix.nudge if server == "postfix" else lambda: None
    trip = round_trips.send(MESSAGES[0], domain, f"later@far.{server}.example")
    (entry,) = round_trips.back(trip, nudge=nudge)
    assert b"\r\nAction: delayed\r\n" in round_trips.in_inbox(trip.reverse_path)
    assert entry.facts.bounce.verified
    assert "watermark" in evidence(entry)


@pytest.mark.parametrize("domain", [CORP, MILTER, HOME])
def test_a_bounce_for_several_recipients_is_proved(round_trips, domain):
    names = "unknown@far", "missing@here", "dot@far", "unknown@elsewhere"
    trip = round_trips.send(MESSAGES[0], domain, *(f"{name}.postfix.example" for name in names))
    (entry,) = round_trips.back(trip)
    assert len(entry.facts.bounce.returned.failed) == 4
    assert evidence(entry) == BOTH


@pytest.mark.parametrize(
    ("domain", "form"),
    [(FRONT, r"<prvs=1\d{3}[0-9a-f]{6}=%s@"), (SUB, r"<%s\+prvs=1\d{3}[0-9a-f]{6}@")],
)
def test_others_see_the_tag_and_nobody_of_us_does(round_trips, domain, form):
    trip = round_trips.send(MESSAGES[0], domain, "unknown@far.exim.example")
    (entry,) = round_trips.back(trip)
    assert [one.address for one in entry.envelope.recipients] == [trip.reverse_path]
    # For whom it came to the inbox has no tag; what it returns says with which one it was sent.
    content = round_trips.in_inbox(trip.reverse_path).decode()
    assert re.search(form % trip.reverse_path.partition("@")[0], content)


# As programs write it, one without brackets, one that is folded, none at all.
MESSAGE_IDS = (
    b"Message-ID: <ANN>",
    b"Message-Id:  ANN ",
    b"MESSAGE-ID:\r\n <" + b"0123456789abcdef" * 15 + b".ANN>",
    b'Message-ID: <"quoted..ANN" @ [192.0.2.1]> (a comment)',
    b"Message-ID: <CAH=+x/Y_%$z~ANN>",
    b"Message-ID: <ANN> (added by mx.example)",
    b"Message-ID: (written by a program) <ANN>",
    b"Message-ID: < ANN >",
    b"Message-ID: <a.ANN> <b.ANN>",
    b"Message-ID: <a.ANN>\r\nMessage-ID: <b.ANN>",
    b"Message-ID: <gr\xc3\xbc\xc3\x9fe.ANN>",
    b"X-Nothing: 1",
)


@pytest.mark.parametrize("server", ["postfix", "exim"])
@pytest.mark.parametrize(("domain", "proofs"), [(CORP, BOTH), (SECOND, {"watermark"})])
def test_a_bounce_is_proved_however_its_message_is_called(round_trips, server, domain, proofs):
    to = f"unknown@far.{server}.example"
    contents = [HEADER + DATE + one + b"\r\n" + BODY for one in MESSAGE_IDS]
    trips = [round_trips.send(content, domain, to) for content in contents]
    found = [evidence(*round_trips.back(trip)) for trip in trips]
    assert found == [proofs] * len(trips)


# RFC 5321 4.1.2; one in quotes, and one that is too long, have no tag.
LOCALS = "User%d", "first.last%d", "user+tag%d", "us=er/%d", '"user %d"', "x" * 56 + "%d"


BOTH_SERVERS = [*product((CORP, FRONT, SUB), ("postfix", "exim")), (TAG, "postfix")]


@pytest.mark.parametrize(("domain", "server"), BOTH_SERVERS)
def test_a_bounce_is_proved_whatever_a_user_is_called(round_trips, server, domain):
    to = f"unknown@far.{server}.example"
    trips = [round_trips.send(MESSAGES[0], domain, to, local=local) for local in LOCALS]
    found = [evidence(*round_trips.back(trip)) for trip in trips]
    assert found == [BOTH if domain == CORP else ALL] * 4 + [BOTH] * 2


@pytest.mark.parametrize(
    ("domain", "server"), [*BOTH_SERVERS, (SECOND, "postfix"), (SECOND, "exim")]
)
def test_a_bounce_in_an_international_form_is_proved(round_trips, server, domain):
    options = "SMTPUTF8", "BODY=8BITMIME"
    trip = round_trips.send(
        MESSAGES[0],
        domain,
        f"unknown@far.{server}.example",
        options=options,
        local="gr\u00fc\u00df%d",
    )
    (entry,) = round_trips.back(trip)
    assert entry.facts.bounce.verified, entry.facts.bounce


@pytest.mark.parametrize("server", ["postfix", "exim"])
@pytest.mark.parametrize("domain", [CORP, SECOND])
def test_a_bounce_of_what_was_sent_on_elsewhere_is_proved(round_trips, server, domain):
    """Who failed is not whom we wrote to, and nobody is named in To."""
    content = b"From: <ANN>\r\nTo: undisclosed-recipients:;\r\n" + DATE + BODY
    trip = round_trips.send(content, domain, f"moved@far.{server}.example")
    (entry,) = round_trips.back(trip)
    assert entry.facts.bounce.verified, entry.facts.bounce


def test_a_person_who_asks_why_is_told_what_proved_it(round_trips):
    trip = round_trips.send(MESSAGES[0], CORP, "unknown@far.postfix.example")
    (entry,) = round_trips.back(trip)
    said = round_trips.first.run("why", entry.envelope.queue_id)
    assert "verified" in said
    assert "sent_message" in said
    assert "watermark" in said


# What only looks like it


def genuine(round_trips, domain=CORP):
    """A bounce as it came, and to whom."""
    trip = round_trips.send(MESSAGES[0], domain, "unknown@far.postfix.example")
    (entry,) = round_trips.back(trip)
    assert entry.facts.bounce.verified
    return trip.reverse_path, round_trips.in_inbox(trip.reverse_path)


def stolen(content, whose, domain):
    """What somebody knows who has got that bounce, sent to another of us."""
    return content.replace(whose.encode(), f"victim@{domain}".encode())


def of_another_message(content, whose, domain):
    """As above, of a message that we never sent."""
    message_id = f"1.{whose}".encode()
    assert message_id in content
    return content.replace(message_id, b"never-sent@" + domain.encode())


def of_another_recipient(content, whose, domain):
    """A message that we sent, and somebody whom we did not send it to."""
    return content.replace(b"unknown@far.postfix.example", b"stranger@elsewhere.example")


def with_another_mark(content, whose, domain):
    """Of a message that we never sent, with a mark that nobody made."""
    made = re.sub(rb"(X-Pratique-Watermark: 1-\d+-)[0-9a-z]{26}", rb"\1" + b"a" * 26, content)
    assert made != content
    return of_another_message(made, whose, domain)


@pytest.mark.parametrize("domain", [CORP, MILTER])
@pytest.mark.parametrize(
    ("forge", "to"),
    [
        (stolen, "victim"),
        (of_another_message, ""),
        (of_another_recipient, ""),
        (with_another_mark, ""),
    ],
)
def test_a_forged_bounce_is_not_proved(round_trips, domain, forge, to):
    whose, content = genuine(round_trips, domain)
    number = next(round_trips.numbers)
    recipient = f"{to}{number}@{domain}" if to else whose
    forged = forge(content, whose, domain).replace(b"victim@", f"victim{number}@".encode())
    round_trips.bring(forged, recipient)
    entry = round_trips.back_to(recipient, 2 if recipient == whose else 1)[-1]
    assert entry.facts.bounce.claimed
    assert not entry.facts.bounce.verified, entry.facts.bounce
    assert evidence(entry) == set()


def test_a_tag_of_another_does_not_prove_a_bounce(round_trips):
    trip = round_trips.send(MESSAGES[0], FRONT, "unknown@far.exim.example")
    round_trips.back(trip)
    whose, content = trip.reverse_path, round_trips.in_inbox(trip.reverse_path)
    (tag,) = set(re.findall(r"prvs=\d{4}\w{6}=", content.decode()))
    round_trips.bring(of_another_message(content, whose, FRONT), f"{tag}victim@{FRONT}")
    (entry,) = round_trips.back_to(f"victim@{FRONT}")
    assert not entry.facts.bounce.verified
    assert "mark_bad" in {one.kind for one in entry.facts.bounce.evidence}


def test_a_bounce_that_is_replayed_proves_nothing_any_more(round_trips):
    """One recipient, and five times more: the genuine one was the first use."""
    whose, content = genuine(round_trips)
    for _ in range(6):
        round_trips.bring(content, whose)
    verified = [entry.facts.bounce.verified for entry in round_trips.back_to(whose, 7)]
    assert verified == [True] * 6 + [False]


# A genuine bounce of what one of our own machines sent


@pytest.mark.parametrize("server", ["postfix", "exim"])
def test_a_genuine_bounce_of_malware_of_ours_is_held_and_somebody_is_told(round_trips, server):
    worm = HEADER + DATE + b"\r\n" + MARKER + b"\r\n"
    trip = round_trips.send(worm, SECOND, f"unknown@far.{server}.example")
    (entry,) = round_trips.back(trip)
    assert entry.facts.bounce.verified
    assert {one.severity for one in entry.facts.findings} == {"malicious"}
    assert (entry.outcome, entry.rule) == ("held", "one of our own machines")
    (alert,) = [one for one in round_trips.alerts() if one["whose"] == trip.reverse_path]
    assert alert["kind"] == "bounce_returns_malware"
    assert alert["findings"] == ["worm"]
