"""A worker: it sees one message after the other, and only those."""

import os

import pytest

from pratique.scanners.worker import READ, mapped, read

pytestmark = [pytest.mark.real("kernel confinement"), pytest.mark.slow]


async def test_an_empty_message_is_seen(naughty_workers, see):
    pool = await naughty_workers()
    facts = await see(pool, b"")
    assert facts.mail.size == 0
    assert not facts.failures


async def test_a_message_as_large_as_a_mail_is_seen_whole(naughty_workers, see):
    pool = await naughty_workers(seconds=20.0)
    facts = await see(pool, b"nothing first" + b" " * (25 * 1024 * 1024))
    assert facts.mail.size == 13 + 25 * 1024 * 1024


@pytest.mark.parametrize("taken", [read, mapped])
@pytest.mark.parametrize("size", [0, 1, READ, READ + 1])
def test_octets_are_taken_whole_wherever_somebody_has_read_to(taken, size):
    octets = bytes(range(256)) * (size // 256) + bytes(size % 256)
    kept = os.memfd_create("content")
    os.write(kept, octets)
    os.lseek(kept, 3, os.SEEK_SET)

    assert taken(kept) == octets
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(kept)


async def test_one_worker_sees_many_messages_and_keeps_nothing_open(naughty_workers, see):
    pool = await naughty_workers()
    (worker,) = pool._alive
    # RLIMIT_NOFILE is 32: a descriptor left open by each message would end it.
    for _ in range(100):
        assert not (await see(pool, b"nothing first")).failures
    assert pool._alive == {worker}


async def test_an_error_of_the_inspector_ends_the_worker_and_not_the_service(naughty_workers, see):
    pool = await naughty_workers()
    facts = await see(pool, b"raise first")
    assert [failure.class_ for failure in facts.failures] == ["worker"]
    assert not (await see(pool, b"nothing first")).failures
