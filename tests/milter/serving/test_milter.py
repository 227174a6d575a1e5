"""One message of a milter: what its pipeline may do with it, and what the mail server is told."""

import contextlib
import os
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from pratique.milter.content import content_of
from pratique.milter.mail import Envelope, Forward, Outgoing, Rewritten
from pratique.milter.next_hop import Reply
from pratique.milter.sections.milter import MilterListener
from pratique.milter.serving.milter import Message

ENVELOPE = Envelope("Q1", datetime(2026, 11, 22, tzinfo=UTC))
OK = Reply(250, ("2.0.0 Ok",))
HOUSE = {"release_hop": None, "tags": None}


@pytest.fixture
def taken():
    """Have a message taken by a pipeline that does what a test says with its ways."""

    async def taken(take, envelope=ENVELOPE, left_out=0, house=HOUSE, **settings):
        content = content_of([b"A: b\r\n\r\nold\r\n"])
        quarantine = SimpleNamespace(hold="own")
        parts = SimpleNamespace(**HOUSE | house)
        parts.pipeline, parts.quarantine = SimpleNamespace(take=take), quarantine
        section = MilterListener(reply="sender", **settings)
        with contextlib.closing(content):
            return await Message(parts, section, content, left_out).taken(envelope)

    return taken


def changed(content):
    new = content_of([b"A: b\r\n\r\nnew\r\n"])
    return Outgoing(content, rewritten=Rewritten(new, 6, (), b"", 6, 8))


async def test_what_leaves_changed_is_no_larger_than_what_is_taken(taken):
    async def take(content, envelope, ways):
        assert ways.most == 100_000
        return OK

    await taken(take, max_size=100_000)


async def test_a_new_body_is_open_until_the_mail_server_has_it(taken):
    async def take(content, envelope, ways):
        outgoing = changed(content)
        assert (await ways.send(outgoing, ())).accepted
        outgoing.rewritten.content.close()
        return OK

    ending = await taken(take)
    assert ending.body.peek(ending.outgoing.rewritten.body, 100) == b"new\r\n"
    ending.body.close()


async def test_a_new_body_that_nobody_will_be_told_of_is_closed(taken):
    async def take(content, envelope, ways):
        outgoing = changed(content)
        await ways.send(outgoing, ())
        outgoing.rewritten.content.close()
        raise OSError("the journal is gone")

    before = os.listdir("/proc/self/fd")
    with pytest.raises(OSError, match="the journal"):
        await taken(take)
    assert len(os.listdir("/proc/self/fd")) == len(before)


B, C, D = (Forward(f"{name}@corp.example") for name in "bcd")
SAID = ("SIZE=12", "BODY=8BITMIME")
TO_THREE = replace(ENVELOPE, reverse_path="a@b.example", parameters=SAID, recipients=(B, C, D, C))


async def test_who_does_not_get_it_is_taken_from_the_mail_server(taken):
    async def take(content, envelope, ways):
        await ways.send(Outgoing(content), (B, D))
        return OK

    ending = await taken(take, TO_THREE)
    assert ending.without == (C, C)
    assert ending.outgoing is not None


async def test_without_a_place_for_other_contents_there_is_one(taken):
    async def take(content, envelope, ways):
        assert (ways.apart, ways.contents, ways.by_reply) == (None, 1, True)
        return OK

    await taken(take, TO_THREE)


async def test_who_has_only_a_part_of_a_message_takes_nothing_apart(taken):
    async def take(content, envelope, ways):
        assert ways.contents == 0
        assert ways.hold != "own"
        return OK

    await taken(take, TO_THREE, left_out=1, house={"release_hop": object()})


class ReleaseHop:
    def __init__(self, reply):
        self.reply, self.resumed, self.sent = reply, [], []

    async def resume(self, envelope, forwards):
        self.resumed.append((envelope, tuple(forwards)))
        return self.reply, self if self.reply.accepted else None

    async def send(self, outgoing):
        self.sent.append(b"".join(outgoing.chunks()))
        return OK


@pytest.mark.parametrize("code", [250, 451, 550])
async def test_another_content_goes_where_released_mail_goes(taken, code):
    hop = ReleaseHop(Reply(code, ("x",)))

    async def take(content, envelope, ways):
        assert ways.contents > 1
        reply = await ways.apart(Outgoing(content, b"X: y\r\n"), (C, D))
        assert reply.code == code
        await ways.send(Outgoing(content), (B,))
        return OK

    ending = await taken(take, TO_THREE, house={"release_hop": hop})
    assert ending.without == (C, D, C)
    ((envelope, forwards),) = hop.resumed
    assert (envelope.recipients, forwards) == ((C, D), (C, D))
    # What goes out has another size than what was announced.
    assert (envelope.reverse_path, envelope.parameters) == ("a@b.example", ("BODY=8BITMIME",))
    assert len(hop.sent) == (code == 250)


# Tags of ours (BATV)


class ATag:
    """What `Tags` does, with a tag that a test can read."""

    def outgoing(self, reverse_path, at):
        assert at == ENVELOPE.received_at
        return f"t={reverse_path}" if reverse_path.endswith("@corp.example") else reverse_path

    def incoming(self, forward, at):
        assert at == ENVELOPE.received_at
        if not forward.address.startswith("t="):
            return forward
        return replace(forward, address=forward.address[2:], tagged=forward.address)


TAGS = {"tags": ATag()}
OUT = replace(TO_THREE, reverse_path="a@corp.example", direction="outbound")


async def go_on(content, envelope, ways):
    assert not (envelope.reverse_path or "").startswith("t=")
    assert not any(one.address.startswith("t=") for one in envelope.recipients)
    await ways.send(Outgoing(content), tuple(envelope.recipients))
    return OK


@pytest.mark.parametrize(
    ("envelope", "path"),
    [
        (OUT, "t=a@corp.example"),
        (replace(OUT, direction="inbound"), None),
        (replace(OUT, reverse_path="a@b.example"), None),
        (replace(OUT, reverse_path=""), None),
        (replace(OUT, reverse_path=None), None),
    ],
)
async def test_our_reverse_path_goes_on_with_a_tag(taken, envelope, path):
    ending = await taken(go_on, envelope, house=TAGS)
    assert (ending.reverse_path, ending.without, ending.instead) == (path, (), ())


async def test_without_keys_every_address_stays(taken):
    tagged = replace(OUT, recipients=(Forward("t=b@corp.example"),))

    async def take(content, envelope, ways):
        assert envelope is tagged
        await ways.send(Outgoing(content), envelope.recipients)
        return OK

    ending = await taken(take, tagged)
    assert (ending.reverse_path, ending.without, ending.instead) == (None, (), ())


BOUNCE = replace(
    ENVELOPE,
    reverse_path="",
    recipients=(Forward("t=b@corp.example"), C, Forward("t=c@corp.example")),
)


async def test_a_recipient_with_a_tag_is_replaced_and_none_is_doubled(taken):
    ending = await taken(go_on, BOUNCE, house=TAGS)
    assert [one.address for one in ending.without] == ["t=b@corp.example", "t=c@corp.example"]
    assert [one.address for one in ending.instead] == ["b@corp.example"]


async def test_a_recipient_with_a_tag_who_does_not_get_it_is_taken_away(taken):
    async def take(content, envelope, ways):
        assert len(envelope.recipients) == 2
        await ways.send(Outgoing(content), (C,))
        return OK

    ending = await taken(take, BOUNCE, house=TAGS)
    assert [one.address for one in ending.without] == ["t=b@corp.example", "t=c@corp.example"]
    assert ending.instead == ()


async def test_what_the_mail_server_holds_has_the_addresses_that_go_on(taken):
    async def take(content, envelope, ways):
        held = SimpleNamespace(outgoing=Outgoing(content), verdicts=())
        assert await ways.hold(held) == "", "it has no id in our quarantine"
        return OK

    ending = await taken(take, BOUNCE, house=TAGS, quarantine="postfix")
    assert [one.address for one in ending.instead] == ["b@corp.example"]


async def test_what_goes_past_the_mail_server_has_the_tag_too(taken):
    hop = ReleaseHop(OK)

    async def take(content, envelope, ways):
        await ways.apart(Outgoing(content), (C,))
        return OK

    await taken(take, OUT, house={**TAGS, "release_hop": hop})
    assert hop.resumed[0][0].reverse_path == "t=a@corp.example"


ANALYST = Forward("analyst@our.example", ("NOTIFY=NEVER",))


async def test_what_is_redirected_is_added_and_who_it_came_to_is_taken_away(taken):
    async def take(content, envelope, ways):
        out = Outgoing(content)
        assert (await ways.send(out, [B])).accepted
        assert (await ways.redirect(out, [C], ANALYST, True)).accepted
        assert (await ways.redirect(out, [D], ANALYST, True)).accepted
        return OK

    ending = await taken(take, TO_THREE)
    assert ending.redirected == (ANALYST,)
    assert {one.address for one in ending.without} == {C.address, D.address}
    assert ending.outgoing is not None


async def test_whom_it_came_to_as_well_stays_and_is_not_added(taken):
    async def take(content, envelope, ways):
        return await ways.redirect(Outgoing(content), [B, C, D], Forward("C@corp.example"), True)

    ending = await taken(take, TO_THREE)
    assert ending.redirected == ()
    assert {one.address for one in ending.without} == {B.address, D.address}


async def test_what_has_another_content_is_redirected_past_the_queue(taken):
    said = []

    class Hop:
        async def resume(self, envelope, forwards):
            said.append((envelope.reverse_path, tuple(forwards)))
            return Reply(451, ("4.4.1 away",)), None

    async def take(content, envelope, ways):
        return await ways.redirect(Outgoing(content), [B], ANALYST, False)

    ending = await taken(take, TO_THREE, house={"release_hop": Hop()})
    assert ending.reply.code == 451
    assert ending.redirected == ()
    assert said == [("a@b.example", (ANALYST,))]
