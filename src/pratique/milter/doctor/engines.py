"""Check each engine: whether it answers, and finds what it must find."""

import asyncio
from collections.abc import AsyncIterator

from pratique.milter.doctor.line import Case, Line, ok, unseen, wrong
from pratique.milter.engines import ENGINES
from pratique.milter.engines.engine import Engine

# For connecting, and then for scanning three small files.
SECONDS = 12.0


async def engines(case: Case) -> AsyncIterator[Line]:
    """Report what each of them says of itself, and finds."""
    made = [engine for make in ENGINES for engine in make(case.settings)]
    if not made:
        yield ok("none is configured: Pratique looks at mail alone")
    for lines in await asyncio.gather(*map(_looked, made)):
        for line in lines:
            yield line


async def _looked(engine: Engine) -> list[Line]:
    try:
        async with asyncio.timeout(SECONDS):
            return await _asked(engine)
    except TimeoutError:
        return [_wrong(engine, f"no answer within {SECONDS:g} s")]
    finally:
        engine.close()


async def _asked(engine: Engine) -> list[Line]:
    words = await engine.start()
    if words.startswith(f"{engine.name}: not there"):
        return [_wrong(engine, words.partition(": ")[2])]
    lines = [ok(words)]
    proof = await engine.prove()
    match proof.state:
        case "proven":
            lines.append(ok(f"{engine.name}: finds the test files; {proof.detail}".rstrip("; ")))
        case "exempt":
            why = proof.detail or "it is not asked for test files (self_test = false)"
            lines.append(unseen(f"{engine.name}: whether it finds anything", why))
        case "missed":
            lines.append(
                wrong(
                    f"{engine.name}: {proof.detail}",
                    "see to its signatures; self_test = false for one that knows no test files",
                )
            )
        case "away":
            lines.append(_wrong(engine, proof.detail))
    return lines


def _wrong(engine: Engine, why: str) -> Line:
    return wrong(
        f"{engine.name}: {why}",
        "start it, or mend its address; until then the policy decides what becomes of each "
        "message (docs/engines.md)",
    )
