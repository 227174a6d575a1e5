"""Of each message it is told which signatures it was looked at with, and who is not relied on."""

import asyncio
import contextlib
import os
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from pratique.milter.ages import Ages
from pratique.milter.config import parse
from pratique.milter.content import content_of
from pratique.milter.engines import ENGINES
from pratique.milter.engines.asked import Asked, Beside, asked
from pratique.milter.engines.asking import WHOLE_OCTETS
from pratique.milter.engines.engine import Proof, Said
from pratique.milter.engines.proofs import Proofs
from pratique.milter.engines.watch import Watch
from pratique.milter.mail import Envelope
from pratique.milter.programs.handed import Handed
from pratique.scanners import facts_pb2 as facts

ENVELOPE = Envelope(queue_id="Q1", received_at=datetime(2026, 11, 22, tzinfo=UTC))
EICAR = facts.Finding(name="Eicar", severity="malicious")
WORM = facts.Finding(name="Worm", severity="malicious")


class Question:
    def __init__(self, said):
        self._said = said

    async def said(self):
        return self._said

    async def drop(self):
        pass


class Engine:
    """Says what it was told to say of octets, and of test files."""

    name, waits = "av", "always"

    def __init__(self, show="message", **says):
        self.show, self.says = show, {octets.encode(): said for octets, said in says.items()}
        self.sources, self.proof = (), Proof("missed", "it does not find EICAR")
        self.asked = self.proved = 0

    async def start(self):
        return "there"

    async def prove(self):
        self.proved += 1
        return self.proof

    def ask(self, content, _sha256, _until, _envelope):
        self.asked += 1
        return Question(self.says.get(content.peek(0, 10), Said()))

    def close(self):
        pass


class Workers:
    """Hands out parts, and states them."""

    def __init__(self, *parts, findings=()):
        self.parts, self.findings, self.at_rest = parts, findings, False

    async def inspect(self, _content, _envelope, shows=None):
        seen = facts.Facts(parts=[facts.Part(id=0)], findings=self.findings)
        for number, octets in enumerate(self.parts, start=1):
            handed = Handed("", sha256(octets).hexdigest(), (), content_of([octets]), shown=True)
            seen.parts.add(id=number, sha256=handed.sha256, depth=1)
            shows.take(handed)
        return seen

    async def rewrite(self, content, edits):
        return content, edits


@pytest.fixture
async def see():
    """Have a message seen by engines that are looked after, always the same ones."""
    watches = []

    async def see(engine, octets=b"mail", workers=None, refused=None):
        if not watches:
            watches.append(Watch(Proofs([engine]), Ages((), [engine], {})))
            await watches[0].start()
            see.watch = watches[0]
        sees = Asked(workers or Workers(), [engine], 5.0, refused, Beside(watch=watches[0]))
        with contextlib.closing(content_of([octets])) as content:
            return await sees.inspect(content, ENVELOPE)

    yield see
    for watch in watches:
        await watch.close()


async def test_rules_of_the_admins_own_are_a_source_of_each_message(tmp_path):
    (tmp_path / "own.yar").write_text("rule own { condition: false }")
    os.utime(tmp_path / "own.yar", (1_000_000_000, 1_000_000_000))
    sees = await asked(Workers(), parse(f'[yara]\nfolders = ["{tmp_path}"]\n', "x"))
    with contextlib.closing(content_of([b"mail"])) as content:
        for _ in range(2):
            (source,) = (await sees.inspect(content, ENVELOPE)).sources
            assert (source.name, source.date.seconds) == ("yara", 1_000_000_000)
    await sees.close()


async def test_signatures_of_engines_are_sources_of_each_message_as_they_are_then(see):
    engine = Engine()
    assert not (await see(engine)).sources
    for version in "1", "2":
        engine.sources = (facts.Source(name="av", version=version),)
        assert [one.version for one in (await see(engine)).sources] == [version]


async def test_also_of_a_message_that_is_refused_before_engines_are_asked(see):
    engine = Engine()
    engine.sources = (facts.Source(name="av"),)
    seen = await see(engine, workers=Workers(findings=[WORM]), refused=lambda *_: True)
    assert (len(seen.sources), engine.asked) == (1, 0)


async def test_one_that_is_down_is_one_failure_of_the_message_and_its_findings_count(see):
    engine = Engine("parts", two=Said(findings=(WORM,)))
    seen = await see(engine, bytes(WHOLE_OCTETS + 1), Workers(b"one", b"two", b"three"))
    assert engine.asked == 3
    assert [(one.class_, one.part, one.detail) for one in seen.failures] == [
        ("engine_unproven", -1, "av: it does not find EICAR")
    ]
    assert [(one.scanner, one.part) for one in seen.findings] == [("av", 2)]


class Watching(Workers):
    """Tell how often each engine had been asked when a worker began."""

    def __init__(self, *engines, at_rest, findings):
        super().__init__(findings=findings)
        self.engines, self.at_rest, self.asked = engines, at_rest, []

    async def inspect(self, *given):
        # Nothing is said before the loop has gone round.
        await asyncio.sleep(0)
        self.asked += [engine.asked for engine in self.engines]
        return await super().inspect(*given)


@pytest.mark.parametrize("findings", [(), (WORM,)])
@pytest.mark.parametrize(
    ("at_rest", "waits", "asked"),
    [
        (True, ["busy"], [1]),
        (False, ["busy"], [0]),
        (True, ["always"], [0]),
        (True, ["busy", "always"], [0, 0]),
    ],
)
async def test_at_rest_who_may_be_asked_in_vain_is_asked_meanwhile_and_the_facts_are_the_same(
    at_rest, waits, asked, findings
):
    engines = [Engine(mail=Said(findings=(EICAR,))) for _ in waits]
    for engine, one in zip(engines, waits, strict=True):
        engine.waits = one
    workers = Watching(*engines, at_rest=at_rest, findings=findings)
    with contextlib.closing(content_of([b"mail"])) as content:
        seen = await Asked(workers, engines, 5.0, lambda *_: True).inspect(content, ENVELOPE)
    assert workers.asked == asked
    # Of what is refused anyway nothing is heard, whether it was asked for or not.
    said = [one.name for one in seen.findings]
    assert said == (["Worm"] if findings else ["Eicar"] * len(engines))


class Claims(Workers):
    """States that somebody claims to return mail."""

    async def inspect(self, *given):
        seen = await super().inspect(*given)
        seen.bounce.claimed = True
        return seen


class Proves:
    """Knows whether we sent what comes back."""

    def __init__(self, *, verified):
        self.verified, self.times = verified, 0

    async def add(self, seen, _envelope, _until):
        self.times += 1
        seen.bounce.verified = self.verified


@pytest.mark.parametrize("verified", [True, False])
@pytest.mark.parametrize("at_rest", [True, False])
async def test_of_what_is_not_refused_any_more_once_it_is_proved_engines_say_their_word(
    verified, at_rest
):
    workers, proves = Claims(findings=[WORM]), Proves(verified=verified)
    workers.at_rest = at_rest
    engine = Engine(mail=Said(findings=(EICAR,)))

    def refused(seen, _envelope):
        return not seen.bounce.verified

    with contextlib.closing(content_of([b"mail"])) as content:
        sees = Asked(workers, [engine], 5.0, refused, Beside(proves))
        seen = await sees.inspect(content, ENVELOPE)
    assert proves.times == 1
    assert [one.name for one in seen.findings] == ["Worm", "Eicar"][: 1 + verified]


async def test_a_rewrite_is_a_matter_of_the_workers():
    assert await Asked(Workers(), [], 1.0).rewrite("content", "edits") == ("content", "edits")


@pytest.mark.parametrize("at_rest", [True, False])
async def test_who_cannot_even_be_asked_is_not_passed_over(at_rest):
    class Broken(Engine):
        waits = "busy"

        def ask(self, *given):
            super().ask(*given)
            raise ValueError("a fault of ours")

    engine = Broken()
    workers = Watching(engine, at_rest=at_rest, findings=())
    with (
        contextlib.closing(content_of([b"mail"])) as content,
        pytest.raises(ValueError, match="a fault of ours"),
    ):
        await Asked(workers, [engine], 5.0, lambda *_: True).inspect(content, ENVELOPE)
    assert workers.asked == [int(at_rest)]


async def test_what_is_refused_anyway_does_not_wait_for_who_was_asked():
    dropped = []

    class Slow(Question):
        async def said(self):
            raise AssertionError("it is waited for")

        async def drop(self):
            dropped.append(self)

    engine, question = Engine(), Slow(None)
    engine.waits = "busy"
    engine.ask = lambda *_: question
    workers = Watching(at_rest=True, findings=(WORM,))
    with contextlib.closing(content_of([b"mail"])) as content:
        seen = await Asked(workers, [engine], 5.0, lambda *_: True).inspect(content, ENVELOPE)
    assert ([one.name for one in seen.findings], dropped) == (["Worm"], [question])


async def test_one_that_finds_the_test_files_is_none(see):
    engine = Engine()
    engine.proof = Proof("proven")
    for _ in range(3):
        assert not (await see(engine)).failures
    assert engine.proved == 1


async def test_what_is_away_says_so_and_is_tried_when_it_answers_again(see):
    engine = Engine(gone=Said(failure="engine_away", detail="nobody there"))
    engine.proof = Proof("away", "nobody there")
    assert [one.class_ for one in (await see(engine, b"gone")).failures] == ["engine_away"]
    assert engine.proved == 1
    # It is there again, and finds what it must find.
    engine.proof = Proof("proven")
    assert not (await see(engine)).failures
    assert not (await see(engine)).failures
    assert engine.proved == 2
    # It has been away, and what came back does not.
    await see(engine, b"gone")
    engine.proof = Proof("missed", "it does not find EICAR")
    assert [one.class_ for one in (await see(engine)).failures] == ["engine_unproven"]
    assert engine.proved == 3


class Meanwhile(Workers):
    """Something happens while they look."""

    def __init__(self, happens):
        super().__init__()
        self.happens = happens

    async def inspect(self, *asked):
        # Nothing is said before the loop has gone round.
        await asyncio.sleep(0)
        await self.happens()
        return await super().inspect(*asked)


async def test_what_was_asked_while_it_was_down_stays_unproven_though_it_is_mended_meanwhile(see):
    engine = Engine()
    await see(engine)

    async def mended():
        assert engine.asked == 2
        engine.proof = Proof("proven")
        see.watch.proofs.tick()
        while not see.watch.proofs.hold:  # noqa: ASYNC110 - a trial's end
            await asyncio.sleep(0)

    seen = await see(engine, workers=Meanwhile(mended))
    assert [(one.class_, one.detail) for one in seen.failures] == [
        ("engine_unproven", "av: it was down when it was asked")
    ]
    assert not (await see(engine)).failures


@pytest.mark.parametrize("again", [Said(again=True), Said(failure="engine", again=True)])
async def test_one_that_closed_and_answers_again_is_tried_like_one_that_was_away(see, again):
    engine = Engine(restarted=again)
    engine.proof = Proof("proven")
    await see(engine)
    # What answers now is another one.
    engine.proof = Proof("missed", "it does not find EICAR")
    seen = await see(engine, b"restarted")
    assert "engine_unproven" in [one.class_ for one in seen.failures]
    assert engine.proved == 2


async def test_at_the_end_engines_keep_nothing_open():
    engine, closed = Engine(), []
    engine.close = lambda: closed.append(engine)
    await Asked(Workers(), [engine], 5.0).close()
    assert closed == [engine]


@pytest.mark.parametrize(
    ("settings", "waits"),
    [
        ('[clamav]\nsocket = "unix:/none"\n', "busy"),
        ('[rspamd]\naddress = "127.0.0.1:1"\n', "always"),
        ('[spamassassin]\naddress = "127.0.0.1:1"\n', "always"),
        ('[[icap]]\nname = "a"\nurl = "icap://127.0.0.1:1/a"\n', "always"),
        ('[[http]]\nname = "a"\nurl = "http://127.0.0.1:1/a"\n', "always"),
    ],
)
@pytest.mark.parametrize("ask", ["undecided", "always"])
def test_settings_say_which_engine_may_be_asked_in_vain(settings, waits, ask):
    given = parse(f'{settings}ask = "{ask}"\n', "x")
    (engine,) = [one for make in ENGINES for one in make(given)]
    assert engine.waits == ("never" if ask == "always" else waits)
