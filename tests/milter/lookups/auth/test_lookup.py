"""All of it together, asked of a real name server: who sent this, and never a stall."""

import asyncio
import ipaddress
import logging

import pytest

from pratique.milter.lookups.auth.lookup import (
    Authentication,
    AuthenticationSettings,
    settings_of,
)
from pratique.milter.lookups.auth.trusted import Trust
from pratique.milter.lookups.resolver import Reply, Resolver, ResolverSettings
from pratique.milter.sections.authentication import AuthenticationSection
from pratique.scanners import facts_pb2 as facts

CLIENT = "198.51.100.7"
TRUST = Trust("us.example", frozenset({"front.example"}), (ipaddress.ip_network("192.0.2.0/24"),))


def soon(seconds=5.0):
    return asyncio.get_running_loop().time() + seconds


@pytest.fixture
def seen(keys):
    """A message of ann@a.example, signed by her domain."""
    made = facts.Facts(parts=[facts.Part()], signatures=[keys.sign()])
    made.envelope.received_at.FromSeconds(1_700_000_000)
    made.envelope.reverse_path = "ann@a.example"
    made.envelope.client.ip, made.envelope.client.helo = CLIENT, "mx.a.example"
    made.mail.direction = "inbound"
    made.mail.header.from_.add(address="ann@a.example", domain="a.example")
    return made


@pytest.fixture
def records(keys):
    return {
        "a.example": {"TXT": [f'"v=spf1 ip4:{CLIENT} -all"'], "A": [CLIENT]},
        "s._domainkey.a.example": {"TXT": [f'"{keys.record()[:250]}" "{keys.record()[250:]}"']},
        "_dmarc.a.example": {"TXT": ['"v=DMARC1; p=reject"']},
    }


@pytest.fixture
def served(name_server, records):
    name_server.zone.update(records)
    return name_server


def told(seen):
    return (
        seen.auth.spf,
        [one.result for one in seen.auth.dkim],
        seen.auth.dmarc,
        seen.auth.arc,
        seen.auth.authenticated_as,
        seen.auth.checker,
    )


async def add(resolver, seen, settings=None, until=None):
    await Authentication(settings or AuthenticationSettings(), resolver).add(seen, until or soon())
    return told(seen)


async def test_a_message_of_who_it_says_is_authenticated(resolver, served, seen):
    found = await add(resolver, seen)
    assert found == ("pass", ["pass"], "pass", "none", "ann@a.example", "pratique")
    assert seen.auth.dkim[0].domain == "a.example"


async def test_a_message_of_somebody_else_is_not(resolver, served, seen):
    seen.envelope.client.ip = "203.0.113.1"
    seen.signatures[0].body_ok = False
    assert await add(resolver, seen) == ("fail", ["fail"], "fail", "none", "", "pratique")


async def test_an_admin_who_wonders_reads_why(resolver, served, seen, caplog):
    seen.signatures[0].body_ok = False
    seen.envelope.queue_id = "abc"
    with caplog.at_level(logging.DEBUG, "pratique.lookups"):
        await add(resolver, seen)
    assert "abc: 'a.example': fail: the body was changed" in caplog.messages


async def test_spf_alone_is_no_proof_unless_the_admin_says_so(resolver, served, seen):
    del seen.signatures[:]
    assert (await add(resolver, seen))[2:5] == ("pass", "none", "")
    seen.ClearField("auth")
    by_spf = AuthenticationSettings(spf_authenticates=True)
    assert (await add(resolver, seen, by_spf))[2:5] == ("pass", "none", "ann@a.example")


async def test_all_is_asked_at_the_same_time(served, seen, clock):
    served.gate = asyncio.Event()
    servers = [("127.0.0.1", served.port)]
    resolver = Resolver(ResolverSettings(servers, seconds=20.0, questions=64), clock)
    adding = asyncio.create_task(add(resolver, seen))
    async with asyncio.timeout(5):
        for _ in range(3):
            await served.heard.acquire()
    served.gate.set()
    assert (await adding)[2] == "pass"
    assert sorted(served.asked) == ["_dmarc.a.example", "a.example", "s._domainkey.a.example"]
    await resolver.close()


async def test_the_next_message_asks_nothing(resolver, served, seen):
    await add(resolver, seen)
    asked = len(served.asked)
    seen.ClearField("auth")
    assert (await add(resolver, seen))[2] == "pass"
    assert len(served.asked) == asked


@pytest.mark.slow
@pytest.mark.parametrize("how", ["silence", "servfail", "garbage"])
async def test_a_server_that_does_not_answer_makes_temporary_errors(hasty, served, seen, how):
    for name in served.zone:
        served.zone[name] = getattr(served, how)
    found = await add(hasty, seen)
    assert found == ("temperror", ["temperror"], "temperror", "none", "", "pratique")


async def test_a_server_that_is_slower_than_the_message_makes_temporary_errors(
    resolver, served, seen
):
    served.gate = asyncio.Event()
    async with asyncio.timeout(5):
        found = await add(resolver, seen, until=soon(0.05))
    assert found == ("temperror", ["temperror"], "temperror", "none", "", "pratique")
    served.gate.set()


async def test_who_never_answers_nor_looks_at_the_time_is_not_waited_for(seen):
    class Never:
        async def ask(self, name, type_, until):
            await asyncio.Event().wait()

    seen.signatures[0].kind = "arc_seal"
    seen.signatures[0].instance, seen.signatures[0].chain = 1, "none"
    message = seen.signatures.add()
    message.CopyFrom(seen.signatures[0])
    message.kind = "arc_message"
    async with asyncio.timeout(5):
        found = await add(Never(), seen, until=soon(0.05))
    assert found == ("temperror", [], "temperror", "temperror", "", "pratique")


@pytest.mark.parametrize("word", ["header_end", "nul_in_header", "mixed_line_ends"])
async def test_nobody_is_proved_whose_header_others_read_otherwise(resolver, served, seen, word):
    seen.ambiguities.add(class_=word)
    assert (await add(resolver, seen))[4] == ""


async def test_nobody_is_proved_whose_header_was_not_read_to_its_end(resolver, served, seen):
    seen.limits.add(class_="header")
    found = await add(resolver, seen)
    assert found[1:5] == (["pass"], "pass", "none", "")


async def test_what_is_odd_in_its_parts_says_nothing_of_its_author(resolver, served, seen):
    seen.ambiguities.add(class_="bad_base64")
    seen.limits.add(class_="signatures")
    assert (await add(resolver, seen))[4] == "ann@a.example"


async def test_names_that_are_not_there_are_no_error(resolver, name_server, seen):
    found = await add(resolver, seen)
    assert found == ("none", ["permerror"], "none", "none", "", "pratique")


async def test_an_answer_that_was_cut_is_asked_for_again(resolver, served, seen):
    served.zone["a.example"]["cut"] = True
    assert (await add(resolver, seen))[0] == "pass"
    assert served.by_tcp == ["a.example"]


@pytest.mark.parametrize(
    "texts",
    [
        {"a.example": "v=spf1 include:a.example -all"},
        {"a.example": "v=spf1 include:b.example", "b.example": "v=spf1 include:a.example"},
        {"a.example": "v=spf1 redirect=b.example", "b.example": "v=spf1 redirect=a.example"},
    ],
)
async def test_records_that_lead_in_a_circle_are_followed_ten_times(resolver, served, seen, texts):
    for name, text in texts.items():
        served.zone[name] = {"TXT": [f'"{text}"']}
    found = await add(resolver, seen)
    assert (found[0], found[2]) == ("permerror", "pass")


@pytest.mark.parametrize(
    "lies",
    [
        {"TXT": ['"v=spf1 a mx ptr exists:%{i}.%{l1r+}.a.example -all"'], "A": ["0.0.0.0"]},
        {"TXT": ['"v=spf1 mx -all"'], "MX": ["0 ."]},
        {"TXT": ['"v=spf1 mx -all"'], "MX": ["0 a\\032b.example."]},
        {"TXT": ['"v=spf1 ' + "\\255" * 100 + '"']},
        {"TXT": ['"v=spf1" ""' + ' " a"' * 100]},
        {"TXT": ['""']},
    ],
)
async def test_what_a_stranger_answers_raises_nothing(resolver, served, seen, lies):
    for name in ("a.example", "s._domainkey.a.example", "_dmarc.a.example"):
        served.zone[name] = lies
    found = await add(resolver, seen)
    assert found[0] in {"none", "fail", "permerror", "temperror"}
    assert found[1:5] == (["permerror"], "none", "none", "")


async def test_a_thousand_signatures_are_ten_questions(resolver, served, seen, keys):
    seen.signatures.extend(keys.sign(selector=f"s{number}") for number in range(20))
    seen.signatures.extend([seen.signatures[0]] * 1000)
    found = await add(resolver, seen)
    assert len(found[1]) == 10
    assert len([one for one in served.asked if "_domainkey" in one]) == 10


def test_the_settings_are_as_the_admin_writes_them():
    section = AuthenticationSection(
        authserv_id="us.example",
        trusted_authserv_ids=("front.example",),
        trusted_networks=("192.0.2.0/24",),
    )
    assert settings_of(section) == AuthenticationSettings(TRUST)
    assert settings_of(AuthenticationSection()) == AuthenticationSettings()


# Where nobody looks, and whose word is taken.


@pytest.mark.parametrize(
    ("change", "spf"),
    [
        (lambda seen: seen.envelope.client.ClearField("ip"), ""),
        (lambda seen: seen.envelope.ClearField("reverse_path"), ""),
        (lambda seen: setattr(seen.envelope, "authenticated", "ann"), ""),
        (lambda seen: setattr(seen.envelope.client, "ip", "10.1.2.3"), ""),
        (lambda seen: setattr(seen.envelope.client, "ip", "::1"), ""),
        (lambda seen: setattr(seen.envelope.client, "ip", "192.0.2.9"), ""),
        (lambda seen: setattr(seen.envelope.client, "ip", "203.0.113.9"), "fail"),
        (lambda seen: setattr(seen.envelope, "reverse_path", ""), "none"),
    ],
)
async def test_spf_is_not_asked_about_who_is_in_no_record(resolver, served, seen, change, spf):
    change(seen)
    found = await add(resolver, seen, AuthenticationSettings(TRUST))
    assert found[0] == spf
    # What is signed is signed, whoever brings it.
    assert found[2:5] == ("pass", "none", "ann@a.example")


async def test_without_spf_and_without_signature_nobody_can_tell(resolver, served, seen):
    seen.envelope.client.ClearField("ip")
    del seen.signatures[:]
    assert (await add(resolver, seen))[:3] == ("", [], "")


async def test_of_mail_that_goes_out_nothing_is_asked(resolver, served, seen):
    seen.mail.direction = "outbound"
    assert await add(resolver, seen) == ("", [], "", "", "", "")
    assert served.asked == []


async def test_what_is_known_of_a_message_is_not_asked_again_of_what_was_made_of_it(
    resolver, served, seen
):
    first = await add(resolver, seen)
    asked = len(served.asked)
    seen.signatures[0].body_ok = False
    stated(seen, "us.example", spf="pass")
    assert await add(resolver, seen, AuthenticationSettings(TRUST)) == first
    assert len(served.asked) == asked
    assert len(seen.mail.foreign_fields) == 1


async def test_of_a_message_that_nobody_has_read_the_envelope_is_asked_about(
    resolver, served, seen
):
    del seen.parts[:]
    del seen.signatures[:]
    seen.ClearField("mail")
    assert await add(resolver, seen) == ("pass", [], "", "", "", "pratique")


def stated(seen, authserv_id, **results):
    start = 10 + 100 * len(seen.stated_results)
    one = seen.stated_results.add(authserv_id=authserv_id, start=start, end=start + 80)
    for method, result in results.items():
        properties = {"header.from": "a.example", "header.d": "a.example"}
        one.results.add(method=method, result=result, properties=properties)


async def test_what_a_server_of_ours_says_is_taken_and_not_asked(resolver, served, seen):
    seen.envelope.client.ip = "192.0.2.1"
    stated(seen, "front.example", spf="softfail", dkim="pass", dmarc="pass", arc="pass")
    found = await add(resolver, seen, AuthenticationSettings(TRUST))
    assert found == (
        "softfail",
        ["pass"],
        "pass",
        "pass",
        "ann@a.example",
        "front.example, pratique",
    )
    assert served.asked == []
    assert not seen.mail.foreign_fields


async def test_what_the_owner_wants_is_asked_where_a_server_of_ours_says_it_failed(
    resolver, served, seen
):
    seen.envelope.client.ip = "192.0.2.1"
    stated(seen, "front.example", spf="fail", dkim="fail", dmarc="fail", arc="none")
    assert (await add(resolver, seen, AuthenticationSettings(TRUST)))[2] == "fail"
    assert seen.auth.dmarc_policy == "reject"
    assert served.asked == ["_dmarc.a.example"]
    seen.ClearField("auth")
    await add(resolver, seen, AuthenticationSettings(TRUST, ask=False))
    assert (seen.auth.dmarc, seen.auth.dmarc_policy) == ("fail", "")


@pytest.mark.parametrize(
    ("first", "wanted"),
    [("00000000", "reject"), ("00000031", "reject"), ("00000032", "quarantine")],
)
async def test_the_percentage_is_drawn_by_the_octets_of_the_message(
    resolver, served, seen, first, wanted
):
    served.zone["_dmarc.a.example"] = {"TXT": ['"v=DMARC1; p=reject; pct=50"']}
    seen.mail.sha256 = first + "f" * 56
    for _ in range(2):
        seen.ClearField("auth")
        await add(resolver, seen)
        assert seen.auth.dmarc_policy == wanted


async def test_what_it_does_not_say_is_asked(resolver, served, seen):
    seen.envelope.client.ip = "192.0.2.1"
    stated(seen, "front.example", spf="fail")
    found = await add(resolver, seen, AuthenticationSettings(TRUST))
    assert found[:3] == ("fail", ["pass"], "pass")


async def test_or_not_if_the_admin_wants_nothing_asked(resolver, served, seen):
    seen.envelope.client.ip = "192.0.2.1"
    stated(seen, "front.example", spf="pass")
    found = await add(resolver, seen, AuthenticationSettings(TRUST, ask=False))
    assert found == ("pass", [], "", "", "", "front.example")
    assert served.asked == []


async def test_what_a_stranger_says_in_our_name_is_not_believed_and_cut_out(resolver, served, seen):
    seen.envelope.client.ip = "203.0.113.1"
    del seen.signatures[:]
    for name in ("front.example", "us.example", "else.example"):
        stated(seen, name, spf="pass", dkim="pass", dmarc="pass", arc="pass")
    found = await add(resolver, seen, AuthenticationSettings(TRUST))
    assert found == ("fail", [], "fail", "none", "", "pratique")
    cut = [(one.name, one.start, one.end) for one in seen.mail.foreign_fields]
    assert cut == [("Authentication-Results", 10, 90), ("Authentication-Results", 110, 190)]


async def test_what_cannot_be_cut_is_not_named(resolver, served, seen):
    stated(seen, "us.example", spf="pass")
    seen.stated_results[0].start = seen.stated_results[0].end = 0
    await add(resolver, seen, AuthenticationSettings(TRUST))
    assert not seen.mail.foreign_fields


async def test_cuts_are_told_in_the_order_of_the_content_and_none_in_another(
    resolver, served, seen
):
    for start, end in ((300, 400), (0, 20)):
        seen.mail.foreign_fields.add(name="X-Pratique-Verdict", start=start, end=end)
    for start, end in ((500, 600), (20, 50), (350, 450), (300, 400)):
        seen.stated_results.add(authserv_id="us.example", start=start, end=end)
    await add(resolver, seen, AuthenticationSettings(TRUST))
    cut = [(one.start, one.end) for one in seen.mail.foreign_fields]
    assert cut == [(0, 20), (20, 50), (300, 400), (500, 600)]


async def test_an_answer_of_dns_that_is_no_answer_raises_nothing(seen):
    class Lies:
        async def ask(self, name, type_, until):
            return Reply(("", " ", "\\", '"', "x y z", "1", "::", '"v=DMARC1; p=none"'))

    found = await add(Lies(), seen)
    assert found[0] == "none"
