"""Run a c-icap of a test's own: its configuration and its log in a folder, a clamd behind it.

`avscan` finds what that clamd finds, and allows 204; `echo` gives back what it is sent.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

MODULES = next(iter(Path("/usr/lib").glob("*/c_icap")), Path("/nowhere"))
# After so many requests c-icap closes a connection.
KEPT = 3
# What is larger it does not look into.
MOST = 1024 * 1024


class IcapProcess:
    """`start`, `stop`, and start it again."""

    def __init__(self, until: Callable[..., None], port: int, clamd: Path) -> None:
        if not (MODULES / "virus_scan.so").exists():
            pytest.skip("Debian's package libc-icap-mod-virus-scan is not installed")
        self.until, self.port = until, port
        self.folder = Path(tempfile.mkdtemp(prefix="pratique-icap-"))
        self.running: subprocess.Popen[bytes] | None = None
        lines = f"""
            PidFile {self.folder}/pid
            CommandsSocket {self.folder}/ctl
            Port 127.0.0.1:{port}
            StartServers 1
            MaxServers 2
            ThreadsPerChild 10
            MaxKeepAliveRequests {KEPT}
            TmpDir {self.folder}
            ModulesDir {MODULES}
            ServicesDir {MODULES}
            TemplateDir /usr/share/c_icap/templates/
            LoadMagicFile /etc/c-icap/c-icap.magic
            ServerLog {self.folder}/log
            AccessLog {self.folder}/access
            DebugLevel 1
            Service echo srv_echo.so
            Service antivirus_module virus_scan.so
            ServiceAlias avscan virus_scan?allow204=on&sizelimit=off&mode=simple
            virus_scan.ScanFileTypes TEXT DATA EXECUTABLE ARCHIVE GIF JPEG MSOFFICE
            virus_scan.MaxObjectSize {MOST}
            virus_scan.DefaultEngine clamd
            Module common clamd_mod.so
            clamd_mod.ClamdSocket {clamd}
        """
        self.configuration = self.folder / "c-icap.conf"
        self.configuration.write_text("".join(f"{line.strip()}\n" for line in lines.split("\n")))

    def url(self, service: str) -> str:
        """The address of a service."""
        return f"icap://127.0.0.1:{self.port}/{service}"

    def start(self, listens: Callable[[int], bool]) -> "IcapProcess":
        """Start it, and wait until it listens."""
        with (self.folder / "out").open("ab") as out:
            command = ["c-icap", "-N", "-f", str(self.configuration)]
            self.running = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
        self.until(lambda: listens(self.port), f"c-icap: {(self.folder / 'out').read_text()}", 30)
        return self

    def stop(self) -> None:
        """End it, if it runs, with its children: else it waits for them, seconds.

        Killed, it would leave its locks behind, in folders of the host's.
        """
        if self.running is not None:
            os.killpg(self.running.pid, signal.SIGTERM)
            self.running.wait(60)
            self.running = None

    def close(self) -> None:
        """Leave nothing behind."""
        self.stop()
        shutil.rmtree(self.folder)
