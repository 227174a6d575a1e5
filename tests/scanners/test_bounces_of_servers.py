"""Bounces in the forms of many servers, in words of our own: none is from a collection.

They are held out: whoever mends a pattern for one of them mends it for a form.  Each is a
bounce of one message of Ann's, and what is asked is that it gives itself for a bounce, is
genuine in form, and says which message it answers and who failed.
"""

import base64
import quopri

import pytest

HEADER = """\
Received: from pc.example.org (pc.example.org [192.0.2.7])
\tby mx.example.org with ESMTPSA id 4Ff2; Mon, 2 Mar 2026 09:00:00 +0900
Message-ID: <original@example.org>
Date: Mon, 2 Mar 2026 09:00:00 +0900
From: Ann <ann@example.org>
To: gone@there.example
Subject: minutes of Monday
MIME-Version: 1.0
"""
COPY = HEADER + "\nDear all,\nhere are the minutes.\n"
GONE = "gone@there.example"
TOP = "To: ann@example.org\nDate: Mon, 2 Mar 2026 09:00:05 +0900\nMessage-ID: <d@mx.example>\n"
STATUS = f"""\
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.there.example

Final-Recipient: rfc822; {GONE}
Action: failed
Status: 5.1.1
"""
RETURNED = f"Content-Type: message/rfc822\n\n{COPY}"
ONLY_HEADERS = f"Content-Type: text/rfc822-headers\n\n{HEADER}"


def parts(type_, *pieces):
    joined = "".join(f"--b=1\n{one}\n" for one in pieces)
    return f'MIME-Version: 1.0\nContent-Type: {type_}; boundary="b=1"\n\n{joined}--b=1--\n'


def report(text, *pieces, plain="Content-Type: text/plain\n\n"):
    return parts("multipart/report; report-type=delivery-status", plain + text, *pieces)


def marked(mark, text=COPY):
    return "".join(f"{mark}{line}\n" for line in text.splitlines())


def page(text):
    return "".join(f"{line}<br>\n" for line in text.replace("<", "&lt;").splitlines())


def in_base64(text):
    return f"Content-Transfer-Encoding: base64\n\n{base64.encodebytes(text.encode()).decode()}"


def in_quoted_printable(text):
    encoded = quopri.encodestring(text.encode()).decode()
    return f"Content-Transfer-Encoding: quoted-printable\n\n{encoded}"


SERVERS = {
    "qmail": f"""From: MAILER-DAEMON@there.example
{TOP}Subject: failure notice

Hi. This is the qmail-send program at there.example.
I could not deliver what you sent. I give up; sorry.

<{GONE}>:
Nobody of that name lives here. (#5.1.1)

--- Below this line is a copy of the message.

Return-Path: <ann@example.org>
{COPY}""",
    "exim": f"""From: Mail Delivery System <Mailer-Daemon@there.example>
{TOP}X-Failed-Recipients: {GONE}
Auto-Submitted: auto-replied
Subject: Mail delivery failed: returning message to sender

This message was made by mail delivery software. What you sent could not be
delivered to one or more of its recipients:

  {GONE}
    unrouteable address

------ This is a copy of the message, including all the headers. ------

{COPY}""",
    "exim, new": f"From: Mail Delivery System <Mailer-Daemon@there.example>\n{TOP}"
    f"X-Failed-Recipients: {GONE}\nSubject: Mail delivery failed: returning message to sender\n"
    + report(f"This address failed:\n  {GONE}\n", STATUS, ONLY_HEADERS),
    "postfix": f"From: MAILER-DAEMON@there.example (Mail Delivery System)\n{TOP}"
    "Auto-Submitted: auto-replied\nSubject: Undelivered Mail Returned to Sender\n"
    + report(f"This is the mail system.\n\n<{GONE}>: unknown user\n", STATUS, RETURNED),
    "postfix, in eight bits": f"From: MAILER-DAEMON@there.example\n{TOP}"
    "Subject: Undelivered Mail Returned to Sender\n"
    + report(
        "Hello\n",
        STATUS.replace("message/", "message/global-"),
        RETURNED.replace("message/rfc822", "message/global"),
    ),
    "sendmail": f"From: Mail Delivery Subsystem <MAILER-DAEMON@there.example>\n{TOP}"
    "Subject: Returned mail: see transcript for details\n"
    + report(f"Permanent fatal errors\n<{GONE}>\n   (reason: 550)\n", STATUS, ONLY_HEADERS),
    "sendmail, old": f"""From: Mail Delivery Subsystem <MAILER-DAEMON>
{TOP}Subject: Returned mail: User unknown

   ----- Transcript of session follows -----
550 {GONE}... User unknown

   ----- Unsent message follows -----
{COPY}""",
    "exchange 2003": f"From: postmaster@there.example\n{TOP}"
    "Subject: Delivery Status Notification (Failure)\n"
    + report(f"Delivery to these recipients failed.\n\n       {GONE}\n", STATUS, RETURNED),
    "exchange online": f"From: Microsoft Outlook <MicrosoftExchange329e@example.org>\n{TOP}"
    "In-Reply-To: <original@example.org>\nSubject: Undeliverable: minutes of Monday\n"
    + report(
        parts(
            "multipart/alternative",
            "Content-Type: text/plain\n\nYour message could not be delivered.\n"
            f"{GONE}\n\nOriginal message headers:\n\n{HEADER}",
            f"Content-Type: text/html\n\n<p>{page(HEADER)}</p>\n",
        ).replace("b=1", "b=2"),
        STATUS,
        RETURNED,
        plain="",
    ),
    "gmail": f"From: Mail Delivery Subsystem <mailer-daemon@googlemail.example>\n{TOP}"
    f"X-Failed-Recipients: {GONE}\nReferences: <original@example.org>\n"
    "Subject: Delivery Status Notification (Failure)\n"
    + report(
        parts(
            "multipart/related",
            f"Content-Type: text/plain\n\nAddress not found: {GONE}\n",
            f"Content-Type: text/html\n\n<b>Address not found</b> <a>{GONE}</a>\n",
            "Content-Type: image/png; name=icon.png\nContent-ID: <i>\n"
            "Content-Transfer-Encoding: base64\n\niVBORw0KGgo=\n",
        ).replace("b=1", "b=3"),
        STATUS,
        RETURNED,
        plain="",
    ),
    "domino": f"From: Postmaster <postmaster@there.example>\n{TOP}"
    "Subject: DELIVERY FAILURE: No such person in the directory\n"
    + report(f"Your message could not be delivered to {GONE}\n", STATUS, RETURNED),
    "groupwise": f"From: Mailer-Daemon@there.example\n{TOP}"
    "Subject: Message status - undeliverable\n"
    + parts(
        "multipart/mixed",
        f"Content-Type: text/plain\n\nNot delivered to:\n\t{GONE} (not found)\n",
        f"Content-Type: message/rfc822; name=Mime.822\nContent-Disposition: attachment\n\n{COPY}",
    ),
    "mdaemon": f"From: MDaemon at there.example <MDaemon@there.example>\n{TOP}"
    "Subject: Permanent Delivery Failure\n"
    + parts(
        "multipart/report; report-type=delivery-status",
        f"Content-Type: text/plain\n\nIt had permanent errors.\n\nFailed address: {GONE}\n",
        STATUS,
        RETURNED,
    ),
    "communigate": f"From: <>\n{TOP}Subject: Undeliverable mail: minutes of Monday\n"
    + report(f"Failed to deliver to '{GONE}'\nno such account\n", STATUS, ONLY_HEADERS),
    "zimbra": f"From: MAILER-DAEMON@mail.there.example (Mail Delivery System)\n{TOP}"
    "Subject: Undelivered Mail Returned to Sender\n"
    + report(
        f"<{GONE}>: account is closed\n",
        STATUS,
        f"Content-Description: Undelivered Message\n{RETURNED}",
    ),
    "courier": f"From: Courier mail server <@there.example>\n{TOP}"
    "Subject: NOTICE: mail delivery status.\n"
    + report(f"UNDELIVERABLE MAIL\n\n<{GONE}>:\n     Command: RCPT\n", STATUS, RETURNED),
    "hmailserver": f"""From: mailer-daemon@there.example
{TOP}Subject: Message undeliverable: minutes of Monday

Your message did not reach its recipients.
   {GONE}
   Error: 550 unknown

--- The header of the original message is following. ---

{HEADER}""",
    "imail": f"""From: Postmaster <postmaster@there.example>
{TOP}Subject: Undeliverable Mail

Unknown user: {GONE}

Original message follows.

{COPY}""",
    "ses": f"From: MAILER-DAEMON@mail.sending.example\n{TOP}"
    "Subject: Delivery Status Notification (Failure)\n"
    + report(f"An error occurred on the way to:\n{GONE}\n", STATUS, RETURNED),
    "powermta": f"From: Mail Delivery System <postmaster@out.sending.example>\n{TOP}"
    "Subject: Delivery report\n"
    + report(f"Hello, this is the mail server.\n  <{GONE}>\n", STATUS, ONLY_HEADERS),
    "mimecast": f"From: Mail Delivery System <MAILER-DAEMON@gate.example>\n{TOP}"
    "Subject: [Postmaster] Email Delivery Failure\n"
    + parts(
        "multipart/alternative",
        f"Content-Type: text/plain\n\nYour mail to {GONE} failed\n",
        f"Content-Type: text/html\n\n<p>Your mail to {GONE} failed</p><p>{page(HEADER)}</p>\n",
    ),
    "yahoo": f"From: mailer-daemon@mail.there.example\n{TOP}Subject: Failure Notice\n"
    "Content-Type: text/plain\n"
    + in_quoted_printable(
        f"Sorry, we were unable to deliver your message to:\n\n<{GONE}>:\nno mailbox = nobody\n\n"
        f"------------------------------------\n\n{COPY}"
    ),
    "zoho": f"From: mailer-daemon@mail.there.example\n{TOP}"
    "Subject: Undelivered Mail Returned to Sender\nContent-Type: text/plain\n"
    + in_base64(f"This was not delivered to\n{GONE}\n\nReceived:from pc\n{HEADER}"),
    "kerio": f"From: Mail Delivery Subsystem <postmaster@there.example>\n{TOP}"
    "Subject: Mail not delivered\n"
    + parts(
        "multipart/mixed",
        f"Content-Type: text/plain\n\nIt was not delivered to {GONE}\n",
        f'Content-Type: application/octet-stream; name="original.eml"\n\n{COPY}',
    ),
    "indented": f"""From: mailer-daemon@there.example
{TOP}Subject: Delivery failed

{GONE} is unknown. You wrote:

{marked("    ")}""",
    "quoted": f"""From: postmaster@there.example
{TOP}Subject: Your message could not be delivered

Nobody is called {GONE} here.

{marked("> ")}""",
    "bars": f"""From: mailer-daemon@there.example
{TOP}Subject: Mail failure - unknown user

  Failed: {GONE}

{marked("  | ")}""",
    "haraka": f"From: MAILER-DAEMON@there.example\n{TOP}Subject: failure notice\n"
    + report(f"Some recipients failed: <{GONE}>\n", STATUS, RETURNED),
    "opensmtpd": f"From: Mailer Daemon <MAILER-DAEMON@there.example>\n{TOP}"
    "Subject: Delivery status notification: error\n"
    + report(f"        {GONE}: 550 Invalid recipient\n", STATUS, ONLY_HEADERS),
    "james": f"From: postmaster@there.example\n{TOP}Subject: Re:minutes of Monday\n"
    + parts(
        "multipart/mixed",
        f"Content-Type: text/plain\n\nError message below: 550 unknown\n\n{GONE}\n",
        RETURNED,
    ),
    "a phone's": f"Return-Path: <>\nFrom: no-reply@phone.example\n{TOP}Subject: Mail\n"
    + parts(
        "multipart/mixed",
        f"Content-Type: text/plain\n\nIt could not be delivered to {GONE}.\n",
        RETURNED,
    ),
}
ENDS = {"LF": b"\n", "CRLF": b"\r\n", "CR": b"\r"}


@pytest.fixture(params=SERVERS)
def server(request):
    return request.param


@pytest.fixture(params=ENDS)
def seen(request, server, see):
    """What is seen of a bounce, with each kind of line ends."""
    return see(SERVERS[server].encode().replace(b"\n", ENDS[request.param]))


def kinds(seen):
    return {one.kind for one in seen.bounce.evidence}


def test_it_gives_itself_for_a_bounce_and_is_genuine_in_form(seen):
    assert seen.bounce.claimed
    found = kinds(seen)
    daemon = {"daemon_author", "failed_recipient"} <= found
    assert found & {"delivery_status", "returned_header"} or daemon
    assert not found & {"attachment", "html_only"}


def test_it_says_which_message_it_answers_and_who_failed(seen):
    assert "<original@example.org>" in seen.bounce.returned.message_ids
    assert "gone@there.example" in seen.bounce.returned.failed


def test_nothing_of_it_is_beyond_us(seen):
    assert not seen.failures
    assert not seen.limits
