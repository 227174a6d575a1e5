"""Signatures that grow old are told aloud, once a day, and counted."""

import logging
from types import SimpleNamespace

import pytest

from pratique.milter import counters
from pratique.milter.ages import DAY, Ages
from pratique.milter.sources import Kept
from pratique.scanners import facts_pb2 as facts

MADE = 1_790_000_000


def source(name, date=MADE):
    made = facts.Source(name=name, version="1")
    if date:
        made.date.seconds = date
    return made


@pytest.fixture
def told(caplog):
    """Tell at a time after the signatures were made; what the log was told."""
    caplog.set_level(logging.INFO)
    now = [0.0]

    def make(kept=(), engines=(), **old_after_days):
        made = [SimpleNamespace(sources=tuple(each)) for each in engines]
        ages = Ages(kept, made, old_after_days, lambda: now[0])

        def tell(days):
            caplog.clear()
            now[0] = MADE + days * DAY
            ages.tell()
            return [record.getMessage() for record in caplog.records]

        return tell

    return make


def test_a_database_that_grows_old_is_told_once_a_day(told):
    tell = told(engines=[[source("clamav")]], clamav=3.0)
    assert tell(1) == tell(3) == []
    (line,) = tell(3.5)
    assert line == (
        "clamav: the signatures are of 2026-09-21, 3.5 days old, and shall not be older than 3: "
        "is what fetches them stopped, or blocked?"
    )
    assert tell(3.6) == tell(4.4) == []
    assert len(tell(4.5)) == 1
    assert tell(4.6) == []


def test_what_nobody_set_a_limit_to_or_has_no_date_may_be_as_old_as_it_is(told):
    tell = told([Kept(source("yara"), "/r")], [[source("av")], [source("own", None)], []], own=1.0)
    assert tell(3000) == []


def test_each_folder_is_told_with_its_place(told):
    tell = told([Kept(source("yara", MADE), "/one", 7.0), Kept(source("yara"), "/two", 7.0)])
    assert [line.partition(":")[0] for line in tell(8)] == ["yara (/one)", "yara (/two)"]


def test_a_gauge_has_the_date_of_the_oldest_of_a_name(told):
    tell = told(
        [Kept(source("old-yara", MADE + 5), "/one"), Kept(source("old-yara", MADE - 5), "/two")],
        [[source("old-av", MADE + 7)], [source("undated", None)]],
    )
    tell(1)
    said = counters.counted()
    assert counters.SIGNATURES.labels("old-yara")._value.get() == MADE - 5
    assert counters.SIGNATURES.labels("old-av")._value.get() == MADE + 7
    assert "undated" not in said
