"""Run a command with another folder as its root, as a container engine would, without one.

The folder is entered by pivot_root in mount, process and name namespaces of its own: in a
plain chroot the kernel refuses new namespaces, and a worker that is to be confined should
find what it finds in a container.  What of a container is rebuilt: the mounts, a root
folder that cannot be written, the user, the capabilities that are left, no new
privileges.  What is not: control groups, and the engine's own seccomp profile.
"""

import contextlib
import os
import shlex
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# What Docker leaves a container's root where nothing is dropped is not asked for here:
# a build step has all rights, a service those that docker-compose.yml names.
ALL = None

ENTER = """
set -eu
mount --make-rprivate /
mount --bind "$ROOT" "$ROOT"
cd "$ROOT"
mkdir -p .outside proc dev sys
mount --rbind /dev dev
{mounts}
pivot_root . .outside
cd /
mount -t proc proc /proc
umount -l /.outside
{read_only}
cd {folder}
exec {command}
"""


@dataclass(frozen=True, slots=True)
class Mount:
    """A folder or file of this machine, or a fresh tmpfs, at a place in the room."""

    target: str
    source: Path | None = None
    options: str = ""


@dataclass(frozen=True, slots=True)
class Room:
    """How a command is run in a folder."""

    root: Path
    user: str = "root"
    folder: str = "/"
    environment: dict[str, str] = field(default_factory=dict)
    mounts: tuple[Mount, ...] = ()
    read_only: bool = False
    capabilities: tuple[str, ...] | None = ALL
    no_new_privileges: bool = False
    hostname: str = ""

    def start(self, command: tuple[str, ...], **popen: object) -> subprocess.Popen[bytes]:
        """Start a command in here.  It and all that it starts end with the namespace."""
        for mount in self.mounts:
            self._place(mount)
        script = ENTER.format(
            mounts="\n".join(_mounting(each) for each in self.mounts)
            + (f"\nhostname {shlex.quote(self.hostname)}" if self.hostname else ""),
            read_only="mount -o remount,bind,ro /" if self.read_only else "",
            folder=shlex.quote(self.folder),
            command=shlex.join([*self._least(), *command]),
        )
        around = ["unshare", "--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child"]
        environment = {"PATH": PATH, "HOME": "/root", "ROOT": str(self.root)}
        return subprocess.Popen(
            [*around, "sh", "-c", script], env=environment | self.environment, **popen
        )

    def run(self, command: tuple[str, ...]) -> None:
        """Run a command in here to its end.  Raises CalledProcessError."""
        status = self.start(command).wait()
        if status:
            raise subprocess.CalledProcessError(status, command)

    def _least(self) -> list[str]:
        options = ["--no-new-privs"] if self.no_new_privileges else []
        if self.capabilities is not None:
            left = "".join(f",+{name.lower()}" for name in self.capabilities)
            options += ["--inh-caps=-all", f"--bounding-set=-all{left}"]
        if self.user != "root":
            options += [f"--reuid={self.user}", f"--regid={self.user}", "--init-groups"]
        return ["setpriv", *options] if options else []

    def _place(self, mount: Mount) -> None:
        """Make the place that something is mounted at, as an engine does."""
        place = self.root / mount.target.lstrip("/")
        if mount.source is not None and mount.source.is_file():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.touch()
        else:
            place.mkdir(parents=True, exist_ok=True)


def inner(started: subprocess.Popen[bytes]) -> int:
    """The number of a room's first process, seen from here; 0 if there is none yet."""
    children = Path(f"/proc/{started.pid}/task/{started.pid}/children")
    found = children.read_text().split() if children.exists() else []
    return int(found[0]) if found else 0


def end(started: subprocess.Popen[bytes]) -> None:
    """End all that runs in a room: with its first process the kernel ends the namespace.

    unshare(1) itself ignores SIGTERM, and a change of user undoes its --kill-child.
    """
    if first := inner(started):
        with contextlib.suppress(ProcessLookupError):
            os.kill(first, signal.SIGKILL)
    started.wait()


def _mounting(mount: Mount) -> str:
    place = shlex.quote(mount.target.lstrip("/"))
    if mount.source is None:
        options = f"-o {shlex.quote(mount.options)} " if mount.options else ""
        return f"mount -t tmpfs {options}tmpfs {place}"
    line = f"mount --bind {shlex.quote(str(mount.source))} {place}"
    return line + (f"\nmount -o remount,bind,ro {place}" if mount.options == "ro" else "")
