"""Run a policy's tests before it is in force, in a process of their own.

Tests inspect messages, and conditions may run long, so neither happens in the supervisor's
loop.  The other process (trial_process.py) is a fresh Python that is handed the policy as it
was read, reports the results of its tests, and is killed with all that it has started when its
time is over.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Sequence
from dataclasses import dataclass

from pratique.milter.policy_file import PolicyFile
from pratique.milter.supervisor.charge import Policies

COMMAND = (sys.executable, "-I", "-X", "utf8", "-m", "pratique.milter.supervisor.trial_process")

# Python, the rules of the workers and a hundred messages take some seconds on a slow machine;
# the caller of `pratique reload` wants an answer, and a second try costs nothing.
TRIAL_SECONDS = 60.0

# Lines that are shown; `pratique policy test` shows all of them.
MOST_TOLD = 20

# A line of some 200 octets for each of twenty thousand tests.
MOST_OCTETS = 4 * 1024 * 1024


class TestsNotMet(Exception):
    """Tests of a policy fail, or could not be run."""

    # Not a test class of pytest.
    __test__ = False


class _TooMuch(Exception):
    """The process says more than we read."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Runs the tests of policies."""

    command: Sequence[str] = COMMAND
    seconds: float = TRIAL_SECONDS

    async def run(self, found: PolicyFile) -> int:
        """Return how many tests there are, all of them met.  Raises TestsNotMet."""
        process = await asyncio.create_subprocess_exec(
            *self.command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            # It starts workers, which are killed with it.
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(self.seconds):
                answer = await _answer(process, Policies(found).written())
        except _TooMuch:
            why = f"the process that runs them says more than {MOST_OCTETS} octets"
            raise TestsNotMet(f"{found.name}: its tests cannot be run: {why}") from None
        except TimeoutError:
            why = f"its tests take longer than {self.seconds:g} s, and were broken off"
            raise TestsNotMet(f"{found.name}: {why}") from None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            # asyncio also waits for the pipe, which it does not read while much is buffered.
            if process.stdout is not None:
                while await process.stdout.read(64 * 1024):
                    pass
            await process.wait()
        return _taken(found.name, answer, process.returncode)


async def _answer(process: Process, policy: bytes) -> bytes:
    """Return what a process answers to a policy, once it has ended.  Raises _TooMuch."""
    said, says = process.stdin, process.stdout
    assert said is not None, "it has pipes"
    assert says is not None, "it has pipes"
    # If it ended before it had read everything, its status says what is wrong.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        said.write(policy)
        await said.drain()
    said.close()
    answer = bytearray()
    while octets := await says.read(64 * 1024):
        answer += octets
        if len(answer) > MOST_OCTETS:
            raise _TooMuch
    await process.wait()
    return bytes(answer)


def _taken(name: str, answer: bytes, status: int | None) -> int:
    try:
        said = json.loads(answer)
        tests, unmet, cannot = int(said["tests"]), list(said["unmet"]), str(said["cannot"])
    except (ValueError, KeyError, TypeError):
        why = f"the process that runs them ended with status {status} and no answer"
        raise TestsNotMet(f"{name}: its tests cannot be run: {why}") from None
    if cannot:
        raise TestsNotMet(f"{name}: its tests cannot be run: {cannot}")
    if unmet:
        told = [str(line) for line in unmet[:MOST_TOLD]]
        more = [f"and {len(unmet) - MOST_TOLD} more"] if len(unmet) > MOST_TOLD else []
        number = f"{name}: {len(unmet)} of {tests} tests are not met:"
        raise TestsNotMet("\n".join([number, *told, *more]))
    return tests
