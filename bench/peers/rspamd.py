"""Set up rspamd as a milter: its proxy scans by itself, two workers, clamd on.

What would ask the network (DNS, Redis, HTTP) is off: a real rspamd does more, and waits.

`rspamd` shows clamd the whole message, as most peers do; `rspamd-parts` shows it what is
attached, decoded, and no text, as rspamd does by default.
"""

import shutil

from peers.peer import Command, Peer, Place, installed

OFF = """
rbl spf dkim dmarc arc asn fuzzy_check greylist ratelimit history_redis neural reputation
replies dkim_signing mx_check once_received rspamd_update surbl url_redirector bimi dcc
elastic p0f clickhouse metric_exporter whitelist phishing emails mid multimap hfilter
known_senders external_services
""".split()
LOCAL = {
    "antivirus.conf": 'clamav {{ action = "reject"; type = "clamav"; symbol = "CLAM_VIRUS"; '
    'servers = "{clamd}"; max_size = 104857600; scan_mime_parts = {parts}; '
    "log_clean = false; timeout = 60; }}\n",
    "options.inc": 'dns {{ nameserver = ["127.0.0.1:{nameserver}:10"]; timeout = 1s; '
    "retransmits = 1; }}\nmax_message = 104857600; task_timeout = 120s; "
    'control_socket = "{folder}/control.sock mode=0600"; local_addrs = [];\n',
    "worker-proxy.inc": 'bind_socket = "{socket} mode=0666 owner=_rspamd"; '
    'upstream "local" {{ default = yes; self_scan = yes; }} count = 2; timeout = 300s;\n',
    "worker-normal.inc": "enabled = false;\n",
    "worker-controller.inc": "enabled = false;\n",
    "worker-fuzzy.inc": "enabled = false;\n",
    "logging.inc": 'level = "error"; type = "console";\n',
}


def _prepare(place: Place, parts: str) -> tuple[Command, ...]:
    shutil.chown(place.folder, "_rspamd")
    local, override = place.own("local.d"), place.own("override.d")
    for name in ("database", "log", "run"):
        place.own(name, "_rspamd")
    words = {
        "clamd": place.clamd,
        "parts": parts,
        "nameserver": place.nameserver,
        "folder": place.folder / "run",
        "socket": place.socket,
    }
    for module in OFF:
        (local / f"{module}.conf").write_text("enabled = false;\n")
    for name, content in LOCAL.items():
        (local / name).write_text(content.format(**words))
    (override / "classifier-bayes.conf").write_text("enabled = false;\n")
    (override / "statistic.conf").write_text("")
    variables = {"LOCAL_CONFDIR": "", "RUNDIR": "/run", "DBDIR": "/database", "LOGDIR": "/log"}
    said = (f"--var={name}={place.folder}{below}" for name, below in variables.items())
    config = "/etc/rspamd/rspamd.conf"
    return (("rspamd", "-f", "-u", "_rspamd", "-g", "_rspamd", "-c", config, *said),)


def prepare(place: Place) -> tuple[Command, ...]:
    """Write its local.d and override.d; what to run."""
    return _prepare(place, "false")


def prepare_parts(place: Place) -> tuple[Command, ...]:
    """The same, with what is attached shown to clamd."""
    return _prepare(place, "true")


PEER = Peer("rspamd", prepare, installed("rspamd"))
PARTS = Peer("rspamd-parts", prepare_parts, installed("rspamd"))
