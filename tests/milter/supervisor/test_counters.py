"""What the doors have counted is added up, also for those that have ended."""

import json

from pratique.milter import counters
from pratique.milter.supervisor.counters import Totals


class Process:
    ended = False


def counted(times, family="pratique_messages", sample="pratique_messages_total"):
    labels = [["action", "accept"], ["door", "smtp"], ["outcome", "delivered"]]
    return json.dumps([[family, sample, labels, times]])


def lines(totals, restarts=None):
    return totals.text(restarts or {}).decode().splitlines()


LINE = 'pratique_messages_total{action="accept",door="smtp",outcome="delivered"}'


def test_what_a_process_says_again_is_counted_once():
    totals, process = Totals(), Process()
    for times in (1.0, 3.0, 3.0):
        totals.take(process, counted(times))
    assert f"{LINE} 3.0" in lines(totals)


def test_counters_of_processes_that_ended_are_kept():
    totals = Totals()
    for times in (2.0, 5.0):
        totals.take(Process(), counted(times))
    assert f"{LINE} 7.0" in lines(totals)


def test_the_messages_of_one_process_are_known():
    totals, process, other = Totals(), Process(), Process()
    totals.take(process, counted(3.0))
    totals.take(process, counted(5.0))
    totals.take(other, counted(7.0))
    totals.take(process, counted(5.0, "pratique_other", "pratique_other_total"))
    assert totals.messages(other) == 7
    assert totals.messages(Process()) == 0


def test_restarts_are_told_beside_them():
    assert 'pratique_door_restarts_total{door="smtp"} 3.0' in lines(Totals(), {"smtp": 3})


def test_what_a_door_counts_is_what_the_totals_take():
    counters.SECONDS.labels("aloud").observe(0.02)
    totals = Totals()
    totals.take(Process(), counters.counted())
    assert 'pratique_message_seconds_bucket{door="aloud",le="0.025"} 1.0' in lines(totals)
    assert 'pratique_message_seconds_count{door="aloud"} 1.0' in lines(totals)
    assert not [line for line in lines(totals) if "_created" in line]


def stated(value, engine="clamav", family="pratique_engine_proven"):
    return [family, family, [["engine", engine]], value]


def test_of_a_gauge_the_worst_that_a_living_process_knows_is_told():
    totals, well, ill = Totals(), Process(), Process()
    totals.take(well, json.dumps([stated(1.0), stated(1.0, "own")]))
    totals.take(ill, json.dumps([stated(0.0)]))
    assert 'pratique_engine_proven{engine="clamav"} 0.0' in lines(totals)
    assert 'pratique_engine_proven{engine="own"} 1.0' in lines(totals)
    # It is well again; said twice, it is no more.
    for _ in range(2):
        totals.take(ill, json.dumps([stated(1.0)]))
    assert 'pratique_engine_proven{engine="clamav"} 1.0' in lines(totals)


def test_what_a_process_knew_that_has_ended_is_told_no_more():
    totals, ill = Totals(), Process()
    totals.take(ill, json.dumps([stated(0.0)]))
    ill.ended = True
    assert not [line for line in lines(totals) if line.startswith("pratique_engine_proven{")]


def test_gauges_of_a_door_are_what_the_totals_take():
    counters.ENGINE_PROVEN.labels("aloud").set(True)
    counters.SIGNATURES.labels("aloud").set(1_795_363_079)
    totals, process = Totals(), Process()
    totals.take(process, counters.counted())
    assert 'pratique_engine_proven{engine="aloud"} 1.0' in lines(totals)
    assert 'pratique_signatures_timestamp_seconds{source="aloud"} 1.795363079e+09' in lines(totals)
