"""Write the whole report of the comparison: tables, verdicts, what was left out, memory."""

from dataclasses import dataclass
from pathlib import Path

from peers import mails
from peers.pratique import asks_clamd
from peers.running import Running
from peers_bounds import bounds
from peers_table import (
    PARTS,
    UNPACK,
    US,
    Record,
    latency,
    middles,
    rates,
    repeated,
    table,
)
from peers_table import memory as memory_verdicts

WORKERS = 2
WORKER_IDLE = 40e6  # beside what it shares with the nursery
NURSERY = "pratique.scanners.nursery"


@dataclass(frozen=True, slots=True)
class Used:
    """One process: what it is, its share of memory, and what it shares with nobody."""

    role: str
    pss: int
    private: int


def _sizes(pid: int) -> dict[str, int]:
    """The lines of /proc/PID/smaps_rollup, in octets (proc(5))."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    cut = (line.replace(":", "").split() for line in lines)
    return {name: int(size) * 1024 for name, size, _ in cut}


def _words(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")


def _role(pid: int) -> str:
    words = _words(pid)
    module = words[words.index("-m") + 1] if "-m" in words else "supervisor"
    if module != NURSERY:
        return module.rpartition(".")[2]
    # The name of a program may hold spaces: fields count from the last bracket.
    above = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]
    return "worker" if NURSERY in _words(int(above)) else "nursery"


def processes(server: Running) -> list[Used]:
    """The processes of ours, as they are now."""
    found = []
    for pid in sorted(server.pids()):
        try:
            sizes = _sizes(pid)
            private = sizes["Private_Clean"] + sizes["Private_Dirty"]
            found.append(Used(_role(pid), sizes["Pss"], private))
        except OSError:
            continue  # it has ended meanwhile
    return found


def _idle(used: list[Used]) -> list[str]:
    lines = ["## Memory of ours, idle", "", "| process | PSS MB | shared with nobody, MB |"]
    lines += ["|---|---|---|"]
    lines += [f"| {one.role} | {one.pss / 1e6:.1f} | {one.private / 1e6:.1f} |" for one in used]
    total = sum(one.pss for one in used)
    lines += [f"| all {len(used)} | {total / 1e6:.1f} | |", ""]
    most = max((one.private for one in used if one.role == "worker"), default=0)
    word = "reached" if most <= WORKER_IDLE else "MISSED"
    return [*lines, f"- {word}: a worker idle, MB: {most / 1e6:.1f} (at most 40)", ""]


def _tables(records: list[Record], part: str, us: str = US) -> list[str]:
    found = middles(records, part)
    return [table(mails.ALL[kind].title, peers, us) for kind, peers in found.items()]


def _in_flight(records: list[Record]) -> dict[str, int]:
    kinds = {record["kind"] for record in records}
    return {kind: mails.ALL[kind].connections for kind in kinds}


def report(records: list[Record], left_out: dict[str, str], idle: list[Used], skipped: int) -> str:
    """All of it, as Markdown."""
    main, same = middles(records, "main"), middles(records, "same")
    alone, half = (middles(records, part).get("4k", {}) for part in ("alone", "half"))
    said = ["# Pratique beside its peers", ""]
    said += [
        f"- left out: {name}: {' '.join(why.split())[-300:]}" for name, why in left_out.items()
    ]
    if skipped:
        said.append(f"- {skipped} runs were not begun: the time was used up (--minutes)")
    if not asks_clamd():
        said.append("- Pratique ran WITHOUT clamd: this build has no section [clamav]")
    failed = [record for record in records if "error" in record]
    said += [f"- failed: {each['part']} {each['kind']} {each['peer']}" for each in failed]
    said += ["", "## clamd's cache on, empty at the start of each run", ""]
    said += _tables(records, "main")
    said += ["## Verdict", "", *rates(main), *latency(alone, half)]
    said += [*memory_verdicts(main, _in_flight(records), WORKERS), *repeated(same), ""]
    if any(PARTS in peers for peers in main.values()):
        said += [f"## The same for {PARTS}", "", *rates(main, PARTS), ""]
    said += bounds(main) if main else []
    if same:
        said += [f"## One attachment again and again ({PARTS} against {', '.join(UNPACK)})", ""]
        said += _tables(records, "same", PARTS)
    for part, title in (("alone", "One connection"), ("half", "Half of the highest rate")):
        said += [f"## {title}", "", *_tables(records, part)] if middles(records, part) else []
    if off := _tables(records, "cache off"):
        said += ["## clamd's cache off", "", *off]
    return "\n".join([*said, *_idle(idle)]) if idle else "\n".join(said)
