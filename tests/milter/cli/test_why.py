"""`pratique why ID`: found by any id, said in words or JSON, and clear where nothing is kept."""

import json
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pratique.milter.cli.main import main
from pratique.milter.cli.why import why
from pratique.milter.journal.entry import Entry, PolicyText
from pratique.milter.journal.journal import Journal
from pratique.milter.mail import Envelope, Forward
from pratique.milter.next_hop import Reply
from pratique.policies.verdict import Action, Verdict
from pratique.policies.written.beside import Beside, hash_of
from pratique.scanners.facts_pb2 import Facts

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOSTILE = "\x1b[2J\u202e[bold]x[/]\udcff\r\n"

NOT_KEPT = PolicyText("policy.toml", "ab" * 32, "")


@dataclass
class Journalled:
    keep_days: int = 30
    privacy: str = "plain"


@dataclass
class Decided:
    file: str = "default"


@dataclass
class Settings:
    state: Path
    journal: Journalled = field(default_factory=Journalled)
    policy: Decided = field(default_factory=Decided)


@dataclass
class Session:
    chosen: Settings

    def settings(self) -> Settings:
        return self.chosen


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """The journal as the service keeps it."""
    made = Journal(tmp_path / "journal", Journalled())  # type: ignore[arg-type]
    yield made
    made.close()


@pytest.fixture
def keep(journal: Journal) -> Callable[..., None]:
    """Keep one message, as the service would."""

    def one(
        queue_id: str,
        mta_id: str = "4gXyZ",
        later: int = 0,
        name: str = "a.exe",
        policy: PolicyText = NOT_KEPT,
    ) -> None:
        facts = Facts()
        # No facts hold what is no UTF-8; envelopes may.
        facts.mail.subject = name.replace("\udcff", "")
        facts.parts.add(id=0, parent=-1, kind="executable", name=facts.mail.subject)
        envelope = Envelope(
            queue_id,
            NOON + timedelta(seconds=later),
            name,
            recipients=(Forward("bob@example.net"),),
            door="smtp",
            mta_id=mta_id,
        )
        verdict = Verdict(Action.REJECT, "program", "no programs")
        refused = Reply(550, ("5.7.1 no",))
        journal.write(
            Entry(envelope, facts, (verdict,), "reject", "program", "refused", refused, 1, policy)
        )
        assert journal.flush()

    return one


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Result]:
    """Run the command."""

    def one(*arguments: str) -> Result:
        return CliRunner().invoke(why, list(arguments), obj=Session(Settings(tmp_path)))

    return one


@pytest.mark.parametrize("wanted", ["06G8", "4gXyZ", " 06G8 "])
def test_a_message_is_found_while_the_service_writes(keep, run, wanted):
    keep("06G8")
    ran = run(wanted)
    assert ran.exit_code == 0
    for words in ("06G8  2026-11-22 12:00:00 UTC", "550 5.7.1 no", "no programs", "a.exe"):
        assert words in ran.stdout


def test_for_programs_each_message_is_one_line_of_json_newest_first(keep, run):
    keep("06G8"), keep("06G9", later=1)
    lines = [json.loads(line) for line in run("--json", "4gXyZ").stdout.splitlines()]
    assert [line["queue_id"] for line in lines] == ["06G9", "06G8"]
    assert lines[0]["action"] == "reject"


@pytest.mark.slow
def test_of_many_the_newest_ten_are_shown_and_the_rest_counted(keep, run):
    for number in range(12):
        keep(f"Q{number}", later=number)
    ran = run("4gXyZ")
    assert (ran.stdout.count("was refused"), "Q11 " in ran.stdout) == (10, True)
    assert "Q1 " not in ran.stdout
    assert ran.stderr.startswith("2 older messages")


def test_where_nothing_is_kept_of_it_it_says_where_was_looked(keep, run, tmp_path):
    keep("06G8")
    today = datetime.now(UTC).date().isoformat()
    ran = run("nothing\x1b[2J")
    assert (ran.exit_code, ran.stdout) == (1, "")
    for words in ("nothing\\x1b[2J", str(tmp_path / "journal"), today, "30 days"):
        assert words in ran.stderr


def test_where_there_is_no_journal_it_says_so_and_makes_none(run, tmp_path):
    ran = run("06G8")
    assert (ran.exit_code, "there is no journal in" in ran.stderr) == (1, True)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_day_is_named_and_the_others_are_read(keep, run, tmp_path):
    keep("06G8")
    (tmp_path / "journal/2026-10-30.sqlite3").write_bytes(b"no database" * 500)
    ran = run("06G8")
    assert (ran.exit_code, "was refused" in ran.stdout) == (0, True)
    assert ran.stderr.startswith("could not be read: 2026-10-30.sqlite3: ")


@pytest.mark.parametrize("options", [(), ("--json",)])
@pytest.mark.parametrize(
    "damage",
    [
        (b'"outcome":"refused"', b'"outcome":[7]'),
        (b'"action":"reject","rule":"program","outcome"', b'"action":"x","rule":"r","outcome"'),
        (b'"verdicts":[{', b'"verdicts":[[{'),
        (b'["bob@example.net",0]', b'["bob@example.net",0],["carl@example.net",-1]'),
        (b"{", b"[" * 100_000),
        (b'"milliseconds":1', b'"milliseconds":NaN'),
    ],
)
def test_a_damaged_record_is_named_and_the_others_are_shown(keep, run, tmp_path, options, damage):
    was, becomes = damage
    keep("06G8"), keep("06G9", later=1)
    (day,) = (tmp_path / "journal").glob("*.sqlite3")
    with closing(sqlite3.connect(day, isolation_level=None)) as connection:
        (record,) = connection.execute("SELECT record FROM message WHERE number = 1").fetchone()
        octets = zlib.decompress(record)
        assert was in octets
        damaged = zlib.compress(octets.replace(was, becomes, 1))
        connection.execute("UPDATE message SET record = ? WHERE number = 1", (damaged,))
    ran = run(*options, "4gXyZ")
    assert (ran.exit_code, "06G9" in ran.stdout, "06G8" in ran.stdout) == (0, True, False)
    assert ran.stderr.startswith(f"could not be read: {day.name}, record 1: ")


def test_a_folder_that_cannot_be_read_ends_the_command(run, tmp_path):
    (tmp_path / "journal").write_bytes(b"")
    ran = run("06G8")
    assert (ran.exit_code, "Not a directory" in ran.stderr) == (2, True)


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_strangers_text_moves_no_terminal(keep, run, options):
    keep("06G8", name=HOSTILE)
    ran = run(*options, "06G8")
    assert ran.exit_code == 0
    assert all(line.isprintable() for line in ran.output.splitlines())
    assert "[bold]x[/]" in ran.output


def test_it_is_a_command_of_pratique_and_reads_the_real_settings(keep, tmp_path):
    keep("06G8")
    config = tmp_path / "pratique.toml"
    config.write_text(f'state = "{tmp_path}"\n')
    ran = CliRunner().invoke(main, ["--config", str(config), "why", "06G8"])
    assert (ran.exit_code, "was refused" in ran.stdout) == (0, True)


POLICY = """
[[rule]]
name = "greeting"
when = 'mail.subject.contains("hello")'
actions = ["accept"]

[[rule]]
name = "program"
when = 'mail.size == 0 && any_kind(["executable"])'
actions = ["reject"]
reason = "no programs"

[[rule]]
name = "last"
actions = ["accept"]
"""
BY_POLICY = PolicyText("policy.toml", hash_of(POLICY, Beside()), POLICY)


def test_the_policy_that_decided_proves_it(keep, run):
    keep("06G8", policy=BY_POLICY)
    shown = run("06G8").stdout
    assert "rule `program`  (policy.toml, line 7)" in shown
    assert "one rule before it did not hold; --all says why" in shown
    assert "it would be accepted if" in shown
    assert "greeting:" not in shown


def test_all_says_why_the_rules_before_did_not_hold(keep, run):
    keep("06G8", policy=BY_POLICY)
    shown = run("--all", "06G8").stdout
    assert 'greeting: mail.subject.contains("hello")' in shown


def test_another_policy_says_what_it_would_have_done(keep, run, tmp_path):
    keep("06G8", policy=BY_POLICY)
    other = tmp_path / "other.toml"
    other.write_text(POLICY.replace('["reject"]', '["quarantine"]'))
    line = json.loads(run("--json", "--policy", str(other), "06G8").stdout)
    assert (line["action"], line["why"]["verdicts"][0]["action"]) == ("reject", "quarantine")
    assert "held: no programs" in run("--policy", str(other), "06G8").stdout


@pytest.mark.parametrize("policy", ["nothing", POLICY.replace("mail.size", "mail.sise")])
def test_another_policy_that_cannot_be_had_ends_it(keep, run, tmp_path, policy):
    keep("06G8", policy=BY_POLICY)
    (tmp_path / "bad.toml").write_text(policy)
    for name in ("bad.toml", "missing.toml"):
        ran = run("--policy", str(tmp_path / name), "06G8")
        assert (ran.exit_code, ran.stdout, name in ran.stderr) == (2, "", True)


def test_what_rests_on_hashes_is_not_explained(tmp_path, run):
    with closing(Journal(tmp_path / "journal", Journalled(privacy="hashed"))) as journal:  # type: ignore[arg-type]
        facts = Facts(mail={"subject": "hello", "size": 9})
        envelope = Envelope("06G8", NOON, "a@b.example", recipients=(Forward("b@b.example"),))
        verdict, reply = Verdict(Action.ACCEPT, "greeting", ""), Reply(250, ("ok",))
        told = (facts, (verdict,), "accept", "greeting", "delivered", reply, 1, BY_POLICY)
        journal.write(Entry(envelope, *told))
        assert journal.flush()
    shown = " ".join(run("--all", "06G8").stdout.split())
    assert "decided again, by the same policy" in shown
    assert "cannot be explained: kept as hashes: mail.subject" in shown
    (piece,) = json.loads(run("--json", "06G8").stdout)["why"]["hashed"].items()
    assert piece == ('mail.subject.contains("hello")', ["mail.subject"])
