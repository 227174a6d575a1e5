"""A disk that is really full: told, counted, mail goes on, and all is well with room."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("fills_a_small_disk.py")
MOST = 0.05


@pytest.mark.slow
@pytest.mark.real("root")
def test_a_full_disk_delays_nobody_and_is_written_again_with_room(tmp_path):
    command = ["unshare", "--mount", sys.executable, SCRIPT, tmp_path]
    ran = subprocess.run(command, check=True, capture_output=True, timeout=120)
    seen = json.loads(ran.stdout)
    assert seen["full is a trouble"] == 1
    assert seen["longest when full"] < MOST
    assert seen["said when full"] is False
    assert seen["waiting"] == 1500
    assert seen["dropped"] > 400
    assert seen["uses when full"] == [1, 2, 3]
    assert seen["written with room"]
    assert seen["answered is known"]
    assert seen["sums up"]
    assert seen["all is well"]
    told = ran.stderr.decode()
    assert told.count("the disk is full") == 1
    assert told.count("newest are dropped") == 1
    assert told.count("is written again") == 1
