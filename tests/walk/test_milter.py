"""A milter as a whole: Postfix's side is our own client, all behind it is real."""

import contextlib
import os
import runpy
import signal
import struct
from pathlib import Path

import pytest

pytestmark = [pytest.mark.real("kernel confinement"), pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
MilterClient = runpy.run_path(str(ROOT / "tests/milter_door.py"))["MilterClient"]
DEFAULT = (ROOT / "src/pratique/policies/shipped/default.toml").read_text()
HOLD_ALL = (
    "[[rule]]\nname = 'hold all'\nwhen = 'mail.size > 0'\nactions = ['quarantine']\n"
    "reason = 'a test'\n" + DEFAULT
)

# All steps of Postfix but the unanswered chunk of a body.
EACH_CHUNK_ANSWERED = 0x1FFFFF & ~0x80000

# What a mail server hears at the end, by the first octet of the packet.
GOES_ON, DROP, REPLY, HOLD, TEMPFAIL, REFUSE = b"a", b"d", b"y", b"q", b"t", b"r"
PROGRAM = ((b"Content-Type", b" application/octet-stream; name=a.exe"),)


@contextlib.contextmanager
def connected(socket, **offered):
    client = MilterClient(socket)
    try:
        client.negotiate(**offered)
        client.connect()
        client.helo()
        yield client
    finally:
        client.close()


def end_of(client, fields=((b"Subject", b" hi"),), last=b"hello\r\n"):
    """The packets of a message's end, the last one first."""
    client.envelope(b"<b@corp.example>")
    client.content(fields, last=last)
    return [packet[:1] for packet in reversed(client.answer())]


@pytest.fixture
def milter(service):
    """A service with one milter; `begin(**settings)` starts it and gives its socket."""
    socket = service.state.parent / "m.sock"

    def begin(rest="", **settings):
        lines = "\n".join(f'{name} = "{value}"' for name, value in settings.items())
        section = f'[[milter]]\nsocket = "unix:{socket}"\n'
        service.configure(rest=section + (lines or 'reply = "sender"') + "\n" + rest)
        if service.running is None:
            service.start()
        return socket

    return begin


def test_mail_goes_on_is_refused_or_is_held_as_the_policy_says(milter, service):
    with connected(milter()) as client:
        assert end_of(client)[0] == GOES_ON
        assert end_of(client, PROGRAM, b"MZ\x90\0")[0] == REPLY
        nobody_opens = ((b"Content-Type", b" application/x-ace-compressed; name=a.ace"),)
        assert end_of(client, nobody_opens, bytes(7) + b"**ACE**" + bytes(60))[0] == DROP
    assert [held["rule"] for held in service.held()][-1:] == ["no program to open it"]


def test_behind_a_queue_what_would_be_refused_is_held(milter, service):
    with connected(milter(reply="queue")) as client:
        assert end_of(client, PROGRAM, b"MZ\x90\0")[0] == DROP
    assert [held["rule"] for held in service.held()] == ["program"]


def test_postfix_holds_where_it_shall(milter, service):
    with connected(milter(reply="queue", quarantine="postfix")) as client:
        assert end_of(client, PROGRAM, b"MZ\x90\0")[:2] == [GOES_ON, HOLD]
    assert service.held() == []


def test_a_message_too_large_to_be_looked_into_stays_whole_with_postfix(milter, service):
    milter(reply="queue")
    service.stop()
    service.running = None
    socket = milter(reply="queue", max_size="64KB")
    with connected(socket) as client:
        client.envelope(b"<b@corp.example>")
        client.content(chunks=[b"x" * 60_000, b"x" * 60_000])
        assert [packet[:1] for packet in client.answer()] == [HOLD, GOES_ON]
    assert service.held() == []
    assert service.messages()[-1]["rule"] == "too much to look at"


def test_a_reload_reaches_a_milter_without_ending_a_connection(milter, service, tmp_path):
    policy = tmp_path / "mine.toml"
    policy.write_text(DEFAULT)
    chosen = f'[policy]\nfile = "{policy}"\ntest_before = false\n'
    with connected(milter(chosen)) as client:
        (before,) = service.pids()["milter"]
        assert end_of(client)[0] == GOES_ON
        policy.write_text(HOLD_ALL)
        service.run("reload")
        assert end_of(client)[0] == DROP
        assert service.pids()["milter"] == [before]


def test_a_milter_that_is_killed_is_there_again(milter, service, until):
    socket = milter()
    os.kill(service.pids()["milter"][0], signal.SIGKILL)

    def answers():
        with (
            contextlib.suppress(OSError, AssertionError, struct.error),
            connected(socket) as client,
        ):
            return end_of(client)[0] == GOES_ON
        # A door that has just died still closes connections.
        return False

    until(answers, "milter")


def test_a_nursery_that_is_killed_defers_and_is_there_again(milter, service, until):
    with connected(milter()) as client:
        os.kill(service.pids()["nursery"][0], signal.SIGKILL)
        heard = []

        def goes_on():
            heard.append(end_of(client)[0])
            return heard[-1] == GOES_ON

        until(goes_on, "message that goes on")
        assert set(heard) <= {GOES_ON, REPLY}


def test_a_message_under_way_ends_before_its_milter_does(milter, service, until):
    with connected(milter(), steps=EACH_CHUNK_ANSWERED) as client:
        client.envelope(b"<b@corp.example>")
        client.field(b"Subject", b" hi")
        client.packet(b"N")
        # A chunk is answered, and so it has begun; no step before is.
        client.packet(b"B", b"hello\r\n")
        assert client.answer() == [b"c"]
        service.running.terminate()
        until(lambda: "stopping" in service.log(), "stop")
        client.packet(b"E")
        assert client.answer()[-1][:1] == GOES_ON
    assert service.running.wait(60) == 0


def test_where_another_program_listens_the_service_does_not_start(milter, service, tmp_path):
    socket = milter()
    other = tmp_path / "other.toml"
    other.write_text(
        f'state = "{tmp_path}/other"\n[[milter]]\nreply = "sender"\nsocket = "unix:{socket}"\n'
    )
    service.config, mine = other, service.config
    service.run("serve", status=2)
    service.config = mine
    with connected(socket) as client:
        assert end_of(client)[0] == GOES_ON


def test_a_reload_has_libmilter_speak_and_goes_back(milter, service):
    socket = milter()
    for server in ("libmilter", "own"):
        milter(reply="sender", server=server)
        service.run("reload")
        with connected(socket) as client:
            assert end_of(client)[0] == GOES_ON
            # libmilter wants chunks of a body answered.
            assert bool(client.steps & ~EACH_CHUNK_ANSWERED) == (server == "own")
