"""Real engines find the test files, or are down: then mail waits, and nothing is lost."""

import asyncio
import http.server
import json
import runpy
import signal
import smtplib
import threading
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import pytest

from pratique.milter.config import parse
from pratique.milter.engines import ENGINES
from pratique.milter.engines.clamav import Clamav, ClamavSettings
from pratique.milter.engines.engine import Proof

pytestmark = pytest.mark.slow

TESTS = Path(__file__).parent.parent
FAKE = SimpleNamespace(**runpy.run_path(str(TESTS / "clamd_process.py")))
ICAP = SimpleNamespace(**runpy.run_path(str(TESTS / "icap_process.py")))
HEAD = b"Received: by mx.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
GREP = 'argv = ["/usr/bin/grep", "-a", "-q", "EICAR-STANDARD", "{file}"]\nclean = [1]\nfound = [0]'
NOT_OPENED = "it need not find, and does not: EICAR in a zip; EICAR in a document"


@pytest.fixture
def engine_of():
    """Make the engine that a configuration names."""
    made = []

    def engine_of(text):
        settings = parse(text, "x")
        made.extend(engine for kind in ENGINES for engine in kind(settings))
        return made[-1]

    yield engine_of
    for engine in made:
        engine.close()


def without_eicar(clamd):
    """What it would be with a database that is half loaded; give the whole one."""
    file = clamd.folder / "db/test.ndb"
    whole = file.read_text()
    file.write_text("".join(line + "\n" for line in whole.splitlines() if "Eicar" not in line))
    return whole


@pytest.mark.real("clamd")
@pytest.mark.parametrize("show", ["message", "parts"])
@pytest.mark.parametrize("stream", [False, True])
async def test_clamd_finds_them_as_it_is_shown_mail(lasting_clamd, show, stream):
    where = f"unix:{lasting_clamd.socket}"
    engine = Clamav(ClamavSettings(where, show=show, stream=stream))
    assert await engine.prove() == Proof("proven")
    assert [source.name for source in engine.sources] == ["clamav"]


@pytest.mark.real("clamd")
@pytest.mark.parametrize(
    ("settings", "detail"),
    [
        ({"ScanMail": "no"}, "EICAR in mail; EICAR in a zip in mail; EICAR in a document in mail"),
        ({"ScanArchive": "no"}, "EICAR in a zip in mail; EICAR in a document in mail"),
    ],
)
async def test_a_clamd_that_is_told_not_to_open_it_is_down(clamd, settings, detail):
    clamd.start(**settings)
    engine = Clamav(ClamavSettings(f"unix:{clamd.socket}"))
    assert await engine.prove() == Proof("missed", f"it does not find {detail}")


@pytest.mark.real("clamd")
async def test_a_database_without_eicar_is_seen_and_so_is_one_that_has_it_again(clamd):
    whole = without_eicar(clamd)
    clamd.start()
    engine = Clamav(ClamavSettings(f"unix:{clamd.socket}", show="parts"))
    assert (await engine.prove()).state == "missed"
    clamd.stop()
    away = await engine.prove()
    assert (away.state, "no clamd at" in away.detail) == ("away", True)
    (clamd.folder / "db/test.ndb").write_text(whole)
    clamd.start()
    assert await engine.prove() == Proof("proven")
    untried = Clamav(ClamavSettings("unix:/nowhere", self_test=False))
    assert await untried.prove() == Proof("exempt")


@pytest.mark.real("clamd", "kernel confinement")
def test_under_the_shipped_policy_mail_waits_until_it_is_mended(clamd, service, free_port, until):
    whole, port = without_eicar(clamd), free_port()
    service.configure(
        rest=f'[clamav]\nsocket = "unix:{clamd.start().socket}"\n'
        f'[health]\naddress = "127.0.0.1:{port}"\n'
    )
    service.start()
    clean, worm = HEAD + b"\r\nhello\r\n", HEAD + b"\r\n" + FAKE.WORM + b"\r\n"
    with smtplib.SMTP("127.0.0.1", service.port) as client:
        client.ehlo()

        def said(octets):
            client.mail("ann@sender.example")
            client.rcpt("bob@corp.example")
            return client.data(octets)[0]

        # What it finds all the same is believed.
        assert [said(clean), said(clean), said(worm)] == [451, 451, 550]
        until(lambda: 'pratique_engine_proven{engine="clamav"} 0.0' in metrics(port), "gauge")
        clamd.stop(signal.SIGKILL)
        assert said(clean) == 451
        (clamd.folder / "db/test.ndb").write_text(whole)
        clamd.start()
        # The first message waits until it is tried.
        assert [said(clean), said(worm)] == [250, 550]
        until(lambda: 'pratique_engine_proven{engine="clamav"} 1.0' in metrics(port), "gauge")
    assert len(service.delivered()) == 1
    assert [one["rule"] for one in service.messages()] == [
        *["an engine is away"] * 2, "malicious", "an engine is away", "all other mail",
        "malicious",
    ]  # fmt: skip
    assert "clamav: is down: it does not find EICAR in mail" in service.log()
    assert "clamav: finds what it must find" in service.log()


def metrics(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as said:
        return said.read().decode().splitlines()


@pytest.mark.real("clamd", "kernel confinement")
def test_one_that_knows_no_test_files_can_be_let_off(clamd, service, tmp_path):
    without_eicar(clamd)
    where = f'[clamav]\nsocket = "unix:{clamd.start().socket}"\n'
    file = tmp_path / "good.eml"
    file.write_bytes(HEAD + b"\r\nhello\r\n")
    for more, action, failures in (
        ("", "defer", ["engine_unproven"]), ("self_test = false\n", "accept", []),
    ):  # fmt: skip
        service.configure(rest=where + more)
        shown = service.run("inspect", "--json", str(file), status=1 if failures else 0)
        seen = json.loads(shown)
        assert (seen["action"], [one["class"] for one in seen["failures"]]) == (action, failures)


@pytest.mark.real("clamd", "c-icap")
async def test_c_icap_finds_them_and_its_echo_does_not(
    lasting_clamd, until, free_port, listens, engine_of
):
    server = ICAP.IcapProcess(until, free_port(), lasting_clamd.socket)
    text = '[[icap]]\nname = "av"\npassed = "clean"\nurl = '
    try:
        await asyncio.to_thread(server.start, listens)
        for show in "parts", "message":
            engine = engine_of(f'{text}"{server.url("avscan")}"\nshow = "{show}"\n')
            assert await engine.prove() == Proof("proven")
            assert [(one.name, bool(one.version)) for one in engine.sources] == [("av", True)]
            echo = engine_of(f'{text}"{server.url("echo")}"\nshow = "{show}"\n')
            assert (await echo.prove()).state == "missed"
    finally:
        server.close()
    assert (await engine_of(f'{text}"{server.url("avscan")}"\n').prove()).state == "away"


@pytest.mark.real("bubblewrap")
@pytest.mark.parametrize(
    ("rest", "proof"),
    [
        (GREP, Proof("proven", NOT_OPENED)),
        (f'{GREP}\nshow = "message"', Proof("missed")),
        (f"{GREP}\nself_test = false", Proof("exempt")),
        ('argv = ["/usr/bin/true"]', Proof("missed")),
        ('argv = ["/bin/sh", "-c", "exit 7"]', Proof("missed")),
        ('argv = ["/nowhere/av"]', Proof("away")),
    ],
)
async def test_a_command_finds_what_it_is_shown(engine_of, rest, proof):
    found = await engine_of(f'[[command]]\nname = "own"\n{rest}\n').prove()
    assert found.state == proof.state
    assert proof.detail in found.detail


class Service(http.server.BaseHTTPRequestHandler):
    """Finds EICAR at `/scan`, and nothing elsewhere."""

    def do_POST(self):
        octets = self.rfile.read(int(self.headers["Content-Length"]))
        found = [{"name": "Eicar"}] if FAKE.EICAR in octets and self.path == "/scan" else []
        self.send_response(200)
        self.end_headers()
        body = {"findings": found, "engine_version": "1", "database_version": "7"}
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_):
        pass


@pytest.mark.parametrize(
    ("path", "more", "proof"),
    [
        ("scan", "", Proof("proven", NOT_OPENED)),
        ("other", "", Proof("missed", "it does not find EICAR")),
        ("other", "self_test = false", Proof("exempt")),
    ],
)
async def test_a_service_over_http_finds_what_it_is_shown(engine_of, path, more, proof):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, args=(0.01,)).start()
    try:
        where = f"http://127.0.0.1:{server.server_address[1]}/{path}"
        engine = engine_of(f'[[http]]\nname = "own"\nurl = "{where}"\n{more}\n')
        assert engine.sources == ()
        assert await engine.prove() == proof
    finally:
        await asyncio.to_thread(server.shutdown)
        server.server_close()
    told = [(one.name, one.version, one.HasField("date")) for one in engine.sources]
    assert told == ([] if proof.state == "exempt" else [("own", "7", False)])
