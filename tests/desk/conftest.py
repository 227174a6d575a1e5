"""Run a private Postfix: own configuration, own queue, own ports, nothing in /etc.

The steps are those of postfix(1) and master(5) with `-c`: a folder with main.cf and
master.cf, a queue that `postfix check` fills with folders, `start`, `stop`.  The folder
must be open to the user postfix, so it is not pytest's own.  Postfix needs root.
"""

import json
import runpy
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace

import pytest

# The services that a Postfix cannot do without, from Debian's master.cf, none chrooted:
# name, type, private, wakeup, maxproc, program.
SERVICES = """
pickup unix n 60 1 pickup
cleanup unix n - 0 cleanup
qmgr unix n 300 1 qmgr
tlsmgr unix - 1000? 1 tlsmgr
rewrite unix - - - trivial-rewrite
bounce unix - - 0 bounce
defer unix - - 0 bounce
trace unix - - 0 bounce
verify unix - - 1 verify
flush unix n 1000? 0 flush
proxymap unix - - - proxymap
proxywrite unix - - 1 proxymap
smtp unix - - - smtp
relay unix - - - smtp
showq unix n - - showq
error unix - - - error
retry unix - - - error
discard unix - - - discard
lmtp unix - - - lmtp
anvil unix - - 1 anvil
scache unix - - 1 scache
postlog unix-dgram n - 1 postlogd
"""


class Postfix:
    """One instance.  `main` and `listen` set it up, `start` runs it."""

    def __init__(self, folder: Path, next_hop: int, until: Callable, listens: Callable) -> None:
        self.folder, self.until, self.listens = folder, until, listens
        self.running = False
        self.nudged = 0.0
        self.ports: list[int] = []
        self.services: list[str] = []
        self.main: dict[str, str] = {
            "compatibility_level": "3.6",
            "queue_directory": f"{folder}/spool",
            "data_directory": f"{folder}/lib",
            "command_directory": "/usr/sbin",
            "daemon_directory": "/usr/lib/postfix/sbin",
            "mail_owner": "postfix",
            "setgid_group": "postdrop",
            "myhostname": "mx.test.example",
            "mydestination": "",
            "relay_domains": "corp.example",
            "relay_transport": f"smtp:[127.0.0.1]:{next_hop}",
            "default_transport": f"smtp:[127.0.0.1]:{next_hop}",
            "inet_interfaces": "127.0.0.1",
            "inet_protocols": "ipv4",
            "mynetworks": "127.0.0.0/8",
            "smtpd_relay_restrictions": "permit_mynetworks,reject",
            "smtp_dns_support_level": "disabled",
            "smtp_host_lookup": "native",
            "alias_maps": "",
            "alias_database": "",
            "local_recipient_maps": "",
            "maillog_file": f"{folder}/maillog",
            "maillog_file_prefixes": str(folder),
        }

    def listen(self, port: int, **settings: str) -> None:
        """Add an smtpd on this port, with settings of its own (`-o` in master.cf)."""
        options = "".join(f"\n    -o {{ {name} = {value} }}" for name, value in settings.items())
        self.services.append(f"127.0.0.1:{port} inet n - n - - smtpd{options}")
        self.ports.append(port)

    def listen_before(self, port: int, content_filter: int) -> None:
        """Add an smtpd that passes all mail through a filter before it takes it."""
        self.listen(port, smtpd_proxy_filter=f"127.0.0.1:{content_filter}")

    def listen_behind(self, port: int) -> None:
        """Add an smtpd that takes back what the filter passed (SMTPD_PROXY_README)."""
        self.listen(
            port,
            smtpd_authorized_xforward_hosts="127.0.0.0/8",
            smtpd_client_restrictions="",
            smtpd_recipient_restrictions="permit_mynetworks,reject",
            receive_override_options="no_unknown_recipient_checks",
        )

    def queue_before(self, port: int, content_filter: int) -> None:
        """Add an smtpd whose queue passes all mail through a filter (FILTER_README)."""
        self.listen(
            port,
            content_filter=f"scan:[127.0.0.1]:{content_filter}",
            receive_override_options="no_address_mappings",
        )
        self.services.append(
            "scan unix - - n - 10 smtp\n    -o smtp_send_xforward_command=yes"
            "\n    -o disable_mime_output_conversion=yes\n    -o smtp_generic_maps="
        )

    def queue_behind(self, port: int, **settings: str) -> None:
        """Add an smtpd that takes back what such a filter passed (FILTER_README)."""
        unchecked = "no_unknown_recipient_checks,no_header_body_checks,no_milters"
        advised = {
            "content_filter": "",
            "receive_override_options": unchecked,
            "smtpd_helo_restrictions": "",
            "smtpd_client_restrictions": "",
            "smtpd_sender_restrictions": "",
            "smtpd_relay_restrictions": "",
            "smtpd_recipient_restrictions": "permit_mynetworks,reject",
            "mynetworks": "127.0.0.0/8",
            "smtpd_authorized_xforward_hosts": "127.0.0.0/8",
        }
        self.listen(port, **(advised | settings))

    def start(self) -> None:
        """Write the configuration, start, and wait until every smtpd answers."""
        for each in ("etc", "spool", "lib"):
            (self.folder / each).mkdir()
        shutil.chown(self.folder / "lib", "postfix")
        rows = (row.split() for row in SERVICES.split("\n") if row)
        standard = [f"{n} {t} {p} - n {w} {m} {run}" for n, t, p, w, m, run in rows]
        main = "".join(f"{name} = {value}\n" for name, value in self.main.items())
        (self.folder / "etc/main.cf").write_text(main)
        (self.folder / "etc/master.cf").write_text("\n".join([*self.services, *standard, ""]))
        self.run("postfix", "check")
        self.run("postfix", "start")
        self.running = True
        for port in self.ports:
            self.until(lambda port=port: self.listens(port), f"smtpd on port {port}\n{self.log()}")

    def stop(self) -> None:
        """Stop it, if it runs."""
        if self.running:
            self.running = False
            self.run("postfix", "stop")

    def log(self) -> str:
        """All that it has logged."""
        log = self.folder / "maillog"
        return log.read_text(errors="replace") if log.exists() else ""

    def queue(self) -> list[dict[str, object]]:
        """What lies in the queue, one dictionary a message (postqueue -j).

        One that goes from one queue to another meanwhile may be seen in both.
        """
        rows = [json.loads(line) for line in self.run("postqueue", "-j").splitlines()]
        return list({row["queue_id"]: row for row in rows}.values())

    def flush(self) -> None:
        """Try to deliver all that lies in the queue, now."""
        self.run("postqueue", "-f")

    def nudge(self) -> None:
        """Flush once a second, for who waits until all is delivered.

        Where a message is tried again within a second, the file may still be with the one who
        tried it last.  qmgr(8) says "skipped, still being delivered" then, and puts it into the
        incoming queue for a minute, and until it looks there: by itself every 300 s.
        """
        if time.monotonic() - self.nudged > 1:
            self.nudged = time.monotonic()
            self.flush()

    def run(self, program: str, argument: str) -> str:
        """Run one of Postfix's own commands on this instance."""
        command = [f"/usr/sbin/{program}", "-c", f"{self.folder}/etc", argument]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}\n{self.log()}"
        return done.stdout


def make_postfix(until: Callable, listens: Callable) -> Iterator[Callable[[int], Postfix]]:
    """Make instances of Postfix that relay all mail to a port; stop them at the end."""
    with ExitStack() as ends:

        def make(next_hop: int) -> Postfix:
            folder = Path(tempfile.mkdtemp(prefix="pratique-postfix-"))
            ends.callback(shutil.rmtree, folder)
            folder.chmod(0o755)
            one = Postfix(folder, next_hop, until, listens)
            ends.callback(one.stop)
            return one

        yield make


postfix = pytest.fixture(make_postfix)
# The same for all tests of a file.
lasting_postfix = pytest.fixture(make_postfix, scope="module")


@pytest.fixture(scope="module")
def doors() -> SimpleNamespace:
    """The names of all_doors.py."""
    return SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("all_doors.py"))))


@pytest.fixture(scope="module")
def all_doors(
    doors: SimpleNamespace,
    lasting_postfix: Callable,
    lasting_service: object,
    lasting_sink: object,
    free_port: Callable,
) -> object:
    """One service with a door of each kind around one Postfix; not started."""
    relay = lasting_postfix(lasting_sink.port)
    return doors.AllDoors(relay, lasting_service, lasting_sink, free_port)


@pytest.fixture(scope="module")
def lasting_exim(until: Callable, listens: Callable) -> Iterator[Callable]:
    """Make instances of Exim, not started; stop them at the end."""
    made = runpy.run_path(str(Path(__file__).parent.parent / "exim_process.py"))["Exim"]
    with ExitStack() as ends:

        def make() -> object:
            folder = Path(tempfile.mkdtemp(prefix="pratique-exim-"))
            ends.callback(shutil.rmtree, folder)
            one = made(folder, until, listens)
            ends.callback(one.stop)
            return one

        yield make


@pytest.fixture
def milter_door() -> Iterator[Callable]:
    """Start doors of milters, each a process with a socket that Postfix reaches."""
    started = runpy.run_path(str(Path(__file__).parent.parent / "milter_door.py"))["DoorProcess"]
    with ExitStack() as ends:

        def make(**settings: object):
            folder = Path(tempfile.mkdtemp(prefix="pratique-milter-"))
            ends.callback(shutil.rmtree, folder)
            folder.chmod(0o755)
            door = started(folder, **settings)
            ends.callback(door.stop)
            assert door.answer() == "open"
            return door

        yield make


@pytest.fixture
def no_loss(service, free_port, tmp_path):
    """Numbered mail through that service, while parts of it are killed."""
    file = Path(__file__).parent.parent / "no_loss.py"
    yield from runpy.run_path(str(file))["trial"](service, free_port(), tmp_path)


CLAMD = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "clamd_process.py")))


@pytest.fixture(scope="module")
def lasting_clamd(until: Callable[..., None]) -> Iterator[object]:
    """Give one clamd for all tests of a file."""
    made = CLAMD.ClamdProcess(until)
    # c-icap runs as another user where it is told to; its clamd must be reached.
    made.folder.chmod(0o755)
    yield made.start()
    made.close()


@pytest.fixture
def clamd(until: Callable[..., None]) -> Iterator[object]:
    """Give one that a test may configure, start and stop; it is not started."""
    made = CLAMD.ClamdProcess(until)
    yield made
    made.close()
