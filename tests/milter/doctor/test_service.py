"""The service and its sockets: who listens, who may connect, and who is in the way."""

import contextlib
import grp
import os
import socket

import pytest

from pratique.milter.doctor.access import User, user_called
from pratique.milter.doctor.service import listening, owners, running, service
from pratique.milter.supervisor import control

SOMEBODY = User("somebody", 64001, frozenset())


@contextlib.contextmanager
def serving(state):
    """Answer in the state folder as far as a service is asked here: somebody listens."""
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind(str(state / control.NAME))
        opened.listen()
        yield
    (state / control.NAME).unlink()


def listener(address):
    return f'[[listener]]\nreply = "sender"\naddress = "{address}"\ndomains = ["example.org"]\n'


@pytest.fixture
def state(case):
    folder = case().settings.state
    folder.mkdir(mode=0o700)
    return folder


async def test_a_service_that_answers_runs(case, said, state):
    with serving(state):
        assert running(state) == "yes"
        (line,) = await said(service, case())
    assert line.state == "ok"


async def test_none_is_a_warning(case, said, state):
    (line,) = await said(service, case())
    assert (line.state, "start it" in line.do) == ("warning", True)
    (state / control.NAME).touch()
    assert running(state) == "no"


async def test_health_that_does_not_answer_is_wrong(case, said, state, free_port):
    with serving(state):
        lines = await said(service, case(f'[health]\naddress = "127.0.0.1:{free_port()}"\n'))
    assert [line.state for line in lines] == ["ok", "wrong"]


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\nready\n", ("ok", "each door serves")),
        (
            b"HTTP/1.1 503 No\r\n\r\nsmtp does not serve\nno nursery\n",
            ("wrong", "serve; no nursery"),
        ),
        (b"nonsense", ("wrong", "not ready")),
    ],
)
async def test_what_health_says_counts(doctor, state, listen, head, expected):
    case, said = doctor

    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head)
        writer.close()

    port = await listen(answer)
    with serving(state):
        _, line = await said(service, case(f'[health]\naddress = "127.0.0.1:{port}"\n'))
    assert (line.state, expected[1] in line.what) == (expected[0], True)


async def test_a_place_is_the_services_own_or_free(case, said, state, sink, free_port):
    taken, free = f"127.0.0.1:{sink.port}", f"127.0.0.1:{free_port()}"
    with serving(state):
        assert [line.state for line in await said(listening, case(listener(taken)))] == ["ok"]
        (line,) = await said(listening, case(listener(free)))
        assert (line.state, "nobody listens on" in line.what) == ("wrong", True)
    (line,) = await said(listening, case(listener(taken)))
    assert (line.state, line.what) == ("wrong", f"another program listens on {taken}")
    (line,) = await said(listening, case(listener(free)))
    assert (line.state, line.what) == ("ok", f"{free} is free")


def test_an_address_of_another_host_is_wrong(case):
    (line,) = listening(case(listener("192.0.2.1:10025")))
    assert (line.state, "nobody can listen on" in line.what) == ("wrong", True)


def test_a_low_port_takes_a_right(case, free_port):
    lines = list(listening(case(listener("127.0.0.1:26"), user=SOMEBODY)))
    assert [line.state for line in lines] == ["warning"]
    assert "CAP_NET_BIND_SERVICE" in lines[0].do


def milter(path, rest=""):
    return f'[[milter]]\nreply = "sender"\nsocket = "unix:{path}"\n{rest}'


@pytest.fixture
def at(postfix_in):
    """A Postfix, the folder for our sockets in its queue folder, and a socket in that."""
    with socket.socket(socket.AF_UNIX) as opened:

        def make(mode=0o2750, of=0o660, group="postfix"):
            folder = postfix_in()
            place = folder / "spool/pratique"
            place.mkdir()
            path = place / "m.sock"
            opened.bind(str(path))
            for each in (place, path):
                os.chown(each, 64001, grp.getgrnam(group).gr_gid)
            place.chmod(mode)
            path.chmod(of)
            return folder, path

        yield make


@pytest.mark.real("postfix")
async def test_postfix_may_connect_where_the_docs_say(case, said, at):
    folder, path = at()
    (line,) = await said(owners, case(milter(path), postfix=folder / "etc", user=SOMEBODY))
    assert (line.state, line.what) == ("ok", f"Postfix (postfix) may connect to {path}")


@pytest.mark.real("postfix")
@pytest.mark.parametrize(
    ("modes", "expected"),
    [
        ({"mode": 0o700}, ("wrong", "postfix may not pass")),
        ({"of": 0o600}, ("wrong", "postfix may not write")),
        ({"group": "nogroup"}, ("wrong", "postfix may not pass")),
        ({"mode": 0o757}, ("wrong", "may put a socket of his own into")),
        ({"of": 0o666}, ("warning", "may speak as Postfix does")),
        ({"mode": 0o550}, ("wrong", "the service cannot make")),
    ],
)
async def test_owners_and_permissions_decide(doctor, at, modes, expected):
    case, said = doctor
    folder, path = at(**modes)
    lines = await said(owners, case(milter(path), postfix=folder / "etc", user=SOMEBODY))
    (line,) = [one for one in lines if expected[1] in one.what]
    assert (line.state, bool(line.do)) == (expected[0], True)


@pytest.mark.real("postfix")
async def test_what_lies_above_the_queue_folder_postfix_need_not_pass(case, said, at):
    folder, path = at()
    folder.chmod(0o700)
    lines = await said(owners, case(milter(path), postfix=folder / "etc", user=user_called("root")))
    assert [line.state for line in lines] == ["ok"]


@pytest.mark.real("postfix")
async def test_a_folder_that_is_not_there_comes_with_the_command_that_makes_it(
    case, said, postfix_in
):
    folder = postfix_in()
    path = folder / "spool/pratique/m.sock"
    (line,) = await said(owners, case(milter(path), postfix=folder / "etc"))
    assert line.do.endswith(f"-g postfix -m 2750 {path.parent}")


async def test_without_socket_files_there_are_no_owners(case, said):
    assert await said(owners, case()) == []
