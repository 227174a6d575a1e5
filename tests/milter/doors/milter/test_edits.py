"""What is asked of a mail server for the edits that were decided, in which order."""

import pytest

from pratique.milter.content import content_of
from pratique.milter.doors.milter.edits import edit
from pratique.milter.doors.milter.ending import Edits
from pratique.milter.doors.milter.packets import MAX_OCTETS, Actions
from pratique.milter.mail import Forward

ACTIONS = Actions(0x1FF)
ALL = Edits(
    remove=(("X-One", 2), ("X-One", 1)),
    prepend=(("B", " 2"), ("A", "  1")),
    append=(("C", " 3"),),
    without=("<t=a@b>", "<c@d>"),
    instead=(Forward("a@b", ("NOTIFY=NEVER", "ORCPT=rfc822;x"), "t=a@b"), Forward("e@f")),
    reverse_path="t=g@h",
    hold="a reason",
)


class Context:
    """Remembers what it is asked."""

    def __init__(self):
        self.asked = []

    def __getattr__(self, name):
        return lambda *words: self.asked.append((name, *words))


@pytest.fixture
def asked():
    def asked(wanted, actions=ACTIONS, *, keeps_blanks=True):
        context = Context()
        edit(context, wanted, actions, keeps_blanks=keeps_blanks)
        return context.asked

    return asked


def test_all_is_asked_for_in_its_order(asked):
    assert asked(ALL) == [
        ("chgheader", "X-One", 2, None),
        ("chgheader", "X-One", 1, None),
        ("addheader", "B", " 2", 0),
        ("addheader", "A", "  1", 0),
        ("addheader", "C", " 3"),
        ("delrcpt", "<t=a@b>"),
        ("delrcpt", "<c@d>"),
        ("addrcpt", "<a@b>", "NOTIFY=NEVER ORCPT=rfc822;x"),
        ("addrcpt", "<e@f>"),
        ("chgfrom", "<t=g@h>"),
        ("quarantine", "a reason"),
    ]


def test_of_nothing_nothing_is_asked(asked):
    assert asked(Edits()) == []


def test_a_mail_server_that_puts_a_blank_there_gets_one_less(asked):
    values = [each[2] for each in asked(ALL, keeps_blanks=False) if each[0] == "addheader"]
    assert values == ["2", " 1", "3"]


def test_without_the_right_to_say_them_parameters_are_left_out(asked):
    added = [
        each
        for each in asked(ALL, ACTIONS & ~Actions.ADD_RECIPIENT_PARAMETERS)
        if each[0] == "addrcpt"
    ]
    assert added == [("addrcpt", "<a@b>"), ("addrcpt", "<e@f>")]


@pytest.mark.parametrize(("size", "pieces"), [(0, 1), (MAX_OCTETS, 1), (MAX_OCTETS + 1, 2)])
def test_a_body_goes_in_pieces_that_the_protocol_takes(asked, size, pieces):
    body = content_of([b"header" + b"x" * size])
    said = [octets for _, octets in asked(Edits(body=body, body_from=6))]
    body.close()
    assert len(said) == pieces
    assert b"".join(said) == b"x" * size
