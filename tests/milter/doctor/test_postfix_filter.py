"""Postfix's settings for content filters: as the docs have them all is well, each other is told."""

import pytest

from pratique.milter.doctor.postfix_conf import read
from pratique.milter.doctor.postfix_filter import filters

pytestmark = pytest.mark.real("postfix")

PROXY = "smtpd_proxy_filter = 127.0.0.1:10025\nmessage_size_limit = 52428800\n"
BEFORE = '[[listener]]\nreply = "sender"\nxforward_from = ["127.0.0.1"]\n'
QUEUE = (
    "content_filter = scan:[127.0.0.1]:10025\nreceive_override_options = no_address_mappings\n"
    "scan_destination_recipient_limit = 1000\n"
)
AFTER = (
    '[[listener]]\nreply = "queue"\nxforward_from = ["127.0.0.1"]\nrelay_from = ["127.0.0.0/8"]\n'
)
SCAN = (
    "scan unix - - n - 2 smtp -o smtp_send_xforward_command=yes\n"
    "    -o disable_mime_output_conversion=yes\n"
)


@pytest.fixture
def told(postfix_in, case):
    async def told(main, ours, master=""):
        found = await read(postfix_in(main, master) / "etc")
        return list(filters(found, case(ours).settings))

    return told


async def test_before_the_queue_as_the_docs_say_all_is_well(told, states):
    lines = await told(PROXY, BEFORE)
    assert states(lines) == ["ok"]
    assert len(lines) == 2


async def test_after_the_queue_as_the_docs_say_all_is_well(told, states):
    lines = await told(QUEUE, AFTER, SCAN)
    assert states(lines) == ["ok"]
    assert lines[0].what == "content_filter names the listener smtp, 127.0.0.1:10025"


@pytest.mark.parametrize(
    ("main", "ours", "state", "what"),
    [
        ("smtpd_proxy_timeout = 60s", BEFORE, "wrong", "gives up before the verdict"),
        ("smtpd_proxy_timeout = 61s", BEFORE, "warning", "that is close"),
        ("smtpd_proxy_timeout = 70s", BEFORE, "ok", "smtpd_proxy_timeout = 70s"),
        ("smtpd_recipient_limit = 1001", BEFORE, "warning", "the others hear 452"),
        ("message_size_limit = 0", BEFORE, "warning", "refuses what is larger"),
        ("", BEFORE.replace("sender", "queue"), "warning", "held instead"),
        ("", BEFORE.replace("127.0.0.1", "192.0.2.1"), "warning", "believes no XFORWARD"),
    ],
)
async def test_before_the_queue_each_setting_is_held_against_ours(told, main, ours, state, what):
    (line,) = [one for one in await told(PROXY + main, ours) if what in one.what]
    assert line.state == state


@pytest.mark.parametrize(
    ("written", "state", "what"),
    [
        (("", AFTER.replace("queue", "sender"), SCAN), "wrong", "Postfix bounces"),
        (("", f'{AFTER}protocol = "lmtp"\n', SCAN), "wrong", "speaks smtp"),
        (("", AFTER.replace("127.0.0.0/8", "192.0.2.0/24"), SCAN), "wrong", "takes no mail"),
        (("", AFTER.replace('["127.0.0.1"]', "[]"), SCAN), "warning", "believes no XFORWARD"),
        (("", AFTER, SCAN.replace("command=yes", "command=no")), "warning", "who the client is"),
        (("", AFTER, SCAN.replace("conversion=yes", "conversion=no")), "warning", "signatures"),
        (("", AFTER, SCAN.replace("- 2 ", "- 3 ")), "warning", "3 messages at a time"),
        (("", AFTER, SCAN.replace("- 2 ", "- 0 ")), "warning", "any number of messages"),
        (("scan_destination_recipient_limit = 50", AFTER, SCAN), "warning", "than 50 recipients"),
        (("smtp_data_done_timeout = 30", AFTER, SCAN), "wrong", "smtp_data_done_timeout = 30"),
        (("receive_override_options =", AFTER, SCAN), "warning", "looked up twice"),
        (("soft_bounce = yes", AFTER, SCAN), "warning", "soft_bounce"),
    ],
)
async def test_after_the_queue_each_setting_is_held_against_ours(told, written, state, what):
    main, ours, master = written
    lines = await told(QUEUE + main, ours, master)
    found = [one for one in lines if what in one.what]
    assert found, lines
    assert {one.state for one in found} == {state}
    assert all(one.do for one in found)


async def test_lmtp_over_a_unix_socket_is_found_too(told, tmp_path):
    socket = tmp_path / "in"
    ours = AFTER + f'protocol = "lmtp"\naddress = "unix:{socket}"\n'
    main = QUEUE.replace("scan:[127.0.0.1]:10025", f"lmtp:unix:{socket}")
    lines = await told(main, ours, "lmtp unix - - n - 2 lmtp -o lmtp_send_xforward_command=yes\n")
    assert lines[0].what == f"content_filter names the listener smtp, unix:{socket}"
    assert not [one for one in lines if one.state == "wrong"]


@pytest.mark.slow
async def test_a_filter_of_somebody_else_is_none_of_ours(told):
    assert await told(PROXY.replace("10025", "10024"), BEFORE) == []
    assert await told(QUEUE.replace("10025", "10024"), AFTER, SCAN) == []
    assert await told(QUEUE, AFTER) == []
