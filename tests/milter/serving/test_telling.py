"""Everybody is told what became of a message; what was lost on the way is counted."""

import logging
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pratique.milter import counters
from pratique.milter.became import Became
from pratique.milter.journal.entry import PolicyText
from pratique.milter.mail import Envelope, Forward
from pratique.milter.next_hop import Reply
from pratique.milter.sent.our_mail import OurMail
from pratique.milter.sent.stated import StatedLedger
from pratique.milter.serving.telling import everybody, journal_of, ledger_of, log_of
from pratique.scanners.facts_pb2 import Facts

KEPT = PolicyText("mine.toml", "a hash", "the text")
ENVELOPE = Envelope("Q1", datetime(2026, 11, 22, tzinfo=UTC))
BECAME = Became(
    ENVELOPE, 9, 1.0, 1.25, Facts(), (), "quarantine", "a rule", Reply(250, ("ok",)), "K1"
)


class Journal:
    dropped = troubles = 0

    def __init__(self):
        self.entries = []

    def write(self, entry):
        self.entries.append(entry)


class Lossy(StatedLedger):
    dropped = troubles = 0


def value(name):
    return counters.REGISTRY.get_sample_value(name)


def test_all_are_told_in_their_order():
    told = []
    everybody(lambda one: told.append(("first", one)), lambda one: told.append(("last", one)))(
        BECAME
    )
    assert told == [("first", BECAME), ("last", BECAME)]


def test_the_journal_keeps_what_became_of_a_message_and_the_policy_that_decided():
    journal = Journal()
    journal_of(journal, KEPT)(BECAME)
    (entry,) = journal.entries
    assert (entry.action, entry.outcome, entry.rule) == ("quarantine", "held", "a rule")
    assert (entry.held_as, entry.milliseconds, entry.policy) == ("K1", 250.0, KEPT)


def test_what_the_journal_loses_is_counted_once():
    journal, before = Journal(), value("pratique_journal_lost_total")
    tell = journal_of(journal, KEPT)
    tell(BECAME)
    journal.dropped, journal.troubles = 2, 1
    tell(BECAME)
    tell(BECAME)
    assert value("pratique_journal_lost_total") - before == 2


def test_what_the_ledger_loses_is_counted_once():
    ledger = Lossy()
    before = value("pratique_ledger_lost_total"), value("pratique_ledger_troubles_total")
    tell = ledger_of(OurMail(ledger, ("example.org",)))
    tell(BECAME)
    for dropped, troubles in ((3, 1), (3, 1), (5, 1)):
        ledger.dropped, ledger.troubles = dropped, troubles
        tell(BECAME)
    now = value("pratique_ledger_lost_total"), value("pratique_ledger_troubles_total")
    assert (now[0] - before[0], now[1] - before[1]) == (5, 1)


def test_without_a_ledger_nothing_is_counted():
    before = value("pratique_ledger_lost_total")
    ledger_of(None)(BECAME)
    assert value("pratique_ledger_lost_total") == before


@pytest.mark.parametrize(("privacy", "named"), [("plain", "<ann@x.example>"), ("hashed", "1")])
def test_the_log_names_those_whom_the_journal_names(privacy, named, caplog):
    recipients = (Forward("ann@x.example"), Forward("bob@x.example"))
    became = replace(
        BECAME,
        envelope=replace(ENVELOPE, recipients=recipients),
        outcomes=("delivered", "held"),
    )
    with caplog.at_level(logging.INFO, "pratique.message"):
        log_of(privacy)(became)
    (written,) = [one.fields for one in caplog.records]
    assert written["recipients"].split()[0] == named
