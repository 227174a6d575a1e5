"""What an admin may set for engines and for the time that a message may take."""

import pytest
from pydantic import ValidationError

from pratique.milter.sections.engines import ClamavSection, split_socket


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("unix:/run/clamav/clamd.ctl", "/run/clamav/clamd.ctl"),
        ("unix:/" + "a" * 106, "/" + "a" * 106),
        ("inet:127.0.0.1:3310", ("127.0.0.1", 3310)),
        ("inet:[::1]:3310", ("::1", 3310)),
        ("inet:clamd:3310", ("clamd", 3310)),
    ],
)
def test_a_socket_is_a_path_or_a_host_and_a_port(written, meant):
    assert split_socket(ClamavSection(socket=written, send="stream").socket) == meant


@pytest.mark.parametrize(
    "written",
    ["unix:clamd.ctl", "unix:/" + "a" * 107, "inet:3310", "inet:clamd", "inet:clamd:x",
     "inet::3310", "inet:clamd:65536", "tcp:clamd:3310", ""],
)  # fmt: skip
def test_what_is_no_socket_is_refused(written):
    with pytest.raises(ValidationError, match=r"socket|107 octets|no address"):
        ClamavSection(socket=written)


def test_without_a_socket_nobody_is_asked():
    assert ClamavSection().socket is None
