"""A scanner of somebody else's that misbehaves in real workers: who is blamed, what is kept."""

import re
import shutil
import smtplib
from pathlib import Path

import pytest

from pratique.milter.wall.faults import NurseryLost, NurseryUnfit
from pratique.milter.wall.workers import Workers, WorkerSettings, own_nursery
from pratique.scanners.wall_pb2 import OwnScanner, Setup

pytestmark = [pytest.mark.real("kernel confinement"), pytest.mark.slow]

HERE = Path(__file__).parent
MISBEHAVES = HERE / "misbehaves.py"
OVERDUE = HERE.parent.parent / "examples/overdue.py"
SETUP = Setup(own_scanners=[OwnScanner(path=str(MISBEHAVES)), OwnScanner(path=str(OVERDUE))])


@pytest.fixture
async def workers():
    """Real workers with both scanners; give settings, get a pool."""
    pools = []

    async def start(seconds=20.0):
        pool = Workers(own_nursery(SETUP), WorkerSettings(count=1, seconds=seconds))
        await pool.start()
        pools.append(pool)
        return pool

    yield start
    for pool in pools:
        await pool.close()


def mail(*texts):
    """A message with these texts, and one at the end that another scanner speaks of."""
    parts = "".join(
        f"--b\r\nContent-Type: text/plain\r\n\r\n{text}\r\n"
        for text in (*texts, "your payment is overdue")
    )
    return f'Content-Type: multipart/mixed; boundary="b"\r\n\r\n{parts}--b--\r\n'.encode()


def said(facts, scanner):
    return [(found.name, found.part) for found in facts.findings if found.scanner == scanner]


def failures(facts):
    return [(one.class_, one.part, one.detail) for one in facts.failures]


async def test_what_they_find_says_which_scanner_which_version_which_part(workers, see):
    pool = await workers()
    assert pool.scanners[:2] == ("filetype", "disguise")
    assert {"misbehaves", "overdue"} < set(pool.scanners)
    facts = await see(pool, mail("do well"))
    assert said(facts, "misbehaves") == [("Said", 1), ("Done", 1)]
    assert said(facts, "overdue") == [("Overdue.Pressure", 2)]
    assert all(re.fullmatch("[0-9a-f]{12}", found.engine_version) for found in facts.findings)
    assert failures(facts) == []

    facts = await see(pool, mail("x" * 76 + "\r\n" + ("y" * 76 + "\r\n") * 30_000))
    assert [(one.class_, one.part, one.detail) for one in facts.limits] == [
        ("part_octets", 1, "misbehaves: more than 2097152 octets"),
        ("part_octets", 1, "overdue: more than 1000000 octets"),
    ]
    assert said(facts, "overdue") == [("Overdue.Pressure", 2)]


ERRORS = {
    "raise": "misbehaves: KeyError: ",
    "recurse": "misbehaves: RecursionError: ",
    "nonsense": "misbehaves: Nonsense: no finding, but 'nonsense'",
    "eat": "misbehaves: Nonsense: it wants more memory than a worker may have",
    "end": "misbehaves: Nonsense: it wants to end the program",
    "open": "misbehaves: PermissionError: ",
    "import": "misbehaves: ",
    "thread": "misbehaves: RuntimeError: can't start new thread",
}


async def test_an_error_is_told_with_its_name_and_all_else_goes_on(workers, see):
    pool = await workers()
    (worker,) = pool._alive
    for deed, words in ERRORS.items():
        facts = await see(pool, mail(f"do {deed}", "do well"))

        ((class_, part, detail),) = failures(facts)
        assert (class_, part) == ("scanner", 1), deed
        assert detail.startswith(words), deed
        assert said(facts, "misbehaves") == [("Said", 1), ("Said", 2), ("Done", 2)], deed
        assert said(facts, "overdue") == [("Overdue.Pressure", 3)], deed
    # They cost no worker.
    assert pool._alive == {worker}


ENDS = {
    "die": ("worker", 2, "the worker died, in misbehaves on part 2"),
    "crash": ("worker", 2, "the worker died, in misbehaves on part 2"),
    "exec": ("worker", 2, "the worker died, in misbehaves on part 2"),
    "hang": ("deadline", 2, "no answer within 2 s, in misbehaves on part 2"),
}


async def test_what_ends_a_worker_is_left_out_and_what_it_found_is_kept(workers, see):
    pool = await workers(seconds=2.0)
    for deed, told in ENDS.items():
        facts = await see(pool, mail("do well", f"do {deed}"))

        left_out = ("scanner", -1, "misbehaves: left out, it ended a worker")
        assert set(failures(facts)) == {told, left_out}, deed
        assert said(facts, "misbehaves") == [("Said", 1), ("Done", 1), ("Said", 2)], deed
        assert said(facts, "overdue") == [("Overdue.Pressure", 3)], deed
        assert len(facts.parts) == 4, deed


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import no_such_thing\n", r"p\.toml:1:1: scanner file .*own\.py:1: it does not import"),
        ("class Own:\n    name = 'own'\n", r"own\.py: no scanner is in it"),
        (
            "class Own:\n    name = 'own'\n    def scan(self, part):\n        part.nonsense\n",
            r"a rehearsal went wrong: own: AttributeError: ",
        ),
    ],
)
async def test_a_broken_one_stops_the_start_and_is_named(tmp_path, source, words):
    (tmp_path / "own.py").write_text(source)
    own = OwnScanner(path=str(tmp_path / "own.py"), places={"": "p.toml:1:1"})
    pool = Workers(own_nursery(Setup(own_scanners=[own])))
    with pytest.raises(NurseryUnfit, match=words):
        await pool.start()
    await pool.close()


async def test_one_that_crashes_the_nursery_is_told_on_its_standard_error(tmp_path, capfd):
    (tmp_path / "own.py").write_text("import ctypes\nctypes.string_at(0)\n")
    own = OwnScanner(path=str(tmp_path / "own.py"))
    pool = Workers(own_nursery(Setup(own_scanners=[own])))
    with pytest.raises(NurseryLost):
        await pool.start()
    await pool.close()
    assert re.search(r'own\.py", line 2 in <module>', capfd.readouterr().err)


# The whole service.


@pytest.fixture
def house(service, tmp_path):
    """A service whose one scanner of its own lies in a file that a test may change."""
    file = tmp_path / "own.py"
    shutil.copy(MISBEHAVES, file)
    service.configure(rest=f'[[scanner]]\npath = "{file}"\n[workers]\nseconds = 2\n')
    service.start()
    return service, file


@pytest.fixture
def send(until):
    """Have a service take a message, and give what became of it."""

    def one(service, octets):
        count = len(service.messages())
        with smtplib.SMTP("127.0.0.1", service.port) as client:
            client.sendmail("ann@example.org", ["bob@example.org"], octets)
        until(lambda: len(service.messages()) > count, "line of the log")
        return service.messages()[-1]

    return one


def test_no_message_is_lost_by_one_that_fails(house, send):
    service, _ = house
    for count, deed in enumerate(("hang", "die", "raise", "eat"), 1):
        became = send(service, f"Subject: x\r\n\r\ndo {deed}\r\n".encode())
        assert became["action"] == "quarantine", deed
        assert len(service.held()) == count
        # The next message is seen again with it, and is none the worse.
        assert send(service, b"Subject: x\r\n\r\ndo well\r\n")["action"] == "accept"
    for held in service.held():
        assert "misbehaves" in service.run("quarantine", "show", "--json", str(held["id"]))


def test_a_reload_with_a_broken_one_keeps_what_was_and_takes_the_mended_one(house, send):
    service, file = house
    file.write_text("class Own:\n    def scan(self part): ...\n")
    service.run("reload", status=1)

    assert re.search(r"own\.py:2: it does not import: SyntaxError", service.log())
    became = send(service, b"Subject: x\r\n\r\ndo raise\r\n")
    assert became["action"] == "quarantine"

    file.write_text(
        "from pratique.scanners.v1 import Finding\n"
        "class Own:\n    name = 'own'\n    def scan(self, part):\n"
        "        if b'now' in part.octets: yield Finding('Now')\n"
    )
    service.run("reload")
    assert send(service, b"Subject: x\r\n\r\nnow\r\n")["action"] == "quarantine"
    assert send(service, b"Subject: x\r\n\r\ndo die\r\n")["action"] == "accept"
