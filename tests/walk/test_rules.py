"""Rules that are new come with a reload; what is wrong with them leaves the old ones in force."""

import asyncio
import os
import random
import re
import signal
import smtplib
import subprocess
import sys
from pathlib import Path

import pytest

from pratique.milter.wall.workers import Workers, WorkerSettings, own_nursery
from pratique.scanners.wall_pb2 import Setup

pytestmark = [pytest.mark.real("kernel confinement"), pytest.mark.slow]

OLD = 'rule old { strings: $a = "evil" condition: $a }'
HARMLESS = b"Subject: x\r\n\r\nhello\r\n"


def xored(count):
    """Strings that YARA compiles slowly, the more there are."""
    return " ".join(f'$a{number} = "abcdefg{number}" xor' for number in range(count))


@pytest.fixture
def house(service, tmp_path):
    """A service with a rule of an admin's own; and that rule's file."""
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "own.yar").write_text(OLD)
    service.configure(rest=f'[yara]\nfolders = ["{folder}"]')
    service.start()
    return service, folder / "own.yar"


@pytest.fixture
def finds(until):
    """Whether a service holds a mail with such a word."""

    def held(service, word):
        count = len(service.messages())
        with smtplib.SMTP("127.0.0.1", service.port) as client:
            octets = b"Subject: x\r\n\r\n" + word + b"\r\n"
            client.sendmail("ann@example.org", ["bob@example.org"], octets)
        until(lambda: len(service.messages()) > count, "line of the log")
        return service.messages()[-1]["action"] == "quarantine"

    return held


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("rule new {\n condition: nonsense }", r"own\.yar:2: undefined identifier"),
        ('include "/etc/passwd"', r"own\.yar:1: includes are disabled"),
        (
            '\nrule new { meta: severity = "malicious" condition: true }',
            r"own\.yar:2: new: matches harmless mail \(malicious\): an empty part, ",
        ),
        (
            "rule new { condition: for all i in (0..1000000000000) : (i != -1) }",
            r"own\.yar: a scan of an empty part goes wrong: it is not finished",
        ),
    ],
    ids=["broken", "include", "harmless", "endless"],
)
def test_a_reload_with_rules_that_are_wrong_keeps_the_old_ones_and_says_where(
    house, finds, source, words
):
    service, file = house
    file.write_text(source)
    service.run("reload", status=1)
    assert re.search(words, service.log())
    assert finds(service, b"evil")
    assert not finds(service, b"nonsense")

    file.write_text(OLD.replace("evil", "worse"))
    service.run("reload")
    assert not finds(service, b"evil")
    assert finds(service, b"worse")


@pytest.mark.parametrize("guilty", ["nursery", "compiler"])
def test_what_dies_of_its_rules_leaves_the_old_nursery_and_the_mail_goes_on(
    house, finds, until, guilty
):
    service, file = house
    (old,) = service.pids()["nursery"]
    # YARA takes seconds for these.
    file.write_text(f"rule slow_to_compile {{ strings: {xored(200)} condition: any of them }}")
    reload = subprocess.Popen(
        [sys.executable, "-m", "pratique", "--config", service.config, "reload"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )

    found = []

    def of_the_new_one():
        fresh = [pid for pid in service.pids()["nursery"] if pid != old]
        found[:] = [(pid, child) for pid in fresh for child in compilers_of(pid)]
        return found

    until(of_the_new_one, "compiler of the new nursery", 30)
    nursery, compiler = found[0]
    # It stands still, for the mail in the meantime.
    os.kill(compiler, signal.SIGSTOP)
    assert finds(service, b"evil")
    os.kill(nursery if guilty == "nursery" else compiler, signal.SIGSEGV)
    os.kill(compiler, signal.SIGCONT)
    said, _ = reload.communicate(timeout=120)
    assert reload.returncode == 1
    assert "not reloaded, all stays as it was" in said
    assert ("own.yar: " in said or "YARA died of it" in said) is (guilty == "compiler")
    assert service.pids()["nursery"] == [old]
    assert finds(service, b"evil")


def compilers_of(pid):
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        lines = {int(one): Path(f"/proc/{one}/cmdline").read_bytes() for one in children}
    except FileNotFoundError:
        return []
    return [child for child, line in lines.items() if b"yara_rules.compiling" in line]


async def test_compiled_rules_are_kept_in_the_state_and_used(tmp_path, see):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/own.yar").write_text(OLD)
    setup = Setup(rule_folders=[str(tmp_path / "rules")], rule_cache=str(tmp_path / "cache"))
    times = []
    for _ in range(2):
        pool = Workers(own_nursery(setup), WorkerSettings(count=1, seconds=20.0))
        await pool.start()
        facts = await see(pool, b"Subject: x\r\n\r\nevil\r\n")
        await pool.close()
        assert {finding.name for finding in facts.findings} == {"old"}
        files = sorted((tmp_path / "cache").iterdir())
        times.append([(file.name, file.stat().st_ino) for file in files])
    assert times[0] == times[1] != []
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def generated(count):
    """So many rules as they are written for files of one family each."""
    chance = random.Random(1)

    def rule(number):
        word = "".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=12))
        octets = chance.randbytes(16).hex(" ")
        strings = f'$a = "{word}" ascii wide $b = {{ {octets} }} $c = /{word[:5]}[0-9]{{2,8}}/'
        return f"rule generated_{number} {{ strings: {strings} condition: 2 of them }}"

    return "\n".join(map(rule, range(count)))


def memory(pid, kind):
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(rf"^{kind}: +(\d+) kB", text, re.MULTILINE)[1])


async def test_five_thousand_rules_cost_a_worker_no_memory_of_its_own(tmp_path, see):
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "own.yar").write_text(f"{OLD}\n{generated(5000)}")
    own, found = [], []
    for folders in ([], [str(folder)]):
        pool = Workers(own_nursery(Setup(rule_folders=folders)), WorkerSettings(3, 20.0))
        await pool.start()
        mails = [HARMLESS + b"evil" + os.urandom(100_000) for _ in range(6)]
        seen = await asyncio.gather(*(see(pool, mail) for mail in mails))
        found.append([{finding.name for finding in facts.findings} for facts in seen])
        own.append(max(memory(worker.pid, "Private_Dirty") for worker in pool._alive))
        await pool.close()
    assert found == [[set()] * 6, [{"old"}] * 6]
    # They are those of the nursery, 15 MB: what YARA notes in a scan it notes elsewhere.
    assert own[1] - own[0] < 4_000
