"""Which doors the settings want, and where each listens."""

from pratique.milter.config import parse
from pratique.milter.supervisor.names import DoorName, doors_of, places_of
from pratique.milter.supervisor.sockets import Place

LISTENER = '[[listener]]\nreply = "sender"\naddress = "127.0.0.1:25"\n'
MILTER = '[[milter]]\nname = "m"\nreply = "sender"\nsocket = "unix:/run/m.sock"\n'


def test_listeners_share_their_processes_and_each_milter_has_its_own():
    names = doors_of(parse(LISTENER + MILTER + "[doors]\nprocesses = 2\n", "x"))
    assert [str(name) for name in names] == ["smtp", "milter m", "smtp 2", "milter m 2"]


def test_without_listeners_there_is_no_door_for_them():
    assert [name.kind for name in doors_of(parse(MILTER, "x"))] == ["milter"]


def test_processes_of_one_door_listen_at_the_same_places():
    settings = parse(LISTENER + MILTER + "[doors]\nprocesses = 3\n", "x")
    assert places_of(settings) == (Place("127.0.0.1:25"), Place("unix:/run/m.sock", 0o660))


def test_a_milter_is_asked_for_by_its_name():
    settings = parse(LISTENER + MILTER + 'socket_mode = "0600"\nsocket_group = "mail"\n', "x")
    (_, milter) = doors_of(settings)
    assert milter.places(settings) == (Place("unix:/run/m.sock", 0o600, "mail"),)


def test_a_milter_that_moves_is_another_door():
    (here,) = doors_of(parse(MILTER, "x"))
    (there,) = doors_of(parse(MILTER.replace("/run/m", "/run/n"), "x"))
    assert str(here) == str(there)
    assert here != there


def test_the_first_process_goes_by_the_plain_name():
    assert str(DoorName("smtp")) == "smtp"
