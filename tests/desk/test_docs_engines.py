"""What docs/engines.md says, done as it says: its blocks, real engines, and mail."""

import http.server
import json
import re
import runpy
import threading
from pathlib import Path

import pytest

from pratique.milter.config import parse
from pratique.milter.engines import cache, command, http_protocol, icap_protocol, plain
from pratique.milter.engines.http import _Answer, _Finding
from pratique.milter.engines.icap import TLS_PORT
from pratique.milter.sections.more_engines import CommandSection, HttpSection, IcapSection

TESTS = Path(__file__).parent.parent
PAGE = (TESTS.parent / "docs/engines.md").read_text("utf-8")
BLOCKS = dict(re.findall(r"^```toml\n# (\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
(SAMPLE,) = re.findall(r"^```json\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
CLAMD = runpy.run_path(str(TESTS / "clamd_process.py"))
ICAP = runpy.run_path(str(TESTS / "icap_process.py"))
EICAR = CLAMD["EICAR"]


@pytest.fixture
def judged(service, tmp_path):
    """What is said of mail with and without EICAR in it, under a configuration."""

    def judged(text):
        service.configure(rest=text)
        said = []
        for number, body in enumerate((EICAR, b"hello")):
            file = tmp_path / f"{number}.eml"
            file.write_bytes(b"Subject: x\r\n\r\n" + body + b"\r\n")
            shown = service.run("inspect", "--json", str(file), status=1 - number)
            said.append(json.loads(shown))
        return said

    return judged


def by(said, name):
    return [(one["name"], one["severity"]) for one in said["findings"] if one["scanner"] == name]


@pytest.mark.slow
@pytest.mark.real("clamd", "c-icap", "kernel confinement")
def test_set_up_as_it_stands_there_icap_judges_mail(judged, until, free_port, listens):
    clamd = CLAMD["ClamdProcess"](until)
    clamd.folder.chmod(0o755)
    server = ICAP["IcapProcess"](until, free_port(), clamd.start().socket)
    try:
        server.start(listens)
        bad, good = judged(BLOCKS["icap"].replace(":1344", f":{server.port}"))
    finally:
        server.close()
        clamd.close()
    assert by(bad, "avscan") == [(CLAMD["NAME"], "malicious")]
    assert (by(good, "avscan"), good["failures"], good["limits"]) == ([], [], [])


@pytest.mark.slow
@pytest.mark.real("bubblewrap", "kernel confinement")
def test_set_up_as_it_stands_there_a_command_judges_mail(judged):
    bad, good = judged(BLOCKS["command"])
    assert by(bad, "eicar") == [("EICAR-STANDARD-ANTIVIRUS", "malicious")]
    assert (by(good, "eicar"), good["failures"]) == ([], [])


class Own(http.server.BaseHTTPRequestHandler):
    """The service of the page: it says what stands there of what has EICAR in it."""

    def do_POST(self):
        octets = self.rfile.read(int(self.headers["Content-Length"]))
        body = SAMPLE if EICAR in octets else '{"findings": []}'
        self.send_response(200 if self.headers["Authorization"] == "Bearer secret" else 401)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


@pytest.mark.slow
@pytest.mark.real("kernel confinement")
def test_set_up_as_it_stands_there_a_service_judges_mail(judged):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Own)
    threading.Thread(target=server.serve_forever, args=(0.01,)).start()
    try:
        bad, good = judged(BLOCKS["http"].replace(":8080", f":{server.server_address[1]}"))
    finally:
        server.shutdown()
        server.server_close()
    assert by(bad, "own") == [("Worm.Plugh", "malicious")]
    assert [one["detail"] for one in bad["limits"]] == ["own: more than 10 MB"]
    assert (by(good, "own"), good["failures"]) == ([], [])


def test_the_blocks_are_configurations():
    assert list(BLOCKS) == ["icap", "command", "http"]
    for kind, text in BLOCKS.items():
        ((found, _),) = parse(text, "x").engines
        assert found == kind


def test_the_answer_has_all_there_is():
    answer = json.loads(SAMPLE)
    assert set(answer) == set(_Answer.model_fields)
    assert set(answer["findings"][0]) == set(_Finding.model_fields)


@pytest.mark.parametrize("section", [IcapSection, CommandSection, HttpSection])
def test_each_setting_stands_there(section):
    assert [name for name in section.model_fields if f"`{name}" not in PAGE] == []


def default(section, name):
    return section.model_fields[name].default


@pytest.mark.parametrize(
    "said",
    [
        f"| `seconds` | {default(IcapSection, 'seconds'):g} |",
        f'| `show` | `"{default(IcapSection, "show")}"` |',
        f'| `ask` | `"{default(IcapSection, "ask")}"` |',
        f"`connections` ({default(IcapSection, 'connections')})",
        f"| `at_once` | {default(CommandSection, 'at_once')} |",
        f"`[{default(CommandSection, 'clean')[0]}]`, `[{default(CommandSection, 'found')[0]}]`",
        f"| {default(CommandSection, 'memory') // 1024**3} GB, ",
        f" GB, {default(CommandSection, 'octets') // 1024**2} MB |",
        f"(port {TLS_PORT} if",
        f"(up to {icap_protocol.MOST_PREVIEW // 1024} KB)",
        "each minute" if icap_protocol.MOST_TTL == 60 else "no minute",
        f"beyond {command.MOST_SAID // 1024} KB",
        f"At most {plain.FINDINGS} findings",
        f"{http_protocol.MOST_BODY // 1024} KB are the longest",
        "for ten minutes" if cache.SECONDS == 600 else "no minutes",
    ],
)
def test_the_numbers_are_those_of_the_code(said):
    assert said in PAGE
