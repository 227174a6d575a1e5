"""A ledger that somebody wrote down."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pratique.milter.sent import stated
from pratique.milter.sent.stated import StatedError, read_json

ONE = {
    "message_id": "<a@a.example>",
    "mail_from": "ann@a.example",
    "rcpt_to": ["bob@b.example"],
    "subject": "x",
    "date": "Tue, 27 Jan 2026 09:00:00 +0900",
    "watermark": "20480:a83e6b1fbc7ae37c09a91594",
}
WORMS = Path(__file__).resolve().parents[4] / "shared/worms/make_worms.py"


@pytest.fixture
def read(tmp_path):
    def one(written):
        path = tmp_path / "ledger.json"
        path.write_text(written if isinstance(written, str) else json.dumps(written))
        return read_json(path)

    return one


async def test_what_stands_there_is_known(read):
    ledger = read({"domain": "a.example", "sent": [ONE]})
    sent = await ledger.by_message_id("<a@a.example>")
    assert sent.message_id == "a@a.example"
    assert sent.reverse_path == ledger.hashed("Ann@A.example")
    assert sent.recipients == {ledger.hashed("bob@b.example")}
    assert sent.sent_at == datetime(2026, 1, 27, tzinfo=UTC)
    assert await ledger.last_to("bob@b.example", "ann@a.example") == sent.sent_at
    assert await ledger.last_to("ann@a.example", "bob@b.example") is None
    assert await ledger.by_message_id("<b@a.example>") is None
    assert await ledger.by_message_id("") is None


async def test_uses_are_counted(read):
    ledger = read({"sent": [ONE]})
    assert [await ledger.used("a@a.example") for _ in "ab"] == [1, 2]


async def test_envelopes_of_one_message_are_told_apart_by_their_reverse_path(read):
    ledger = read(
        {
            "sent": [
                ONE,
                ONE | {"rcpt_to": ["eve@b.example"], "date": "2026-01-28T00:00:00"},
                ONE | {"mail_from": "list@a.example", "date": "2026-01-29T00:00:00+00:00"},
            ]
        }
    )
    ann = await ledger.by_message_id("<a@a.example>", "ann@a.example")
    assert (len(ann.recipients), ann.sent_at.day) == (2, 28)
    newest = await ledger.by_message_id("<a@a.example>")
    assert newest.reverse_path == ledger.hashed("list@a.example")


async def test_more_can_be_recorded(read):
    ledger = read({"sent": []})
    assert await ledger.record("<c@a.example>", "ann@a.example", ["x@y.example"], datetime.now(UTC))
    assert await ledger.by_message_id("<c@a.example>", "ann@a.example")
    assert await ledger.record("", "ann@a.example", ["z@y.example"], datetime.now(UTC))
    assert await ledger.last_to("z@y.example", "ann@a.example")


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("{", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ("[]", "no list `sent`"),
        ({"sent": {}}, "no list `sent`"),
        ({"sent": [ONE, {}]}, "message 2 of `sent`: 'message_id' is missing"),
        ({"sent": [ONE | {"date": "yesterday"}]}, "message 1 of `sent`: Invalid isoformat"),
        ({"sent": [ONE | {"date": 7}]}, "message 1 of `sent`"),
        ({"sent": [ONE | {"rcpt_to": "bob@b.example"}]}, "a list of texts"),
        ({"sent": [ONE | {"rcpt_to": [7]}]}, "a list of texts"),
        ({"sent": [ONE | {"mail_from": None}]}, "a list of texts"),
        ({"sent": ["x"]}, "message 1 of `sent`"),
    ],
)
def test_what_is_no_ledger_is_told(read, written, told):
    with pytest.raises(StatedError, match=told):
        read(written)


def test_a_file_that_is_missing_is_told(tmp_path):
    with pytest.raises(StatedError, match="No such file"):
        read_json(tmp_path / "none")


@pytest.mark.slow
def test_a_file_that_is_too_large_is_told(tmp_path):
    path = tmp_path / "ledger.json"
    with path.open("wb") as file:
        file.truncate(stated.MOST_OCTETS + 1)
    with pytest.raises(StatedError, match="more than"):
        read_json(path)


@pytest.fixture
def worms(tmp_path):
    subprocess.run([sys.executable, WORMS, tmp_path], check=True, capture_output=True, timeout=60)
    return tmp_path / "ledger.json"


@pytest.mark.slow
@pytest.mark.real("shared mail")
async def test_that_of_the_worm_simulations_is_read(worms):
    ledger = read_json(worms)
    written = json.loads(worms.read_text())["sent"]
    assert len(written) == 21
    for one in written:
        sent = await ledger.by_message_id(one["message_id"], one["mail_from"])
        assert sent.recipients == {ledger.hashed(each) for each in one["rcpt_to"]}


def test_domains_are_those_of_the_reverse_paths_each_once(read):
    others = [{**ONE, "mail_from": one} for one in ("Bob@B.example", "", "bob@a.example.", "x")]
    assert read({"sent": [ONE, *others]}).domains == ("a.example", "b.example")
    assert read({"sent": []}).domains == ()
