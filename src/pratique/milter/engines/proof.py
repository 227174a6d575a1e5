"""Try whether an engine finds what it must find, as each of them can be tried.

One that answers and finds nothing is down, whatever it says of mail: its database is empty,
half loaded, or not what it was.  Nothing that is remembered counts here: it is asked.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from pratique.milter.content import content_of
from pratique.milter.engines.engine import Proof, Said, Show
from pratique.milter.engines.proof_samples import Sample, samples
from pratique.milter.engines.troubles import Away, Closed, NoAnswer
from pratique.milter.mail import Content

# What a fact and a line of the log may have.
DETAIL = 300
# Raises Away, Closed or NoAnswer.
Look = Callable[[Content], Awaitable[Said]]


async def prove(show: Show, look: Look, seconds: float) -> Proof:
    """Show it the test files for what it is shown, each for so long.  Raises nothing."""
    missed, besides = list[str](), list[str]()
    for sample in samples(show):
        try:
            async with asyncio.timeout(seconds):
                why = await _missed(sample, look)
        except (Away, Closed, TimeoutError) as error:
            why = str(error) or f"no answer within {seconds:g} s"
            if sample.must:
                return Proof("away", f"{sample.name}: {why}"[:DETAIL])
            why = f"{sample.name}: {why}"
        if why:
            (missed if sample.must else besides).append(why)
    if missed:
        return Proof("missed", f"it does not find {'; '.join(missed)}"[:DETAIL])
    told = f"it need not find, and does not: {'; '.join(besides)}" if besides else ""
    return Proof("proven", told[:DETAIL])


async def _missed(sample: Sample, look: Look) -> str:
    """Which file it did not find, and why; empty if it did.  Raises Away or Closed."""
    with contextlib.closing(content_of([sample.octets])) as content:
        try:
            said = await _again(content, look)
        except NoAnswer as error:
            return f"{sample.name}: {error}"
    if said.findings:
        return ""
    why = said.detail or "; ".join(said.limits)
    return f"{sample.name}: {why}" if why else sample.name


async def _again(content: Content, look: Look) -> Said:
    """What it says, asked once more if the connection was closed, as kept ones are."""
    try:
        return await look(content)
    except Closed:
        return await look(content)
