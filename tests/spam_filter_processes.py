"""Run an rspamd and a spamd of a test's own, with few rules, and nothing of the network.

Both know GTUBE and three rules: a word in the subject, and what they were told of the
envelope; so their start takes a second, and their scores are known.  spamd is given those
rules and nothing of `sa-update`; rspamd a list of top-level domains with four in it, which
spares it half a minute.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

WORD, PLUGH = "plugh", 7.5
# What both know besides the word, of an envelope.
CLIENT, HELO, NAME = "192.0.2.7", "helo.example", "name.example"
REVERSE_PATH, RECIPIENT = "bad@evil.example", "to@own.example"

RSPAMD = """
options {{
  url_tld = "{folder}/tld"; tempdir = "{folder}"; pidfile = "{folder}/pid"; filters = "regexp";
  dns {{ nameserver = ["127.0.0.1:9"]; timeout = 0.1s; retransmits = 1; }}
  control_socket = "{folder}/control mode=0600"; local_addrs = []; disable_hyperscan = true;
}}
logging {{ type = "console"; level = "notice"; }}
worker "normal" {{
  bind_socket = "127.0.0.1:{port}"; bind_socket = "{folder}/socket mode=0666"; count = 1;
}}
actions {{ {reject} add_header = 6; }}
regexp {{ PLUGH {{ re = "Subject=/{word}/H"; score = {plugh}; }} }}
lua = "{folder}/rules.lua";
"""
LUA = """
rspamd_config:register_symbol{{ name = "ENVELOPE", score = -1.5, callback = function(task)
  local from, rcpts = task:get_from('smtp'), task:get_recipients('smtp') or {{}}
  local said = {{ tostring(task:get_ip()), task:get_helo() or '', task:get_hostname() or '',
    from and from[1] and from[1].addr or 'nobody', task:get_user() or '',
    task:get_queue_id() or '', tostring(task:get_request_header('MTA-Tag')) }}
  for _, one in ipairs(rcpts) do table.insert(said, one.addr) end
  local file = io.open('{folder}/told', 'a')
  file:write(table.concat(said, ' ') .. '\\n')
  file:close()
  return tostring(task:get_ip()) == '{client}'
end }}
"""
RULES = """
header PLUGH Subject =~ /{word}/
score PLUGH {plugh}
header ENVELOPE X-Spam-Relays-Untrusted =~ /ip=192.0.2.7 rdns={name} helo={helo} .*{reverse_path}/
score ENVELOPE -1.5
header LOGIN X-Spam-Relays-Trusted =~ /ip=192.0.2.7 .* auth=ESMTPA /
score LOGIN -2.5
header RECIPIENT X-Envelope-To =~ /<{recipient}>/
score RECIPIENT 0.25
header EVIL X-Evil =~ /./
score EVIL 10
body GTUBE /XJS\\*C4JDBQADN1\\.NSBN3\\*2IDNEN\\*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL\\*C\\.34X/
score GTUBE 1000
"""


class FilterProcess:
    """`start`, `stop` or `kill`, and start it again."""

    def __init__(self, until: Callable[..., None], port: int, *, sound: bool = True) -> None:
        self.until, self.port, self.sound = until, port, sound
        self.folder = Path(tempfile.mkdtemp(prefix="pratique-filter-"))
        self.folder.chmod(0o755)
        self.running: subprocess.Popen[bytes] | None = None
        self.words = {
            "folder": self.folder, "port": port, "word": WORD, "plugh": PLUGH, "client": CLIENT,
            "helo": HELO, "name": NAME, "reverse_path": REVERSE_PATH, "recipient": RECIPIENT,
        }  # fmt: skip
        self.command = self.prepare()

    @property
    def address(self) -> str:
        """Where it listens by TCP."""
        return f"127.0.0.1:{self.port}"

    @property
    def socket(self) -> str:
        """Where it listens by a unix socket."""
        return f"unix:{self.folder}/socket"

    def prepare(self) -> list[str]:
        """Write its configuration; the command."""
        raise NotImplementedError

    def start(self, listens: Callable[[int], bool]) -> "FilterProcess":
        """Start it, and wait until it listens."""
        with (self.folder / "out").open("ab") as out:
            self.running = subprocess.Popen(
                self.command, stdout=out, stderr=out, start_new_session=True
            )
        self.until(lambda: self.ended() or listens(self.port), "spam filter", 60)
        assert not self.ended(), (self.folder / "out").read_text()
        return self

    def ended(self) -> bool:
        """Tell whether it ended by itself."""
        return self.running is not None and self.running.poll() is not None

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it, if it runs, with its children."""
        if self.running is not None:
            os.killpg(self.running.pid, number)
            self.running.wait(60)
            # A child that lives longer holds its port.
            self.until(lambda: not self.lives(), "end of all its processes")
            self.running = None

    def lives(self) -> bool:
        """Tell whether any of its processes does."""
        try:
            os.killpg(self.running.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def freeze(self) -> None:
        """Have it say nothing any more, and keep its connections."""
        os.killpg(self.running.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Have it go on."""
        os.killpg(self.running.pid, signal.SIGCONT)

    def close(self) -> None:
        """Leave nothing behind."""
        self.stop(signal.SIGKILL)
        shutil.rmtree(self.folder)


class RspamdProcess(FilterProcess):
    """rspamd, with a worker `normal`."""

    def prepare(self) -> list[str]:
        """Write its configuration; the command."""
        (self.folder / "tld").write_text("com\nnet\norg\nexample\n")
        (self.folder / "rules.lua").write_text(LUA.format(**self.words))
        config = self.folder / "rspamd.conf"
        # Without it GTUBE has no score.
        reject = "reject = 15;" if self.sound else ""
        config.write_text(RSPAMD.format(**self.words, reject=reject))
        shutil.chown(self.folder, "_rspamd")
        return ["rspamd", "-f", "-u", "_rspamd", "-g", "_rspamd", "-c", str(config)]

    @property
    def told(self) -> list[str]:
        """What it was told of each envelope."""
        return (self.folder / "told").read_text().splitlines()


class SpamdProcess(FilterProcess):
    """spamd, with two children and the report of SpamAssassin's own template."""

    def prepare(self) -> list[str]:
        """Write its configuration; the command."""
        rules, site = self.folder / "rules", self.folder / "site"
        rules.mkdir()
        site.mkdir()
        shutil.copy("/usr/share/spamassassin/10_default_prefs.cf", rules)
        without = "" if self.sound else "score GTUBE 0\n"
        (rules / "20_own.cf").write_text(RULES.format(**self.words) + without)
        (site / "own.pre").write_text("loadplugin Mail::SpamAssassin::Plugin::Check\n")
        (site / "local.cf").write_text("use_bayes 0\ndns_available no\n")
        return [
            "spamd", "--local", "--nouser-config", "--username=nobody", "--syslog=stderr",
            "--syslog-socket=none", f"--listen={self.address}", "--socketmode=0666",
            f"--socketpath={self.folder}/socket", f"--configpath={rules}",
            f"--siteconfigpath={site}", f"--helper-home-dir={self.folder}",
            f"--pidfile={self.folder}/pid", "--max-children=2", "--min-spare=1",
        ]  # fmt: skip
