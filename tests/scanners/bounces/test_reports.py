"""What another report covers: what it is, and nothing that somebody puts beside it."""

import base64
import functools
import gzip
import io
import zipfile

import pytest

from pratique.scanners import facts_pb2 as facts

ANN = b"From: ann@example.org\n"
DAEMON = b"From: mailer-daemon@mx.example\n"
WORDS = b"Subject: Delivery failure\n"
HTML = b"<html><body><form action='x'></form></body></html>"


def archive(*names):
    space = io.BytesIO()
    with zipfile.ZipFile(space, "w") as made:
        for name in names:
            made.writestr(name, "harmless")
    return space.getvalue()


ZIP = archive("notes.txt")


def feedback(name="r.xml", text=b"<?xml version='1.0'?><feedback><version/></feedback>"):
    space = io.BytesIO()
    with zipfile.ZipFile(space, "w") as made:
        made.writestr(name, text)
    return space.getvalue()


TLS = gzip.compress(b'{"organization-name": "x", "policies": []}', mtime=0)
DRESSES = {
    "feedback_report": (b"feedback-report", b"Content-Type: message/feedback-report\n\na: b\n"),
    "disposition_notification": (
        b"disposition-notification", b"Content-Type: message/disposition-notification\n\na: b\n"
    ),
    "tls_report": (
        b"tlsrpt",
        b"Content-Type: application/tlsrpt+gzip\nContent-Transfer-Encoding: base64\n\n"
        + base64.b64encode(TLS),
    ),
}  # fmt: skip


@pytest.mark.parametrize("word", DRESSES)
@pytest.mark.parametrize("head", [ANN, ANN + WORDS, DAEMON + WORDS])
def test_another_report_excuses_what_it_is_and_nothing_beside_it(word, head, see, bounces, decide):
    kind, part = DRESSES[word]
    made = functools.partial(bounces.multipart, type_=b"report; report-type=" + kind, head=head)
    genuine = see(made(bounces.text, part), "")
    false = see(made(bounces.text, part, bounces.file("minutes.zip", ZIP)), "")

    assert genuine.bounce == facts.Bounce(other=word)
    assert decide(genuine).rule == "all other mail"
    assert false.bounce.claimed
    assert decide(false, "").rule == ("doubtful bounce" if head == ANN else "false bounce")


@pytest.mark.parametrize("word", ["feedback_report", "disposition_notification"])
def test_a_complaint_and_a_receipt_may_return_what_they_answer(word, see, bounces):
    kind, part = DRESSES[word]
    inner = bounces.multipart(bounces.text, bounces.file("minutes.zip", ZIP), head=bounces.header)
    message = b"Content-Type: message/rfc822\n\n" + inner
    type_ = b"report; report-type=" + kind
    known = see(bounces.multipart(bounces.text, part, message, type_=type_, head=ANN), "")
    assert known.bounce == facts.Bounce(other=word)


@pytest.mark.parametrize("head", [ANN, DAEMON, DAEMON + WORDS])
@pytest.mark.parametrize(
    ("name", "octets"),
    [
        ("a!b!1!2.zip", feedback()),
        ("report.zip", feedback("any.xml")),
        ("a.gz", gzip.compress(b"<feedback>", mtime=0)),
    ],
)
def test_a_dmarc_report_is_one_by_its_content(name, octets, head, see, *, bounces, decide):
    for made in (
        bounces.multipart(bounces.text, bounces.file(name, octets), head=head),
        head + bounces.file(name, octets),
    ):
        known = see(made, "")
        assert known.bounce == facts.Bounce(other="dmarc_report")
        assert decide(known).rule == "all other mail"


@pytest.mark.parametrize(
    "files",
    [
        [("a!b!1!2.zip", ZIP)],
        [("a!b!1!2.zip", feedback("r.html"))],
        [("a!b!1!2.zip", archive("a.xml", "b.xml"))],
        [("a!b!1!2.zip", feedback(text=b"<?xml-stylesheet href='x'?><feedback/>"))],
        [("a!b!1!2.zip", feedback()), ("minutes.zip", ZIP)],
        [("a!b!1!2.zip", feedback()), ("b!b!1!2.zip", feedback())],
        [("a!b!1!2.zip", feedback()), ("minutes.html", HTML)],
    ],
)
def test_what_is_called_a_dmarc_report_is_none_by_that(files, see, bounces, decide):
    octets = bounces.multipart(*(bounces.file(*one) for one in files), head=DAEMON + WORDS)
    assert decide(see(octets, "")).rule == "false bounce"


def test_an_automatic_reply_excuses_no_file(see, bounces, decide):
    head = DAEMON + b"Subject: Automatic reply: Returned mail\n"
    octets = bounces.multipart(bounces.text, bounces.file("minutes.zip", ZIP), head=head)
    assert decide(see(octets, ""), "").rule == "false bounce"
    people = octets.replace(DAEMON, ANN)
    assert see(people, "").bounce == facts.Bounce(other="automatic_reply")
