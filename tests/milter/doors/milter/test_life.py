"""The limits of the milter door, and how it is changed, stopped and killed."""

import signal
import subprocess
import sys

import pytest

BODY_UNANSWERED = 0x80000
# A mail server that wants an answer to each chunk.
ANSWERED = 0x1FFFFF & ~BODY_UNANSWERED

# Limits


@pytest.mark.slow
@pytest.mark.parametrize(
    ("octets", "heard"), [(0, b"a"), (1, b"y552 5.3.4 message is too large\0")]
)
def test_too_large_a_content_is_refused_to_its_sender(open_milter, milter_client, octets, heard):
    door = open_milter(max_size=1_000, max_in_flight=1_000)
    client = milter_client(door)
    client.envelope()
    client.content([], chunks=[b"x" * 900], last=b"x" * (98 + octets))
    assert client.answer() == [heard]
    assert len(door.taken()) == 1 - octets


@pytest.mark.slow
def test_behind_a_queue_what_is_too_large_is_seen_in_part(open_milter, milter_client):
    door = open_milter(max_size=1_000, reply="queue")
    client = milter_client(door)
    client.envelope()
    client.content([], chunks=[b"x" * 10_000], last=b"yy")
    assert client.answer() == [b"a"]
    (taken,) = door.taken()
    assert (len(taken["content"]), taken["left_out"]) == (1_000, 9_004)
    # Nobody has the rest but the mail server: it must not be told to forget it.
    client.envelope(b"<discard@corp.example>")
    client.content([], chunks=[b"x" * 10_000])
    assert client.answer() == [b"y451 4.3.0 local error\0"]


@pytest.mark.slow
def test_who_finds_no_room_comes_again_and_then_there_is_some(open_milter, milter_client):
    door = open_milter(max_size=100_000, max_in_flight=150_000)
    one, two = milter_client(door), milter_client(door)
    one.envelope()
    one.packet(b"N")
    for client in (one, two):
        if client is two:
            client.envelope()
            client.packet(b"N")
        for _ in range(2):
            client.chunk(b"x" * 49_000)
    two.packet(b"E")
    assert two.answer() == [b"y452 4.3.1 no room for the message\0"]
    one.packet(b"E")
    assert one.answer() == [b"a"]
    two.envelope()
    two.content([], chunks=[b"x" * 49_000, b"x" * 49_000])
    assert two.answer() == [b"a"]


@pytest.mark.slow
def test_who_waits_too_long_is_deferred_and_the_content_is_not_taken_away(
    open_milter, milter_client
):
    door = open_milter(seconds=0.2)
    client = milter_client(door)
    heard = client.message(b"<slow@corp.example>")
    assert heard == [b"y451 4.3.0 Message could not be inspected in time, try again later\0"]
    client.close()
    # Still in use by who looks into it.
    _, left, _ = door.ask("left")
    assert left > 0
    door.ask("go on")
    door.idle()


# Changes and ends


@pytest.mark.slow
def test_a_message_is_finished_by_who_it_was_given_to(open_milter, milter_client):
    door = open_milter()
    given, begun = milter_client(door), milter_client(door, steps=ANSWERED)
    given.envelope(b"<slow@corp.example>")
    given.content()
    begun.envelope()
    until_seen(door, begun)
    door.under_way()
    door.ask("use", "second")
    door.ask("go on")
    begun.packet(b"E", b"hello\r\n")
    assert given.answer() == begun.answer() == [b"a"]
    assert [each["taker"] for each in door.taken()] == ["first", "second"]


def until_seen(door, client):
    """Until the door has read all that the client has said: a body chunk is answered."""
    client.packet(b"N")
    assert not client.steps & BODY_UNANSWERED
    client.chunk(b"x")


@pytest.mark.slow
def test_a_drain_lets_messages_finish_and_takes_no_other(open_milter, milter_client):
    door = open_milter()
    idle, slow, begun = (milter_client(door, steps=ANSWERED) for _ in range(3))
    slow.envelope(b"<slow@corp.example>")
    slow.content()
    begun.envelope()
    until_seen(door, begun)
    door.under_way()
    door.ask("drain", 20)
    door.gone()
    assert idle.message()[-1] == b"y451 4.3.2 Not now, try again later\0"
    begun.packet(b"E", b"")
    assert begun.answer() == [b"a"]
    door.ask("go on")
    assert slow.answer() == [b"a"]
    assert door.ask("drained") is True
    assert door.answer() == "ended"
    assert door.running.wait(10) == 0


@pytest.mark.slow
def test_a_drain_does_not_wait_for_ever(open_milter, milter_client):
    door = open_milter()
    client = milter_client(door)
    client.envelope(b"<slow@corp.example>")
    client.content()
    door.under_way()
    door.ask("drain", 0.1)
    assert door.ask("drained") is False
    # Who has a message that waits for its answer still gives it.
    door.ask("go on")
    assert client.answer() == [b"a"]
    assert door.answer() == "ended"


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT])
def test_a_stray_signal_ends_it_in_good_order(open_milter, milter_client, sent):
    door = open_milter()
    slow, begun = milter_client(door), milter_client(door, steps=ANSWERED)
    slow.envelope(b"<slow@corp.example>")
    slow.content()
    begun.envelope()
    until_seen(door, begun)
    door.under_way()
    door.running.send_signal(sent)
    door.gone()
    door.ask("go on")
    assert slow.answer() == [b"a"]
    assert door.answer() == "ended"
    assert door.running.wait(10) == 0
    assert begun.closed()


@pytest.mark.slow
def test_after_a_kill_the_next_one_takes_the_place(open_milter, milter_client):
    door = open_milter()
    client = milter_client(door)
    client.envelope()
    door.running.kill()
    assert client.closed()
    door.running.wait()
    assert door.path.exists()
    assert milter_client(open_milter()).message() == [b"a"]


@pytest.mark.slow
def test_two_do_not_share_a_place(open_milter, milter_client):
    door = open_milter()
    said = open_milter(opens=False).answer()
    assert "another program listens there" in said["error"]
    assert milter_client(door).message() == [b"a"]


@pytest.mark.slow
def test_the_socket_has_the_permissions_that_the_admin_wants(open_milter):
    door = open_milter(socket_mode=0o640, socket_group="mail")
    found = door.path.stat()
    assert (found.st_mode & 0o777, door.path.group()) == (0o640, "mail")


@pytest.mark.slow
def test_it_listens_on_tcp_too(open_milter, milter_client, free_port):
    port = free_port()
    door = open_milter(socket=f"inet:127.0.0.1:{port}")
    door.path = ("127.0.0.1", port)
    assert milter_client(door).message() == [b"a"]
    door.ask("drain", 5)
    assert door.ask("drained") is True
    assert door.answer() == "ended"


@pytest.mark.slow
def test_more_connections_than_files_may_be_open_is_told_at_once(open_milter):
    said = open_milter(opens=False, max_connections=2**40).answer()
    assert "open files are needed" in said["error"]


@pytest.mark.slow
def test_without_pymilter_it_says_what_to_install():
    # Nothing, or an empty folder of that name, such as the one at the root of this repository.
    for found in ("None", "__import__('types').ModuleType('milter')"):
        door = "pratique.milter.doors.libmilter.door"
        source = f"import sys; sys.modules['milter'] = {found}; import {door}"
        command = [sys.executable, "-c", source]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert done.returncode == 1
        assert "pip install 'pratique[milter]'" in done.stderr
