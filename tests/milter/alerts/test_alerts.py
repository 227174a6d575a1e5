"""Alerts: told once and in time, whatever comes, and never a line that a stranger wrote."""

import io
import json
import logging
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from pratique.milter import counters, logs
from pratique.milter.alerts.alerts import FLOODS, KINDS, Alerts, to_log
from pratique.milter.alerts.buckets import MemoryBuckets
from pratique.milter.alerts.bursts import Bursts
from pratique.milter.alerts.emergencies import Alert
from pratique.milter.alerts.lately import Lately, open_lately
from pratique.milter.became import Became
from pratique.milter.mail import Client, Envelope, Forward
from pratique.milter.next_hop import Reply
from pratique.milter.sections.bursts import BurstsSection
from pratique.scanners.facts_pb2 import Bounce, Facts, Finding

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOSTILE = 'x\r\n{"level": "alert"} \x1b[2J \u202e\x9b'
DAY = 86_400


def message(facts, seconds=0.0, **more):
    envelope = Envelope("Q1", NOON + timedelta(seconds=seconds), "x@example.org", **more)
    return Became(envelope, 1, 0.0, 0.1, facts, (), "reject", "a rule", Reply(550, ("no",)))


def worm(seconds=0.0, ip="192.0.2.7", name="Worm"):
    facts = Facts(findings=[Finding(name=name, severity="malicious")])
    return message(facts, seconds, client=Client(ip), direction="outbound")


class Door:
    """A door that counts bounces and tells alerts."""

    def __init__(self, lately):
        self.told = []
        section = BurstsSection()
        self.bursts = Bursts(lately, section, lambda _: True)
        self.alerts = Alerts(lately, section, [self.told.append])

    def bounce(self, seconds, address="ann@example.org"):
        envelope = message(None, seconds, recipients=(Forward(address),)).envelope
        facts = Facts(bounce=Bounce(claimed=True))
        self.bursts.state(facts, envelope)
        self.alerts.tell(message(facts, seconds, recipients=envelope.recipients))
        return facts.bounce

    def mail(self, seconds):
        self.alerts.tell(message(Facts(), seconds))

    def said(self):
        said, self.told[:] = [(one.state, one.since_last) for one in self.told], []
        return said


@pytest.fixture
def lately():
    return Lately(MemoryBuckets())


@pytest.fixture
def door(lately):
    return Door(lately)


# Once in ten minutes.


def test_the_same_is_told_once_in_ten_minutes_and_then_how_many_more(door):
    for second in range(600):
        door.alerts.tell(worm(second))
    assert door.said() == [("", 0)]
    door.alerts.tell(worm(600))
    assert door.said() == [("", 599)]
    door.alerts.tell(worm(5000))
    assert door.said() == [("", 0)]


def test_another_client_or_another_worm_is_told_at_once(door):
    for one in (worm(), worm(1, ip="192.0.2.8"), worm(2, name="Other"), worm(3)):
        door.alerts.tell(one)
    assert [(one.client_ip, one.findings) for one in door.told] == [
        ("192.0.2.7", ("Worm",)),
        ("192.0.2.8", ("Worm",)),
        ("192.0.2.7", ("Other",)),
    ]


def test_what_one_door_told_another_does_not_tell_again(tmp_path):
    doors = [Door(open_lately(tmp_path)) for _ in range(2)]
    for second, one in enumerate(doors * 3):
        one.alerts.tell(worm(second))
    assert [one.said() for one in doors] == [[("", 0)], []]
    doors[1].alerts.tell(worm(600))
    assert doors[1].said() == [("", 5)]


def test_all_receivers_are_told(lately):
    first, second = [], []
    Alerts(lately, BurstsSection(), [first.append, second.append]).tell(worm())
    assert [one.kind for one in first] == ["infected_client"]
    assert first == second


def test_mail_with_nothing_in_it_is_not_told(door):
    door.mail(0)
    assert door.told == []


# Floods.


@pytest.mark.slow
def test_a_flood_is_told_when_it_begins_each_day_and_at_its_end(door):
    for minute in range(60 * 50):
        door.bounce(60 * minute)
    assert door.said() == [("begins", 0), ("goes_on", 1439), ("goes_on", 1439)]
    last = 60 * (60 * 50 - 1)
    door.mail(last + 3599)
    assert door.said() == []
    door.mail(last + 3660)
    assert door.said() == [("ended", 60 * 50 - 10 - 1 - 2 * 1440)]
    door.mail(last + 99_999)
    assert door.said() == []


def test_a_flood_that_comes_back_begins_again(door):
    for second in range(20):
        door.bounce(second)
    door.mail(4000)
    for second in range(20):
        door.bounce(9000 + second)
    assert door.said() == [("begins", 0), ("ended", 9), ("begins", 0)]


def test_who_is_flooded_is_told_with_the_number(door):
    for second in range(11):
        door.bounce(second)
    (one,) = door.told
    assert (one.kind, one.whose, one.lately) == ("bounce_flood", "ann@example.org", 11)


def test_after_a_restart_the_next_bounce_tells_the_end(lately):
    before, after = Door(lately), Door(lately)
    for second in range(20):
        before.bounce(second)
    after.mail(8000)
    assert after.said() == []
    assert after.bounce(9000).lately == 1
    assert after.said() == [("ended", 9)]
    before.mail(9001)
    assert before.said() == [("begins", 0)]


def test_a_flood_that_goes_on_at_another_door_has_not_ended(lately):
    quiet, busy = Door(lately), Door(lately)
    for second in range(20):
        quiet.bounce(second)
    for minute in range(1, 120):
        busy.bounce(60 * minute)
    quiet.mail(60 * 119)
    assert (quiet.said(), busy.said()) == ([("begins", 0)], [])
    busy.mail(60 * 119 + 3600)
    assert busy.said() == [("ended", 9 + 119)]


@pytest.mark.slow
def test_floods_to_very_many_addresses_take_bounded_memory(door):
    for number in range(FLOODS + 1):
        for second in range(11):
            door.bounce(second, f"{number}@example.org")
    assert len(door.alerts._floods) == FLOODS
    assert [state for state, _ in door.said()] == ["begins"] * (FLOODS + 1)
    door.mail(3600 + 11)
    assert [state for state, _ in door.said()] == ["ended"] * FLOODS


@pytest.mark.slow
def test_ten_thousand_bounces_in_a_minute_are_one_line(door):
    stated = [door.bounce(number / 170) for number in range(10_000)]
    assert [one.lately for one in stated] == [*range(1, 10_001)]
    assert [one.flood for one in stated] == [False] * 10 + [True] * 9990
    assert door.said() == [("begins", 0)]
    assert len(door.alerts._floods) == 1


# What is written and counted.


def test_every_one_is_counted_also_those_that_are_not_told(door):
    counted = counters.ALERTS.labels("infected_client")._value
    before = counted.get()
    for second in range(5):
        door.alerts.tell(worm(second))
    assert counted.get() - before == 5


def test_each_kind_is_counted_from_nought():
    """Prometheus sees no increase of what is not there yet."""
    names = {one["kind"] for one in (labels for labels in samples())}
    assert names == {*KINDS}


def samples():
    return [
        sample.labels
        for family in counters.REGISTRY.collect()
        for sample in family.samples
        if sample.name == "pratique_alerts_total"
    ]


def line_of(formatter, alert):
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(formatter)
    logger = logging.getLogger("pratique.alert")
    logger.addHandler(handler)
    try:
        to_log(alert)
    finally:
        logger.removeHandler(handler)
    return out.getvalue()


def test_an_alert_is_one_line_of_json_with_its_facts():
    alert = Alert("infected_client", ("infected_client", "ann"), "ann", findings=("A", "B"))
    line = json.loads(line_of(logs.JsonLines(), alert))
    assert (line["level"], line["logger"], line["event"]) == ("alert", "pratique.alert", "alert")
    assert line["findings"] == ["A", "B"]
    assert "about" not in line
    assert list(line)[4:] == [
        *("kind", "whose", "queue_id", "mta_id", "client_ip", "client_name", "helo"),
        *("authenticated", "recipients", "lately", "findings", "families", "kinds", "rule"),
        *("action", "state", "since_last"),
    ]


@pytest.mark.parametrize("formatter", [logs.JsonLines(), logs.Words()])
def test_no_stranger_writes_a_line_of_the_log(formatter, lately):
    told = []
    hostile = Finding(name=HOSTILE, family=HOSTILE, severity="malicious")
    client = Client("192.0.2.7", HOSTILE, HOSTILE)
    recipients = (Forward(HOSTILE + "@example.org"),)
    became = message(
        Facts(findings=[hostile], bounce=Bounce(claimed=True, flood=True)),
        client=client,
        direction="outbound",
        recipients=recipients,
        authenticated=HOSTILE,
        mta_id=HOSTILE,
    )
    Alerts(lately, BurstsSection(), [told.append]).tell(became)
    assert [one.kind for one in told] == ["infected_client", "bounce_flood"]
    for one in told:
        line = line_of(formatter, one)
        assert line.endswith("\n")
        assert line[:-1].isprintable()
        # What docs/alerts.md says to look for.
        assert line.count('"level": "alert"') == (type(formatter) is logs.JsonLines)


def test_words_name_the_level():
    line = line_of(logs.Words(), Alert("burst_of_recipients", (), "ann", lately=301))
    assert " alert " in line
    assert "kind=burst_of_recipients whose=ann" in line


def test_an_alert_is_above_every_other_level():
    assert logs.ALERT > logging.CRITICAL


TELLS = """
from datetime import UTC, datetime
from pratique.milter import logs
from pratique.milter.alerts.alerts import to_log
from pratique.milter.alerts.emergencies import Alert
logs.set_up()
to_log(Alert("infected_client", (), "ann"))
"""


@pytest.mark.slow
def test_the_log_of_a_service_has_it_as_json():
    run = [sys.executable, "-c", TELLS]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    line = json.loads(done.stderr)
    assert (line["level"], line["kind"]) == ("alert", "infected_client")
