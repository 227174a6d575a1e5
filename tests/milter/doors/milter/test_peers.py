"""Mail servers that lie to the milter door, vanish, or are many."""

import contextlib
import time

import pytest


@pytest.mark.parametrize(
    "octets",
    [
        b"\xff\xff\xff\xffL",
        b"\x00\x10\x00\x00L" + b"x" * 100_000,
        b"\x00\x00\x00\x01?",
        b"\x00\x00\x00\x04\x00abc",
        b"\x00\x00\x00\x03Lab",
        b"\x00\x00\x00\x01L",
        b"\x00\x00\x00\x02M\x01",
    ],
    ids=["4 GB", "1 MB", "unknown", "no command", "no NUL", "no field", "no path"],
)
def test_a_packet_that_makes_no_sense_ends_the_connection(client, octets):
    client.envelope()
    client.send(octets)
    assert client.closed()


@pytest.mark.parametrize(
    "packets",
    [
        [(b"E", b"")],
        [(b"L", b"Subject\0 hi\0"), (b"N", b""), (b"B", b"x"), (b"E", b"x")],
        [(b"M", b"<a@b>\0"), (b"E", b"x")],
        [(b"M", b"<a@b>\0"), (b"R", b"<accept@x>\0"), (b"C", b"x\0U"), (b"E", b"")],
        [(b"M", b"<a@b>\0"), (b"R", b"<accept@x>\0"), (b"E", b""), (b"B", b"more"), (b"E", b"")],
    ],
    ids=["end first", "no envelope", "no recipient", "a second client", "a second end"],
)
def test_steps_out_of_order_never_make_a_message(milter, client, packets):
    before = len(milter.taken())
    for packet in packets:
        client.packet(*packet)
    # Whatever was made of them, the next message is a message.
    client.packet(b"A")
    client.envelope(b"<reject@corp.example>")
    client.content()
    heard = []
    while not heard or not heard[-1].startswith(b"y550"):
        heard.append(client.hear())
        assert heard[-1]
    assert len(milter.taken()) - before <= 2


def test_a_length_of_zero_is_no_packet(milter, client):
    client.envelope()
    client.send(b"\0\0\0\0E")
    client.close()
    assert "\nTraceback" not in milter.logged().split("ValueError: the taker fails")[-1]


def test_who_does_not_negotiate_is_never_answered_with_yes(milter, milter_client):
    before = len(milter.taken())
    client = milter_client(milter, greets=False)
    client.packet(b"M", b"<a@b>\0")
    # libmilter says "later" and then no more; ours hangs up.
    assert client.hear() == {"own": b"", "libmilter": b"t"}[milter.server]
    with contextlib.suppress(OSError):
        client.packet(b"E")
    client.close()
    assert len(milter.taken()) == before


def test_a_field_name_that_is_no_text_is_never_answered_with_yes(milter, client):
    client.envelope()
    client.field(b"Subj\xffect", b" hi")
    client.content()
    if milter.server == "own":
        assert client.answer() == [b"y451 4.3.0 local error\0"]
    client.packet(b"A")
    assert client.message(b"<reject@corp.example>")[-1].startswith(b"y550")


def test_a_nul_ends_a_name_or_a_value_and_no_more(milter, client):
    client.envelope()
    client.content([(b"Sub\0ject", b" hi"), (b"X-Two", b" a\0b")])
    assert client.answer() == [b"a"]
    content = milter.taken()[-1]["content"]
    assert content == b"Sub:ject\r\nX-Two: a\r\n\r\nhello\r\n"


@pytest.mark.parametrize("size", [60_000, 65_500])
def test_a_field_of_60_kb_is_taken(milter, client, size):
    client.envelope()
    client.content([(b"X-Long", b" " * size)])
    assert client.answer() == [b"a"]
    assert len(milter.taken()[-1]["content"]) > size


def test_a_field_of_1_mb_ends_the_connection(client):
    client.envelope()
    client.send(b"\x00\x10\x00\x00L" + b"X-Long\0" + b" " * 70_000)
    assert client.closed()


@pytest.mark.parametrize("said", [0, 1, 2, 3, 4])
def test_who_vanishes_in_the_middle_leaves_nothing(milter, milter_client, said):
    client = milter_client(milter)
    steps = [
        client.envelope,
        lambda: client.field(b"Subject", b" " * 60_000),
        lambda: client.field(b"Subject", b" " * 60_000),
        lambda: client.send(b"\0\0\1\0Bonly a part"),
    ]
    for step in steps[:said]:
        step()
    client.close()
    milter.idle()


@pytest.mark.slow
def test_who_vanishes_while_it_is_decided_leaves_nothing(open_milter, milter_client):
    door = open_milter()
    client = milter_client(door)
    client.envelope(b"<slow@corp.example>")
    client.content()
    door.under_way()
    client.close()
    door.ask("go on")
    door.idle()


# Many


@pytest.mark.slow
def test_five_hundred_connections_are_served_at_once(open_milter, milter_client):
    door = open_milter()
    clients = [milter_client(door) for _ in range(500)]
    for client in clients:
        client.envelope(b"<slow@corp.example>")
        client.content()
    door.under_way(500)
    one_more = milter_client(door, greets=False)
    one_more.negotiate()
    one_more.connect()
    assert one_more.hear() == b"y451 4.3.2 Not now, try again later\0"
    door.ask("go on")
    assert [client.answer() for client in clients] == [[b"a"]] * 500
    for client in (*clients, one_more):
        client.close()
    door.idle()


@pytest.mark.slow
def test_a_hundred_thousand_recipients_are_one_message(open_milter, milter_client):
    door = open_milter()
    client, before, start = milter_client(door), door.ask("memory"), time.monotonic()
    client.envelope(*(b"<%d@corp.example>" % number for number in range(100_000)))
    client.content()
    assert client.answer() == [b"a"]
    assert door.taken()[-1]["count"] == 100_000
    # Seen: 3 s and 40 MB, on two busy cores.
    assert time.monotonic() - start < 60
    assert door.ask("memory") - before < 200e6


@pytest.mark.slow
def test_recipients_without_end_are_deferred_in_bounded_memory(open_milter, milter_client):
    door = open_milter()
    client, before = milter_client(door), door.ask("memory")
    long = b"<" + b"x" * 65_000 + b"@corp.example>"
    client.envelope(*[long] * 2_000)
    client.content()
    assert client.answer() == [b"y452 4.5.3 too many recipients\0"]
    assert door.ask("memory") - before < 300e6
