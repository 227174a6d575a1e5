"""A socket that libmilter did not open is accepted from, shared, and let go of.

What a line is for besides, to wake libmilter's threads, is what test_milter_peers.py and
test_milter_life.py see: without it a message waits for another one's end.
"""

import time

import pytest

from pratique.milter.doors.libmilter.line import RELIEF_SECONDS, Relief, is_line
from pratique.milter.doors.milter.traffic import Traffic
from pratique.milter.supervisor.sockets import Place, listening


@pytest.mark.parametrize("offered", [0x1FF, 0x3F, 0x1, 0x7F])
def test_a_mail_server_is_not_mistaken_for_ourselves(offered):
    assert not is_line([offered, 0x1FFFFF, 0, 0])


def test_who_lets_us_change_the_reverse_path_and_nothing_else_is_ourselves():
    assert is_line([0x40, 0, 0, 0])


class Turns:
    """A loop of which only the timers count: `pass_by` lets their time come."""

    def __init__(self):
        self.due = []

    def call_later(self, seconds, call, *words):
        assert seconds == RELIEF_SECONDS
        self.due.append((call, words))

    def pass_by(self):
        due, self.due = self.due, []
        for call, words in due:
            call(*words)


@pytest.fixture
def sleeping():
    """A loop, two connections of which one waits for an answer, how often a word was said."""
    turns, traffic, said = Turns(), Traffic(5), []
    for _ in range(2):
        traffic.connect()
    traffic.begin()
    traffic.complete()
    relief = Relief(turns, traffic, lambda: said.append(True))
    relief.begin()
    relief.begin()
    return turns, traffic, said


def test_while_nobody_is_answered_a_word_is_said_again_and_again(sleeping):
    turns, _, said = sleeping
    assert (len(turns.due), said) == (1, [])
    turns.pass_by()
    turns.pass_by()
    assert (len(turns.due), said) == (1, [True, True])


def test_who_was_answered_looks_himself_and_the_word_is_spared(sleeping):
    turns, traffic, said = sleeping
    traffic.begin()
    traffic.complete()
    traffic.end(answered=True)
    turns.pass_by()
    assert (len(turns.due), said) == (1, [])
    turns.pass_by()
    assert said == [True]


def test_when_all_are_answered_nothing_is_due(sleeping):
    turns, traffic, said = sleeping
    traffic.end(answered=True)
    turns.pass_by()
    assert (turns.due, said) == ([], [])


def test_where_all_connections_sleep_there_is_nobody_to_look_for(sleeping):
    turns, traffic, said = sleeping
    traffic.disconnect()
    turns.pass_by()
    assert (len(turns.due), said) == (1, [])


@pytest.mark.slow
@pytest.mark.parametrize("server", ["libmilter"])
def test_the_place_that_libmilter_opened_is_gone(
    monkeypatch, tmp_path_factory, open_milter, milter_client
):
    place = tmp_path_factory.mktemp("place")
    monkeypatch.setenv("TMPDIR", str(place))
    assert milter_client(open_milter()).message() == [b"a"]
    assert list(place.iterdir()) == []


@pytest.mark.parametrize("server", ["libmilter"])
def test_of_a_place_that_libmilter_cannot_open_nothing_is_left(
    monkeypatch, tmp_path, tmp_path_factory, open_milter
):
    place = tmp_path_factory.mktemp("place") / ("long" * 30)
    place.mkdir()
    monkeypatch.setenv("TMPDIR", str(place))
    door = open_milter(opens=False)
    assert f"libmilter cannot listen on unix:{place}/" in door.answer()["error"]
    assert list(place.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("server", ["libmilter"])
def test_who_pretends_to_be_the_line_harms_nobody(open_milter, milter_client):
    door = open_milter()
    pretender = milter_client(door, greets=False)
    pretender.negotiate(actions=0x40)
    pretender.connect()
    pretender.envelope()
    pretender.content()
    assert pretender.answer()[-1][:1] != b"a"
    assert milter_client(door).message() == [b"a"]


@pytest.mark.slow
def test_connections_that_there_are_go_on_while_new_ones_are_left_to_others(
    open_milter, milter_client
):
    door = open_milter()
    client = milter_client(door)
    assert client.message() == [b"a"]
    door.ask("drain", 20, 20)
    door.gone()
    assert client.message() == [b"a"]
    client.close()
    assert door.ask("drained") is True
    assert door.answer() == "ended"


@pytest.mark.slow
def test_two_processes_take_from_one_socket_and_one_goes_on_alone(
    tmp_path, open_milter, milter_client
):
    with listening(Place(f"unix:{tmp_path}/milter.sock")) as shared:
        doors = [open_milter(descriptor=shared.fileno()) for _ in range(2)]
        clients = [milter_client(doors[0]) for _ in range(40)]
        assert [client.message() for client in clients] == [[b"a"]] * 40
        counts = [len(door.taken()) for door in doors]
        assert sum(counts) == 40
        doors[0].running.kill()
        doors[0].running.wait()
        assert [milter_client(doors[0]).message() for _ in range(5)] == [[b"a"]] * 5
        assert len(doors[1].taken()) == counts[1] + 5


@pytest.mark.slow
def test_while_no_process_serves_clients_wait_for_the_next_one(
    tmp_path, open_milter, milter_client
):
    with listening(Place(f"unix:{tmp_path}/milter.sock")) as shared:
        door = open_milter(descriptor=shared.fileno())
        door.stop()
        client = milter_client(door, greets=False)
        next_one = open_milter(descriptor=shared.fileno())
        client.negotiate()
        client.connect()
        client.helo()
        assert client.message() == [b"a"]
        assert len(next_one.taken()) == 1


@pytest.mark.slow
@pytest.mark.parametrize("server", ["libmilter"])
def test_libmilter_looks_at_once_what_socket_it_has_and_whether_to_go_on(
    open_milter, milter_client
):
    door = open_milter()
    begun = time.monotonic()
    client = milter_client(door)
    assert client.message() == [b"a"]
    client.close()
    door.stop()
    # By itself it looks every five seconds.
    assert time.monotonic() - begun < 4.0
