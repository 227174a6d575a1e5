"""A real clamd: what it finds, what it does not reach, and what becomes of mail without it."""

import asyncio
import io
import runpy
import signal
import smtplib
import zipfile
from base64 import b64encode, encodebytes
from datetime import UTC, datetime
from lzma import compress
from pathlib import Path
from types import SimpleNamespace

import pytest

from pratique.milter.content import content_of
from pratique.milter.engines import measured
from pratique.milter.engines.asked import Asked
from pratique.milter.engines.clamav import Clamav, ClamavSettings
from pratique.milter.engines.clamd import Answer, Clamd
from pratique.milter.mail import Envelope
from pratique.milter.wall.workers import Workers, WorkerSettings, own_nursery
from pratique.scanners.shown import REACHED
from pratique.scanners.wall_pb2 import Setup

pytestmark = [pytest.mark.real("clamd"), pytest.mark.slow]

TESTS = Path(__file__).parent.parent
SAMPLES = TESTS / "scanners/formats/samples"
FAKE = SimpleNamespace(**runpy.run_path(str(TESTS / "clamd_process.py")))
EICAR = FAKE.EICAR
HEAD = b"Received: by mx.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
ENVELOPE = Envelope(queue_id="Q1", received_at=datetime(2026, 11, 22, tzinfo=UTC))


def attached(octets, head=b"Content-Type: application/octet-stream\r\n"):
    transfer = b"Content-Transfer-Encoding: base64\r\n\r\n"
    return head + transfer + encodebytes(octets).replace(b"\n", b"\r\n")


def mail(*leaves, head=HEAD):
    body = b"".join(b"--b\r\n" + leaf + b"\r\n" for leaf in leaves)
    return head + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + body + b"--b--\r\n"


def zipped(octets, name="a.txt"):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, octets)
    return made.getvalue()


LOCKED = runpy.run_path(str(SAMPLES / "zip.py"))["zip_crypto"]("a.txt", EICAR, b"sesame7")
FORWARDED = b"Content-Type: message/rfc822\r\n\r\n" + HEAD
SPLIT = b64encode(EICAR[:31]) + b"\r\n" + b64encode(EICAR[31:]) + b"\r\n"


@pytest.fixture
def raw(lasting_clamd):
    """What clamd alone says of octets."""

    async def raw(octets):
        content = content_of([octets])
        try:
            return (await Clamd(f"unix:{lasting_clamd.socket}").scan(content)).name
        finally:
            content.close()

    return raw


@pytest.fixture
async def see():
    """Have octets seen by real workers and the clamd of these settings."""
    pools = []

    async def start(clamd, **settings):
        workers = Workers(own_nursery(Setup()), WorkerSettings(count=1))
        await workers.start()
        pools.append(workers)
        engine = Clamav(ClamavSettings(**{"socket": f"unix:{clamd.socket}", **settings}))
        asked = Asked(workers, [engine], 50.0)

        async def see(octets):
            content = content_of([octets])
            try:
                return await asked.inspect(content, ENVELOPE)
            finally:
                content.close()

        return see

    yield start
    for pool in pools:
        await pool.close()


def by_clamav(seen):
    return [(one.name, one.part) for one in seen.findings if one.scanner == "clamav"]


async def test_eicar_is_found_wherever_it_lies(lasting_clamd, see):
    look = await see(lasting_clamd)
    for octets, number in (
        (HEAD + b"\r\n" + EICAR, 0),
        (mail(attached(zipped(zipped(EICAR)))), 0),
        # What no peer of ours finds: behind padding, and behind a password.
        (mail(b"\r\nhello", attached(b"").strip() + b"\r\n\r\n" + SPLIT), 2),
        (mail(b"\r\nThe password is sesame7.", attached(LOCKED)), 3),
    ):
        assert (FAKE.NAME, number) in by_clamav(await look(octets))
    assert by_clamav(await look(mail(b"\r\nhello"))) == []


async def test_clamd_alone_misses_the_last_two(raw):
    assert not await raw(mail(b"\r\nhello", attached(b"").strip() + b"\r\n\r\n" + SPLIT))
    assert not await raw(mail(b"\r\nThe password is sesame7.", attached(LOCKED)))


async def test_a_message_that_clamd_does_not_know_for_one_is_shown_in_parts(
    lasting_clamd, raw, see
):
    octets = b"X-Odd: 1\r\n" + attached(EICAR)
    assert not await raw(octets)
    assert by_clamav(await (await see(lasting_clamd))(octets)) == [(FAKE.NAME, 1)]


@pytest.mark.parametrize("reader", sorted(REACHED - {"mime"}))
async def test_clamd_opens_what_it_is_said_to_open(raw, reader):
    # Packed once more, or the octets of one that is only stored would show.
    sample = runpy.run_path(str(SAMPLES / f"{reader}.py"))["good"](compress(EICAR + bytes(1000)))
    assert EICAR not in sample
    assert await raw(mail(attached(sample))) == FAKE.NAME


async def test_a_finding_says_who_found_it_and_how_bad_it_is(lasting_clamd, see):
    seen = await (await see(lasting_clamd))(HEAD + b"\r\n" + EICAR)
    (finding,) = (one for one in seen.findings if one.scanner == "clamav")
    assert finding.severity == "malicious"
    assert finding.engine_version
    seen = await (await see(lasting_clamd))(HEAD + b"\r\n" + FAKE.MARKER)
    assert [one.severity for one in seen.findings if one.name == FAKE.PUA] == ["suspicious"]


async def test_a_stream_says_the_same(lasting_clamd, see):
    look = await see(lasting_clamd, stream=True)
    assert by_clamav(await look(mail(attached(EICAR + bytes(2_000_000))))) == [(FAKE.NAME, 0)]


async def test_over_tcp_as_well(clamd, free_port, see):
    port = free_port()
    clamd.start(TCPSocket=str(port), TCPAddr="127.0.0.1", StreamMaxLength="1M")
    look = await see(clamd, socket=f"inet:127.0.0.1:{port}", stream=True)
    assert by_clamav(await look(HEAD + b"\r\n" + EICAR)) == [(FAKE.NAME, 0)]
    seen = await look(HEAD + b"\r\n" + b"words of a text\r\n" * 100_000)
    assert [one.class_ for one in seen.limits] == ["engine"]


async def test_as_parts_a_file_that_comes_again_is_not_looked_at_again(lasting_clamd, see):
    look = await see(lasting_clamd, show="parts")
    file = attached(bytes(range(256)) * 2000 + EICAR)
    first = await look(mail(b"\r\none", file))
    assert by_clamav(first) == [(FAKE.NAME, 2)]
    found = _found(lasting_clamd)
    second = await look(mail(b"\r\nanother text", file))
    assert by_clamav(second) == [(FAKE.NAME, 2)]
    assert _found(lasting_clamd) == found


async def test_as_parts_what_is_small_is_found_in_the_rest_of_the_message(lasting_clamd, see):
    look = await see(lasting_clamd, show="parts")
    catalogue = attached(bytes(range(256)) * 2000)
    for leaf in (b"\r\n" + EICAR, attached(zipped(EICAR)), FORWARDED + attached(zipped(EICAR))):
        for leaves in ((catalogue, leaf), (leaf, catalogue)):
            assert by_clamav(await look(mail(*leaves))) == [(FAKE.NAME, 0)]
    assert by_clamav(await look(mail(b"\r\nhello", catalogue))) == []


async def test_as_parts_a_header_and_a_text_of_large_mail_are_looked_at_together(clamd, see):
    looked_for = b"Subject: Xyzzy bill".hex() + "*" + b"see the catalogue".hex()
    # 4 is a mail: what clamd takes for anything else this one does not match.
    (clamd.folder / "db/mail.ndb").write_text(f"Email.Test.Bill:4:*:{looked_for}\n")
    look = await see(clamd.start(), show="parts")
    head = HEAD.replace(b"Subject: x", b"Subject: Xyzzy bill")
    leaves = attached(bytes(range(256)) * 2000), b"\r\nsee the catalogue"
    assert by_clamav(await look(mail(*leaves, head=head))) == [("Email.Test.Bill.UNOFFICIAL", 0)]
    assert by_clamav(await look(mail(*leaves))) == []


def _found(clamd):
    """How often clamd found something: it logs that, and nothing else."""
    return (clamd.folder / "log").read_text().count("fd[")


@pytest.mark.parametrize("limit", [("MaxFileSize", "1K"), ("MaxFiles", "1"), ("MaxScanSize", "2K")])
async def test_a_limit_of_clamd_is_not_clean(clamd, see, limit):
    clamd.start(**dict([limit]))
    files = [attached(zipped(bytes([each]) * 5000)) for each in range(20)]
    seen = await (await see(clamd))(mail(*files))
    assert ("engine", 0) in [(one.class_, one.part) for one in seen.limits]


async def test_a_clamd_that_does_not_tell_its_limits_can_fail_on_each_message(clamd, see):
    clamd.start(AlertExceedsMax="no")
    seen = await (await see(clamd, limits="told"))(HEAD + b"\r\nhello")
    assert ["AlertExceedsMax yes" in one.detail for one in seen.failures] == [True]
    seen = await (await see(clamd, limits="silent"))(HEAD + b"\r\nhello")
    assert not seen.failures


def deep(containers):
    """EICAR in zips: of its octets the message is one container."""
    octets = EICAR
    for number in range(containers - 1):
        octets = zipped(octets, f"{number}.zip")
    return mail(attached(octets))


# What the clamd.conf that Debian installs has.
DEBIAN = {"MaxFileSize": "25M", "MaxScanSize": "100M", "MaxRecursion": "16", "MaxFiles": "10000"}
LARGE = bytes(measured.PART_OCTETS - 2000)


@pytest.mark.parametrize(("alert", "believed"), [("no", False), ("yes", True)])
async def test_or_it_is_believed_of_what_is_well_below_its_limits(clamd, see, alert, believed):
    clamd.start(AlertExceedsMax=alert, **DEBIAN)
    look = await see(clamd)
    small = await look(HEAD + b"\r\nhello")
    assert not [*small.limits, *small.failures]
    # To the last depth that is believed, it finds what lies there, and three further on.
    for containers in (measured.DEPTH, measured.DEPTH + 3):
        assert by_clamav(await look(deep(containers))) == [(FAKE.NAME, 0)]
    for octets, fits in ((LARGE, True), (LARGE + bytes(4000), False)):
        large = await look(HEAD + b"\r\n" + octets)
        assert not large.failures
        # Of the message, and of what clamd is shown besides: a file of NULs, not encoded.
        said = {one.class_ for one in large.limits}
        assert said == (set() if fits or believed else {"engine"})


async def test_without_a_clamd_it_says_so_and_after_a_restart_it_finds(clamd, see):
    look = await see(clamd)
    for _ in range(2):
        away = await look(HEAD + b"\r\n" + EICAR)
        assert [one.class_ for one in away.failures] == ["engine_away"]
        assert away.parts
        clamd.start()
        assert by_clamav(await look(HEAD + b"\r\n" + EICAR)) == [(FAKE.NAME, 0)]
        clamd.stop(signal.SIGKILL)


async def test_a_restart_between_two_messages_goes_unnoticed(clamd, see):
    look = await see(clamd.start())
    await look(HEAD + b"\r\nhello")
    clamd.stop()
    clamd.start()
    assert not (await look(HEAD + b"\r\nhello")).failures


async def test_one_that_is_killed_over_a_message_failed_on_it(clamd, see):
    look = await see(clamd.start())
    await look(HEAD + b"\r\nhello")
    clamd.running.send_signal(signal.SIGSTOP)
    task = asyncio.create_task(look(HEAD + b"\r\n" + EICAR))
    await asyncio.to_thread(clamd.until, lambda: _waiting(clamd), "question")
    clamd.stop(signal.SIGKILL)
    assert [one.class_ for one in (await task).failures] == ["engine"]


def _waiting(clamd):
    """Whether somebody has connected to a clamd that is stopped."""
    return Path("/proc/net/unix").read_text().count(str(clamd.socket)) > 1


async def test_one_that_hangs_fails_in_time(clamd, see):
    look = await see(clamd.start(), seconds=0.3)
    await look(HEAD + b"\r\nhello")
    clamd.running.send_signal(signal.SIGSTOP)
    seen = await look(HEAD + b"\r\n" + EICAR)
    clamd.running.send_signal(signal.SIGCONT)
    assert [one.class_ for one in seen.failures] == ["engine"]


@pytest.mark.real("kernel confinement")
def test_mail_is_refused_by_what_clamd_says_and_comes_again_without_it(clamd, service):
    service.configure(rest=f'[clamav]\nsocket = "unix:{clamd.start().socket}"\n')
    service.start()
    clean, worm = HEAD + b"\r\nhello\r\n", HEAD + b"\r\n" + FAKE.WORM + b"\r\n"
    with smtplib.SMTP("127.0.0.1", service.port) as client:
        client.ehlo()

        def said(octets):
            client.mail("ann@sender.example")
            client.rcpt("bob@corp.example")
            return client.data(octets)[0]

        assert [said(clean), said(worm)] == [250, 550]
        clamd.stop(signal.SIGKILL)
        assert [said(clean), said(worm)] == [451, 451]
        clamd.start()
        assert [said(clean), said(worm)] == [250, 550]
    assert len(service.delivered()) == 2
    assert [one["rule"] for one in service.messages()][1:4] == [
        *("malicious", "an engine is away", "an engine is away")
    ]
    assert "clamav: ClamAV" in service.log()


async def test_many_at_once_all_get_their_answer(clamd):
    clamd.start(MaxThreads="2", MaxQueue="4")
    engine = Clamav(ClamavSettings(f"unix:{clamd.socket}", connections=50))
    content = content_of([HEAD + b"\r\n" + EICAR])
    until = asyncio.get_running_loop().time() + 30
    questions = [engine.ask(content, "", until) for _ in range(200)]
    said = [await question.said() for question in questions]
    assert {one.findings[0].name for one in said if one.findings} == {FAKE.NAME}
    assert [one.failure or len(one.findings) for one in said] == [1] * 200
    for question in questions:
        await question.drop()
    content.close()


async def test_nothing_is_something_too(raw):
    assert await raw(b"") == Answer().name
