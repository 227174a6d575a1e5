"""An ICAP server is asked, believed where it answers, and blamed in words where it does not."""

import asyncio
import ssl

import pytest

from pratique.milter.engines.icap import GIVEN_BACK, SKIPPED, _split
from pratique.milter.engines.icap_says import BLOCKED, CHANGED

MAIL = b"words of a mail\r\n" * 10
HEAD = b"HTTP/1.1 200 OK\r\n\r\n"
PAGE = b"HTTP/1.1 403 Forbidden\r\n\r\n"


def answer(body=None, http=HEAD, fields=b"", after=b""):
    """200, with a head and a body in one chunk; without one: null-body."""
    name = b"null-body" if body is None else b"res-body"
    places = b"Encapsulated: res-hdr=0, %s=%d\r\n" % (name, len(http))
    chunks = b"" if body is None else b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    return b"ICAP/1.0 200 OK\r\n" + fields + places + b"\r\n" + http + chunks + after


def found(name=b"Worm"):
    return answer(b"<p>no", PAGE, b"X-Infection-Found: Type=0; Resolution=2; Threat=%s;\r\n" % name)


async def test_204_is_nothing_found(fake_icap, icap, look):
    said = await look(icap(), MAIL)
    assert (said.findings, said.limits, said.failure) == ((), (), "")
    assert fake_icap.bodies == [MAIL]
    assert "Allow: 204\r\n" in fake_icap.asked[0]
    assert "Preview" not in fake_icap.asked[0]


async def test_what_it_names_is_a_finding_with_its_state(fake_icap, icap, look):
    fake_icap.default = [found()]
    (finding,) = (await look(icap(), MAIL)).findings
    assert (finding.name, finding.severity, finding.note) == ("Worm", "malicious", "blocked")
    assert (finding.engine_version, finding.database_version) == ("Fake 1.0", "db-1")
    (finding,) = (await look(icap(severity="suspicious"), MAIL)).findings
    assert finding.severity == "suspicious"


async def test_a_page_instead_of_the_content_is_a_finding(fake_icap, icap, look):
    fake_icap.default = [answer(b"<p>no", PAGE)]
    (finding,) = (await look(icap(), MAIL)).findings
    assert (finding.name, finding.severity) == (BLOCKED, "suspicious")


@pytest.mark.parametrize("body", [b"<p>blocked, politely", MAIL[:-1], MAIL + b"x", b"", None])
async def test_other_octets_are_a_finding_without_a_word_in_a_head(fake_icap, icap, look, body):
    fake_icap.default = [answer(body)]
    (finding,) = (await look(icap(passed="clean"), MAIL)).findings
    assert (finding.name, finding.severity) == (CHANGED, "suspicious")


async def test_the_same_octets_where_204_was_allowed_may_not_have_been_looked_at(
    fake_icap, icap, look
):
    fake_icap.default = [answer(MAIL)]
    assert (await look(icap(), MAIL)).limits == (GIVEN_BACK,)
    assert (await look(icap(passed="clean"), MAIL)).limits == ()


async def test_the_same_octets_are_nothing_found_where_it_may_not_say_204(fake_icap, icap, look):
    del fake_icap.options["Allow"]
    fake_icap.default = [answer(MAIL)]
    said = await look(icap(), MAIL)
    assert (said.findings, said.limits, said.failure) == ((), (), "")
    assert "Allow" not in fake_icap.asked[0]


@pytest.mark.parametrize("size", [0, 3, 4, 5, 4096])
async def test_a_preview_is_so_many_octets(fake_icap, icap, look, size):
    fake_icap.options["Preview"] = str(size)
    octets, all_of_it = b"mail", size >= 4
    fake_icap.default = [fake_icap.CLEAN]
    said = await look(icap(), octets)
    assert (said.failure, fake_icap.bodies) == ("", [octets[:size]])
    # Who needs no more than that has not looked at the rest.
    assert said.limits == (() if all_of_it else (SKIPPED,))
    assert (await look(icap(passed="clean"), octets)).limits == ()
    if not all_of_it:
        fake_icap.default = [fake_icap.CONTINUE, fake_icap.REST, fake_icap.CLEAN]
        said = await look(icap(), octets)
        assert (said.failure, said.limits) == ("", ())
        assert fake_icap.bodies[-1] == octets


async def test_a_preview_that_is_asked_for_without_end_has_one(fake_icap, icap, look):
    fake_icap.options["Preview"] = "99999999"
    assert (await look(icap(), bytes(70_000))).failure == ""
    assert len(fake_icap.bodies[0]) == 65536


@pytest.mark.slow
async def test_a_large_content_goes_in_pieces(fake_icap, icap, look):
    octets = bytes(range(256)) * 20_000
    assert (await look(icap(), octets)).failure == ""
    assert fake_icap.bodies == [octets]


CONTINUE, CLEAN = b"ICAP/1.0 100 Continue\r\n\r\n", b"ICAP/1.0 204 No Content\r\n\r\n"


@pytest.mark.parametrize(
    ("options", "steps"),
    [
        # 204 that nobody allowed: without a preview, and behind one.
        ({"Allow": ""}, [CLEAN]),
        ({"Allow": "", "Preview": "4"}, [CONTINUE, "rest", CLEAN]),
        # 100 Continue: without a preview, behind one that was all, and twice.
        ({}, [CONTINUE, CLEAN]),
        ({"Preview": "4000"}, [CONTINUE, CLEAN]),
        ({"Preview": "4"}, [CONTINUE, "rest", CONTINUE, CLEAN]),
        # Chunks: no size, another size, one that is too large, no end.
        ({}, [answer(MAIL).replace(b"aa\r\n", b"xy\r\n", 1)]),
        ({}, [answer(MAIL).replace(b"aa\r\n", b"a9\r\n", 1)]),
        ({}, [answer(MAIL).replace(b"aa\r\n", b"fffffffff\r\n", 1)]),
        ({}, [answer(MAIL).replace(b"aa\r\n", b"-aa\r\n", 1)]),
        ({}, [answer(MAIL)[:-5], "close"]),
        ({}, [answer(MAIL)[:-20], "close"]),
        # Heads: endless, of another protocol, with a control character, none, twice.
        ({}, [b"ICAP/1.0 200 OK\r\nX: " + b"a" * 65536]),
        ({}, [b"ICAP/1.0 200 OK\r\n" + b"X: a\r\n" * 201 + b"\r\n"]),
        ({}, [b"HTTP/1.1 204 No Content\r\n\r\n"]),
        ({}, [b"ICAP/1.0 204 No\x00Content\r\n\r\n"]),
        ({}, [b"nonsense\r\n\r\n"]),
        ({}, [b"ICAP/1.0 204 No", "close"]),
        ({}, [CLEAN + b"ICAP/1.0 200 OK\r\n\r\n"]),
        # Where the body begins.
        ({}, [answer(MAIL).replace(b"res-body=19", b"res-body=18")]),
        ({}, [answer(MAIL).replace(b"res-body=19", b"res-body=99999999")]),
        ({}, [answer(MAIL).replace(b"res-body", b"req-body")]),
        ({}, [answer(MAIL).replace(b"res-hdr=0", b"res-hdr=1")]),
        ({}, [answer(MAIL).replace(b"=19", b"=-1")]),
        # It says that it failed.
        ({}, [b"ICAP/1.0 500 Server error\r\n\r\n"]),
        ({}, [b"ICAP/1.0 206 Partial\r\n\r\n"]),
        ({}, [b"ICAP/1.0 405 No\r\nEncapsulated: null-body=0\r\n\r\n"]),
    ],
)  # fmt: skip
async def test_a_lie_is_a_failure(fake_icap, icap, look, options, steps):
    fake_icap.options |= options
    fake_icap.options = {name: value for name, value in fake_icap.options.items() if value}
    fake_icap.default = steps
    said = await look(icap(passed="clean"), MAIL)
    assert (said.failure, said.findings, said.limits) == ("engine", (), ())
    assert 0 < len(said.detail) <= 300


async def test_an_endless_body_ends_where_it_differs(fake_icap, icap, look):
    chunk = b"ffff\r\n" + bytes(65535) + b"\r\n"
    fake_icap.default = [answer(b"")[:-10], *[chunk] * 1000, fake_icap.HOLD]
    said = await look(icap(), MAIL)
    assert [one.name for one in said.findings] == [CHANGED]


async def test_of_what_is_found_the_rest_is_not_waited_for(fake_icap, icap, look):
    fake_icap.default = [found()[:-10], fake_icap.HOLD]
    assert [one.name for one in (await look(icap(), MAIL)).findings] == ["Worm"]
    fake_icap.default = [found()[:-5] + b"nonsense\r\n", fake_icap.HOLD]
    assert [one.name for one in (await look(icap(), MAIL)).findings] == ["Worm"]


async def test_an_answer_that_comes_before_all_was_sent_is_an_answer(fake_icap, icap, look):
    class Early(type(fake_icap)):
        async def _body(self, reader):
            return await reader.read(100)

    fake_icap.__class__ = Early
    fake_icap.default = [found(), fake_icap.HOLD]
    said = await look(icap(), bytes(20_000_000))
    assert [one.name for one in said.findings] == ["Worm"]


async def test_a_connection_is_kept_for_the_next_question(fake_icap, icap, look):
    engine = icap()
    for _ in range(5):
        assert (await look(engine, MAIL)).failure == ""
    # One for OPTIONS.
    assert fake_icap.connections == 2
    assert len(fake_icap.asked) == 5


@pytest.mark.parametrize("says_so", [True, False])
async def test_a_server_that_keeps_none_is_asked_on_another(fake_icap, icap, look, says_so):
    fields = b"Connection: close\r\n" if says_so else b""
    fake_icap.default = [
        b"ICAP/1.0 204 No Content\r\n" + fields + b"\r\n",
        fake_icap.HOLD if says_so else fake_icap.CLOSE,
    ]
    engine = icap()
    for _ in range(3):
        assert (await look(engine, MAIL)).failure == ""
    assert fake_icap.connections == 4


async def test_who_closes_unanswered_is_asked_once_more(fake_icap, icap, look):
    fake_icap.steps = [[fake_icap.CLOSE], [found()]]
    assert (await look(icap(), MAIL)).findings[0].name == "Worm"


async def test_also_where_it_closes_in_midst_of_the_question(fake_icap, icap, look):
    fake_icap.options["Preview"] = "4"
    fake_icap.steps = [[fake_icap.CONTINUE, fake_icap.CLOSE], [found()]]
    assert (await look(icap(), MAIL)).findings[0].name == "Worm"


async def test_and_the_second_time_the_message_is_to_blame(fake_icap, icap, look):
    engine = icap()
    fake_icap.steps = [[fake_icap.CLOSE], [fake_icap.CLOSE]]
    assert (await look(engine, MAIL)).failure == "engine"
    assert (await look(engine, MAIL)).failure == ""


async def test_nobody_there_is_away_until_somebody_is(fake_icap, icap, look):
    engine = icap()
    await fake_icap.stop()
    said = await look(engine)
    assert (said.failure, "nobody at 127.0.0.1" in said.detail) == ("engine_away", True)
    await fake_icap.start()
    assert (await look(engine)).failure == ""


async def test_one_that_restarts_between_two_messages_is_asked_anew(fake_icap, icap, look):
    engine = icap()
    await look(engine)
    await fake_icap.stop()
    assert (await look(engine)).failure == "engine_away"
    fake_icap.options["ISTag"] = '"db-2"'
    await fake_icap.start()
    fake_icap.default = [found()]
    (finding,) = (await look(engine)).findings
    assert finding.database_version == "db-2"


@pytest.mark.parametrize("status", ["404 Service not found", "500 No"])
async def test_a_service_that_tells_no_options_is_away(fake_icap, icap, look, status):
    fake_icap.status = status
    said = await look(icap())
    assert (said.failure, status in said.detail) == ("engine_away", True)


@pytest.mark.parametrize(
    "options",
    [{"Methods": "REQMOD"}, {"Preview": "-1"}, {"Preview": "many"}, {"Max-Connections": "x"}],
)
async def test_options_that_are_none_are_away(fake_icap, icap, look, options):
    fake_icap.options |= options
    assert (await look(icap())).failure == "engine_away"


async def test_one_that_is_slow_over_a_message_failed_on_it(fake_icap, icap, look):
    engine = icap(seconds=0.05)
    await look(engine)
    fake_icap.default = [fake_icap.HOLD]
    said = await look(engine)
    assert (said.failure, said.detail) == ("engine", "no answer within 0.05 s")


async def test_one_that_drips_its_answer_is_slow_as_well(fake_icap, icap, look):
    fake_icap.default = [bytes([octet]) for octet in answer(MAIL)[:-3]] + [fake_icap.HOLD]
    assert (await look(icap(seconds=0.2), MAIL)).detail == "no answer within 0.2 s"


async def test_one_that_would_pass_the_deadline_is_left_out(fake_icap, icap, look):
    fake_icap.default = [fake_icap.HOLD]
    engine = icap()
    assert (await look(engine, seconds=0.05)).failure == "engine_late"
    assert (await look(engine, seconds=-1)).failure == "engine_late"


async def test_no_more_is_asked_at_one_time_than_the_server_takes(fake_icap, icap, look, soon):
    fake_icap.options["Max-Connections"] = "2"
    engine = icap(connections=5)
    await look(engine)
    fake_icap.gate = asyncio.Event()
    looks = [asyncio.create_task(look(engine)) for _ in range(6)]
    await soon(lambda: fake_icap.open == 2)
    assert (await look(engine, seconds=0.05)).failure == "engine_late"
    fake_icap.gate.set()
    assert [said.failure for said in await asyncio.gather(*looks)] == [""] * 6
    assert fake_icap.most == 2


async def test_a_part_that_comes_again_is_not_asked_about_until_the_state_is_another(
    fake_icap, icap, look
):
    engine = icap()
    for _ in range(3):
        await look(engine, MAIL, sha256="a")
    assert len(fake_icap.asked) == 1
    fake_icap.options["ISTag"] = '"db-2"'
    fake_icap.default = [found().replace(b"OK\r\n", b'OK\r\nISTag: "db-2"\r\n', 1)]
    # Another part shows that it is.
    await look(engine, MAIL, sha256="b")
    (finding,) = (await look(engine, MAIL, sha256="a")).findings
    assert finding.database_version == "db-2"


async def test_what_it_is_not_shown_for_its_size_is_a_limit(fake_icap, icap, look):
    engine = icap(max_size=4)
    assert (await look(engine, b"mail")).limits == ()
    assert (await look(engine, b"mails")).limits == ("not shown: more than max_size = 4 octets",)
    assert len(fake_icap.asked) == 1


async def test_the_start_says_what_answers(fake_icap, icap):
    said = await icap().start()
    assert said == f"av: Fake 1.0 (db-1) at {fake_icap.url}"
    fake_icap.default = [found()]
    assert "which says of harmless octets: Worm" in await icap().start()
    await fake_icap.stop()
    assert "av: not there yet: nobody at" in await icap().start()


async def test_a_question_that_is_dropped_leaves_no_connection_in_use(
    fake_icap, icap, look, soon, content
):
    engine = icap(connections=1)
    fake_icap.steps = [[fake_icap.HOLD]]
    question = engine.ask(content, "", asyncio.get_running_loop().time() + 10)
    await soon(lambda: fake_icap.asked)
    await question.drop()
    assert (await look(engine)).failure == ""


async def test_an_ipv6_address_stands_in_brackets(fake_icap, icap, look):
    """RFC 3986 3.2.2, in what is asked for and in each `Host`."""
    await fake_icap.stop()
    fake_icap.host, fake_icap.port = "::1", 0
    try:
        await fake_icap.start()
    except OSError as error:
        pytest.skip(f"no IPv6 on this host: {error}")
    assert (await look(icap(), MAIL)).failure == ""
    for head in fake_icap.heads:
        rest = head.partition(" ")[2]
        assert rest.startswith(f"icap://[::1]:{fake_icap.port}/scan ICAP/1.0\r\n")
        assert f"\r\nHost: [::1]:{fake_icap.port}\r\n" in rest


@pytest.mark.parametrize(
    ("url", "host", "port", "tls"),
    [
        ("icap://scan.example/av", "scan.example", 1344, False),
        ("icap://[::1]:13/av", "::1", 13, False),
        ("icaps://scan.example/av?x=1", "scan.example", 11344, True),
    ],
)
def test_an_address_is_a_place(url, host, port, tls):
    asked, place = _split(url)
    assert asked.geturl() == url.replace("icaps:", "icap:")
    assert (place.host, place.port, place.tls is not None) == (host, port, tls)


@pytest.mark.real("openssl")
@pytest.mark.slow
async def test_over_tls_only_where_the_certificate_is_trusted(
    fake_icap, icap, look, certificate, monkeypatch
):
    await fake_icap.stop()
    fake_icap.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    fake_icap.tls.load_cert_chain(*certificate)
    await fake_icap.start()
    url = fake_icap.url.replace("icap://127.0.0.1", "icaps://localhost")
    assert (await look(icap(url=url), MAIL)).failure == "engine_away"
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    engine, octets = icap(url=url), bytes(range(256)) * 2000
    for _ in range(2):
        assert (await look(engine, octets)).failure == ""
    assert fake_icap.bodies == [octets] * 2
