"""Many mails: memory that stays flat reaches the goal, memory that grows misses it."""

from types import ModuleType

import pytest

CHUNKS = [10_000 * number for number in range(1, 21)]


@pytest.fixture(scope="module")
def made(bench) -> ModuleType:
    return bench("peers_long")


def grown(octets: float, first: float = 0.0) -> list[tuple[int, int]]:
    """Figures after each chunk: so many octets stay of each mail, and more of the first ones."""
    return [(count, int(2e8 + octets * count + first * min(count, 20_000))) for count in CHUNKS]


@pytest.mark.parametrize(("octets", "word"), [(0, "reached"), (50, "reached"), (51, "MISSED")])
def test_memory_may_grow_by_the_limit_and_no_more(made, octets, word):
    points = grown(octets)
    assert made.verdict(points).startswith(f"- {word}: octets of PSS")
    assert made.failed(points, 0) == (word == "MISSED")


def test_what_is_laid_up_with_the_first_mails_is_no_growth(made):
    assert made.slope(grown(0, first=2000)) == pytest.approx(0)


def test_figures_that_tremble_are_no_growth(made):
    flat = enumerate(grown(0))
    trembling = [(count, octets + (-1) ** at * 2_000_000) for at, (count, octets) in flat]
    assert abs(made.slope(trembling)) < made.LIMIT


def test_too_few_figures_are_no_verdict_and_no_failure(made):
    few = grown(1000)[:4]
    assert made.verdict(few) == "- not measured: how memory grows, which takes 50,000 mails"
    assert not made.failed(few, 0)
    assert made.verdict(grown(1000)[:5]).startswith("- MISSED")


def test_mail_that_did_not_come_through_is_a_failure_of_its_own(made):
    assert made.failed(grown(0), 1)


class Server:
    """One process of a hundred MB."""

    def pss(self) -> int:
        return 100_000_000

    def pids(self) -> set[int]:
        return {1}


class Bench:
    """Takes all mail in a second but those that it shall lose."""

    def __init__(self, lost: int = 0) -> None:
        self.lost, self.asked, self.written = lost, [], []
        self.servers = {"pratique": Server()}

    def write(self, names, part):
        self.written.append(part)
        return dict.fromkeys(names, part)

    def run(self, _name, load):
        self.asked.append(load.most)
        counts = dict.fromkeys(("refused", "deferred", "broken", "twice"), 0)
        times = {"seconds": 1.0, "seconds_to_sink": 1.0}
        return {"accepted": load.most, "arrived": load.most, "lost": self.lost, **counts, **times}


def test_each_chunk_has_new_mail_and_a_line_with_the_memory(made, capsys):
    bench = Bench()
    assert not made.bring(bench, 23_000)
    assert bench.asked == [10_000, 10_000, 3_000]
    assert len(set(bench.written)) == 3
    lines = capsys.readouterr().out.split("\n")
    assert lines[0].startswith("limit: after the first 20,000 mails PSS grows by 50 octets")
    assert lines[4].split() == ["23000", "100.0", "1", "3000", "none"]
    assert lines[5].startswith("- not measured: how memory grows")


def test_a_lost_mail_fails_the_long_run(made, capsys):
    assert made.bring(Bench(lost=1), 10_000)
    assert "{'lost': 1}" in capsys.readouterr().out
