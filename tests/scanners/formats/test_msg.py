"""Outlook's messages: attachments, messages in messages, and each form of the text."""

import struct

import pytest

from pratique.scanners.formats.msg import Msg

TEXT = b"The quick brown fox"
RTF = rb"{\rtf1\ansi\fromhtml1 {\*\htmltag <p>}Hello{\*\htmltag </p>}}"


@pytest.fixture
def msg(samples):
    return samples("msg")


def opened(msg, open_with, *parts):
    return open_with(Msg(), msg.compound(msg.message(*parts)))


def test_an_attachment_bears_each_of_its_names(msg, open_with):
    held = msg.file_("invoice.pdf", TEXT) | msg.text_of(0x3704, "INVOIC~1.EXE")
    held |= msg.text_of(0x3001, "Invoice") | msg.text_of(0x370E, "Application/PDF")
    (_, member) = opened(msg, open_with, msg.attachment(0, held)).members

    assert (member.name, member.names) == ("invoice.pdf", ("INVOIC~1.EXE", "Invoice"))
    assert member.declared_type == "application/pdf"


def test_names_of_octets_are_read_in_the_code_page_of_the_message(msg, open_with):
    held = {"__substg1.0_3707001E": "請求書.exe".encode("cp932"), "__substg1.0_37010102": TEXT}
    found = opened(msg, open_with, msg.shorts(32, {0x3FFD: 932}), msg.attachment(0, held))

    assert found.names[-1] == "請求書.exe"


def test_a_file_elsewhere_says_so(msg, open_with):
    held = msg.text_of(0x370D, "\\\\host\\share\\a.exe")
    member = opened(msg, open_with, msg.attachment(0, held, method=2)).members[-1]

    assert (member.unopened, member.name) == ("elsewhere", "a.exe")
    assert "\\\\host\\share\\a.exe" in member.names


def test_an_attached_message_holds_its_own(msg, open_with):
    inner = msg.message(msg.text_of(0x37, "Inner"), msg.text_of(0x1000, "what it says"),
                        msg.attachment(0, msg.file_("fox.txt", TEXT)), head=24)  # fmt: skip
    outer = msg.attachment(0, msg.below("__substg1.0_3701000D", inner), 5)
    found = opened(msg, open_with, msg.text_of(0x37, "Outer"), outer)
    by_step = {member.step: member for member in found.members}

    assert by_step["msg:fox.txt"].parent is by_step["msg:Inner"]
    assert by_step["msg:text"].parent is by_step["msg:Inner"]
    assert TEXT in found.octets
    assert b"Inner" in found.octets[1]


def test_messages_in_messages_are_no_calls_in_calls(msg, open_with):
    held = msg.message(head=24)
    for _ in range(28):
        held = msg.message(msg.attachment(0, msg.below("__substg1.0_3701000D", held), 5), head=24)
    found = open_with(Msg(), msg.compound(held))

    assert len([one for one in found.members if one.step == "msg:message"]) == 28


def test_each_form_of_the_text_is_a_part(msg, open_with):
    packed = struct.pack("<II4sI", 12 + len(RTF), len(RTF), b"MELA", 0) + RTF
    found = opened(msg, open_with, msg.text_of(0x37, "Héllo"), msg.text_of(0x1000, "plain"),
                   {"__substg1.0_10130102": b"<p>page", "__substg1.0_10090102": packed},
                   )  # fmt: skip
    told = {member.step: (octets, member.declared_type)
            for member, octets in zip(found.members, found.octets, strict=True)}  # fmt: skip

    assert told["msg:header"][0] == "Subject: Héllo".encode()
    assert told["msg:text"] == (b"plain", "text/plain")
    assert told["msg:page"] == (b"<p>page", "text/html")
    assert told["msg:rtf"] == (RTF, "text/rtf")
    assert told["msg:page of the rtf"] == (b"<p>Hello</p>", "text/html")


def test_packed_rtf_that_is_none_is_unreadable(msg, open_with):
    found = opened(msg, open_with, {"__substg1.0_10090102": b"nothing"})

    assert found.known.unopened == "unreadable"
    assert found.members[-1].unopened == "unreadable"


def test_a_compound_file_of_another_kind_has_nothing_for_it(samples, open_with):
    found = open_with(Msg(), samples("ole").good(TEXT))

    assert (found.members, found.known.unopened) == ([], "")
