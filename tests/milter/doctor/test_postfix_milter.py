"""Postfix's settings for milters: right ones are silent or ok, and each wrong one is told."""

import pytest

from pratique.milter.doctor.line import ok
from pratique.milter.doctor.postfix import postfix
from pratique.milter.doctor.postfix_conf import read
from pratique.milter.doctor.postfix_milter import milters

pytestmark = pytest.mark.real("postfix")

GOOD = "smtpd_milters = unix:pratique/m.sock\nmilter_content_timeout = 100s\n"
LOCAL = "non_smtpd_milters = unix:pratique/local.sock\n"


@pytest.fixture
def told(postfix_in, case):
    """What is said of a main.cf, with a milter of ours in the queue folder."""

    async def told(main, *, master="", chroot="n", socket="{folder}/spool/pratique/m.sock"):
        folder = postfix_in(main, master, chroot)
        where = socket.format(folder=folder)
        found = await read(folder / "etc")
        two = f'[[milter]]\nname = "local"\nreply = "queue"\nsocket = "unix:{folder}/spool/pratique'
        settings = f'[[milter]]\nreply = "sender"\nsocket = "unix:{where}"\n{two}/local.sock"'
        return list(milters(found, case(settings).settings))

    return told


@pytest.mark.parametrize("chroot", ["n", "y"])
async def test_as_the_docs_say_all_is_well(told, states, chroot):
    lines = await told(GOOD + LOCAL + "message_size_limit = 52428800", chroot=chroot)
    assert states(lines) == ["ok"]
    assert ok("milter_content_timeout = 100s, and deadline.seconds is 60") in lines
    assert any("smtpd_milters names the milter milter" in line.what for line in lines)
    assert any("non_smtpd_milters names the milter local" in line.what for line in lines)


@pytest.mark.parametrize(
    ("main", "state", "what", "do"),
    [
        ("milter_default_action = accept", "wrong", "nobody looked at", "tempfail"),
        ("milter_default_action = reject", "wrong", "refused for good", "tempfail"),
        ("milter_default_action = quarantine", "ok", "nothing passes", ""),
        ("milter_content_timeout = 60s", "wrong", "gives up before the verdict", "70s"),
        ("milter_content_timeout = 1m", "wrong", "gives up before the verdict", "70s"),
        ("milter_content_timeout = 65s", "warning", "that is close", "70s"),
        ("milter_content_timeout = 70s", "ok", "= 70s", ""),
        ("milter_command_timeout = 1s", "warning", "milter_command_timeout = 1s", "30s"),
        ("milter_connect_timeout = 2", "warning", "milter_connect_timeout = 2", "30s"),
        ("smtpd_milter_maps = cidr:/x", "not looked at", "which clients", "in a table"),
        ("milter_protocol = 2", "wrong", "milter_protocol = 2", "milter_protocol = 6"),
        ("message_size_limit = 52428801", "warning", "counts as not seen", "52428800"),
        ("message_size_limit = 0", "warning", "counts as not seen", "52428800"),
        ("receive_override_options = no_milters", "wrong", "it asks nobody", "no_milters away"),
    ],
)
async def test_each_setting_is_held_against_ours(told, main, state, what, do):
    lines = await told(GOOD + LOCAL + main)
    found = [one for one in lines if what in one.what]
    assert found, lines
    assert {(one.state, do in one.do) for one in found} == {(state, True)}


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ("default_action=accept", "milter_default_action = accept"),
        ("content_timeout = 5s", "milter_content_timeout = 5s"),
        ("connect_timeout=1s", "milter_connect_timeout = 1s"),
        ("protocol = 3", "milter_protocol = 3"),
    ],
)
async def test_what_one_milter_is_told_in_braces_counts(told, options, what):
    main = f"smtpd_milters = inet:192.0.2.1:1, {{ unix:pratique/m.sock, {options} }}\n{LOCAL}"
    lines = await told(main)
    assert any(what in line.what and line.state != "ok" for line in lines)


async def test_one_that_nobody_asks_is_wrong_and_the_line_for_main_cf_is_given(told):
    lines = await told("")
    first, second = lines
    assert (first.state, first.do) == ("wrong", "main.cf: smtpd_milters = unix:pratique/m.sock")
    assert second.do == "main.cf: non_smtpd_milters = unix:pratique/local.sock"


@pytest.mark.slow
async def test_a_chrooted_smtpd_looks_elsewhere(told, tmp_path):
    main = f"smtpd_milters = unix:{tmp_path}/m.sock\n{LOCAL}"
    (line,) = [
        one
        for one in await told(main, chroot="y", socket=f"{tmp_path}/m.sock")
        if one.state == "wrong"
    ]
    assert "is chrooted, and looks for it at " in line.what
    assert line.what.endswith(f"/spool/{str(tmp_path).lstrip('/')}/m.sock")
    lines = await told(main, chroot="n", socket=f"{tmp_path}/m.sock")
    assert not [one for one in lines if one.state == "wrong"]


async def test_who_hears_the_reply_must_be_who_asks(told):
    swapped = "smtpd_milters = unix:pratique/local.sock\nnon_smtpd_milters = unix:pratique/m.sock"
    lines = await told(swapped)
    assert any("Postfix bounces" in one.what and one.state == "wrong" for one in lines)
    assert any("held instead" in one.what and one.state == "warning" for one in lines)


async def test_mail_that_comes_past_us_is_told(told):
    master = (
        "submission inet n - n - - smtpd -o smtpd_milters=\n"
        "127.0.0.1:10026 inet n - n - - smtpd -o smtpd_milters=\n"
    )
    lines = await told(GOOD, master=master)
    told_of = [one.what for one in lines if one.state == "warning"]
    assert any("the service submission" in one for one in told_of)
    assert any("this host's own programs" in one for one in told_of)
    assert not any("10026" in one for one in told_of)


async def test_by_tcp_is_slow_and_on_another_host_not_known(postfix_in, case, said):
    ours = '[[milter]]\nreply = "sender"\nsocket = "inet:127.0.0.1:8891"'
    folder = postfix_in("smtpd_milters = inet:localhost:8891")
    lines = await said(postfix, case(ours, postfix=folder / "etc"))
    assert any("a hundred times slower" in line.what for line in lines)
    folder = postfix_in()
    lines = await said(postfix, case(ours, postfix=folder / "etc"))
    (line,) = [one for one in lines if one.state != "ok"]
    assert (line.state, line.do) == (
        "not looked at",
        "it may be asked by a Postfix on another host",
    )


async def test_what_several_services_share_is_said_once(told):
    master = "submission inet n - n - - smtpd\nsmtps inet n - n - - smtpd\n"
    lines = await told(GOOD + LOCAL + "milter_default_action = accept", master=master)
    assert len([one for one in lines if "accept" in one.what]) == 1
    assert len(set(lines)) == len(lines)
