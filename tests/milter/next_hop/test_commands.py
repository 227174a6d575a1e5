"""The lines of a transaction, with what the next hop understands and nothing else."""

from dataclasses import replace

import pytest

from pratique.milter.mail import Client, Forward
from pratique.milter.next_hop.commands import client_lines, mail_line, rcpt_line


@pytest.mark.parametrize(
    ("announced", "line"),
    [
        ({}, b"MAIL FROM:<a@b.example>\r\n"),
        ({"SIZE", "8BITMIME"}, b"MAIL FROM:<a@b.example> size=9 BODY=8BITMIME\r\n"),
        ({"DSN"}, b"MAIL FROM:<a@b.example> RET=HDRS ENVID=x\r\n"),
        ({"SMTPUTF8"}, b"MAIL FROM:<a@b.example> SMTPUTF8\r\n"),
    ],
)
def test_mail_has_the_parameters_that_were_announced(envelope, announced, line):
    wishes = ("size=9", "BODY=8BITMIME", "RET=HDRS", "ENVID=x", "SMTPUTF8", "XYZ=1")
    assert mail_line(replace(envelope, parameters=wishes), announced) == line


@pytest.mark.parametrize("reverse_path", [None, ""])
def test_no_reverse_path_is_the_null_one(envelope, reverse_path):
    assert mail_line(replace(envelope, reverse_path=reverse_path), ()) == b"MAIL FROM:<>\r\n"


@pytest.mark.parametrize(("announced", "said"), [((), b""), (("DSN",), b" NOTIFY=NEVER ORCPT=x")])
def test_a_recipient_has_its_wishes_where_they_are_understood(announced, said):
    forward = Forward("b@corp.example", ("NOTIFY=NEVER", "ORCPT=x"))
    assert rcpt_line(forward, announced) == b"RCPT TO:<b@corp.example>" + said + b"\r\n"


@pytest.mark.parametrize(("announced", "lines"), [({}, 0), ({"XFORWARD": "ADDR HELO"}, 2)])
def test_a_client_is_told_of_where_that_is_announced(envelope, announced, lines):
    known = replace(envelope, client=Client("192.0.2.1", "n.example", "h.example"))
    assert len(client_lines(known, announced)) == lines
