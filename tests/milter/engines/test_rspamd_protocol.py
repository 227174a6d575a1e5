"""What goes to rspamd tells the envelope and nothing else, and of its JSON only numbers count."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pratique.milter.engines.rspamd_protocol import request, said_of
from pratique.milter.engines.troubles import NoAnswer
from pratique.milter.mail import Client, Envelope, Forward

ENVELOPE = Envelope(
    "Q1",
    datetime(2026, 11, 22, tzinfo=UTC),
    reverse_path="bad@evil.example",
    recipients=(Forward("a@own.example"), Forward("b@own.example")),
    client=Client("192.0.2.7", "name.example", "helo.example"),
    door="inside",
    authenticated="joe",
)
EVIL = "x\r\nX-Evil: y\r\n\r\nz"


def lines(envelope, **rest):
    head = request("h:1", 7, envelope, **rest)
    assert head.endswith(b"\r\n\r\n")
    return head.decode().removesuffix("\r\n\r\n").split("\r\n")


def test_the_envelope_is_told_in_the_head():
    assert lines(ENVELOPE) == [
        "POST /checkv2 HTTP/1.1",
        "Host: h:1",
        "User-Agent: Pratique",
        "Content-Length: 7",
        "IP: 192.0.2.7",
        "Hostname: name.example",
        "Helo: helo.example",
        "From: <bad@evil.example>",
        "Rcpt: <a@own.example>",
        "Rcpt: <b@own.example>",
        "User: joe",
        "Queue-Id: Q1",
        "MTA-Tag: inside",
    ]


def test_what_is_unknown_is_not_told():
    unknown = Envelope("Q1", datetime(2026, 11, 22, tzinfo=UTC))
    assert lines(unknown)[4:] == ["Queue-Id: Q1"]
    assert lines(None)[4:] == []


def test_the_null_reverse_path_and_the_mail_servers_own_id_are():
    told = lines(replace(ENVELOPE, reverse_path="", mta_id="4XyZ"))
    assert "From: <>" in told
    assert "Queue-Id: 4XyZ" in told


def test_a_password_goes_with_it_where_there_is_one():
    assert "Password: secret" in lines(None, password="secret")
    assert not any(each.startswith("Password") for each in lines(None))


def test_nothing_in_an_envelope_makes_a_field_of_its_own():
    evil = Envelope(
        EVIL, datetime(2026, 11, 22, tzinfo=UTC), EVIL, (), (Forward(EVIL), Forward(EVIL)),
        Client(EVIL, EVIL, EVIL), EVIL, EVIL, EVIL, mta_id=EVIL,
    )  # fmt: skip
    told = request("h", 7, evil)
    assert told.count(b"\r\n\r\n") == 1
    assert len(lines(evil)) == len(lines(ENVELOPE))
    names = [each.partition(":")[0] for each in lines(evil)[1:]]
    assert names == [each.partition(":")[0] for each in lines(ENVELOPE)[1:]]


def answer(**changed):
    said = {
        "is_skipped": False, "score": 7.5, "required_score": 15.0, "action": "add header",
        "symbols": {"A": {"name": "A", "score": -0.5, "options": ["x"]}, "B": {"score": 8}},
        "messages": {}, **changed,
    }  # fmt: skip
    return json.dumps({key: value for key, value in said.items() if value is not None}).encode()


def test_of_its_answer_score_threshold_and_symbols_count():
    (score,) = said_of(answer()).scores
    assert (score.engine, score.value, score.threshold) == ("rspamd", 7.5, 15.0)
    assert [(one.name, one.value) for one in score.symbols] == [("B", 8.0), ("A", -0.5)]
    assert said_of(answer(symbols={})).scores[0].symbols == []


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{}", b"[]", b"null", b"7.5", answer()[:-1], answer()[:40], answer() + b"}",
        answer(score=None), answer(required_score=None), answer(symbols=None),
        answer(score="7.5"), answer(score=True), answer(score=[7]), answer(symbols=[]),
        answer(score=1e308), answer(score=float("nan")), answer(score=float("inf")),
        answer(required_score=float("nan")), answer(required_score=1e7),
        answer(symbols={"A": {}}), answer(symbols={"A": {"score": None}}), answer(symbols={"A": 1}),
        answer(symbols={"A": {"score": float("-inf")}}), answer(symbols={"": {"score": 1}}),
        answer(symbols={"A" * 101: {"score": 1}}), answer(symbols={"A\nB": {"score": 1}}),
        answer().replace(b"7.5", b"1e999"), answer().replace(b"7.5", b"nan"),
        b'{"error": "no"}', b"\xff", b"[" * 100_000,
    ],
)  # fmt: skip
def test_what_is_no_answer_is_none(body):
    with pytest.raises(NoAnswer):
        said_of(body)
