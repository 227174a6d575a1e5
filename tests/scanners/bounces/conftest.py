"""Read a message into what the tests of this folder are about."""

from dataclasses import dataclass

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import wall_pb2 as wall
from pratique.scanners.bounces import outermost
from pratique.scanners.bounces.outermost import Outermost
from pratique.scanners.bounces.outline import Outline
from pratique.scanners.budget import Budget, Limits
from pratique.scanners.inspector import Inspector, load
from pratique.scanners.part import Message
from pratique.scanners.unpack import Tools


@dataclass(frozen=True, slots=True)
class Gathered:
    """What the conclusion is drawn from."""

    header: Outermost
    mail: facts.Mail
    outline: Outline


@pytest.fixture(scope="session")
def gather(listen):
    """Walk through a message and keep its outline."""
    shipped = load(wall.Setup())._tools  # as we ship them

    def gathered(octets: bytes) -> Gathered:
        kept = []

        class Keeps:
            name = "keeps"

            def __init__(self, message):
                self.message, self.outline = message, Outline()
                kept.append(self)

            def scan(self, part):
                self.outline.add(part)
                return iter(())

            def conclude(self):
                return iter(())

        tools = Tools(shipped.scanners, shipped.readers, shipped.mail, [Keeps])
        heard = listen()
        Inspector(tools, Limits()).inspect(memoryview(octets), wall.Inspect(), heard)
        assert heard.failures() == []
        view, budget = memoryview(octets), Budget(Limits())
        header = outermost.read(Message(view, facts.Envelope(), facts.Mail(), budget))
        return Gathered(header, kept[0].message.mail, kept[0].outline)

    return gathered
