"""A message as a tree: the way to each entity is the path that the walk states for it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Budget, Limits, OverBudget
from pratique.scanners.mime import Mime
from pratique.scanners.part import Member, Part
from pratique.scanners.rewriting.outline import decoded, message_in, outline, sha256
from pratique.scanners.rewriting.recipe import Refused

HEAD = b"Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
TEXT = b"--b\r\n\r\nhello\r\n"


def budget(**limits):
    return Budget(Limits(**limits))


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_the_leaves_are_those_that_the_reader_of_mail_gives(data, messages, leaves_of):
    whole = data.draw(messages)
    known = facts.Part(parent=-1, type="message/rfc822", kind="message", views=["standard"])
    members = Mime().members(Part(known, memoryview(whole)), budget())
    steps, read = {}, []
    for each in members:
        if isinstance(each, Member) and each.view == "standard":
            above = steps[id(each.parent)] if each.parent is not None else ()
            steps[id(each)] = (*above, int(each.step))
            steps[f"kept {id(each)}"] = each
            if not each.declared_type.startswith(("multipart/", "message/")):
                read.append((steps[id(each)], each.declared_type, bytes(each.octets)))
    ours = leaves_of(whole)
    # Those in messages are found by the walk, which opens them anew.
    outer = [one for one in ours if one in read]
    assert outer == read
    assert {way for way, _, _ in ours} >= {way for way, _, _ in read}


def test_a_way_counts_from_one_and_a_message_adds_no_number():
    inner = b"--b\r\nContent-Type: message/rfc822\r\n\r\n" + HEAD.replace(b"=b", b"=c")
    whole = HEAD + TEXT + inner + TEXT.replace(b"--b", b"--c") + b"--c--\r\n--b--\r\n"
    root = outline(whole, budget())
    assert (root.way, [child.way for child in root.children]) == ((), [(1,), (2,)])
    message = message_in(root.children[1], budget())
    assert (message.way, message.children[0].way) == ((2,), (2, 1))
    leaf = message.children[0]
    place = leaf.offset + leaf.entity.header.body
    assert whole[place : place + 5] == decoded(leaf, budget()) == b"hello"


def test_a_message_without_parts_has_its_body_at_one():
    root = outline(b"Subject: x\r\n\r\nhello", budget())
    assert (root.way, root.is_multipart, decoded(root, budget())) == ((1,), False, b"hello")


def test_what_is_decoded_stands_nowhere():
    whole = b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nQTogYg0K"
    assert message_in(outline(whole, budget()), budget()).offset == -1


def test_uuencoded_octets_are_those_of_the_first_file():
    whole = b"Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 a\r\n#86)C\r\n`\r\nend\r\n"
    assert decoded(outline(whole, budget()), budget()) == b"abc"


def test_sealed_and_empty_are_told():
    assert outline(HEAD.replace(b"mixed", b"Signed") + TEXT, budget()).is_sealed
    assert not outline(b"", budget()).is_multipart
    assert sha256(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(("parts", "over"), [(3, False), (2, True)])
def test_entities_are_charged_to_the_budget(parts, over):
    whole = HEAD + TEXT * 2 + b"--b--\r\n"
    if over:
        with pytest.raises(OverBudget):
            outline(whole, budget(parts=parts))
    else:
        assert len(outline(whole, budget(parts=parts)).children) == 2


@pytest.mark.parametrize(("octets", "over"), [(5, False), (4, True)])
def test_what_is_decoded_is_charged_to_the_budget(octets, over):
    root = outline(b"\r\nhello", budget())
    limits = budget(octets=octets)
    if over:
        with pytest.raises(OverBudget):
            decoded(root, limits)
    else:
        assert decoded(root, limits) == b"hello"


def test_depth_has_a_limit():
    root = outline(b"Content-Type: message/rfc822\r\n\r\nA: b\r\n\r\n", budget())
    assert message_in(root, budget(mime_depth=1)).way == (1, 1)
    with pytest.raises(Refused, match="0 levels"):
        message_in(root, budget(mime_depth=0))
