"""Set up a Postfix of our own: an smtpd for each milter, all mail on to the sink.

Its queue lies beside its configuration, in memory: no disk is measured.  A message that
a milter refuses is not followed by a pause (`smtpd_error_sleep_time`), or every EICAR
would cost a second.
"""

import shutil
import subprocess
from pathlib import Path

from peers.peer import Command

DAEMONS = "/usr/lib/postfix/sbin"
MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/lib
command_directory = /usr/sbin
daemon_directory = {daemons}
mail_owner = postfix
setgid_group = postdrop
myhostname = mta.bench.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
relayhost = [127.0.0.1]:{sink}
relay_domains = sink.example
relay_transport = relay:[127.0.0.1]:{sink}
alias_maps =
alias_database =
local_recipient_maps =
smtp_dns_support_level = disabled
smtp_host_lookup = native
smtpd_peername_lookup = no
message_size_limit = 104857600
mailbox_size_limit = 0
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_client_event_limit_exceptions = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
maillog_file = {folder}/maillog
maillog_file_prefixes = {folder}
in_flow_delay = 0
default_destination_concurrency_failed_cohort_limit = 0
minimal_backoff_time = 2s
maximal_backoff_time = 4s
queue_run_delay = 2s
smtpd_error_sleep_time = 0
smtpd_soft_error_limit = 100000
smtpd_hard_error_limit = 100000
default_process_limit = 60
milter_default_action = tempfail
milter_protocol = 6
milter_content_timeout = 300s
milter_connect_timeout = 10s
smtputf8_enable = no
"""
# Postfix's own services that this instance needs: name, type, private, wakeup, most, program.
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
anvil unix - - 1 anvil
scache unix - - 1 scache
postlog unix-dgram n - 1 postlogd
"""


def missing() -> str:
    """Why there is no Postfix to measure behind, or nothing."""
    return "" if Path(DAEMONS, "master").exists() else "Debian's package postfix is not installed"


def prepare(folder: Path, sink: int, milters: dict[int, str]) -> Command:
    """Write its configuration, an smtpd on each port for the milter beside it; the command."""
    for name in ("etc", "spool", "lib"):
        (folder / name).mkdir(parents=True)
    shutil.chown(folder / "lib", "postfix")
    main = MAIN.format(folder=folder, sink=sink, daemons=DAEMONS)
    (folder / "etc/main.cf").write_text(main)
    lines = [
        f"127.0.0.1:{port} inet n - n - - smtpd"
        + (f"\n    -o smtpd_milters={milter}" if milter else "")
        for port, milter in milters.items()
    ]
    rows = (row.split() for row in SERVICES.split("\n") if row)
    lines += [
        f"{name} {kind} {own} - n {wake} {most} {run}" for name, kind, own, wake, most, run in rows
    ]
    (folder / "etc/master.cf").write_text("\n".join([*lines, ""]))
    subprocess.run(("postfix", "-c", f"{folder}/etc", "check"), check=True, capture_output=True)
    return "postfix", "-c", f"{folder}/etc", "start-fg"
