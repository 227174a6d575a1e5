"""Mail of strangers through `inspect` and through the door: no crash, the same verdicts."""

import json
import os
import smtplib
import subprocess
import sys
from collections import Counter
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

# The worms' manifest says more than this step can know.  What is accepted all the same,
# by family, and why:
STILL_ACCEPTED = {
    # False bounces without a program: only the ledger of sent mail tells them apart.
    "backscatter-flood", "fakendr", "backscatter",
    # Documents that carry macros, and notebooks: nobody looks into them yet.
    "emotet", "qakbot",
    # Mail that only carries a link.
    "bagle-q-01", "mytob-em-01",
}  # fmt: skip


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


def test_each_simulated_worm_gets_its_verdict(worms):
    folder, manifest = worms
    seen = {Path(name).name: one for name, one in inspect([folder]).items()}
    assert set(seen) == set(manifest)
    accepted = {
        name: one
        for name, one in manifest.items()
        if one["verdict"] != "accept" and seen[name]["action"] == "accept"
    }
    unexplained = [
        name
        for name, one in accepted.items()
        if one["family"] not in STILL_ACCEPTED and one["id"] not in STILL_ACCEPTED
    ]
    with_a_program = [name for name, one in accepted.items() if "executable" in one["why"]]
    refused = [
        name
        for name, one in manifest.items()
        if one["verdict"] == "accept" and seen[name]["action"] != "accept"
    ]
    print(Counter(one["family"] for one in accepted.values()), sorted(accepted))
    assert unexplained == []
    assert with_a_program == []
    assert refused == ["ok-pwzip-01.eml"]


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
