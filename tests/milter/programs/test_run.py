"""One sandbox: what comes out of it, and that nothing of it stays."""

import asyncio
import sys

import pytest

from pratique.milter.content import content_of
from pratique.milter.programs.run import run
from pratique.milter.programs.sandbox import FAILED, NO_PROGRAM, WHOLE, Room

pytestmark = pytest.mark.real("bubblewrap")

BWRAP = "/usr/bin/bwrap"
# Nobody sleeps as long as this.
NEVER_ENDS = "98765"
ROOM = Room(octets=1 << 20, files=100, memory=256 << 20, seconds=20.0)


def room(**other):
    return Room(**{"octets": 1 << 20, "files": 100, "memory": 256 << 20, "seconds": 20.0, **other})


@pytest.fixture
def do(fake):
    """Have a script done in a sandbox, on a part."""

    async def do(script, part=b"part", where=ROOM):
        (path,) = fake(script).paths
        with_part = content_of([part])
        try:
            ended = await run(BWRAP, [path, "into", "/room/out"], with_part, where)
        finally:
            with_part.close()
        ended.content.close()
        return ended

    return do


async def test_what_a_program_writes_comes_out(do):
    ended = await do("cat /in/part >out/a")
    assert (ended.status, ended.late, ended.cut, ended.words) == (WHOLE, False, False, "")
    assert ended.content.size >= 1024


async def test_a_part_is_fed_from_its_first_octet_however_often(fake):
    (path,) = fake("cat /in/part >out/a && [ $(wc -c <out/a) = 4 ]").paths
    part = content_of([b"part"])
    for _ in range(2):
        ended = await run(BWRAP, [path, "into", "/room/out"], part, ROOM)
        ended.content.close()
        assert ended.status == WHOLE
    part.close()


async def test_a_program_that_fails_says_so(do):
    assert (await do("exit 3")).status == FAILED


async def test_a_program_that_is_none_says_so(tmp_path):
    (tmp_path / "no-program").write_text("no program")
    part = content_of([b""])
    ended = await run(BWRAP, [str(tmp_path / "no-program")], part, ROOM)
    part.close()
    ended.content.close()
    assert ended.status == NO_PROGRAM


@pytest.mark.slow
@pytest.mark.parametrize(
    "script",
    [
        f"exec sleep {NEVER_ENDS}",
        # In the background, in a session of its own, deaf to signals.
        f"trap '' TERM INT HUP; setsid sleep {NEVER_ENDS} & exec sleep {NEVER_ENDS}",
        f"while :; do sleep {NEVER_ENDS}; done",
    ],
)
async def test_a_program_that_does_not_end_is_ended_and_nothing_stays(
    do, script, running, left_over
):
    before = left_over()
    ended = await do(script, where=room(seconds=0.5))
    assert ended.late
    assert running(NEVER_ENDS) == []
    await asyncio.sleep(0)
    assert left_over() == before


async def test_what_a_program_leaves_running_ends_with_it(do, running):
    ended = await do(f"setsid sleep {NEVER_ENDS} >/dev/null 2>&1 & cat /in/part >out/a")
    assert (ended.status, running(NEVER_ENDS)) == (WHOLE, [])


async def test_a_message_that_is_given_up_takes_the_sandbox_with_it(do, running, left_over):
    before = left_over()
    doing = asyncio.create_task(do(f"exec sleep {NEVER_ENDS}"))
    async with asyncio.timeout(10):
        while not running(NEVER_ENDS):  # noqa: ASYNC110 - what is awaited is another process
            await asyncio.sleep(0)
    doing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await doing
    assert running(NEVER_ENDS) == []
    await asyncio.sleep(0)
    assert left_over() == before


@pytest.mark.parametrize(("octets", "cut"), [(20480, False), (20479, True)])
async def test_what_is_more_than_there_is_room_for_is_cut(do, octets, cut):
    # GNU tar writes blocks of 10,240 octets: here two.
    ended = await do("head -c 10000 /in/part >out/a", b"x" * 10000, room(octets=octets))
    assert (ended.cut, ended.content.size) == (cut, octets)


async def test_a_file_that_is_all_hole_is_cut_too(do):
    ended = await do("truncate -s 1000000 out/a && truncate -s 1000000 out/b")
    assert (ended.cut, ended.content.size) == (True, ROOM.octets)


async def test_what_goes_wrong_with_bubblewrap_is_told_in_its_words(fake):
    (path,) = fake("echo 'bwrap: this kernel has none' >&2; exit 1").paths
    part = content_of([b""])
    ended = await run(path, ["/bin/true"], part, ROOM)
    part.close()
    ended.content.close()
    assert (ended.status, ended.words) == (1, "this kernel has none")


async def test_a_bubblewrap_that_hangs_is_ended(fake, running):
    (path,) = fake(f"exec sleep {NEVER_ENDS}").paths
    part = content_of([b""])
    ended = await run(path, ["/bin/true"], part, room(seconds=0.2))
    part.close()
    ended.content.close()
    assert (ended.late, running(NEVER_ENDS)) == (True, [])


@pytest.mark.slow
async def test_who_dies_takes_its_sandboxes_along(fake, running, until):
    (path,) = fake(f"exec sleep {NEVER_ENDS}").paths
    script = f"""
import asyncio
from pratique.milter.content import content_of
from pratique.milter.programs.run import run
from pratique.milter.programs.sandbox import Room
room = Room(1 << 20, 100, 256 << 20, 60.0)
asyncio.run(run("/usr/bin/bwrap", [{path!r}, "into", "/room/out"], content_of([b"x"]), room))
"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script)
    until(lambda: running(NEVER_ENDS), "program")
    process.kill()
    await process.wait()
    until(lambda: not running(NEVER_ENDS), "end of it")


async def test_no_bubblewrap_is_an_error_of_the_world(left_over):
    before, part = left_over(), content_of([b""])
    with pytest.raises(FileNotFoundError):
        await run("/nonexistent/bwrap", ["/bin/true"], part, ROOM)
    part.close()
    await asyncio.sleep(0)
    assert left_over() == before
