"""A trouble is told once when it begins and once when it ends, with what it cost."""

import logging
import sqlite3

import pytest

from pratique.milter.stores.troubles import Troubles, Words

FULL = sqlite3.OperationalError("database or disk is full")


@pytest.fixture
def troubles(tmp_path, clocks, caplog):
    caplog.set_level(logging.INFO)
    return Troubles(tmp_path, clocks.monotonic)


def test_a_trouble_is_told_once_and_its_end_once(troubles, clocks, caplog):
    for _ in range(5):
        troubles.begin(FULL, 3)
    clocks.run(seconds=90)
    troubles.end(7)
    troubles.end(7)
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2
    assert "disk is full" in told[0]
    assert "3 records wait" in told[0]
    assert "after 90 s, 7 records were dropped" in told[1]
    assert (troubles.count, troubles.is_on) == (1, False)


def test_another_trouble_is_told_as_another(troubles, caplog):
    troubles.begin(FULL, 0)
    troubles.begin(BlockingIOError(11, "x"), 0)
    assert (troubles.count, len(caplog.records)) == (2, 2)
    assert "another process holds its lock" in caplog.text


def test_only_what_was_dropped_since_is_told(troubles, caplog):
    troubles.begin(FULL, 0)
    troubles.end(7)
    troubles.begin(FULL, 0)
    troubles.end(9)
    assert "2 records were dropped" in caplog.records[-1].getMessage()


def test_records_that_are_dropped_without_a_trouble_are_told_too(troubles, caplog):
    for dropped in (0, 1, 5, 9):
        troubles.look(dropped)
    troubles.end(9)
    troubles.look(9)
    troubles.end(9)
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2
    assert "9 records were dropped" in told[1]
    assert troubles.count == 1


def test_where_all_is_well_nothing_is_told(troubles, caplog):
    troubles.look(0)
    troubles.end(0)
    assert caplog.records == []


def test_an_error_names_its_file(troubles, caplog):
    troubles.begin(NotADirectoryError(20, "Not a directory", "/x/journal"), 0)
    assert "Not a directory: /x/journal" in caplog.text


def test_each_kind_of_error_of_ours_is_told_once_with_its_traceback(troubles, caplog):
    for error in (KeyError("x"), KeyError("y"), IndexError("z")):
        troubles.give_up(error, 3)
    assert [record.exc_info[0] for record in caplog.records] == [KeyError, IndexError]
    assert troubles.count == 2


def test_what_an_error_of_ours_cost_is_not_told_a_second_time(troubles, caplog):
    troubles.give_up(KeyError("x"), 3)
    troubles.look(3)
    troubles.end(3)
    assert len(caplog.records) == 1


def test_what_is_dropped_after_an_error_of_ours_is_told(troubles, caplog):
    troubles.give_up(KeyError("x"), 3)
    troubles.look(4)
    assert "the newest are dropped" in caplog.records[-1].getMessage()
    troubles.end(4)
    assert "1 records were dropped" in caplog.records[-1].getMessage()


def test_another_store_has_words_of_its_own(tmp_path, clocks, caplog):
    caplog.set_level(logging.INFO)
    words = Words("ledger", "rows", cost="; none is proved by it", full="its share is used up")
    troubles = Troubles(tmp_path, clocks.monotonic, words)
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL
    troubles.begin(full, 5)
    troubles.look(1)
    clocks.run(seconds=90)
    troubles.end(2)
    begun, dropped, ended = (record.getMessage() for record in caplog.records)
    assert begun == f"ledger {tmp_path} is not written: its share is used up; 5 rows wait"
    assert dropped.endswith("too many rows wait, the newest are dropped; none is proved by it")
    assert ended.endswith("is written again after 90 s, 2 rows were dropped")


def test_the_journal_calls_a_full_disk_what_sqlite_calls_it(troubles, caplog):
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL
    troubles.begin(full, 0)
    assert "database or disk is full (" in caplog.text
