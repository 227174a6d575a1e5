"""Check what the kernel must provide: confinement, sandboxes, memory.

Nothing is guessed from version numbers: a nursery is started as a service does it, one of its
workers gives up its rights and says by which means, and outside programs are rehearsed.
"""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from pratique.milter.assembly import programs_of, setup_of, worker_settings
from pratique.milter.config import Settings
from pratique.milter.doctor.line import Case, Line, ok, warning, wrong
from pratique.milter.supervisor.names import doors_of
from pratique.milter.wall.faults import NurseryLost, NurseryUnfit
from pratique.milter.wall.workers import Workers, own_nursery

_MEMORY = Path("/proc/meminfo")
# The limit of a container, or of a unit (MemoryMax=), from the kernel's control groups.
_GROUP = Path("/sys/fs/cgroup/memory.max")


async def workers(case: Case) -> AsyncIterator[Line]:
    """Check that rules, lists and scanners load, and that a worker is confined."""
    setup = setup_of(case.settings)
    # The service could not replace a cache written by the user who runs this, say root.
    setup.ClearField("rule_cache")
    one = worker_settings(case.settings)
    pool = Workers(own_nursery(setup), type(one)(1, one.seconds, one.retire_after, one.most_parts))
    try:
        confinement = await pool.start()
    except (NurseryUnfit, NurseryLost) as error:
        yield wrong(
            f"no worker starts: {'; '.join(str(error).splitlines())}",
            "`pratique config check`, `pratique scanner test`, `pratique rules check`; a kernel "
            "without landlock: workers.confinement = 'seccomp'",
        )
        return
    finally:
        await pool.close()
    yield ok(f"{len(pool.scanners)} scanners load, with their rules and lists")
    if case.settings.workers.confinement == "full":
        yield ok(f"workers are confined by {confinement}")
    else:
        yield warning(
            f"workers are confined by {confinement} alone", "workers.confinement = 'full'"
        )


async def programs(case: Case) -> AsyncIterator[Line]:
    """Check that outside programs work in bubblewrap."""
    if not case.settings.programs.use:
        yield ok("no outside program is to be run ([programs] use)")
        return
    said = await programs_of(case.settings).start()
    if said.startswith("unpacked") and ";" not in said:
        yield ok(said)
    else:
        yield warning(
            f"{said}: what only they open is held",
            "docs/deployment.md, 'Outside programs'; [programs] use = [] if it is meant",
        )


def memory(case: Case) -> Iterator[Line]:
    """Compare what workers may take with what there is."""
    yield of_memory(case.settings, _there())


def of_memory(settings: Settings, there: int) -> Line:
    """Judge it for this much memory."""
    doors = len(doors_of(settings))
    count = settings.workers.count * doors
    most = count * settings.workers.memory
    mb = 1024**2
    what = f"{count} workers may take {most // mb} MB, of {there // mb} MB that there are"
    if most > there:
        return warning(what, "a smaller workers.memory, fewer workers.count, or more memory")
    return ok(what)


def _there() -> int:
    lines = _MEMORY.read_text("ascii").splitlines()
    whole = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemTotal:"))
    try:
        group = _GROUP.read_text("ascii").strip()
    except OSError:
        return whole
    return min(whole, int(group)) if group.isdigit() else whole
