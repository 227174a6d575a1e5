"""The original of a message that was changed: kept before anything goes on, and when it goes."""

import runpy
from pathlib import Path

import pytest

from pratique.milter.next_hop import Reply

REWRITTEN = runpy.run_path(str(Path(__file__).with_name("rewritten.py")))
Sees, MAIL = REWRITTEN["Sees"], REWRITTEN["MAIL"]


def states(quarantine):
    return [(one.state, one.rule) for one in quarantine.messages()]


async def test_the_original_is_on_the_disk_before_anything_goes_on(strip, hop, quarantine):
    seen_then = []
    send = hop.send

    async def sending(outgoing, recipients):
        seen_then.extend(states(quarantine))
        return await send(outgoing, recipients)

    hop.send = sending
    await strip(Sees())
    assert seen_then == [("kept_original", "programs go")]


@pytest.mark.parametrize("code", [451, 550])
async def test_an_original_is_withdrawn_when_nothing_goes_on(strip, hop, quarantine, code):
    hop.reply = Reply(code, ("4.0.0 no",))
    assert (await strip(Sees())).code == code
    assert states(quarantine) == []


async def test_an_original_of_an_earlier_try_stays(strip, hop, quarantine):
    await strip(Sees())
    hop.reply = Reply(451, ("4.3.0 later",))
    await strip(Sees())
    assert states(quarantine) == [("kept_original", "programs go")]


async def test_behind_a_queue_what_the_next_hop_refuses_is_held_as_it_came(strip, hop, quarantine):
    hop.reply = Reply(550, ("5.1.1 no",))
    assert (await strip(Sees(), heard_by="queue")).code == 250
    ((state, rule),) = states(quarantine)
    assert (state, rule) == ("held", "refused by the next hop")
    (message,) = quarantine.messages()
    assert message.size == len(MAIL)


async def test_where_the_original_cannot_be_kept_nothing_goes_on(strip, hop, quarantine):
    class Full:
        hold, delivered = quarantine.hold, quarantine.delivered
        withdraw = quarantine.withdraw

        async def put(self, held, stage):
            raise OSError(28, "No space left on device")

    assert str(await strip(Sees(), store=Full())).startswith("452 4.3.1")
    assert (hop.sent, states(quarantine)) == ([], [])


async def test_an_original_that_is_released_passes_as_it_came(strip, hop, quarantine, released):
    await strip(Sees())
    sent, _ = await released()
    hop.sent.clear()
    line = sent.partition(b"\r\n")[0]
    sees = Sees()

    async def token(facts):
        facts.mail.release_token = line.partition(b": ")[2].decode()
        facts.mail.foreign_fields.add(name="X-Pratique-Release", start=0, end=len(line) + 2)

    sees.change[1] = token
    await strip(sees, sent)
    assert hop.sent == [b"Received: here\r\n" + sent[len(line) + 2 :]]
    assert b"MZ" in hop.sent[0]
