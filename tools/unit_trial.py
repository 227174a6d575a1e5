"""Start deploy/pratique.service under a real systemd, send mail, reload, and stop it.

The image pratique that images.py made gets Debian's systemd and is booted in namespaces of
its own, with a control group tree of its own.  The unit, the users and the folders are
installed as docs/deployment.md says, and nothing in the unit is changed.  The
configuration is the example for a Postfix host with an SMTP listener added, to send to.
"""

import os
import shutil
import smtplib
import subprocess
import sys
import time
from pathlib import Path

from room import Mount, Room, end, inner

INSIDE = "PRATIQUE_UNIT_TRIAL_INSIDE"
LISTENER = """
[[listener]]
reply   = "sender"
address = "127.0.0.1:10025"
"""
BOOT = """
mount -t sysfs sysfs /sys
mount -t cgroup2 none /sys/fs/cgroup
exec /lib/systemd/systemd --log-target=console --unit=basic.target
"""
MAIL = "From: ann@example.net\r\nSubject: hello\r\n\r\nhello\r\n"
PROGRAM = MAIL.replace("Subject", 'Content-Type: application/x; name="a.exe"\r\nSubject')
INSTALL = (
    ("pratique.sysusers", "etc/sysusers.d/pratique.conf"),
    ("pratique.tmpfiles", "etc/tmpfiles.d/pratique.conf"),
    ("pratique.service", "etc/systemd/system/pratique.service"),
    ("pratique.toml", "etc/pratique/pratique.toml"),
)


def run(folder: Path, checkout: Path) -> int:
    """Try it, in a network and a control group of our own."""
    root = folder / "systemd"
    if INSIDE not in os.environ:
        if not root.exists():
            prepare(folder, root)
        again = [sys.executable, str(Path(__file__)), str(folder), str(checkout)]
        environment = os.environ | {INSIDE: "yes"}
        command = ["unshare", "--net", "--cgroup", *again]
        return subprocess.run(command, check=False, env=environment).returncode
    install(root, checkout)
    room = Room(root, environment={"container": "trial"}, mounts=(Mount("/run"),))
    with (folder / "systemd.log").open("wb") as log:
        booted = room.start(("sh", "-c", BOOT), stdout=log, stderr=log)
    try:
        return trial(booted)
    finally:
        end(booted)


def prepare(folder: Path, root: Path) -> None:
    """Put systemd beside what the image has."""
    subprocess.run(["cp", "-a", str(folder / "pratique"), str(root) + ".new"], check=True)
    install = "apt-get update && apt-get install --yes --no-install-recommends systemd dbus"
    environment = {"DEBIAN_FRONTEND": "noninteractive"}
    # The image's own user goes: sysusers.d makes it here.
    room = Room(Path(f"{root}.new"), environment=environment)
    room.run(("sh", "-c", f"{install} && userdel pratique && groupadd --system postfix"))
    Path(f"{root}.new").rename(root)


def install(root: Path, checkout: Path) -> None:
    """Put the files of deploy/ where docs/deployment.md says."""
    for source, target in INSTALL:
        (root / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(checkout / "deploy" / source, root / target)
    (root / "var/spool/postfix").mkdir(parents=True, exist_ok=True)
    with (root / "etc/pratique/pratique.toml").open("a") as settings:
        settings.write(LISTENER)


def trial(booted: subprocess.Popen[bytes]) -> int:
    """Start the unit, send mail, reload, stop; gives the exit status."""
    if not wait(lambda: inner(booted)):
        return failed("systemd did not start", "")
    entered = ["nsenter", "--target", str(inner(booted))]
    entered += ["--mount", "--pid", "--uts", "--ipc", "--cgroup"]

    def inside(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*entered, *command], check=False, capture_output=True, text=True)

    def active() -> str:
        return inside("systemctl", "is-active", "pratique").stdout.strip()

    def log() -> str:
        return inside("journalctl", "--no-pager", "--unit", "pratique").stdout[-4000:]

    if not wait(lambda: inside("systemctl", "is-system-running").returncode == 0):
        return failed("systemd does not run", inside("systemctl", "--failed").stdout)
    inside("systemd-sysusers")
    inside("systemd-tmpfiles", "--create", "pratique.conf")
    inside("ip", "link", "set", "lo", "up")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    inside("systemctl", "daemon-reload")
    started = inside("systemctl", "start", "pratique")
    if started.returncode or active() != "active":
        return failed("the unit does not start", started.stderr + log())
    answers = [send(MAIL), send(PROGRAM)]
    if answers != [250, 550]:
        return failed(f"mail was answered {answers}", log())
    reloaded = inside("systemctl", "reload", "pratique")
    if reloaded.returncode or send(MAIL) != 250:
        return failed("it does not reload", reloaded.stderr + log())
    inside("systemctl", "stop", "pratique")
    if active() != "inactive":
        return failed(f"after stop it is {active()}", log())
    print("deploy/pratique.service: started, took and refused mail, reloaded, stopped")
    return 0


def send(content: str) -> int:
    """Send one message; gives the code of the last reply."""
    with smtplib.SMTP("127.0.0.1", 10025, timeout=60) as client:
        client.ehlo("client.example.net")
        client.mail("ann@example.net")
        client.rcpt("bob@example.org")
        return client.data(content)[0]


def wait(condition, seconds: float = 60.0) -> bool:
    """Wait until a condition holds; tell whether it did."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def failed(what: str, log: str) -> int:
    """Say what failed."""
    print(f"FAILED: {what}\n{log}")
    return 1


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1]), Path(sys.argv[2])))
