"""Show what a named list of a million entries costs: to load, to hold and to look into.

    python bench/named_lists.py [--entries COUNT] [--write]

For each kind a policy with one such list is loaded in a process of its own, as a door loads it,
and asked about messages that are on the list and about others.  Seconds and microseconds are
CPU time.  Memory is what the process has more than before (VmRSS in /proc/PID/status), once
the text that it was handed is gone, and at most meanwhile (VmHWM).  The question is the whole
verdict of a policy of two rules, so the line of an empty list tells what of it is the list's.
`--write` puts the table into docs/costs.md.
"""

import argparse
import gc
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import costs_page

from pratique.policies.policy import Policy
from pratique.policies.written.beside import Beside
from pratique.scanners import facts_pb2 as facts

ENTRIES, ASKED, SEED = 1_000_000, 20_000, 4711
KINDS = ("addresses", "domains", "networks", "hashes")
# A hash has 65 octets with its line end, and all lists of a policy 48 MB.
MOST_HASHES = 700_000
FIELDS = {
    "addresses": "auth.authenticated_as",
    "domains": "domain_of(auth.authenticated_as)",
    "networks": "envelope.client.ip",
    "hashes": "mail.sha256",
}
# What is on no list.
OTHER = {
    "addresses": "nobody@other.example",
    "domains": ".mail.other.example",
    "networks": "198.51.100.1",
    "hashes": "0" * 64,
}
POLICY = """
[[list]]
name = "million"
kind = "{kind}"
file = "million.txt"
owner = "bench"
reason = "costs"

[[rule]]
name = "on the list"
when = 'in_list({field}, "million")'
actions = ["accept"]

[[rule]]
name = "all other mail"
actions = ["accept"]
"""


def entries(kind: str, count: int) -> Iterator[str]:
    """Entries of a list, the same ones each time."""
    chance = random.Random(SEED)
    for number in range(count):
        if kind == "addresses":
            yield f"person{chance.randrange(10**6)}.{number}@company{number % 9000}.example"
        elif kind == "domains":
            yield f".company{number}.part{number % 90}.example"
        elif kind == "networks":
            yield f"{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}.{chance.randrange(256)}"
        else:
            yield f"{chance.getrandbits(256):064x}"


def message(kind: str, entry: str) -> facts.Facts:
    """A message that is on a list of that kind for this entry."""
    known = facts.Facts(parts=[facts.Part(kind="text")])
    if kind == "networks":
        known.envelope.client.ip = entry
    elif kind == "hashes":
        known.mail.sha256 = entry
    else:
        known.auth.authenticated_as = entry if kind == "addresses" else f"ann@mx{entry}"
    return known


def memory() -> tuple[float, float]:
    """What this process has now, and had at most; MB."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    found = dict(line.split(":", 1) for line in lines)
    now, most = (int(found[key].split()[0]) / 1000 for key in ("VmRSS", "VmHWM"))
    return now, most


def lines_of(text: str) -> Iterator[str]:
    """Some lines, without all of them."""
    chance = random.Random(SEED)
    for _ in range(ASKED if text else 0):
        begins = text.rfind("\n", 0, chance.randrange(len(text))) + 1
        yield text[begins : text.index("\n", begins)]


def microseconds(policy: Policy, messages: Sequence[facts.Facts]) -> float:
    """CPU time of a verdict about one of these."""
    nobody = facts.Recipient()
    begun = time.process_time()
    for known in messages:
        policy.decide(known, nobody)
    return (time.process_time() - begun) / len(messages) * 1e6


def policy_of(kind: str, text: str) -> Policy:
    """A policy that asks for a list with that text."""
    written = POLICY.format(kind=kind, field=FIELDS[kind])
    return Policy.load(written, beside=Beside(lists={"million.txt": text}))


def measure(kind: str, file: str) -> dict[str, float]:
    """What the list in that file costs, in this process."""
    policy_of(kind, "")
    before = memory()[0]
    text = Path(file).read_text("utf-8")
    size = len(text) / 1e6
    begun = time.process_time()
    policy = policy_of(kind, text)
    seconds = time.process_time() - begun
    chosen = list(lines_of(text))
    del text
    gc.collect()
    now, most = memory()
    known = message(kind, OTHER[kind])
    return {
        "MB": size, "seconds": seconds, "holds": now - before, "most": most - before,
        "on": microseconds(policy, [message(kind, one) for one in chosen]) if chosen else 0.0,
        "other": microseconds(policy, [known] * ASKED),
    }  # fmt: skip


def measured(kind: str, count: int, folder: Path) -> dict[str, float]:
    """The same in a process of its own."""
    file = folder / f"{kind}-{count}.txt"
    file.write_text("".join(f"{one}\n" for one in entries(kind, count)), "utf-8")
    told = subprocess.run(
        [sys.executable, __file__, "--measure", kind, str(file)],
        check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    found: dict[str, float] = json.loads(told.stdout)
    return found


def row(name: str, found: dict[str, float]) -> list[str]:
    """A line of the table."""
    return [name, *(costs_page.number(value) if value else "-" for value in found.values())]


def main(words: Sequence[str]) -> None:
    """Measure, print, and write where that is wanted."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--entries", type=int, default=ENTRIES)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args(words)
    if options.measure:
        print(json.dumps(measure(*options.measure)))
        return
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        rows.append(row("none", measured("addresses", 0, Path(folder))))
        for kind in KINDS:
            count = min(options.entries, MOST_HASHES if kind == "hashes" else options.entries)
            rows.append(row(f"{count:,} {kind}", measured(kind, count, Path(folder))))
    head = (
        "entries", "MB of text", "seconds to load", "MB held", "MB at most",
        "µs a verdict, on the list", "µs a verdict, not on it",
    )  # fmt: skip
    text = f"{costs_page.machine()}\n\n{costs_page.table(head, rows)}"
    print(text)
    if options.write:
        page = costs_page.PAGE.read_text("utf-8")
        costs_page.PAGE.write_text(costs_page.put(page, "lists", text), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
