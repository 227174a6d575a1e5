"""Numbered mail, and what must become of it for each of its recipients.

The number says what is in it and to whom it goes, so that each try of it has the same
octets.  The policy tells recipients apart by their names:

    fine, good  get it; a program is taken out of it
    whole       gets it with the program
    held        it is held
    refused     it is refused, and held where others are served
"""

import hashlib
import re

NUMBER = re.compile(rb"^X-Number: (\d+)\r$", re.MULTILINE)
# What is in it, and to whom it goes.
KINDS = (
    ("text", ("fine",)),
    ("damaged", ("fine",)),
    ("text", ("fine", "held", "refused")),
    ("program", ("whole", "fine")),
    ("text", ("refused",)),
    ("worm", ("fine",)),
    ("text", ("fine", "good")),
    ("text", ("held",)),
)
# What the database of clamd_process.py knows, and nobody else.
WORM = b"PRATIQUE-WORM-" + b"PLUGH"
TYPES = {
    "damaged": "application/octet-stream; name=x.7z",
    "program": "multipart/mixed; boundary=b",
}
PROGRAM = (
    b"--b\r\n\r\nhello\r\n--b\r\nContent-Type: application/octet-stream; name=a.exe\r\n\r\n"
    b"MZ\r\n" + 100 * (b"x" * 70 + b"\r\n") + b"--b--\r\n"
)
POLICY = """
[[rule]]
name = "worm"
when = 'findings.exists(f, f.severity == "malicious")'
actions = ["reject"]
reason = "a worm"

[[rule]]
name = "engine away"
when = '''
  failures.size() > 0
    && failures.all(f, f.class_ in ["engine_away", "engine_late", "engine_unproven"])
'''
actions = ["defer"]
reason = "an engine is away"

[[rule]]
name = "unseen"
when = '''
  parts.exists(p, p.unopened != "") || ambiguities.size() + limits.size() + failures.size() > 0
'''
actions = ["quarantine"]
reason = "not looked into"

[[rule]]
name = "refused"
when = 'rcpt.address.startsWith("refused@")'
actions = ["reject"]
reason = "takes no mail"

[[rule]]
name = "held"
when = 'rcpt.address.startsWith("held@")'
actions = ["quarantine"]
reason = "looked at first"

[[rule]]
name = "taken out"
when = 'any_kind(["executable"]) && !rcpt.address.startsWith("whole@")'
actions = ["strip", "accept"]
strip = ["executable"]
reason = "no programs"

[[rule]]
name = "all other mail"
actions = ["accept"]
"""


def content_of(number):
    return KINDS[number % len(KINDS)][0]


def names_of(number):
    return KINDS[number % len(KINDS)][1]


def is_for(number, name):
    """What must become of it for this recipient: delivered, stripped, held or refused."""
    what, names = KINDS[number % len(KINDS)]
    if what == "damaged" or name == "held":
        return "held"
    if what == "worm" or name == "refused":
        return "refused" if len(names) == 1 else "held"
    return "stripped" if what == "program" and name != "whole" else "delivered"


def body_of(number):
    what = content_of(number)
    if what == "program":
        return PROGRAM
    if what == "damaged":
        return b"7z\xbc\xaf\x27\x1c" + b"x" * 40 + b"\r\n"
    lines = b"hello, number %d\r\n" % number * (1 + number % 500)
    return lines + WORM + b"\r\n" if what == "worm" else lines


def message(number):
    """Always the same octets, so that the next try is a retry of the same message."""
    fields = (
        "From: <a@sender.example>",
        "To: <b@corp.example>",
        "Date: Sun, 22 Nov 2026 05:00:00 +0000",
        f"Message-ID: <{number}@sender.example>",
        f"X-Number: {number}",
        "MIME-Version: 1.0",
        f"Content-Type: {TYPES.get(content_of(number), 'text/plain')}",
    )
    return "\r\n".join((*fields, "", "")).encode() + body_of(number)


def digest(body):
    return hashlib.sha256(body).hexdigest()


def is_whole(number, arrived):
    """Whether that is the digest of its body."""
    return digest(body_of(number)) == arrived
