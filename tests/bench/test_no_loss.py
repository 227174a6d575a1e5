"""The no-loss run: what it does in which order, and that a loss makes it fail."""

import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench/no_loss.py"
LOSSY = Path(__file__).with_name("lossy_next_hop.py")
PARTS = "postfix", "kernel confinement", "clamd"


def whole_run(test):
    """A test that has the whole run of it."""
    for part in PARTS:
        test = pytest.mark.real(part)(test)
    return pytest.mark.slow(test)


@pytest.fixture(scope="module")
def no_loss(bench):
    return bench("no_loss")


def course(no_loss, kills: int, seed: int = 1, *, can_fill: bool = True) -> list[str]:
    return list(no_loss.course(kills, random.Random(seed), can_fill=can_fill))


def test_each_kind_is_killed_as_often_as_it_weighs(no_loss):
    each = sum(no_loss.KILLS.values())
    done = Counter(course(no_loss, 3 * each))
    assert {name: done[name] for name in no_loss.KILLS} == {
        name: 3 * weight for name, weight in no_loss.KILLS.items()
    }


def test_between_kills_the_next_hop_fails_and_the_disk_is_full(no_loss):
    done = Counter(course(no_loss, 500))
    assert done[no_loss.FAULT] == 250
    assert done[no_loss.FULL_DISK] == 20


def test_a_short_run_has_a_full_disk_as_well(no_loss):
    assert course(no_loss, 2).count(no_loss.FULL_DISK) == 1


def test_where_nobody_may_mount_a_disk_none_is_filled(no_loss):
    assert no_loss.FULL_DISK not in course(no_loss, 100, can_fill=False)


def test_the_same_seed_gives_the_same_order_and_another_one_another(no_loss):
    assert course(no_loss, 50) == course(no_loss, 50)
    assert course(no_loss, 50) != course(no_loss, 50, seed=2)


def run(folder: Path, kills: int, *more: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, BENCH, "--kills", str(kills), "--out", folder, *more]
    return subprocess.run(command, check=False, capture_output=True, text=True)


@whole_run
def test_a_service_that_loses_nothing_passes(tmp_path):
    done = run(tmp_path, 4)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed: 0 lost" in done.stdout
    assert (tmp_path / "report.md").read_text() + "\n" == done.stdout
    assert {"log", "maillog"} <= {path.name for path in tmp_path.iterdir()}


@whole_run
def test_a_next_hop_that_forgets_what_it_took_is_found_out(tmp_path):
    done = run(tmp_path, 2, "--next-hop", LOSSY)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "FAILED: " in done.stdout
    assert "- LOST: " in done.stdout
