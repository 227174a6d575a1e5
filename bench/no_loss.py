"""Kill -9 anything at random moments under load, and see that no mail is lost.

    python bench/no_loss.py [--kills 500] [--seed N] [--out FOLDER]

One service is a milter behind a real Postfix and an SMTP relay (no_loss_house.py).  Clients
send without a pause, each message until it is taken or refused for good.  Meanwhile one of the
kinds in KILLS is killed at a time, in an order that the seed gives; between two kills the next
hop answers 4yz or 5yz, is late, or hangs up, at some stage of a transaction, and now and then
the disk is full.  In the end each message that was answered 250 must be, for each of its
recipients, delivered or held.  Status 1 where one is not, or where anything else is amiss:
a message damaged, let out, held without a reason, or twice without a try that explains it.

A row says how many messages were under way when it was done, and how long it took until a
message that was begun later had been answered 250, and another one delivered, at both
entrances.  That depends on the machine; who starts a supervisor again here waits for nothing.
"""

import argparse
import itertools
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from no_loss_house import NO_LOSS, House, house
from no_loss_table import (
    Double,
    Event,
    Found,
    all_explained,
    failed,
    of_hop,
    our_lines,
    postfix_lines,
    report,
)

# What is killed, and how often: a door or a worker dies more easily than a supervisor.
KILLS = {
    "supervisor": 1,
    "everything": 1,
    "door": 3,
    "milter": 3,
    "nursery": 2,
    "worker": 3,
    "next hop": 3,
    "clamd": 2,
}
FULL_DISK, FAULT = "full disk", "next hop at fault"
# A fault of a next hop comes after each so many kills, a full disk after so many.
FAULT_EACH, FULL_EACH = 2, 25
# A message takes some ten milliseconds: a kill comes at any of its steps.
STEPS = 0.03


def shuffled(kills: int, chance: random.Random) -> Iterator[str]:
    """So many kills: each kind as often as it weighs, in an order that chance gives."""
    deck = [name for name, weight in KILLS.items() for _ in range(weight)]
    decks = (chance.sample(deck, len(deck)) for _ in itertools.count())
    return itertools.islice(itertools.chain.from_iterable(decks), kills)


def course(kills: int, chance: random.Random, *, can_fill: bool) -> Iterator[str]:
    """All that is to be done, one after the other."""
    for number, name in enumerate(shuffled(kills, chance), 1):
        yield name
        if number % FAULT_EACH == 0:
            yield FAULT
        if can_fill and number % FULL_EACH == min(kills, FULL_EACH) // 2:
            yield FULL_DISK


def do(house: House, name: str) -> Event:
    """Do this amid the load, and wait until mail goes on."""
    chance = house.chance
    house.await_mail(chance.randrange(1, 12))
    house.milter.stop.wait(chance.random() * STEPS)
    at, under_way, begun = time.time(), house.under_way(), time.monotonic()
    house.do(name)
    # The disk stays full until this was noticed: only then can mail go on.
    begun = time.monotonic() if name == FULL_DISK else begun
    house.await_going_on(begun)
    return Event(name, at, under_way, time.monotonic() - begun)


def storm(house: House, kills: int) -> Iterator[Event]:
    """Do all of it."""
    for name in course(kills, house.chance, can_fill=house.milter.mounted):
        event = do(house, name)
        print(f"{name:18} {event.under_way:3} under way, {event.seconds:6.2f} s", file=sys.stderr)
        yield event


def faults(house: House, reckonings: dict[str, Any]) -> list[str]:
    """In words: what must not be, besides what is lost."""
    found = [f"Postfix bounced: {line}" for line in house.bounces()]
    for entrance, reckoning in reckonings.items():
        try:
            reckoning.check()
        except AssertionError as why:
            found.append(f"{entrance}: {why}")
    return found


def doubles(house: House, reckonings: dict[str, Any]) -> Iterator[Double]:
    """What was delivered or held twice, each with the line that tells why."""
    ours = our_lines(house.service.log())
    theirs = postfix_lines(house.place.relay.log(), time.localtime().tm_year)
    # Behind the milter Postfix sends, and for some recipients the service itself.
    lines = {"milter": theirs + ours, "smtp": ours}
    for entrance in house.entrances:
        unheard = [client.heard.unclear_at for client in entrance.clients]
        near = of_hop(lines[entrance.name], entrance.next_hop.port)
        delivered, held = reckonings[entrance.name].doubles()
        counted = [
            (
                Double(*one, entrance.name, more, how),
                [at for each in unheard for at in each[one[0]]],
            )
            for how, found in (("delivered", delivered), ("held", held))
            for one, more in sorted(found.items())
        ]
        yield from all_explained(counted, near)


def lost(house: House, reckonings: dict[str, Any]) -> Iterator[tuple[int, str, float]]:
    """What was answered 250 and is nowhere, and when it was answered."""
    for entrance in house.entrances:
        taken = [client.heard.taken_at for client in entrance.clients]
        for number, recipient in reckonings[entrance.name].missing():
            yield number, recipient, max(each.get(number, 0.0) for each in taken)


def found(house: House, events: list[Event], unfinished: str) -> Found:
    """All that is known at the end."""
    reckonings = house.reckonings()
    notes = [] if house.milter.mounted else [f"{FULL_DISK}: left out, nobody may mount one here"]
    return Found(
        events,
        list(lost(house, reckonings)),
        list(doubles(house, reckonings)),
        [unfinished] * bool(unfinished) + faults(house, reckonings),
        {name: one.figures() for name, one in reckonings.items()},
        notes,
    )


def run(house: House, kills: int) -> Found:
    """The whole run; a run that breaks off is reckoned up as well, and has failed."""
    events: list[Event] = []
    unfinished = ""
    try:
        house.start()
        events.extend(storm(house, kills))
        house.settle()
    except (AssertionError, TimeoutError) as why:
        unfinished = f"broken off: {why}"
    return found(house, events, unfinished)


def keep(house: House, out: Path, told: str) -> None:
    """Keep the report and both logs: whoever finds a loss wants them."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "report.md").write_text(told)
    for log in (house.service.folder / "log", house.place.relay.folder / "maillog"):
        if log.exists():
            shutil.copy(log, out / log.name)


def arguments() -> argparse.Namespace:
    """What is asked for."""
    options = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    options.add_argument("--kills", type=int, default=500, help="how many (default 500)")
    options.add_argument("--seed", type=int, default=NO_LOSS.SEED, help="which, and in which order")
    options.add_argument("--out", type=Path, default=Path("var/no-loss"), help="report and logs")
    options.add_argument(
        "--next-hop",
        default=NO_LOSS.HOP.PROGRAM,
        metavar="FILE",
        help="another program in place of both next hops: one that loses mail must be found",
    )
    return options.parse_args()


def main() -> int:
    """Run it, print the report; 1 if anything is lost or otherwise amiss."""
    options = arguments()
    if os.geteuid():
        raise SystemExit("only root may start a Postfix")
    for program, package in (("postfix", "postfix"), ("clamd", "clamav-daemon")):
        if not shutil.which(program):
            raise SystemExit(f"Debian's package {package} is not installed")
    # So that all servers are ended, and the disk is taken away.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    with house(options.next_hop) as made:
        made.chance.seed(options.seed)
        result = run(made, options.kills)
        told = report(result)
        keep(made, options.out, told)
    print(told)
    return failed(result)


if __name__ == "__main__":
    sys.exit(main())
