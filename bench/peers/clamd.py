"""Set up the clamd that all filters share: a few signatures of our own, its limits raised.

Its cache is on, as it is by default; `cache=False` is the same without.  It tells when it
stops at a limit (AlertExceedsMax), as we ask admins to set it; no mail here reaches one.
Real signature sets make clamd slower and take a gigabyte more; they favour whoever asks it
least.
"""

import hashlib
from pathlib import Path

from peers.mails import EICAR
from peers.peer import Command

CONFIG = """
LocalSocket {socket}
LocalSocketMode 666
FixStaleSocket true
DatabaseDirectory {database}
TemporaryDirectory {temporary}
Foreground true
LogFile {folder}/clamd.log
StreamMaxLength 100M
MaxFileSize 100M
MaxScanSize 400M
MaxThreads 8
MaxConnectionQueueLength 100
DisableCache {disabled}
AlertExceedsMax true
ScanMail true
ScanArchive true
"""
MARKS = {"Eicar-Test": EICAR, "Two": b"BENCH-MARK-TWO-XYZZY", "Three": b"BENCH-MARK-THREE-PLUGH"}


def prepare(folder: Path, socket: Path, *, cache: bool) -> Command:
    """Write the signatures and the configuration; what to run."""
    database, temporary = folder / "database", folder / "temporary"
    for each in (database, temporary):
        each.mkdir(parents=True, exist_ok=True)
    temporary.chmod(0o777)
    signatures = "".join(f"{name}:0:*:{octets.hex()}\n" for name, octets in MARKS.items())
    (database / "bench.ndb").write_text(signatures)
    digest = hashlib.md5(EICAR, usedforsecurity=False).hexdigest()
    (database / "bench.hdb").write_text(f"{digest}:{len(EICAR)}:Eicar-Hash\n")
    config = folder / "clamd.conf"
    config.write_text(
        CONFIG.format(
            socket=socket,
            database=database,
            temporary=temporary,
            folder=folder,
            disabled="false" if cache else "true",
        )
    )
    return "clamd", "-c", str(config)
