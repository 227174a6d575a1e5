"""A disk that is really full, and one that became read-only: told, counted, well again."""

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
    assert seen["full is a trouble"]
    assert seen["read-only is a trouble"]
    assert max(value for name, value in seen.items() if name.startswith("longest")) < MOST
    assert seen["waiting"] == 1500
    assert seen["dropped"] > 0
    full, dropping = seen["told when full"]
    assert ("disk is full" in full, "newest are dropped" in dropping) == (True, True)
    assert f"{seen['dropped']} records were dropped" in seen["told in the end"][0]
    assert [seen[one] for one in ("empty", "in order", "sums up")] == [True] * 3
    assert seen["read while read-only"]
    assert seen["written again"] == 1000
    # Full, dropping, well again; read-only, well again.
    assert seen["lines"] == 5
