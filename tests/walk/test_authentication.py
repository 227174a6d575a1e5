"""Who mail comes from, in a whole service: signed mail in, a name server beside it, facts out."""

import base64
import smtplib
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from pratique.milter.journal.reading import find

pytestmark = [pytest.mark.real("kernel confinement"), pytest.mark.slow]

SHIPPED = Path(__file__).parents[2] / "src/pratique/policies/shipped"
CLIENT, STRANGER, FRONT, OURS = "198.51.100.7", "203.0.113.9", "192.0.2.25", "192.0.2.77"
POLICY = """
[[rule]]
name    = "programs of our builder of firmware"
when    = 'auth.authenticated_as == "ann@a.example" && any_kind(["executable"])'
actions = ["strip", "accept"]
strip   = ["executable"]
reason  = "signed by a.example"

[[rule]]
name    = "its owner wants it refused"
when    = 'auth.dmarc == "fail" && auth.dmarc_policy == "reject"'
actions = ["reject"]
reason  = "From is forged"
"""
REST = """
[policy]
file = "{policy}"
test_before = false
[authentication]
authserv_id          = "filter.example"
trusted_authserv_ids = ["front.example"]
trusted_networks     = ["{front}"]
[sent]
networks = ["{ours}"]
[dns]
seconds = 1
servers = ["127.0.0.1@{port}"]
"""
LISTENER = f"""
xclient_from = ["127.0.0.1"]
relay_from   = ["127.0.0.1", "{OURS}"]
domains      = ["us.example"]
"""
KEY = rsa.generate_private_key(65537, 2048)
PEM = KEY.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.TraditionalOpenSSL,
    serialization.NoEncryption(),
)
PUBLIC = base64.b64encode(
    KEY.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
).decode()
ZONE = {
    "a.example": {"TXT": [f'"v=spf1 ip4:{CLIENT} -all"']},
    "s._domainkey.a.example": {"TXT": [f'"v=DKIM1; p={PUBLIC[:200]}" "{PUBLIC[200:]}"']},
    "_dmarc.a.example": {"TXT": ['"v=DMARC1; p=reject"']},
}
PLAIN = b"From: Ann <ann@a.example>\r\nTo: bob@us.example\r\nSubject: hello\r\n\r\nA text.\r\n"
PROGRAM = (
    b"From: Ann <ann@a.example>\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/plain\r\n\r\nThe new one.\r\n"
    b'--b\r\nContent-Type: application/octet-stream; name="a.exe"\r\n\r\nMZ is all\r\n--b--\r\n'
)


def signed(octets):
    return dkim.sign(octets, b"s", b"a.example", PEM) + octets


@pytest.fixture(scope="module")
def house(lasting_service, names):
    """A service that asks our name server, and believes XCLIENT of this host."""
    service = lasting_service
    names.zone.update(ZONE)
    policy = service.folder / "policy.toml"
    policy.write_text(POLICY + (SHIPPED / "default.toml").read_text())
    (service.folder / "mail").symlink_to(SHIPPED / "mail")
    service.configure(LISTENER, REST.format(policy=policy, port=names.port, front=FRONT, ours=OURS))
    service.start()
    return service


def deliver(house, content, path, client=CLIENT, rcpt="bob@us.example"):
    """Send as some client; the reply."""
    with smtplib.SMTP("127.0.0.1", house.port, timeout=20) as smtp:
        smtp.ehlo("proxy.example")
        smtp.docmd("XCLIENT", f"ADDR={client} NAME=[UNAVAILABLE] HELO=mx.a.example")
        smtp.ehlo("mx.a.example")
        smtp.mail(path)
        smtp.rcpt(rcpt)
        return smtp.data(content)


@pytest.fixture
def sent(house, until):
    """Send as some client; the reply, what the journal keeps, what was delivered."""

    def sent(content, client=CLIENT, path="ann@a.example", rcpt="bob@us.example"):
        before, told = set(house.delivered()), len(house.messages())
        code, _ = deliver(house, content, path, client, rcpt)

        def ours():
            known = [one["queue_id"] for one in house.messages()[told:]]
            kept = [one for each in known for one in find(house.state / "journal", each).entries]
            return [one for one in kept if one.entry.envelope.reverse_path == path]

        until(ours, "the journal")
        new = [one.decode() for one in house.delivered() if one not in before]
        return code, ours()[-1], "".join(new)

    return sent


def auth(found):
    said = found.entry.facts.auth
    return said.spf, [one.result for one in said.dkim], said.dmarc, said.authenticated_as


def results(delivered):
    """Fields of results that a reader of the delivered message sees, unfolded."""
    header = delivered.partition("\r\n\r\n")[0].replace("\r\n\t", " ").replace("\r\n ", " ")
    name = "authentication-results:"
    return [line for line in header.split("\r\n") if line.lower().startswith(name)]


def test_signed_mail_of_who_it_says_is_authenticated_and_says_so(sent):
    code, found, delivered = sent(signed(PLAIN))
    assert code == 250
    assert auth(found) == ("pass", ["pass"], "pass", "ann@a.example")
    assert found.entry.facts.auth.dmarc_policy == "reject"
    wanted = (
        "Authentication-Results: filter.example; spf=pass smtp.mailfrom=a.example; "
        "dkim=pass header.d=a.example; dmarc=pass header.from=a.example; arc=none"
    )
    assert results(delivered) == [wanted]


def test_who_is_not_whom_he_says_is_refused_by_what_the_owner_wants(sent):
    code, found, delivered = sent(PLAIN, STRANGER)
    assert (code, delivered) == (550, "")
    assert auth(found) == ("fail", [], "fail", "")
    assert found.entry.rule == "its owner wants it refused"


def test_what_a_stranger_says_in_our_name_is_cut_out(sent):
    forged = b"".join(
        b"Authentication-Results: " + name + b"; dkim=pass header.d=a.example;\r\n\tdmarc=pass"
        b" header.from=a.example\r\n"
        for name in (b"filter.example", b"front.example", b"else.example")
    )
    octets = signed(PLAIN)
    code, found, delivered = sent(forged + octets)
    assert (code, auth(found)[3]) == (250, "ann@a.example")
    assert [one.split(";")[0].split()[1] for one in results(delivered)] == [
        "filter.example", "else.example",
    ]  # fmt: skip
    assert delivered.endswith(octets.decode())
    # Unsigned, it helps him nothing.
    assert sent(forged + PLAIN, STRANGER)[0] == 550


@pytest.mark.parametrize(
    "body",
    [
        b" filter.example; dkim=pass header.d=bank.example",
        b' (") filter.example; dkim=pass header.d=bank.example',
        b" filter.example of ours; dkim=pass header.d=bank.example",
        b' "Filter.example." 1; dkim=pass header.d=bank.example',
    ],
)
def test_what_a_stranger_says_in_our_name_is_cut_out_below_however_many_others(sent, body):
    others = b"Authentication-Results: other.example; none\r\n" * 30
    content = others + b"Authentication-Results:" + body + b"\r\n" + signed(PLAIN)
    # `default` holds so many; what is kept is the same for all: what shall be cut.
    _, found, _ = sent(content)
    cut = [(one.start, one.end) for one in found.entry.facts.mail.foreign_fields]
    assert cut == [(len(others), len(others) + len(body) + len(b"Authentication-Results:\r\n"))]


@pytest.mark.parametrize(
    "author", [b"ceo@a.example>", b'"ceo@a.example"', b"ceo@a . example", b"ceo@a.example@x"]
)
def test_an_octet_too_many_in_from_evades_no_record(sent, author):
    content = b"From: " + author + PLAIN[PLAIN.index(b"\r\n") :]
    code, found, _ = sent(content, STRANGER, "x@b.example")
    assert (code, found.entry.rule) == (550, "its owner wants it refused")


def test_what_a_server_of_ours_in_front_says_is_taken_over(sent, names):
    told = (
        b"Authentication-Results: front.example; spf=softfail smtp.mailfrom=a.example;\r\n"
        b"\tdkim=pass header.d=a.example; dmarc=pass header.from=a.example; arc=none\r\n"
    )
    asked = len(names.asked)
    code, found, delivered = sent(told + PLAIN, FRONT)
    assert (code, auth(found)) == (250, ("softfail", ["pass"], "pass", "ann@a.example"))
    assert found.entry.facts.auth.checker == "front.example, pratique"
    assert len(names.asked) == asked
    # It stays, and ours stands above it.
    assert [one.split(";")[0].split()[1] for one in results(delivered)] == [
        "filter.example", "front.example",
    ]  # fmt: skip


def test_what_was_taken_out_breaks_the_signature_and_not_who_it_is_from(sent):
    code, found, delivered = sent(signed(PROGRAM))
    assert code == 250
    assert "MZ is all" not in delivered
    assert auth(found) == ("pass", ["pass"], "pass", "ann@a.example")
    assert "dkim=pass header.d=a.example" in results(delivered)[0]


def test_servers_that_never_answer_hold_up_nobody_and_defer_nothing(sent, house, names):
    for name in ("slow.example", "_dmarc.slow.example", "s._domainkey.slow.example"):
        names.zone[name] = names.silence
    slow = signed(PLAIN).replace(b"a.example", b"slow.example")
    with ThreadPoolExecutor(8) as pool:
        begin = time.monotonic()
        waiting = [pool.submit(deliver, house, slow, "ann@slow.example") for _ in range(8)]
        code, found, _ = sent(signed(PLAIN))
        assert (code, auth(found)[3]) == (250, "ann@a.example")
        replies = [one.result()[0] for one in waiting]
    assert replies == [250] * 8
    # Twice the time of a question, and some for a machine with more to do.
    assert time.monotonic() - begin < 2 * 1 + 8
    house.until(lambda: len(temporary(house)) == 8, "the journal")


def temporary(house):
    """Who is told that DNS gave no answer."""
    kept = [
        find(house.state / "journal", line["queue_id"]).entries[0]
        for line in house.messages()
        if find(house.state / "journal", line["queue_id"]).entries
    ]
    word = "temperror"
    return [one for one in kept if auth(one) == (word, [word], word, "")]


def test_of_our_own_mail_nothing_is_asked(sent, names):
    asked = len(names.asked)
    code, found, delivered = sent(signed(PLAIN), OURS, "bob@us.example", "eve@else.example")
    assert (code, auth(found)) == (250, ("", [], "", ""))
    assert results(delivered) == []
    assert len(names.asked) == asked
