"""The unit of systemd: sound, as hard as it says, and soft enough for mail to pass.

No systemd runs in a test.  What it would do to the service that a message could trip over
is done here by hand, from the unit's own lines: the system calls and kinds of sockets that
are refused (libseccomp, which systemd uses too), no memory that is both written and
executed (prctl(2), PR_SET_MDWE), and a user without rights in a user namespace of its own
(PrivateUsers=).  `make images` starts the unit under a real systemd.
"""

import json
import re
import smtplib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UNIT = (ROOT / "deploy/pratique.service").read_text("utf-8")
SETTINGS = re.findall(r"^(\w+)=(.*)$", UNIT, re.MULTILINE)
PRATIQUE = Path(sys.executable).with_name("pratique")
# What `systemd-analyze security` of systemd 252 gave, in tenths.
EXPOSURE = 11

MAILS = sorted((ROOT / "src/pratique/policies/shipped/mail").glob("*.eml"))
OTHER_USER = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]

LAUNCH = '''
"""Argument 1: what is allowed, as JSON; then the command."""
import ctypes, errno, json, os, socket, sys

ALLOW, EPERM, ENOSYS = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS
PR_SET_NO_NEW_PRIVS, PR_SET_MDWE, REFUSE_EXEC_GAIN = 38, 65, 1
EQUAL, MASKED_EQUAL, NAMESPACES = 4, 7, 0x7E020080

class Argument(ctypes.Structure):
    _fields_ = [("number", ctypes.c_uint), ("comparison", ctypes.c_int),
                ("first", ctypes.c_uint64), ("second", ctypes.c_uint64)]

wanted = json.loads(sys.argv[1])
libc, library = ctypes.CDLL(None, use_errno=True), ctypes.CDLL("libseccomp.so.2")
library.seccomp_init.restype = ctypes.c_void_p
context = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(EPERM)))

def rule(action, name, *only):
    number = library.seccomp_syscall_resolve_name(name.encode())
    if number == -1:
        return
    arguments = (Argument * len(only))(*only)
    status = library.seccomp_rule_add_array(
        context, ctypes.c_uint32(action), number, len(only), arguments)
    assert status in (0, -errno.EDOM), (name, status)

# systemd.exec(5), RestrictNamespaces=: clone3 hides its flags, so it is said to be missing.
special = {"socket", "clone", "clone3", "unshare", "setns"}
for name in set(wanted["calls"]) - special:
    rule(ALLOW, name)
for family in wanted["families"]:
    rule(ALLOW, "socket", Argument(0, EQUAL, getattr(socket, family)))
rule(ALLOW, "clone", Argument(0, MASKED_EQUAL, NAMESPACES, 0))
rule(ENOSYS, "clone3")
assert libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
if wanted["refuses_exec_gain"]:
    done = libc.prctl(PR_SET_MDWE, REFUSE_EXEC_GAIN, 0, 0, 0)
    assert done == 0 or ctypes.get_errno() == errno.EINVAL, "older than Linux 6.3"
assert library.seccomp_load(context) == 0
os.execv(sys.argv[2], sys.argv[2:])
'''


def all_of(name):
    """What a directive says, all its lines."""
    return [value for key, value in SETTINGS if key == name]


def members(group):
    """The system calls of one of systemd's groups, those of the groups in it too."""
    said = subprocess.run(
        ["systemd-analyze", "syscall-filter", group], check=True, capture_output=True, text=True
    )
    words = [word for line in said.stdout.splitlines()[1:] for word in line.split("#")[0].split()]
    inner = [call for word in words if word.startswith("@") for call in members(word)]
    return {word for word in words if not word.startswith("@")} | set(inner)


def allowed():
    """What SystemCallFilter lets through: lines in their order, "~" takes away."""
    calls = members("@default")
    for line in all_of("SystemCallFilter"):
        words = [members(word) if word[0] == "@" else {word} for word in line.lstrip("~").split()]
        calls = calls.difference(*words) if line.startswith("~") else calls.union(*words)
    return calls


@pytest.fixture
def start(service, until, listens):
    """Start the service with words in front of its command, and wait until it listens."""

    def run(*prefix):
        command = [*OTHER_USER, *prefix, PRATIQUE, "--config", service.config, "serve"]
        with (service.folder / "log").open("ab") as log:
            service.running = subprocess.Popen(command, stderr=log, start_new_session=True)
        until(lambda: service.ended() or listens(service.port), "listener")
        assert not service.ended(), service.log()

    return run


def send_all(port):
    """Send each sample; gives how many were answered what."""
    answers = []
    for mail in MAILS:
        with smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
            client.ehlo("client.example")
            client.mail("a@sender.example")
            client.rcpt("b@corp.example")
            content = mail.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
            answers.append(client.data(content)[0])
    return answers


@pytest.mark.real("systemd-analyze")
def test_the_unit_is_sound(tmp_path):
    # verify demands that the program is there.
    unit = tmp_path / "pratique.service"
    unit.write_text(UNIT.replace("/opt/pratique/bin/pratique", str(PRATIQUE)))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit], check=False, capture_output=True, text=True
    )
    ours = [line for line in done.stderr.splitlines() if "pratique" in line]
    assert (done.returncode, ours) == (0, [])


@pytest.mark.real("systemd-analyze")
def test_the_unit_is_no_more_exposed_than_it_was():
    command = ["systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE}"]
    done = subprocess.run(
        [*command, "--no-pager", ROOT / "deploy/pratique.service"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-300:]


def test_the_page_tells_the_same_exposure():
    page = (ROOT / "docs/deployment.md").read_text("utf-8")
    assert f"gives `deploy/pratique.service` {EXPOSURE / 10:.1f} " in page


def test_systemd_waits_longer_than_draining_takes():
    assert int(all_of("TimeoutStopSec")[0].removesuffix("s")) > 30


@pytest.mark.real("systemd-analyze")
def test_what_a_worker_locks_itself_in_with_is_allowed():
    ways = {"landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self", "seccomp"}
    ways |= {"prctl", "memfd_create", "pidfd_open", "pidfd_send_signal"}
    assert ways - allowed() == set()


@pytest.mark.slow
@pytest.mark.real("systemd-analyze")
@pytest.mark.real("kernel confinement")
def test_mail_passes_under_the_filters_of_the_unit(start, service):
    wanted = {
        "calls": sorted(allowed()),
        "families": all_of("RestrictAddressFamilies")[0].split(),
        "refuses_exec_gain": all_of("MemoryDenyWriteExecute") == ["yes"],
    }
    start(sys.executable, "-c", LAUNCH, json.dumps(wanted))
    answers = send_all(service.port)
    assert (set(answers), len(answers)) == ({250, 550}, len(MAILS))
    assert [line["rule"] for line in service.messages() if line["rule"] == "our own failure"] == []


@pytest.mark.slow
@pytest.mark.real("strace")
@pytest.mark.real("systemd-analyze")
@pytest.mark.real("kernel confinement")
def test_no_system_call_that_the_service_makes_is_forbidden(start, service, tmp_path):
    # What bubblewrap needs is another page: test_deploy_programs.py.
    service.configure(rest="[programs]\nuse = []")
    trace = tmp_path / "trace"
    # -D: the tracer is a grandchild, so that SIGTERM reaches the service itself.
    start("strace", "-D", "-f", "-qq", "--signal=none", "-o", trace)
    send_all(service.port)
    service.stop()
    made = set(re.findall(r"^\d+ +(\w+)\(", trace.read_text(errors="replace"), re.MULTILINE))
    assert {"landlock_restrict_self", "seccomp", "memfd_create", "accept4"} <= made
    # uvloop asks for it to save calls; refused (EPERM), it goes on with epoll alone.
    assert made - allowed() - {"io_uring_setup", "io_uring_enter"} == set()
