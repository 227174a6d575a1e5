"""What systemd hears, if there is one."""

import socket

import pytest

from pratique.milter.supervisor.notify import notify


@pytest.mark.parametrize("abstract", [False, True])
def test_systemd_hears_the_state(tmp_path, monkeypatch, abstract):
    name = f"{tmp_path}/notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind("\0" + name if abstract else name)
        monkeypatch.setenv("NOTIFY_SOCKET", "@" + name if abstract else name)
        notify("READY=1")
        assert systemd.recv(100) == b"READY=1"


def test_without_systemd_nothing_is_said(monkeypatch):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert notify("READY=1") is None


def test_a_systemd_that_is_gone_is_no_trouble(tmp_path, monkeypatch):
    monkeypatch.setenv("NOTIFY_SOCKET", f"{tmp_path}/gone")
    assert notify("READY=1") is None
