"""Our own notices are known again, and nobody can make his mail look like one."""

import pytest

from pratique.milter.notices.own_ids import OwnIds

IDS = OwnIds(b"k" * 32, "mx.our.example")


def test_an_id_of_ours_is_known_with_and_without_brackets():
    one = IDS.new()
    assert one.endswith("@notices.mx.our.example")
    assert IDS.has([one])
    assert IDS.has(["<x@y>", f"<{one}>"])
    assert one != IDS.new()


@pytest.mark.parametrize(
    "message_id",
    ["", "<1@sender.example>", f"<{'0' * 24}.{'0' * 24}@notices.mx.our.example>", "<é.é@notices.>"],
)
def test_what_a_stranger_makes_up_is_not(message_id):
    assert not IDS.has([message_id])


def test_one_of_another_key_or_with_another_number_is_not():
    one = IDS.new()
    assert not OwnIds(b"l" * 32, "mx.our.example").has([one])
    digit = "1" if one[0] == "0" else "0"
    assert not IDS.has([digit + one[1:]])
