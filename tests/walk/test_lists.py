"""A long list costs real workers no memory of their own, and a new one comes with a reload."""

import asyncio
import hashlib
import random
import re
from pathlib import Path

import pytest

from pratique.milter.wall.faults import NurseryUnfit
from pratique.milter.wall.workers import Workers, WorkerSettings, own_nursery
from pratique.scanners.hash_list import Head, Record, packed
from pratique.scanners.near.digest import laid_out
from pratique.scanners.wall_pb2 import Setup

pytestmark = [pytest.mark.real("kernel confinement"), pytest.mark.slow]

ENTRIES = 500_000
WORM = b"Content-Type: application/octet-stream\r\n\r\na worm"


def sha(number):
    return hashlib.sha256(b"%d" % number).digest()


@pytest.fixture
def listed(tmp_path):
    """A list of so many hashes, and of the worm's; its path."""

    def written(entries):
        hashes = {sha(number): 0 for number in range(entries)}
        hashes[hashlib.sha256(b"a worm").digest()] = 0
        path = tmp_path / f"{entries}.hashes"
        head = Head("ours", "malicious", 1_700_000_000)
        path.write_bytes(b"".join(packed(head, hashes, [Record("ann", "a worm")])))
        return path

    return written


@pytest.fixture
async def workers():
    pools = []

    async def start(*lists):
        setup = Setup(lists=map(str, lists))
        pool = Workers(own_nursery(setup), WorkerSettings(count=2, seconds=20.0))
        pools.append(pool)
        await pool.start()
        return pool

    yield start
    for pool in pools:
        await pool.close()


def memory(pid, of=""):
    """Kilobytes by kind, of all that is mapped or of one file."""
    kinds, wanted = {}, not of
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            wanted = not of or line.endswith(of)
        elif wanted and (found := re.match(r"(\w+): +(\d+) kB", line)):
            kinds[found[1]] = kinds.get(found[1], 0) + int(found[2])
    return kinds


def private(pid, of=""):
    found = memory(pid, of)
    return found["Private_Dirty"], found["Private_Clean"]


async def inspected(pool, see):
    """Have each of two workers look at mail."""
    return await asyncio.gather(*(see(pool, WORM) for _ in range(2)))


async def test_half_a_million_hashes_are_found_and_shared(workers, see, listed):
    path = listed(ENTRIES)
    pool = await workers(path)
    for facts in await inspected(pool, see):
        assert [one.name for one in facts.findings if one.scanner == "lists"] == ["ours"]
        assert [one.name for one in facts.sources if one.name == "ours"] == ["ours"]
    without = await workers()
    await inspected(without, see)
    pids = [worker.pid for worker in pool._alive]
    for pid in pids:
        assert memory(pid, str(path))["Size"] > 17_000
        # Two or three pages of the list were read, and no page of it is a worker's own.
        assert private(pid, str(path)) == (0, 0)
    more = max(private(one)[0] for one in pids)
    less = min(private(worker.pid)[0] for worker in without._alive)
    assert more - less < 1000


@pytest.mark.real("py-tlsh")
async def test_a_hundred_thousand_digests_are_searched_for_the_nearest_and_shared(
    workers, see, tmp_path
):
    import tlsh

    chance, kit = random.Random(1), b"".join(b"step %d of %d\n" % (n, n * n) for n in range(300))
    worm = laid_out(tlsh.hash(kit))
    # With its header, so that each of them is read.
    hashes = {worm[:3] + chance.randbytes(32): 0 for _ in range(100_000)} | {worm: 0}
    path = tmp_path / "near.hashes"
    head = Head("near", "suspicious", 1_700_000_000, 30)
    path.write_bytes(b"".join(packed(head, hashes, [Record("ann", "a kit")])))
    pool = await workers(path)
    mail = b"Content-Type: application/octet-stream\r\n\r\n" + kit.replace(b"step 7 ", b"stop 7 ")
    for facts in await asyncio.gather(*(see(pool, mail) for _ in range(2))):
        assert [one.note[:11] for one in facts.findings if one.name == "near"] == ["its TLSH is"]
        assert facts.failures == []
    for worker in pool._alive:
        assert memory(worker.pid, str(path))["Size"] > 3800
        assert private(worker.pid, str(path)) == (0, 0)


async def test_a_list_that_is_not_whole_is_no_list_and_nothing_starts(workers, listed):
    path = listed(10)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(NurseryUnfit, match=r"10\.hashes: it is not whole"):
        await workers(path)


async def test_what_is_listed_anew_is_found_by_the_next_nursery(workers, see, listed, tmp_path):
    path = listed(10)
    old = await workers(path)
    fresh = tmp_path / "fresh"
    head = Head("ours", "malicious", 1_700_000_000)
    fresh.write_bytes(b"".join(packed(head, {sha(1): 0}, [Record("ann", "another")])))
    fresh.rename(path)
    new = await workers(path)
    found = [[one.name for one in (await see(pool, WORM)).findings] for pool in (old, new)]
    assert ["ours" in names for names in found] == [True, False]
