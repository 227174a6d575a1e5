"""A message of which a rule takes programs out: a policy, who sees and rewrites, a pipeline.

The test files load this by runpy; the fixture `strip` is one of conftest.py.
"""

from hashlib import sha256

import pytest

from pratique.milter.content import content_of
from pratique.milter.pipeline import Options, Pipeline
from pratique.milter.recipe import Making
from pratique.milter.wall.workers import NotRewritten
from pratique.milter.ways import Ways
from pratique.policies.policy import Policy
from pratique.scanners.budget import Budget, Limits
from pratique.scanners.facts_pb2 import Facts
from pratique.scanners.rewrite import rewrite
from pratique.scanners.rewriting.outline import decoded, outline

POLICY = """
[[rule]]
name = "not for eve"
when = 'mail.subject == "eve" && rcpt.address.startsWith("eve")'
actions = ["accept"]

[[rule]]
name = "never for eve"
when = 'mail.subject == "not for eve" && rcpt.address.startsWith("eve")'
actions = ["reject"]
reason = "not for her"

[[rule]]
name = "anew"
when = 'mail.subject == "anew"'
actions = ["rebuild", "accept"]
reason = "in one reading"

[[rule]]
name = "programs go"
when = 'any_kind("executable") && mail.subject != "refuse"'
actions = ["strip", "accept", { add_header = "X-First: 1" }]
strip = ["executable"]
reason = "no programs by mail"

[[rule]]
name = "refuse notes"
when = 'mail.subject == "second" || failures.size() > 0'
actions = ["reject"]
reason = "the second look finds more"

[[rule]]
name = "once more"
when = 'mail.subject == "more"'
actions = ["rebuild", "accept"]
reason = "again"

[[rule]]
name = "mark"
when = 'mail.subject == "mark"'
actions = ["accept", { add_header = "X-First: 1" }, { add_header = "X-Second: 2" }]

[[rule]]
name = "all other mail"
actions = ["accept"]
"""
HEAD = (
    b"From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
)
TEXT = b"--b\r\n\r\nhello\r\n"
FILE = b"--b\r\nContent-Type: application/octet-stream; name=a.exe\r\n\r\nMZ\r\n"
MAIL = HEAD + TEXT + FILE + b"--b--\r\n"


class Sees:
    """Sees the parts by their places, and rewrites as a worker does, in this process."""

    def __init__(self, subject="hello"):
        self.subject, self.looks, self.error = subject, 0, None
        # Changes the facts of the look of this number.
        self.change = {}
        self.made = []

    async def again(self, content, envelope, _first):
        return await self.inspect(content, envelope)

    async def inspect(self, content, envelope):
        self.looks += 1
        octets = b"".join(content.span(0, content.size))
        facts = Facts(envelope=envelope.to_facts())
        facts.mail.subject = self.subject
        facts.parts.add(parent=-1, kind="message", views=["standard"])
        root = outline(octets, Budget(Limits()))
        for node in root.children or [root]:
            body = decoded(node, Budget(Limits()))
            number = len(facts.parts)
            facts.parts.add(
                id=number, parent=0, path=str(number), sha256=sha256(body).hexdigest(),
                views=["standard"], kind="executable" if body.startswith(b"MZ") else "text",
                name="a.exe", declared_type=node.entity.declared_type,
            )  # fmt: skip
        if self.looks in self.change:
            await self.change[self.looks](facts)
        return facts

    async def rewrite(self, content, edits):
        if self.error:
            raise self.error
        making = Making(content)
        octets = b"".join(content.span(0, content.size))
        for said in rewrite(memoryview(octets), edits, Budget(Limits())):
            making.take(said)
        making.finish()
        if making.refused:
            making.discard()
            raise NotRewritten(making.refused)
        self.made.append(making.made())
        return self.made[-1]


@pytest.fixture
def strip(envelope, hop, quarantine):
    """Have octets taken by a pipeline whose policy takes programs out."""

    async def taken(sees, octets=MAIL, heard_by="sender", *, store=quarantine, **rest):
        content = content_of([octets])
        ways = Ways(
            *(hop.send, store.hold, heard_by, b"Received: here\r\n"),
            most=rest.get("most", 0),
            apart=hop.send if rest.get("apart") else None,
        )
        options = rest.get("options", Options())
        pipeline = Pipeline(sees, Policy.load(POLICY), store, options=options)
        reply = await pipeline.take(content, rest.get("envelope", envelope), ways)
        content.close()
        assert all(made.content.descriptor == -1 for made in sees.made)
        return reply

    return taken
