"""What gives itself for a bounce, what is another report, and what is neither."""

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.bounces import claim

ANN = b"From: ann@example.org\n"
DSN_SUBJECT = b"Subject: Undelivered Mail Returned to Sender\n"


@pytest.fixture
def judge(gather):
    """The signs by name, and the other report that it is."""

    def judged(octets, **envelope):
        known = gather(octets)
        stated = facts.Envelope(**envelope)
        signs = claim.signs(known.header, known.mail, known.outline, stated)
        other = claim.other(known.header, known.mail, known.outline, signs)
        held = {name for name in claim.Signs.__slots__ if getattr(signs, name)}
        assert signs.any is bool(held)
        return held, other

    return judged


@pytest.mark.parametrize(
    ("head", "sign"),
    [
        (b"From: MAILER-DAEMON@mx.example\n", "daemon"),
        (b"From: Mailer-Daemon\n", "daemon"),
        (b"From: MAILER-DAEMON (Mail Delivery System)\n", "daemon"),
        (b"From: mailer-daemon-17@mx.example\n", "daemon"),
        (b"From: <postmaster@example.org>\n", "daemon"),
        (b"From: post_master@example.org\n", "daemon"),
        (b"From: Mail Delivery Subsystem <noreply@example.org>\n", "daemon"),
        (b"From: =?utf-8?q?Mail_Delivery_System?= <x@example.org>\n", "daemon"),
        (b"From: <>\n", "daemon"),
        (b"From: MAILER-DAEMON:;\n", "daemon"),
        (b"From: (Mail Delivery System)\n", "daemon"),
        (b'From: "mailer\\-daemon"@example.org\n', "daemon"),
        (b"From: .mailer-daemon@example.org\n", "daemon"),
        (b"From: 'Mail-Delivery-Subsystem' <x@example.org>\n", "daemon"),
        ("From: \u200bMail\u00a0Delivery\u2003System <x@example.org>\n".encode(), "daemon"),
        ("From: M\u0430il Delivery Syst\u0435m <x@example.org>\n".encode(), "daemon"),
        (b"From: The E-mail Delivery Service <x@example.org>\n", "daemon"),
        (ANN + "Subject: \u200b[Extern] Returned\u00a0mail\n".encode(), "subject"),
        (ANN + b"Subject: hello\nSubject: Returned mail\n", "subject"),
        (ANN + DSN_SUBJECT, "subject"),
        (ANN + b"Subject: =?utf-8?b?ZmFpbHVyZSBub3RpY2U=?=\n", "subject"),
        (ANN + b"X-Failed-Recipients: bob@example.org\n", "failed_recipients"),
    ],
)
def test_one_field_makes_a_claim(head, sign, judge):
    assert judge(head + b"\nhello\n") == ({sign}, "")


@pytest.mark.parametrize(
    "head",
    [
        ANN,
        b"",
        b"From: postmasters@example.org\n",
        b"From: Ann Postmaster <ann@example.org>\n",
        b"From: maildaemonic@example.org\n",
        ANN + b"Subject: Re: Undelivered Mail Returned to Sender\n",
        ANN + b"Return-Path: <>\n",
        ANN + b"Auto-Submitted: auto-generated\n",
    ],
)
def test_ordinary_mail_claims_nothing(head, judge):
    assert judge(head + b"\nhello\n") == (set(), "")


def test_the_structure_makes_a_claim(judge, bounces):
    assert judge(bounces.report(head=ANN)) == ({"report", "status"}, "")
    assert judge(bounces.report(bounces.text, bounces.text, head=ANN)) == ({"report"}, "")
    mixed = bounces.multipart(bounces.text, bounces.status, head=ANN)
    assert judge(mixed) == ({"status"}, "")
    assert judge(ANN + bounces.status) == ({"status"}, "")
    wrapped = bounces.multipart(bounces.report(head=b""), bounces.text, head=ANN)
    assert judge(wrapped) == ({"report", "status"}, "")


@pytest.mark.parametrize("subject", [b"Mail delivery system upgrade", b"Failure notice for db1"])
def test_words_that_go_on_count_only_beside_another_sign(subject, judge):
    written = b"Subject: " + subject + b"\n"
    assert judge(ANN + written + b"\nhello\n")[0] == set()
    daemon = b"From: mailer-daemon@mx.example\n"
    assert judge(daemon + written + b"\nhello\n")[0] == {"daemon", "subject"}


@pytest.mark.parametrize(("count", "heard"), [(claim.SUBJECTS, True), (claim.SUBJECTS + 1, False)])
def test_so_many_subjects_are_looked_at(count, heard, judge):
    head = ANN + b"Subject: hello\n" * (count - 1) + b"Subject: Returned mail\n"
    assert ("subject" in judge(head + b"\nhello\n")[0]) is heard


@pytest.fixture
def structured(gather):
    def told(octets):
        known = gather(octets)
        signs = claim.signs(known.header, known.mail, known.outline, facts.Envelope())
        return claim.has_structure(known.header, known.outline, signs)

    return told


def test_structure_is_what_programs_write(structured, bounces):
    assert structured(bounces.report(head=ANN))
    assert structured(bounces.multipart(bounces.text, type_=b"report", head=ANN))
    assert structured(bounces.multipart(bounces.text, bounces.status, head=ANN))
    assert structured(ANN + b"X-Failed-Recipients: bob@example.org\n\nhello")
    assert structured(other_report(bounces, "tls_report", ANN, bounces.status))
    assert not structured(bounces.daemon + b"\nhello")
    assert not structured(ANN + DSN_SUBJECT + b"\nhello")


@pytest.mark.parametrize("word", ["feedback_report", "tls_report", "disposition_notification"])
@pytest.mark.parametrize(("param", "part"), [(True, True), (True, False), (False, True)])
def test_that_of_another_report_is_not_that_of_a_bounce(word, param, part, structured, bounces):
    assert not structured(other_report(bounces, word, ANN, param=param, part=part))


def test_a_bounce_that_somebody_forwards_is_no_bounce(judge, bounces):
    forwarded = b"Content-Type: message/rfc822\n\n" + bounces.report()
    assert judge(bounces.multipart(bounces.text, forwarded, head=ANN)) == (set(), "")


REPORTS = {
    "feedback_report": (b"feedback-report", b"message/feedback-report"),
    "tls_report": (b"tlsrpt", b"application/tlsrpt+gzip"),
    "disposition_notification": (b"disposition-notification", b"message/disposition-notification"),
}


def other_report(bounces, word, head, *more, param=True, part=True):
    kind, type_ = REPORTS[word]
    parts = [b"Content-Type: " + type_ + b"\n\nx: y\n"] if part else []
    report = b"report; report-type=" + kind if param else b"report"
    return bounces.multipart(bounces.text, *parts, *more, type_=report, head=head)


@pytest.mark.parametrize("word", REPORTS)
@pytest.mark.parametrize(("param", "part"), [(True, True), (True, False), (False, True)])
def test_other_reports_are_known_by_their_type_or_by_their_part(word, param, part, judge, bounces):
    octets = other_report(bounces, word, ANN, param=param, part=part)
    assert judge(octets)[1] == word


@pytest.mark.parametrize("word", REPORTS)
def test_what_is_dressed_as_a_bounce_does_not_hide_behind_one_name(word, judge, bounces):
    head = ANN + DSN_SUBJECT
    assert judge(other_report(bounces, word, head))[1] == word
    assert judge(other_report(bounces, word, head, param=False))[1] == ""
    assert judge(other_report(bounces, word, head, part=False))[1] == ""
    assert judge(other_report(bounces, word, ANN, bounces.status))[1] == ""


@pytest.mark.parametrize(
    "octets",
    [
        b"From: postmaster@isp.example\nSubject: Report Domain: x.example Submitter: y.example\n\n",
        ANN + b'Content-Type: application/gzip; name="i.example!x.example!17!18.xml.gz"\n\nx',
        ANN + b'Content-Type: application/zip; name="i.example!x.example!17!18!id7.zip"\n\nx',
    ],
)
def test_a_dmarc_report_is_known_by_its_subject_or_its_file(octets, judge):
    assert judge(octets)[1] == "dmarc_report"


@pytest.mark.parametrize(
    "octets",
    [
        ANN + b'Content-Type: application/zip; name="a!b.zip"\n\nx',
        ANN + b'Content-Type: application/zip; name="a!b!c!d.zip"\n\nx',
        ANN + b'Content-Type: application/zip; name="a!b!1!2.exe"\n\nx',
        ANN + b"Subject: Report on the domain\n\nx",
        ANN + DSN_SUBJECT + b'Content-Type: application/zip; name="a!b!1!2.zip"\n\nx',
    ],
)
def test_what_only_looks_like_a_dmarc_report_is_none(octets, judge):
    assert judge(octets)[1] == ""


@pytest.mark.parametrize(
    "head",
    [
        ANN + b"Auto-Submitted: auto-replied\n",
        ANN + b"Auto-Submitted: auto-replied (vacation)\n",
        ANN + b"X-Autoreply: yes\n",
        ANN + b"Subject: Automatic reply: Minutes\n",
        b"From: postmaster@example.org\nSubject: Out of Office: Minutes\n",
    ],
)
def test_an_automatic_reply_is_known(head, judge):
    assert judge(head + b"\nI am away.\n")[1] == "automatic_reply"


@pytest.mark.parametrize(
    "head",
    [
        b"From: mailer-daemon@example.org\nAuto-Submitted: auto-replied\n",
        ANN + DSN_SUBJECT + b"Auto-Submitted: auto-replied\n",
        ANN + b"X-Failed-Recipients: b@example.org\nAuto-Submitted: auto-replied\n",
        ANN + b"Auto-Submitted: auto-generated\n",
        ANN + b"Auto-Submitted: no\n",
    ],
)
def test_what_is_no_automatic_reply_is_not_taken_for_one(head, judge):
    assert judge(head + b"\nhello\n")[1] == ""


MOBILE = (
    b"From: no-reply@phone.example\nSubject: Mail\n"
    b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\n%b\n"
    b"--b\nContent-Type: %b\n\nReceived: by x\nFrom: a@b.example\n"
    b"Subject: x\nMessage-ID: <1@b.example>\n\nhello\n--b--\n"
)
NOT_DELIVERED = b"Your mail sent on Monday\n  Could not be delivered to: <bob@b.example>\n"
MESSAGE = b"message/rfc822"


@pytest.mark.parametrize(
    ("text", "type_", "envelope", "signs"),
    [
        (NOT_DELIVERED, MESSAGE, {"reverse_path": ""}, {"returns"}),
        (b"Sorry.\nThe mailbox of bob is full.\n", MESSAGE, {"reverse_path": ""}, {"returns"}),
        (b"Returned mail: no such user\n", MESSAGE, {"reverse_path": ""}, {"returns"}),
        # People forward mail, and write of what was not delivered.
        (NOT_DELIVERED, MESSAGE, {"reverse_path": "ann@example.org"}, set()),
        # Nobody knows from whom it is.
        (NOT_DELIVERED, MESSAGE, {}, set()),
        (NOT_DELIVERED, b"text/plain", {"reverse_path": ""}, set()),
        (b"I am away until Monday.\n", MESSAGE, {"reverse_path": ""}, set()),
        (b"hello\n" * 40 + NOT_DELIVERED, MESSAGE, {"reverse_path": ""}, set()),
    ],
)
def test_from_nobody_a_text_and_a_message_make_a_claim_together(
    text, type_, envelope, signs, judge
):
    assert judge(MOBILE % (text, type_), **envelope) == (signs, "")


@pytest.mark.parametrize(
    ("written", "signs"), [(b"<>", {"returns"}), (b" <a@b.example>", set()), (b"", set())]
)
def test_a_return_path_in_the_header_tells_where_the_envelope_is_not_known(written, signs, judge):
    octets = b"Return-Path: " + written + b"\n" + MOBILE % (NOT_DELIVERED, MESSAGE)
    assert judge(octets) == (signs, "")
    assert judge(octets, reverse_path="x@y.example") == (set(), "")
