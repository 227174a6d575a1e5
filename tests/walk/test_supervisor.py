"""The whole service: reload, restart, and what a killed supervisor leaves behind."""

import contextlib
import fcntl
import os
import re
import signal
import smtplib
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path

import pytest

pytestmark = [pytest.mark.real("kernel confinement"), pytest.mark.slow]

PLAIN = b"From: <a@example.org>\r\nSubject: hello\r\n\r\nhello\r\n"

PRATIQUE = str(Path(sys.executable).with_name("pratique"))
ROOT = Path(__file__).resolve().parents[2]
DEFAULT = (ROOT / "src/pratique/policies/shipped/default.toml").read_text()
HOLD_ALL = (
    "[[rule]]\nname = 'hold all'\nwhen = 'mail.size > 0'\nactions = ['quarantine']\n"
    "reason = 'a test'\n" + DEFAULT
)


@contextlib.contextmanager
def client_of(port):
    # A door that is closing says 421 instead of 221 to QUIT, so no QUIT is said.
    with contextlib.closing(smtplib.SMTP("127.0.0.1", port, timeout=30)) as client:
        client.ehlo("client.example")
        yield client


def send(client):
    client.mail("a@example.org")
    client.rcpt("b@example.net")
    return client.data(PLAIN)[0]


def ready(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=10) as said:
            return said.status, said.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.fixture
def slow_rules(service, tmp_path):
    """The nursery takes seconds for its rules; doors are there in one."""
    folder = tmp_path / "rules"
    folder.mkdir()
    rule = "rule r{0} {{ strings: $a = /v{0:05x}[a-z]{{2,9}}(x|y){{3}}/ condition: $a }}\n"
    (folder / "many.yar").write_text("".join(rule.format(number) for number in range(60_000)))
    service.configure(rest=f'[yara]\nfolders = ["{folder}"]')


@pytest.mark.usefixtures("slow_rules")
@pytest.mark.parametrize("killed", ["door", "nursery"])
def test_what_is_killed_while_the_service_starts_is_started_again(service, until, killed):
    starting = threading.Thread(target=service.start)
    starting.start()
    until(lambda: service.running is not None and service.pids()[killed], killed, 20)
    os.kill(service.pids()[killed][0], signal.SIGKILL)
    starting.join(120)
    assert not service.ended()
    with client_of(service.port) as client:
        assert send(client) == 250
    assert "it is started again" in service.log()


@pytest.mark.usefixtures("slow_rules")
def test_rules_that_take_long_to_load_hold_the_start_up_and_no_more(service):
    # Doors say what they count before their first order.
    service.start()
    with client_of(service.port) as client:
        assert send(client) == 250


def test_a_reload_takes_a_changed_policy_and_loses_no_connection(service, tmp_path):
    policy = tmp_path / "mine.toml"
    service.configure(rest=f'[policy]\nfile = "{policy}"\ntest_before = false')
    policy.write_text(DEFAULT)
    service.start()
    with client_of(service.port) as old:
        assert send(old) == 250
        old.mail("a@example.org")
        old.rcpt("b@example.net")
        policy.write_text(HOLD_ALL)
        assert "reloaded" in service.run("reload")
        # What has begun ends where it began, by the policy of then.
        assert old.data(PLAIN)[0] == 250
    with client_of(service.port) as new:
        assert send(new) == 250
    assert (len(service.delivered()), len(service.held())) == (2, 1)


@pytest.mark.parametrize(
    ("policy", "rest", "words"),
    [
        ("[[rule]]\nname = 1\n", "", "name"),
        (HOLD_ALL, "[workerss]\n", "did you mean 'workers'"),
        (HOLD_ALL, '[health]\naddress = "127.0.0.1:1"\n', "needs a restart"),
        (HOLD_ALL, '[yara]\nfolders = ["{folder}/rules"]\n', "broken.yar"),
    ],
)
def test_a_reload_that_cannot_be_done_leaves_everything_as_it_was(
    service, tmp_path, policy, rest, words
):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/broken.yar").write_text("rule broken { condition: nonsense }")
    file = tmp_path / "mine.toml"
    service.configure(rest=f'[policy]\nfile = "{file}"\ntest_before = false')
    file.write_text(HOLD_ALL)
    service.start()
    before = service.pids()
    file.write_text(policy)
    service.configure(
        rest=f'[policy]\nfile = "{file}"\ntest_before = false\n{rest.format(folder=tmp_path)}'
    )
    # A configuration that the command itself cannot read is told by it already.
    status = 2 if "workerss" in rest else 1
    service.run("reload", status=status)
    if status == 1:
        assert words in service.log()
    assert service.pids() == before
    with client_of(service.port) as client:
        assert send(client) == 250
    assert len(service.held()) == 1


def test_a_reload_opens_and_closes_listeners(service, free_port, listens, until):
    other = free_port()
    service.start()
    more = f'[[listener]]\nname = "other"\nreply = "sender"\naddress = "127.0.0.1:{other}"'
    service.configure(rest=more)
    service.run("reload")
    with client_of(other) as client:
        assert send(client) == 250
    service.configure()
    service.run("reload")
    until(lambda: not listens(other), "closed listener")
    with client_of(service.port) as client:
        assert send(client) == 250


def test_a_reload_that_cannot_listen_opens_nothing(service, free_port, listens):
    free = free_port()
    service.start()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        listeners = "\n".join(
            f'[[listener]]\nname = "{one}"\nreply = "sender"\naddress = "127.0.0.1:{one}"'
            for one in (free, port)
        )
        service.configure(rest=listeners)
        service.run("reload", status=1)
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in service.log()
    assert not listens(free)


def test_who_connects_while_a_door_is_down_waits_and_is_served(service, until):
    service.start()
    (door,) = service.pids()["door"]
    os.kill(door, signal.SIGKILL)
    with client_of(service.port) as client:
        assert send(client) == 250
    (another,) = service.pids()["door"]
    assert another != door
    assert "ended (killed by signal 9); starting it again" in service.log()


def test_readiness_follows_the_doors(service, free_port, until):
    port = free_port()
    service.configure(rest=f'[health]\naddress = "127.0.0.1:{port}"')
    service.start()
    assert ready(port) == (200, "ready\n")
    (door,) = service.pids()["door"]
    os.kill(door, signal.SIGSTOP)
    os.kill(door, signal.SIGKILL)
    until(lambda: ready(port) == (503, "smtp does not serve\n"), "unreadiness")
    until(lambda: ready(port)[0] == 200, "readiness")


def counted(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as said:
        return said.read().decode().splitlines()


def test_what_is_counted_survives_its_door(service, free_port, until):
    port = free_port()
    service.configure(rest=f'[health]\naddress = "127.0.0.1:{port}"')
    service.start()
    line = 'pratique_messages_total{action="accept",door="smtp",outcome="delivered"}'
    for times in (1, 2):
        with client_of(service.port) as client:
            assert send(client) == 250
        # A door says so once a second; what it has not said goes with it.
        until(lambda times=times: f"{line} {times}.0" in counted(port), "count")
        (killed,) = service.pids()["door"]
        os.kill(killed, signal.SIGKILL)
        until(lambda killed=killed: service.pids()["door"] not in ([], [killed]), "another door")
        until(lambda: ready(port)[0] == 200, "readiness")
    assert f"{line} 2.0" in counted(port)
    assert 'pratique_door_restarts_total{door="smtp"} 2.0' in counted(port)


def test_two_services_do_not_share_a_folder(service):
    service.start()
    service.run("serve", status=2)
    with client_of(service.port) as client:
        assert send(client) == 250


def test_a_door_finishes_what_it_has_when_its_supervisor_is_killed(service):
    service.start()
    with client_of(service.port) as client:
        client.mail("a@example.org")
        client.rcpt("b@example.net")
        os.kill(service.running.pid, signal.SIGKILL)
        service.running.wait()
        # The nursery has gone with the supervisor, so nobody can look into the message:
        # it is not taken, and not lost.
        assert client.data(PLAIN)[0] in (250, 451)
    service.start()
    with client_of(service.port) as client:
        assert send(client) == 250


def test_a_service_whose_door_cannot_start_says_why_and_ends(service, tmp_path, capfd):
    missing = tmp_path / "none"
    service.configure(rest=f'[[milter]]\nreply = "sender"\nsocket = "unix:{missing}/m.sock"')
    command = [PRATIQUE, "--config", service.config, "serve"]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 2
    assert str(missing) in ended.stderr.splitlines()[-1]


def test_a_start_that_waits_ends_when_it_is_told(service, until):
    service.state.mkdir()
    with open(service.state / "lock", "w") as held:
        # As the doors of a killed service hold it.
        fcntl.flock(held, fcntl.LOCK_EX)
        command = [PRATIQUE, "--config", service.config, "serve"]
        with subprocess.Popen(command, stderr=subprocess.PIPE) as starting:
            assert b"waiting for the doors" in starting.stderr.readline()
            starting.terminate()
            assert b"told to stop before it served" in starting.stderr.readline()
            assert starting.wait(20) == 0


def test_the_doors_of_a_killed_service_keep_its_folder_until_they_end(service, until):
    service.start()
    lock = service.state / "lock"

    def is_free():
        with lock.open() as other:
            try:
                fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
        return True

    with client_of(service.port) as client:
        client.mail("a@example.org")
        client.rcpt("b@example.net")
        os.kill(service.running.pid, signal.SIGKILL)
        service.running.wait()
        assert not is_free()
    until(is_free, "free folder")


def test_a_reload_that_fails_half_way_leaves_nothing_behind(service, tmp_path, until):
    service.start()
    before = service.pids()
    missing = tmp_path / "none"
    service.configure(rest=f'[[milter]]\nreply = "sender"\nsocket = "unix:{missing}/m.sock"')
    for _ in range(2):
        service.run("reload", status=1)
    assert str(missing) in service.log()
    until(lambda: len(service.pids()["nursery"]) == 1, "one nursery")
    until(lambda: len(service.pids()["door"]) == 1, "one door")
    assert service.pids()["nursery"] == before["nursery"]
    with client_of(service.port) as client:
        assert send(client) == 250
    assert service.stop() == 0


def test_a_reload_can_take_a_milter_away(service, tmp_path, until):
    service.configure(rest=f'[[milter]]\nreply = "sender"\nsocket = "unix:{tmp_path}/m.sock"')
    service.start()
    open_files = len(os.listdir(f"/proc/{service.running.pid}/fd"))
    service.configure()
    service.run("reload")
    until(lambda: not service.pids()["milter"], "end of the milter")
    until(
        lambda: len(os.listdir(f"/proc/{service.running.pid}/fd")) < open_files, "closed descriptor"
    )
    assert service.stop() == 0


def test_what_a_door_has_open_no_program_of_it_inherits(service, tmp_path, until):
    milter = f'[[milter]]\nsocket = "unix:{tmp_path}/m.sock"\nreply = "sender"\n'
    service.configure(rest=milter)
    service.start()
    with client_of(service.port) as client:
        assert send(client) == 250
        until(service.messages, "line of the log")
        pids = service.pids()
        inherited = [each for pid in pids["door"] + pids["milter"] for each in inheritable(pid)]
    assert len(pids["door"]) == len(pids["milter"]) == 1
    assert inherited == []


def inheritable(pid):
    """What a program would have open that this process starts, besides its three streams."""
    for info in Path(f"/proc/{pid}/fdinfo").iterdir():
        (flags,) = re.findall(r"^flags:\s*([0-7]+)", info.read_text(), re.MULTILINE)
        if int(info.name) > 2 and not int(flags, 8) & os.O_CLOEXEC:
            yield os.readlink(f"/proc/{pid}/fd/{info.name}")


def test_a_nursery_that_answers_no_more_is_replaced(service, until):
    service.configure(rest="[workers]\ncount = 1\nseconds = 3.0\n")
    service.start()
    (nursery,), (worker,) = service.pids()["nursery"], service.pids()["worker"]
    os.kill(nursery, signal.SIGSTOP)
    os.kill(worker, signal.SIGKILL)

    def delivered():
        with client_of(service.port) as client:
            # One that the killed worker was given is held, and that is 250 too.
            send(client)
        return service.delivered()

    until(delivered, "delivery", 60)
    assert service.pids()["nursery"] != [nursery]
