"""Each answer, octet for octet as mfdef.h has it."""

import pytest

from pratique.milter.doors.milter import answers
from pratique.milter.doors.milter.answers import Answers
from pratique.milter.doors.milter.ending import CannotEditError
from pratique.milter.doors.milter.packets import MAX_OCTETS, Actions, Steps
from pratique.milter.next_hop import Reply

ALL = Actions(0x1FF)
CALLS = [
    ("addheader", ("A", " 1"), b"\0\0\0\x06hA\0 1\0", Actions.ADD_FIELDS),
    ("addheader", ("A", "1", 0), b"\0\0\0\x09i\0\0\0\0A\x001\0", Actions.ADD_FIELDS),
    ("chgheader", ("A", 2, None), b"\0\0\0\x08m\0\0\0\2A\0\0", Actions.CHANGE_FIELDS),
    ("chgheader", ("A", 1, "b"), b"\0\0\0\x09m\0\0\0\1A\0b\0", Actions.CHANGE_FIELDS),
    ("delrcpt", ("<a@b>",), b"\0\0\0\x07-<a@b>\0", Actions.DELETE_RECIPIENT),
    ("addrcpt", ("<a@b>",), b"\0\0\0\x07+<a@b>\0", Actions.ADD_RECIPIENT),
    (
        "addrcpt",
        ("<a@b>", "NOTIFY=NEVER"),
        b"\0\0\0\x142<a@b>\0NOTIFY=NEVER\0",
        Actions.ADD_RECIPIENT_PARAMETERS,
    ),
    ("chgfrom", ("<a@b>",), b"\0\0\0\x07e<a@b>\0", Actions.CHANGE_FROM),
    ("replacebody", (b"new",), b"\0\0\0\x04bnew", Actions.CHANGE_BODY),
    ("replacebody", (b"",), b"\0\0\0\x01b", Actions.CHANGE_BODY),
    ("quarantine", ("why",), b"\0\0\0\x05qwhy\0", Actions.QUARANTINE),
]


@pytest.mark.parametrize(("name", "words", "octets", "action"), CALLS)
def test_a_change_is_one_packet(name, words, octets, action):
    said = Answers(action)
    getattr(said, name)(*words)
    assert said.taken() == octets


@pytest.mark.parametrize(("name", "words", "octets", "action"), CALLS)
def test_what_a_mail_server_does_not_allow_is_not_asked_for(name, words, octets, action):
    said = Answers(ALL & ~action)
    with pytest.raises(CannotEditError):
        getattr(said, name)(*words)
    assert said.taken() == b""
    assert octets


@pytest.mark.parametrize(("octets", "packets"), [(MAX_OCTETS, 1), (MAX_OCTETS + 1, 2)])
def test_a_body_goes_in_packets_that_every_mail_server_takes(octets, packets):
    said = Answers(ALL)
    said.replacebody(bytes(octets))
    assert len(said.taken()) == octets + 5 * packets


def test_all_changes_are_one_piece():
    said = Answers(ALL)
    said.delrcpt("<a@b>")
    said.quarantine("why")
    assert said.taken() + answers.ACCEPT == (
        b"\0\0\0\x07-<a@b>\0" + b"\0\0\0\x05qwhy\0" + b"\0\0\0\x01a"
    )


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(550, ("5.7.1 100% no",)), b"y550 5.7.1 100%% no\0"),
        (Reply(451, ("4.7.1 one", "4.7.1 two")), b"y451-4.7.1 one\r\n451 4.7.1 two\0"),
    ],
)
def test_a_refusal_is_said_as_libmilter_puts_it(reply, said):
    assert answers.refused(reply)[4:] == said


def test_macros_are_asked_for_where_that_is_possible():
    asked = answers.agreed(6, ALL, Steps.NO_DATA)
    assert asked[4:17] == b"O\0\0\0\6\0\0\x01\xff\0\0\x02\0"
    assert b"\0\0\0\0j v _ {daemon_name}" in asked
    assert answers.agreed(2, Actions.ADD_FIELDS, Steps(0))[4:] == b"O\0\0\0\2\0\0\0\1\0\0\0\0"


def test_a_text_with_a_nul_is_not_said_in_part():
    said = Answers(ALL)
    with pytest.raises(CannotEditError):
        said.addheader("A", " 1\0 2", 0)
    assert said.taken() == b""


def test_a_recipient_that_is_no_text_is_taken_away_as_it_came():
    said = Answers(ALL)
    said.delrcpt(b"<\xff@b>".decode("utf-8", "surrogateescape"))
    assert said.taken()[4:] == b"-<\xff@b>\0"
