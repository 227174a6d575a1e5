"""Look at messages in files, without acting: for `inspect` and for `policy test`.

They go through the same workers behind the same wall as mail from the wire, and come
back in the order in which they were given, two looked at while one is shown.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from pratique.milter.assembly import programs_of, setup_of, worker_settings
from pratique.milter.config import Settings
from pratique.milter.content import content_of
from pratique.milter.engines.asked import Asked, asked
from pratique.milter.mail import CHUNK, Envelope
from pratique.milter.sent.our_mail import OurMail
from pratique.milter.wall.faults import NurseryLost
from pratique.milter.wall.workers import Workers, own_nursery
from pratique.scanners.facts_pb2 import Facts

STDIN = "-"


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of one file; `error` says why nothing is."""

    file: str
    milliseconds: float = 0.0
    facts: Facts = field(default_factory=Facts)
    error: str = ""


def messages_in(paths: Iterable[str]) -> list[str]:
    """The files that paths mean: folders are walked for *.eml, in order."""
    found: list[str] = []
    for path in paths:
        if path != STDIN and Path(path).is_dir():
            found.extend(sorted(str(file) for file in Path(path).rglob("*.eml")))
        else:
            found.append(path)
    return found


async def look(
    files: Sequence[str],
    settings: Settings,
    envelope: Envelope,
    stdin: Callable[[], bytes],
    our_mail: OurMail | None = None,
) -> AsyncIterator[Seen]:
    """See each file.  Raises NurseryUnfit or NurseryLost if no worker can be had."""
    setup = setup_of(settings)
    if our_mail is not None:
        # A ledger may be all that says who we are.
        setup.own_domains[:] = our_mail.domains
    workers = Workers(own_nursery(setup), worker_settings(settings), programs_of(settings))
    await workers.start()
    sees = await asked(workers, settings, our_mail=our_mail)
    ahead: asyncio.Queue[asyncio.Task[Seen]] = asyncio.Queue(settings.workers.count)

    async def begin() -> None:
        for number, file in enumerate(files, 1):
            # Each is a message of its own: what proves two bounces is used twice.
            own = replace(envelope, queue_id=f"{envelope.queue_id}-{number}")
            await ahead.put(asyncio.create_task(_see(sees, file, own, stdin)))

    beginning = asyncio.create_task(begin())
    try:
        for _ in files:
            yield await (await ahead.get())
    finally:
        beginning.cancel()
        if isinstance(sees, Asked):
            await sees.close()
        await workers.close()


async def _see(
    sees: Workers | Asked, file: str, envelope: Envelope, stdin: Callable[[], bytes]
) -> Seen:
    begun = time.monotonic()
    try:
        content = content_of([stdin()] if file == STDIN else _chunks(Path(file)))
    except OSError as error:
        return Seen(file, error=error.strerror or str(error))
    try:
        seen = await sees.inspect(content, envelope)
    except (NurseryLost, TimeoutError) as error:
        return Seen(file, error=f"not inspected: {str(error) or 'no worker was free'}")
    finally:
        content.close()
    return Seen(file, (time.monotonic() - begun) * 1000, seen)


def _chunks(path: Path) -> Iterable[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def facts_of(paths: Sequence[Path]) -> list[Facts]:
    """The facts of message files.  Raises OSError for one that cannot be seen."""
    envelope = Envelope(queue_id="test", received_at=datetime.now(UTC), door="test")
    files = [str(path) for path in paths]

    async def all_of_them() -> list[Seen]:
        return [seen async for seen in look(files, Settings(), envelope, lambda: b"")]

    seen = asyncio.run(all_of_them()) if files else []
    for one in seen:
        if one.error:
            raise OSError(f"{one.file}: {one.error}")
    return [one.facts for one in seen]
