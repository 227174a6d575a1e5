"""`pratique policy replay|diff|agreement`: groups, JSON, exit status, and what cannot run."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from importlib import resources
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pratique.milter.cli.policy import policy
from pratique.milter.config import Settings
from pratique.milter.journal.day_file import DayFiles
from pratique.milter.journal.entry import Entry, PolicyText, Shadowed
from pratique.milter.journal.record import encode
from pratique.milter.mail import Envelope, Forward
from pratique.milter.next_hop import Reply
from pratique.milter.policy_file import PolicyFile
from pratique.milter.stores.day_folder import DayFolder
from pratique.milter.versions import Versions
from pratique.policies.verdict import Action, Shadow, Verdict
from pratique.scanners.facts_pb2 import Facts

OLD = "[[rule]]\nname = 'rest'\nactions = ['accept']\n"
NEW = (
    "[[rule]]\nname = 'greeting'\nwhen = 'mail.subject.contains(\"hello\")'\n"
    f"actions = ['quarantine']\nreason = 'too friendly'\n{OLD}"
)
HOSTILE = "hello \x1b[2J\u202e[bold]x[/]"
REST = Verdict(Action.ACCEPT, "rest", "")


@dataclass
class Session:
    state: Path

    def settings(self) -> Settings:
        return Settings(state=self.state)


@dataclass
class House:
    """A journal of two days, two policies in files, and a command line."""

    state: Path

    def write(self, day: int, *entries: Entry, privacy: str = "plain") -> None:
        files = DayFiles(DayFolder(self.state / "journal", lambda: datetime.now(UTC)))
        files.write(date(2026, 11, day), [encode(one, privacy) for one in entries])

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(policy, arguments, obj=Session(self.state))

    def path(self, text: str, name: str) -> str:
        path = self.state / name
        path.write_text(text)
        return str(path)


@pytest.fixture
def message() -> Callable[..., Entry]:
    """A message of a day, as the journal keeps it."""

    def one(number: int, subject: str, day: int = 20, verdict: Verdict = REST) -> Entry:
        known = Facts()
        known.mail.subject, known.envelope.reverse_path = subject, "ann@a.example"
        known.parts.add(id=0, parent=-1, kind="message")
        return Entry(
            envelope=Envelope(
                f"Q{number}",
                datetime(2026, 11, day, 12, number, tzinfo=UTC),
                "ann@a.example",
                recipients=(Forward("bob@our.example"),),
            ),
            facts=known,
            verdicts=(verdict,),
            action=str(verdict.action),
            rule=verdict.rule,
            outcome="delivered",
            reply=Reply(250, ("2.0.0 Ok",)),
            milliseconds=1.0,
            policy=PolicyText("policy.toml", "ab" * 32, OLD),
        )

    return one


@pytest.fixture
def house(tmp_path: Path, message: Callable[..., Entry]) -> House:
    made = House(tmp_path)
    made.write(20, message(1, "news"), message(2, HOSTILE), message(3, "hello"))
    made.write(21, message(4, "hello", day=21))
    return made


def test_groups_are_shown_with_ids_that_can_be_opened(house):
    result = house.run("replay", house.path(NEW, "new.toml"))
    assert (result.exit_code, result.stderr) == (1, "")
    assert result.stdout.splitlines()[3:] == [
        "          4           messages decided again",
        "          1   25.00%  the same, by the same rule",
        "          0    0.00%  the same, by another rule",
        "          3   75.00%  otherwise",
        "             decided then by abababababab (4)",
        "",
        "Treated otherwise",
        "",
        "          3   75.00%  accept -> quarantine",
        "             was by rest",
        "             now by greeting",
        "             Q4  2026-11-21 12:04  ann@a.example: hello",
        "             Q3  2026-11-20 12:03  ann@a.example: hello",
        r"             Q2  2026-11-20 12:02  ann@a.example: hello \x1b[2J\u202e[bold]x[/]",
    ]
    title, against, _, *_ = result.stdout.splitlines()
    assert title.startswith(f"{house.state}/new.toml (")
    assert against == "against what was decided, 2026-11-20 to 2026-11-21"


def test_nothing_differs_is_status_0(house):
    path = house.path(OLD, "old.toml")
    for result in (house.run("replay", path), house.run("diff", path, path)):
        assert result.exit_code == 0
        assert "          4  100.00%  the same, by the same rule" in result.stdout
        assert "Treated" not in result.stdout


def test_json_has_all_of_it(house):
    result = house.run("replay", house.path(NEW, "new.toml"), "--json", "--examples", "1")
    said = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (said["compared"], said["same"], said["other_rule"], said["otherwise"]) == (4, 1, 0, 3)
    assert said["before"] is None
    assert said["after"]["name"].endswith("new.toml")
    (group,) = said["groups"]
    assert (group["rule_before"], group["before"]) == ("rest", "accept")
    assert (group["rule_after"], group["after"]) == ("greeting", "quarantine")
    assert (group["messages"], group["recipients"], group["otherwise"]) == (3, 3, True)
    (example,) = group["examples"]
    assert (example["id"], example["recipient"]) == ("Q4", "bob@our.example")
    assert said["days"] == {
        "2026-11-20": {"messages": 3, "otherwise": 2},
        "2026-11-21": {"messages": 1, "otherwise": 1},
    }
    assert said["decided_by"] == {"ab" * 32: 4}


@pytest.mark.parametrize(
    ("arguments", "compared"),
    [
        (("--since", "2026-11-21"), 1),
        (("--until", "2026-11-20"), 3),
        (("--since", "2026-11-20", "--until", "2026-11-21"), 4),
        (("--policy", "ABAB"), 4),
    ],
)
def test_only_some_days_or_what_one_policy_decided(house, arguments, compared):
    result = house.run("replay", house.path(NEW, "new.toml"), "--json", *arguments)
    assert json.loads(result.stdout)["compared"] == compared


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("replay", "nope.toml"), "no such file, and shipped are"),
        (("replay", "default", "--since", "2027-01-01"), "no message was compared"),
        (("replay", "default", "--policy", "ff"), "no message was compared"),
        (("replay", "default", "--since", "2026-11-22", "--until", "2026-11-21"), "is after"),
        (("replay", "default", "--since", "yesterday"), "does not match the format"),
        (("diff", "default", "default", "--over", "/nope"), "it is no folder"),
        (("diff", "default", "abcdef"), "no policy abcdef was in force"),
        (("replay", "default", "--examples", "1001"), "is not in the range"),
    ],
)
def test_what_cannot_run_is_status_2_and_says_why(house, arguments, why):
    result = house.run(*arguments)
    assert result.exit_code == 2
    assert why in result.stderr


def test_a_policy_with_an_error_is_shown_with_its_line(house):
    result = house.run("replay", house.path("[[rule]]\nname = 'x'\nactions = ['x']\n", "bad.toml"))
    assert result.exit_code == 2
    assert "bad.toml:3:" in result.stderr


def test_without_a_journal_there_is_nothing_to_replay(tmp_path):
    result = House(tmp_path).run("replay", "default")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "there is no journal in" in result.stderr


def test_a_policy_of_then_is_found_by_its_hash(house):
    kept = PolicyFile("policy.toml", OLD, house.state)
    digest = Versions(house.state / "policies").keep(kept, datetime.now(UTC))
    result = house.run("diff", digest[:8], house.path(NEW, "new.toml"))
    assert result.exit_code == 1
    assert f"against policy.toml ({digest[:12]})" in result.stdout
    assert "decided then" not in result.stdout


def test_what_cannot_be_read_is_named_and_the_rest_is_compared(house):
    (house.state / "journal" / "2026-11-20.sqlite3").write_bytes(b"garbage" * 1000)
    result = house.run("replay", house.path(NEW, "new.toml"))
    assert result.exit_code == 1
    assert "could not be read: 2026-11-20.sqlite3: file is not a database" in result.stderr
    assert "          1           messages decided again" in result.stdout


def test_rules_that_read_what_is_hashed_are_named(house, message):
    house.write(21, message(5, "hello", day=21), privacy="hashed")
    result = house.run("replay", house.path(NEW, "new.toml"))
    assert "Not certain" in result.stdout
    assert "Names and subjects of 1 of these messages are kept as hashes" in result.stdout
    assert "    greeting: mail.subject" in result.stdout
    said = json.loads(house.run("replay", house.path(NEW, "new.toml"), "--json").stdout)
    assert (said["hashed"], said["unsure"]) == (
        1,
        [{"rule": "greeting", "fields": ["mail.subject"]}],
    )
    assert "Not certain" not in house.run("replay", house.path(OLD, "old.toml")).stdout


@pytest.mark.slow
def test_two_policies_over_a_folder_of_messages(house, tmp_path):
    mail = Path(str(resources.files("pratique.policies") / "shipped/mail"))
    folder = tmp_path / "mails"
    folder.mkdir()
    shutil.copy(mail / "program.eml", folder)
    result = house.run("diff", "default", house.path(OLD, "old.toml"), "--over", str(folder))
    assert result.exit_code == 1
    assert "reject -> accept" in result.stdout
    assert "program.eml" in result.stdout
    same = house.run("diff", "default", "default", "--over", str(folder))
    assert same.exit_code == 0


def test_agreement_of_a_policy_and_of_rules_in_the_shadow(house, message):
    held = Verdict(Action.QUARANTINE, "greeting", "")
    told = replace(REST, shadows=(Shadow("strict", "reject", "why"), Shadow("odd", "note", "")))
    house.write(
        22,
        replace(message(5, "hello", day=22), shadowed=Shadowed("cd" * 32, (held,))),
        replace(message(6, "news", day=22), shadowed=Shadowed("cd" * 32, (REST,))),
        message(7, "told", day=22, verdict=told),
    )
    result = house.run("agreement", "--since", "2026-11-22")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0] == "3 messages, 2 with a policy in the shadow beside them"
    assert "The policy cdcdcdcdcdcd in the shadow, 2026-11-22" in lines
    assert "  2026-11-22   50.00% agree, 2 messages" in lines
    assert "          1  strict: would have been reject" in lines
    assert "          1  odd: agrees (note)" in lines
    said = json.loads(house.run("agreement", "--since", "2026-11-22", "--json").stdout)
    assert [(one["hash"], one["otherwise"]) for one in said["policies"]] == [("cd" * 32, 1)]
    assert [(one["rule"], one["agrees"]) for one in said["rules"]] == [
        ("strict", False),
        ("odd", True),
    ]


def test_nothing_in_the_shadow_agrees(house):
    result = house.run("agreement")
    assert result.exit_code == 0
    assert result.stdout == "4 messages, 0 with a policy in the shadow beside them\n"
