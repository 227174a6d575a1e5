"""The JSON that others rely on: every fact is in it, and nothing secret."""

from datetime import UTC, datetime

import pytest

from pratique.milter.cli.report import report
from pratique.milter.mail import Envelope, Forward
from pratique.milter.seeing import Seen
from pratique.policies.verdict import Action, Edit, Verdict
from pratique.scanners.facts_pb2 import (
    Ambiguity,
    Auth,
    Bounce,
    Evidence,
    Facts,
    Failure,
    Finding,
    Limit,
    Mail,
    Part,
    Score,
    SpoofSign,
    Symbol,
)

ENVELOPE = Envelope(
    "inspect",
    datetime(2026, 11, 22, tzinfo=UTC),
    recipients=(Forward("a@example.org"), Forward("b@example.org")),
)
ACCEPT = Verdict(Action.ACCEPT, "all other mail", "")


def written(facts=None, verdicts=(ACCEPT, ACCEPT)):
    return report(Seen("x.eml", 1.234, facts or Facts()), ENVELOPE, tuple(verdicts))


@pytest.mark.parametrize("other", list(Action))
def test_the_action_is_the_most_severe_of_the_recipients(other):
    one = written(verdicts=(ACCEPT, Verdict(other, "the other rule", "because")))
    severe = other is not Action.ACCEPT
    assert one["action"] == other
    assert one["rule"] == ("the other rule" if severe else "all other mail")
    assert [to["action"] for to in one["recipients"]] == ["accept", other]


def test_the_severest_is_the_one_that_the_contract_names_first():
    order = ["quarantine", "discard", "reject", "defer", "redirect", "accept"]
    assert [str(one) for one in sorted(Action, key=lambda one: -one.severity)] == order


def test_a_part_that_was_opened_is_unopened_null():
    one = written(Facts(parts=[Part(id=0), Part(id=1, parent=0, unopened="pgp", why="sealed")]))
    assert [(part["unopened"], part["why"]) for part in one["parts"]] == [
        (None, ""),
        ("pgp", "sealed"),
    ]


def test_what_flags_a_message_is_there_with_its_class():
    one = written(
        Facts(
            ambiguities=[Ambiguity(class_="bad_base64", where="1", detail="junk")],
            limits=[Limit(class_="depth", part=3, detail="deep")],
            failures=[Failure(class_="worker", part=2, detail="died")],
        )
    )
    assert one["ambiguities"] == [{"class": "bad_base64", "where": "1", "detail": "junk"}]
    assert one["limits"] == [{"class": "depth", "part": 3, "detail": "deep"}]
    assert one["failures"] == [{"class": "worker", "part": 2, "detail": "died"}]


def test_a_condition_that_failed_is_a_failure_of_the_policy_told_once():
    failed = Verdict(Action.QUARANTINE, "a rule", "", failures=("no such key",))
    assert written(verdicts=(failed, failed))["failures"] == [
        {"class": "policy", "part": -1, "detail": "no such key"}
    ]


def test_findings_and_evidence_are_whole():
    one = written(
        Facts(
            findings=[
                Finding(scanner="yara", name="EICAR", part=2, reference="https://eicar.example/")
            ],
            bounce=Bounce(claimed=True, evidence=[Evidence(kind="k", weight=-1.5, detail="d")]),
        )
    )
    (finding,) = one["findings"]
    assert (finding["scanner"], finding["name"], finding["part"]) == ("yara", "EICAR", 2)
    assert finding["reference"] == "https://eicar.example/"
    assert one["bounce"]["evidence"] == [{"kind": "k", "weight": -1.5, "detail": "d"}]


def test_what_spam_filters_make_of_it_is_whole():
    symbols = [Symbol(name="A", value=8), Symbol(name="B", value=-0.5)]
    scores = [Score(engine="rspamd", value=7.5, threshold=15, symbols=symbols)]
    assert written(Facts(scores=scores))["scores"] == [
        {
            "engine": "rspamd",
            "value": 7.5,
            "threshold": 15.0,
            "symbols": [{"name": "A", "value": 8.0}, {"name": "B", "value": -0.5}],
        }
    ]
    assert written()["scores"] == []


def test_links_and_the_lists_that_they_stand_on_are_whole():
    facts = Facts(links_left_out=3, lists_away=["dbl"])
    facts.links.add(
        url="https://a.example/x", host="a.example", shown="b.example", part=2,
        tricks=["shown_differs"], listed=["surbl"],
    )  # fmt: skip
    facts.envelope.client.listed.append("zen")
    one = written(facts)
    assert one["links"] == [
        {
            "url": "https://a.example/x",
            "host": "a.example",
            "shown": "b.example",
            "part": 2,
            "tricks": ["shown_differs"],
            "listed": ["surbl"],
        }
    ]
    told = {key: one[key] for key in ("links_left_out", "lists_away", "client_listed")}
    assert told == {"links_left_out": 3, "lists_away": ["dbl"], "client_listed": ["zen"]}
    none = written()
    assert (none["links"], none["links_left_out"], none["lists_away"]) == ([], 0, [])


def test_signatures_are_told_with_their_dates_or_without():
    facts = Facts()
    facts.sources.add(name="clamav", version="27500").date.FromSeconds(1_795_000_000)
    facts.sources.add(name="yara")
    assert written(facts)["sources"] == [
        {"name": "clamav", "version": "27500", "date": "2026-11-18T11:06:40Z"},
        {"name": "yara", "version": "", "date": None},
    ]


def test_a_bounce_says_whether_it_claims_to_be_one_and_what_else_it_is():
    assert written()["bounce"] == {
        "weight": 0,
        "lately": 0,
        "flood": False,
        "claimed": False, "verified": False, "other": "", "evidence": []
    }  # fmt: skip
    assert written(Facts(bounce=Bounce(other="tls_report")))["bounce"]["other"] == "tls_report"
    one = written(Facts(parts=[Part(id=1, returned=True, may_carry_macros=True)]))
    assert (one["parts"][0]["returned"], one["parts"][0]["may_carry_macros"]) == (True, True)


def test_the_token_that_lets_a_message_pass_is_not_shown():
    shown = written(Facts(mail=Mail(subject="s", release_token="secret")))
    assert "secret" not in str(shown)
    assert shown["mail"]["subject"] == "s"


def test_a_file_that_could_not_be_read_has_only_its_error():
    shown = report(Seen("x.eml", error="No such file"), ENVELOPE, ())
    assert shown == {"file": "x.eml", "error": "No such file"}


TAKES_OUT = Verdict(Action.ACCEPT, "a rule", "", edits=(Edit("strip", "a rule", "because", (2,)),))
ZIP = (
    Part(id=0, parent=-1, kind="message", views=["standard"]),
    Part(id=1, parent=0, path="1", name="a.zip", kind="archive", views=["standard"]),
    Part(id=2, parent=1, path="1/zip:a.exe", name="a.exe", kind="executable", views=["standard"]),
)


def test_an_edit_says_what_goes_for_which_part():
    (edit,) = written(Facts(parts=ZIP), (TAKES_OUT, TAKES_OUT))["edits"]
    assert edit == {
        "action": "strip",
        "rule": "a rule",
        "reason": "because",
        "parts": [2],
        "takes_out": [{"id": 1, "path": "1", "name": "a.zip"}],
        "held_for": None,
    }
    assert written()["edits"] == []


def test_an_edit_that_cannot_be_made_says_why():
    facts = Facts(parts=ZIP, limits=[Limit(class_="ratio")])
    (edit,) = written(facts, (TAKES_OUT, TAKES_OUT))["edits"]
    assert "not looked at to its end" in edit["held_for"]


def test_the_word_that_opened_a_part_is_told():
    opened, plain = written(Facts(parts=[Part(password="sesame"), Part(id=1)]))["parts"]

    assert (opened["password"], plain["password"]) == ("sesame", "")


def test_a_bounce_has_the_sum_of_its_weights_and_what_came_beside_it():
    reasons = [Evidence(kind="k", weight=-1.5), Evidence(kind="l", weight=0.1)]
    bounce = Bounce(claimed=True, evidence=reasons, lately=12, flood=True)
    told = written(Facts(bounce=bounce))["bounce"]
    assert (told["weight"], told["lately"], told["flood"]) == (-1.4, 12, True)


def test_who_it_is_from_is_whole():
    auth = Auth(spf="pass", dmarc="fail", dmarc_policy="reject", arc="none", checker="pratique")
    auth.dkim.add(domain="a.example", result="fail")
    auth.authenticated_as = "ann@a.example"
    facts = Facts(auth=auth, spoof_signs=[SpoofSign(kind="own_domain", detail="From: x")])
    facts.envelope.client.recent_recipients = 7
    told = written(facts)
    assert told["auth"] == {
        "spf": "pass",
        "dkim": [{"domain": "a.example", "result": "fail"}],
        "dmarc": "fail",
        "dmarc_policy": "reject",
        "arc": "none",
        "authenticated_as": "ann@a.example",
        "checker": "pratique",
    }
    assert told["spoof_signs"] == [{"kind": "own_domain", "detail": "From: x"}]
    assert told["client_recent"] == {"recipients": 7, "findings": 0}
