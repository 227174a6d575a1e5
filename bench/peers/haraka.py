"""Set up Haraka as a relay: two workers, `attachment` and `clamd`, on to the sink at once."""

import json
import os
from pathlib import Path

from peers.peer import Command, Peer, Place

# What the plugins need from npm lies here (see README.md).
HOME = Path(os.environ.get("PRATIQUE_BENCH_HARAKA", "var/bench/haraka")).resolve()
PACKAGES = HOME / "node_modules"
LARGEST = 104857600
CONFIG = {
    "me": "filter.bench.example\n",
    "host_list": "sink.example\n",
    "smtp.ini": "listen=127.0.0.1:{port}\nnodes=2\nspool_dir={spool}\n[headers]\nmax_lines=5000\n",
    "smtp_forward.ini": "host=127.0.0.1\nport={sink}\n",
    "plugins": "rcpt_to.in_host_list\nattachment\nclamd\nqueue/smtp_forward\n",
    "clamd.ini": "clamd_socket={clamd}\nmax_size={largest}\n[reject]\nvirus=true\nerror=true\n",
    "attachment.ini": "timeout=30\ndisallowed_extensions=exe,pif,scr,vbs\n[archive]\nmax_depth=10\n"
    "max_total_entries=5000\nextensions=zip,tar,tgz,taz,z,gz,rar,7z\n",
    "databytes": "{largest}\n",
    "log.ini": "level=WARN\n",
}


def _connection_ini() -> str:
    """Haraka's own file, its limits raised: without its [message] section 3.3.3 crashes."""
    shipped = (PACKAGES / "Haraka/config/connection.ini").read_text().splitlines()
    limits = {"bytes": f"bytes={LARGEST}", "max_lines": "max_lines=5000"}
    return "\n".join(limits.get(line.partition("=")[0], line) for line in shipped) + "\n"


def prepare(place: Place) -> tuple[Command, ...]:
    """Write its folder of configuration; what to run."""
    config = place.own("config")
    words = {
        "port": place.port,
        "sink": place.sink,
        "spool": place.own("spool"),
        "clamd": place.clamd,
        "largest": LARGEST,
    }
    for name, content in CONFIG.items():
        (config / name).write_text(content.format(**words))
    (config / "connection.ini").write_text(_connection_ini())
    (place.folder / "package.json").write_text(json.dumps({"name": "bench", "version": "1.0.0"}))
    (place.folder / "node_modules").symlink_to(PACKAGES)
    return (("node", str(PACKAGES / "Haraka/bin/haraka"), "-c", str(place.folder)),)


def missing() -> str:
    """Why it cannot be run here."""
    there = (PACKAGES / "Haraka/bin/haraka").exists()
    return "" if there else f"no Haraka in {HOME} (PRATIQUE_BENCH_HARAKA; see bench/README.md)"


PEER = Peer("haraka", prepare, missing, entry="smtp")
