"""A policy's tests run in another process, for a limited time, and what they say is told."""

import json
import os
import sys
from pathlib import Path

import pytest

from pratique.milter.policy_file import PolicyFile
from pratique.milter.supervisor.trial import MOST_TOLD, TestsNotMet, Trial

FOUND = PolicyFile("mine.toml", "# the text\n", Path("/etc/pratique"))


def trial(program, seconds=30.0):
    return Trial((sys.executable, "-I", "-c", program), seconds)


def says(**said):
    answer = {"tests": 3, "unmet": [], "cannot": ""} | said
    return f"import sys; sys.stdin.read(); print({json.dumps(answer)!r})"


async def test_tests_that_are_met_are_counted():
    assert await trial(says()).run(FOUND) == 3


async def test_the_process_is_handed_the_policy_as_it_was_read():
    program = (
        "import sys, json; (one,) = json.load(sys.stdin)\n"
        "assert one['text'] == '# the text\\n' and one['folder'] == '/etc/pratique', one\n" + says()
    )
    assert await trial(program).run(FOUND) == 3


@pytest.mark.parametrize(
    ("count", "lines"), [(1, 2), (MOST_TOLD, MOST_TOLD + 1), (MOST_TOLD + 1, MOST_TOLD + 2)]
)
async def test_tests_that_are_not_met_are_named_up_to_a_number(count, lines):
    unmet = [f"mine.toml:{number}: x" for number in range(count)]
    with pytest.raises(TestsNotMet) as told:
        await trial(says(tests=30, unmet=unmet)).run(FOUND)
    said = str(told.value).splitlines()
    assert said[:2] == [f"mine.toml: {count} of 30 tests are not met:", unmet[0]]
    assert len(said) == lines
    assert (said[-1] == "and 1 more") is (count > MOST_TOLD)


@pytest.mark.parametrize(
    ("program", "words"),
    [
        (says(cannot="no message 'x.eml'"), "its tests cannot be run: no message 'x.eml'"),
        ("import os; os._exit(3)", "ended with status 3 and no answer"),
        ("import os; os.kill(os.getpid(), 9)", "ended with status -9 and no answer"),
        ("print('{}')", "no answer"),
        ("print('nonsense')", "no answer"),
        ("print('[]')", "no answer"),
        ("while True: print('x' * 65536)", "says more than 4194304 octets"),
    ],
)
async def test_tests_that_cannot_be_run_are_not_met(program, words):
    with pytest.raises(TestsNotMet, match=words):
        await trial(program).run(FOUND)


async def test_tests_that_take_too_long_end_with_all_that_they_have_started(tmp_path, until):
    # Its child holds the pipe's end as well: only the whole group's end ends it.
    begun = tmp_path / "begun"
    program = (
        "import os, time\nos.fork()\n"
        f"open({str(begun)!r}, 'a').write(f'{{os.getpid()}}\\n')\ntime.sleep(600)"
    )
    with pytest.raises(TestsNotMet, match="take longer than 2 s, and were broken off"):
        await trial(program, 2.0).run(FOUND)
    until(lambda: all(gone(int(pid)) for pid in begun.read_text().split()), "their end")
    assert len(begun.read_text().split()) == 2


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    # One that nobody waited for yet is a zombie.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
