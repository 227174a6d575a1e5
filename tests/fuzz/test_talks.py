"""The judge of sessions: it finds a door that loses step, tells too much, or sends too much."""

import pytest
from fuzz import talks
from fuzz.choices import Dice, Fed
from fuzz.sessions import session
from fuzz.talks import LMTP, MX, RELAY, Sent, judged

SAID = (
    b"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<b@corp.example>\r\nDATA\r\n"
    b"..x\r\n\r\n.\r\nQUIT\r\n"
)
HEARD = (
    b"220 mx.example ESMTP\r\n250-mx.example\r\n250 SIZE 1\r\n250 2.0.0 ok\r\n250 2.0.0 ok\r\n"
    b"354 go on\r\n250 2.0.0 sent\r\n221 2.0.0 bye\r\n"
)
SENT = [Sent(["b@corp.example"], b".x\r\n\r\n")]


def test_a_good_session_is_good():
    for settings in (MX, LMTP, RELAY):
        assert list(judged(settings, SAID, HEARD, SENT)) == []


@pytest.mark.parametrize(
    "sent",
    [
        [],
        SENT * 2,
        [Sent(["c@corp.example"], b".x\r\n\r\n")],
        [Sent(["b@corp.example"], b"..x\r\n\r\n")],
        [Sent(["b@corp.example"], b".x\r\n")],
    ],
)
def test_what_was_not_said_must_not_be_sent(sent):
    assert list(judged(MX, SAID, HEARD, sent)) == ["what was sent is not what was said"]


@pytest.mark.parametrize(
    ("settings", "old", "new", "wrong"),
    [
        (MX, b"221 2.0.0 bye\r\n", b"", "the last word was"),
        (MX, b"bye", b"by\x07", "no replies"),
        (MX, b"sent\r\n", b"sent\n", "no replies"),
        (RELAY, b"220", b"520", "a queue was refused"),
        (MX, b"250 2.0.0 sent", b"550 5.0.0 no", "what was sent"),
        (MX, b"354 go on", b"503 5.5.1 no", "what was sent"),
    ],
)
def test_what_is_wrong_with_replies_is_found(settings, old, new, wrong):
    found = list(judged(settings, SAID, HEARD.replace(old, new), SENT))
    assert any(one.startswith(wrong) for one in found)


def test_a_bare_line_end_that_was_sent_is_found():
    said = SAID.replace(b"..x\r\n", b"a\nb\r\n")
    sent = [Sent(["b@corp.example"], b"a\nb\r\n\r\n")]
    assert list(judged(MX, said, HEARD, sent)) == ["a bare line end was sent on"]


def test_a_fault_of_ours_is_kept():
    complaints = talks.Complaints()
    try:
        raise ZeroDivisionError("secret")
    except ZeroDivisionError as error:
        complaints.emit(talks.logging.LogRecord("x", 40, "", 0, "", (), (type(error), error, None)))
    assert complaints.said == ["raised ZeroDivisionError: secret"]


def test_sessions_are_made_by_chance_and_come_far():
    assert session(Dice(1)) == session(Dice(1)) != session(Dice(2))
    assert session(Fed(b"")) == b"EHLO x\r\nLHLO x\r\n"
    made = b"".join(session(Dice(seed)) for seed in range(50))
    assert made.count(b"DATA\r\n") > 50


@pytest.mark.parametrize("seed", range(5))
def test_a_session_with_each_door_is_had_and_judged(seed):
    assert talks.judge_session(session(Dice(seed))) == []
