"""Debian's miltertest drives the milter door."""

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("milter.lua")


@pytest.mark.slow
@pytest.mark.real("miltertest")
def test_miltertest_is_answered_as_it_should_be(milter_door):
    door = milter_door()
    command = ["miltertest", "-D", f"socket={door.socket}", "-s", SCRIPT]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    taken = door.taken()
    assert taken[0]["content"] == (
        b"X-Pratique: forged\r\nSubject: hi\r\n\tthere\r\nx-pratique: forged too\r\n\r\nhello\r\n"
    )
    assert (taken[0]["mta_id"], taken[0]["client"][0]) == ("4ABC", "192.0.2.1")
    assert len(taken) == 11
    door.idle()
