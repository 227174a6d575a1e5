"""Mail of strangers through `inspect` and through the door: no crash, the same verdicts."""

import collections
import json
import os
import smtplib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
PRATIQUE = Path(sys.executable).with_name("pratique")

pytestmark = [
    pytest.mark.real("shared mail"),
    pytest.mark.real("kernel confinement"),
    pytest.mark.slow,
]

# What the worms' manifest says of a mail that only a ledger of sent mail tells from an honest
# one: genuine in form, but nothing of ours is returned.
NEEDS_THE_LEDGER = "not-in-ledger"
# An encrypted zip of a partner; "accept or quarantine by policy", says the manifest.
HELD_ALL_THE_SAME = ["ok-pwzip-01.eml"]


def inspect(paths, env=None, *options):
    done = subprocess.run(
        [PRATIQUE, "inspect", "--json", *options, *paths],
        check=False, capture_output=True, env=env, text=True,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    return {one["file"]: one for one in map(json.loads, done.stdout.splitlines())}


@pytest.fixture(scope="module")
def worms(tmp_path_factory):
    folder = tmp_path_factory.mktemp("worms")
    maker = SHARED / "worms/make_worms.py"
    subprocess.run([sys.executable, maker, folder], check=True, capture_output=True)
    manifest = json.loads((folder / "manifest.json").read_text())["messages"]
    return folder, {one["file"]: one for one in manifest}


def test_no_simulated_worm_is_accepted_but_what_needs_the_ledger(worms):
    folder, manifest = worms
    seen = {Path(name).name: one["action"] for name, one in inspect([folder]).items()}
    assert set(seen) == set(manifest)
    accepted = [
        one
        for name, one in manifest.items()
        if one["verdict"] in ("reject", "quarantine") and seen[name] == "accept"
    ]
    assert [one["id"] for one in accepted if NEEDS_THE_LEDGER not in one["why"]] == []
    # It is no way in for a program: what is returned is judged as well.
    assert [one["id"] for one in accepted if one["verdict"] == "reject"] == []
    assert [one["id"] for one in accepted if "executable" in one["why"]] == []


def test_what_the_manifest_accepts_is_accepted(worms):
    folder, manifest = worms
    held = [
        Path(name).name
        for name, one in inspect([folder]).items()
        if manifest[Path(name).name]["verdict"] == "accept" and one["action"] != "accept"
    ]
    assert held == HELD_ALL_THE_SAME


def test_false_bounces_are_refused_for_what_they_carry(worms):
    folder, manifest = worms
    seen = {Path(name).name: one for name, one in inspect([folder]).items()}
    rules = {one["rule"] for name, one in seen.items() if manifest[name]["id"] == "fakendr-b-01"}
    carried = [
        name
        for name, one in seen.items()
        if any(each["kind"] == "attachment" for each in one["bounce"]["evidence"])
    ]
    assert rules == {"false bounce"}
    assert carried
    assert {seen[name]["action"] for name in carried} == {"reject"}


@pytest.fixture(scope="module")
def corpora():
    files = (SHARED / "corpora").rglob("*")
    return sorted(path for path in files if path.suffix in (".eml", ".msg", ".raw"))


def test_no_message_of_the_corpora_costs_a_worker(corpora):
    seen = inspect([str(path) for path in corpora])
    failures = {name: one["failures"] for name, one in seen.items() if one["failures"]}
    assert failures == {}
    assert [name for name, one in seen.items() if not one["parts"]] == []
    dangerous = ("executable", "script", "shortcut", "disk_image")
    kinds = {part["kind"] for one in seen.values() for part in one["parts"]}
    assert kinds.isdisjoint(dangerous)


def test_no_mail_of_the_corpora_is_held_for_what_a_scanner_finds(corpora):
    seen = inspect([str(path) for path in corpora])
    graver = {
        name: [(each["name"], each["severity"]) for each in one["findings"]]
        for name, one in seen.items()
        if any(each["severity"] != "information" for each in one["findings"])
    }
    assert graver == {}


def test_mail_of_the_corpora_is_delivered_but_where_it_can_be_read_in_two_ways(corpora):
    """Half of it was collected for being malformed, and so a company sees less of it held."""
    mail = [str(path) for path in corpora if path.suffix == ".eml"]
    seen = inspect(mail)
    held = collections.Counter(one["rule"] for one in seen.values() if one["action"] != "accept")
    assert len(seen) >= 600
    assert held.keys() <= {"ambiguous", "content elsewhere", "unreadable"}
    assert held.total() <= 0.06 * len(seen)


def test_a_worker_without_any_locale_sees_the_same(worms, corpora):
    bare = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
    some = [*map(str, corpora), str(worms[0])]
    in_c = inspect(some, bare)
    here = inspect(some)
    for one in (*in_c.values(), *here.values()):
        one.pop("milliseconds")
    assert in_c == here
    assert not any(one["failures"] for one in in_c.values())


def test_the_door_and_inspect_say_the_same(worms, corpora, service, tmp_path):
    # On the wire lines end in CRLF; the files of the corpora end them in many ways.
    wire = tmp_path / "wire"
    wire.mkdir()
    for path in [*corpora, *sorted(worms[0].glob("*.eml"))]:
        octets = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        crlf = octets.replace(b"\n", b"\r\n")
        name = f"{len(list(wire.iterdir())):04}.eml"
        (wire / name).write_bytes(crlf if crlf.endswith(b"\r\n") else crlf + b"\r\n")
    options = ("--reverse-path", "a@example.org", "--recipient", "b@example.net")
    said = inspect([str(wire)], None, *options)
    service.start()
    with smtplib.SMTP("127.0.0.1", service.port, timeout=60) as client:
        client.ehlo("client.example")
        for name in sorted(said):
            client.mail("a@example.org")
            client.rcpt("b@example.net")
            client.data(Path(name).read_bytes())
    lines = service.messages()
    assert len(lines) == len(said)
    differ = [
        (name, said[name]["action"], said[name]["rule"], line["action"], line["rule"])
        for name, line in zip(sorted(said), lines, strict=True)
        if (said[name]["action"], said[name]["rule"]) != (line["action"], line["rule"])
    ]
    assert differ == []
