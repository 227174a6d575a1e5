"""Figures of bounces: each original goes out, is stamped, and comes back."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared/corpora/bounces/sisimai"
REPORT = b"""\
From: MAILER-DAEMON@there.example
To: ann@example.org
Subject: Undelivered Mail Returned to Sender
Message-ID: <1@there.example>
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

Sorry.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; there.example

Final-Recipient: rfc822; gone@there.example
--b
Content-Type: message/rfc822

%b
hello
--b--
"""
HEADER = b"Received: from a by b\nFrom: ann@example.org\nTo: gone@there.example\nSubject: x\n"
EIGHT = b"".join(b"X-%d: y\n" % number for number in range(8))
CALLED = b"Message-ID: <original@example.org>\n"
CHARLIE = b"From: charlie@example.net\nTo: ann@example.org\nSubject: hello\n\nhello\n"


@pytest.fixture(scope="module")
def figures_of(bench):
    measured = bench("bounces")

    async def measure(*samples):
        read = measured.returned_copies.read
        return await measured.measure([(str(at), read(one)) for at, one in enumerate(samples)])

    return measure


@pytest.mark.real("kernel confinement")
@pytest.mark.slow
@pytest.mark.parametrize(
    "header", [HEADER + CALLED, HEADER + EIGHT, HEADER + b"Message-ID: 7\n" + EIGHT]
)
async def test_a_bounce_is_proved_once_its_original_went_out(figures_of, header):
    figures = await figures_of(REPORT % header)
    assert {what: figures.share(what) for what in figures.counts if "of " not in what} == {
        **dict.fromkeys(("claimed", "genuine in form", "not refused", "not held"), 1.0),
        "not proved before": 1.0,
        **{f"proved by {way}": 1.0 for way in ("both", "ledger", "watermark")},
        "not refused when sent by us": 1.0,
    } | {}
    assert figures.counts["proved, of all"] == 1


@pytest.mark.real("kernel confinement")
@pytest.mark.slow
async def test_what_is_no_bounce_and_what_returns_nothing_is_missed_by_name(figures_of, bench):
    figures = await figures_of(CHARLIE, REPORT % b"")
    assert figures.counts["claimed"] == 1
    assert figures.missed["claimed"] == ["0"]
    assert figures.missed["proved, of all"] == ["0", "1"]
    assert figures.counts["proved or weakly so, of all"] == 1
    assert "proved by both" not in figures.counts
    (line,) = [one for one in bench("bounces").written(figures) if one.startswith("claimed")]
    assert line.split() == ["claimed", "1", "of", "2", "50.0", "%", "0"]


@pytest.mark.real("shared mail")
@pytest.mark.real("kernel confinement")
@pytest.mark.slow
async def test_the_goals_are_reached_on_genuine_bounces_of_many_servers(bench):
    measured = bench("bounces")
    samples = measured.samples_in(SHARED)
    figures = await measured.measure(samples)
    print("\n".join(measured.written(figures)))
    assert len(samples) == 489
    assert figures.share("claimed") >= 0.99
    assert figures.share("genuine in form") >= 0.98
    assert figures.share("not refused") == figures.share("not refused when sent by us") == 1
    assert figures.share("not held") >= 0.97
    assert figures.counts["not proved before"] == 489
    assert figures.counts["of proved by both"] >= 440
    assert min(figures.share(f"proved by {way}") for way in ("both", "ledger", "watermark")) >= 0.98
    assert figures.share("proved, of all") >= 0.9
    assert figures.share("proved or weakly so, of all") >= 0.98
