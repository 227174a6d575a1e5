"""Facts in a line each."""

import pytest

from pratique.policies.why import called
from pratique.scanners import facts_pb2 as facts


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (facts.Part(id=0, parent=-1), "part 0 (the message itself)"),
        (facts.Part(id=2, parent=0, path="2", name="a.exe"), 'part 2 ("a.exe")'),
        (facts.Part(id=3, path="2/zip:a.exe", name="a.exe"), "part 3 (2/zip:a.exe)"),
        (facts.Part(id=3, path="2/zip:1", name="a.exe"), 'part 3 (2/zip:1, "a.exe")'),
        (facts.Part(id=4, path="4"), "part 4"),
        (
            facts.Part(id=4, path="4", name="a" * 400 + ".exe"),
            f'part 4 ("{"a" * 55}…{"a" * 20}.exe")',
        ),
        (
            facts.Part(id=4, path="2/zip:" + "b" * 400 + ".scr", name="b" * 400 + ".scr"),
            f"part 4 (2/zip:{'b' * 49}…{'b' * 20}.scr)",
        ),
        (facts.Finding(scanner="yara", name="EICAR", part=2), "yara: EICAR in part 2"),
        (facts.Finding(scanner="yara", family="Mydoom", part=-1), "yara: Mydoom"),
        (facts.Ambiguity(class_="bad_base64", where="2"), "bad_base64 at 2"),
        (facts.Ambiguity(class_="bad_base64"), "bad_base64"),
        (facts.Limit(class_="depth", part=3), "depth in part 3"),
        (facts.Failure(class_="engine_away", part=-1), "engine_away"),
        (facts.Evidence(kind="automatic", weight=1.5), "automatic (+1.5)"),
        (facts.Address(address="a@b.example", display_name="A"), '"A" <a@b.example>'),
        (facts.Link(url="http://x.example/", part=1), "http://x.example/ in part 1"),
        (facts.SpoofSign(kind="own_domain", detail="From"), "own_domain From"),
        (facts.DkimResult(domain="b.example", result="pass"), "b.example pass"),
        (facts.Signature(kind="dkim", domain="b.example"), "dkim b.example"),
        (facts.Score(engine="rspamd", value=7.5), "rspamd 7.5"),
        (facts.AddressProblem(address="a..b", detail="two dots"), "a..b two dots"),
        (facts.Source(name="clamav", version="1"), "clamav"),
        (facts.Symbol(), "Symbol"),
        ("a word", '"a word"'),
    ],
)
def test_an_element_is_called_as_an_admin_knows_it(one, told):
    assert called.element(one) == told


def test_values_are_written_as_in_a_condition():
    known = facts.Facts(mail={"size": 7, "subject": "x"}, bounce={"claimed": True, "weight": -0.5})
    known.mail.header_anomalies[:] = [f"w{number}" for number in range(11)]
    known.envelope.macros["b"], known.envelope.macros["a"] = "2", "1"
    assert called.field(known.mail, "size") == "7"
    assert called.field(known.mail, "subject") == '"x"'
    assert called.field(known.bounce, "claimed") == "true"
    assert called.field(known.bounce, "weight") == "-0.5"
    assert called.field(known.mail, "header_anomalies").endswith('"w9" and 1 more]')
    assert called.field(known.envelope, "macros") == '["a": "1", "b": "2"]'
    del known.mail.header_anomalies[10]
    assert called.field(known.mail, "header_anomalies").endswith('"w9"]')


def test_what_is_not_there_is_told_from_what_is_empty():
    known = facts.Facts()
    assert called.field(known.envelope, "reverse_path") == called.UNKNOWN
    known.envelope.reverse_path = ""
    assert called.field(known.envelope, "reverse_path") == '""'


def test_times_are_told_also_damaged_ones():
    known = facts.Facts(envelope={"received_at": {"seconds": 0}})
    assert called.field(known.envelope, "received_at") == "1970-01-01T00:00:00Z"
    known.envelope.received_at.seconds = 10**15
    assert called.field(known.envelope, "received_at") == "1000000000000000 seconds"


def test_a_message_is_no_value_and_a_secret_is_kept():
    known = facts.Facts(mail={"release_token": "t0ken"})
    known.mail.header.SetInParent()
    assert called.field(known.mail, "header") is None
    assert called.field(known.mail, "release_token") == "(kept secret)"
