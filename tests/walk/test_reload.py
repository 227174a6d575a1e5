"""What a service does before a policy is in force, and what is known of it afterwards."""

import collections
import concurrent.futures
import contextlib
import json
import os
import smtplib
import subprocess
import sys
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pratique.milter.journal.reading import entries_of, find
from pratique.milter.policy_file import find as policy_file
from pratique.milter.stores.day_folder import DayFolder
from pratique.milter.stores.days import files_in, with_ending
from pratique.milter.supervisor.supervisor import Supervisor
from pratique.milter.versions import Versions
from pratique.policies.written.beside import hash_of

pytestmark = [pytest.mark.real("kernel confinement"), pytest.mark.slow]

PRATIQUE = str(Path(sys.executable).with_name("pratique"))
DEFAULT = policy_file("default").text

PLAIN = b"From: <a@example.org>\r\nSubject: hello\r\n\r\nhello\r\n"
HOLD = """
[[rule]]
name    = "hold all"
when    = "mail.size > 0"
actions = ["quarantine"]
reason  = "a test"
  [[rule.test]]
  message = "plain.eml"
  expect  = "quarantine"
"""
# Its own tests only: those of what it includes come out otherwise.
OPEN = 'include = "default"\n'
HOLDING = OPEN + HOLD


def send(port, content=PLAIN):
    with contextlib.closing(smtplib.SMTP("127.0.0.1", port, timeout=60)) as client:
        client.ehlo("client.example")
        client.mail("a@example.org")
        client.rcpt("b@example.net")
        return client.data(content)[0]


def digest(file):
    found = policy_file(str(file))
    return hash_of(found.text, found.beside)


def trial_of(pid):
    """The process that runs tests for the supervisor, if there is one."""
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        with contextlib.suppress(OSError):
            if b"trial_process" in Path(f"/proc/{child}/cmdline").read_bytes():
                return int(child)
    return None


@pytest.fixture
def mine(service, tmp_path):
    """A policy of the service's own, in a file beside the message of its test."""
    (tmp_path / "plain.eml").write_bytes(PLAIN)
    file = tmp_path / "mine.toml"
    file.write_text(HOLDING)
    service.configure(rest=f'[policy]\nfile = "{file}"')
    return file


def test_a_policy_is_tested_once_kept_and_known_by_its_hash(service, mine):
    service.start()
    assert "1 tests, all met" in service.log()
    assert send(service.port) == 250
    first = digest(mine)
    assert service.messages()[-1]["policy"] == first[:12]
    mine.write_text("# A comment makes another version.\n" + HOLDING)
    assert first[:12] not in service.run("reload")
    assert service.log().count("1 tests, all met") == 2
    # Going back needs no tests: they may have lost their messages by then.
    mine.with_name("plain.eml").unlink()
    mine.write_text(HOLDING)
    assert first[:12] in service.run("reload")
    lines = [json.loads(line) for line in service.run("policy", "history", "--json").splitlines()]
    assert [line["hash"] for line in lines] == [first, lines[1]["hash"], first]
    assert [line["why"] for line in lines] == ["start", "reload", "reload"]
    assert [line["in_force"] for line in lines] == [False, False, True]
    assert service.run("policy", "show", first[:8]) == HOLDING
    assert service.run("policy", "show", first[:8], "--beside", "default") == DEFAULT


def test_a_reload_whose_tests_fail_is_refused_and_says_which(service, mine):
    service.start()
    before = digest(mine)
    mine.write_text(HOLDING.replace('expect  = "quarantine"', 'expect  = "reject"'))
    done = subprocess.run(
        [PRATIQUE, "--config", service.config, "reload"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert f"{mine}: 1 of 1 tests are not met:" in done.stderr
    assert "`hold all`: expected reject" in done.stderr
    assert "not reloaded, all stays as it was" in service.log()
    mine.with_name("plain.eml").unlink()
    service.run("reload", status=1)
    assert "its tests cannot be run: " in service.log()
    assert send(service.port) == 250
    assert service.messages()[-1]["policy"] == before[:12]
    assert [one.hash for one in Versions(service.state / "policies").history()] == [before]


def test_a_reload_is_given_up_when_the_service_ends_and_whoever_asked_hears_so(
    service, mine, until
):
    service.start()
    before = digest(mine)
    # Each test takes a worker some milliseconds; together they would take half a minute.
    mine.write_text(HOLDING + HOLD.partition('reason  = "a test"\n')[2] * 5000)
    command = [PRATIQUE, "--config", service.config, "reload"]
    asking = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    until(lambda: trial_of(service.running.pid), "the process that runs the tests")
    assert service.stop() == 0
    _, said = asking.communicate(timeout=20)
    assert (asking.returncode, "the service ends" in said) == (1, True)
    assert "reloaded: policy" not in service.log()
    assert [one.hash for one in Versions(service.state / "policies").history()] == [before]


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (HOLDING.replace('expect  = "quarantine"', 'expect  = "reject"'), "expected reject"),
        ('include = "more.toml"\n' + HOLD + DEFAULT, "more.toml:2:"),
    ],
)
def test_a_service_does_not_start_with_a_policy_that_is_wrong(service, mine, policy, words):
    mine.write_text(policy)
    mine.with_name("more.toml").write_text('[[rule]]\nnam = "x"\n')
    ended = subprocess.run(
        [PRATIQUE, "--config", service.config, "serve"],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ended.returncode == 2
    assert words in ended.stderr


def test_a_policy_in_the_shadow_is_asked_kept_and_changes_nothing(service, mine, free_port, until):
    port = free_port()
    health = f'[health]\naddress = "127.0.0.1:{port}"\n'
    service.configure(rest=f'{health}[policy]\nshadow = "{mine}"')
    service.start()
    assert send(service.port) == 250
    assert (len(service.delivered()), len(service.held())) == (1, 0)
    folder = service.state / "journal"
    first = str(service.messages()[0]["queue_id"])
    until(lambda: folder.exists() and find(folder, first).entries, "entry")
    (kept,) = find(folder, first).entries
    assert kept.entry.action == "accept"
    assert kept.entry.shadowed.policy == digest(mine)
    assert [one.action for one in kept.entry.shadowed.verdicts] == ["quarantine"]

    def counted():
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as said:
            return said.read().decode()

    until(lambda: 'pratique_shadow_policy_total{result="other"} 1.0' in counted(), "count")
    table = service.run("policy", "history")
    assert f"in the shadow: {mine}" in table
    assert service.run("policy", "show", digest(mine)) == HOLDING
    # One with errors is refused, and all stays as it was.
    mine.write_text("[[rule]]\nname = 1\n")
    service.run("reload", status=1)
    assert "mine.toml:2:" in service.log()
    service.configure(rest=health)
    service.run("reload")
    assert send(service.port) == 250
    second = str(service.messages()[1]["queue_id"])
    until(lambda: find(folder, second).entries, "entry")
    (kept,) = find(folder, second).entries
    assert kept.entry.shadowed is None


def test_while_mail_flows_each_message_is_decided_by_one_policy_and_none_is_lost(
    service, mine, until
):
    mine.write_text(OPEN)
    service.start()
    plain = digest(mine)
    mine.write_text(HOLDING)
    holding = digest(mine)
    count = 60
    with concurrent.futures.ThreadPoolExecutor(3) as threads:
        sending = [threads.submit(send, service.port) for _ in range(count)]
        for text in (HOLDING, OPEN, HOLDING):
            mine.write_text(text)
            service.run("reload")
        assert [one.result() for one in sending] == [250] * count
    sent = [(line["policy"], line["action"]) for line in service.messages()]
    assert len(sent) == count
    assert set(sent) <= {(plain[:12], "accept"), (holding[:12], "quarantine")}
    tally = collections.Counter(action for _, action in sent)
    assert len(service.delivered()) == tally["accept"]
    assert len(service.held()) == tally["quarantine"]
    files = sorted((service.state / "journal").glob("*.sqlite3"))

    def entries():
        return [kept for file in files for kept in entries_of(file)]

    until(lambda: len(entries()) == count, "entries")
    for kept in entries():
        assert (kept.entry.policy.hash, str(kept.entry.action)) in {
            (plain, "accept"),
            (holding, "quarantine"),
        }


def test_what_cannot_be_written_down_stops_no_mail(service, mine):
    service.state.mkdir()
    (service.state / "policies").write_text("a file is in the way")
    service.start()
    assert send(service.port) == 250
    assert "policy: not written down in" in service.log()
    service.run("policy", "show", "abc", status=2)


# With 30 parts the innermost is asked 27,000 times, and CEL ends at 10,000.
RUNS_AWAY = """
[[rule]]
name    = "runs away"
when    = 'parts.exists(a, parts.exists(b, parts.exists(c, a.size + b.size + c.size == -1)))'
actions = ["reject"]
reason  = "a test"
  [[rule.test]]
  facts.parts = [{ kind = "text" }]
  expect = "accept"
"""


def test_a_condition_that_runs_away_holds_the_message_and_says_so(service, mine, until):
    mine.write_text(OPEN + RUNS_AWAY)
    service.start()
    assert send(service.port) == 250
    part = b"--x\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
    many = (
        b"From: <a@example.org>\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + part * 30 + b"--x--\r\n"
    )
    assert send(service.port, many) == 250
    plain, large = service.messages()
    assert (plain["action"], large["action"], large["rule"]) == (
        "accept",
        "quarantine",
        "runs away",
    )
    assert len(service.held()) == 1
    folder, name = service.state / "journal", str(large["queue_id"])
    until(lambda: folder.exists() and find(folder, name).entries, "entry")
    (kept,) = find(folder, name).entries
    (verdict,) = kept.entry.verdicts
    assert "could not be evaluated" in verdict.reason
    assert verdict.failures[0].startswith("rule 'runs away': ")


def test_a_damaged_journal_is_kept_aside_and_a_new_one_is_begun(service, until):
    service.start()
    assert send(service.port) == 250
    folder = service.state / "journal"
    first = str(service.messages()[0]["queue_id"])
    until(lambda: folder.exists() and find(folder, first).entries, "entry")
    (file,) = folder.glob("*.sqlite3")
    # While nobody has it open, and its log with it: from that a first page would come back.
    with DayFolder(folder, lambda: datetime.now(UTC), patience=20).alone():
        with_ending(file, "-wal").unlink(missing_ok=True)
        with file.open("r+b") as damaged:
            damaged.write(os.urandom(4096))
    assert send(service.port) == 250
    second = str(service.messages()[1]["queue_id"])
    until(lambda: find(folder, second).entries, "entry in a new file")
    # The entry is there first: it is told once it has been written.
    until(lambda: "is damaged: it is kept as" in service.log(), "word of it in the log")
    assert [one.is_set_aside for one in files_in(folder)].count(True) == 1


async def test_a_reload_that_fails_by_an_error_of_ours_is_answered_too(caplog):
    def load():
        raise ZeroDivisionError

    said = await Supervisor(load)._obey("reload")
    assert (said.done, said.lines) == (False, ("not reloaded, by an error of ours: see the log",))
    assert "not reloaded, by an error of ours" in caplog.messages
