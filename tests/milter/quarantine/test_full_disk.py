"""A disk that is really full: told, nothing half behind, and well again with room."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("fills_a_small_disk.py")


@pytest.mark.slow
@pytest.mark.real("root")
def test_a_full_disk_is_told_and_every_message_that_was_taken_is_there(tmp_path: Path) -> None:
    command = ["unshare", "--mount", sys.executable, SCRIPT, tmp_path]
    ran = subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=60)
    seen = json.loads(ran.stdout)
    assert seen["too large"] == "full"
    assert seen["delivered"] == [452, 250]
    assert seen["full"] > 0
    assert len(seen["held"]) > 10
    assert seen["held"] == seen["folders"] == seen["listed"]
    assert seen["delivered when full"] == 452
    assert (seen["left"], seen["new"]) == ([], 1)
    assert seen["after room was made"] == len("20251122T120000-00000001")
