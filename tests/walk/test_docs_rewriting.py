"""What docs/rewriting.md says, held against real workers, a real policy and a real quarantine."""

import gzip
import re
from binascii import b2a_base64
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from pratique.milter.content import content_of
from pratique.milter.mail import Envelope, Forward
from pratique.milter.next_hop import Reply
from pratique.milter.pipeline import Pipeline
from pratique.milter.quarantine.store import Quarantine
from pratique.milter.rewriting import SECONDS
from pratique.milter.wall.workers import Workers, WorkerSettings, own_nursery
from pratique.milter.ways import Ways
from pratique.policies import danger
from pratique.policies.check import check
from pratique.policies.policy import Policy
from pratique.policies.trials.trial import run
from pratique.scanners.facts_pb2 import Facts
from pratique.scanners.wall_pb2 import Setup

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/rewriting.md").read_text("utf-8")
MAIL = ROOT / "src/pratique/policies/shipped/mail/program-in-zip.eml"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
(RULES,) = [text for kind, text in BLOCK.findall(PAGE) if kind == "toml"]
(NOTE,) = [text for kind, text in BLOCK.findall(PAGE) if kind == "text"]
ROW = re.compile(
    r"^\| (?P<what>[a-z].*?) \| (?P<strip>held|done) \| (?P<rebuild>held|done) \|$", re.MULTILINE
)

LAST = """
[[rule]]
name = "unseen"
when = '''
  parts.exists(p, p.unopened != "") || ambiguities.size() + limits.size() + failures.size() > 0
'''
actions = ["quarantine"]
reason = "not looked into"

  [[rule.test]]
  facts.limits = [{ class_ = "depth" }]
  expect = "quarantine"

[[rule]]
name = "all other mail"
actions = ["accept"]

  [[rule.test]]
  facts.parts = [{ kind = "text" }]
  expect = "accept"
"""
EDIT = """
[[rule]]
name = "only once"
when = 'mail.subject == "second" && ambiguities.size() == 0 && !any_name("a.exe")'
actions = ["reject"]
reason = "the second look"

[[rule]]
name = "edit"
when = 'mail.size > 0'
actions = [{actions}, "accept"]
{keys}
reason = "because"

[[rule]]
name = "all other mail"
actions = ["accept"]
"""
STRIP = EDIT.replace("{actions}", '"strip"').replace("{keys}", "strip_when = 'p.name == \"a.exe\"'")
REBUILD = EDIT.replace("{actions}", '"rebuild"').replace("{keys}", "")


def test_the_rules_are_sound_and_their_tests_are_met():
    assert check(RULES + LAST) == []
    results = list(run(Policy.load(RULES + LAST), lambda path: Facts()))
    assert [one.why for one in results if one.why] == []
    assert {edit.action for one in results for edit in one.verdict.edits} == {"strip", "rebuild"}


def test_its_numbers_are_those_of_the_program():
    assert f"{SECONDS:g} s for the change and the second look" in PAGE
    assert f"More than {danger.PARTS:,} parts" in PAGE


@pytest.fixture
async def deliver(tmp_path):
    """Have a message taken by a policy; what went on, and what the quarantine says."""
    workers = Workers(own_nursery(Setup()), WorkerSettings(count=1))
    await workers.start()
    quarantine = Quarantine(tmp_path / "quarantine")

    async def deliver(octets, policy):
        sent = []

        async def send(outgoing, recipients):
            sent.append(b"".join(outgoing.chunks()))
            return Reply(250, ("2.0.0 Ok",))

        envelope = Envelope(
            "00000000000001",
            datetime(2026, 11, 22, tzinfo=UTC),
            "a@example.org",
            recipients=(Forward("b@example.net"),),
        )
        content = content_of([octets])
        pipeline = Pipeline(workers, Policy.load(policy), quarantine)
        await pipeline.take(content, envelope, Ways(send, quarantine.hold, "sender"))
        content.close()
        kept = {one.state for one in quarantine.messages()}
        for one in list(quarantine.messages()):
            quarantine.delete(one.id)
        return sent, kept

    yield deliver
    quarantine.close()
    await workers.close()


def in_workers(test):
    """Mark what takes real workers."""
    return pytest.mark.real("kernel confinement")(pytest.mark.slow(test))


@in_workers
async def test_the_note_is_the_one_on_the_page(deliver):
    (sent,), kept = await deliver(MAIL.read_bytes(), RULES + LAST)
    assert NOTE.rstrip("\n") in sent.decode().replace("\r\n", "\n")
    assert kept == {"kept_original"}


HEAD = b"From: a@b.example\r\nSubject: hello\r\nMIME-Version: 1.0\r\n"
MIXED = HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhello\r\n"
FILE = b"Content-Type: application/octet-stream; name=a.exe\r\n\r\nMZ\r\n"
PLAIN = MIXED + b"--b\r\n" + FILE + b"--b--\r\n"
ODD = PLAIN.replace(b"Content-Type: multipart", b"Content-Type : multipart")
SIGNED = b"--b\r\nContent-Type: multipart/signed; boundary=c\r\n\r\n--c\r\n" + FILE + b"--c--\r\n"
TWO_ENCODINGS = b"Content-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
BOMB = b2a_base64(gzip.compress(bytes(20_000_000), mtime=0))


def with_part(fields, body):
    return PLAIN.replace(b"--b--", b"--b\r\n" + fields + body + b"\r\n--b--")


# For a strip, and for a rebuild.
MESSAGES = {
    "the part is in a signed or encrypted multipart": [MIXED + SIGNED + b"--b--\r\n"] * 2,
    "the part is in an S/MIME file": [PLAIN.replace(b"octet-stream", b"pkcs7-mime")] * 2,
    "programs differ on what the parts are": [ODD] * 2,
    "another reading shows a part that the standard one has not": [
        with_part(TWO_ENCODINGS, b"aGVsbG8gaGVsbG8gaGVsbG8=")
    ]
    * 2,
    "something was not looked at to its end": [
        with_part(
            b"Content-Type: application/gzip; name=b.gz\r\nContent-Transfer-Encoding: base64\r\n",
            b"\r\n" + BOMB,
        )
    ]
    * 2,
    "the second look does not accept it": [
        PLAIN.replace(b": hello", b": second"),
        ODD.replace(b": hello", b": second").replace(b"a.exe", b"a.bin"),
    ],
}


@in_workers
async def test_each_row_of_the_table_is_so(deliver):
    rows = {row["what"]: (row["strip"], row["rebuild"]) for row in ROW.finditer(PAGE)}
    assert rows.keys() == MESSAGES.keys()
    found = {}
    for what, (one, other) in MESSAGES.items():
        stripped = await deliver(one, STRIP)
        rebuilt = await deliver(other, REBUILD)
        for sent, kept in (stripped, rebuilt):
            assert kept == ({"kept_original"} if sent else {"held"}), what
        found[what] = tuple("done" if sent else "held" for sent, _ in (stripped, rebuilt))
    assert found == rows


@in_workers
async def test_without_anything_that_speaks_against_it_both_are_done(deliver):
    (stripped,), _ = await deliver(PLAIN, STRIP)
    assert stripped.startswith(MIXED)
    assert b"\nMZ" not in stripped
    (rebuilt,), _ = await deliver(ODD, REBUILD)
    assert b"Content-Type :" not in rebuilt
    (again,), _ = await deliver(rebuilt, REBUILD)
    assert again == rebuilt


@in_workers
async def test_a_signature_stays_where_it_is_and_is_broken(deliver):
    signed = b"DKIM-Signature: v=1; d=b.example; bh=x; b=y\r\nARC-Message-Signature: i=1; bh=x\r\n"
    for policy in (STRIP, REBUILD):
        (sent,), _ = await deliver(signed + PLAIN, policy)
        assert sent.startswith(signed)
        # RFC 6376 3.4.3 and 3.7: "bh=" is the hash of the body, which is another.
        bodies = [each.partition(b"\r\n\r\n")[2] for each in (signed + PLAIN, sent)]
        assert len({sha256(body).digest() for body in bodies}) == 2


def test_the_line_of_postfix_asks_the_checker_first_and_the_signer_last():
    (line,) = [text for kind, text in BLOCK.findall(PAGE) if not kind]
    names = re.findall(r"unix:(\w+)/", line)
    assert names == ["check", "pratique", "sign"]
