"""The smtpd that takes mail back: it must refuse nothing, and not show it to us again."""

import pytest

from pratique.milter.doctor.postfix_behind import behind
from pratique.milter.doctor.postfix_conf import read

pytestmark = pytest.mark.real("postfix")

HOP = '[next_hop]\nkind = "smtp"\naddress = "127.0.0.1:10026"\n'
RELEASE = '[release]\nnext_hop = "127.0.0.1:10026"\n'
PROXY = '[[listener]]\nreply = "sender"\n' + HOP
QUEUE = '[[listener]]\nreply = "queue"\n' + HOP
MILTER = '[[milter]]\nreply = "sender"\nsocket = "inet:127.0.0.1:8891"\n' + RELEASE
UNCHECKED = "no_unknown_recipient_checks,no_header_body_checks,no_milters"
BACK = (
    "127.0.0.1:10026 inet n - n - - smtpd -o smtpd_proxy_filter= -o content_filter=\n"
    "    -o smtpd_milters= -o mynetworks=127.0.0.0/8\n"
    f"    -o smtpd_authorized_xforward_hosts=127.0.0.0/8 -o receive_override_options={UNCHECKED}\n"
)
SCAN = "scan unix - - n - 2 smtp\n"
BEFORE = "smtpd_proxy_filter = 127.0.0.1:10025\n"
AFTER = (
    "content_filter = scan:127.0.0.1:10025\nreceive_override_options = no_address_mappings\n"
    "smtpd_milters = inet:127.0.0.1:1\n"
)


@pytest.fixture
def told(postfix_in, case):
    async def told(main, ours, master):
        found = await read(postfix_in(main, master) / "etc")
        return list(behind(found, case(ours).settings))

    return told


@pytest.mark.parametrize(("main", "ours"), [(BEFORE, PROXY), (AFTER, QUEUE)])
async def test_as_the_docs_say_all_is_well(told, states, main, ours):
    lines = await told(main, ours + RELEASE, BACK + SCAN)
    assert states(lines) == ["ok"]
    assert lines[0].what == "accepted mail goes to the service 127.0.0.1:10026 of Postfix"
    assert "not through us" in lines[-1].what


@pytest.mark.parametrize(
    ("without", "state", "what"),
    [
        (" -o smtpd_proxy_filter=", "wrong", "(smtpd_proxy_filter): mail goes round in circles"),
        ("127.0.0.0/8 -o receive", "warning", "does not believe us who the client is"),
        ("-o mynetworks=127.0.0.0/8", "wrong", "mynetworks"),
    ],
)
async def test_before_the_queue_each_option_that_is_missing_is_told(told, without, state, what):
    master = BACK.replace(without, " -o receive" if "receive" in without else "")
    lines = await told(BEFORE + "mynetworks = 192.0.2.0/24", PROXY, master)
    (line,) = [one for one in lines if what in one.what]
    assert (line.state, bool(line.do)) == (state, True)


@pytest.mark.parametrize(
    ("was", "now", "state", "what"),
    [
        (" -o content_filter=", "", "wrong", "(content_filter): mail goes round in circles"),
        ("no_header_body_checks,", "", "warning", "no_header_body_checks is missing"),
        (UNCHECKED, "no_address_mappings", "wrong", "no alias is looked up anywhere"),
    ],
)
async def test_after_the_queue_each_option_that_is_missing_is_told(told, was, now, state, what):
    lines = await told(AFTER, QUEUE, BACK.replace(was, now) + SCAN)
    (line,) = [one for one in lines if what in one.what]
    assert (line.state, bool(line.do)) == (state, True)


@pytest.mark.slow
async def test_milters_behind_are_told_unless_they_are_off(told):
    master = BACK.replace(" -o smtpd_milters=", "").replace(",no_milters", "")
    (line,) = [one for one in await told(AFTER, QUEUE, master + SCAN) if one.state == "warning"]
    assert "no_milters is missing" in line.what
    assert line.do.endswith("=no_unknown_recipient_checks,no_header_body_checks,no_milters")
    lines = await told(AFTER, QUEUE, BACK.replace(" -o smtpd_milters=", "") + SCAN)
    assert {one.state for one in lines} == {"ok"}


@pytest.mark.parametrize(
    ("here", "state"), [(10239999, "wrong"), (10240000, "ok"), (20000000, "ok"), (0, "ok")]
)
async def test_what_is_taken_in_front_is_taken_behind(told, here, state):
    master = f"{BACK.rstrip()} -o message_size_limit={here}\n"
    lines = await told(BEFORE, PROXY, master)
    found = [one.state for one in lines if "message_size_limit" in one.what]
    assert found == ([state] if state == "wrong" else [])


@pytest.mark.slow
async def test_released_mail_that_comes_back_to_us_is_told(told):
    through = BACK.replace(" -o smtpd_milters=", "").replace(",no_milters", "")
    main = "smtpd_milters = inet:127.0.0.1:8891\n"
    (line,) = await told(main, MILTER, through)
    assert (line.state, "(smtpd_milters)" in line.what) == ("warning", True)
    (line,) = await told(main, MILTER, BACK)
    assert line.state == "ok"


@pytest.mark.slow
async def test_a_next_hop_elsewhere_is_none_of_this_postfix(told):
    ours = PROXY.replace("127.0.0.1:10026", "192.0.2.1:10026")
    assert await told(BEFORE, ours, BACK) == []
    assert await told(BEFORE, PROXY.replace("10026", "10027"), BACK) == []
