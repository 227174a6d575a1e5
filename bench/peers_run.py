"""Measure Pratique and its peers in one run, in turns, and say which goals are reached.

    python bench/peers_run.py [--rounds N] [--peers a,b] [--kinds 4k,100k] [--out FILE.jsonl]

All servers run at the same time on the same two processors, and one of them gets mail.
Each record is written to FILE as soon as it is there, so a run that is broken off has
said what it knows; the tables follow at the end, and in FILE.md.  Needs root (Postfix),
gcc, clamd; README.md says what each peer needs.
"""

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

import peers_long
import peers_report
from peers import (
    amavis,
    bare,
    clamav_milter,
    fuglu,
    haraka,
    mails,
    mimedefang,
    postfix,
    pratique,
    rspamd,
)
from peers.running import NotStartedError
from peers_bench import Bench, Load
from peers_table import US, Record, answered, rate

PEERS = (
    pratique.PEER,
    rspamd.PEER,
    mimedefang.PEER,
    haraka.PEER,
    amavis.PEER,
    fuglu.PEER,
    clamav_milter.PEER,
    bare.PEER,
    pratique.PARTS,
    rspamd.PARTS,
)
PROCESSORS = 2
WARM_UP = 40  # mails that each peer gets before the first round


@dataclass(frozen=True, slots=True)
class Turn:
    """One run that is to be done."""

    part: str
    peer: str
    kind: str
    load: Load
    cache: bool = True
    primed: int = 0  # mails brought before, so that what is seen again has been seen


class Session:
    """What is measured, and how long it may take."""

    def __init__(self, bench: Bench, options: argparse.Namespace, out: TextIO) -> None:
        self.bench, self.options, self.out = bench, options, out
        self.records: list[Record] = []
        self.skipped = 0
        self.deadline = time.monotonic() + 60 * options.minutes

    def measure(self, turn: Turn) -> Record | None:
        """Do one run, if its peer still runs and there is time; write what came of it."""
        if turn.peer not in self.bench.peers:
            return None
        if time.monotonic() > self.deadline:
            self.skipped += 1
            return None
        found = self._found(turn)
        record: Record = {"part": turn.part, "kind": turn.kind, "peer": turn.peer, **found}
        self.records.append(record)
        self.out.write(json.dumps(record) + "\n")
        self.out.flush()
        show(record)
        return record

    def _found(self, turn: Turn) -> dict[str, object]:
        try:
            self.bench.clamd(cache=turn.cache)  # anew: it has seen none of this mail
        except NotStartedError as why:
            return {"error": str(why)}
        if turn.primed:
            first = replace(turn.load, most=turn.primed, connections=1)
            found = self.bench.run(turn.peer, first)
            if "error" in found:
                return found
        return self.bench.run(turn.peer, turn.load)

    def peers(self, turn: int) -> list[str]:
        """Those that take part, the other way round at every second turn."""
        names = list(self.bench.peers)
        return names[::-1] if turn % 2 else names

    def kinds(self) -> dict[str, mails.Kind]:
        """The kinds of mail that are asked for."""
        wanted = self.options.kinds.split(",") if self.options.kinds else list(mails.KINDS)
        return {name: mails.KINDS[name] for name in wanted}


def show(record: Record) -> None:
    """One line for whoever waits."""
    who = f"{record['part']:9} {record['kind']:9} {record['peer']:14}"
    if "error" in record:
        print(f"{who} FAILED: {record['error']}", file=sys.stderr, flush=True)
        return
    done = max(1, answered(record))
    cpu = " ".join(f"{k} {1e3 * v / done:.2f}" for k, v in record["cpu_seconds"].items())
    said = f"{rate(record):9.1f}/s  p50 {record['reply']['p50']:8.1f} ms  CPU ms {cpu}"
    amiss = {word: record[word] for word in ("lost", "twice", "deferred", "broken")}
    amiss = {word: count for word, count in amiss.items() if count}
    print(f"{who} {said} {amiss or ''} {record['first_refusal'][:60]}", file=sys.stderr, flush=True)


def rounds(session: Session) -> Iterator[Turn]:
    """The main part: each kind of mail through each peer, in turns."""
    for turn in range(session.options.rounds):
        part, kinds = str(turn), session.kinds()
        where = session.bench.write(list(kinds), part)
        for name, kind in kinds.items():
            load = Load(where[name], kind, session.options.seconds, kind.most)
            for peer in session.peers(turn):
                yield Turn("main", peer, name, load)


def without_cache(session: Session) -> Iterator[Turn]:
    """The same once, with clamd's cache off."""
    kinds = session.kinds()
    where = session.bench.write(list(kinds), "off")
    for name, kind in kinds.items():
        load = Load(where[name], kind, session.options.seconds / 2, kind.most)
        for peer in session.peers(0):
            yield Turn("cache off", peer, name, load, cache=False)


def repeated(session: Session) -> Iterator[Turn]:
    """One attachment in up to a thousand mails that differ."""
    where = session.bench.write(list(mails.SAME), "same")
    for name, kind in mails.SAME.items():
        load = Load(where[name], kind, session.options.seconds, 1000)
        for peer in session.peers(0):
            yield Turn("same", peer, name, load, primed=2)


def latency(session: Session) -> Iterator[Turn]:
    """4 KB over one connection; then at half of the highest rate of the main part."""
    kind = mails.KINDS["4k"]
    mail = session.bench.write(["4k"], "slow")["4k"]
    main = [each for each in session.records if each["part"] == "main" and each["kind"] == "4k"]
    for peer in session.peers(0):
        load = Load(mail, kind, session.options.seconds / 2, kind.most, connections=1)
        yield Turn("alone", peer, "4k", load)
        reached = [rate(one) for one in main if one["peer"] == peer and "error" not in one]
        if reached:
            load = Load(mail, kind, session.options.seconds, kind.most, rate=max(reached) / 2)
            yield Turn("half", peer, "4k", load)


PARTS = {"main": rounds, "latency": latency, "same": repeated, "off": without_cache}


def measure_all(bench: Bench, options: argparse.Namespace) -> None:
    """Warm up, measure all parts that are asked for, write the tables."""
    out = Path(options.out)
    with out.open("w") as file:
        session = Session(bench, options, file)
        warm = bench.write(["4k"], "warm")["4k"]
        for peer in session.peers(0):
            bench.run(peer, Load(warm, mails.KINDS["4k"], 5.0, WARM_UP))
        bench.settle()
        idle = peers_report.processes(bench.servers[US]) if US in bench.servers else []
        for name in options.parts.split(","):
            for turn in PARTS[name](session):
                session.measure(turn)
    told = peers_report.report(session.records, bench.left_out, idle, session.skipped)
    out.with_suffix(".md").write_text(told)
    print(told)


def arguments() -> argparse.Namespace:
    """What is asked for."""
    options = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    options.add_argument("--rounds", type=int, default=2, help="turns of each (default 2)")
    options.add_argument("--seconds", type=float, default=4.0, help="of sending, each run")
    options.add_argument("--minutes", type=float, default=16.0, help="then no further run begins")
    options.add_argument("--peers", default="", help="names, with commas; default: all installed")
    options.add_argument("--kinds", default="", help=f"of {','.join(mails.KINDS)}; default: all")
    options.add_argument("--parts", default=",".join(PARTS), help="default: all")
    options.add_argument("--out", default="bench-peers.jsonl", help="where the records go")
    options.add_argument("--messages", type=int, default=0, help="a long run of ours alone")
    asked = options.parse_args()
    for given, known in (
        (asked.peers, [each.name for each in PEERS]),
        (asked.kinds, list(mails.KINDS)),
        (asked.parts, list(PARTS)),
    ):
        if unknown := set(filter(None, given.split(","))) - set(known):
            options.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    return asked


def main() -> None:
    """Start everything, measure, print."""
    options = arguments()
    if why := "only root may start a Postfix" if os.geteuid() else postfix.missing():
        raise SystemExit(why)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # so that all servers are ended
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:PROCESSORS])
    wanted = options.peers.split(",") if options.peers else [each.name for each in PEERS]
    wanted = [US] if options.messages else wanted
    with Bench([each for each in PEERS if each.name in wanted]) as bench:
        for name, why in bench.left_out.items():
            print(f"left out: {name}: {why}", file=sys.stderr)
        if options.messages:
            sys.exit(peers_long.bring(bench, options.messages))
        else:
            measure_all(bench, options)


if __name__ == "__main__":
    main()
