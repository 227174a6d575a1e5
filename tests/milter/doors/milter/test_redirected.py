"""A mail server that cannot be asked to change recipients redirects nothing: it holds the mail."""

import pytest

from pratique.milter.doors import replies
from pratique.milter.doors.milter.edits import wanted
from pratique.milter.doors.milter.ending import Edits, Ending
from pratique.milter.doors.milter.mail import MilterMail
from pratique.milter.doors.milter.packets import Actions
from pratique.milter.doors.milter.session import Finished
from pratique.milter.doors.room import Room
from pratique.milter.mail import Forward

ALL = Actions(0x1FF)


@pytest.mark.parametrize("lacking", [Actions.DELETE_RECIPIENT, Actions.ADD_RECIPIENT])
def test_a_mail_server_that_changes_no_recipients_holds_what_is_redirected(lacking, caplog):
    ending = Ending(replies.OK, redirected=(Forward("analyst@our.example"),))
    finished = Finished(ending, MilterMail([b"<>"], Room(1), 1), "Q1")
    assert wanted(finished, ALL & ~lacking) == Edits(hold="it cannot be redirected as was decided")
    assert "cannot redirect" in caplog.text
    assert wanted(finished, ALL).instead == ending.redirected
