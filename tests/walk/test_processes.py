"""Several processes of one door: they share its socket, and none of them is missed."""

import contextlib
import os
import runpy
import signal
import smtplib
from pathlib import Path

import pytest

pytestmark = [pytest.mark.real("kernel confinement"), pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
MilterClient = runpy.run_path(str(ROOT / "tests/milter_door.py"))["MilterClient"]
PLAIN = b"From: <a@example.org>\r\nSubject: hello\r\n\r\nhello\r\n"
TWO = "[doors]\nprocesses = 2\n"


def doors_of(service, kind):
    """The process ids of the processes of one door."""
    return [
        int(folder.name)
        for folder in Path("/proc").glob("[0-9]*")
        if is_door(folder, service.running.pid, kind)
    ]


def is_door(folder, parent, kind):
    with contextlib.suppress(OSError):
        words = (folder / "cmdline").read_bytes().split(b"\0")
        stated = (folder / "stat").read_text().rpartition(")")[2].split()
        return int(stated[1]) == parent and kind.encode() in words
    return False


def send(port):
    with contextlib.closing(smtplib.SMTP("127.0.0.1", port, timeout=30)) as client:
        client.ehlo("client.example")
        client.mail("a@example.org")
        client.rcpt("b@example.net")
        return client.data(PLAIN)[0]


def message(socket):
    client = MilterClient(socket)
    try:
        client.negotiate()
        client.connect()
        client.helo()
        client.envelope(b"<b@corp.example>")
        client.content(((b"Subject", b" hi"),), last=b"hello\r\n")
        return client.answer()[-1][:1]
    finally:
        client.close()


def test_mail_is_taken_while_one_of_two_processes_is_started_again(service):
    service.configure(rest=TWO)
    service.start()
    first, second = sorted(doors_of(service, "smtp"))
    assert send(service.port) == 250
    for each in (first, second):
        os.kill(each, signal.SIGKILL)
        assert send(service.port) == 250
    assert len(service.delivered()) == 3


def test_a_milter_has_as_many_processes_and_its_mail_server_waits_for_none(service):
    socket = service.state.parent / "m.sock"
    service.configure(rest=f'{TWO}[[milter]]\nreply = "sender"\nsocket = "unix:{socket}"\n')
    service.start()
    doors = sorted(doors_of(service, "milter"))
    assert len(doors) == 2
    assert message(socket) == b"a"
    # Both at once: who comes now waits for the next ones, and is not refused.
    for each in doors:
        os.kill(each, signal.SIGKILL)
    assert message(socket) == b"a"
    assert set(doors_of(service, "milter")).isdisjoint(doors)


def test_a_milter_that_moves_on_a_reload_serves_at_its_new_place(service):
    old, new = (service.state.parent / name for name in ("old.sock", "new.sock"))
    service.configure(rest=f'[[milter]]\nreply = "sender"\nsocket = "unix:{old}"\n')
    service.start()
    assert message(old) == b"a"
    service.configure(rest=f'[[milter]]\nreply = "sender"\nsocket = "unix:{new}"\n')
    assert "reloaded" in service.run("reload")
    assert message(new) == b"a"
    assert not old.exists()
