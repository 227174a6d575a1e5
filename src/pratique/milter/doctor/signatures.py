"""Check the age of all signatures: this shows when their updates no longer come through.

For files (rules, lists) it is known at once; engines tell it when they are asked.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

from pratique.milter.doctor.line import Case, Line, ok, unseen, wrong
from pratique.milter.engines import ENGINES
from pratique.milter.engines.engine import Engine
from pratique.milter.sources import lists_of, rules_of
from pratique.scanners import facts_pb2 as facts

SECONDS = 12.0
_DO = "is its update running, and may it reach its source? (docs/signatures.md)"


def in_files(case: Case) -> Iterator[Line]:
    """Check rules and lists."""
    for kept in rules_of(case.settings):
        yield _aged(kept.source, kept.old_after_days, kept.where, case)
    for kept in lists_of(case.settings):
        # A list that is not built is reported elsewhere (own.py).
        if kept.source.version:
            yield _aged(kept.source, kept.old_after_days, kept.where, case)


async def of_engines(case: Case) -> AsyncIterator[Line]:
    """Check the databases of engines."""
    made = [engine for make in ENGINES for engine in make(case.settings)]
    for line in await asyncio.gather(*(_asked(engine, case) for engine in made)):
        # An engine that is away is reported elsewhere (engines.py).
        if line is not None:
            yield line


async def _asked(engine: Engine, case: Case) -> Line | None:
    name = f"{engine.name}: how old its signatures are"
    try:
        async with asyncio.timeout(SECONDS):
            words = await engine.start()
    except TimeoutError:
        return None
    finally:
        engine.close()
    if not engine.sources:
        return None if "not there" in words else unseen(name, "it does not tell")
    days = case.settings.clamav.old_after_days if engine.name == "clamav" else 0
    return _aged(engine.sources[0], days, "", case)


def _aged(source: facts.Source, days: float, where: str, case: Case) -> Line:
    name = " ".join(filter(None, (f"{source.name}:", source.version, where)))
    if not source.HasField("date"):
        return unseen(f"{name}: of when it is", "it has no date")
    age = case.now() - source.date.ToDatetime(case.now().tzinfo)
    told = f"{name}, {age.total_seconds() / 86400:.1f} days old"
    if age < timedelta(days=-1):
        return wrong(
            f"{name} is of a day to come, {source.date.ToDatetime():%Y-%m-%d}", "the clock"
        )
    if days and age > timedelta(days=days):
        return wrong(f"{told}; old after {days:g}", _DO)
    return ok(told if days else f"{told}; no limit is set (old_after_days)")
