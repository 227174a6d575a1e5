"""What differs between the doors: the milter sees what Postfix made of the mail, MX mode the wire.

A message with nothing odd in it gets the same verdict at every door.  For the rest, `CHANGED`
lists what a Postfix (3.7) makes of a message before or after it is looked into, and the
verdict is that of `inspect` on the octets that were looked into.

The policy holds everything, so that those octets lie in the quarantine; a recipient whose
name begins with `through-` gets its mail, so that what goes on can be seen as well.  With
PRATIQUE_WHOLE=1 all messages of ../shared go through, else the odd ones and every twelfth.
"""

import os
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

pytestmark = [
    pytest.mark.real("postfix"),
    pytest.mark.real("kernel confinement"),
    pytest.mark.slow,
]

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
SHIPPED = ROOT / "src/pratique/policies/shipped"
EVERY = 1 if os.environ.get("PRATIQUE_WHOLE") == "1" else 12
WAYS = ["milter", "proxy", "filter", "mx"]
THROUGH = "through-"

LET_THROUGH = f"""
[[rule]]
name = "let through"
when = 'rcpt.address.startsWith("{THROUGH}")'
actions = ["accept"]

"""

HEADER = (
    b"From: <a@sender.example>\r\nTo: <b@corp.example>\r\n"
    b"Date: Mon, 05 Jan 2026 09:30:00 +0000\r\nMessage-ID: <1@sender.example>\r\n"
)
PARTS = b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
LINE = b" " + b"x" * 97 + b"\r\n"


@dataclass(frozen=True, slots=True)
class Change:
    """What a Postfix makes of a message, and at which doors it has done so before we look."""

    sent: bytes
    made: bytes
    before: str
    # Where the message is not taken at all.
    refused: str = ""


# Postfix has two hands: smtpd, which reads the wire, and cleanup, which writes the queue.
# A milter is asked by cleanup; content_filter comes after it; smtpd_proxy_filter comes after
# smtpd alone, and MX mode before both.  So what cleanup changes is changed behind us in the
# last two: CLEANUP names the doors that see it.
CLEANUP, SMTPD, FILTER, MILTER = "milter filter", "milter filter proxy", "filter", "milter"
CHANGED = {
    "a bare LF is CRLF": Change(
        HEADER + b"Subject: a\nX: b\r\n\r\nc\nd\r\n",
        HEADER + b"Subject: a\r\nX: b\r\n\r\nc\r\nd\r\n",
        SMTPD,
        refused="mx",
    ),
    "CRs before CRLF are gone": Change(
        HEADER + b"Subject: a\r\r\n\r\nc\r\r\r\n",
        HEADER + b"Subject: a\r\n\r\nc\r\n",
        SMTPD,
        refused="mx",
    ),
    "a bare CR is a space": Change(
        HEADER + b"Subject: a\rb\r\n\r\nc\rd\r\n",
        HEADER + b"Subject: a b\r\n\r\nc d\r\n",
        CLEANUP,
        refused="mx proxy",
    ),
    "a From line at the top is a field": Change(
        b"From a@b Mon Jan  5 09:30:00 2026\r\n" + HEADER + b"\r\nx\r\n",
        b"X-Mailbox-Line: From a@b Mon Jan  5 09:30:00 2026\r\n" + HEADER + b"\r\nx\r\n",
        SMTPD,
    ),
    "a blank at the top ends the header": Change(
        b" a\r\n" + HEADER + b"\r\nx\r\n",
        b"\r\n a\r\n" + HEADER + b"\r\nx\r\n",
        SMTPD,
    ),
    "NUL ends a line of the header": Change(
        HEADER + b"Subject: a\0b\r\n c\r\nX: d\r\n\r\ne\0f\r\n",
        HEADER + b"Subject: a\r\n c\r\nX: d\r\n\r\ne\0f\r\n",
        CLEANUP,
    ),
    "NUL ends a line of the header of a part": Change(
        HEADER + PARTS + b"Content-Type: text/plain; a=b\0c\r\n\r\nx\r\n--b--\r\n",
        HEADER + PARTS + b"Content-Type: text/plain; a=b\r\n\r\nx\r\n--b--\r\n",
        CLEANUP,
    ),
    "NUL in a name ends the header": Change(
        HEADER + b"Sub\0ject: a\r\n\r\nx\r\n", HEADER + b"\r\nSub\0ject: a\r\n\r\nx\r\n", CLEANUP
    ),
    "8 bit in a name ends the header": Change(
        HEADER + b"Subj\xffect: a\r\n\r\nx\r\n",
        HEADER + b"\r\nSubj\xffect: a\r\n\r\nx\r\n",
        CLEANUP,
    ),
    "a blank in a name ends the header": Change(
        HEADER + b"Sub ject: a\r\n\r\nx\r\n", HEADER + b"\r\nSub ject: a\r\n\r\nx\r\n", CLEANUP
    ),
    "a field without a name ends the header": Change(
        HEADER + b": a\r\nX: b\r\n\r\nx\r\n", HEADER + b"\r\n: a\r\nX: b\r\n\r\nx\r\n", CLEANUP
    ),
    "a line without a colon ends the header": Change(
        HEADER + b"no colon\r\nX: b\r\n\r\nx\r\n",
        HEADER + b"\r\nno colon\r\nX: b\r\n\r\nx\r\n",
        CLEANUP,
    ),
    "blanks before a colon are gone": Change(
        HEADER + b"Subject : a\r\nX-Tab\t: b\r\n\r\nx\r\n",
        HEADER + b"Subject: a\r\nX-Tab: b\r\n\r\nx\r\n",
        CLEANUP,
    ),
    "blanks before a colon are gone in parts": Change(
        HEADER + PARTS + b"Content-Type : message/rfc822\r\n\r\nSubject : a\r\n\r\nx\r\n--b--\r\n",
        HEADER + PARTS + b"Content-Type: message/rfc822\r\n\r\nSubject: a\r\n\r\nx\r\n--b--\r\n",
        CLEANUP,
    ),
    "Bcc, Return-Path and Content-Length are gone": Change(
        HEADER + b"Bcc: <x@y>\r\nReturn-Path: <z@y>\r\nContent-Length: 5\r\n\r\nx\r\n",
        HEADER + b"\r\nx\r\n",
        CLEANUP,
    ),
    "a long field is cut": Change(
        HEADER + b"X-Long:" + LINE * 1200 + b"\r\nx\r\n",
        HEADER + b"X-Long: cut\r\n\r\nx\r\n",
        CLEANUP,
    ),
    "a long line is folded, also in a body": Change(
        HEADER + b"\r\n" + b"y" * 2500 + b"\r\n",
        HEADER + b"\r\n" + b"y" * 998 + b"\r\n " + b"y" * 997 + b"\r\n " + b"y" * 505 + b"\r\n",
        FILTER,
    ),
    "a header alone has an empty line": Change(HEADER, HEADER + b"\r\n", MILTER),
}  # fmt: skip

# Those that two readers may read in two ways, and that nobody does once Postfix has them.
WIRE_ONLY = [
    "NUL ends a line of the header",
    "NUL ends a line of the header of a part",
    "NUL in a name ends the header",
    "blanks before a colon are gone in parts",
]

# What is odd too, and stays as it is at every door.
KEPT = {
    "NUL in a body": HEADER + b"\r\na\0b\r\n",
    "8 bit that nobody declared": HEADER + b"Subject: caf\xe9\r\n\r\ncaf\xe9 \xff\xfe\r\n",
    "8 bit in a multipart that is said to be base64": HEADER
    + PARTS.replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n")
    + b"\r\n\xe9\r\n--b--\r\n",
    "lines of blanks within a field": HEADER + b"Subject: a\r\n \r\n \t\r\n b\r\n\r\nx\r\n",
    "blanks at the ends of lines": HEADER + b"Subject: a  \t\r\n\r\nx  \r\n",
    "fields that are there twice": HEADER + HEADER + b"\r\nx\r\n",
    "other control characters": HEADER + b"Subject: a\x0bb\x0c\x1a\r\n\r\n\x0b\x0c\x1a\x7f\r\n",
    "lines of dots": HEADER + b"\r\n.\r\n..\r\n...x\r\n",
    "no field that has to be there": b"Subject: a\r\n\r\nx\r\n",
    "no header at all": b"\r\nx\r\n",
    "obsolete addresses": HEADER + b"Cc: x (y) <@p,@q:z@y>, b, d%e@f!g\r\n\r\nx\r\n",
}

# For a client on Postfix's own host (local_header_rewrite_clients), seen by CLEANUP.
ADDED = b"Message-Id: <made>\r\nDate: made\r\nFrom: a@sender.example\r\n"
LOCAL = {
    "what is missing is added": Change(
        b"Subject: a\r\n\r\nx\r\n", b"Subject: a\r\n" + ADDED + b"\r\nx\r\n", CLEANUP
    ),
    "addresses are completed": Change(
        HEADER + b"Cc: x (y) <@p,@q:z@y>, b\r\n\r\nx\r\n",
        HEADER + b"Cc: x (y) <z@y>, b@mx.test.example\r\n\r\nx\r\n",
        CLEANUP,
    ),
}


def comparable(content):
    """The same without what differs from run to run: our trace, fresh fields, where it is cut."""
    content = re.sub(rb"(?s)\A(?:Received: .*?\r\n(?![ \t]))*", b"", content)
    content = re.sub(rb"<\d{14}\.\w+@mx\.test\.example>", b"<made>", content)
    content = re.sub(rb"(Message-Id: <made>\r\nDate: ).*\r\n", rb"\1made\r\n", content)
    # 60,000 octets in a cleanup that a milter was ever asked in, else 102,400
    # (header_size_limit).
    return re.sub(
        rb"X-Long:(?:(?: x{97}\r\n){606}|(?: x{97}\r\n){1034})(?! )", b"X-Long: cut\r\n", content
    )


def is_ordinary(content):
    """CRLF only, no NUL, lines of at most 998 octets, and legal header lines."""
    lines = content.split(b"\r\n")
    header = lines[: lines.index(b"")] if b"" in lines[:-1] else []
    legal = re.compile(rb"[!-9;-~]+:|[ \t]")
    spaced = re.compile(rb"(?m)^[!-9;-~]+[ \t]+:")
    return bool(
        header
        and re.fullmatch(rb"(?:[^\r\n\0]|\r\n)*", content)
        and max(map(len, lines)) <= 998
        and all(legal.match(line) for line in header)
        and not header[0].startswith((b" ", b"\t"))
        and not spaced.search(content)
        and sum(map(len, header)) < 60_000
    )


def as_sent(content):
    """Content whose every line end is that of the wire."""
    return re.sub(rb"\r\n|\r|\n", b"\r\n", content if content.endswith(b"\n") else content + b"\n")


def strangers(folder):
    """Messages of ../shared, where it is: mail of others, with CRLF, and the evasions as made."""
    if not SHARED.is_dir():
        return
    maker = SHARED / "evasion/make_cases_public.py"
    subprocess.run([sys.executable, maker, folder], check=True, capture_output=True)
    paths = [*sorted((SHARED / "corpora").rglob("*.eml")), *sorted(folder.glob("*.eml"))]
    for number, path in enumerate(paths):
        content = path.read_bytes()
        ended = content if content.endswith(b"\r\n") else content + b"\r\n"
        sent = ended if path.parent == folder else as_sent(content)
        if number % EVERY == 0 or not is_ordinary(sent):
            stem = re.sub(r"[^A-Za-z0-9-]", "_", path.stem)[:40]
            yield f"{number:04}-{stem}", sent


def local_part(name):
    return re.sub(r"\W+", "-", name)[:50]


def rows(doors):
    """The messages of the tables, each to be held and to be let through."""
    odd = {name: change.sent for name, change in CHANGED.items()} | KEPT
    local = {name: change.sent for name, change in LOCAL.items()}
    for client, found in ((doors.STRANGER, odd), (doors.HERE, local)):
        for name, content in found.items():
            for front in ("", THROUGH):
                yield doors.Mail(front + local_part(name), content, client=client)


@pytest.fixture(scope="module")
def policy(tmp_path_factory):
    """The shipped policy, but whatever it decides is a hold."""
    text = (SHIPPED / "default.toml").read_text("utf-8")
    text = re.sub(r"(?ms)^ *\[\[rule\.test\]\].*?(?=^\[\[rule\]\]|\Z)", "", text)
    held = 'actions = ["quarantine"]'
    text = text.replace('actions = ["reject"]', held)
    text = re.sub(r'(?m)^actions = \["accept".*$', f'{held}\nreason = "accepted"', text)
    file = tmp_path_factory.mktemp("policy") / "holds.toml"
    file.write_text(LET_THROUGH + text, "utf-8")
    return str(file)


@pytest.fixture(scope="module")
def went(all_doors, doors, policy, tmp_path_factory):
    """Send everything to every door; what was seen and decided."""
    all_doors.start(f'[policy]\nfile = "{policy}"\ntest_before = false\n')
    own = {f"own-{path.stem}": as_sent(path.read_bytes()) for path in SHIPPED.rglob("*.eml")}
    found = own | dict(strangers(tmp_path_factory.mktemp("evasion")))
    table = list(rows(doors))
    mails = [doors.Mail(name, content) for name, content in found.items()]
    replies = {way: all_doors.send(way, mails + table) for way in WAYS}
    all_doors.settle()
    decided = all_doors.decisions()
    return SimpleNamespace(
        sent={mail.name: mail.content for mail in mails},
        replies=replies,
        rules={way: {name: one.rule for name, one in decided[way].items()} for way in WAYS},
        seen=all_doors.held(),
        delivered=all_doors.delivered(),
    )


def test_an_ordinary_message_gets_the_same_verdict_at_every_door(went, doors, policy):
    ordinary = {name: sent for name, sent in went.sent.items() if is_ordinary(sent)}
    said = doors.inspected([doors.Mail(*one) for one in ordinary.items()], policy)
    rules = {name: {went.rules[way][name] for way in WAYS} for name in ordinary}
    assert rules == {name: {said[name][1]} for name in ordinary}
    assert len(ordinary) >= 10
    assert len(set.union(*rules.values())) >= 3


def test_an_ordinary_message_is_seen_as_it_was_sent(went):
    # Legal, and cleanup takes them out all the same.
    gone = re.compile(
        rb"(?im)^(?:(?:resent-)?bcc|return-path|content-length):.*\r\n(?:[ \t].*\r\n)*"
    )
    changed = [
        (way, name)
        for name, sent in went.sent.items()
        if is_ordinary(sent)
        for way in WAYS
        if comparable(gone.sub(b"", went.seen[way][name])) != comparable(gone.sub(b"", sent))
    ]
    assert changed == []


@pytest.mark.parametrize("way", WAYS)
def test_the_rest_gets_the_verdict_of_inspect_on_what_was_seen(went, doors, policy, way):
    rest = {name for name, sent in went.sent.items() if not is_ordinary(sent)}
    rest |= {name for name in went.seen[way] if name not in went.sent}
    seen = {name: went.seen[way][name] for name in rest & set(went.seen[way])}
    said = doors.inspected([doors.Mail(*one) for one in seen.items()], policy)
    assert {name: went.rules[way][name] for name in seen} == {name: said[name][1] for name in seen}
    refused = {name: went.replies[way][name] for name in rest - set(seen)}
    assert {reply for reply in refused.values() if "bare CR or LF" not in reply} == set()
    assert len(seen) >= 20


@pytest.mark.parametrize("name", [*CHANGED, *LOCAL])
def test_what_postfix_changes_is_seen_changed_or_as_it_came(went, name):
    change = (CHANGED | LOCAL)[name]
    expected = {
        way: change.made if way in change.before.split() else change.sent
        for way in WAYS
        if way not in change.refused.split()
    }
    seen = {way: went.seen[way].get(local_part(name)) for way in WAYS}
    assert {way: comparable(one) for way, one in seen.items() if one is not None} == expected


@pytest.mark.parametrize(
    "name", [name for name, one in (CHANGED | LOCAL).items() if one.before == CLEANUP]
)
def test_what_cleanup_changes_it_changes_behind_us_too(went, name):
    change = (CHANGED | LOCAL)[name]
    found = {way: went.delivered[way].get(THROUGH + local_part(name)) for way in WAYS}
    taken = {way: comparable(one) for way, one in found.items() if one is not None}
    assert taken == {way: change.made for way in WAYS if way not in change.refused.split()}


@pytest.mark.parametrize("name", KEPT)
def test_what_else_is_odd_is_seen_as_it_was_sent(went, name):
    seen = {way: comparable(went.seen[way][local_part(name)]) for way in WAYS}
    assert seen == dict.fromkeys(WAYS, KEPT[name])


def test_what_passes_on_the_wire_passes_as_postfix_writes_it_down(went):
    written = tomllib.loads((SHIPPED / "default.toml").read_text("utf-8"))["rule"]
    passes = {one["name"] for one in written if one["actions"][0] == "accept"}
    passed = [(way, name) for way in ("proxy", "mx") for name in went.rules[way]]
    passed = [(way, name) for way, name in passed if went.rules[way][name] in passes]
    assert len(passed) >= 20
    # Else cleanup would make behind us what we would not have let pass.
    assert [one for one in passed if went.rules["milter"][one[1]] not in passes] == []


def test_a_stranger_is_a_stranger_behind_us_too(went):
    name = "no field that has to be there"
    found = {way: comparable(went.delivered[way][THROUGH + local_part(name)]) for way in WAYS}
    as_it_came = {way: KEPT[name] for way in WAYS if way != "mx"}
    # It is our own address that the smtpd behind an MX takes for its client's.
    assert found == as_it_came | {"mx": b"Subject: a\r\n" + ADDED + b"\r\nx\r\n"}


def test_an_odd_form_that_postfix_repairs_is_only_told_where_the_wire_is_seen(went):
    rules = {
        name: {way: went.rules[way][local_part(name)] for way in WAYS}
        for name, change in CHANGED.items()
        if not change.refused
    }
    repaired, wire = dict.fromkeys(CLEANUP.split(), "all other mail"), ["proxy", "mx"]
    told = repaired | dict.fromkeys(wire, "ambiguous")
    assert [name for name, each in rules.items() if len(set(each.values())) > 1] == WIRE_ONLY
    assert [rules[name] for name in WIRE_ONLY] == [told] * len(WIRE_ONLY)
