"""Engines look while a worker does, and what they say belongs to a part by its octets."""

import asyncio
import contextlib
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from pratique.milter.config import parse
from pratique.milter.content import content_of
from pratique.milter.engines import measured
from pratique.milter.engines.asked import Asked, Beside, asked
from pratique.milter.engines.asking import WHOLE_OCTETS
from pratique.milter.engines.engine import Said
from pratique.milter.families import families_of
from pratique.milter.mail import Envelope
from pratique.milter.programs.handed import Handed
from pratique.milter.sections.families import FamiliesSection
from pratique.milter.wall.faults import NurseryLost
from pratique.scanners import facts_pb2 as facts

ENVELOPE = Envelope(queue_id="Q1", received_at=datetime(2026, 11, 22, tzinfo=UTC))
EICAR = Said(findings=(facts.Finding(name="Eicar", severity="malicious"),))


class Question:
    def __init__(self, engine, octets):
        self.engine, self.octets = engine, octets

    async def said(self):
        await self.engine.ready.wait()
        return self.engine.says.get(self.octets, Said())

    async def drop(self):
        self.engine.dropped.append(self.octets)


class Engine:
    """Says what it was told to say of octets."""

    name = "av"
    sources = ()

    def __init__(self, show="message", *, waits="busy", **says):
        self.show, self.waits, self.until = show, waits, 0.0
        self.asked, self.dropped = [], []
        self.says = {octets.encode(): said for octets, said in says.items()}
        self.ready = asyncio.Event()
        self.ready.set()

    async def start(self):
        return "there"

    def ask(self, content, sha256, until, envelope=None):
        octets = content.peek(0, 10)
        self.asked.append((octets, sha256))
        self.until = until
        return Question(self, octets)


class Workers:
    """Hands out parts, and states them."""

    depth, at_rest = 1, False

    def __init__(self, *parts, error=None, findings=(), patience=None):
        self.parts, self.error, self.handed, self.show = parts, error, [], None
        self.findings = findings
        # Set when it has said all; until then it does not end.
        self.patience = patience

    async def inspect(self, content, envelope, shows):
        # Nothing is said before the loop has gone round.
        await asyncio.sleep(0)
        self.show = shows.show
        seen = facts.Facts(parts=[facts.Part(id=0)])
        for number, octets in enumerate(self.parts, start=1):
            handed = Handed("", sha256(octets).hexdigest(), (), content_of([octets]), shown=True)
            seen.parts.add(id=number, sha256=handed.sha256, depth=self.depth)
            self.handed.append(handed.content)
            shows.take(handed)
        if self.error:
            raise self.error
        if self.patience:
            await self.patience()
        seen.findings.extend(self.findings)
        return seen


@pytest.fixture
def see():
    async def see(workers, *engines, octets=b"mail", refused=None):
        content = content_of([octets])
        try:
            return await Asked(workers, engines, 50.0, refused).inspect(content, ENVELOPE)
        finally:
            content.close()
            assert all(each.descriptor == -1 for each in workers.handed)
            for engine in engines:
                assert engine.dropped == [octets for octets, _ in engine.asked]

    return see


async def test_the_message_is_shown_once_a_worker_has_it_and_before_that_says_a_word(see):
    engine = Engine(mail=EICAR)

    class Watching(Workers):
        async def inspect(self, *given):
            assert not engine.asked
            await asyncio.sleep(0)
            assert engine.asked == [(b"mail", "")]
            return await super().inspect(*given)

    seen = await see(Watching(), engine)
    (finding,) = seen.findings
    assert (finding.scanner, finding.name, finding.part) == ("av", "Eicar", 0)
    assert engine.until <= asyncio.get_running_loop().time() + 50.0


async def test_a_finding_belongs_to_the_part_with_these_octets(see):
    seen = await see(Workers(b"one", b"two"), Engine(two=EICAR))
    assert [finding.part for finding in seen.findings] == [2]


async def test_the_same_octets_are_shown_once(see):
    engine = Engine(two=EICAR)
    seen = await see(Workers(b"two", b"two"), engine)
    assert [octets for octets, _ in engine.asked] == [b"mail", b"two"]
    assert [finding.part for finding in seen.findings] == [1]


async def test_limits_and_failures_are_facts(see):
    said = Said(limits=("MaxFiles",), failure="engine_late", detail="left out")
    seen = await see(Workers(b"one"), Engine(one=said))
    assert [(one.class_, one.part, one.detail) for one in seen.limits] == [
        ("engine", 1, "av: MaxFiles")
    ]
    assert [(one.class_, one.part, one.detail) for one in seen.failures] == [
        ("engine_late", 1, "av: left out")
    ]


async def test_who_finds_nothing_says_nothing(see):
    seen = await see(Workers(b"one"), Engine())
    assert [*seen.findings, *seen.limits, *seen.failures] == []


@pytest.mark.parametrize(
    ("show", "size", "wanted", "whole"),
    [
        ("message", WHOLE_OCTETS + 1, "hidden", True),
        ("parts", WHOLE_OCTETS, "hidden", True),
        ("parts", WHOLE_OCTETS + 1, "parts", False),
        ("apart", WHOLE_OCTETS, "apart", False),
        ("apart", WHOLE_OCTETS + 1, "apart", False),
    ],
)
async def test_parts_are_wanted_of_a_large_message(see, show, size, wanted, whole):
    workers, engine = Workers(b"one"), Engine(show)
    await see(workers, engine, octets=bytes(size))
    assert workers.show == wanted
    assert [sha256 == "" for _, sha256 in engine.asked] == [True, False][not whole :]


WORM = facts.Finding(scanner="yara", name="Worm", severity="malicious")


class Refused:
    """Says what it was told to say, and keeps what it was asked."""

    def __init__(self, *, says):
        self.says, self.asked = says, []

    def __call__(self, seen, envelope):
        self.asked.append([finding.name for finding in seen.findings])
        return self.says


async def test_what_is_refused_anyway_engines_are_not_shown(see):
    engine, refused = Engine(mail=EICAR), Refused(says=True)
    seen = await see(Workers(b"one", findings=[WORM]), engine, refused=refused)
    assert (engine.asked, refused.asked) == ([], [["Worm"]])
    assert [*seen.findings] == [WORM]


async def test_what_is_not_refused_they_are_shown_after_the_worker_with_its_parts(see):
    engine = Engine(two=EICAR)

    class Watching(Workers):
        async def inspect(self, *given):
            seen = await super().inspect(*given)
            assert engine.asked == []
            return seen

    refused = Refused(says=False)
    seen = await see(Watching(b"one", b"two", b"two", findings=[WORM]), engine, refused=refused)
    assert [octets for octets, _ in engine.asked] == [b"mail", b"one", b"two"]
    assert [(one.name, one.part) for one in seen.findings] == [("Worm", 0), ("Eicar", 2)]
    assert refused.asked == [["Worm"]]


async def test_where_nothing_was_found_nobody_asks_whether_it_is_refused(see):
    engine, refused = Engine(), Refused(says=True)
    await see(Workers(), engine, refused=refused)
    assert (len(engine.asked), refused.asked) == (1, [])


@pytest.mark.parametrize(
    ("waits", "size", "asked"), [("busy", 0, 0), ("busy", 1, 1), ("never", 0, 1)]
)
async def test_a_larger_message_is_shown_at_once_and_any_where_an_admin_says_so(
    see, waits, size, asked
):
    engine, refused = Engine(waits=waits), Refused(says=True)
    octets = bytes(WHOLE_OCTETS + size)
    await see(Workers(findings=[WORM]), engine, octets=octets, refused=refused)
    assert (len(engine.asked), refused.asked) == (asked, [["Worm"]] if not asked else [])


@pytest.mark.slow
async def test_while_a_worker_takes_long_engines_are_asked(see):
    engine, refused, shown = Engine(), Refused(says=True), asyncio.Event()
    ask = engine.ask

    def asking(*given):
        shown.set()
        return ask(*given)

    engine.ask = asking
    await see(Workers(b"one", findings=[WORM], patience=shown.wait), engine, refused=refused)
    assert [octets for octets, _ in engine.asked] == [b"mail", b"one"]
    # It is not heard all the same: the facts do not hang on how long a worker took.
    assert refused.asked == [["Worm"]]


async def test_who_hides_its_limits_is_believed_of_what_is_well_below_them(see):
    unsure = Said(unsure="it does not tell its limits")
    assert not (await see(Workers(b"one"), Engine(mail=unsure, one=unsure))).limits
    deep = Workers(b"one", b"two")
    deep.depth = measured.DEPTH + 1
    seen = await see(deep, Engine(two=unsure))
    why = "more than 10 containers in each other"
    assert [(one.class_, one.part, one.detail) for one in seen.limits] == [
        ("engine", 2, f"av: it does not tell its limits: {why}")
    ]


async def test_what_another_answer_failed_on_makes_no_message_large(see):
    failed, unsure = Said(failure="engine", detail="x"), Said(unsure="it hides them")
    assert not (await see(Workers(b"one"), Engine(mail=failed, one=unsure))).limits


@pytest.mark.parametrize("error", [NurseryLost("gone"), TimeoutError()])
async def test_without_a_worker_nothing_is_left_behind(see, error):
    engine = Engine()
    engine.ready.clear()
    with pytest.raises(type(error)):
        await see(Workers(b"one", error=error), engine)


async def test_who_is_cancelled_again_and_again_leaves_nothing_behind(see):
    engine, dropping, may_end = Engine("parts"), asyncio.Queue(), asyncio.Event()

    class Slow(Question):
        async def drop(self):
            dropping.put_nowait(self.octets)
            await may_end.wait()
            await super().drop()

    engine.ready.clear()
    engine.ask = lambda content, sha256, until, envelope: (
        engine.asked.append((content.peek(0, 10), sha256)) or Slow(engine, content.peek(0, 10))
    )
    workers = Workers(b"one", b"two", error=NurseryLost("gone"))
    seeing = asyncio.create_task(see(workers, engine))
    for _ in range(3):
        assert await dropping.get() == b"mail"
        assert not any(each.descriptor == -1 for each in workers.handed)
        seeing.cancel()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await seeing
    assert engine.dropped == [b"mail", b"one", b"two"]


class Hides(Workers):
    """Says of its parts whether they are hidden, as the letters of `parts` say."""

    async def inspect(self, content, envelope, shows):
        take = shows.take
        shows.take = lambda handed: take(replace(handed, hidden=handed.content.peek(0, 1) == b"h"))
        return await super().inspect(content, envelope, shows)


async def test_who_looks_at_parts_is_shown_no_whole_one_and_who_does_not_what_is_hidden(see):
    one, other, third = Engine("apart", hid=EICAR), Engine("message"), Engine("parts")
    seen = await see(Hides(b"one", b"hid"), one, other, third)
    assert [octets for octets, _ in one.asked] == [b"one", b"hid"]
    assert [octets for octets, _ in other.asked] == [b"mail", b"hid"]
    # This message is small.
    assert [octets for octets, _ in third.asked] == [b"mail", b"hid"]
    assert [finding.part for finding in seen.findings] == [2]


async def test_of_a_large_one_who_wants_parts_is_shown_them(see):
    one, other = Engine("parts"), Engine("message")
    await see(Hides(b"one", b"hid"), one, other, octets=bytes(WHOLE_OCTETS + 1))
    assert [octets for octets, _ in one.asked] == [b"one", b"hid"]
    assert [octets for octets, _ in other.asked] == [bytes(10), b"hid"]


async def test_without_engines_workers_see_alone(tmp_path):
    workers = Workers()
    assert await asked(workers, parse("", "x")) is workers
    named = parse(f'[clamav]\nsocket = "unix:{tmp_path}/none"\n', "x")
    sees = await asked(workers, named)
    assert isinstance(sees, Asked)
    await sees.close()


class Lookups:
    """Says what it was told to say of the facts, once engines have begun."""

    def __init__(self, waits_for=None):
        self.waits_for, self.until, self.seen = waits_for, 0.0, None

    async def add(self, seen, _envelope, until):
        self.until, self.seen = until, seen
        if self.waits_for is not None:
            self.waits_for.set()
        seen.lists_away.append("bad")


async def test_lookups_are_asked_while_engines_look():
    engine = Engine(hello=EICAR)
    engine.ready.clear()
    # The engine answers only when the lookups have begun.
    lookups = Lookups(engine.ready)
    with contextlib.closing(content_of([b"hello"])) as content:
        seen = await Asked(Workers(), [engine], 5.0, None, Beside(lookups)).inspect(
            content, ENVELOPE
        )
    assert list(seen.lists_away) == ["bad"]
    assert [one.name for one in seen.findings] == ["Eicar"]
    assert lookups.until == engine.until


async def test_without_engines_lookups_are_asked_and_no_part_is_handed_out():
    workers, lookups = Workers(), Lookups()
    with contextlib.closing(content_of([b"hello"])) as content:
        seen = await Asked(workers, [], 5.0, None, Beside(lookups)).inspect(content, ENVELOPE)
    assert list(seen.lists_away) == ["bad"]
    assert workers.show == ""


async def test_of_what_is_refused_anyway_nobody_asks_the_world():
    finding, lookups = facts.Finding(name="Worm", severity="malicious"), Lookups()
    workers = Workers(findings=[finding])

    def refused(seen, _envelope):
        return bool(seen.findings)

    with contextlib.closing(content_of([b"hello"])) as content:
        await Asked(workers, [], 5.0, refused, Beside(lookups)).inspect(content, ENVELOPE)
    assert lookups.seen is None


async def test_settings_that_name_a_list_and_no_engine_are_enough_to_ask():
    settings = parse('[[block_list]]\nzone = "bad.example"\nwhat = "hosts"\n', "x")
    assert isinstance(await asked(Workers(), settings), Asked)
    workers = Workers()
    assert await asked(workers, parse("", "x")) is workers


@pytest.mark.parametrize(
    ("name", "stated", "family"),
    [
        ("Win.Worm.Mydoom-5", "", "Mydoom"),
        ("W32/Novarg.A@mm", "", "Mydoom"),
        ("Trojan.Generic", "", ""),
        ("Doomsday", "", "Mydoom"),
        ("Doomsday", "Apocalypse", "Apocalypse"),
        ("Trojan.Generic", "Novarg", "Mydoom"),
    ],
)
async def test_the_name_that_an_engine_gives_means_a_family(name, stated, family, tmp_path):
    more = tmp_path / "families.toml"
    more.write_text("[families]\nMydoom = ['Doomsday']\n")
    found = Said(findings=(facts.Finding(name=name, family=stated, severity="malicious"),))
    families = families_of(FamiliesSection(file=more))
    with contextlib.closing(content_of([b"mail"])) as content:
        sees = Asked(Workers(), [Engine(mail=found)], 50.0, beside=Beside(families=families))
        (finding,) = (await sees.inspect(content, ENVELOPE)).findings
    assert (finding.name, finding.family) == (name, family)
