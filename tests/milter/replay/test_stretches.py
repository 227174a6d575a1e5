"""A journal is cut into stretches, and what is damaged in one is named."""

import sqlite3
from contextlib import closing
from datetime import date

import pytest

from pratique.milter.journal.pages import Window
from pratique.milter.replay.deciding import as_decided, by_policy
from pratique.milter.replay.stretches import Sought, counted, glances, plan


def test_stretches_hold_every_record_once_newest_day_first(journal):
    for day, count in ((19, 5), (20, 7)):
        for _ in range(count):
            journal.message("text")
        journal.write(date(2026, 11, day))
    made = plan(journal.folder, 3)
    assert [(one.path.name[8:10], one.after, one.last) for one in made.stretches] == [
        *(("20", 0, 3), ("20", 3, 6), ("20", 6, 7), ("19", 0, 3), ("19", 3, 5)),
    ]
    assert (made.records, made.files, made.unread) == (12, 2, [])


def test_a_file_that_is_no_journal_is_named_and_the_others_are_read(journal):
    journal.message("text")
    journal.write()
    (journal.folder / "2026-11-19.sqlite3").write_bytes(b"garbage" * 1000)
    made = plan(journal.folder)
    assert len(made.stretches) == 1
    assert [one.where for one in made.unread] == ["2026-11-19.sqlite3"]
    assert "not a database" in made.unread[0].why


def test_a_damaged_record_is_named_and_the_others_are_compared(journal, new):
    for _ in range(4):
        journal.message("script")
    path = journal.write()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE message SET record = x'00' WHERE number = 2")
        connection.execute("UPDATE message SET facts_format = 9 WHERE number = 3")
    (stretch,) = plan(journal.folder).stretches
    tally = counted(stretch, Sought(), as_decided, by_policy(new.load()))
    assert tally.compared == 2
    assert [one.where for one in tally.unread] == [
        "2026-11-20.sqlite3, record 2",
        "2026-11-20.sqlite3, record 3",
    ]
    assert "facts of format 9" in tally.unread[1].why


def test_a_file_that_was_set_aside_is_read_as_far_as_it_goes(journal, new):
    journal.message("script")
    path = journal.write()
    path.rename(path.with_name("2026-11-20.sqlite3.damaged-20261120T120000.000000"))
    journal.message("script")
    journal.write()
    assert len(plan(journal.folder).stretches) == 2


@pytest.mark.parametrize(
    ("sought", "count"),
    [
        (Sought(), 2),
        (Sought(policy="ffff"), 0),
        (Sought(Window(since=date(2026, 11, 21))), 0),
        (Sought(Window(date(2026, 11, 20), date(2026, 11, 20))), 2),
    ],
)
def test_only_what_is_sought_is_read(journal, sought, count):
    for _ in range(2):
        journal.message("text")
    journal.write()
    (stretch,) = plan(journal.folder).stretches
    unread = []
    assert len(list(glances(stretch, sought, unread))) == count
    assert unread == []
