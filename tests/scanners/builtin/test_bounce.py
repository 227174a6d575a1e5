"""A bounce as a whole: real attachments in real frames, damage of every kind, and silence."""

import io
import random
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.bounces import evidence


def archive(*names):
    space = io.BytesIO()
    with zipfile.ZipFile(space, "w") as made:
        for name in names:
            made.writestr(name, "harmless")
    return space.getvalue()


ZIP = archive("notes.txt")
DOCX = archive("[Content_Types].xml", "word/document.xml")
DOCM = archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin")
HTML = b"<html><body><form action='x'></form></body></html>"
# How servers say it: a frame has a place for what is returned, in the form that it wants.
FRAMES = {
    "postfix": (
        b"From: MAILER-DAEMON@mx.example (Mail Delivery System)\n"
        b"Subject: Undelivered Mail Returned to Sender\nAuto-Submitted: auto-replied\n"
        b'Message-ID: <1@mx.example>\nContent-Type: multipart/report; '
        b'report-type=delivery-status; boundary="f"\n\n--f\nContent-Type: text/plain\n\n'
        b"This is the mail system.\n--f\nContent-Type: message/delivery-status\n\n"
        b"Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; gone@there.example\n"
        b"Action: failed\n--f\nContent-Type: message/rfc822\n\n%b\n--f--\n"
    ),
    "exchange 5.5": (
        b"From: System Administrator <postmaster@mx.example>\nSubject: Undeliverable: Minutes\n"
        b'Message-ID: <1@mx.example>\nContent-Type: multipart/mixed; boundary="f"\n\n--f\n'
        b"Content-Type: text/plain\n\nYour message did not reach gone@there.example.\n--f\n"
        b"Content-Type: message/rfc822\n\n%b\n--f--\n"
    ),
    "qmail": (
        b"From: MAILER-DAEMON@mx.example\nSubject: failure notice\nMessage-ID: <1@mx.example>\n\n"
        b"Hi. This is the qmail-send program at mx.example.\n\n<gone@there.example>:\n"
        b"no such user\n\n--- Below this line is a copy of the message.\n\n%b"
    ),
    "gateway": (
        b'From: postmaster@mx.example\nSubject: Mail delivery failed\nMessage-ID: <1@mx.example>\n'
        b'Content-Type: multipart/mixed; boundary="g"\n\n--g\n'
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="f"\n\n--f\n\n'
        b"Failed: gone@there.example\n--f\nContent-Type: message/delivery-status\n\n"
        b"Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; gone@there.example\n--f\n"
        b"Content-Type: message/rfc822\n\n%b\n--f--\n--g\n\nThis mail was scanned.\n--g--\n"
    ),
}  # fmt: skip


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize(
    "file",
    [("minutes.zip", ZIP), ("minutes.docx", DOCX), ("minutes.docm", DOCM), ("minutes.html", HTML)],
)
def test_a_genuine_bounce_may_return_what_mail_may_carry(frame, file, see, bounces, decide):
    name, octets = file
    inner = bounces.multipart(bounces.text, bounces.file(name, octets), head=bounces.header)
    known = see(FRAMES[frame] % inner, "")

    assert known.bounce.claimed
    assert not known.bounce.verified
    kinds = {one.kind for one in known.bounce.evidence}
    assert {"returned_header", "returned_message_id", "failed_recipient"} <= kinds
    assert "attachment" not in kinds
    assert [one.returned for one in known.parts if name in one.name] == [True]
    assert decide(known).rule == "all other mail"


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize(
    "file",
    [("minutes.zip", ZIP), ("minutes.docm", DOCM), ("minutes.html", HTML), ("a.xlsb", b"?")],
)
def test_what_stands_beside_it_is_refused(frame, file, see, bounces, decide):
    name, octets = file
    if b"boundary" not in FRAMES[frame]:
        start, _, text = (FRAMES[frame] % bounces.header).partition(b"\n\n")
        octets = bounces.multipart(b"\n" + text, bounces.file(name, octets), head=start + b"\n")
    else:
        frame = FRAMES[frame] % bounces.header
        closing = frame[-6:]
        octets = frame[:-6] + closing[:3] + b"\n" + bounces.file(name, octets) + closing
    known = see(octets, "")

    assert "attachment" in {one.kind for one in known.bounce.evidence}
    assert decide(known).rule == "false bounce"


ANN = b"From: ann@example.org\n"
DAEMON = b"From: mailer-daemon@mx.example\n"
WORDS = b"Subject: Delivery failure\n"
FILES = [("minutes.zip", ZIP), ("minutes.docm", DOCM), ("minutes.html", HTML)]


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ((ANN + WORDS, None), "doubtful bounce"),
        ((ANN + WORDS, "ann@example.org"), "doubtful bounce"),
        ((DAEMON, "ann@example.org"), "doubtful bounce"),
        (
            (b"From: Ann <postmaster@example.org>\nSubject: Logs\n", "a@b.example"),
            "doubtful bounce",
        ),
        ((ANN + WORDS, ""), "false bounce"),
        ((DAEMON, ""), "false bounce"),
        ((DAEMON + WORDS, "ann@example.org"), "false bounce"),
        ((DAEMON + b"Subject: Mail delivery system upgrade\n", None), "false bounce"),
        ((ANN + b"X-Failed-Recipients: b@example.org\n", None), "false bounce"),
        ((ANN + b"Subject: Failure notice for server db1\n", None), "all other mail"),
        ((ANN + b"Subject: Failed delivery attempt DHL\n", ""), "all other mail"),
        ((ANN, ""), "all other mail"),
    ],
)
def test_one_cheap_sign_is_held_and_two_are_refused(written, rule, file, see, *, bounces, decide):
    head, reverse_path = written
    octets = bounces.multipart(bounces.text, bounces.file(*file), head=head)
    assert decide(see(octets, reverse_path), reverse_path).rule == rule
    nothing = see(head + b"\nhello\n", reverse_path)
    assert decide(nothing, reverse_path).rule == "all other mail"


SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>"


@pytest.mark.parametrize(
    ("part", "rule"),
    [
        (b"Content-Type: text/plain\n\n<html><body>It failed.</body></html>\n", ""),
        (b"Content-Type: application/xhtml+xml\n\n<html><body>It failed.</body></html>\n", ""),
        (b"Content-Type: text/html; name=a.html\n\n<html><body>It failed.</body></html>\n", ""),
        (b"Content-Type: text/html\nContent-Disposition: attachment\n\n<html>\n", "false bounce"),
        (b"Content-Type: text/plain; name=a.html\n\n<html><body>x</body></html>\n", ""),
        (b"Content-Type: application/octet-stream\n\n<html><body>x</body>\n", "false bounce"),
    ],
)
def test_a_page_is_the_body_where_the_text_stands(part, rule, see, bounces, decide):
    first = see(bounces.report(part, bounces.status, bounces.returned), "")
    assert decide(first).rule == (rule or "all other mail")


@pytest.mark.parametrize(
    ("disposition", "rule"), [("inline", "doubtful bounce"), ("attachment", "false bounce")]
)
def test_a_drawing_in_a_bounce_is_held_where_it_is_shown(disposition, rule, see, bounces, decide):
    head = f"Content-Type: image/svg+xml\nContent-Disposition: {disposition}\n\n".encode()
    known = see(bounces.report(bounces.text, head + SVG, bounces.status, bounces.returned), "")
    assert decide(known).rule == rule


def test_a_message_more_than_is_returned_is_strange(see, bounces, decide):
    page = bounces.file("your mail.mht", bounces.header + b"\n<html></html>\n")
    octets = bounces.report(bounces.text, bounces.status, bounces.returned, page)
    assert decide(see(octets, "")).rule == "false bounce"
    three = bounces.report(bounces.text, bounces.status, *[bounces.returned] * 3)
    assert decide(see(three, "")).rule == "false bounce"
    alone = bounces.multipart(bounces.text, page, head=ANN + WORDS)
    assert decide(see(alone)).rule == "doubtful bounce"


def weights(known):
    return {one.kind: one.weight for one in known.bounce.evidence}


def test_each_reason_of_a_whole_report_is_stated_once_with_its_detail(see, bounces):
    head = bounces.daemon + b"Auto-Submitted: auto-replied\nMessage-ID: <1@mx.example>\n"
    known = see(bounces.report(head=head), "")

    told = {one.kind: one.detail for one in known.bounce.evidence}
    assert told == {
        "report_structure": "",
        "structure": "",
        "delivery_status": "reported by dns; mx.example",
        "daemon_author": "",
        "subject_words": "",
        "automatic": "",
        "returned_header": "in 3",
        "returned_message_id": "<original@example.org>",
        "failed_recipient": "gone@there.example",
    }
    assert len(told) == len(known.bounce.evidence)
    assert weights(known) == {kind: evidence.WEIGHTS[kind] for kind in told}
    assert known.bounce.other == ""


def test_a_forgery_of_words_alone_weighs_against_itself(see):
    known = see(
        b"From: Mail Delivery System <mailer-daemon@example.org>\nSubject: Returned mail\n"
        b"Content-Type: text/html\nPrecedence: bulk\n\n<html><a href=x>read it</a>",
        "someone@example.net",
    )

    assert set(weights(known)) == {
        "daemon_author", "subject_words", "html_only", "bulk_mail", "no_message_id", "reverse_path"
    }  # fmt: skip
    assert sum(weights(known).values()) < -10


def test_a_report_that_reports_nothing_says_so(see, bounces):
    known = see(bounces.multipart(bounces.text, type_=b"report", head=b"From: a@b.example\n"))

    assert "report_without_status" in weights(known)


@pytest.mark.parametrize("reverse_path", [None, ""])
def test_a_null_reverse_path_says_nothing(reverse_path, see, bounces):
    assert "reverse_path" not in weights(see(bounces.report(), reverse_path))


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\n",
        b"From: ann@example.org\nSubject: hello\n\nhello bob@example.org\n",
        b"From: ann@example.org\nSubject: Re: Returned mail\nIn-Reply-To: <a@b>\n\nsee below",
    ],
)
def test_of_ordinary_mail_nothing_is_said(octets, see):
    assert not see(octets, "").HasField("bounce")


def test_of_another_report_only_what_it_is_is_said(see):
    known = see(b"From: postmaster@x.example\nSubject: Automatic reply: hello\n\nI am away.\n", "")

    assert known.bounce == facts.Bounce(other="automatic_reply")


def whole(bounces):
    head = bounces.daemon + b"MIME-Version: 1.0\nX-Failed-Recipients: gone@there.example\n"
    inner = bounces.multipart(bounces.text, bounces.file("a.zip", ZIP), head=bounces.header)
    returned = b"Content-Type: message/rfc822\n\n" + inner
    return bounces.report(bounces.text, bounces.status, returned, head=head)


@pytest.mark.slow
def test_a_bounce_that_is_cut_anywhere_is_still_seen(see, bounces):
    octets = whole(bounces)
    for cut in range(0, len(octets), 3):
        see(octets[:cut], "")


@pytest.mark.slow
@settings(deadline=None, max_examples=300)
@given(seed=st.integers(0, 2**32), damages=st.integers(1, 12))
def test_a_damaged_bounce_never_raises(seed, damages, see, bounces):
    assert see(damaged(whole(bounces), random.Random(seed), damages), "").parts[0].id == 0


def damaged(octets, dice, damages):
    """Lines lost, doubled and moved, octets flipped, line ends changed."""
    for _ in range(damages):
        lines = octets.split(b"\n")
        one, other = dice.randrange(len(lines)), dice.randrange(len(lines))
        way = dice.randrange(7)
        if way == 0:
            del lines[one]
        elif way == 1:
            lines.insert(other, lines[one])
        elif way == 2:
            lines[one], lines[other] = lines[other], lines[one]
        elif way == 3 and lines[one]:
            at = dice.randrange(len(lines[one]))
            lines[one] = lines[one][:at] + dice.randbytes(1) + lines[one][at + 1 :]
        elif way == 4:
            lines[one] = lines[one].replace(b":", b"")
        elif way == 5:
            lines[one] += b"\r"
        else:
            lines[one] = lines[one] * 3
        octets = b"\n".join(lines)
    return octets or b"\n"


@pytest.mark.slow
@pytest.mark.parametrize("parts", [1, 1900])
def test_a_bounce_of_very_many_parts_is_seen_like_any(parts, see, bounces):
    octets = bounces.report(*[bounces.text] * parts, bounces.status, bounces.returned)
    known = see(octets, "")

    assert [one.path for one in known.parts if one.returned] == [f"{parts + 2}", f"{parts + 2}/1"]


def test_what_it_says_of_the_message_that_it_answers_is_told(see, bounces):
    seen = see(bounces.report())
    assert seen.bounce.returned.authors == ["ann@example.org"]
    ids = [one.detail for one in seen.bounce.evidence if one.kind == "returned_message_id"]
    assert ids == seen.bounce.returned.message_ids == ["<original@example.org>"]


def test_a_vacation_notice_says_what_it_answers(see):
    octets = b"Auto-Submitted: auto-replied\nIn-Reply-To: <a@b.example>\nSubject: Auto: x\n\naway\n"
    bounce = see(octets).bounce
    assert (bounce.other, bounce.claimed) == ("automatic_reply", False)
    assert bounce.returned.message_ids == ["<a@b.example>"]
    bare = see(octets.replace(b"In-Reply-To", b"X-Reply-To")).bounce
    assert not bare.HasField("returned")


@pytest.mark.parametrize("more", [0, 1])
def test_more_recipients_than_are_looked_at_are_a_limit(see, bounces, more):
    group = b"\nFinal-Recipient: rfc822; gone@there.example\nAction: failed\n"
    status = b"Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n"
    octets = bounces.report(bounces.text, status + group * (1000 + more), bounces.returned)
    told = [("header", "more than 1000 recipients in a delivery status")]
    assert [(one.class_, one.detail) for one in see(octets).limits] == (told if more else [])
