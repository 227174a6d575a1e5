"""`pratique doctor` beside a running service: all is well, and what is broken then is told."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = [pytest.mark.real("kernel confinement"), pytest.mark.slow]

EVERYTHING_AWAY = """
[[icap]]
name = "av"
url = "icap://10.255.255.1:1344/av"

[clamav]
socket = "inet:10.255.255.2:3310"
send = "stream"

[next_hop]
kind = "smtp"
addresses = ["10.255.255.3:25", "mail.example.invalid:25"]

[release]
next_hop = "10.255.255.4:25"

[dns]
servers = ["10.255.255.5", "10.255.255.6"]

[[block_list]]
zone = "zen.example.net"
what = "addresses"
"""


def told(service, *arguments, status=0):
    said = service.run("doctor", "--json", *arguments, status=status)
    return [json.loads(line) for line in said.splitlines()]


def snapshot(folder):
    """All files below a folder, as they are."""
    return {
        path: (path.lstat().st_mtime_ns, path.lstat().st_size, path.lstat().st_mode)
        for path in [folder, *folder.rglob("*")]
    }


def test_beside_a_running_service_nothing_is_wrong_and_nothing_is_changed(
    service, sink, free_port, tmp_path
):
    health = free_port()
    service.configure(
        rest=f'[health]\naddress = "127.0.0.1:{health}"\n[release]\nnext_hop = "127.0.0.1:'
        f'{sink.port}"\n'
    )
    service.start()
    before = snapshot(service.state)
    lines = told(service)
    assert [line for line in lines if line["state"] == "wrong"] == []
    # What a machine of tests lacks: a name in DNS, NTP, a disk, 7z; all else is as it should be.
    warned = {line["concern"] for line in lines if line["state"] == "warning"}
    assert warned <= {"dns", "clock", "disk", "kernel"}
    said = " ".join(line["what"] for line in lines if line["state"] == "ok")
    for what in ("the service runs", f"listens on 127.0.0.1:{service.port}", "each door serves"):
        assert what in said
    assert snapshot(service.state) == before
    assert sink.messages == []
    # For a person it says the same.
    assert "\n  ok       the service runs as " in service.run("doctor")
    assert not service.ended()


def test_while_everything_is_away_it_takes_no_longer_than_20_seconds(service):
    service.configure(rest=EVERYTHING_AWAY)
    began = time.monotonic()
    lines = told(service, status=1)
    assert time.monotonic() - began < 20
    wrong = [line["what"] for line in lines if line["state"] == "wrong"]
    named = ("av:", "clamav:", "10.255.255.3", "invalid", "10.255.255.4")
    for what in (*named, "zen.example.net"):
        assert any(what in line for line in wrong), what
    assert not any("Traceback" in line["do"] for line in lines)


@pytest.mark.real("root")
def test_who_is_not_root_hears_what_he_may_not_see(service):
    service.start()
    # A stranger on the same host, with the program and the configuration in his reach.
    # Where Python itself lies he may not look, so all is loaded before.
    script = (
        "import os, sys, pratique.milter.doctor, pratique.milter.doctor.rounds;"
        "from pratique.milter.cli.main import main;"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534); main(sys.argv[1:])"
    )
    copied = Path("/tmp") / f"pratique-doctor-{os.getpid()}.toml"
    copied.write_text(service.config.read_text())
    try:
        command = [sys.executable, "-c", script, "--config", copied, "doctor", "--json"]
        command += ["service", "disk", "clock"]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
    finally:
        copied.unlink()
    assert "Traceback" not in done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert {line["state"] for line in lines} >= {"not looked at"}
    assert done.returncode == 0
