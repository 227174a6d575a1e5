"""Records that cost, keys and chains in numbers: so many questions, and others go on meanwhile."""

import asyncio
import contextlib
import runpy
import time
from pathlib import Path

import pytest

ASKING = runpy.run_path(str(Path(__file__).with_name("asking.py")))
message, told, txt, honest, soon = (
    ASKING[one] for one in ("message", "told", "txt", "honest", "soon")
)
CLIENT, PASS = ASKING["CLIENT"], ASKING["PASS"]


def hosts(count):
    return [f"{number} mx{number}.a.example." for number in range(count)]


CHAIN = {f"i{number}.example": txt(f"v=spf1 include:i{number + 1}.example") for number in range(12)}
# 10 terms, each with ten names: no evaluation asks more.
DEAREST = {
    "a.example": txt("v=spf1 " + " ".join(f"mx:m{number}.example" for number in range(10))),
    **{
        f"m{number}.example": {"MX": [f"{one} h{one}.m{number}.example." for one in range(10)]}
        for number in range(10)
    },
    **{
        f"h{one}.m{number}.example": {"A": ["203.0.113.1"]}
        for one in range(10)
        for number in range(10)
    },
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("zone", "word", "most"),
    [
        ({"a.example": txt("v=spf1 include:a.example -all")}, "permerror", 1),
        (
            {
                "a.example": txt("v=spf1 include:b.example -all"),
                "b.example": txt("v=spf1 include:a.example -all"),
            },
            "permerror",
            2,
        ),
        ({"a.example": txt("v=spf1 redirect=a.example")}, "permerror", 1),
        ({**CHAIN, "a.example": txt("v=spf1 include:i0.example -all")}, "permerror", 12),
        # Ten are followed, RFC 7208 4.6.4.
        (
            {
                **CHAIN,
                "i9.example": txt("v=spf1 +all"),
                "a.example": txt("v=spf1 include:i0.example"),
            },
            "pass",
            11,
        ),
        (
            {
                **CHAIN,
                "i10.example": txt("v=spf1 +all"),
                "a.example": txt("v=spf1 include:i0.example"),
            },
            "permerror",
            12,
        ),
        ({"a.example": txt("v=spf1 a:n1.example a:n2.example ~all")}, "softfail", 3),
        ({"a.example": txt("v=spf1 a:n1.example a:n2.example a:n3.example ~all")}, "permerror", 4),
        ({"a.example": txt("v=spf1 mx -all") | {"MX": hosts(11)}}, "permerror", 2),
        (DEAREST, "neutral", 111),
        (
            {
                "a.example": txt("v=spf1 exists:%{ir}.%{l1r-}.%{d} -all"),
                f"{'.'.join(reversed(CLIENT.split('.')))}.ann.a.example": {"A": ["127.0.0.2"]},
            },
            "pass",
            2,
        ),
        (
            {
                "a.example": txt("v=spf1 ptr -all"),
                f"{'.'.join(reversed(CLIENT.split('.')))}.in-addr.arpa": {
                    "PTR": [f"h{number}.a.example." for number in range(50)]
                },
                **{f"h{number}.a.example": {"A": ["203.0.113.1"]} for number in range(50)},
            },
            "fail",
            12,
        ),
        ({"a.example": txt("v=spf1 -all", "v=spf1 ~all")}, "permerror", 1),
        ({"a.example": txt(*[f"note {number}" for number in range(200)])}, "none", 1),
        ({"a.example": txt("v=spf1 " + "ip4:192.0.2.1 " * 400)}, "permerror", 1),
    ],
)
async def test_a_record_of_spf_asks_so_much_and_no_more(
    lookups, name_server, keys, *, zone, word, most
):
    name_server.zone.update(zone)
    seen = message(keys)
    del seen.signatures[:]
    # Names of DMARC are asked for beside.
    await lookups(5.0).add(seen, None, soon())
    asked = [name for name in name_server.asked if not name.startswith("_dmarc.")]
    assert (seen.auth.spf, len(asked) <= most) == (word, True), asked
    assert len(asked) == len({*asked}) or any("MX" in one for one in zone.values())


@pytest.mark.parametrize(
    ("record", "word"),
    [
        (lambda keys: txt("v=DKIM1; p="), "permerror"),
        (lambda keys: txt("v=DKIM1; k=rsa; p=AAAA"), "permerror"),
        (lambda keys: txt("nonsense"), "permerror"),
        (lambda keys: txt(keys.record(), keys.record(tags="v=DKIM1; t=s; ")), "permerror"),
        (lambda keys: txt(keys.record(), "a note"), "pass"),
        (lambda keys: txt(keys.record() + "; n=" + "x" * 3000), "pass"),
        (lambda keys: txt(keys.record() + "; n=" + "x" * 4000), "permerror"),
        (lambda keys: txt(keys.record() + "; t=y"), "pass"),
        (lambda keys: txt("v=DKIM1; p=" + "A" * 8000), "permerror"),
    ],
)
async def test_a_key_is_one_or_an_error(lookups, name_server, keys, record, word):
    name_server.zone.update(honest(keys) | {"s._domainkey.a.example": record(keys)})
    seen = message(keys)
    await lookups(5.0).add(seen, None, soon())
    assert told(seen) == ("pass", [word], "pass")
    trial = "t=y" in str(record(keys))
    assert bool(seen.auth.authenticated_as) is (word == "pass" and not trial)


@pytest.mark.parametrize(
    ("record", "word", "wanted"),
    [
        (txt("v=DMARC1; p=reject; pct=x; adkim=?"), "pass", "reject"),
        (txt("v=DMARC1"), "permerror", ""),
        (txt("v=DMARC1; p=reject", "v=DMARC1; p=none"), "permerror", ""),
        (txt("v=spf1 -all", "v=DMARC1; p=quarantine"), "pass", "quarantine"),
        (txt("DMARC1; p=reject"), "none", ""),
    ],
)
async def test_a_record_of_dmarc_is_one_or_an_error(
    lookups, name_server, keys, *, record, word, wanted
):
    name_server.zone.update(honest(keys) | {"_dmarc.a.example": record})
    seen = message(keys)
    await lookups(5.0).add(seen, None, soon())
    assert (seen.auth.dmarc, seen.auth.dmarc_policy) == (word, wanted)


@pytest.mark.slow
async def test_chains_of_a_hundred_and_a_thousand_signatures_are_a_few_questions(
    lookups, name_server, keys
):
    """The worker states ten of each; whatever is stated, no more is asked."""
    name_server.zone.update(honest(keys))
    seen = message(keys)
    seen.signatures.extend(keys.sign(selector=f"s{number}") for number in range(1000))
    for number in range(1, 101):
        for kind in ("arc_message", "arc_seal"):
            seen.signatures.add(
                kind=kind, instance=number, selector=f"a{number}", domain="a.example"
            )
    await lookups(5.0).add(seen, None, soon())
    assert (len(seen.auth.dkim), seen.auth.arc) == (10, "fail")
    assert len(name_server.asked) == 12


async def test_a_chain_of_ten_is_eleven_signatures_and_as_many_questions(
    lookups, name_server, keys
):
    name_server.zone.update(honest(keys))
    seen = message(keys)
    for number in range(1, 11):
        chain = "pass" if number > 1 else "none"
        for kind in ("arc_message", "arc_seal"):
            said_chain = chain if kind == "arc_seal" else ""
            made = keys.sign(selector=f"{kind}{number}", instance=number, chain=said_chain)
            made.kind, made.identity = kind, ""
            seen.signatures.append(made)
            name_server.zone[f"{kind}{number}._domainkey.a.example"] = txt(keys.record())
    await lookups(5.0).add(seen, None, soon())
    assert seen.auth.arc == "pass"
    assert len([name for name in name_server.asked if name.startswith("arc_")]) == 11


# Others meanwhile.


@contextlib.asynccontextmanager
async def longest_pause():
    """How long the loop did nothing else at a stretch, in a list at the end."""
    found, ended = [0.0], False

    async def look():
        before = time.monotonic()
        while not ended:
            await asyncio.sleep(0)
            found[0], before = max(found[0], time.monotonic() - before), time.monotonic()

    looking = asyncio.create_task(look())
    yield found
    ended = True
    await looking


@pytest.mark.slow
async def test_while_fifty_messages_wait_for_a_silent_domain_others_go_on(
    lookups, name_server, keys
):
    """Each of the fifty asks twelve questions that nobody answers."""
    name_server.zone.update(honest(keys, "b.example"))
    for number in range(50):
        name_server.zone[f"m{number}.slow.example"] = name_server.silence
        name_server.zone[f"_dmarc.m{number}.slow.example"] = name_server.silence
        for one in range(10):
            name = f"s{one}._domainkey.m{number}.slow.example"
            name_server.zone[name] = name_server.silence
    name_server.zone["_dmarc.slow.example"] = name_server.silence
    asks, waiting = lookups(1.0), []
    for number in range(50):
        seen = message(keys, f"m{number}.slow.example", selector="s0")
        more = (keys.sign(domain=f"m{number}.slow.example", selector=f"s{n}") for n in range(1, 10))
        seen.signatures.extend(more)
        waiting.append((seen, asyncio.create_task(asks.add(seen, None, soon(60)))))
    async with longest_pause() as paused:
        begin = time.monotonic()
        for _ in range(10):
            seen = message(keys, "b.example")
            await asks.add(seen, None, soon())
            assert told(seen) == PASS
        assert not any(task.done() for _, task in waiting)
        for seen, task in waiting:
            await task
            assert (seen.auth.spf, seen.auth.dmarc) == ("temperror", "temperror")
            assert {one.result for one in seen.auth.dkim} == {"temperror"}
        spent = time.monotonic() - begin
    # Twice the time of a question, and some for a machine with more to do.
    assert spent < 2 * 1.0 + 2
    assert paused[0] < 0.5
