"""`pratique quarantine`: what an admin sees and can do, and what a stranger cannot."""

import asyncio
import fcntl
import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from pratique.milter.cli.quarantine import quarantine
from pratique.milter.cli.session import Session as RealSession
from pratique.milter.content import content_of
from pratique.milter.mail import Envelope, Forward, Outgoing
from pratique.milter.next_hop import NextHop, Reply, Transaction
from pratique.milter.next_hop.maildir import Maildir
from pratique.milter.quarantine.record import Held
from pratique.milter.quarantine.store import Quarantine
from pratique.policies.verdict import Action, Verdict
from pratique.scanners.facts_pb2 import Facts

CONTENT = b"Subject: \x1b]0;owned\x07\r\n\r\n\x1b[2J body\r\n"
HOSTILE = "\x1b[2J\u202e[bold]x[/]\udcff"


@dataclass
class Section:
    keep_days: int = 30


@dataclass
class Settings:
    state: Path
    quarantine: Section = field(default_factory=Section)


@dataclass
class Session:
    chosen: Settings
    next_hop: NextHop | None = None

    def settings(self) -> Settings:
        return self.chosen

    def release_next_hop(self) -> NextHop | None:
        return self.next_hop


class Refuses:
    """A next hop that takes MAIL and no recipient."""

    async def begin(self, _: Envelope) -> tuple[Reply, Transaction | None]:
        return Reply(250, ("2.1.0 Ok",)), self

    async def recipient(self, _: Forward) -> Reply:
        return Reply(550, ("5.1.1 \x1b[2J no such user",))

    async def send(self, _: Outgoing) -> Reply:
        raise AssertionError("nothing may be sent")

    async def give_up(self) -> None:
        pass

    async def close(self) -> None:
        pass


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(Settings(tmp_path))


@pytest.fixture
def hold(tmp_path: Path) -> Callable[..., str]:
    """Hold one message, as the service would, and say its id."""

    def one(*recipients: str, reverse_path: str | None = HOSTILE) -> str:
        forwards = tuple(Forward(address) for address in recipients or ("bob@example.org",))
        envelope = Envelope("Q1", datetime.now(UTC), reverse_path, (), forwards)
        facts = Facts()
        facts.mail.subject = "\x1b[31msubject [red]"
        facts.parts.add(id=0, name="invoice\u202efdp.exe", size=7)
        verdicts = (Verdict(Action.QUARANTINE, "programs", "carries a program"),) * len(forwards)
        store, content = Quarantine(tmp_path / "quarantine"), content_of((CONTENT,))
        try:
            return asyncio.run(store.hold(Held(Outgoing(content), envelope, verdicts, facts)))
        finally:
            store.close()
            content.close()

    return one


@pytest.fixture
def run(session: Session) -> Callable[..., Result]:
    """Run a command line."""

    def one(*arguments: str, answer: str = "") -> Result:
        return CliRunner().invoke(quarantine, list(arguments), obj=session, input=answer)

    return one


def is_harmless(output: str) -> bool:
    return all(line.replace("\t", "").isprintable() for line in output.splitlines())


def test_a_list_is_one_line_a_message_and_harmless(
    run: Callable[..., Result], hold: Callable[..., str]
) -> None:
    ids = [hold("bob@example.org", "x@y"), hold("carl@example.org", reverse_path=None)]
    ran = run("list")
    assert ran.exit_code == 0
    assert is_harmless(ran.output)
    rows = [line.split("\t") for line in ran.output.splitlines()]
    assert {row[0] for row in rows} == set(ids)
    row = next(row for row in rows if row[0] == ids[0])
    assert row[1:] == [
        "held",
        str(len(CONTENT)),
        r"<\x1b[2J\u202e[bold]x[/]\udcff>",
        "bob@example.org +1",
        "programs",
        r"\x1b[31msubject [red]",
    ]
    assert next(row for row in rows if row[0] == ids[1])[3] == "unknown"


def test_a_list_as_json_is_one_object_a_line(
    run: Callable[..., Result], hold: Callable[..., str]
) -> None:
    ids = {hold(), hold("carl@example.org")}
    ran = run("list", "--json")
    listed = [json.loads(line) for line in ran.output.splitlines()]
    assert {one["id"] for one in listed} == ids
    assert listed[0]["reverse_path"] == HOSTILE
    assert {"held_at", "state", "size", "recipients", "rule", "reason"} <= set(listed[0])
    assert ran.output.isascii()
    assert "\x7f" not in ran.output


def test_a_list_can_be_narrowed_to_a_state(
    run: Callable[..., Result], hold: Callable[..., str], session: Session, tmp_path: Path
) -> None:
    held, released = hold(), hold("carl@example.org", reverse_path="ann@example.org")
    session.next_hop = Maildir(tmp_path / "Maildir")
    assert run("release", released).exit_code == 0
    assert run("list", "--state", "held").output.split("\t")[0] == held
    assert run("list", "--state", "released").output.split("\t")[0] == released
    assert run("list", "--state", "unsure").output == ""


def test_nothing_was_ever_held_is_said_and_no_folder_is_made(
    run: Callable[..., Result], tmp_path: Path
) -> None:
    ran = run("list")
    assert (ran.exit_code, "nothing was ever held" in ran.output) == (1, True)
    assert list(tmp_path.iterdir()) == []


def test_show_has_envelope_verdict_and_facts_and_never_the_content(
    run: Callable[..., Result], hold: Callable[..., str]
) -> None:
    ran = run("show", hold())
    assert ran.exit_code == 0
    assert is_harmless(ran.output)
    assert "body" not in ran.output
    for told in ("bob@example.org", "carries a program", r"invoice\u202efdp.exe", "did: held"):
        assert told in ran.output


def test_show_as_json_has_all_in_one_line(
    run: Callable[..., Result], hold: Callable[..., str]
) -> None:
    message_id = hold()
    (line,) = run("show", "--json", message_id).output.splitlines()
    shown = json.loads(line)
    assert (shown["id"], shown["state"], shown["waiting"]) == (
        message_id,
        "held",
        ["bob@example.org"],
    )
    assert shown["facts"]["parts"][0]["name"] == "invoice\u202efdp.exe"


def test_the_content_goes_to_a_new_file_or_a_pipe(
    run: Callable[..., Result], hold: Callable[..., str], tmp_path: Path
) -> None:
    message_id, file = hold(), tmp_path / "message.eml"
    assert run("show", "--raw", "-o", str(file), message_id).exit_code == 0
    assert file.read_bytes() == CONTENT
    assert file.stat().st_mode & 0o077 == 0
    assert run("show", "--raw", message_id).stdout_bytes == CONTENT
    file.write_bytes(b"precious")
    ran = run("show", "--raw", "-o", str(file), message_id)
    assert (ran.exit_code, file.read_bytes()) == (1, b"precious")
    assert run("show", "-o", str(tmp_path / "x"), message_id).exit_code == 2


ON_A_TERMINAL = """
import sys
from pathlib import Path
from types import SimpleNamespace
from pratique.milter.cli.quarantine import quarantine
settings = SimpleNamespace(state=Path(sys.argv[1]), quarantine=None)
quarantine(sys.argv[2:], obj=SimpleNamespace(settings=lambda: settings))
"""


def on_a_terminal(state: Path, *arguments: str) -> tuple[int, str]:
    """What a real terminal is sent."""
    near, far = pty.openpty()
    command = [sys.executable, "-c", ON_A_TERMINAL, state, *arguments]
    environment = os.environ | {"COLUMNS": "200", "TERM": "xterm"}
    ran = subprocess.run(command, check=False, stdout=far, stderr=far, env=environment, timeout=60)
    os.close(far)
    seen = b""
    try:
        while chunk := os.read(near, 65536):
            seen += chunk
    except OSError:
        # The last writer has closed the terminal.
        os.close(near)
    return ran.returncode, seen.decode()


@pytest.mark.slow
def test_a_terminal_gets_a_table_and_no_markup_of_a_stranger(
    hold: Callable[..., str], tmp_path: Path
) -> None:
    message_id = hold()
    status, seen = on_a_terminal(tmp_path, "list")
    assert status == 0
    assert message_id in seen
    assert r"\x1b[2J\u202e[bold]x[/]\udcff" in seen
    assert "\x1b[2J" not in seen
    assert "\u202e" not in seen


@pytest.mark.slow
def test_a_content_never_goes_to_a_terminal(hold: Callable[..., str], tmp_path: Path) -> None:
    message_id = hold()
    status, seen = on_a_terminal(tmp_path, "show", "--raw", message_id)
    assert (status, "say -o FILE" in seen, "body" in seen) == (2, True, False)
    status, seen = on_a_terminal(tmp_path, "show", message_id)
    assert (status, "carries a program" in seen, "\x1b" in seen) == (0, True, False)


@pytest.mark.slow
def test_a_reader_that_goes_away_ends_the_list_quietly(
    hold: Callable[..., str], tmp_path: Path
) -> None:
    hold()
    near, far = os.pipe()
    os.close(near)
    command = [sys.executable, "-c", ON_A_TERMINAL, tmp_path, "list"]
    ran = subprocess.run(command, check=False, stdout=far, stderr=subprocess.PIPE, timeout=60)
    os.close(far)
    assert (ran.returncode, ran.stderr) == (1, b"")


def test_a_release_is_told_and_done(
    run: Callable[..., Result], hold: Callable[..., str], session: Session, tmp_path: Path
) -> None:
    message_id = hold("bob@example.org", "carl@example.org", reverse_path="ann@example.org")
    session.next_hop = Maildir(tmp_path / "Maildir")
    ran = run("release", "--recipient", "bob@example.org", message_id)
    assert ran.output == f"{message_id} was sent to bob@example.org: 250 2.0.0 Ok: delivered\n"
    session.next_hop = Maildir(tmp_path / "Maildir")
    told = json.loads(run("release", "--json", message_id).output)
    assert (told["state"], told["sent"], told["recipients"]) == (
        "released",
        True,
        ["carl@example.org"],
    )
    assert len(list((tmp_path / "Maildir/new").iterdir())) == 2
    ran = run("release", message_id)
    assert (ran.exit_code, "--again" in ran.output) == (1, True)


def test_a_refused_release_names_the_recipient_and_ends_with_one(
    run: Callable[..., Result], hold: Callable[..., str], session: Session
) -> None:
    message_id = hold()
    session.next_hop = Refuses()
    ran = run("release", message_id)
    assert ran.exit_code == 1
    assert r"bob@example.org: 550 5.1.1 \x1b[2J no such user" in ran.output
    assert is_harmless(ran.output)
    told = json.loads(run("release", "--json", message_id).output)
    assert (told["state"], told["sent"], list(told["refused"])) == (
        "held",
        False,
        ["bob@example.org"],
    )


def test_the_real_session_has_what_these_commands_need(
    hold: Callable[..., str], tmp_path: Path
) -> None:
    message_id, config = hold(), tmp_path / "pratique.toml"
    config.write_text(f'state = "{tmp_path}"\n')
    ran = CliRunner().invoke(quarantine, ["release", message_id], obj=RealSession(config))
    assert (ran.exit_code, "release is off" in ran.output) == (1, True)
    # Port 1 of this machine: nobody listens there.
    config.write_text(f'state = "{tmp_path}"\n[release]\nnext_hop = "127.0.0.1:1"\n')
    ran = CliRunner().invoke(quarantine, ["release", message_id], obj=RealSession(config))
    assert (ran.exit_code, "451 4.4.1" in ran.output) == (1, True)
    ran = CliRunner().invoke(quarantine, ["expire"], obj=RealSession(config))
    assert (ran.exit_code, ran.output) == (0, "")


def test_without_a_next_hop_the_admin_hears_what_to_configure(
    run: Callable[..., Result], hold: Callable[..., str]
) -> None:
    ran = run("release", hold())
    assert ran.exit_code == 1
    assert "[release]" in ran.output
    assert 'next_hop = "' in ran.output


def test_an_unsure_message_is_listed_and_waits_for_an_order(
    run: Callable[..., Result], hold: Callable[..., str], session: Session, tmp_path: Path
) -> None:
    message_id = hold(reverse_path="ann@example.org")
    path = tmp_path / "quarantine/held" / message_id / "state"
    state = json.loads(path.read_bytes())
    path.write_text(json.dumps(state | {"waiting": [], "sending": ["bob@example.org"]}))
    assert run("list").output.split("\t")[1] == "unsure"
    session.next_hop = Maildir(tmp_path / "Maildir")
    ran = run("release", message_id)
    assert (ran.exit_code, "unsure" in ran.output) == (1, True)
    assert not (tmp_path / "Maildir").exists()
    session.next_hop = Maildir(tmp_path / "Maildir")
    assert run("release", "--again", message_id).exit_code == 0


def test_delete_asks_unless_it_is_told_not_to(
    run: Callable[..., Result], hold: Callable[..., str]
) -> None:
    message_id = hold()
    assert run("delete", message_id, answer="n\n").exit_code == 1
    assert run("delete", message_id).exit_code == 1
    assert run("list").output.startswith(message_id)
    assert run("delete", "--yes", message_id).output == f"{message_id} deleted\n"
    assert run("list").output == ""


def test_expire_follows_the_settings_or_the_option(
    run: Callable[..., Result], hold: Callable[..., str]
) -> None:
    message_id = hold()
    assert run("expire").output == ""
    told = json.loads(run("expire", "--days", "0", "--json").output)
    assert told == {"id": message_id, "state": "expired"}


def test_reindex_says_how_many(
    run: Callable[..., Result], hold: Callable[..., str], tmp_path: Path
) -> None:
    hold()
    for path in (tmp_path / "quarantine").glob("index.sqlite*"):
        path.write_bytes(b"garbage" * 1000)
    assert run("reindex").output == "1 messages in the index\n"
    assert json.loads(run("reindex", "--json").output) == {"reindexed": 1}


@pytest.mark.parametrize("verb", ["show", "release", "delete"])
@pytest.mark.parametrize("message_id", ["../../etc/passwd", "\x1b[2J", "20251122T120000-0000000g"])
def test_an_id_that_is_none_is_told_without_harm(
    *,
    run: Callable[..., Result],
    hold: Callable[..., str],
    session: Session,
    tmp_path: Path,
    verb: str,
    message_id: str,
) -> None:
    hold()
    session.next_hop = Maildir(tmp_path / "Maildir")
    ran = run(verb, *(["--yes"] if verb == "delete" else []), "--", message_id)
    assert ran.exit_code == 1
    assert "is no id" in ran.output
    assert is_harmless(ran.output)


def test_a_message_in_use_is_told(
    run: Callable[..., Result], hold: Callable[..., str], tmp_path: Path
) -> None:
    message_id = hold()
    descriptor = os.open(tmp_path / "quarantine/held" / message_id, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    ran = run("delete", "--yes", message_id)
    os.close(descriptor)
    assert (ran.exit_code, "just now" in ran.output) == (1, True)


@pytest.mark.real("root")
def test_whoever_is_not_the_owner_is_told_who_is(
    run: Callable[..., Result], hold: Callable[..., str], tmp_path: Path
) -> None:
    hold()
    os.chown(tmp_path / "quarantine", 1, -1)
    ran = run("list")
    assert (ran.exit_code, "sudo -u daemon" in ran.output) == (1, True)
    os.chown(tmp_path / "quarantine", 54321, -1)
    assert "sudo -u #54321" in run("list").output


@pytest.mark.parametrize("command", quarantine.commands.values(), ids=list(quarantine.commands))
def test_each_help_says_what_the_command_is_for(
    run: Callable[..., Result], command: click.Command
) -> None:
    ran = run(str(command.name), "--help")
    assert ran.exit_code == 0
    assert is_harmless(ran.output)
    options = [one for one in command.params if isinstance(one, click.Option)]
    assert all(option.help for option in options)
    assert (command.help or "").partition("\n")[0].endswith(".")


def test_help_does_not_wait_for_a_database_library() -> None:
    program = (
        "import sys, pratique.milter.cli.quarantine; "
        "sys.exit(bool({'sqlalchemy', 'alembic', 'rich'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_nothing_but_our_own_errors_is_caught(run: Callable[..., Any], session: Session) -> None:
    session.chosen = None  # type: ignore[assignment]
    assert isinstance(run("list").exception, AttributeError)
