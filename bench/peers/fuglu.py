"""Set up FuGlu 1.7 as a milter: its asynchronous backend, two workers, clamd on.

It listens on TCP only.  Its checks of attachments look into archives, as ours do; that is
off unless set.  Nobody is written to: bounces are off.
"""

import os
import shutil
from pathlib import Path

from peers.peer import Command, Peer, Place

# A virtual environment with fuglu and what it needs (see README.md).
HOME = Path(os.environ.get("PRATIQUE_BENCH_FUGLU", "var/bench/fuglu")).resolve()
CONFIG = """
[main]
identifier=bench
daemonize=0
plugins=attachment,clamav
prependers=
appenders=
bindaddress=127.0.0.1
incomingport=milter:127.0.0.1:{port}
tempdir={temporary}
controlport={folder}/control.sock
disablebounces=1
versioncheck=0
smtp_max_message_size=268435456
[PluginAlias]
attachment=fuglu.plugins.attachment.FiletypePlugin
clamav=fuglu.plugins.clamav.ClamavPlugin
[milter]
milter_mode=auto
[performance]
backend=asyncprocess
initialprocs=2
async_coroutines=20
[virus]
defaultvirusaction=REJECT
[ClamavPlugin]
port={clamd}
timeout=60
maxsize=104857600
virusaction=REJECT
problemaction=DEFER
[FiletypePlugin]
rulesdir={folder}/rules
sendbounce=False
template_blockedfile={folder}/blockedfile.tmpl
blockaction=REJECT
checkarchivenames=True
checkarchivecontent=True
archiveextractlevel=10
archivecontentmaxsize=50000000
"""
LOGGING = """
[loggers]
keys=root
[handlers]
keys=output
[formatters]
keys=plain
[logger_root]
level=ERROR
handlers=output
[handler_output]
class=StreamHandler
level=ERROR
formatter=plain
args=(sys.stderr,)
[formatter_plain]
format=%(asctime)s %(levelname)s %(message)s
"""


def _shipped() -> Path:
    """Its files that are not code: rules and templates."""
    return next(HOME.glob("lib/python3*/site-packages/etc/fuglu"))


def prepare(place: Place) -> tuple[Command, ...]:
    """Write its configuration, its own rules beside it; what to run."""
    rules, shipped = place.own("rules"), _shipped()
    for each in shipped.glob("rules/*.dist"):
        shutil.copy(each, rules / each.stem)
    shutil.copy(shipped / "templates/blockedfile.tmpl.dist", place.folder / "blockedfile.tmpl")
    config = place.folder / "fuglu.conf"
    config.write_text(
        CONFIG.format(
            port=place.port,
            temporary=place.own("temporary"),
            folder=place.folder,
            clamd=place.clamd,
        )
    )
    logging, pid = place.folder / "logging.conf", place.folder / "fuglu.pid"
    logging.write_text(LOGGING)
    command = (str(HOME / "bin/python"), "-m", "fuglu", "--foreground", "-c", str(config))
    # In the foreground it logs every step unless it is given a file that says otherwise.
    return ((*command, "--logconfig", str(logging), "--pidfile", str(pid)),)


def missing() -> str:
    """Why it cannot be run here."""
    there = (HOME / "bin/fuglu_conf").exists()
    return "" if there else f"no FuGlu in {HOME} (PRATIQUE_BENCH_FUGLU; see bench/README.md)"


PEER = Peer("fuglu", prepare, missing, entry="inet")
