"""A mail server that cannot be asked to change recipients redirects nothing: it holds the mail."""

from types import SimpleNamespace

import pytest

from pratique.milter.doors import milter as milter_door
from pratique.milter.doors import replies
from pratique.milter.doors.milter_ending import Edits, Ending
from pratique.milter.doors.pymilter import ACTIONS, libmilter
from pratique.milter.mail import Forward


@pytest.mark.parametrize("lacking", ["DELRCPT", "ADDRCPT"])
def test_a_mail_server_that_changes_no_recipients_holds_what_is_redirected(lacking, caplog):
    ending = Ending(replies.OK, redirected=(Forward("analyst@our.example"),))
    finished = SimpleNamespace(ending=ending, queue_id="Q1")
    connection = SimpleNamespace(actions=ACTIONS & ~getattr(libmilter, lacking))
    wanted = milter_door._edits(finished, SimpleNamespace(fields={}, said={}), connection)
    assert wanted == Edits(hold="it cannot be redirected as was decided")
    assert "cannot redirect" in caplog.text
    connection.actions = ACTIONS
    wanted = milter_door._edits(finished, SimpleNamespace(fields={}, said={}), connection)
    assert wanted.instead == ending.redirected
