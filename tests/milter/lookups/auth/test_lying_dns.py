"""Name servers that lie, dawdle or lead in circles: each word comes in time, and nobody waits.

Asked as a door asks: what settings name, by UDP and TCP of a real server.
"""

import asyncio
import itertools
import runpy
import time
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ASKING = runpy.run_path(str(Path(__file__).with_name("asking.py")))
message, told, honest, soon = (ASKING[one] for one in ("message", "told", "honest", "soon"))
PASS, AWAY = ASKING["PASS"], ASKING["AWAY"]
# One try has half of it.
SECONDS = 0.4


# What somebody may send instead of an answer, each made of the question.


def said(question, *records, name=None, type_="TXT"):
    answer = dns.message.make_response(question)
    answer.flags |= dns.flags.RA
    if records:
        name = name or question.question[0].name
        answer.answer.append(dns.rrset.from_text(name, 300, "IN", type_, *records))
    return answer


def other_number(question, record):
    answer = said(question, record)
    answer.id = question.id ^ 1
    return answer.to_wire()


def other_question(question, record):
    asked = dns.message.make_query("other.example", "TXT", id=question.id)
    return said(asked, record).to_wire()


def other_type(question, record):
    asked = dns.message.make_query(question.question[0].name, "A", id=question.id)
    return said(asked, "127.0.0.1", type_="A").to_wire()


def no_answer_at_all(question, record):
    return question.to_wire()


def half(question, record):
    octets = said(question, record).to_wire()
    return octets[: len(octets) // 2]


def counts_too_many(question, record):
    octets = bytearray(said(question, record).to_wire())
    octets[6:8] = b"\xff\xff"
    return bytes(octets)


def points_to_itself(question, record):
    octets = said(question, record).to_wire()
    return octets[:12] + b"\xc0\x0c" + octets[14:]


def nothing(question, record):
    return b""


FORGED = [
    other_number, other_question, other_type, no_answer_at_all, half, counts_too_many,
    points_to_itself, nothing,
]  # fmt: skip


def everywhere(keys, *packets):
    """Each honest answer comes behind packets that are none; `None` is that it never comes."""

    def answering(record, lies):
        def answer(question, tcp):
            sent = [lie(question, '"v=spf1 +all"') for lie in packets]
            return [*sent, *([] if lies else [said(question, *record["TXT"]).to_wire()])]

        return answer

    def zone(*, alone):
        return {name: answering(record, alone) for name, record in honest(keys).items()}

    return zone


@pytest.mark.parametrize("forged", FORGED)
async def test_what_answers_another_question_or_none_is_passed_over(
    lookups, name_server, keys, forged
):
    name_server.zone.update(everywhere(keys, forged, forged)(alone=False))
    seen = message(keys)
    await lookups(5.0).add(seen, None, soon())
    assert told(seen) == PASS


@pytest.mark.slow
@pytest.mark.parametrize("forged", FORGED)
async def test_where_nothing_else_comes_there_is_no_answer(lookups, name_server, keys, forged):
    name_server.zone.update(everywhere(keys, forged)(alone=True))
    seen, begin = message(keys), time.monotonic()
    await lookups().add(seen, None, soon())
    assert told(seen) == AWAY
    assert time.monotonic() - begin < 2 * SECONDS + 1


async def test_an_answer_from_elsewhere_is_passed_over(lookups, name_server, keys):
    """Who guesses number and port still has to write as the server that was asked."""
    loop = asyncio.get_running_loop()
    elsewhere, _ = await loop.create_datagram_endpoint(
        asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0)
    )
    plain = name_server._answer

    async def answer(octets, client):
        question = dns.message.from_wire(octets)
        elsewhere.sendto(said(question, '"v=spf1 -all"').to_wire(), client)
        await plain(octets, client)

    name_server._answer = answer
    name_server.zone.update(honest(keys))
    seen = message(keys)
    await lookups(5.0).add(seen, None, soon())
    elsewhere.close()
    assert told(seen) == PASS


async def test_numbers_and_ports_are_not_guessed_from_those_before(lookups, name_server):
    asked, plain = [], name_server._answer

    async def answer(octets, client):
        asked.append((int.from_bytes(octets[:2], "big"), client[1]))
        await plain(octets, client)

    name_server._answer = answer
    ask = lookups(5.0)._resolver.ask
    for number in range(40):
        await ask(f"{number}.example", "A", soon())
    numbers, ports = zip(*asked, strict=True)
    # Of 40 drawn from 65,536 two are the same once in 80 times; three pairs never.
    assert len(set(numbers)) > 37
    assert len({after - before for before, after in itertools.pairwise(numbers)}) > 35
    assert len(set(ports)) > 30


def error(code):
    def answer(question, tcp):
        answer = said(question)
        answer.set_rcode(code)
        return answer.to_wire()

    return answer


def closes(question, tcp):
    """By TCP nothing comes; by UDP only that it would be too long."""
    answer = said(question)
    answer.flags |= dns.flags.TC
    return None if tcp else answer.to_wire()


def cname(*to):
    """A chain of names, each an alias of the next."""

    def answer(question, tcp):
        answer, names = said(question), [str(question.question[0].name), *to]
        for name, other in itertools.pairwise(names):
            answer.answer.append(dns.rrset.from_text(name, 300, "IN", "CNAME", other))
        return answer.to_wire()

    return answer


def too_long(question, tcp):
    if not tcp:
        return closes(question, tcp)
    return said(question, *(f'"{number:0200d}"' for number in range(250))).to_wire()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (error(dns.rcode.SERVFAIL), AWAY),
        (error(dns.rcode.REFUSED), AWAY),
        (error(dns.rcode.FORMERR), AWAY),
        (error(dns.rcode.NOTIMP), AWAY),
        (closes, AWAY),
        (too_long, AWAY),
        (lambda question, tcp: None, AWAY),
        (lambda question, tcp: b"\xff" * 65000, AWAY),
        # Aliases that lead nowhere, in a circle, and on and on.
        (cname("nowhere.example."), ("none", ["permerror"], "none")),
        (cname("b.example.", "c.example.", "b.example."), AWAY),
        (cname(*(f"c{number}.example." for number in range(40))), AWAY),
        (error(dns.rcode.NXDOMAIN), ("none", ["permerror"], "none")),
    ],
)
async def test_what_is_no_answer_is_a_word_in_time(lookups, name_server, keys, answer, word):
    name_server.zone.update(dict.fromkeys(honest(keys), answer))
    seen, begin = message(keys), time.monotonic()
    await lookups().add(seen, None, soon())
    assert told(seen) == word
    assert time.monotonic() - begin < 2 * SECONDS + 1
    assert len(name_server.asked) + len(name_server.by_tcp) < 20


@pytest.mark.slow
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.tuples(st.integers(2, 400), st.binary(max_size=4)), max_size=6))
async def test_answers_with_any_octets_changed_raise_nothing(lookups, name_server, keys, changes):
    def damaged(record):
        def answer(question, tcp):
            octets = bytearray(said(question, *record["TXT"]).to_wire())
            for at, new in changes:
                octets[at : at + len(new)] = new
            return bytes(octets)

        return answer

    name_server.zone = {name: damaged(record) for name, record in honest(keys).items()}
    seen = message(keys)
    await lookups(0.05).add(seen, None, soon())
    assert seen.auth.checker
