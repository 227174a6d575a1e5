"""Run a private Exim: unpacked beside Postfix, own configuration, own queue, own port.

Debian does not install Exim and Postfix together, so `tools/setup.sh test` unpacks Exim into
the folder of the environment, and nothing of it is installed.  Debian's Exim knows its user by
name, which is not there either: bubblewrap shows it an /etc/passwd in which it is, and runs it as
that user in namespaces of its own.  So no root is needed, and with the first process end all
(the queue runners, and what they have started).

Exim gives up its rights when it is told to read another configuration (`-C`); here it has none.
It runs itself again for each delivery, hence `exim_path`.
"""

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

PROGRAM = Path(sys.prefix, "exim/usr/sbin/exim4")
USER = 65534

CONFIGURATION = """
exim_path = {program}
spool_directory = {folder}/spool
log_file_path = {folder}/%slog
pid_file_path = {folder}/pid
primary_hostname = {hostname}
keep_environment =
add_environment =
local_interfaces = 127.0.0.1
tls_advertise_hosts =
dsn_advertise_hosts = *
smtputf8_advertise_hosts = *
acl_smtp_rcpt = anything
{options}
begin acl
anything:
  accept
begin routers
here:
  driver = redirect
  domains = {here}
  allow_fail
  data = :fail: Unknown user
moved:
  driver = redirect
  local_parts = moved
  data = unknown@new.example
there:
  driver = manualroute
  route_list = {routes}
  transport = elsewhere
  self = send
begin transports
elsewhere:
  driver = smtp
  hosts_avoid_tls = *
  hosts_try_chunking =
begin retry
* * F,1h,1s
"""


class Exim:
    """One instance that sends mail on by domain; `options` are lines of its main section."""

    def __init__(self, folder: Path, until: Callable, listens: Callable) -> None:
        self.folder, self.until, self.listens = folder, until, listens
        self.options: dict[str, str] = {}
        self.running: subprocess.Popen | None = None

    def start(self, port: int, here: str, routes: Mapping[str, int]) -> None:
        """Start it on a port: whose mail it would keep (it knows nobody), and where other goes."""
        (self.folder / "spool").mkdir()
        lists = (f"{domain} 127.0.0.1::{to} byname" for domain, to in routes.items())
        options = "".join(f"{name} = {value}\n" for name, value in self.options.items())
        self.write(
            "exim.conf",
            CONFIGURATION.format(
                program=PROGRAM,
                folder=self.folder,
                hostname=f"exim.{here}",
                here=here,
                routes=" ; ".join(lists),
                options=options,
            ),
        )
        self.write("passwd", f"root:x:0:0::/:/bin/sh\nDebian-exim:x:{USER}:{USER}::/:/bin/false\n")
        self.write("group", f"root:x:0:\nDebian-exim:x:{USER}:\n")
        # In the foreground, and it looks into its queue each second.
        arguments = "-bdf", "-q1s", "-oX", f"127.0.0.1.{port}"
        with (self.folder / "output").open("ab") as output:
            self.running = subprocess.Popen(
                [*self.confined(), PROGRAM, "-C", self.folder / "exim.conf", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        self.until(lambda: self.ended() or self.listens(port), "Exim")
        assert not self.ended(), self.log()

    def write(self, name: str, text: str) -> None:
        """Write a file that Exim trusts: nobody else can change it."""
        (self.folder / name).write_text(text)
        (self.folder / name).chmod(0o644)

    def confined(self) -> list[str]:
        """The command that shows it another /etc/passwd, and ends all that it has started."""
        shown = [
            part
            for name in ("passwd", "group")
            for part in ("--ro-bind", f"{self.folder}/{name}", f"/etc/{name}")
        ]
        user = "--unshare-user", "--uid", str(USER), "--gid", str(USER)
        ends = "--unshare-pid", "--die-with-parent"
        return ["bwrap", *user, *ends, "--dev-bind", "/", "/", *shown]

    def ended(self) -> bool:
        """Tell whether it ended by itself."""
        return self.running is not None and self.running.poll() is not None

    def queue(self) -> list[str]:
        """The messages that it has (the Exim specification, 56.1: each has a file of this end)."""
        return [file.name for file in (self.folder / "spool/input").rglob("*-H")]

    def log(self) -> str:
        """All that it has logged."""
        files = [*sorted(self.folder.glob("*log")), self.folder / "output"]
        return "".join(file.read_text(errors="replace") for file in files if file.exists())

    def stop(self) -> None:
        """Stop it and all that it has started."""
        if self.running is not None and not self.ended():
            self.running.kill()
            self.running.wait(20)
