"""A real c-icap with a clamd behind it: what it finds, and what becomes of mail without it."""

import asyncio
import runpy
import signal
import smtplib
from base64 import encodebytes
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from pratique.milter.config import parse
from pratique.milter.content import content_of
from pratique.milter.engines.asked import Asked
from pratique.milter.engines.icap import GIVEN_BACK, SKIPPED, icap_of
from pratique.milter.mail import Envelope
from pratique.milter.wall.workers import Workers, WorkerSettings, own_nursery
from pratique.scanners.wall_pb2 import Setup

pytestmark = [pytest.mark.real("clamd", "c-icap"), pytest.mark.slow]

TESTS = Path(__file__).parent.parent
FAKE = SimpleNamespace(**runpy.run_path(str(TESTS / "clamd_process.py")))
ICAP = SimpleNamespace(**runpy.run_path(str(TESTS / "icap_process.py")))
EICAR = FAKE.EICAR
HEAD = b"Received: by mx.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
ENVELOPE = Envelope(queue_id="Q1", received_at=datetime(2026, 11, 22, tzinfo=UTC))


def mail(octets):
    """With a text, and the octets attached in base64."""
    leaf = b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return (
        HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhello\r\n--b\r\n"
        + leaf + encodebytes(octets).replace(b"\n", b"\r\n") + b"--b--\r\n"
    )  # fmt: skip


@pytest.fixture(scope="module")
def lasting_icap(lasting_clamd, until, free_port, listens):
    server = ICAP.IcapProcess(until, free_port(), lasting_clamd.socket)
    yield server.start(listens)
    server.close()


@pytest.fixture
def icap(lasting_clamd, until, free_port):
    """One that a test may start and stop; not started."""
    made = ICAP.IcapProcess(until, free_port(), lasting_clamd.socket)
    yield made
    made.close()


@pytest.fixture
async def see():
    """Have octets seen by real workers and the service of these settings."""
    pools, made = [], []

    async def start(server, service="avscan", **settings):
        said = {"name": "av", "url": server.url(service), **settings}
        lines = "".join(f"{key} = {value!r}\n" for key, value in said.items())
        (engine,) = icap_of(parse(f"[[icap]]\n{lines}", "x"))
        workers = Workers(own_nursery(Setup()), WorkerSettings(count=1))
        await workers.start()
        pools.append(workers)
        made.append(engine)
        asked = Asked(workers, [engine], 50.0)

        async def see(octets):
            content = content_of([octets])
            try:
                return await asked.inspect(content, ENVELOPE)
            finally:
                content.close()

        return see

    yield start
    for engine in made:
        engine.close()
    for pool in pools:
        await pool.close()


def by_icap(seen):
    return [(one.name, one.part) for one in seen.findings if one.scanner == "av"]


def faults(seen):
    return [one.class_ for one in (*seen.failures, *seen.limits)]


async def test_eicar_is_found_in_its_part(lasting_icap, see):
    look = await see(lasting_icap)
    for octets, number in (
        (mail(EICAR), 2),
        (HEAD + b"\r\n" + EICAR, 1),
        # Behind the preview.
        (mail(b"words of a text\n" * 5000 + EICAR), 2),
    ):
        assert by_icap(await look(octets)) == [(FAKE.NAME, number)]
    # In a message that is attached: this one opens that, others do not.
    inner = HEAD + b"Content-Type: message/rfc822\r\n\r\n" + mail(EICAR)
    assert by_icap(await look(inner)) == [(FAKE.NAME, 1), (FAKE.NAME, 3)]
    seen = await look(mail(b"words of a text\n" * 5000))
    assert (by_icap(seen), faults(seen)) == ([], [])


async def test_it_can_be_shown_whole_messages(lasting_icap, see):
    """This one opens them, as the clamd behind it does; many others do not."""
    look = await see(lasting_icap, show="message")
    for octets in (HEAD + b"\r\n" + EICAR, mail(EICAR)):
        assert by_icap(await look(octets)) == [(FAKE.NAME, 0)]


async def test_a_finding_says_who_found_it(lasting_icap, see):
    (finding,) = (
        one
        for one in (await (await see(lasting_icap))(mail(EICAR))).findings
        if one.scanner == "av"
    )
    assert (finding.severity, finding.note) == ("malicious", "blocked")
    assert finding.engine_version.startswith("C-ICAP/")
    assert finding.database_version.startswith("CI0001-")


async def test_more_questions_than_a_connection_takes_are_all_answered(lasting_icap, see):
    """It closes each connection after three."""
    look = await see(lasting_icap, connections=2)
    for number in range(3 * ICAP.KEPT):
        seen = await look(mail(b"%d" % number + EICAR))
        assert (by_icap(seen), faults(seen)) == ([(FAKE.NAME, 2)], [])


async def test_what_is_too_large_for_it_is_not_clean(lasting_icap, see):
    # The other service ignores its limit.
    large = mail(bytes(range(256)) * 5000 + EICAR)
    seen = await (await see(lasting_icap, "virus_scan"))(large)
    assert (by_icap(seen), [one.detail for one in seen.limits]) == ([], [f"av: {SKIPPED}"])
    seen = await (await see(lasting_icap, "virus_scan", max_size=ICAP.MOST))(large)
    assert "not shown: more than max_size" in seen.limits[0].detail
    # And this is what becomes of it where an admin believes otherwise.
    assert faults(await (await see(lasting_icap, "virus_scan", passed="clean"))(large)) == []


async def test_nor_is_what_an_echo_gives_back(lasting_icap, see):
    """srv_echo looks at nothing, and says 204 and not in turn."""
    look = await see(lasting_icap, "echo")
    said = {one.detail for number in range(8) for one in (await look(mail(b"%d" % number))).limits}
    assert said == {f"av: {GIVEN_BACK}"}


async def test_a_service_that_is_not_there_is_away(lasting_icap, see):
    assert set(faults(await (await see(lasting_icap, "nowhere"))(mail(EICAR)))) == {"engine_away"}


async def test_without_it_it_says_so_and_after_a_restart_it_finds(icap, see, listens):
    look = await see(icap)
    for number in range(2):
        away = await look(mail(b"%d" % number + EICAR))
        assert set(faults(away)) == {"engine_away"}
        assert away.parts
        icap.start(listens)
        assert by_icap(await look(mail(b"%d" % number + EICAR))) == [(FAKE.NAME, 2)]
        icap.stop()


async def test_a_restart_between_two_messages_goes_unnoticed(icap, see, listens):
    look = await see(icap.start(listens))
    await look(mail(b"one"))
    icap.stop()
    icap.start(listens)
    assert faults(await look(mail(b"two"))) == []


async def test_one_whose_clamd_hangs_fails_in_time(icap, see, listens, lasting_clamd):
    look = await see(icap.start(listens), seconds=0.5)
    assert faults(await look(mail(b"one"))) == []
    lasting_clamd.running.send_signal(signal.SIGSTOP)
    try:
        seen = await look(mail(b"two"))
    finally:
        lasting_clamd.running.send_signal(signal.SIGCONT)
    assert set(faults(seen)) == {"engine"}


async def test_many_at_once_all_get_their_answer(lasting_icap):
    text = f'[[icap]]\nname = "av"\nurl = "{lasting_icap.url("avscan")}"\nconnections = 5\n'
    (engine,) = icap_of(parse(text, "x"))
    until = asyncio.get_running_loop().time() + 30
    contents = [content_of([b"%d" % number + EICAR]) for number in range(40)]
    questions = [engine.ask(content, "", until) for content in contents]
    said = [await question.said() for question in questions]
    for question, content in zip(questions, contents, strict=True):
        await question.drop()
        content.close()
    engine.close()
    assert [one.failure or one.findings[0].name for one in said] == [FAKE.NAME] * 40


@pytest.mark.real("kernel confinement")
def test_mail_is_refused_by_what_it_says_and_comes_again_without_it(icap, service, listens):
    icap.start(listens)
    service.configure(rest=f'[[icap]]\nname = "av"\nurl = "{icap.url("avscan")}"\n')
    service.start()
    clean, worm = HEAD + b"\r\nhello\r\n", HEAD + b"\r\n" + FAKE.WORM + b"\r\n"
    with smtplib.SMTP("127.0.0.1", service.port) as client:
        client.ehlo()

        def said(octets):
            client.mail("ann@sender.example")
            client.rcpt("bob@corp.example")
            return client.data(octets)[0]

        assert [said(clean), said(worm)] == [250, 550]
        icap.stop()
        assert [said(clean + b"1"), said(worm + b"1")] == [451, 451]
        icap.start(listens)
        assert [said(clean + b"1"), said(worm + b"1")] == [250, 550]
    assert len(service.delivered()) == 2
    assert "av: C-ICAP/" in service.log()
