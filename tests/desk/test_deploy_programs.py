"""Outside programs under the unit of systemd: closed as it is shipped, open with the drop-in.

As in test_deploy_unit.py, what systemd would do is done by hand from the lines of the unit:
system calls, kinds of sockets, namespaces and memory that are refused, and another user.
"""

import json
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DROP_IN = (ROOT / "deploy/pratique-programs.conf").read_text("utf-8")
# Start them, and say what came of it.
START = """
import asyncio
from pratique.milter.programs.programs import Programs
print(asyncio.run(Programs().start()))
"""
pytestmark = [
    pytest.mark.real("systemd-analyze"),
    pytest.mark.real("bubblewrap"),
    pytest.mark.real("unar"),
    pytest.mark.real("7z"),
    pytest.mark.slow,
]


def said(*drop_ins):
    """What the start says under the unit with these drop-ins."""
    unit = runpy.run_path(str(Path(__file__).with_name("test_deploy_unit.py")))
    for text in drop_ins:
        unit["SETTINGS"].extend(re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE))
    launch, namespaces = unit["LAUNCH"], unit["all_of"]("RestrictNamespaces")[-1]
    if namespaces != "yes":
        assert set(namespaces.split()) == {"cgroup", "ipc", "mnt", "net", "pid", "user", "uts"}
        launch = launch.replace('"clone", "clone3", "unshare", "setns"', '"clone3"')
        launch = launch.replace(
            'rule(ALLOW, "clone", Argument(0, MASKED_EQUAL, NAMESPACES, 0))', ""
        )
    wanted = {
        "calls": sorted(unit["allowed"]()),
        "families": " ".join(unit["all_of"]("RestrictAddressFamilies")).split(),
        "refuses_exec_gain": unit["all_of"]("MemoryDenyWriteExecute") == ["yes"],
    }
    python = [sys.executable, "-c"]
    command = [*unit["OTHER_USER"], *python, launch, json.dumps(wanted), *python, START]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_with_the_drop_in_they_work():
    assert said(DROP_IN) == "unpacked by outside programs, in bubblewrap: unar, 7z\n"


def test_as_it_is_shipped_the_unit_refuses_them_and_the_log_says_so():
    told = said()
    assert told.startswith("no outside program unpacks anything: unar does not work in bubblewrap")
    assert "namespace" in told


def test_the_unit_with_the_drop_in_is_sound(tmp_path):
    unit = tmp_path / "pratique.service"
    text = (ROOT / "deploy/pratique.service").read_text("utf-8")
    program = Path(sys.executable).with_name("pratique")
    unit.write_text(text.replace("/opt/pratique/bin/pratique", str(program)))
    (tmp_path / "pratique.service.d").mkdir()
    (tmp_path / "pratique.service.d/programs.conf").write_text(DROP_IN)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit], check=False, capture_output=True, text=True
    )
    ours = [line for line in done.stderr.splitlines() if "pratique" in line]
    assert (done.returncode, ours) == (0, [])
