"""`pratique reload`, where nothing runs; where a service runs see tests/walk/test_supervisor.py."""

from click.testing import CliRunner

from pratique.milter.cli.main import main


def test_without_a_service_it_says_so(tmp_path):
    config = tmp_path / "pratique.toml"
    config.write_text(f'state = "{tmp_path}/state"\n')
    told = CliRunner().invoke(main, ["--config", str(config), "reload"])
    assert told.exit_code == 2
    assert f"no service runs with the state folder {tmp_path}/state" in told.output


def test_a_service_that_was_killed_does_not_answer(tmp_path):
    (tmp_path / "control").touch()
    config = tmp_path / "pratique.toml"
    config.write_text(f'state = "{tmp_path}"\n')
    told = CliRunner().invoke(main, ["--config", str(config), "reload"])
    assert told.exit_code == 2
    assert "does not answer" in told.output
