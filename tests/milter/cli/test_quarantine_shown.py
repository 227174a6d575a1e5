"""How held messages are shown: all that is known, and none of a stranger's commands."""

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from pratique.milter.cli.quarantine_shown import (
    COLUMNS,
    columns,
    say_done,
    say_json,
    say_outcome,
    say_table,
    tree,
)
from pratique.milter.mail import Envelope, Forward, Outgoing
from pratique.milter.next_hop import Reply, Transaction
from pratique.milter.quarantine.release import Outcome
from pratique.milter.quarantine.state import Stage
from pratique.milter.quarantine.summary import Summary

ID = "20251122T120000-00000001"
ROW = Summary(ID, "held", size=7, reverse_path="", recipients=("bob@example.org",), rule="programs")
ESC = "\x1b[2J"


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


def test_a_list_is_one_line_a_message_and_harmless(
    run: Callable[..., Result],
    hold: Callable[..., str],
    is_harmless: Callable[[str], bool],
    content: bytes,
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
        str(len(content)),
        r"<\x1b[2J\u202e[bold]x[/]\udcff>",
        "bob@example.org +1",
        "programs",
        r"\x1b[31msubject [red]",
    ]
    assert next(row for row in rows if row[0] == ids[1])[3] == "unknown"


def test_a_list_as_json_is_one_object_a_line(
    run: Callable[..., Result], hold: Callable[..., str], hostile: str
) -> None:
    ids = {hold(), hold("carl@example.org")}
    ran = run("list", "--json")
    listed = [json.loads(line) for line in ran.output.splitlines()]
    assert {one["id"] for one in listed} == ids
    assert listed[0]["reverse_path"] == hostile
    assert {"held_at", "state", "size", "recipients", "rule", "reason"} <= set(listed[0])
    assert ran.output.isascii()
    assert "\x7f" not in ran.output


def test_show_has_envelope_verdict_and_facts_and_never_the_content(
    run: Callable[..., Result], hold: Callable[..., str], is_harmless: Callable[[str], bool]
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


def test_a_refused_release_names_the_recipient_and_ends_with_one(
    run: Callable[..., Result],
    hold: Callable[..., str],
    session: Any,
    is_harmless: Callable[[str], bool],
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
    # Colours are ours: the only sequences on the terminal begin and end one (SGR).
    assert re.sub(r"\x1b\[[0-9;]*m", "", seen).replace("\r\n", "").isprintable()
    assert (status, "carries a program" in seen, "body" in seen) == (0, True, False)


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


@pytest.mark.parametrize(
    ("known", "shown"),
    [
        ({}, {}),
        ({"reverse_path": None}, {"reverse-path": "unknown"}),
        ({"reverse_path": "unknown"}, {"reverse-path": "<unknown>"}),
        ({"reverse_path": ""}, {"reverse-path": "<>"}),
        ({"recipients": ()}, {"recipients": ""}),
        ({"recipients": ("a", "b")}, {"recipients": "a +1"}),
        ({"recipients": ("a", "b", "c")}, {"recipients": "a +2"}),
        ({"id": ESC}, {"id": r"\x1b[2J"}),
        ({"state": ESC}, {"state": r"\x1b[2J"}),
        ({"rule": ESC}, {"rule": r"\x1b[2J"}),
        ({"reverse_path": ESC}, {"reverse-path": r"<\x1b[2J>"}),
        ({"recipients": (ESC,)}, {"recipients": r"\x1b[2J"}),
        ({"subject": "a\tb\nc"}, {"subject": r"a\x09b\x0ac"}),
        ({"subject": "x" * 60}, {"subject": "x" * 60}),
        ({"subject": "x" * 61}, {"subject": "x" * 59 + "…"}),
        ({"subject": "\x1b" * 61}, {"subject": r"\x1b" * 59 + "…"}),
    ],
)
def test_a_row_is_short_and_printable_in_each_column(
    known: dict[str, Any], shown: dict[str, str]
) -> None:
    usual = dict.fromkeys(COLUMNS, "") | {"id": ID, "state": "held", "size": "7"}
    usual |= {"reverse-path": "<>", "recipients": "bob@example.org", "rule": "programs"}
    found = columns(replace(ROW, **known))
    assert dict(zip(COLUMNS, found, strict=True)) == usual | shown


def test_a_table_shows_markup_and_commands_as_they_are_written(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    say_table(iter([replace(ROW, subject="[red]x[/red] [link=http://a]"), replace(ROW, rule=ESC)]))
    titles, *rows = capsys.readouterr().out.splitlines()
    assert titles.split() == list(COLUMNS)
    assert len(rows) == 2
    assert "[red]x[/red] [link=http://a]" in rows[0]
    assert r"\x1b[2J" in rows[1]


def test_a_table_of_nothing_is_its_titles(capsys: pytest.CaptureFixture[str]) -> None:
    say_table(iter(()))
    assert len(capsys.readouterr().out.splitlines()) == 1


@pytest.mark.parametrize(
    ("known", "lines"),
    [
        ({}, []),
        ({"a": "", "b": None, "c": [], "d": {}, "e": ()}, []),
        ({"number": 0, "flag": False}, ["number: 0", "flag: False"]),
        ({"a": {"b": {"c": 1}}}, ["a:", "    b:", "        c: 1"]),
        ({"a": ["x", "y"], "b": ("z",)}, ["a:", "    - x", "    - y", "b:", "    - z"]),
        ({"a": [[1], {"b": 2}]}, ["a:", "    -", "        - 1", "    -", "        b: 2"]),
        ({ESC: ESC}, [r"\x1b[2J: \x1b[2J"]),
        ({"a": ["x\nstate: held", "\u202e"]}, ["a:", r"    - x\x0astate: held", r"    - \u202e"]),
        ({"a": "\udcff"}, [r"a: \udcff"]),
    ],
)
def test_what_is_known_is_a_tree_of_printable_lines(known: Any, lines: list[str]) -> None:
    assert list(tree(known)) == lines


@pytest.mark.parametrize("number", [*range(0x20), *range(0x7F, 0xA0), 0x202E, 0xDCFF, 0xE0001])
def test_json_is_one_line_of_printable_ascii(
    capsys: pytest.CaptureFixture[str], number: int
) -> None:
    known = {"name": chr(number), chr(number): ["two"]}
    say_json(known)
    said = capsys.readouterr().out
    assert said.removesuffix("\n").isprintable()
    assert said.isascii()
    assert json.loads(said) == known


@pytest.mark.parametrize(
    ("as_json", "said"),
    [(False, f"{ID} deleted\n"), (True, f'{{"id": "{ID}", "state": "deleted"}}\n')],
)
def test_what_was_done_is_said(
    capsys: pytest.CaptureFixture[str], *, as_json: bool, said: str
) -> None:
    say_done("deleted", ID, as_json=as_json)
    assert capsys.readouterr() == (said, "")


LATER = Reply(451, (f"4.3.0 {ESC}", "later"))
TO = (f"bob{ESC}", "carl@example.org")
OUTCOMES = {
    "sent": (
        Outcome(ID, Stage.RELEASED, TO, Reply(250, (f"2.0.0 {ESC}",)), sent=True),
        (rf"{ID} was sent to bob\x1b[2J, carl@example.org: 250 2.0.0 \x1b[2J", ""),
    ),
    "refused": (
        Outcome(ID, Stage.HELD, TO, LATER, refused=((TO[0], LATER), (TO[1], LATER))),
        (
            "",
            (
                f"{ID} was not sent. The next hop does not take:\n"
                "    bob\\x1b[2J: 451 4.3.0 \\x1b[2J / later\n"
                "    carl@example.org: 451 4.3.0 \\x1b[2J / later"
            ),
        ),
    ),
    "held": (
        Outcome(ID, Stage.HELD, TO, LATER),
        ("", rf"{ID} is held. The next hop said: 451 4.3.0 \x1b[2J / later"),
    ),
    "unsure": (
        Outcome(ID, Stage.UNSURE, TO, LATER),
        ("", rf"{ID} is unsure. The next hop said: 451 4.3.0 \x1b[2J / later"),
    ),
}


@pytest.mark.parametrize(("outcome", "said"), OUTCOMES.values(), ids=list(OUTCOMES))
def test_an_outcome_is_told_and_only_success_goes_to_the_output(
    capsys: pytest.CaptureFixture[str], outcome: Outcome, said: tuple[str, str]
) -> None:
    say_outcome(outcome, as_json=False)
    output, error = capsys.readouterr()
    assert (output.rstrip("\n"), error.rstrip("\n")) == said


@pytest.mark.parametrize("outcome", [one for one, _ in OUTCOMES.values()], ids=list(OUTCOMES))
def test_an_outcome_as_json_has_all_of_it(
    capsys: pytest.CaptureFixture[str], outcome: Outcome
) -> None:
    say_outcome(outcome, as_json=True)
    (line,) = capsys.readouterr().out.splitlines()
    assert line.isascii()
    assert json.loads(line) == {
        "id": ID,
        "state": str(outcome.stage),
        "sent": outcome.sent,
        "reply": str(outcome.reply),
        "recipients": list(TO),
        "refused": dict.fromkeys(TO, str(LATER)) if outcome.refused else {},
    }
