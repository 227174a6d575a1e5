"""The file docker-compose.yml as docker-compose reads it, and what its images take.

docker-compose needs no engine to read.  What it writes is turned into JSON by the YAML reader
that Debian's docker-compose brings, since we have none.
"""

import json
import subprocess
from pathlib import Path

import pytest

from pratique.milter import config

ROOT = Path(__file__).resolve().parents[2]
OURS = ["postfix", "pratique", "mailbox", "clamd", "freshclam"]
TO_JSON = "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)"

real_compose = pytest.mark.real("docker-compose")


@pytest.fixture(scope="module")
def composed():
    """The whole file, with everything that it leaves to defaults filled in."""
    read = subprocess.run(["docker-compose", "config"], cwd=ROOT, check=True, capture_output=True)
    said = subprocess.run(
        ["/usr/bin/python3", "-c", TO_JSON], input=read.stdout, check=True, capture_output=True
    )
    return json.loads(said.stdout)


@pytest.mark.slow
@real_compose
def test_docker_compose_finds_nothing_wrong(composed):
    assert sorted(composed["services"]) == sorted(OURS)


@pytest.mark.slow
@real_compose
@pytest.mark.parametrize("name", OURS)
def test_each_service_has_the_least(composed, name):
    service = composed["services"][name]
    assert service["read_only"] is True
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["cap_drop"] == ["ALL"]
    assert "privileged" not in service
    assert name == "postfix" or "cap_add" not in service


@pytest.mark.slow
@real_compose
def test_nothing_listens_to_the_world(composed):
    ports = [port for one in composed["services"].values() for port in one.get("ports", ())]
    assert len(ports) == 2
    assert [port for port in ports if not str(port).startswith("127.0.0.1:")] == []


@pytest.mark.slow
@real_compose
def test_pratique_has_no_way_out(composed):
    (network,) = composed["services"]["pratique"]["networks"]
    assert composed["networks"][network]["internal"] is True


@pytest.mark.slow
@real_compose
def test_clamd_starts_for_who_asks_for_it_alone(composed):
    asked_for = [name for name, one in composed["services"].items() if one.get("profiles")]
    assert sorted(asked_for) == ["clamd", "freshclam"]


@pytest.mark.slow
@real_compose
def test_the_engine_waits_longer_than_draining_takes(composed):
    assert composed["services"]["pratique"]["stop_grace_period"] in ("60s", "1m0s")


@pytest.mark.slow
@real_compose
def test_the_healthcheck_asks_where_the_configuration_listens(composed):
    settings = config.load(ROOT / "deploy/docker/pratique/pratique.toml")
    test = composed["services"]["pratique"]["healthcheck"]["test"]
    assert f"http://{settings.health.address}/ready" in test[-1]


@pytest.mark.slow
@real_compose
def test_postfix_and_pratique_mean_the_same_socket(composed):
    settings = config.load(ROOT / "deploy/docker/pratique/pratique.toml")
    places = {}
    for name in ("pratique", "postfix"):
        volumes = [one.split(":") for one in composed["services"][name]["volumes"]]
        (places[name],) = [target for source, target, *_ in volumes if source == "milter"]
    (milter,) = settings.milter
    assert milter.socket == f"unix:{places['pratique']}/milter.sock"
    main = (ROOT / "deploy/docker/postfix/main.cf").read_text()
    within = places["postfix"].removeprefix("/var/spool/postfix/")
    assert f"smtpd_milters = unix:{within}/milter.sock\n" in main


def test_postfix_never_lets_mail_through_unseen():
    main = (ROOT / "deploy/docker/postfix/main.cf").read_text()
    assert "\nmilter_default_action = tempfail\n" in main


@pytest.mark.parametrize("file", ["deploy/pratique.toml", "deploy/docker/pratique/pratique.toml"])
def test_the_configurations_that_we_ship_are_sound(file):
    settings = config.load(ROOT / file)
    assert [milter.reply for milter in settings.milter] == ["sender"]
    assert settings.state == Path("/var/lib/pratique")
    assert settings.release.next_hop is not None


def test_the_socket_of_the_example_lies_in_the_folder_that_is_made_for_it():
    (milter,) = config.load(ROOT / "deploy/pratique.toml").milter
    folder = milter.socket.removeprefix("unix:").rpartition("/")[0]
    (line,) = [
        line
        for line in (ROOT / "deploy/pratique.tmpfiles").read_text().splitlines()
        if not line.startswith("#")
    ]
    assert line.split()[:5] == ["d", folder, "2750", "pratique", "postfix"]
    assert f"ReadWritePaths=-{folder}\n" in (ROOT / "deploy/pratique.service").read_text()
