"""The keys that sign what we send, since when, and the ledger of it."""

import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from pratique.milter.doctor.sent import ledger, stamps
from pratique.milter.sent import keys as key_files
from pratique.milter.sent import since

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TODAY = NOW.date()
OURS = '[links]\nown_domains = ["example.org"]\n'


@pytest.fixture
def keyed(case, tmp_path):
    """A case with keys, the first made on a day, and with more settings."""

    def keyed(made_on=TODAY, rest=""):
        file = tmp_path / "sent.keys"
        if made_on is not None:
            key_files.add(file, made_on)
        (tmp_path / "state/sent").mkdir(parents=True, exist_ok=True)
        return case(f'{rest}{OURS}[sent]\nkeys = "{file}"\n', now=lambda: NOW)

    return keyed


def test_who_only_takes_mail_in_hears_nothing(case):
    assert list(stamps(case())) == []


@pytest.mark.parametrize(
    "text",
    [
        '[sent]\nnetworks = ["10.0.0.0/8"]\n',
        '[[listener]]\nreply = "sender"\ndirection = "outbound"\n',
        '[[milter]]\nreply = "sender"\ndirection = "outbound"\n',
    ],
)
def test_who_sends_without_keys_is_warned(case, text):
    (line,) = stamps(case(text))
    assert line.state == "warning"
    assert "pratique keys new" in line.do


def test_keys_and_the_first_day_are_told(keyed, tmp_path):
    case = keyed()
    key, began = stamps(case)
    assert (key.state, began.state) == ("ok", "warning")
    assert key.what == "key 1 of 2026-11-22 signs what we send, 1 verify"
    since.noted(tmp_path / "state", [], date(2026, 11, 2))
    _, began = stamps(case)
    assert (began.state, "since 2026-11-02" in began.what) == ("ok", True)


@pytest.mark.parametrize(
    ("made_on", "state"), [(date(2025, 10, 18), "ok"), (date(2025, 10, 17), "warning")]
)
def test_an_old_key_is_told(keyed, made_on, state):
    assert next(stamps(keyed(made_on))).state == state


def test_keys_that_stop_a_start_are_wrong(keyed, tmp_path):
    (line,) = stamps(keyed(None))
    assert (line.state, "pratique keys new" in line.what) == ("wrong", True)
    (tmp_path / "sent.keys").write_text("1 2026-01-01 c2hvcnQ=\n")
    (tmp_path / "sent.keys").chmod(0o600)
    (line,) = stamps(keyed(None))
    assert "too short: 5 octets" in line.what
    (tmp_path / "sent.keys").chmod(0o644)
    (line,) = stamps(keyed(None))
    assert "may be read or written by others" in line.what


async def test_without_keys_there_is_no_ledger_to_look_at(said, case):
    assert await said(ledger, case()) == []


async def test_a_ledger_that_is_not_there_yet(said, keyed, tmp_path):
    case = keyed()
    (tmp_path / "state/sent").rmdir()
    first, unseen = await said(ledger, case)
    assert (first.state, "yet" in first.what) == ("warning", True)
    assert unseen.state == "not looked at"


async def test_what_is_remembered_is_told_and_what_was_damaged(said, keyed, tmp_path):
    case, folder = keyed(), tmp_path / "state/sent"
    (folder / "2026-11-22.sqlite3").write_bytes(b"x" * 2_000_000)
    (folder / "2026-11-21.sqlite3").write_bytes(b"x" * 1_000_000)
    first, _ = await said(ledger, case)
    assert (first.state, first.what) == ("ok", "3 MB of sent mail are remembered, 2 days")
    (folder / "2026-11-20.sqlite3.damaged-20261120T101010Z").write_bytes(b"")
    _, aside, _ = await said(ledger, case)
    assert (aside.state, "1 files" in aside.what) == ("warning", True)


@pytest.mark.parametrize(("left", "state"), [(6, "ok"), (4, "warning")])
async def test_a_days_share_that_is_used_up_is_told(said, keyed, tmp_path, left, state):
    case, folder = keyed(), tmp_path / "state/sent"
    day, share = folder / "2026-11-22.sqlite3", case.settings.sent.octets_a_day
    with day.open("wb") as file:
        file.truncate(share // 2)
    with (folder / "2026-11-22.sqlite3-wal").open("wb") as file:
        file.truncate(share // 2 - share * left // 100)
    first, _ = await said(ledger, case)
    assert first.state == state


@pytest.mark.parametrize(
    ("lost", "states"), [(b"0.0", ["ok"]), (b"1234.0", ["ok", "warning"]), (b"x", ["ok"])]
)
async def test_what_the_service_could_not_keep_is_asked_of_it(said, keyed, listen, lost, states):
    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n# TYPE x counter\npratique_ledger_lost_total ")
        writer.write(lost + b"\n")
        writer.close()

    port = await listen(answer)
    lines = await said(ledger, keyed(rest=f'[health]\naddress = "127.0.0.1:{port}"\n'))
    assert [line.state for line in lines] == states


async def test_a_service_that_is_away_is_told_elsewhere(said, keyed, free_port):
    case = keyed(rest=f'[health]\naddress = "127.0.0.1:{free_port()}"\n')
    assert [line.state for line in await said(ledger, case)] == ["ok"]


async def test_a_ledger_that_is_said_to_be_complete_is_once_it_was_kept_for_long(keyed, tmp_path):
    case = keyed()
    assert not [one async for one in ledger(case) if "never sent" in one.what]
    config = case.settings.model_copy(
        update={"sent": case.settings.sent.model_copy(update={"complete": True})}
    )
    case = replace(case, settings=config)
    lines = [one async for one in ledger(case)]
    assert [one.state for one in lines if "complete = true" in one.what] == ["warning"]
    note = tmp_path / "state/sent/complete"
    note.touch()
    begun = (NOW - timedelta(days=9)).timestamp()
    os.utime(note, (begun, begun))
    lines = [one async for one in ledger(case)]
    assert [one.state for one in lines if "never sent" in one.what] == ["ok"]
