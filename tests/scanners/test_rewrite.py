"""What a worker answers to an edit: a recipe in frames, or why there is none."""

import pytest

from pratique.scanners import frames
from pratique.scanners import wall_pb2 as wall
from pratique.scanners.budget import Budget, Limits
from pratique.scanners.rewrite import rewrite

MIXED = b"A: b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"


def said(octets, request, **limits):
    return list(rewrite(memoryview(octets), request, Budget(Limits(**limits))))


def test_a_strip_says_what_stays_by_its_place_and_sends_no_octet_of_it():
    big = b"--b\r\n\r\n" + b"x" * 5_000_000 + b"\r\n"
    taken = wall.TakenOut(numbers=[2], note="gone")
    (answer,) = said(MIXED + big + b"--b\r\n\r\nMZ\r\n--b--\r\n", wall.Rewrite(strip=[taken]))
    assert len(frames.encode(wall.Answer(rewritten=answer))) < 300
    assert [piece.WhichOneof("body") for piece in answer.pieces] == ["old", "new", "old"]


@pytest.mark.slow
def test_a_rebuild_comes_in_frames_that_cross_the_wall():
    octets = b"A: b\r\nContent-Type: image/png\r\n\r\n" + bytes(5_000_000)
    answers = said(octets, wall.Rewrite(rebuild=True))
    assert len(answers) > 3
    assert max(len(frames.encode(wall.Answer(rewritten=one))) for one in answers) < frames.MAX_FRAME
    assert [one.HasField("header") for one in answers] == [True] + [False] * (len(answers) - 1)


@pytest.mark.parametrize(
    ("request_", "limits", "why"),
    [
        (wall.Rewrite(strip=[wall.TakenOut(numbers=[3])]), {}, "not found at 3"),
        (wall.Rewrite(rebuild=True), {"parts": 1}, "more than 1 parts"),
        (wall.Rewrite(rebuild=True), {"seconds": -1}, "more than -1 seconds"),
        (wall.Rewrite(rebuild=True), {"header_octets": 5}, "a header of more than 5 octets"),
    ],
)
def test_what_is_not_done_is_said(request_, limits, why):
    (answer,) = said(MIXED + b"--b\r\n\r\nx\r\n--b--\r\n", request_, **limits)
    assert why in answer.refused
    assert not answer.HasField("header")


def test_memory_that_ends_is_a_refusal():
    class Budget:
        limits = Limits()

        def charge_octets(self, *count):
            raise MemoryError

        charge_part = check_clock = check_part_octets = charge_octets

    (answer,) = rewrite(memoryview(b"A: b\r\n\r\nx"), wall.Rewrite(rebuild=True), Budget())
    assert "memory" in answer.refused
