"""`pratique config check`: what it means where it is right, where it is wrong if not."""

import sys

import pytest
from click.testing import CliRunner

from pratique.milter.cli.main import main


def run(*arguments):
    return CliRunner().invoke(main, [*map(str, arguments), "config", "check"])


def test_the_defaults_are_sound_and_told():
    done = run()
    assert done.exit_code == 0
    for words in (
        "listener smtp on 127.0.0.1:10025, its sender hears the reply, takes mail for: 127.",
        "next hop maildir",
        "policy   default",
        "release  off",
        "the configuration is sound",
    ):
        assert words in done.stdout


def test_where_released_mail_goes_is_told(tmp_path):
    file = tmp_path / "pratique.toml"
    file.write_text('[release]\nnext_hop = "127.0.0.1:10026"\n')
    assert "release  to 127.0.0.1:10026" in run("--config", file).stdout


@pytest.mark.slow
def test_rules_are_loaded_as_the_service_would_load_them(tmp_path):
    file, rules = tmp_path / "pratique.toml", tmp_path / "rules"
    rules.mkdir()
    file.write_text(f'state = "{tmp_path / "state"}"\n[yara]\nfolders = ["{rules}"]\n')
    (rules / "a.yar").write_text("rule a { condition: filesize == 12345 }\n")
    done = run("--config", file)
    assert f"rules    {rules}" in done.stdout
    assert done.exit_code == 0
    (rules / "b.yar").write_text("\nrule b { condition: nothing }\n")
    done = run("--config", file)
    assert "b.yar:2" in done.stderr
    assert done.exit_code == 2
    # Looking leaves nothing behind.
    assert not (tmp_path / "state").exists()


def test_a_milter_is_told(tmp_path):
    file = tmp_path / "pratique.toml"
    file.write_text('[[milter]]\nreply = "queue"\nquarantine = "postfix"\n')
    told = run("--config", file).stdout
    assert "milter   milter on unix:/run/pratique/milter.sock, its queue hears" in told
    assert "quarantine: postfix" in told
    assert "listener" not in told


def test_a_weaker_wall_is_warned_of(tmp_path):
    file = tmp_path / "pratique.toml"
    file.write_text('[workers]\nconfinement = "seccomp"\n')
    assert "warning: workers.confinement leaves landlock out" in run("--config", file).stdout


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = 1", "pratique.toml:1:1: x: no such setting"),
        ('[policy]\nfile = "none"', "no policy 'none'"),
    ],
)
def test_a_mistake_is_status_2_with_its_place(tmp_path, text, words):
    file = tmp_path / "pratique.toml"
    file.write_text(text)
    done = run("--config", file)
    assert done.exit_code == 2
    assert words in done.stderr


def test_lists_are_told_and_missed_where_they_are_not_built(tmp_path):
    file, feed = tmp_path / "pratique.toml", tmp_path / "ours.txt"
    file.write_text(
        f'state = "{tmp_path}"\n[[hash_list]]\nname = "ours"\nfeed = "{feed}"\nowner = "ann"\n'
        'severity = "malicious"\n'
    )
    feed.write_text("ab" * 32)
    done = run("--config", file)
    assert (done.exit_code, "list ours: it is not built" in done.stderr) == (2, True)
    CliRunner().invoke(main, ["--config", str(file), "lists", "build"])
    assert f"list     ours, malicious, of {feed}" in run("--config", file).stdout


@pytest.mark.real("py-tlsh")
def test_a_list_for_which_the_library_is_missing_is_told(tmp_path, monkeypatch):
    file, feed = tmp_path / "pratique.toml", tmp_path / "ours.txt"
    file.write_text(
        f'state = "{tmp_path}"\n[[hash_list]]\nname = "ours"\nfeed = "{feed}"\nowner = "ann"\n'
        'severity = "malicious"\n'
    )
    feed.write_text("T1" + "ab" * 35)
    CliRunner().invoke(main, ["--config", str(file), "lists", "build"])
    assert run("--config", file).exit_code == 0
    monkeypatch.setitem(sys.modules, "tlsh", None)
    done = run("--config", file)
    assert (done.exit_code, "list ours: there are TLSH digests" in done.stderr) == (2, True)
    (built,) = (tmp_path / "lists").iterdir()
    built.write_bytes(b"torn")
    assert "no list, or one of another version: run `pratique lists build`" in (
        run("--config", file).stderr
    )


def test_families_that_cannot_be_read_are_told(tmp_path):
    file, families = tmp_path / "pratique.toml", tmp_path / "families.toml"
    file.write_text(f'[families]\nfile = "{families}"\n')
    families.write_text("families = 3\n")
    done = run("--config", file)
    assert (done.exit_code, "families.toml: `families` is a table" in done.stderr) == (2, True)


SENT = '[links]\nown_domains = ["example.org"]\n[sent]\nkeys = "sent.keys"\n'


def test_keys_and_tags_are_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "pratique.toml"
    tables = '[[sent.batv]]\ndomain = ".example.org"\nform = "subaddress"\n'
    file.write_text(f"{SENT}complete = true\n{tables}")
    done = run("--config", file)
    assert done.exit_code == 2
    assert "pratique keys new sent.keys" in done.stderr
    CliRunner().invoke(main, ["keys", "new", "sent.keys"])
    done = run("--config", file)
    assert done.exit_code == 0
    assert "in sent.keys signs, of 1; ours is: example.org" in done.stdout
    assert "what is not remembered was never sent" in done.stdout
    assert "reverse-paths of .example.org are tagged, form subaddress" in done.stdout
    (tmp_path / "sent.keys").chmod(0o644)
    done = run("--config", file)
    assert done.exit_code == 2
    assert "chmod 0600" in done.stderr
