"""Start built images as docker-compose.yml says, send mail, and look into the mailbox.

The file is read by docker-compose itself (`docker-compose config` needs no engine).
All services share one network namespace with nothing but loopback in it, where the
names of the services lead to 127.0.0.1; each has its own root folder, user, mounts
and capabilities, and no new privileges, as its section says.
"""

import imaplib
import json
import os
import shutil
import smtplib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import yaml
from room import Mount, Room, end, inner

INSIDE = "PRATIQUE_TRIAL_INSIDE"
PLAIN = "From: ann@example.net\r\nSubject: {}\r\n\r\nhello\r\n"
PROGRAM = PLAIN.replace(
    "Subject", 'Content-Type: application/octet-stream; name="a.exe"\r\nSubject'
)
# One signature of our own: the real databases are hundreds of megabytes and change daily.
MARK = b"a mark that only this trial looks for"


class Failed(Exception):
    """What the trial expected did not come."""


def run(folder: Path, checkout: Path) -> int:
    """Try all; go first into a network of our own."""
    if INSIDE not in os.environ:
        again = [sys.executable, str(Path(__file__)), str(folder), str(checkout)]
        environment = os.environ | {INSIDE: "yes"}
        return subprocess.run(["unshare", "--net", *again], check=False, env=environment).returncode
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with ExitStack() as ends:
        trial = Trial(folder, checkout, ends)
        try:
            trial.all()
        except Failed as failed:
            print(f"FAILED: {failed}\n{trial.logs()}")
            return 1
    print("docker-compose.yml: tried")
    return 0


def until(condition: Callable[[], bool], awaited: str, seconds: float = 60.0) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Failed(f"after {seconds:g} s still no {awaited}")
        time.sleep(0.1)


class Trial:
    """The services of the file, and what is expected of them."""

    def __init__(self, folder: Path, checkout: Path, ends: ExitStack) -> None:
        self._folder, self._checkout, self._ends = folder, checkout, ends
        command = ["docker-compose", "config"]
        said = subprocess.run(command, cwd=checkout, check=True, stdout=subprocess.PIPE)
        self.services: dict[str, Any] = yaml.safe_load(said.stdout)["services"]
        self._started: dict[str, subprocess.Popen[bytes]] = {}
        shutil.rmtree(folder / "volumes", ignore_errors=True)
        hosts = "".join(f"127.0.0.1 {name}\n" for name in ("localhost", *self.services))
        (folder / "hosts").write_text(hosts)
        ends.callback(self._stop)

    def all(self) -> None:
        """Each service in turn, then one message through all of them."""
        self._clamd()
        for name in ("mailbox", "pratique", "postfix"):
            self.start(name)
        until(lambda: self._answers(25), "Postfix")
        until(lambda: self._answers(10143), "mailbox")
        until(self._delivers, "mail that passes the milter")
        self._looks_into_the_mailbox()
        self._refuses()
        self._is_healthy()

    def start(self, name: str, *command: str) -> None:
        """Start a service as its section says."""
        service = self.services[name]
        image = service["build"]["target"]
        known = json.loads((self._folder / f"{image}.json").read_text())
        room = Room(
            root=self._folder / image,
            user=known["user"],
            folder=known["folder"],
            environment=known["environment"],
            mounts=tuple(self._mounts(image, service)),
            read_only=service.get("read_only", False),
            capabilities=tuple(service.get("cap_add", ())) if "cap_drop" in service else None,
            no_new_privileges="no-new-privileges:true" in service.get("security_opt", ()),
            hostname=service.get("hostname", name),
        )
        words = command or tuple(service.get("command", known["command"]))
        log = (self._folder / f"{name}.log").open("wb")
        print(f"start {name}: {' '.join(words)}", flush=True)
        self._started[name] = room.start(words, stdout=log, stderr=log)

    def _mounts(self, image: str, service: dict[str, Any]) -> Iterator[Mount]:
        for written in service.get("tmpfs", ()):
            target, _, options = written.partition(":")
            yield Mount(target, options=options)
        for written in sorted(service.get("volumes", ()), key=lambda one: one.split(":")[1]):
            source, target, *mode = written.split(":")
            options = "ro" if "ro" in mode else ""
            found = Path(source) if source.startswith("/") else self._volume(source, image, target)
            yield Mount(target, found, options)
        yield Mount("/etc/hosts", self._folder / "hosts", "ro")

    def _volume(self, name: str, image: str, target: str) -> Path:
        """A volume; the first image that mounts it fills it, as with an engine."""
        volume = self._folder / "volumes" / name
        if not volume.exists():
            volume.parent.mkdir(exist_ok=True)
            inside = self._folder / image / target.lstrip("/")
            inside.mkdir(parents=True, exist_ok=True)
            subprocess.run(["cp", "-a", str(inside), str(volume)], check=True)
        return volume

    def _answers(self, port: int) -> bool:
        self._all_live()
        done = subprocess.run(
            ["bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{port}"], check=False, capture_output=True
        )
        return done.returncode == 0

    def _all_live(self) -> None:
        for name, started in self._started.items():
            if started.poll() is not None:
                raise Failed(f"{name} ended with {started.returncode}")

    def _delivers(self) -> bool:
        self._all_live()
        try:
            self._send(PLAIN.format("passes"))
        except smtplib.SMTPResponseException as refused:
            if refused.smtp_code < 500:
                return False  # Pratique is not ready yet: 4yz is what Postfix says then.
            raise Failed(f"plain mail was refused: {refused}") from refused
        return True

    def _send(self, content: str) -> None:
        with smtplib.SMTP("127.0.0.1", 25, timeout=60) as client:
            client.ehlo("client.example.net")
            for step in (
                lambda: client.mail("ann@example.net"),
                lambda: client.rcpt("bob@example.org"),
                lambda: client.data(content),
            ):
                code, said = step()
                if code != 250:
                    raise smtplib.SMTPResponseException(code, said)

    def _looks_into_the_mailbox(self) -> None:
        def there() -> bool:
            with imaplib.IMAP4("127.0.0.1", 10143) as client:
                client.login("bob@example.org", "any")
                client.select("INBOX")
                _, found = client.search(None, "SUBJECT", "passes")
                return found != [b""]

        until(there, "message in the mailbox")
        print("mail passed Postfix and Pratique and lies in the mailbox", flush=True)

    def _refuses(self) -> None:
        try:
            self._send(PROGRAM.format("program"))
        except smtplib.SMTPResponseException as refused:
            if refused.smtp_code != 550:
                raise Failed(f"a program was answered {refused}") from refused
            print(f"a program is refused: {refused.smtp_error.decode()}", flush=True)
            return
        raise Failed("a program was taken")

    def _is_healthy(self) -> None:
        test = self.services["pratique"]["healthcheck"]["test"]
        first = str(inner(self._started["pratique"]))
        entered = ["nsenter", "--target", first, "--mount", "--pid", *test[1:]]
        until(lambda: subprocess.run(entered, check=False).returncode == 0, "health", 20)
        print("the healthcheck of pratique answers", flush=True)

    def _clamd(self) -> None:
        """Give clamd a signature of our own: it starts as its section says, and finds it."""
        signatures = self._volume("signatures", "clamd", "/var/lib/clamav")
        (signatures / "trial.ndb").write_text(f"Trial.Mark:0:*:{MARK.hex()}\n")
        self.start("clamd")
        socket = self._folder / "volumes/clamd/clamd.ctl"
        until(lambda: self._all_live() or socket.exists(), "clamd")
        import socket as sockets  # noqa: PLC0415

        with sockets.socket(sockets.AF_UNIX) as client:
            client.connect(str(socket))
            client.sendall(b"zINSTREAM\0" + len(MARK).to_bytes(4, "big") + MARK + bytes(4))
            said = client.recv(1000)
        if b"Trial.Mark" not in said:
            raise Failed(f"clamd says {said!r}")
        print(f"clamd: {said.decode().strip()}", flush=True)

    def _stop(self) -> None:
        for started in self._started.values():
            end(started)

    def logs(self) -> str:
        """What the services said, the end of it."""
        files = [self._folder / f"{name}.log" for name in self._started]
        return "\n".join(f"== {one.stem}\n{one.read_text()[-3000:]}" for one in files)


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1]), Path(sys.argv[2])))
