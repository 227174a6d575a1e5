"""The whole house with outside programs: a worker hands out, a program unpacks, all is seen."""

import asyncio
import base64
import runpy
import subprocess
from pathlib import Path

import pytest

from pratique.milter.programs.programs import Programs, ProgramSettings
from pratique.milter.programs.table import PROGRAMS, Program
from pratique.milter.wall.workers import Workers, WorkerSettings, own_nursery
from pratique.scanners.wall_pb2 import Setup

pytestmark = [
    pytest.mark.real("kernel confinement"),
    pytest.mark.real("bubblewrap"),
    pytest.mark.slow,
]
unar = pytest.mark.real("unar")
seven_zip = pytest.mark.real("7z")
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@pytest.fixture(scope="session")
def arc():
    """An ARC archive of one file."""
    file = Path(__file__).parent.parent / "milter/programs/conftest.py"
    return runpy.run_path(str(file))["arc"]


@pytest.fixture
def wim(tmp_path):
    """A disk image of one file."""
    (tmp_path / "a.txt").write_text("hello")
    command = ["7zz", "a", "-bso0", "-bsp0", tmp_path / "a.wim", "a.txt"]
    subprocess.run(command, check=True, cwd=tmp_path, stdin=subprocess.DEVNULL)
    return (tmp_path / "a.wim").read_bytes()


@pytest.fixture
async def pool():
    """Real workers with these programs, or the installed ones."""
    pools = []

    async def start(*programs, **settings):
        outside = Programs(ProgramSettings(programs=programs or PROGRAMS, **settings))
        made = Workers(own_nursery(Setup()), WorkerSettings(count=2, seconds=20.0), outside)
        pools.append(made)
        await made.start()
        return made

    yield start
    for each in pools:
        await each.close()


def mail(*files):
    parts = b"".join(
        b"--b\r\nContent-Type: application/octet-stream; name=%s\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n%s\r\n"
        % (name.encode(), base64.encodebytes(octets).replace(b"\n", b"\r\n"))
        for name, octets in files
    )
    return b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + parts + b"--b--\r\n"


def shown(facts):
    return {part.path: part.unopened for part in facts.parts}


@unar
async def test_what_only_a_program_opens_is_seen(pool, see, arc):
    facts = await see(await pool(), mail(("a.arc", arc("eicar.com", EICAR)), ("b.txt", b"text")))
    assert shown(facts) == {"": "", "1": "", "2": "", "1/unar:eicar.com": ""}
    assert [finding.part for finding in facts.findings if "eicar" in finding.name.lower()]
    assert not facts.failures


@seven_zip
async def test_a_disk_image_is_opened_by_7z(pool, see, wim):
    facts = await see(await pool(), mail(("a.wim", wim)))
    assert shown(facts) == {"": "", "1": "", "1/7z:a.txt": ""}


@unar
async def test_archives_in_archives_are_opened_for_so_many_rounds(pool, see, arc):
    inner = arc("c.arc", arc("d.txt", b"deep"))
    facts = await see(await pool(), mail(("a.arc", arc("b.arc", inner))))
    assert shown(facts) == {
        "": "",
        "1": "",
        "1/unar:b.arc": "",
        "1/unar:b.arc/unar:c.arc": "needs_program",
    }
    assert not facts.failures


async def test_without_a_program_the_part_says_which_would_open_it(pool, see, arc):
    missing = Program("unar", ("/nonexistent/unar",), "unar", (), b"")
    facts = await see(await pool(missing), mail(("a.arc", arc("a", b"x"))))
    assert shown(facts)["1"] == "needs_program"
    assert "Debian's package unar (unar) is not installed" in facts.parts[1].why


async def test_where_programs_are_not_wanted_they_are_not_run(pool, see, arc):
    facts = await see(await pool(use=()), mail(("a.arc", arc("a", b"x"))))
    assert shown(facts)["1"] == "needs_program"
    assert "programs.use leaves unar out" in facts.parts[1].why


@unar
async def test_a_broken_archive_is_unreadable(pool, see, arc):
    facts = await see(await pool(), mail(("a.arc", arc("a", b"x" * 500)[:200])))
    assert shown(facts)["1"] == "unreadable"
    assert facts.parts[1].why == "unar could not read all of it"


async def test_a_program_that_hangs_holds_up_no_other_message(pool, see, arc, tmp_path):
    path = tmp_path / "hangs"
    path.write_text('#!/bin/sh\n[ "$(cat /in/part)" = sample ] || sleep 98765\n')
    path.chmod(0o755)
    hangs = Program("unar", (str(path),), "unar", ("{folder}",), b"sample")
    workers = await pool(hangs, seconds=1.5)
    waiting = asyncio.create_task(see(workers, mail(("a.arc", arc("a", b"x")))))
    for _ in range(3):
        await see(workers, mail(("b.txt", b"text")))
    assert not waiting.done()
    facts = await waiting
    assert shown(facts)["1"] == "over_budget"
    assert facts.parts[1].why.startswith("unar took more than 1.")


async def test_what_a_worker_hands_out_unasked_is_a_lie(naughty_workers, see):
    facts = await see(await naughty_workers(), b"hand-out first")
    assert [one.detail for one in facts.failures] == [
        "a part is handed out that nobody asked for, in first on part 0"
    ]
