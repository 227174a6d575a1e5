"""Show what deciding costs a message that is live: rules, recipients and parts.

    python bench/policy_costs.py [--messages N] [--write]

Messages are those of journal_made.py as they are for 3 parts, and an archive of so many members
for 1,000 (a tenth of N messages); each row is of the same facts with so many recipients.  A
policy of 30 or 100 rules (policy_made.py) decides all of them, several times; the best round
counts, since what disturbs only makes it slower.  The time is CPU of this process, decoding of
the facts included, as a door does it; what a worker does is in the other tables.
"""

import argparse
import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import costs_page
import journal_made
import policy_made

from pratique.policies import danger
from pratique.policies.policy import Policy
from pratique.scanners import facts_pb2 as facts

MESSAGES = 400
ROUNDS = 7
RULES, RECIPIENTS, PARTS = (30, 100), (1, 10), (3, 1000)
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def messages(parts: int, count: int) -> list[bytes]:
    """The facts of so many messages with so many parts each, as they come from a worker."""
    made: list[bytes] = []
    number = 0
    while len(made) < count:
        number += 1
        _, known = journal_made.message(number, NOW)
        if parts > 100:
            _archive(random.Random(number), known, parts)
        elif len(known.parts) != parts:
            continue
        made.append(known.SerializeToString())
    return made


def _archive(chance: random.Random, known: facts.Facts, parts: int) -> None:
    """An archive of texts and documents, until there are so many parts."""
    while len(known.parts) < parts:
        number = len(known.parts)
        known.parts.add(
            id=number, parent=1, kind=chance.choice(("text", "document", "image")), depth=2,
            path=f"1/zip:{number}.txt", name=f"{chance.choice(journal_made.WORDS)}{number}.txt",
            type="text/plain", size=chance.randrange(10**6), sha256=chance.randbytes(32).hex(),
            inside=["message/rfc822", "application/zip"],
        )  # fmt: skip


def cost(policy: Policy, known: Sequence[bytes], recipients: int) -> float:
    """Microseconds of CPU a message, at best."""
    to = [
        facts.Recipient(address=f"r{number}@our.example", domain="our.example")
        for number in range(recipients)
    ]
    best = float("inf")
    for _ in range(ROUNDS):
        begun = time.process_time()
        for octets in known:
            policy.decide_all(danger.reduce(facts.Facts.FromString(octets)), to)
        best = min(best, time.process_time() - begun)
    return best / len(known) * 1e6


def told(count: int) -> str:
    """The table."""
    counts = {parts: count if parts < 100 else max(1, count // 10) for parts in PARTS}
    seen = {parts: messages(parts, counts[parts]) for parts in PARTS}
    policies = {}
    for rules in RULES:
        policies[rules] = Policy.load(policy_made.policy_text(rules))
    rows = []
    for parts in PARTS:
        for recipients in RECIPIENTS:
            figures = (cost(policies[rules], seen[parts], recipients) for rules in RULES)
            of = f"{parts:,} ({counts[parts]} messages)"
            rows.append([of, str(recipients), *(f"{one:,.0f}" for one in figures)])
    head = ("parts", "recipients", *(f"{rules} rules, µs" for rules in RULES))
    return f"{costs_page.machine()}\n\n{costs_page.table(head, rows)}"


def main() -> None:
    """Measure, and print or write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--messages", type=int, default=MESSAGES, help="a tenth of it, of 1,000 parts"
    )
    parser.add_argument("--write", action="store_true", help="into docs/costs.md")
    given = parser.parse_args()
    text = told(given.messages)
    print(text)
    if given.write:
        costs_page.write("policy", text)


if __name__ == "__main__":
    main()
