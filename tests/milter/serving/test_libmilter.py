"""By libmilter: it wants the main thread, the event loop runs in another, until both end."""

import asyncio
import signal
import subprocess
import sys
import threading

import pytest

libmilter = pytest.importorskip("pratique.milter.serving.libmilter", exc_type=ImportError)


@pytest.fixture
def signals():
    """See that what this thread blocks is free again: all that is started later inherits it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    yield
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


@pytest.mark.usefixtures("signals")
def test_the_loop_runs_in_another_thread_and_without_a_door_all_ends_with_it():
    serving, ran = libmilter.LibmilterServing("milter"), []
    libmilter.in_main_thread(serving, lambda: ran.append(threading.current_thread()))
    assert len(ran) == 1
    assert ran[0] is not threading.main_thread()


def test_a_loop_that_ended_by_itself_is_not_told_to_end():
    serving, told = libmilter.LibmilterServing("milter"), []

    async def begin():
        serving.begun(lambda: told.append("end"))
        serving.end()
        await asyncio.sleep(0)

    asyncio.run(begin())
    serving.end()
    assert told == ["end"]


@pytest.mark.slow
def test_our_own_milter_needs_no_pymilter():
    code = (
        "import sys; sys.modules['milter'] = None; import pratique.milter.serving.door_process;"
        "import pratique.milter.doors.milter.server; print('there')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout == "there\n", done.stderr
