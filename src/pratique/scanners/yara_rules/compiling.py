"""Compile one set of rules in a process that may die of it.

    pratique.scanners.yara_rules.compiling

`{"sources": {NAME: TEXT}, "seconds": 60}` comes on standard input.  A line of JSON goes to
standard output, `{"error": ""}` or what YARA says, and behind it what was compiled, as YARA
saves it.  A nursery starts two or three of these each time that rules are new, so nothing is
imported here that this does not need.
"""

import json
import resource
import signal
import sys
from typing import BinaryIO

import yara

# A hundred times what 5,000 rules take; a set that needs more ends here, and nowhere else.
MEMORY = 6 * 1024 * 1024 * 1024


def main(stdin: BinaryIO, stdout: BinaryIO) -> int:
    """Compile; gives the exit status."""
    limit()
    order = json.load(stdin)
    alarm(order["seconds"])
    try:
        compiled = yara.compile(sources=order["sources"], includes=False)
    except (yara.Error, MemoryError) as error:
        say(stdout, error=str(error) or "no memory is left")
        return 0
    say(stdout, error="")
    compiled.save(file=stdout)
    stdout.flush()
    return 0


def limit() -> None:
    """Have this process take so much memory, and leave no core behind."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def alarm(seconds: float) -> None:
    """End this process after so many seconds: nobody answers the signal."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)


def say(stdout: BinaryIO, **stated: object) -> None:
    """State something in a line, now: the next step may be the last."""
    stdout.write(json.dumps(stated).encode() + b"\n")
    stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.stdin.buffer, sys.stdout.buffer))
