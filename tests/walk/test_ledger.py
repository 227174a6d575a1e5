"""The simulated worms and false bounces, each with its envelope, before and after a ledger.

The ledger that comes with them says what was sent.  Before it is asked only form tells a false
bounce from a genuine one; afterwards none is verified, and none is accepted.
"""

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from pratique.milter.assembly import policy_of, setup_of, worker_settings
from pratique.milter.config import Settings
from pratique.milter.content import content_of
from pratique.milter.engines.asked import asked
from pratique.milter.judging import judge
from pratique.milter.mail import Client, Envelope, Forward
from pratique.milter.sent.our_mail import OurMail
from pratique.milter.sent.stated import read_json
from pratique.milter.wall.workers import Workers, own_nursery
from pratique.scanners.bounces import dates

MAKE = Path(__file__).resolve().parents[3] / "shared/worms/make_worms.py"
NOON = datetime.fromisoformat("2026-03-02T12:00:00+09:00")
# "accept or quarantine by policy", says the manifest: a partner's encrypted zip.
HELD_ALL_THE_SAME = ["ok-pwzip-01"]
RUNS = {"executable", "script", "shortcut"}

pytestmark = [
    pytest.mark.real("shared mail"),
    pytest.mark.real("kernel confinement"),
    pytest.mark.slow,
]


@dataclass(frozen=True)
class Looked:
    """One message of the manifest: what it is, and what became of it."""

    said: dict
    facts: object
    action: str

    @property
    def name(self):
        return self.said["id"]


@pytest.fixture(scope="module")
def worms(tmp_path_factory):
    folder = tmp_path_factory.mktemp("worms")
    subprocess.run([sys.executable, MAKE, folder], check=True, capture_output=True)
    return folder, json.loads((folder / "manifest.json").read_text())["messages"]


def envelope_of(said, octets, *, is_stated=True):
    written = re.search(rb"^Date: (.*)", octets, re.MULTILINE)
    at = dates.read(written[1].decode()) or NOON if written else NOON
    if not is_stated:
        # As a folder is looked at, without any option.
        return Envelope(said["id"], NOON, recipients=(Forward(""),))
    stated = said["envelope"]
    to = stated["rcpt_to"]
    return Envelope(
        said["id"],
        at,
        stated["mail_from"],
        recipients=tuple(map(Forward, to if isinstance(to, list) else [to])),
        client=Client(stated["client_ip"], stated["client_rdns"] or "", stated["helo"]),
    )


async def looked_at(worms, *, has_ledger, is_stated=True):
    """All of them, as `pratique inspect` looks at each."""
    folder, manifest = worms
    settings, our_mail = Settings(), None
    setup = setup_of(settings)
    if has_ledger:
        ledger = read_json(folder / "ledger.json")
        our_mail = OurMail(ledger, ledger.domains, complete=True)
        setup.own_domains[:] = our_mail.domains
    workers = Workers(own_nursery(setup), worker_settings(settings))
    await workers.start()
    try:
        sees, policy = await asked(workers, settings, our_mail=our_mail), policy_of("default")
        return [await _look(sees, policy, folder, said, is_stated) for said in manifest]
    finally:
        await workers.close()


async def _look(sees, policy, folder, said, is_stated):
    octets = (folder / said["file"]).read_bytes()
    envelope = envelope_of(said, octets, is_stated=is_stated)
    content = content_of([octets])
    try:
        seen = await sees.inspect(content, envelope)
    finally:
        content.close()
    verdicts = judge(seen, envelope, policy).verdicts
    return Looked(said, seen, str(max(verdicts, key=lambda one: one.action.severity).action))


def wrong(looked):
    """What is accepted and should not be, and the other way round."""
    expected = {one.name: one.said["verdict"] == "accept" for one in looked}
    return [one.name for one in looked if (one.action == "accept") != expected[one.name]]


@pytest.mark.parametrize("is_stated", [True, False])
async def test_with_a_ledger_all_of_them_are_what_they_are(worms, is_stated):
    looked = await looked_at(worms, has_ledger=True, is_stated=is_stated)
    assert len(looked) == 185
    assert wrong(looked) == HELD_ALL_THE_SAME
    verified = {one.name for one in looked if one.facts.bounce.verified}
    genuine = {one.name for one in looked if one.said["family"] == "genuine"}
    # Two return nothing of the message; one of them came to a tag of keys that are not ours.
    assert genuine - verified == {"genuine-domino-01", "genuine-batv-01"}
    assert verified <= genuine


@pytest.mark.parametrize("is_stated", [True, False])
async def test_without_one_none_is_verified_and_none_gets_in_with_a_program(worms, is_stated):
    looked = await looked_at(worms, has_ledger=False, is_stated=is_stated)
    assert not any(one.facts.bounce.verified for one in looked)
    claims = [one for one in looked if one.said["claims_bounce"]]
    assert len(claims) == 83
    accepted = [one for one in looked if one.action == "accept"]
    assert [one.name for one in accepted if one.said["verdict"] == "reject"] == []
    assert not [one.name for one in accepted if {part.kind for part in one.facts.parts} & RUNS]
    # What is wrong then is what only the ledger tells.
    told = {one.name: one.said["why"] for one in looked}
    left = [one for one in wrong(looked) if one not in HELD_ALL_THE_SAME]
    assert all("not-in-ledger" in told[one] for one in left)
