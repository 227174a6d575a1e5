"""The near side of the wall: what a worker says is not trusted."""

import os

import pytest

pytestmark = [pytest.mark.real("kernel confinement"), pytest.mark.slow]


async def test_a_worker_that_babbles_is_cut_off(naughty_workers, see):
    pool = await naughty_workers(seconds=20.0)
    facts = await see(pool, b"babble first")
    assert [failure.class_ for failure in facts.failures] == ["worker"]
    assert "octets of facts" in facts.failures[0].detail


async def test_octets_that_are_no_frame_end_the_worker(naughty_workers, see):
    pool = await naughty_workers()
    facts = await see(pool, b"noise first")
    assert [failure.class_ for failure in facts.failures] == ["worker"]
    assert "limit is 1 to" in facts.failures[0].detail


async def test_an_answer_that_fits_no_question_ends_the_worker(naughty_workers, see):
    pool = await naughty_workers()
    facts = await see(pool, b"greet first")
    assert "hello is no answer to a message" in facts.failures[0].detail


async def test_an_answer_without_the_message_is_a_lie(naughty_workers, see):
    pool = await naughty_workers()
    facts = await see(pool, b"silence first")
    assert [failure.class_ for failure in facts.failures] == ["worker", "worker"]
    assert "without the message" in facts.failures[0].detail


async def test_a_name_that_is_no_scanners_is_a_lie(naughty_workers, see):
    pool = await naughty_workers()
    facts = await see(pool, b"boast first")
    assert "a scanner whose name is none" in facts.failures[0].detail


async def test_facts_on_the_page_that_are_none_are_a_lie(naughty_workers, see):
    pool = await naughty_workers()
    facts = await see(pool, b"scribble second")
    assert [failure.class_ for failure in facts.failures] == ["worker"]
    assert "no facts on the page" in facts.failures[0].detail


async def test_what_is_said_unasked_is_not_heard_by_the_next_message(naughty_workers, see, soon):
    pool = await naughty_workers()
    # Done too early: what was not looked at yet is not said, and a second answer follows.
    await see(pool, b"hasten second")
    (worker,) = pool._alive
    await soon(lambda: worker.gone)
    facts = await see(pool, b"nothing first")
    assert [finding.name for finding in facts.findings].count("spoke") == 2
    assert not facts.failures


@pytest.mark.parametrize("misdeed", ["forge", "date", "link"])
async def test_who_speaks_for_an_engine_or_a_list_lies_and_its_words_do_not_count(
    naughty_workers, see, misdeed
):
    pool = await naughty_workers()
    seen = await see(pool, misdeed.encode() + b" first")
    assert [failure.class_ for failure in seen.failures] == ["worker"]
    assert not seen.sources
    assert not seen.links
    assert not [one for one in seen.findings if one.scanner == "clamav"]
    assert not (await see(pool, b"date-own first")).failures


async def test_a_nursery_that_talks_nonsense_is_replaced(naughty_workers, see, soon):
    pool = await naughty_workers()
    (worker,) = pool._alive
    # A second asker on the same socket: what comes back is not what was asked for.
    pool._nursery._control.sendall(b"\xff\xff\xff\xff")
    worker.kill()
    await soon(lambda: worker.gone)
    assert not (await see(pool, b"nothing first")).failures
    assert not pool._nursery.lost


async def test_a_nursery_starts_also_where_many_descriptors_are_open(naughty_workers, see, soon):
    pool = await naughty_workers()
    many = [os.open("/dev/null", os.O_RDONLY) for _ in range(1100)]
    try:
        pool._nursery._process.kill()
        (worker,) = pool._alive
        await soon(lambda: worker.gone)
        assert not (await see(pool, b"nothing first")).failures
    finally:
        for descriptor in many:
            os.close(descriptor)
