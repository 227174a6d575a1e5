"""Messages are changed by real, confined workers: what comes out, and what a bad one costs."""

import asyncio
import os
import signal
import smtplib
from pathlib import Path

import pytest

from pratique.milter.content import content_of
from pratique.milter.taking_out import leaves, request
from pratique.milter.wall.faults import NurseryLost
from pratique.milter.wall.workers import NotRewritten, Workers, WorkerSettings, own_nursery
from pratique.policies.verdict import Edit
from pratique.scanners.wall_pb2 import Rewrite, Setup

pytestmark = [pytest.mark.real("kernel confinement"), pytest.mark.slow]

MAILS = Path(__file__).resolve().parents[2] / "src/pratique/policies/shipped/mail"


@pytest.fixture
def rewritten(naughty_workers):
    """Have a worker change what names its deed; the new content, or what was said."""

    async def rewritten(word, **settings):
        pool = await naughty_workers(**settings)
        content = content_of([word.encode()])
        try:
            new = (await pool.rewrite(content, Rewrite())).content
            said = b"".join(new.span(0, new.size))
            new.close()
        except NotRewritten as why:
            said = str(why)
        finally:
            content.close()
        return pool, said

    return rewritten


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("nothing", b"nothing"),
        ("refuse", "it is as it is"),
        ("die", "the worker died"),
        ("crash", "the worker died"),
        ("raise", "the worker died"),
        ("hang", "no new content within 0.5 s"),
        ("babble", "more than 4194328 octets of a new content"),
        ("mumble", "it is refused, or something comes"),
        ("reach", "octets 0 to 6 cannot be next in the body"),
    ],
)
async def test_what_a_worker_does_is_an_answer_or_a_refusal(rewritten, see, word, said):
    pool, came = await rewritten(word, seconds=1.0)
    assert came == said
    # The next message is seen, by this worker or by another.
    assert not (await see(pool, b"nothing first")).failures


async def test_a_worker_that_lied_is_not_used_again(rewritten, soon):
    pool, _ = await rewritten("nothing")
    (good,) = pool._alive
    pool, _ = await rewritten("reach")
    (liar,) = pool._alive or {None}
    assert liar is not good
    await soon(lambda: len(pool._alive) == 1)


async def test_without_a_nursery_it_is_no_refusal(naughty_workers):
    pool = await naughty_workers(seconds=2.0)
    content = content_of([b"hang"])
    task = asyncio.create_task(pool.rewrite(content, Rewrite()))
    await asyncio.sleep(0)
    os.kill(pool._nursery.pid, signal.SIGKILL)
    with pytest.raises((NurseryLost, TimeoutError)):
        await task
    content.close()


async def test_while_no_worker_is_free_it_waits_no_longer_than_its_time(naughty_workers):
    pool = await naughty_workers(seconds=0.2, count=1)
    worker = await pool._idle.take(0.0)
    content = content_of([b"nothing"])
    with pytest.raises(TimeoutError):
        await pool.rewrite(content, Rewrite())
    pool._idle.put(worker)
    content.close()


@pytest.fixture
async def workers():
    """Workers as they are, with this budget."""
    pools = []

    async def start(setup=None):
        pools.append(Workers(own_nursery(setup or Setup()), WorkerSettings(count=1)))
        await pools[-1].start()
        return pools[-1]

    yield start
    for pool in pools:
        await pool.close()


def octets(content):
    return b"".join(content.span(0, content.size))


async def test_a_program_is_taken_out_byte_exactly_and_is_gone(workers, see):
    pool = await workers()
    for name in ("program", "program-in-zip", "script-in-zip"):
        whole = (MAILS / f"{name}.eml").read_bytes()
        before = await see(pool, whole)
        meant = tuple(part.id for part in before.parts if part.kind in {"executable", "script"})
        edits = [Edit("strip", "a rule", "because", meant)]
        taken = leaves(before, edits)
        content = content_of([whole])
        new = await pool.rewrite(content, request(before, edits, taken, "Q1"))
        left = octets(new.content)
        start = next(at for at in range(len(left)) if not whole.startswith(left[: at + 1]))
        end = next(at for at in range(len(left)) if not whole.endswith(left[-at - 1 :]))
        note = left[start:-end].decode()
        assert "because" in note
        assert "Q1" in note
        after = await see(pool, left)
        assert not {part.kind for part in after.parts} & {"executable", "script", "archive"}
        assert not after.ambiguities
        for one in (content, new.content):
            one.close()


LEAVES = {"text", "html", "executable", "script", "archive", "image", "document", "other"}


def said(facts):
    """What a message says: its leaves, where they lie."""
    return [(part.path, part.name, part.sha256) for part in facts.parts if part.kind in LEAVES]


async def test_each_message_that_we_ship_is_written_anew_and_says_the_same(workers, see):
    pool, refused = await workers(), set()
    for file in sorted(MAILS.glob("*.eml")):
        whole = file.read_bytes()
        content = content_of([whole])
        try:
            new = await pool.rewrite(content, Rewrite(rebuild=True))
        except NotRewritten as why:
            refused.add((file.stem, str(why)))
            continue
        finally:
            content.close()
        after = await see(pool, octets(new.content))
        new.content.close()
        assert not after.ambiguities, file
        assert said(after) == said(await see(pool, whole)), file
    assert refused == {("pgp-mime", "part of it is multipart/encrypted")}


async def test_more_than_the_budget_is_refused(workers):
    setup = Setup()
    setup.budget.part_octets = 100_000
    pool, content = await workers(setup), content_of([b"A: b\r\n\r\n" + b"x" * 100_001])
    with pytest.raises(NotRewritten, match="more than 100000 octets"):
        await pool.rewrite(content, Rewrite(rebuild=True))
    content.close()


POLICY = """
[[rule]]
name = "programs go"
when = 'any_kind("executable")'
actions = ["strip", "accept"]
strip = ["executable"]
reason = "no programs by mail"

  [[rule.test]]
  message = "program-in-zip.eml"
  expect = "accept"
  expect_edits = ["strip"]

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


def test_a_whole_service_takes_out_keeps_and_delivers(service, until):
    (service.folder / "program-in-zip.eml").write_bytes((MAILS / "program-in-zip.eml").read_bytes())
    policy = service.folder / "policy.toml"
    policy.write_text(POLICY)
    service.configure(rest=f'[policy]\nfile = "{policy}"\ntest_before = false')
    service.start()
    whole = (MAILS / "program-in-zip.eml").read_bytes().replace(b"\r\n", b"\n")
    whole = whole.replace(b"\n", b"\r\n")
    with smtplib.SMTP("127.0.0.1", service.port, timeout=30) as client:
        client.sendmail("a@example.org", ["b@example.net"], whole)
    until(service.delivered, "delivered message")
    (delivered,) = service.delivered()
    assert b"Something was taken out" in delivered
    assert b"invoice.zip" in delivered
    (kept,) = service.held()
    assert (kept["state"], kept["rule"]) == ("kept_original", "programs go")
    assert service.run("quarantine", "list", "--state", "kept_original").count(kept["id"]) == 1
    (line,) = service.messages()
    assert line["outcome"] == "delivered"
    assert "1 tests" not in service.run("policy", "test", str(policy))
