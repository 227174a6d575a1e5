"""Each thing that a worker must not do, tried from inside a real worker."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.real("kernel confinement"), pytest.mark.slow]

REFUSED = [
    "open", "list", "write", "socket", "unix-socket", "connect", "fork", "thread", "signal",
    "signal-parent", "signal-by-fcntl", "memory", "gigabyte", "import", "stat", "left-open",
    "chmod", "chdir", "root-again", "memfd",
]  # fmt: skip


def outcome_of(facts, deed):
    (finding,) = [finding for finding in facts.findings if finding.scanner == deed]
    return finding.name


@pytest.mark.parametrize("confinement", ["full", "seccomp"])
@pytest.mark.parametrize("deed", REFUSED)
async def test_a_worker_is_refused(naughty_workers, see, deed, confinement):
    pool = await naughty_workers(confinement)
    outcome = outcome_of(await see(pool, f"{deed} first".encode()), deed)
    assert outcome.startswith("refused: ")


@pytest.mark.parametrize("confinement", ["full", "seccomp"])
@pytest.mark.parametrize("deed", ["exec", "ptrace"])
async def test_what_nothing_honest_does_ends_the_worker(naughty_workers, see, deed, confinement):
    pool = await naughty_workers(confinement)
    facts = await see(pool, f"{deed} first".encode())
    assert not [finding for finding in facts.findings if finding.scanner == deed]
    assert [failure.class_ for failure in facts.failures] == ["worker"]


@pytest.mark.parametrize("deed", ["nothing", "map-a-lot"])
async def test_a_worker_is_allowed_what_seeing_takes(naughty_workers, see, deed):
    pool = await naughty_workers()
    outcome = outcome_of(await see(pool, f"{deed} first".encode()), deed)
    assert outcome.startswith("done: ")


async def test_a_pool_says_what_confines_its_workers(naughty_workers):
    pool = await naughty_workers()
    (worker,) = pool._alive
    assert "landlock" in worker.confinement
    assert "seccomp" in worker.confinement


async def test_without_landlock_a_pool_does_not_claim_it(naughty_workers):
    pool = await naughty_workers("seccomp")
    (worker,) = pool._alive
    assert worker.confinement == "seccomp"


# What any process may do, so that the refusals above are the confinement's.
ORDINARY = ["open", "list", "socket", "unix-socket", "thread", "memory", "gigabyte", "import",
            "stat", "left-open", "memfd", "signal-parent"]  # fmt: skip


@pytest.mark.parametrize("deed", ORDINARY)
def test_without_confinement_the_same_deed_is_done(deed):
    script = f"import naughty_nursery; print(naughty_nursery.outcome({deed!r}))"
    run = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.startswith("done: ")
