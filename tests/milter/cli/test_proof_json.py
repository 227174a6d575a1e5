"""A proof as JSON, with all that a person is shown."""

import json

from pratique.milter.cli.proof_json import to_json
from pratique.milter.cli.reasons import Reasons, reasons_of
from pratique.milter.mail import Forward
from pratique.policies.policy import Policy
from pratique.scanners.facts_pb2 import Facts

TEXT = """
[[list]]
name = "partners"
kind = "domains"
entries = [{ entry = "b.example", owner = "bob", reason = "4711", expires = 2027-01-15 }]
owner = "ann@our.example"
reason = "firmware"

[[rule]]
name = "past"
when = "bounce.claimed"
actions = ["reject"]
reason = "r"

[[rule]]
name = "partners"
when = 'auth.dkim.exists(d, d.result == "pass" && in_list(d.domain, "partners"))'
actions = ["quarantine"]
reason = "theirs"

[[rule]]
name = "last"
actions = ["accept"]
"""
KNOWN = Facts(auth={"dkim": [{"domain": "b.example", "result": "pass"}]})


def test_everything_is_there_and_is_json():
    written = to_json(reasons_of(Policy.load(TEXT, "policy.toml"), KNOWN, [Forward("a@b.example")]))
    assert json.loads(json.dumps(written)) == written
    assert (written["policy"], written["more"], written["remarks"]) == ("policy.toml", 0, [])
    (verdict,) = written["verdicts"]
    assert (verdict["action"], verdict["rule"], verdict["reason"]) == (
        "quarantine", "partners", "theirs",
    )  # fmt: skip
    assert verdict["recipients"] == ["a@b.example"]
    silent, deciding = verdict["rules"]
    assert (silent["became"], silent["failed"]) == ("silent", "bounce.claimed")
    assert (deciding["became"], deciding["line"]) == ("decided", 15)
    assert deciding["condition"]["answer"] == "true"
    (element,) = deciding["condition"]["elements"]
    assert (element["list"], element["number"]) == ("auth.dkim", 0)
    assert element["values"][0] == {"field": "d.result", "value": '"pass"'}
    (listed,) = element["listed"]
    assert (listed["list"], listed["entry"], listed["owner"]) == ("partners", "b.example", "bob")
    assert (listed["expires"], listed["line"]) == ("2027-01-15", 5)
    found = verdict["counterfactual"]
    assert (found["complete"], len(found["told"])) == (1, len(found["found"]))
    assert {"changes", "action", "rule"} == set(found["found"][0])


def test_what_cannot_be_explained_is_there_too():
    written = to_json(Reasons(remarks=("the policy cannot be had",)))
    assert (written["verdicts"], written["remarks"]) == ([], ["the policy cannot be had"])
