"""What was decided becomes the edits that a milter may ask for."""

from dataclasses import replace

import pytest

from pratique.milter.content import content_of
from pratique.milter.doors.milter.ending import (
    MAX_REPLY_LINE,
    MAX_REPLY_LINES,
    CannotEditError,
    Edits,
    Ending,
    Refusal,
    edits,
    nobody_left,
    refusal,
    within,
)
from pratique.milter.mail import Forward, Outgoing, Rewritten
from pratique.milter.next_hop import Reply

FIELDS = {(0, 10): ("X-One", 1), (10, 20): ("Other", 1), (20, 30): ("x-one", 2)}
OK = Reply(250, ("2.0.0 Ok",))


@pytest.fixture
def outgoing():
    content = content_of([b"x" * 40])
    yield lambda prepend=b"", cut=(): Outgoing(content, prepend, cut)
    content.close()


@pytest.mark.parametrize(
    ("code", "lines", "said"),
    [
        (550, ("5.7.1 no",), ("5.7.1", ("no",))),
        (451, ("4.3.0 not now",), ("4.3.0", ("not now",))),
        (550, ("5.7.1 one", "5.7.1 two"), ("5.7.1", ("one", "two"))),
        (550, ("no",), ("5.7.1", ("no",))),
        (450, ("no",), ("4.3.0", ("no",))),
        (550, ("4.7.1 another class",), ("5.7.1", ("another class",))),
        (550, ("5.7.1",), ("5.7.1", ("",))),
        (550, ("5.7.1 100% \u00e9\r\nb",), ("5.7.1", ("100%% ???b",))),
        (550, (), ("5.7.1", ("refused",))),
    ],
)
def test_a_reply_comes_apart_into_what_libmilter_wants(code, lines, said):
    assert refusal(Reply(code, lines)) == Refusal(str(code), *said)


def test_a_reply_is_never_longer_than_may_be_said():
    said = refusal(Reply(550, ("5.7.1 " + "x" * 5000,) * 100))
    assert [len(line) for line in said.lines] == [MAX_REPLY_LINE] * MAX_REPLY_LINES


@pytest.mark.parametrize(("code", "passing"), [(451, True), (421, True), (550, False)])
def test_4yz_is_known_from_5yz(code, passing):
    assert refusal(Reply(code, ("x",))).passing is passing


def test_spans_become_fields_the_last_one_first(outgoing):
    out = outgoing(cut=((0, 10), (20, 30)))
    assert edits(Ending(OK, out), FIELDS, {}).remove == (("x-one", 2), ("X-One", 1))


@pytest.mark.parametrize("span", [(0, 9), (1, 10), (0, 20), (30, 40)])
def test_a_span_that_is_no_field_cannot_be_taken_away(outgoing, span):
    out = outgoing(cut=(span,))
    with pytest.raises(CannotEditError, match="are no header field"):
        edits(Ending(OK, out), FIELDS, {})


def test_fields_in_front_come_the_last_one_first_with_all_that_follows_the_colon(outgoing):
    out = outgoing(b"A: 1\r\nB:\r\nC: 2\r\n\tmore\r\n")
    wanted = (("C", " 2\n\tmore"), ("B", ""), ("A", " 1"))
    assert edits(Ending(OK, out), {}, {}).prepend == wanted


@pytest.mark.parametrize(
    "prepend", [b"A: 1", b"A 1\r\n", b"\r\n", b"A: 1\r\n\r\n", b"A: 1\nB: 2\r\n", b": 1\r\n", b"A"]
)
def test_what_is_no_field_is_not_put_in_front(outgoing, prepend):
    out = outgoing(prepend)
    with pytest.raises(CannotEditError, match="no header field at octet"):
        edits(Ending(OK, out), {}, {})


def test_recipients_are_named_as_they_were_said(outgoing):
    out, without = outgoing(), (Forward("a@b"), Forward("c@d"))
    said = {"c@d": ["<c@d>", "c@d"]}
    wanted = edits(Ending(OK, out, without=without), {}, said).without
    assert wanted == ("<a@b>", "<c@d>", "c@d")


def test_why_a_message_is_held_is_plain_text(outgoing):
    out = outgoing()
    held = edits(Ending(OK, out, hold="\u00e9\n" + "x" * 5000), {}, {}).hold
    assert held == "??" + "x" * (MAX_REPLY_LINE - 2)


def test_what_is_only_held_is_not_edited():
    assert edits(Ending(OK, hold="why"), {}, {}) == Edits(hold="why")


@pytest.mark.parametrize(
    ("without", "nobody"), [("", False), ("a", False), ("ab", True), ("abc", True)]
)
def test_it_is_known_when_nobody_is_left(without, nobody):
    recipients = [Forward("a"), Forward("b", ("NOTIFY=NEVER",))]
    ending = Ending(OK, without=tuple(map(Forward, without)))
    assert nobody_left(ending, recipients) is nobody


PLAIN, TAGGED = Forward("a@b", tagged="t=a@b"), Forward("t=a@b")


def test_who_is_added_is_left():
    ending = Ending(OK, without=(TAGGED,), instead=(PLAIN,))
    assert not nobody_left(ending, [TAGGED])
    assert nobody_left(replace(ending, instead=()), [TAGGED])


def test_other_addresses_are_said_with_the_edits():
    ending = Ending(OK, without=(TAGGED,), instead=(PLAIN,), reverse_path="t=c@d")
    wanted = edits(ending, {}, {"t=a@b": ["<t=a@b>", "<@r:t=a@b>"]})
    assert wanted == Edits(
        without=("<t=a@b>", "<@r:t=a@b>"), instead=(PLAIN,), reverse_path="t=c@d"
    )


@pytest.mark.parametrize(
    ("can", "left"),
    [
        ({"renames": True, "adds": True}, ((TAGGED, Forward("x@b")), (PLAIN,), "t=c@d")),
        ({"renames": False, "adds": True}, ((TAGGED, Forward("x@b")), (PLAIN,), None)),
        # Who cannot be added is not taken away.
        ({"renames": True, "adds": False}, ((Forward("x@b"),), (), "t=c@d")),
    ],
)
def test_what_a_mail_server_cannot_do_loses_nobody(can, left):
    ending = Ending(OK, without=(TAGGED, Forward("x@b")), instead=(PLAIN,), reverse_path="t=c@d")
    kept = within(ending, **can)
    assert (kept.without, kept.instead, kept.reverse_path) == left


def test_what_was_rewritten_is_the_body_and_fields_that_come_and_go(outgoing):
    made = content_of([b"x" * 10 + b"New: 1\r\n\r\nbody"])
    rewritten = Rewritten(made, 30, ((10, 20),), b"New: 1\r\nB: 2\r\n c\r\n", 10, 20)
    out = replace(outgoing(b"Front: 1\r\n", ((0, 10),)), rewritten=rewritten)
    wanted = edits(Ending(OK, out, body=made), FIELDS, {})
    assert wanted == Edits(
        remove=(("Other", 1), ("X-One", 1)),
        prepend=(("Front", " 1"),),
        append=(("New", " 1"), ("B", " 2\n c")),
        body=made,
        body_from=20,
    )
    made.close()


@pytest.mark.parametrize("added", [b"A: \xff\r\n", b"no field\r\n"])
def test_a_field_that_no_mail_server_can_be_told_is_an_error(outgoing, added):
    made = content_of([b""])
    out = replace(outgoing(), rewritten=Rewritten(made, 30, (), added, 0, 0))
    with pytest.raises(CannotEditError):
        edits(Ending(OK, out, body=made), FIELDS, {})
    made.close()


def test_an_address_that_it_is_redirected_to_is_added_and_is_somebody():
    elsewhere = Forward("analyst@our.example", ("NOTIFY=NEVER",))
    ending = Ending(OK, without=(Forward("a"),), redirected=(elsewhere,))
    assert edits(ending, {}, {}) == Edits(without=("<a>",), instead=(elsewhere,))
    assert not nobody_left(ending, [Forward("a")])
