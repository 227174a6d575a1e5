"""Two doors write at once and are killed at any moment: what they answered is there."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("records_until_killed.py")
# Lives of each door, each killed after so many lines.
LIVES = [1, 40, 7, 150, 2, 90]


def begin(folder, name):
    return subprocess.Popen([sys.executable, SCRIPT, folder, name], stdout=subprocess.PIPE)


def killed(door, lines):
    """Kill a door once it has said so many lines; gives all that it said."""
    said = [door.stdout.readline() for _ in range(lines)]
    door.kill()
    said += door.stdout.readlines()
    door.stdout.close()
    assert door.wait(30) == -9
    # The last one may have been cut off by the kill.
    return [line.decode().split() for line in said if line.endswith(b"\n")]


@pytest.mark.slow
async def test_what_was_answered_survives_kill_9_of_two_doors_at_once(folder, ledger, caplog):
    said = {"left": [], "right": []}
    for life, lines in enumerate(LIVES):
        doors = {name: begin(folder, f"{name}{life}") for name in said}
        for name, door in doors.items():
            said[name].append(killed(door, lines))
    one = ledger()
    for name, lives in said.items():
        for life, lines in enumerate(lives):
            who = f"{name}{life}"
            sent = [int(number) for what, number in lines if what == "sent"]
            used = [int(number) for what, number in lines if what == "used"]
            assert sent
            for number in sent:
                known = await one.by_message_id(f"<{who}.{number}@a.example>", f"{who}@a.example")
                assert known.recipients == {one.hashed(f"{who}.{number}@b.example")}
                assert await one.last_to(f"{who}.{number}@b.example", f"{who}@a.example")
            # No use that was told is forgotten, whatever was under way at the end.
            assert await one.used(who) > max(used, default=0)
    assert "damaged" not in caplog.text
    assert [path.name for path in folder.iterdir() if "damaged" in path.name] == []
