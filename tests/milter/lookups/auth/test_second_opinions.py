"""Others are asked the same: pyspf, dkimpy and authheaders, with the same zone."""

import functools
import itertools
import re
import socket

import authheaders
import authres
import dkim
import pytest
import spf
from authheaders import dmarc_lookup
from cryptography.hazmat.primitives import serialization
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pratique.milter.lookups.auth.answers import texts
from pratique.milter.lookups.auth.arc import validate
from pratique.milter.lookups.auth.dkim import Checked, check_all
from pratique.milter.lookups.auth.dmarc import Author, find_all, judge
from pratique.milter.lookups.auth.spf import Answer, check_host, sending
from pratique.milter.lookups.resolver import Reply
from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Budget, Limits
from pratique.scanners.builtin.dkim import Dkim
from pratique.scanners.part import Message

CLIENT, CLIENT6 = "192.0.2.1", "2001:db8::1"
SENT_FROM = "ann-b@a.example"

# SPF


@pytest.fixture
def pyspf(zone, monkeypatch):
    """What pyspf says, asking the same zone."""

    def looked_up(name, type_, strict=True, timeout=None):
        name = name.rstrip(".").lower()
        found = zone.records.get((name, type_), ())
        if isinstance(found, Reply):
            raise spf.TempError("no answer")
        for record in found:
            if type_ == "TXT":
                (text,) = texts(Reply((record,)))
                yield (name, type_), (text.encode("latin-1"),)
            elif type_ == "MX":
                preference, _, host = record.partition(" ")
                yield (name, type_), (int(preference), host.rstrip("."))
            elif type_ == "AAAA":
                yield (name, type_), socket.inet_pton(socket.AF_INET6, record)
            else:
                yield (name, type_), record.rstrip(".")

    monkeypatch.setattr(spf, "DNSLookup", looked_up)

    def word(client, reverse_path, helo):
        asked = spf.query(i=client, s=reverse_path, h=helo, strict=True)
        said, _, _ = asked.check()
        return {"unknown": "permerror", "error": "temperror"}.get(said, said)

    return word


async def agree(zone, pyspf, client=CLIENT, reverse_path=SENT_FROM, helo="mx.a.example"):
    answer = await check_host(zone, sending(client, reverse_path, helo), 0.0)
    assert answer.word == pyspf(client, reverse_path, helo), zone.records
    return answer.word


def world(zone):
    """Names that records speak of."""
    zone.add("a.example", "A", CLIENT).add("b.example", "A", "198.51.100.1")
    zone.add("c.example", "AAAA", CLIENT6).add("a.example", "MX", "10 a.example.", "5 b.example.")
    zone.add("b.example", "MX", "10 c.example.").txt("d.example", "v=spf1 ip4:192.0.2.0/24 ?all")
    zone.txt("e.example", "v=spf1 redirect=f.example").txt(
        "f.example", "v=spf1 exists:%{i}.g.example -all"
    )
    zone.add("192.0.2.1.g.example", "A", "127.0.0.2").txt("g.example", "v=spf1 nonsense")
    zone.add("1.2.0.192.in-addr.arpa", "PTR", "b.example.", "a.example.")
    zone.fail("away.example")


TERMS = [
    "a", "a:b.example", "a:c.example", "a:b.example/16", "a:c.example//64", "a:missing.example",
    "mx", "mx:b.example", "mx:missing.example", "ptr", "ptr:b.example", "ptr:example",
    "include:d.example", "include:e.example", "include:f.example", "include:g.example",
    "include:missing.example", "include:away.example", "include:a.example", "exists:away.example",
    "exists:%{i}.g.example", "exists:%{ir}.%{l1-}.%{d2}", "exists:%{l}.%{o}.%{h}", "a:%{p}",
    "ip4:192.0.2.0/24", "ip4:198.51.100.1", "ip6:2001:db8::/32", "ip4:192.0.2.1/33", "ip6:x",
    "redirect=d.example", "redirect=e.example", "redirect=missing.example", "redirect=a.example",
    "exp=b.example", "x=y", "all", "all:x", "unknown", "a:example", "a:b.123", "mx:%{c}.example",
    "A:%{D}", "ip4", "a/0", "include:%{d1r}.example",
]  # fmt: skip


# pyspf refuses a record that names itself before it looks at what stands in front, and one with
# an unknown modifier twice, which RFC 7208 6 says to ignore.
OTHERWISE = re.compile(r"a\.example|d1r|x=y")


@pytest.mark.parametrize("term", TERMS)
@pytest.mark.parametrize("client", [CLIENT, CLIENT6])
async def test_pyspf_says_the_same_of_each_term(zone, pyspf, client, term):
    world(zone)
    zone.txt("a.example", f"v=spf1 ~{term} -all" if "=" not in term else f"v=spf1 {term}")
    await agree(zone, pyspf, client)


@pytest.mark.slow
@settings(
    max_examples=300,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", "+", "-", "~", "?"]),
            st.sampled_from([term for term in TERMS if not OTHERWISE.search(term)]),
        ),
        max_size=14,
    ),
    st.sampled_from([CLIENT, CLIENT6]),
    st.sampled_from([SENT_FROM, "", "x@d.example", "y@missing.example", "z@away.example", "u@one"]),
)
async def test_pyspf_says_the_same_of_any_record(zone, pyspf, terms, client, reverse_path):
    zone.records.clear()
    world(zone)
    written = [term if "=" in term else sign + term for sign, term in terms]
    zone.txt("a.example", " ".join(["v=spf1", *written]))
    zone.txt("mx.a.example", "v=spf1 include:a.example ~all")
    await agree(zone, pyspf, client, reverse_path)


# DKIM and ARC

MAIL = b"From: Ann <ann@a.example>\r\nTo: bob@b.example\r\nSubject: hello\r\n\r\nA body.\r\n"


@pytest.fixture(scope="session")
def signed(keys):
    """Mail with a signature of dkimpy's, and its chain of so many sets."""
    private = keys.rsa.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )

    def mail(sets=0, **how):
        made = dkim.sign(MAIL, b"s", b"a.example", private, **how) + MAIL
        for number in range(sets):
            chain = b"none" if number == 0 else b"pass"
            result = b"Authentication-Results: mx.example; arc=" + chain + b"\r\n"
            added = dkim.arc_sign(result + made, b"s", b"a.example", private, b"mx.example")
            made = b"".join(added) + made
        return made

    return mail


def stated(octets):
    """What the worker states of the signatures of a message."""
    message = Message(memoryview(octets), facts.Envelope(), facts.Mail(), Budget(Limits()))
    known = facts.Facts()
    for found in Dkim(message).conclude():
        known.MergeFrom(found)
    return known.signatures


def dkimpy_asks(zone):
    def ask(name, timeout=5):
        found = zone.records.get((name.decode().rstrip("."), "TXT"))
        return texts(Reply(tuple(found[:1])))[0].encode() if found else None

    return ask


def dkimpy(zone, octets):
    try:
        return dkim.verify(octets, dnsfunc=dkimpy_asks(zone), minkey=1024)
    except dkim.DKIMException:
        return False


RECORDS = [
    "{v}{k}", "{k}", "v=DKIM1; t=y; {k}", "v=DKIM1; t=s; {k}", "v=DKIM1; s=email; {k}",
    "v=DKIM1; n=a note; {k};", "v=DKIM2; {k}", "v=DKIM1; p=", "v=DKIM1; {k}; p=x", "nonsense",
    "v=DKIM1; k=ed25519; p=AAAA", "v=DKIM1; k=dsa; p=AAAA", "v=DKIM1; p=AAAA", None,
]  # fmt: skip


DAMAGES = None, (b"hello", b"hullo"), (b"body", b"bode")


@pytest.mark.parametrize("record", RECORDS)
@pytest.mark.parametrize("damage", DAMAGES)
async def test_dkimpy_says_the_same_of_each_key(zone, keys, signed, record, damage):
    if record:
        key = keys.record(tags="")
        zone.txt("s._domainkey.a.example", record.format(v="v=DKIM1; ", k=key))
    octets = signed().replace(*damage) if damage else signed()
    (found,) = await check_all(zone, stated(octets), None, 0.0)
    assert (found.word == "pass") is dkimpy(zone, octets)


async def test_dkimpy_believes_a_part_of_a_body_and_we_do_not(zone, keys, signed):
    zone.txt("s._domainkey.a.example", keys.record())
    octets = signed(length=True) + b"more\r\n"
    (found,) = await check_all(zone, stated(octets), None, 0.0)
    assert (found.word, dkimpy(zone, octets)) == ("policy", True)


@pytest.mark.slow
@pytest.mark.parametrize("sets", [0, 1, 2, 3])
@pytest.mark.parametrize("damage", [*DAMAGES, (b"cv=pass", b"cv=none"), (b"i=1", b"i=4")])
async def test_dkimpy_says_the_same_of_a_chain(zone, keys, signed, sets, damage):
    zone.txt("s._domainkey.a.example", keys.record())
    octets = signed(sets).replace(*damage) if damage else signed(sets)
    theirs, _, _ = dkim.arc_verify(octets, dnsfunc=dkimpy_asks(zone))
    ours = await validate(zone, stated(octets), None, 0.0)
    assert ours == (theirs or b"none").decode()


# DMARC


@pytest.fixture(scope="session")
def suffixes_read_once():
    """It reads its list of suffixes for each question, which takes a while; here it does once."""
    plain = dmarc_lookup.get_org_domain
    cached = functools.cache(plain)
    for module in (dmarc_lookup, authheaders):
        module.get_org_domain = cached
    yield
    for module in (dmarc_lookup, authheaders):
        module.get_org_domain = plain


POLICIES = [
    "v=DMARC1; p=reject", "v=DMARC1; p=none; adkim=s", "v=DMARC1; p=none; aspf=s; adkim=s",
    "v=DMARC1;p=quarantine;sp=reject;pct=50", "v=DMARC1; p=reject; aspf=r; rua=mailto:a@a.example",
    None,
]  # fmt: skip


OWN, BELOW, OTHER = "example.com", "mail.example.com", "example.org"
AUTHORS = OWN, BELOW, "x.mail.example.com"


def by_authheaders(author, path, signer, record):
    """The two results as it takes them."""
    by_path = authres.SPFAuthenticationResult(result="pass", smtp_mailfrom=f"a@{path}")
    by_key = authres.DKIMAuthenticationResult(result="pass", header_d=signer)
    asked = {"dnsfunc": record}
    return authheaders.dmarc_per_from(author, path and by_path, signer and by_key, **asked)[0]


@pytest.mark.slow
@pytest.mark.parametrize("record", POLICIES)
@pytest.mark.parametrize("where", [OWN, BELOW])
@pytest.mark.usefixtures("suffixes_read_once")
async def test_authheaders_says_the_same_of_each_author(zone, record, where):
    if record:
        zone.txt(f"_dmarc.{where}", record)
    senders = (OWN, BELOW, OTHER, "")
    for author, path, signer in itertools.product(AUTHORS, senders, senders):
        found = await find_all(zone, Author((author,)), float("inf"))
        passed = Answer("pass", path) if path else Answer("none")
        ours = judge(Author((author,)), found, passed, [Checked(signer, "pass")] if signer else [])
        theirs = by_authheaders(
            author, path, signer, lambda name: record if name == f"_dmarc.{where}" else None
        )
        assert ours.word == theirs, (author, path, signer)
