"""The event loop of a door: uvloop's where it is installed."""

import asyncio
import gc
import importlib.util

import pytest

from pratique.milter.serving import loop


async def name_of_loop(said):
    said.append(type(asyncio.get_running_loop()).__module__)


def test_the_installed_one_is_used():
    said = []
    loop.run(name_of_loop(said))
    wanted = "uvloop" if importlib.util.find_spec("uvloop") else "asyncio.unix_events"
    assert said == [wanted]


def test_what_it_raises_is_raised():
    async def fails():
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        loop.run(fails())


@pytest.fixture
def collector():
    """Python's, left as it was."""
    before = gc.get_threshold()
    yield gc
    gc.unfreeze()
    gc.set_threshold(*before)


@pytest.mark.slow
def test_what_was_loaded_to_serve_is_looked_through_once_and_never_again(collector):
    loop.settle()
    kept = collector.get_freeze_count()
    later = [[] for _ in range(100)]
    loop.settle()
    assert 0 < collector.get_freeze_count() < kept + len(later)
