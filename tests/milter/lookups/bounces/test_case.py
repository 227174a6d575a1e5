"""To whom a bounce came, from where, and what it says."""

from dataclasses import replace

import pytest

from pratique.milter.lookups.bounces import case as here
from pratique.milter.lookups.bounces.case import case_of
from pratique.milter.mail import Client, Forward
from pratique.scanners import facts_pb2 as facts
from pratique.scanners.bounces import original, quoted


@pytest.mark.parametrize("seen", [facts.Facts(), facts.Facts(bounce={"other": "dmarc_report"})])
def test_what_answers_nothing_is_no_case(mail, seen):
    assert case_of(seen, mail.envelope(), mail.domains) is None


def test_a_bounce_is_one(mail):
    case = mail.case(mail.bounce(recipients=["Gone@There.example", "two@there.example"]))
    assert case.owner == mail.ann
    assert case.claimed
    assert case.formal
    assert case.outside
    assert case.named == (mail.gone, "two@there.example")


def test_a_reply_is_one_whose_author_is_named(mail):
    case = mail.case(mail.reply())
    assert not case.claimed
    assert not case.formal
    assert case.named == (mail.gone,)


def test_recipients_are_compared_as_one_is_written(mail):
    case = mail.case(recipients=("ANN@contoso.example", '"ann"@Contoso.example.'))
    assert (case.owner, case.count) == (mail.ann, 2)


def test_several_recipients_are_nobody_in_particular(mail):
    assert mail.case(recipients=("a@contoso.example", "b@contoso.example")).owner == ""


def test_where_nobody_says_to_whom_it_came_its_own_header_does(mail):
    seen = mail.bounce()
    seen.mail.header.to.add(address=mail.ann)
    found = case_of(seen, replace(mail.envelope(), recipients=()), mail.domains)
    assert found.owner == mail.ann
    seen.mail.header.to.add(address="bob@contoso.example")
    found = case_of(seen, replace(mail.envelope(), recipients=()), mail.domains)
    assert found.recipients == ()


def test_a_bounce_with_a_reverse_path_is_not_formal(mail):
    assert not mail.case(reverse_path="x@there.example").formal
    assert not mail.case(reverse_path=None).formal


@pytest.mark.parametrize(
    "changed",
    [
        {"client": Client()},
        {"client": Client(ip="unknown")},
        {"client": Client(ip="10.0.0.7")},
        {"client": Client(ip="::ffff:10.0.0.7")},
        {"client": Client(ip="::1")},
        {"client": Client(ip="203.0.113.7", name="mx.contoso.example")},
        {"authenticated": "ann"},
        {"direction": "outbound"},
    ],
)
def test_who_is_known_or_not_known_at_all_is_no_stranger(mail, changed):
    assert not mail.case(**changed).outside


@pytest.mark.parametrize("ip", ["203.0.113.7", "2001:db8::7", "::ffff:203.0.113.7"])
def test_anybody_else_is_one(mail, ip):
    assert mail.case(client=Client(ip=ip)).outside


def test_a_tag_of_ours_that_the_door_took_off_is_still_known(mail):
    found = replace(mail.envelope(), recipients=(Forward(mail.ann, tagged=f"prvs=x={mail.ann}"),))
    assert case_of(mail.bounce(), found, mail.domains).owner == f"prvs=x={mail.ann}"


@pytest.mark.parametrize(
    ("kinds", "reverse_path", "is_dressed"),
    [
        (["structure"], "x@y.example", True),
        (["returned_header"], None, True),
        (["daemon_author", "subject_words"], None, True),
        (["daemon_author"], "", True),
        (["subject_words"], "", True),
        (["daemon_author"], "postmaster@y.example", False),
        (["subject_words", "automatic", "failed_recipient"], None, False),
        (["automatic"], "", False),
    ],
)
def test_a_bounce_is_dressed_as_one_by_more_than_a_name_or_words(
    mail, kinds, reverse_path, is_dressed
):
    seen = mail.bounce()
    del seen.bounce.evidence[:]
    for kind in kinds:
        seen.bounce.evidence.add(kind=kind)
    assert mail.case(seen, reverse_path=reverse_path).dressed is is_dressed


def test_a_recipient_without_an_address_is_nobody(mail):
    seen = mail.bounce()
    seen.mail.header.to.add(address=mail.ann)
    envelope = replace(mail.envelope(), recipients=(Forward(""),))
    assert case_of(seen, envelope, mail.domains).owner == mail.ann


def test_as_much_is_looked_at_as_a_worker_states():
    """Neither room imports the other's numbers."""
    looked = here.MESSAGE_IDS, here.MARKS, here.FAILED, here.RECIPIENTS, here.SIGNATURES
    there = quoted.MESSAGE_IDS, quoted.WATERMARKS, quoted.FAILED
    assert looked == (*there, original.RECIPIENTS, original.SIGNATURES) == (4, 4, 20, 50, 4)


@pytest.mark.parametrize("other", ["<>", " ", "x" * 1001])
def test_what_is_no_address_is_somebody_all_the_same(mail, other):
    found = mail.case(recipients=(mail.ann, other))
    assert (found.owner, found.count) == ("", 2)
