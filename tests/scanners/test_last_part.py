"""What stands last in a message of very many parts decides like what stands first."""

import io
import time
import zipfile
from binascii import b2a_base64

import pytest

from pratique.milter.policy_file import find
from pratique.policies import danger
from pratique.policies.policy import Policy
from pratique.scanners import facts_pb2 as facts
from pratique.scanners import wall_pb2 as wall
from pratique.scanners.inspector import load

# Those that judge all mail, and not only tell or look at bounces.
SHIPPED = ("default", "strict")
PROGRAM = (
    b'Content-Type: application/octet-stream; name="invoice.exe"\r\n'
    b"Content-Transfer-Encoding: base64\r\n\r\n" + b2a_base64(b"MZ" + bytes(300))
)
# Of this process; what is over the budget is over it in less than a second of an idle core.
SECONDS = 3.0
TEXT = b"Content-Type: text/plain\r\n\r\nhello\r\n"


@pytest.fixture(scope="module")
def inspector():
    return load(wall.Setup())


@pytest.fixture(params=SHIPPED)
def policy(request):
    found = find(request.param)
    return Policy.load(found.text, found.name, found.beside)


@pytest.fixture
def decide(inspector, listen, policy):
    """What the policy says of a message, as a pipeline asks it."""

    def decided(message):
        heard = listen()
        inspector.inspect(memoryview(message), wall.Inspect(direction="inbound"), heard)
        seen = danger.reduce(heard.whole())
        return policy.decide(seen, facts.Recipient()), seen

    return decided


def of_parts(*parts):
    head = (
        b"From: a@sender.example\r\nSubject: many\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
    )
    return head + b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"


@pytest.mark.slow
def test_a_program_after_1500_text_parts_is_refused(decide):
    verdict, seen = decide(of_parts(*[TEXT] * 1500, PROGRAM))

    assert (verdict.action, verdict.rule) == ("reject", "program")
    assert seen.parts_left_out.by_kind["text"] > 0
    assert [part.name for part in seen.parts if part.kind == "executable"] == ["invoice.exe"]


@pytest.mark.slow
def test_a_program_after_1500_texts_of_an_archive_is_refused(decide):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(1500):
            archive.writestr(f"{number}.txt", b"hello")
        archive.writestr("invoice.exe", b"MZ" + bytes(300))
    attached = b"Content-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    verdict, _ = decide(of_parts(TEXT, attached + b2a_base64(packed.getvalue())))

    assert (verdict.action, verdict.rule) == ("reject", "program")


@pytest.mark.slow
def test_1500_texts_and_no_program_are_accepted(decide):
    verdict, _ = decide(of_parts(*[TEXT] * 1501))

    assert verdict.action == "accept"


@pytest.mark.slow
@pytest.mark.parametrize("parts", [12_000, 100_000])
def test_a_program_behind_more_parts_than_are_looked_at_is_not_accepted(decide, parts):
    verdict, seen = decide(of_parts(*[TEXT] * parts, PROGRAM))

    assert verdict.action == "quarantine"
    assert {limit.class_ for limit in seen.limits} == {"parts"}


def nested(container):
    """300 levels of the one or the other, with the program in the last."""
    inner = PROGRAM
    for level in range(300):
        inner = container(b"%d" % level, inner)
    return b"Subject: deep\r\nMIME-Version: 1.0\r\n" + inner


def in_multipart(name, inner):
    head = b'Content-Type: multipart/mixed; boundary="%s"\r\n\r\n--%s\r\n' % (name, name)
    return head + inner + b"\r\n--%s--\r\n" % name


def in_message(name, inner):
    return b"Content-Type: message/rfc822\r\n\r\nSubject: %s\r\n" % name + inner


MANY = {
    "100,000 parts": of_parts(*[TEXT] * 100_000, PROGRAM),
    "a header of 1 MB in 14,000 fields": b"".join(
        b"X-%d: %s\r\n" % (n, b"y" * 70) for n in range(14_000)
    )
    + of_parts(TEXT, PROGRAM),
    "a header of 1 MB in one field": b"X-Long: "
    + b"y" * (1 << 20)
    + b"\r\n"
    + of_parts(TEXT, PROGRAM),
    "300 multiparts": nested(in_multipart),
    "300 messages": nested(in_message),
    "30,000 addresses": b"To: "
    + b",\r\n ".join(b"u%d <u%d@example.com>" % (n, n) for n in range(30_000))
    + b"\r\n"
    + of_parts(TEXT, PROGRAM),
}


@pytest.mark.slow
@pytest.mark.parametrize("message", MANY.values(), ids=MANY.keys())
def test_a_program_behind_more_than_is_read_is_never_accepted(decide, message):
    began = time.process_time()
    verdict, seen = decide(message)

    assert time.process_time() - began < SECONDS
    assert verdict.action in {"quarantine", "reject"}
    assert any(limit.class_ in {"parts", "depth", "header"} for limit in seen.limits)
    assert "over_budget" in {part.unopened for part in seen.parts}
