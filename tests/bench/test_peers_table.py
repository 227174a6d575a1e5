"""The tables and verdicts of the comparison, from records as a run writes them."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

FILE = Path(__file__).resolve().parents[2] / "bench/peers_table.py"


@pytest.fixture(scope="module")
def made() -> SimpleNamespace:
    return SimpleNamespace(**runpy.run_path(str(FILE)))


def record(peer: str = "pratique", kind: str = "4k", **said: object) -> dict[str, object]:
    """One run: 100 mails in a second, all of them accepted, 1 ms of the filter for each."""
    run = {
        "part": "main",
        "peer": peer,
        "kind": kind,
        "accepted": 100,
        "refused": 0,
        "deferred": 0,
        "broken": 0,
        "arrived": 100,
        "lost": 0,
        "twice": 0,
        "octets": 400_000,
        "seconds": 1.0,
        "seconds_to_sink": 1.0,
        "reply": {"p50": 1.0, "p95": 2.0, "p99": 3.0},
        "cpu_seconds": {"filter": 0.1, "clamd": 0.05, "postfix": 0.2},
        "pss_idle": 100e6,
        "pss_peak": 110e6,
    }
    return run | said


def refused(peer: str, seconds: float = 1.0) -> dict[str, object]:
    """A run in which EICAR was refused each time."""
    counts = {"accepted": 0, "arrived": 0, "refused": 100}
    return record(peer, "eicar", **counts, seconds=seconds, seconds_to_sink=0.0)


def kinds(made: SimpleNamespace, *records: dict[str, object]) -> dict:
    return made.middles(records, "main")


def test_the_middle_of_several_runs_counts(made):
    runs = [record(seconds=taken, seconds_to_sink=taken) for taken in (1.0, 2.0, 10.0)]
    of = kinds(made, *runs)["4k"]["pratique"]
    assert (of.runs, of.rate) == (3, 50.0)
    assert of.cpu == {"filter": 1.0, "clamd": 0.5, "postfix": 2.0}
    assert of.reply == (1.0, 2.0, 3.0)


def test_what_arrives_later_than_it_is_accepted_counts_when_it_arrives(made):
    assert made.rate(record(seconds=1.0, seconds_to_sink=4.0)) == 25.0


def test_what_is_refused_never_arrives_and_counts_all_the_same(made):
    assert made.rate(refused("pratique", seconds=0.5)) == 200.0


def test_a_run_that_failed_and_another_part_are_left_out(made):
    failed = {"part": "main", "peer": "pratique", "kind": "4k", "error": "it has ended"}
    assert kinds(made, failed, record(part="same")) == {}


@pytest.mark.parametrize(
    ("run", "amiss"),
    [
        (record(), "none"),
        (refused("pratique"), "none"),
        (record(lost=2, twice=1), "2 lost, 1 twice"),
        (record(deferred=3), "3 deferred"),
        (record(accepted=99, refused=1), "1 wrongly refused"),
        (record(kind="eicar"), "100 wrongly accepted"),
        (record("none", "eicar"), "none"),
    ],
)
def test_what_should_not_have_happened_stands_in_the_table(made, run, amiss):
    (peers,) = kinds(made, run).values()
    assert made.table("mail", peers).split("\n")[-2].endswith(f"| {amiss} |")


def test_the_fastest_stands_first_with_our_ratio_to_it(made):
    slow, fast = record("amavis", seconds=4.0, seconds_to_sink=4.0), record("rspamd", seconds=0.5)
    peers = kinds(made, record(seconds=2.0, seconds_to_sink=2.0), slow, fast)["4k"]
    rows = [row.split(" | ") for row in made.table("mail", peers).split("\n")[4:-1]]
    assert [row[0] for row in rows] == ["| rspamd", "| pratique", "| amavis"]
    assert [row[3] for row in rows] == ["0.50", "1.00", "2.00"]


def test_one_that_has_no_postfix_before_it_has_no_cost_of_postfix(made):
    relay = record("haraka", cpu_seconds={"filter": 0.3, "clamd": 0.1})
    assert "| 3 / 1 / - |" in made.table("mail", kinds(made, relay)["4k"])


@pytest.mark.parametrize(("seconds", "word"), [(1.0, "reached"), (1.01, "MISSED")])
def test_a_goal_is_reached_at_its_number_and_missed_below(made, seconds, word):
    ours = record(seconds=seconds, seconds_to_sink=seconds)
    theirs = record("fuglu", seconds=4.0, seconds_to_sink=4.0)
    verdicts = made.rates(kinds(made, ours, theirs))
    assert next(line for line in verdicts if "fuglu" in line).startswith(f"- {word}: 4k: rate")


def test_a_peer_that_was_not_measured_is_not_judged(made):
    verdicts = made.rates(kinds(made, record()))
    assert verdicts == ["- MISSED: 4k: CPU ms a mail 1 (at most 0.6)"]


def test_that_nothing_was_measured_of_us_is_no_success(made):
    assert made.rates(kinds(made, record("rspamd"))) == [
        "- MISSED: 4k: nothing was measured of pratique"
    ]


def test_rates_are_judged_for_who_shows_clamd_parts_as_well(made):
    theirs, ours = record("rspamd"), record()
    found = kinds(made, ours, record("pratique-parts", seconds=0.5, seconds_to_sink=0.5), theirs)
    word = "rate against rspamd,"
    assert any(line.startswith(f"- MISSED: 4k: {word}") for line in made.rates(found))
    by_parts = made.rates(found, made.PARTS)
    assert any(line.startswith(f"- reached: 4k: {word} 2 ") for line in by_parts)


@pytest.mark.parametrize(("above", "word"), [(32.0e6, "reached"), (32.2e6, "MISSED")])
def test_memory_above_idle_is_held_against_the_octets_in_flight(made, above, word):
    run = record(pss_peak=100e6 + above)  # 16 mails of 4,000 octets, and 2 workers
    verdicts = made.memory(kinds(made, run), {"4k": 16}, 4)
    assert next(line for line in verdicts if "above idle" in line).startswith(f"- {word}")


def test_our_memory_is_at_most_a_third_of_fuglus(made):
    ours, theirs = record(kind="25m"), record("fuglu", "25m", pss_peak=330e6)
    verdicts = made.memory(kinds(made, ours, theirs), {"25m": 2}, 2)
    assert "- reached: 25m: peak of memory against FuGlu's 0.333 (at most 0.333)" in verdicts


def test_a_repeated_attachment_must_be_twice_as_fast_as_with_each_that_unpacks(made):
    ours = record("pratique-parts", "5m-same")
    others = [record(peer, "5m-same", seconds=2.0) for peer in ("rspamd", "clamav-milter")]
    assert made.repeated(kinds(made, ours, *others)) == [
        "- reached: 5m-same: rate against rspamd, 2 (at least 2)"
    ]


def test_times_to_our_reply_that_were_not_measured_are_said_not_to_be(made):
    theirs = {"rspamd": kinds(made, record("rspamd"))["4k"]["rspamd"]}
    assert made.latency(theirs, {}) == [
        "- not measured: p50 at one connection",
        "- not measured: p99 at half load",
    ]


def test_the_times_to_our_reply_are_judged(made):
    slow = {
        "pratique": kinds(made, record(reply={"p50": 2.1, "p95": 9, "p99": 25}))["4k"]["pratique"]
    }
    assert made.latency(slow, slow) == [
        "- MISSED: p50 at one connection, ms 2.1 (at most 2)",
        "- reached: p99 at half load, ms 25 (at most 25)",
    ]
