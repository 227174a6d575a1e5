"""The socket of clamd and its clamd.conf: a real one, and what may be wrong with each."""

import socket

import pytest

from pratique.milter.doctor.access import User
from pratique.milter.doctor.clamd import clamd as looked_at
from pratique.milter.doctor.clamd import octets, read

GOOD = "LocalSocket {socket}\nAlertExceedsMax yes\nMaxFileSize 100M\nMaxScanSize 400M\n"


@pytest.fixture
def listening(tmp_path):
    """A socket that is clamd's for all that is looked at here."""
    path = tmp_path / "clamd.ctl"
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind(str(path))
        path.chmod(0o660)
        yield path


@pytest.fixture
def told(case, listening, tmp_path):
    def told(conf=GOOD, section="", **besides):
        (tmp_path / "clamd.conf").write_text(conf.format(socket=listening))
        text = f'[clamav]\nsocket = "unix:{listening}"\n{section}\n'
        return list(looked_at(case(text, **besides)))

    return told


@pytest.mark.slow
@pytest.mark.real("clamd")
def test_a_real_clamd_with_the_usual_limits(case, clamd, states):
    text = f'[clamav]\nsocket = "unix:{clamd.socket}"\n'
    lines = list(looked_at(case(text, clamd_conf=clamd.folder / "clamd.conf")))
    assert states(lines) == ["ok"]
    assert lines[-1].what == "clamd's limits lie above our max_size"


def test_as_the_docs_say_all_is_well(told, states):
    assert states(told()) == ["ok"]


@pytest.mark.parametrize(
    ("conf", "section", "state", "what"),
    [
        ("AlertExceedsMax no", "", "warning", "large messages and those with programs are held"),
        ("AlertExceedsMax no", 'limits = "told"', "warning", "each message is held"),
        ("AlertExceedsMax no", 'limits = "silent"', "warning", "passes for clean"),
        ("MaxFileSize 25M", "", "warning", "MaxFileSize 25M"),
        ("MaxScanSize 49M", "", "warning", "MaxScanSize 49M"),
        ("MaxFileSize 50M", "", "ok", "lie above"),
        ("MaxFileSize 0", "", "ok", "lie above"),
        ("StreamMaxLength 10M", "", "ok", "lie above"),
        ("StreamMaxLength 10M", 'send = "stream"', "warning", "StreamMaxLength 10M"),
        ("ScanArchive no", "", "wrong", "leaves out what it could open: ScanArchive"),
        ("MaxThreads 9", "", "warning", "10 questions at a time"),
        ("MaxThreads 9", "connections = 9", "ok", "may ask clamd"),
    ],
)
def test_each_of_its_limits_is_held_against_ours(told, conf, section, state, what):
    lines = told(f"{GOOD}{conf}\n", section)
    (line,) = [one for one in lines if what in one.what]
    assert (line.state, bool(line.do)) == (state, state != "ok")


def test_the_file_of_another_clamd_says_nothing_of_ours(told, tmp_path, case, listening):
    lines = told("LocalSocket /run/another\nMaxFileSize 1M\n")
    assert [line.state for line in lines] == ["ok", "not looked at"]
    none = case(f'[clamav]\nsocket = "unix:{listening}"\n', clamd_conf=tmp_path / "none")
    assert [line.state for line in looked_at(none)] == ["ok", "not looked at"]


def test_who_may_reach_its_socket(told, listening):
    listening.chmod(0o666)
    assert "SHUTDOWN" in told()[0].what
    listening.chmod(0o600)
    somebody = User("somebody", 64001, frozenset())
    first = told(user=somebody)[0]
    assert (first.state, "the service cannot ask clamd: somebody may not" in first.what) == (
        "wrong",
        True,
    )
    assert "LocalSocketGroup" in first.do


def test_what_is_no_socket_is_wrong_and_what_is_not_there_is_told_of_the_engine(case, tmp_path):
    (tmp_path / "file").touch()
    lines = list(looked_at(case(f'[clamav]\nsocket = "unix:{tmp_path}/file"\n')))
    assert [line.state for line in lines] == ["wrong", "not looked at"]
    lines = list(looked_at(case(f'[clamav]\nsocket = "unix:{tmp_path}/none"\n')))
    assert [line.state for line in lines] == ["not looked at"]
    assert list(looked_at(case())) == []


def test_by_tcp_its_file_is_known_by_its_port(case, tmp_path):
    (tmp_path / "clamd.conf").write_text(
        "TCPSocket 3310\nAlertExceedsMax yes\nStreamMaxLength 1M\n"
    )
    lines = list(looked_at(case('[clamav]\nsocket = "inet:127.0.0.1:3310"\nsend = "stream"')))
    assert [line.state for line in lines] == ["ok", "warning"]


def test_sizes_and_lines_are_read_as_clamd_reads_them():
    assert [octets(one) for one in ("0", "100", "1K", "2m", "1G")] == [
        *(0, 100, 1024),
        *(2 << 20, 1 << 30),
    ]
    with pytest.raises(ValueError, match="no size"):
        octets("much")
    text = '# a 1\nLocalSocket "/run/a"\nFoo\n\nMaxFileSize 1M\nMaxFileSize 2M\n'
    assert read(text) == {"LocalSocket": "/run/a", "MaxFileSize": "2M"}
