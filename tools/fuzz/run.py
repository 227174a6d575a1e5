"""Fuzz for some minutes: `make fuzz`, or `python -m fuzz.run --minutes 5 --into FOLDER`.

Half of the time every trial gets its turn, with one seed after the other; in the other
half atheris, where it is installed, has each reader for itself.  What goes wrong is made
small and written down: the sample, and beside it what is wrong with it and how it was
made.  Samples in tests/fuzz/found are tried by every run of the tests.
"""

import argparse
import hashlib
import importlib.util
import itertools
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from fuzz.alone import READERS, judge_alone
from fuzz.choices import Dice
from fuzz.trials import Outcome, Trial, name_of, smaller, trials

FOUND = Path(__file__).parents[2] / "tests/fuzz/found"
# Samples of one name that are kept; the others are counted.
KEPT = 3


def main() -> int:
    """Run, and say what was found."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--minutes", type=float, default=5.0)
    asked.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000_000)
    asked.add_argument("--into", type=Path, default=FOUND)
    asked.add_argument("--without-atheris", action="store_true")
    asked.add_argument("only", nargs="*", help="names of trials")
    asked_for = asked.parse_args()
    asked_for.into.mkdir(parents=True, exist_ok=True)
    every = trials()
    chosen = {name: every[name] for name in asked_for.only or every}
    seconds = asked_for.minutes * 60
    if asked_for.without_atheris or importlib.util.find_spec("atheris") is None:
        print("without atheris (.venv/bin/pip install atheris)")
        found = run(chosen, asked_for.seed, seconds, asked_for.into)
    else:
        found = run(chosen, asked_for.seed, seconds / 2, asked_for.into)
        found += guided([*chosen, "mime"], seconds / 2, asked_for.into)
    for name, count in found.most_common():
        print(f"{count:6} {name}")
    return 1 if found else 0


def run(chosen: dict[str, Trial], seed: int, seconds: float, into: Path) -> Counter[str]:
    """Try one after the other until the time is over; count what is found by its name."""
    found: Counter[str] = Counter()
    end = time.monotonic() + seconds
    tried = 0
    for number in itertools.count(seed):
        for who, trial in chosen.items():
            if time.monotonic() > end:
                print(f"{tried} tries from seed {seed} on")
                return found
            outcome = trial(Dice(number))
            tried += 1
            for name in {f"{who}: {name_of(wrong)}" for wrong in outcome.wrong}:
                found[name] += 1
                if found[name] <= KEPT:
                    keep(outcome, name, number, into)
    raise AssertionError("seeds do not end")


def keep(outcome: Outcome, name: str, number: int, into: Path) -> None:
    """Write a finding down."""
    octets = smaller(outcome, name.partition(": ")[2])
    sum_ = hashlib.sha256(octets).hexdigest()[:12]
    path = into / f"{name.partition(':')[0]}-{sum_}.{outcome.suffix}"
    path.write_bytes(octets)
    said = f"{name}\nseed {number}, {outcome.made_by}\n" + "\n".join(outcome.wrong) + "\n"
    path.with_suffix(path.suffix + ".txt").write_text(said, "utf-8")
    print(f"{path.name}: {name} (seed {number}, {len(octets)} octets)", flush=True)


def guided(names: list[str], seconds: float, into: Path) -> Counter[str]:
    """Give each reader its share of the time with atheris; it stops at its first finding."""
    readers = [name for name in names if name in READERS]
    found: Counter[str] = Counter()
    for name in readers:
        began = time.time()
        share = max(1, int(seconds / len(readers)))
        options = [f"-max_total_time={share}", f"-artifact_prefix={into}/{name}-", "-timeout=10"]
        command = [sys.executable, "-m", "fuzz.target", name, *options]
        ended = subprocess.run(command, check=False, capture_output=True, text=True)
        runs = [line for line in ended.stderr.splitlines() if line.startswith("Done ")]
        print(f"{name}: {runs[-1] if runs else f'ended with {ended.returncode}'}", flush=True)
        for sample in into.glob(f"{name}-*-*"):
            if sample.stat().st_mtime >= began and not sample.suffix:
                found[f"{name}: {keep_guided(name, sample)}"] += 1
    return found


def keep_guided(name: str, sample: Path) -> str:
    """Name what atheris kept like every other finding."""
    octets = sample.read_bytes()
    wrong = judge_alone(name, octets) or [f"stopped by {sample.name.split('-')[1]}"]
    path = sample.with_name(f"{name}-{hashlib.sha256(octets).hexdigest()[:12]}.alone")
    sample.rename(path)
    path.with_suffix(".alone.txt").write_text("\n".join(["atheris", *wrong]) + "\n", "utf-8")
    print(f"{path.name}: {wrong}", flush=True)
    return name_of(wrong[0])


if __name__ == "__main__":
    sys.exit(main())
