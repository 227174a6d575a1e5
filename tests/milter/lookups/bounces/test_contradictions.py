"""What no bounce of our mail has."""

from datetime import timedelta

import pytest

from pratique.milter.lookups.bounces.contradictions import Marked, contradictions
from pratique.milter.mail import Client

WINDOW = timedelta(days=7)


@pytest.fixture
def against(mail):
    def said(seen=None, marked=Marked(), **envelope):  # noqa: B008 - it cannot be changed
        case = mail.case(seen, **envelope)
        return [one.kind for one in contradictions(case, mail.domains, marked, WINDOW)]

    return said


def test_nothing_is_held_against_an_honest_one(mail, against):
    honest = mail.bounce(
        authors=[mail.ann],
        received_by=["mx.there.example", "mail.contoso.example"],
        reporter="mx.there.example",
        header_fields=20,
    )
    honest.bounce.returned.date.FromDatetime(mail.at - timedelta(days=1))
    assert against(honest) == []


def test_nor_against_a_reply(mail, against):
    assert against(mail.reply(), recipients=("a@contoso.example", "b@contoso.example")) == []


def test_a_bounce_goes_to_one(mail, against):
    assert against(recipients=("a@contoso.example", mail.ann)) == ["several_recipients"]
    inside = {"client": Client(ip="10.0.0.1"), "recipients": ("a@contoso.example", mail.ann)}
    assert against(**inside) == []


def test_a_stranger_does_not_report_as_one_of_us(mail, against):
    seen = mail.bounce(reporter="mx.contoso.example")
    assert against(seen) == ["own_reporter"]
    assert against(seen, client=Client(ip="10.0.0.1")) == []
    assert against(seen, client=Client()) == []


@pytest.mark.parametrize(
    ("more", "kinds"),
    [
        ({}, ["never_ours"]),
        ({"message_ids": []}, ["never_ours"]),
        ({"received_by": ["mail.contoso.example"]}, []),
        ({"message_ids": ["<x@mail.contoso.example>"]}, []),
        ({"watermarks": ["1-2-x"]}, []),
        ({"authors": ["x@there.example"]}, []),
        ({"authors": []}, []),
    ],
)
def test_what_is_said_to_be_ours_has_a_trace_of_it(mail, against, more, kinds):
    stated = {"authors": [mail.ann], "message_ids": ["<x@y.example>"], "received_by": ["z.example"]}
    assert against(mail.bounce(**{**stated, **more})) == kinds


@pytest.mark.parametrize(("days", "kinds"), [(7, []), (7.01, ["too_old"]), (-3, [])])
def test_nobody_bounces_what_was_written_long_ago(mail, against, days, kinds):
    seen = mail.bounce()
    seen.bounce.returned.date.FromDatetime(mail.at - timedelta(days=days))
    assert against(seen) == kinds


def test_a_tag_is_missed_where_all_mail_has_one(mail, against):
    assert against(marked=Marked(tag=True)) == ["mark_missing"]
    assert against(marked=Marked(tag=True), reverse_path="x@there.example") == []


@pytest.mark.parametrize(
    ("fields", "marks", "kinds"), [(8, [], ["mark_missing"]), (7, [], []), (8, ["1-2-x"], [])]
)
def test_a_watermark_is_missed_in_a_whole_header(mail, against, fields, marks, kinds):
    seen = mail.bounce(header_fields=fields, watermarks=marks)
    assert against(seen, marked=Marked(watermark=True)) == kinds
    assert against(seen) == []
