"""Run a clamd of a test's own: its configuration, its database and its socket in a folder.

The database has EICAR, and two markers under names as ClamAV gives them; none of them is
written here as it is, or every scanner on the way would stop at this file.
"""

import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"
MARKER = b"PRATIQUE-MARKER-" + b"XYZZY"
# What nobody else knows.
WORM = b"PRATIQUE-WORM-" + b"PLUGH"
NAME, PUA = "Eicar-Test.UNOFFICIAL", "PUA.Test.Marker.UNOFFICIAL"


class ClamdProcess:
    """Configure it, `start`, `stop` or `kill`, and start it again."""

    def __init__(self, until: Callable[..., None]) -> None:
        self.until = until
        self.folder = Path(tempfile.mkdtemp(prefix="pratique-clamd-"))
        self.socket = self.folder / "clamd.ctl"
        self.settings = {
            "LocalSocket": str(self.socket),
            "LocalSocketMode": "666",
            "FixStaleSocket": "yes",
            "DatabaseDirectory": str(self.folder / "db"),
            "TemporaryDirectory": str(self.folder),
            "LogFile": str(self.folder / "log"),
            "Foreground": "yes",
            "AlertExceedsMax": "yes",
        }
        self.running: subprocess.Popen[bytes] | None = None
        (self.folder / "db").mkdir()
        named = {"Eicar-Test": EICAR, "PUA.Test.Marker": MARKER, "Win.Worm.Plugh-1": WORM}
        lines = (f"{name}:0:*:{octets.hex()}\n" for name, octets in named.items())
        (self.folder / "db/test.ndb").write_text("".join(lines))

    def start(self, **settings: str) -> "ClamdProcess":
        """Start with these settings besides, and wait until it answers."""
        said = "".join(f"{key} {value}\n" for key, value in {**self.settings, **settings}.items())
        file = self.folder / "clamd.conf"
        file.write_text(said)
        with (self.folder / "out").open("ab") as out:
            self.running = subprocess.Popen(["clamd", "-c", file], stdout=out, stderr=out)
        self.until(lambda: self.ended() or self.answers(), "clamd", 60)
        assert not self.ended(), (self.folder / "out").read_text()
        return self

    def answers(self) -> bool:
        """Tell whether it answers a PING."""
        with socket.socket(socket.AF_UNIX) as connection:
            try:
                connection.connect(str(self.socket))
                connection.sendall(b"zPING\0")
                return connection.recv(5) == b"PONG\0"
            except OSError:
                return False

    def ended(self) -> bool:
        """Tell whether it ended by itself."""
        return self.running is not None and self.running.poll() is not None

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it, if it runs, and wait for it."""
        if self.running is not None:
            self.running.send_signal(how)
            self.running.wait(60)
            self.running = None

    def close(self) -> None:
        """Leave nothing behind."""
        self.stop(signal.SIGKILL)
        shutil.rmtree(self.folder)
