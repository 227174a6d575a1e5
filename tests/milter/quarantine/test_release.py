"""Releasing: sent once, and where that cannot be known, said to be unsure."""

import asyncio
import contextlib
import errno
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pratique.milter.content import content_of
from pratique.milter.mail import Envelope, Forward, Outgoing
from pratique.milter.next_hop import Reply
from pratique.milter.next_hop.smtp import AWAY, LOST
from pratique.milter.next_hop.wire import MALFORMED, path
from pratique.milter.quarantine.folders import QuarantineError
from pratique.milter.quarantine.record import Held
from pratique.milter.quarantine.release import Order
from pratique.milter.quarantine.state import Stage
from pratique.milter.quarantine.store import Quarantine

BOB, CARL = "bob@example.org", "carl@example.net"
NO = Reply(550, ("5.1.1 No such user",))
LATER = Reply(451, ("4.3.2 Not now",))
BROKEN = Reply(451, ("4.4.2 Connection broken",))


def stage_of(store: Quarantine) -> str:
    (listed,) = store.messages()
    return listed.state


def token_of(sent: bytes) -> str:
    name, _, value = sent.partition(b"\r\n")[0].partition(b": ")
    assert name == b"X-Pratique-Release"
    return value.decode("ascii")


async def test_a_release_sends_what_came_with_our_fields_and_a_token_in_front(
    store: Quarantine, make_held: Callable[..., Held], hop: Any
) -> None:
    message_id = await store.hold(make_held())
    next_hop = hop()
    outcome = await store.release(message_id, next_hop, Order(who="admin"))
    assert (outcome.sent, outcome.stage) == (True, Stage.RELEASED)
    assert next_hop.recipients == [BOB, CARL]
    assert next_hop.given_up == 0
    (sent,) = next_hop.sent
    rest = sent.partition(b"\r\n")[2]
    assert rest == b"Received: by us\r\nSubject: hello\r\n\r\nbody\r\n"
    assert len(token_of(sent)) == 32
    (envelope,) = next_hop.envelopes
    assert (envelope.reverse_path, envelope.parameters) == ("ann@example.org", ("BODY=8BITMIME",))
    assert envelope.recipients[0].parameters == ("NOTIFY=NEVER",)
    steps = store.show(message_id).state.steps
    assert [str(step.did) for step in steps] == ["held", "sending", "released"]
    assert (steps[-1].who, steps[-1].reply) == ("admin", "250 2.0.0 Ok")


async def test_releasing_is_on_the_disk_before_the_content_is_sent(
    store: Quarantine, folder: Path, make_held: Callable[..., Held], hop: Any
) -> None:
    message_id = await store.hold(make_held())
    seen = []

    async def look() -> None:
        seen.append(json.loads((folder / "held" / message_id / "state").read_bytes()))
        seen.append(stage_of(store))

    await store.release(message_id, hop(meanwhile=look))
    assert seen[0]["state"] == "releasing"
    assert seen[0]["sending"] == [BOB, CARL]
    assert seen[1] == "releasing"


@pytest.mark.parametrize(
    ("answers", "sent"),
    [
        ({"to_begin": NO}, 0),
        ({"to_recipient": {BOB: NO, CARL: LATER}}, 0),
        ({"to_send": NO}, 1),
        ({"to_send": LATER}, 1),
    ],
)
async def test_a_refusal_leaves_the_message_held_and_is_told(
    *,
    store: Quarantine,
    folder: Path,
    make_held: Callable[..., Held],
    hop: Any,
    answers: dict[str, Any],
    sent: int,
) -> None:
    message_id = await store.hold(make_held())
    next_hop = hop(**answers)
    outcome = await store.release(message_id, next_hop)
    assert (outcome.sent, outcome.stage, stage_of(store)) == (False, Stage.HELD, "held")
    assert outcome.reply in (NO, LATER)
    assert len(next_hop.sent) == sent
    assert store.show(message_id).state.steps[-1].reply == str(outcome.reply)
    assert list((folder / "tokens").iterdir()) == []
    assert (await store.release(message_id, hop())).sent


async def test_one_refused_recipient_keeps_it_from_all_and_is_named(
    store: Quarantine, make_held: Callable[..., Held], hop: Any
) -> None:
    message_id = await store.hold(make_held())
    next_hop = hop(to_recipient={CARL: NO})
    outcome = await store.release(message_id, next_hop)
    assert outcome.refused == ((CARL, NO),)
    assert (next_hop.sent, next_hop.given_up) == ([], 1)


@pytest.mark.parametrize("said", [AWAY, LOST, MALFORMED, BROKEN], ids=str)
async def test_a_connection_that_breaks_at_the_end_is_unsure_and_never_sent_by_itself(
    store: Quarantine, make_held: Callable[..., Held], hop: Any, said: Reply
) -> None:
    message_id = await store.hold(make_held())
    outcome = await store.release(message_id, hop(to_send=said))
    assert (outcome.sent, outcome.stage, stage_of(store)) == (False, Stage.UNSURE, "unsure")
    next_hop = hop()
    with pytest.raises(QuarantineError, match="--again"):
        await store.release(message_id, next_hop)
    assert next_hop.envelopes == []
    assert (await store.release(message_id, next_hop, Order(again=True))).sent
    assert stage_of(store) == "released"


async def test_a_refusal_does_not_make_sure_what_was_unsure(
    store: Quarantine, make_held: Callable[..., Held], hop: Any
) -> None:
    message_id = await store.hold(make_held())
    await store.release(message_id, hop(to_send=BROKEN))
    await store.release(message_id, hop(to_send=NO), Order(again=True))
    assert stage_of(store) == "unsure"
    await store.release(message_id, hop(), Order(recipients=(BOB,), again=True))
    assert stage_of(store) == "unsure"
    await store.release(message_id, hop(), Order(recipients=(CARL,), again=True))
    assert stage_of(store) == "released"


async def test_a_part_of_the_recipients_can_be_chosen_and_the_rest_still_waits(
    store: Quarantine, make_held: Callable[..., Held], hop: Any
) -> None:
    message_id = await store.hold(make_held())
    next_hop = hop()
    await store.release(message_id, next_hop, Order(recipients=(CARL,)))
    assert (next_hop.recipients, stage_of(store)) == ([CARL], "held")
    await store.release(message_id, next_hop)
    assert (next_hop.recipients, stage_of(store)) == ([CARL, BOB], "released")


async def test_what_was_released_is_sent_once_more_only_by_order(
    store: Quarantine, make_held: Callable[..., Held], hop: Any
) -> None:
    message_id = await store.hold(make_held())
    next_hop = hop()
    await store.release(message_id, next_hop, Order(recipients=(BOB,)))
    for recipients in [(BOB,), (BOB, CARL)]:
        with pytest.raises(QuarantineError, match="released already"):
            await store.release(message_id, next_hop, Order(recipients))
    await store.release(message_id, next_hop)
    with pytest.raises(QuarantineError, match="released already"):
        await store.release(message_id, next_hop)
    await store.release(message_id, next_hop, Order(again=True))
    assert next_hop.recipients == [BOB, CARL, BOB, CARL]


async def test_whom_somebody_names_again_is_sent_it_again_and_not_only_who_waits(
    store: Quarantine, make_held: Callable[..., Held], hop: Any
) -> None:
    message_id = await store.hold(make_held())
    next_hop = hop()
    await store.release(message_id, next_hop, Order((BOB,)))
    await store.release(message_id, next_hop, Order((BOB, CARL), again=True))
    assert next_hop.recipients == [BOB, BOB, CARL]


async def test_a_refusal_for_good_leaves_no_doubt_whatever_its_enhanced_code(
    store: Quarantine, make_held: Callable[..., Held], hop: Any
) -> None:
    message_id = await store.hold(make_held())
    outcome = await store.release(message_id, hop(to_send=Reply(550, ("4.4.2 odd",))))
    assert (outcome.sent, outcome.stage, stage_of(store)) == (False, Stage.HELD, "held")


async def test_a_stranger_to_the_message_is_no_recipient(
    store: Quarantine, make_held: Callable[..., Held], hop: Any
) -> None:
    message_id = await store.hold(make_held())
    next_hop = hop()
    with pytest.raises(QuarantineError, match=r"not a recipient .*: eve@example\.com"):
        await store.release(message_id, next_hop, Order(recipients=(BOB, "eve@example.com")))
    assert next_hop.envelopes == []


async def test_of_two_releases_at_once_one_sends(
    open_store: Callable[..., Quarantine], make_held: Callable[..., Held], hop: Any
) -> None:
    one, other = open_store(), open_store()
    message_id = await one.hold(make_held())
    sending, go_on = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        sending.set()
        await go_on.wait()

    first, second = hop(meanwhile=wait), hop()
    releasing = asyncio.create_task(one.release(message_id, first))
    await asyncio.wait_for(sending.wait(), 10)
    for order in (Order(), Order(again=True)):
        with pytest.raises(QuarantineError, match="just now"):
            await other.release(message_id, second, order)
    with pytest.raises(QuarantineError, match="just now"):
        other.delete(message_id)
    go_on.set()
    assert (await releasing).sent
    assert (len(first.sent), second.envelopes) == (1, [])


@pytest.mark.parametrize("step", range(7))
async def test_a_disk_that_is_full_before_the_sending_sends_nothing(
    open_store: Callable[..., Quarantine],
    make_held: Callable[..., Held],
    hop: Any,
    failing: Any,
    step: int,
) -> None:
    # The token: write, fsync, folder.  The state: write, fsync, rename, folder.
    system = failing()
    store = open_store(system)
    message_id = await store.hold(make_held())
    system.fails_at = system.steps + step
    next_hop = hop()
    with pytest.raises(OSError, match="No space left"):
        await store.release(message_id, next_hop)
    assert (next_hop.sent, next_hop.given_up) == ([], 1)
    assert stage_of(store) == ("held" if step < 6 else "unsure")


@pytest.mark.parametrize("step", range(4))
async def test_a_disk_that_fails_after_the_sending_leaves_it_unsure(
    open_store: Callable[..., Quarantine],
    make_held: Callable[..., Held],
    hop: Any,
    failing: Any,
    step: int,
) -> None:
    system = failing(error=errno.EIO)
    store = open_store(system)
    message_id = await store.hold(make_held())

    async def break_the_disk() -> None:
        system.fails_at = system.steps + step

    next_hop = hop(meanwhile=break_the_disk)
    said = r"was sent \(250 2.0.0 Ok\), but .*Input/output.*: it stands as unsure"
    with pytest.raises(QuarantineError, match=said):
        await store.release(message_id, next_hop)
    # At the last step the new name is there, only not promised to stay.
    assert stage_of(store) == ("unsure" if step < 3 else "released")
    with pytest.raises(QuarantineError, match="--again"):
        await store.release(message_id, next_hop)
    assert len(next_hop.sent) == 1


async def test_a_token_lets_one_message_pass_once(
    open_store: Callable[..., Quarantine], make_held: Callable[..., Held], hop: Any
) -> None:
    store, door = open_store(), open_store()
    held, next_hop = make_held(), hop()
    message_id = await store.hold(held)
    await store.release(message_id, next_hop)
    (sent,) = next_hop.sent
    token, content = token_of(sent), content_of((sent,))
    tail = Outgoing(content, cut=((0, sent.index(b"\n") + 1),))
    assert await door.redeem(token, Outgoing(content), held.envelope) is None
    redemption = await door.redeem(token, tail, held.envelope)
    assert redemption
    assert redemption.message_id == message_id
    await redemption.spent()
    assert await door.redeem(token, tail, held.envelope) is None
    content.close()


async def test_a_token_is_for_those_who_were_released_to(
    store: Quarantine, make_held: Callable[..., Held], hop: Any
) -> None:
    held, next_hop = make_held(), hop()
    await store.release(await store.hold(held), next_hop, Order(recipients=(BOB,)))
    (sent,) = next_hop.sent
    content = content_of((sent,))
    tail = Outgoing(content, cut=((0, sent.index(b"\n") + 1),))
    assert await store.redeem(token_of(sent), tail, held.envelope) is None
    to_bob = replace(held.envelope, recipients=held.envelope.recipients[:1])
    redemption = await store.redeem(token_of(sent), tail, to_bob)
    assert redemption
    redemption.back()
    content.close()


@pytest.mark.parametrize(
    "cut", [[[0, 50]], [[16, 41], [40, 42]], [[41, 16]], [[16, 16]], [[-1, 3]], [[0.5, 3]], [[1]]]
)
async def test_a_record_with_cuts_that_cannot_be_made_is_damaged_and_nothing_begins(
    *,
    store: Quarantine,
    folder: Path,
    make_held: Callable[..., Held],
    hop: Any,
    cut: list[list[float]],
) -> None:
    message_id = await store.hold(make_held())
    record = folder / "held" / message_id / "record"
    written = json.loads(record.read_bytes())
    record.write_text(json.dumps(written | {"cut": cut}))
    next_hop = hop()
    with pytest.raises(QuarantineError, match="is damaged"):
        await store.release(message_id, next_hop)
    assert next_hop.envelopes == []
    assert json.loads((record.parent / "state").read_bytes())["state"] == "held"
    assert list((folder / "tokens").iterdir()) == []


async def test_a_record_with_another_size_is_damaged_and_nothing_begins(
    store: Quarantine, folder: Path, make_held: Callable[..., Held], hop: Any
) -> None:
    message_id = await store.hold(make_held())
    record = folder / "held" / message_id / "record"
    record.write_text(record.read_text().replace('"size": 49', '"size": 50'))
    next_hop = hop()
    with pytest.raises(QuarantineError, match="is not what was written"):
        await store.release(message_id, next_hop)
    assert next_hop.envelopes == []


@pytest.mark.parametrize("said", ["MAIL", "RCPT"])
async def test_an_address_that_cannot_be_said_is_told_and_nothing_was_sent(
    store: Quarantine, make_held: Callable[..., Held], hop: Any, said: str
) -> None:
    names = {"MAIL": (BOB, "ann\n@example.org"), "RCPT": ("bob\n@example.org", "ann@example.org")}
    recipient, reverse_path = names[said]
    message_id = await store.hold(make_held(recipient, reverse_path=reverse_path))

    class Strict(type(hop())):  # type: ignore[misc]
        async def begin(self, envelope: Envelope) -> Any:
            path(envelope.reverse_path or "")
            return await super().begin(envelope)

        async def recipient(self, forward: Forward) -> Reply:
            path(forward.address)
            return await super().recipient(forward)

    with pytest.raises(QuarantineError, match="cannot be sent: control character"):
        await store.release(message_id, Strict())
    assert stage_of(store) == "held"


async def test_no_disk_can_fail_in_the_middle_of_the_content(
    store: Quarantine, folder: Path, make_held: Callable[..., Held], hop: Any
) -> None:
    message_id = await store.hold(make_held())

    class Slow(type(hop())):  # type: ignore[misc]
        async def recipient(self, forward: Forward) -> Reply:
            (folder / "held" / message_id / "content").write_bytes(b"")
            return Reply(250, ("2.1.5 Ok",))

    next_hop = Slow()
    assert (await store.release(message_id, next_hop)).sent
    assert next_hop.sent[0].endswith(b"\r\n\r\nbody\r\n")


async def test_what_is_changed_as_it_leaves_is_what_its_token_opens_for(
    store: Quarantine, make_held: Callable[..., Held], hop: Any
) -> None:
    message_id, asked = await store.hold(make_held()), []

    async def leaving(record: Any, recipients: Any) -> Any:
        asked.append([one.address for one in recipients])
        envelope = replace(record.envelope, reverse_path="tagged@example.org")
        return replace(record, prepend=b"X: today\r\n", envelope=envelope)

    next_hop = hop()
    await store.release(message_id, next_hop, Order((BOB,)), leaving)
    assert asked == [[BOB]]
    ((sent,), (envelope,)) = next_hop.sent, next_hop.envelopes
    rest = sent.partition(b"\r\n")[2]
    assert envelope.reverse_path == "tagged@example.org"
    assert rest.startswith(b"X: today\r\nSubject: ")
    with contextlib.closing(content_of((rest,))) as tail:
        assert await store.redeem(token_of(sent), Outgoing(tail), envelope) is not None
    # What is kept is as it came.
    assert store.show(message_id).record.envelope.reverse_path == "ann@example.org"
