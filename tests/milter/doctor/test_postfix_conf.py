"""What Postfix goes by is read as the real postconf says it."""

import os

import pytest

from pratique.milter.doctor.postfix_conf import (
    NoPostfix,
    Service,
    covers,
    read,
    seconds_of,
    words_of,
)

MAIN = "our_socket = unix:a\nsmtpd_milters = { $our_socket, default_action=accept }, inet:b:1\n"
MASTER = """
127.0.0.1:10026 inet n - - - - smtpd
    -o smtpd_milters=
    -o { smtpd_recipient_restrictions = permit_mynetworks, reject }
    -o content_filter=$our_socket
scan unix - - n - 2 smtp -o smtp_send_xforward_command=yes
"""


@pytest.mark.real("postfix")
async def test_settings_services_and_their_own_settings(postfix_in):
    folder = postfix_in(MAIN, MASTER, chroot="y")
    found = await read(folder / "etc")
    assert found.queue == folder / "spool"
    assert found.main["milter_default_action"] == "tempfail"
    front, behind = found.running("smtpd")
    assert (front.name, front.is_chrooted, front.most) == ("smtp", True, 100)
    assert (behind.address, behind.is_chrooted) == (("127.0.0.1", 10026), False)
    assert found.of(front, "smtpd_milters") == "{ unix:a, default_action=accept }, inet:b:1"
    assert found.of(behind, "smtpd_milters") == ""
    assert found.of(behind, "content_filter") == "unix:a"
    assert found.of(behind, "smtpd_recipient_restrictions") == "permit_mynetworks, reject"
    assert found.of(None, "content_filter") == ""
    scan = found.service("scan")
    assert (scan.most, scan.program, found.of(scan, "smtp_send_xforward_command")) == (
        2,
        "smtp",
        "yes",
    )
    assert found.service("smtp") is None


@pytest.mark.real("postfix")
async def test_before_compatibility_level_1_a_dash_is_chrooted(postfix_in):
    folder = postfix_in("", MASTER)
    main = folder / "etc/main.cf"
    main.write_text(main.read_text().replace("_level = 3.6", "_level = 0"))
    os.utime(main, (1_000_000_000, 1_000_000_000))
    _, behind = (await read(folder / "etc")).running("smtpd")
    assert behind.is_chrooted


@pytest.mark.slow
@pytest.mark.real("postfix")
async def test_a_folder_without_postfix_is_told_in_its_words(tmp_path):
    with pytest.raises(NoPostfix, match=r"main\.cf"):
        await read(tmp_path)


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("smtp", ("", 25)),
        ("10026", ("", 10026)),
        ("127.0.0.1:smtp", ("127.0.0.1", 25)),
        ("[::1]:10026", ("::1", 10026)),
        ("nothing-that-is-known", None),
    ],
)
def test_where_a_service_listens(name, address):
    assert Service(name, "inet", False, 0, "smtpd").address == address
    assert Service(name, "unix", False, 0, "smtpd").address is None


def test_lists_and_durations_are_read_as_postfix_reads_them():
    assert words_of("a, b  c,{ d, e = f }") == ["a", "b", "c", "{ d, e = f }"]
    assert words_of("") == []
    assert [seconds_of(one) for one in ("30", "30s", "5m", "2h", "1d", "1w")] == [
        *(30, 30, 300, 7200),
        *(86400, 604800),
    ]
    with pytest.raises(ValueError, match="could not convert"):
        seconds_of("soon")


def test_which_networks_have_an_address():
    assert covers("127.0.0.0/8 [::1]/128", "127.0.0.1")
    assert covers("127.0.0.0/8, [::1]/128", "::1")
    assert not covers("10.0.0.0/8 192.0.2.1", "127.0.0.1")
    assert not covers("", "127.0.0.1")
    # What is in a table nobody here knows.
    assert covers("10.0.0.0/8 hash:/etc/postfix/networks", "127.0.0.1")
