"""What one client may have of what all share."""

import asyncio
from dataclasses import replace
from ipaddress import ip_network

import pytest

from pratique.milter.doors.room import Room
from pratique.milter.doors.smtp.crowd import Crowd, NoTurn


@pytest.fixture
def crowd(settings):
    def make(**changed):
        told = replace(settings, max_size=10, max_connections_per_client=2, **changed)
        return Crowd(told, Room(100))

    return make


def test_a_client_has_so_many_connections_and_no_more(crowd):
    one = crowd()
    quotas = [one.quota("192.0.2.7") for _ in range(3)]
    assert quotas[0] is quotas[1]
    assert quotas[2] is None
    assert one.quota("192.0.2.8") is not None
    one.give_back("192.0.2.7", quotas[0])
    assert one.quota("192.0.2.7") is quotas[0]


def test_a_client_that_has_gone_is_forgotten(crowd):
    one = crowd()
    first = one.quota("192.0.2.7")
    one.give_back("192.0.2.7", first)
    assert one.quota("192.0.2.7") is not first


def test_a_network_of_64_bits_is_one_client(crowd):
    one = crowd()
    assert one.quota("2001:db8::1") is one.quota("2001:db8::ffff:ffff:ffff:ffff")
    assert one.quota("2001:db8::2") is None
    assert one.quota("2001:db8:0:1::2") is not None


@pytest.mark.parametrize("right", ["relay_from", "xforward_from", "xclient_from"])
def test_who_has_rights_has_no_limit_of_its_own(crowd, right):
    one = crowd(**{right: (ip_network("192.0.2.7"),)})
    assert len({id(one.quota("192.0.2.7")) for _ in range(9)}) == 1
    assert one.quota("192.0.2.7").room.size == 100


def test_a_unix_socket_is_of_this_host_but_whom_a_balancer_cannot_name_is_a_stranger(crowd):
    here, behind = crowd(host="unix:/run/in"), crowd()
    assert all(here.quota("") for _ in range(9))
    assert [bool(behind.quota("")) for _ in range(3)] == [True, True, False]


def test_a_client_has_half_of_the_room(crowd):
    one = crowd()
    first, second = one.quota("192.0.2.7").room, one.quota("192.0.2.8").room
    first.take(50)
    assert not first.has(1)
    with pytest.raises(OSError, match="No space"):
        first.take(1)
    second.take(50)
    first.give_back(50)
    assert not second.has(1)
    assert one.quota("192.0.2.9").room.has(50)
    assert not one.quota("192.0.2.9").room.has(51)


def test_the_room_of_all_is_the_limit_of_each(crowd):
    one = crowd()
    rooms = [one.quota(f"192.0.2.{number}").room for number in range(3)]
    rooms[0].take(50)
    rooms[1].take(45)
    assert (rooms[2].has(5), rooms[2].has(6)) == (True, False)
    with pytest.raises(OSError, match="No space"):
        rooms[2].take(6)
    rooms[2].take(5)


def test_a_message_of_the_largest_size_fits_into_half_a_room(settings):
    told = replace(settings, max_size=90)
    Crowd(told, Room(100)).quota("192.0.2.7").room.take(90)


async def begun(quota, order, name):
    async with quota:
        order.append(name)
        await asyncio.Event().wait()


async def settle():
    for _ in range(10):
        await asyncio.sleep(0)


async def test_messages_of_one_client_wait_for_one_another_in_their_order(crowd):
    one, order = crowd(turns_per_client=1), []
    quota = one.quota("192.0.2.7")
    tasks = [asyncio.create_task(begun(quota, order, name)) for name in "abcd"]
    other = asyncio.create_task(begun(one.quota("192.0.2.8"), order, "other"))
    await settle()
    assert order == ["a", "other"]
    # One that waits and goes, and one that is in and goes.
    for gone, then in (
        (1, ["a", "other"]),
        (0, ["a", "other", "c"]),
        (2, ["a", "other", "c", "d"]),
    ):
        tasks[gone].cancel()
        await settle()
        assert order == then
    for task in (*tasks, other):
        task.cancel()
    await settle()
    assert quota.turns == 1


async def test_one_that_goes_just_when_it_is_its_turn_passes_it_on(crowd):
    quota, order = crowd(turns_per_client=1).quota("192.0.2.7"), []
    tasks = [asyncio.create_task(begun(quota, order, name)) for name in "abc"]
    await settle()
    tasks[0].cancel()
    await asyncio.sleep(0)
    tasks[1].cancel()
    await settle()
    assert order in (["a", "c"], ["a", "b", "c"])
    tasks[2].cancel()
    await settle()
    assert quota.turns == 1


async def test_nobody_waits_for_ever(crowd):
    quota = crowd(turns_per_client=1, turn_seconds=0.01).quota("192.0.2.7")
    async with quota:
        with pytest.raises(NoTurn):
            async with quota:
                pytest.fail("two at one time")
    assert (quota.turns, len(quota.queue)) == (1, 0)
