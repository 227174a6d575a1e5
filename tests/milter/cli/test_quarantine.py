"""`pratique quarantine`: what an admin can do, and what a stranger cannot."""

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from pratique.milter.cli.quarantine import quarantine
from pratique.milter.cli.session import Session as RealSession
from pratique.milter.next_hop.maildir import Maildir


def test_a_list_can_be_narrowed_to_a_state(
    run: Callable[..., Result], hold: Callable[..., str], session: Any, tmp_path: Path
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


def test_the_content_goes_to_a_new_file_or_a_pipe(
    run: Callable[..., Result], hold: Callable[..., str], content: bytes, tmp_path: Path
) -> None:
    message_id, file = hold(), tmp_path / "message.eml"
    assert run("show", "--raw", "-o", str(file), message_id).exit_code == 0
    assert file.read_bytes() == content
    assert file.stat().st_mode & 0o077 == 0
    assert run("show", "--raw", message_id).stdout_bytes == content
    file.write_bytes(b"precious")
    ran = run("show", "--raw", "-o", str(file), message_id)
    assert (ran.exit_code, file.read_bytes()) == (1, b"precious")
    assert run("show", "-o", str(tmp_path / "x"), message_id).exit_code == 2


def test_a_release_is_told_and_done(
    run: Callable[..., Result], hold: Callable[..., str], session: Any, tmp_path: Path
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
    run: Callable[..., Result], hold: Callable[..., str], session: Any, tmp_path: Path
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
    session: Any,
    tmp_path: Path,
    is_harmless: Callable[[str], bool],
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
    run: Callable[..., Result], is_harmless: Callable[[str], bool], command: click.Command
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


def test_nothing_but_our_own_errors_is_caught(run: Callable[..., Any], session: Any) -> None:
    session.chosen = None  # type: ignore[assignment]
    assert isinstance(run("list").exception, AttributeError)
