"""Killed at any step of holding or releasing: nothing is lost, nothing is sent twice.

This proves the order of the steps as others see them.  That they reach the disk is
proved under strace (tests/desk/test_strace.py): the page cache survives a kill.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pratique.milter.quarantine.folders import QuarantineError, swept
from pratique.milter.quarantine.release import Order
from pratique.milter.quarantine.store import Quarantine

SCRIPT = Path(__file__).with_name("dies_at_each_step.py")


@pytest.fixture
def lives(tmp_path: Path) -> Callable[[str], list[Path]]:
    """The folder that each life left, in the order of steps."""

    def live(verb: str) -> list[Path]:
        subprocess.run([sys.executable, SCRIPT, verb, tmp_path], check=True, timeout=120)
        return sorted(tmp_path.iterdir(), key=lambda path: int(path.name))

    return live


def times_sent(life: Path) -> int:
    sent = life / "sent"
    return len(sent.read_bytes().splitlines()) if sent.exists() else 0


@pytest.mark.slow
def test_a_hold_that_is_killed_leaves_the_whole_message_or_nothing(
    lives: Callable[[str], list[Path]],
) -> None:
    found = []
    for life in lives("hold"):
        swept(life / "quarantine")
        store = Quarantine(life / "quarantine")
        listed = [(one.id, one.state) for one in store.messages()]
        found.append(len(listed))
        if (life / "said").exists():
            assert listed == [((life / "said").read_text(), "held")]
        for message_id, _ in listed:
            assert store.show(message_id).record.size == len(b"Subject: x\r\n\r\nbody\r\n")
        assert list((life / "quarantine/tmp").iterdir()) == []
        store.close()
    # Ten steps (test_store counts them): from the rename on the message is there.
    assert found == [0] * 8 + [1] * 3


@pytest.mark.slow
async def test_a_release_that_is_killed_is_never_sent_twice_by_itself(
    lives: Callable[[str], list[Path]], hop: Any
) -> None:
    stages = []
    for life in lives("release"):
        before = times_sent(life)
        swept(life / "quarantine")
        store = Quarantine(life / "quarantine")
        (listed,) = store.messages()
        stages.append(listed.state)
        next_hop = hop()
        if listed.state == "held":
            assert before == 0
            assert (await store.release(listed.id, next_hop)).sent
            assert len(next_hop.sent) == 1
        else:
            assert (listed.state, before) in [("unsure", 0), ("unsure", 1), ("released", 1)]
            with pytest.raises(QuarantineError, match="--again"):
                await store.release(listed.id, next_hop)
            assert next_hop.sent == []
            assert (await store.release(listed.id, next_hop, Order(again=True))).sent
        assert [one.state for one in store.messages()] == ["released"]
        store.close()
    # Before: MAIL, RCPT, the token (3 steps), the state up to its rename (3).  Unsure: its
    # folder, the sending (2), `released` up to its rename (3).  Then it is known.
    assert stages == ["held"] * 8 + ["unsure"] * 6 + ["released"] * 2
