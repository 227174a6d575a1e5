"""`pratique lists`: what is built, told and shown, and the exit status."""

import hashlib
import json
import os
import sys
from datetime import date

import pytest
from click.testing import CliRunner

from pratique.milter.cli.main import main

WORM = hashlib.sha256(b"worm").hexdigest()
TLSH = "T118F09524E6514D7D1F175ADC904E44DF554FCDE302C5002517F186D1C510294440ED1D"
OTHER = hashlib.md5(b"worm").hexdigest()


@pytest.fixture
def run(tmp_path):
    """Run `pratique lists` with a configuration of two lists, `ours` and `theirs`."""
    config = tmp_path / "pratique.toml"
    config.write_text(
        f'state = "{tmp_path}"\n'
        f'[[hash_list]]\nname = "ours"\nfeed = "{tmp_path}/ours.txt"\nowner = "ann"\n'
        'severity = "malicious"\n'
        f'[[hash_list]]\nname = "theirs"\nfeed = "{tmp_path}/theirs.csv"\nowner = "bob"\n'
        'severity = "suspicious"\n'
    )
    (tmp_path / "ours.txt").write_text(f"{WORM} expires=2027-01-31 a worm\n")
    (tmp_path / "theirs.csv").write_text(f"md5,comment\n{OTHER},seen\n")

    def run(*arguments):
        return CliRunner().invoke(main, ["--config", str(config), "lists", *map(str, arguments)])

    return run


def test_all_are_built(run):
    done = run("build")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "ours: 1 hashes",
        "theirs: 1 hashes",
        "a running service takes it at `pratique reload`",
    ]


def test_one_is_built(run, tmp_path):
    assert run("build", "theirs").exit_code == 0
    assert [one.name.split("-")[0] for one in (tmp_path / "lists").iterdir()] == ["theirs"]


def test_a_broken_line_is_told_with_its_number_and_the_status_is_1(run, tmp_path):
    feed = tmp_path / "ours.txt"
    hashes = "".join(f"{number:064x}\n" for number in range(1, 101))
    feed.write_text(f"{hashes}nonsense \x1b[2J\n{'a' * 40}\n")
    done = run("build", "ours")
    assert done.exit_code == 1
    assert done.stderr == f"{feed}:101: 'nonsense' is no hash\n"
    assert done.stdout.startswith("ours: 100 hashes; left out: 1 times a hash of 40 digits\n")


def test_a_feed_that_is_refused_is_told_and_the_others_are_built(run, tmp_path):
    run("build")
    (tmp_path / "ours.txt").write_text("")
    done = run("build")
    assert done.exit_code == 1
    assert "no hash in it; --force takes it" in done.stderr
    assert "theirs: 1 hashes" in done.stdout
    assert run("show", WORM).exit_code == 0
    assert run("build", "--force", "ours").exit_code == 0
    assert run("show", WORM).exit_code == 1


def test_check_says_what_is_not_built_and_what_has_changed(run, tmp_path):
    done = run("check")
    assert (done.exit_code, done.stderr.count("it is not built")) == (1, 2)
    run("build")
    assert run("check").exit_code == 0
    os.utime(tmp_path / "ours.txt", (1_000_000, 1_000_000))
    done = run("check", "ours")
    assert (done.exit_code, "another one" in done.stderr) == (1, True)
    (tmp_path / "ours.txt").write_text("nonsense\n")
    assert "it would be refused" in run("check", "ours").stderr
    for file in (tmp_path / "lists").iterdir():
        file.write_bytes(b"torn")
    assert "build it anew" in run("check", "theirs").stderr


def test_show_says_which_lists_there_are(run):
    run("build")
    ours, theirs = run("show").stdout.splitlines()
    assert ours.startswith(
        "list ours, owner ann, severity malicious, sha256 1, md5 0, tlsh 0, date 2"
    )
    assert theirs.startswith(
        "list theirs, owner bob, severity suspicious, sha256 0, md5 1, tlsh 0, "
    )
    first, _ = map(json.loads, run("show", "--json").stdout.splitlines())
    assert (first["list"], first["sha256"], date.fromisoformat(first["date"][:10]).year > 2000) == (
        "ours",
        1,
        True,
    )


def test_show_says_what_is_said_of_a_hash(run):
    run("build")
    done = run("show", WORM, OTHER)
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        f"list ours, hash {WORM}, owner ann, reason a worm, expires 2027-01-31",
        f"list theirs, hash {OTHER}, owner bob, reason seen",
    ]
    assert run("show", WORM, "ab" * 32).exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("show",), "is not built"),
        (("show", "x"), "is no hash"),
        (("build", "nobodys"), "it has ours, theirs"),
        (("add", "theirs", WORM), "others write it"),
        (("add", "ours", "x"), "is no hash"),
        (("add", "ours", WORM, "--expires", "soon"), "is no date"),
        (("add", "ours", WORM, "--owner", "a b"), "without blanks"),
        (("add", "ours", "a" * 40), "40 digits"),
    ],
)
def test_what_cannot_be_is_told_and_the_status_is_2(run, arguments, why):
    done = run(*arguments)
    assert (done.exit_code, why in done.stderr) == (2, True), done.output


def test_a_file_is_added_and_the_list_built(run, tmp_path):
    (tmp_path / "ours.txt").write_text(WORM)
    (tmp_path / "invoice.iso").write_bytes(b"another worm")
    what, said = tmp_path / "invoice.iso", ("--owner", "eve", "--expires", "2027-01-31")
    done = run("add", "ours", what, "--reason", "came on\nMonday", *said)
    assert done.exit_code == 0, done.output
    digest = hashlib.sha256(b"another worm").hexdigest()
    assert (tmp_path / "ours.txt").read_text() == (
        f"{WORM}\n{digest} expires=2027-01-31 owner=eve came on Monday\n"
    )
    assert run("add", "ours", OTHER).exit_code == 0
    run("build", "theirs")
    assert run("show", digest, OTHER, WORM).exit_code == 0


def test_a_list_of_ones_own_may_begin_with_its_first_entry(run, tmp_path):
    (tmp_path / "ours.txt").unlink()
    assert run("add", "ours", WORM).exit_code == 0
    assert (tmp_path / "ours.txt").read_text() == f"{WORM}\n"


def like(digest, octet):
    """A digest that is not far from another: with other counts in one place."""
    return digest[:-2] + octet


@pytest.mark.real("py-tlsh")
def test_what_is_near_a_digest_is_shown_with_how_far_it_is(run):
    assert run("add", "ours", TLSH, "--reason", "a kit").exit_code == 0
    run("build", "theirs")
    assert run("show", TLSH[2:].lower()).stdout == (
        f"list ours, hash {TLSH}, distance 0, from {TLSH}, owner ann, reason a kit\n"
    )
    (said,) = map(json.loads, run("show", "--json", like(TLSH, "1E")).stdout.splitlines())
    assert (said["distance"], said["from"]) == (1, TLSH)
    assert run("show", "T1" + "0" * 70).exit_code == 1


def test_without_the_library_a_feed_with_tlsh_is_refused_by_force_too(run, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tlsh", None)
    (tmp_path / "ours.txt").write_text(TLSH)
    for command in (("build",), ("build", "--force"), ("check",)):
        done = run(*command, "ours")
        assert done.exit_code == 1
        assert "TLSH digests in it: TLSH needs py-tlsh" in done.stderr
    assert run("show").exit_code == 2


def test_a_list_of_nothing_but_tlsh_takes_no_other_hash(run, tmp_path):
    config = tmp_path / "pratique.toml"
    config.write_text(config.read_text().replace('"malicious"', '"malicious"\ntlsh = "only"'))
    done = run("add", "ours", WORM)
    assert (done.exit_code, "without TLSH" in done.stderr) == (2, True)


def test_without_lists_there_is_nothing_to_build(tmp_path):
    done = CliRunner().invoke(main, ["lists", "build"])
    assert (done.exit_code, "no [[hash_list]]" in done.stderr) == (2, True)
