"""Which configuration the admin chose, and what keeps a command from running."""

import pytest

from pratique.milter.cli.session import CANNOT_RUN, Session, told
from pratique.milter.policy_file import NoPolicy
from pratique.milter.wall.faults import NurseryLost, NurseryUnfit
from pratique.policies.written.problem import PolicyError, Problem


def test_without_a_file_the_defaults_hold():
    assert Session(None).settings().policy.file == "default"


def test_the_file_that_was_chosen_is_read(tmp_path):
    file = tmp_path / "pratique.toml"
    file.write_text('[policy]\nfile = "mine.toml"')
    assert Session(file).settings().policy.file == "mine.toml"


def test_a_broken_file_ends_the_program_with_all_its_mistakes(tmp_path, capsys):
    file = tmp_path / "pratique.toml"
    file.write_text("a = 1\nb = 2\n")
    with pytest.raises(SystemExit) as ended:
        Session(file).settings()
    assert ended.value.code == CANNOT_RUN
    assert len(capsys.readouterr().err.splitlines()) == 2


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (NoPolicy("no policy 'x'"), "no policy 'x'"),
        (NurseryLost("it ended"), "it ended"),
        (NurseryUnfit("rules.yar, line 3"), "rules.yar, line 3"),
        (OSError(98, "Address already in use"), "Address already in use"),
        (PermissionError(1, "Operation not permitted"), "Operation not permitted"),
        (PermissionError(13, "Permission denied", "/x"), "/x: Permission denied; run it as root"),
        (
            PolicyError([Problem(3, 7, "p.toml", "no such fact", "kind")]),
            "p.toml:3:7: no such fact (kind)",
        ),
    ],
)
def test_what_keeps_a_command_from_running_is_told_without_a_traceback(error, words, capsys):
    with pytest.raises(SystemExit) as ended, told():
        raise error
    assert ended.value.code == CANNOT_RUN
    assert words in capsys.readouterr().err


def test_our_own_mistakes_are_not_hidden():
    with pytest.raises(ZeroDivisionError), told():
        raise ZeroDivisionError


async def test_release_is_off_until_the_settings_say_where_to(tmp_path):
    file = tmp_path / "pratique.toml"
    file.write_text('[release]\nnext_hop = "127.0.0.1:26"')
    assert Session(None).release_next_hop() is None
    assert Session(file).release_next_hop() is not None
