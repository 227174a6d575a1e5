"""Measure Pratique beside a stock aiosmtpd relay, in turns, and print the medians."""

import argparse
import asyncio
import statistics
from collections.abc import Callable

import memory
import messages
from load import Run, send_all
from servers import Servers, servers

CONNECTIONS = 8
SIZES: dict[str, tuple[Callable[[int], bytes], int]] = {
    "4 KB": (messages.text, 400),
    "100 KB": (messages.with_attachment, 160),
}


def in_turns(there: Servers, content: list[bytes], rounds: int) -> dict[str, list[Run]]:
    """Send the same messages to both, first the one, then the other, several times."""
    ports = {"pratique": there.pratique, "relay": there.relay}
    runs: dict[str, list[Run]] = {name: [] for name in ports}
    for port in ports.values():
        asyncio.run(send_all(port, content[: 4 * CONNECTIONS], CONNECTIONS))  # warm up
    for turn in range(rounds):
        for name in sorted(ports, reverse=bool(turn % 2)):
            runs[name].append(asyncio.run(send_all(ports[name], content, CONNECTIONS)))
    return runs


def rates(there: Servers, rounds: int) -> None:
    """Print rate and percentiles of both at each size."""
    print(f"{'size':8}{'through':10}{'messages/s':>12}{'p50 ms':>9}{'p99 ms':>9}")
    for size, (make, count) in SIZES.items():
        runs = in_turns(there, [make(number) for number in range(count)], rounds)
        middle = {name: statistics.median(run.rate for run in runs[name]) for name in runs}
        for name, rate in middle.items():
            half, most = (
                statistics.median(run.percentile(share) for run in runs[name])
                for share in (0.5, 0.99)
            )
            print(f"{size:8}{name:10}{rate:12.0f}{half:9.1f}{most:9.1f}")
        print(f"{size:8}{'ratio':10}{middle['pratique'] / middle['relay']:12.2f}")


def large(there: Servers, rounds: int) -> None:
    """Print the time of one message of 25 MB on each way, and our peak of memory."""
    content = [messages.large(0)]
    ports = {"pratique": there.pratique, "relay": there.relay, "straight": there.sink}
    times: dict[str, list[float]] = {name: [] for name in ports}
    idle, peak = memory.pss(there.pid), 0
    for _ in range(rounds):
        for name, port in ports.items():
            with memory.Peak(there.pid) as watched:
                times[name].append(asyncio.run(send_all(port, content, 1)).each[0])
            peak = max(peak, watched.octets)
    middle = {name: statistics.median(taken) for name, taken in times.items()}
    print(f"\n{len(content[0]) / 1e6:.1f} MB, one connection: seconds for the transaction")
    for name, seconds in middle.items():
        more = seconds - middle["relay"]
        print(f"  {name:10}{seconds:7.2f}" + (f"  ({more:+.2f} s)" if name == "pratique" else ""))
    print(f"memory of pratique, {len(memory.tree(there.pid))} processes (PSS):")
    print(f"  {idle / 1e6:.0f} MB before, {peak / 1e6:.0f} MB at the peak")


def main() -> None:
    """Run both measurements."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5, help="turns of each (default 5)")
    rounds = options.parse_args().rounds
    with servers() as there:
        rates(there, rounds)
        large(there, rounds)


if __name__ == "__main__":
    main()
