"""A message, and what DNS says of it: for tests that ask as a door asks."""

import asyncio

from pratique.scanners import facts_pb2 as facts

CLIENT = "198.51.100.7"


def soon(seconds=10.0):
    return asyncio.get_running_loop().time() + seconds


def message(keys, domain="a.example", **signature):
    made = facts.Facts(parts=[facts.Part()], signatures=[keys.sign(domain=domain, **signature)])
    made.envelope.received_at.FromSeconds(1_700_000_000)
    made.envelope.reverse_path = f"ann@{domain}"
    made.envelope.client.ip, made.envelope.client.helo = CLIENT, f"mx.{domain}"
    made.mail.direction = "inbound"
    made.mail.header.from_.add(address=f"ann@{domain}", domain=domain)
    return made


def told(seen):
    return seen.auth.spf, [one.result for one in seen.auth.dkim], seen.auth.dmarc


def txt(*texts):
    """Texts as a zone has them, in strings of 250."""
    cut = ([text[at : at + 250] for at in range(0, len(text) or 1, 250)] for text in texts)
    return {"TXT": [" ".join(f'"{one}"' for one in strings) for strings in cut]}


def honest(keys, domain="a.example"):
    return {
        domain: txt(f"v=spf1 ip4:{CLIENT} -all"),
        f"s._domainkey.{domain}": txt(keys.record()),
        f"_dmarc.{domain}": txt("v=DMARC1; p=reject"),
    }


PASS = ("pass", ["pass"], "pass")
AWAY = ("temperror", ["temperror"], "temperror")
