"""Make journaled messages: facts as real mail has them, and what a policy decided of them.

Nothing is seen or sent: the facts of each message are put together from words, by a chance
that begins with the message's number, so the same number gives the same message.  The shares
of the kinds, of links, recipients, names and sizes are those of a company's inbound mail:
mostly newsletters and text, some with documents, few with anything that a rule speaks about.
Records have 0.6 to 4 KB of facts before they are deflated.
"""

import random
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from pratique.milter.journal.day_file import DayFiles
from pratique.milter.journal.entry import Entry, PolicyText
from pratique.milter.journal.record import encode
from pratique.milter.lookups import addresses
from pratique.milter.mail import Client, Envelope, Forward
from pratique.milter.next_hop import Reply
from pratique.milter.stores.day_folder import DayFolder
from pratique.policies.policy import Policy
from pratique.scanners import facts_pb2 as facts

# Rows of one transaction; a service writes as few as come at once.
BATCH = 5000

NAMES = "ann bob carl dora emil fay gus hana ivo jon kim lea max nora otto pia rio sam".split()
COMPANIES = "acme bolt crane delta ember flint gale haven iris juno kite lumen mesa nova".split()
WORDS = (
    "invoice offer report meeting agenda news order delivery contract summer team budget plan"
    " review update notes photos reminder weekly travel ticket project draft final minutes"
).split()
PLACES = "click www img track news shop mail static".split()
OUTCOMES = {"accept": "delivered", "quarantine": "held", "reject": "refused", "defer": "deferred"}

_Shape = Callable[[random.Random, facts.Facts], None]


def _hex(chance: random.Random) -> str:
    return chance.randbytes(32).hex()


def _address(chance: random.Random, domain: str = "") -> str:
    domain = domain or f"{chance.choice(COMPANIES)}{chance.randrange(400)}.example"
    return f"{chance.choice(NAMES)}.{chance.choice(NAMES)}@{domain}"


def _part(chance: random.Random, known: facts.Facts, kind: str, type_: str, **more: object) -> None:
    number = len(known.parts)
    stated = {"parent": 0 if number else -1, "path": str(number) if number else ""} | more
    known.parts.add(
        id=number, kind=kind, type=type_, declared_type=type_, depth=1 if number else 0,
        size=int(chance.lognormvariate(8.5, 1.6)), sha256=_hex(chance),
        inside=["message/rfc822"] if number else [], views=["standard", "further"], **stated,
    )  # fmt: skip


def _links(chance: random.Random, known: facts.Facts, count: int) -> None:
    domain = f"{chance.choice(COMPANIES)}{chance.randrange(400)}.example"
    for _ in range(count):
        host = f"{chance.choice(PLACES)}.{domain}"
        path = f"{chance.choice(WORDS)}/{chance.randrange(10**6)}?u={chance.randrange(10**9):x}"
        known.links.add(url=f"https://{host}/{path}", host=host, part=len(known.parts) - 1)


def _text(chance: random.Random, known: facts.Facts) -> None:
    _part(chance, known, "text", "text/plain")
    if chance.random() < 0.5:
        _part(chance, known, "html", "text/html")
    _links(chance, known, chance.choice((0, 0, 0, 1, 1, 2, 4)))


def _newsletter(chance: random.Random, known: facts.Facts) -> None:
    _part(chance, known, "multipart", "multipart/alternative")
    _part(chance, known, "text", "text/plain", parent=1)
    _part(chance, known, "html", "text/html", parent=1)
    _links(chance, known, min(40, 3 + int(chance.expovariate(1 / 11))))
    if chance.random() < 0.2:
        known.links[-1].tricks.append(chance.choice(("shortener", "shown_differs")))


def _attached(chance: random.Random, known: facts.Facts) -> None:
    _text(chance, known)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
        kind, type_, end = chance.choice(
            (
                ("document", "application/pdf", "pdf"),
                ("document", "application/pdf", "pdf"),
                ("document", "application/vnd.openxmlformats-officedocument", "docx"),
                ("image", "image/jpeg", "jpg"),
                ("image", "image/png", "png"),
            )
        )
        name = f"{chance.choice(WORDS)}-{chance.randrange(10000)}.{end}"
        _part(chance, known, kind, type_, name=name, disposition="attachment")


def _archive(chance: random.Random, known: facts.Facts) -> None:
    _text(chance, known)
    at, name = len(known.parts), f"{chance.choice(WORDS)}.zip"
    locked = chance.random() < 0.12
    _part(
        chance, known, "archive", "application/zip", name=name, disposition="attachment",
        encrypted=locked, unopened="archive_password" if locked else "",
    )  # fmt: skip
    for number in range(chance.choice((1, 2, 2, 5, 12))):
        kind = chance.choice(("document", "document", "image", "text"))
        kind = "executable" if chance.random() < 0.02 else kind
        end = "exe" if kind == "executable" else "txt"
        inner = f"{chance.choice(WORDS)}{number}.{end}"
        path = f"{at}/zip:{inner}"
        _part(chance, known, kind, "application/x", name=inner, parent=at, path=path)


def _bounce(chance: random.Random, known: facts.Facts) -> None:
    known.envelope.reverse_path = ""
    _part(chance, known, "text", "text/plain")
    _part(chance, known, "message", "message/delivery-status")
    _part(chance, known, "message", "text/rfc822-headers", returned=True)
    known.bounce.claimed = True
    known.bounce.verified = chance.random() < 0.7
    kinds = ["report_structure", "structure", "delivery_status", "failed_recipient"]
    kinds += ["sent_message"] if known.bounce.verified else []
    if not known.bounce.verified and chance.random() < 0.4:
        kinds.append(chance.choice(("never_sent", "attachment", "bulk_mail", "html_only")))
    for kind in kinds:
        known.bounce.evidence.add(kind=kind, weight=round(chance.uniform(-2, 4), 1), detail=kind)
    known.bounce.weight = sum(one.weight for one in known.bounce.evidence)
    known.bounce.returned.message_ids.append(f"<{chance.randrange(10**12):x}@our.example>")


def _bad(chance: random.Random, known: facts.Facts) -> None:
    _attached(chance, known)
    severity = chance.choice(("malicious", "suspicious", "information", "information"))
    scanner = chance.choice(("yara", "clamav", "links", "office"))
    known.findings.add(
        scanner=scanner, name=f"Gen.{chance.randrange(99)}", severity=severity,
        part=len(known.parts) - 1, note="what it saw",
    )  # fmt: skip


def _odd(chance: random.Random, known: facts.Facts) -> None:
    _attached(chance, known)
    match chance.randrange(5):
        case 0:
            known.ambiguities.add(class_="duplicate_parameter", where="1", detail="two names")
        case 1:
            known.limits.add(class_=chance.choice(("ratio", "depth", "octets")), part=1)
        case 2:
            known.failures.add(class_=chance.choice(("engine_away", "policy")), part=0, detail="x")
        case 3:
            known.parts[-1].disguised.append("double_extension")
        case _:
            known.parts[-1].unopened = chance.choice(("document_password", "pgp", "smime"))
            known.parts[-1].encrypted = True


# Of a thousand messages.
SHARES: tuple[tuple[int, _Shape], ...] = (
    (430, _newsletter), (320, _text), (150, _attached), (35, _archive), (35, _bounce),
    (20, _bad), (10, _odd),
)  # fmt: skip
_SHAPES = [shape for share, shape in SHARES for _ in range(share)]


def _recipients(chance: random.Random) -> tuple[Forward, ...]:
    count = chance.choice((1,) * 17 + (2, 3, 6))
    count = chance.randrange(20, 200) if chance.random() < 0.003 else count
    domain = chance.choice(("our.example", "our.example", "sales.our.example"))
    return tuple(Forward(_address(chance, domain)) for _ in range(count))


def _header(
    chance: random.Random, known: facts.Facts, author: str, to: tuple[Forward, ...]
) -> None:
    domain = author.rpartition("@")[2]
    known.mail.subject = " ".join(chance.choices(WORDS, k=chance.randint(2, 8)))
    known.mail.sha256, known.mail.size = _hex(chance), int(chance.lognormvariate(9.6, 1.5))
    known.mail.message_id = f"<{chance.randrange(10**15):x}@{domain}>"
    known.mail.date, known.mail.direction = "Mon, 16 Nov 2026 08:15:00 +0100", "inbound"
    known.mail.received_count = chance.randint(1, 6)
    known.mail.header.from_.add(address=author, domain=domain, display_name=chance.choice(NAMES))
    for each in to[:5]:
        known.mail.header.to.add(address=each.address, domain=each.domain)
    verdict = chance.choice(("pass",) * 9 + ("none", "fail"))
    known.auth.spf, known.auth.dmarc, known.auth.checker = "pass", verdict, "pratique"
    known.auth.dkim.add(domain=domain, result=verdict if verdict != "fail" else "none")
    if verdict == "pass":
        known.auth.authenticated_as = author
    elif verdict == "fail":
        known.auth.dmarc_policy = chance.choice(("none", "none", "quarantine", "reject"))
    known.signatures.add(
        kind="dkim", domain=domain, selector="s1", algorithm="rsa-sha256", identity=f"@{domain}",
        signed_sha256=chance.randbytes(32), value=chance.randbytes(128), body_ok=True,
        fields=["from", "to", "subject", "date", "message-id", "mime-version"], body_length=-1,
    )  # fmt: skip
    if chance.random() < 0.02:
        signs = ("reply_elsewhere", "name_is_address", "lookalike", "name_via")
        known.spoof_signs.add(kind=chance.choice(signs), detail=author)


def message(number: int, received_at: datetime) -> tuple[Envelope, facts.Facts]:
    """One message: its envelope and what was seen of it."""
    chance = random.Random(number)
    author, to, known = _address(chance), _recipients(chance), facts.Facts()
    envelope = Envelope(
        queue_id=f"Q{number:011X}",
        received_at=received_at,
        reverse_path=author,
        parameters=("SIZE=20000", "BODY=8BITMIME"),
        recipients=to,
        client=Client(f"192.0.2.{chance.randrange(256)}", f"mx.{author.rpartition('@')[2]}", "mx"),
        door="smtp",
        tls="TLSv1.3",
        mta_id=f"{chance.randrange(10**15):X}",
    )
    envelope.state(known.envelope)
    _part(chance, known, "message", "message/rfc822")
    _header(chance, known, author, to)
    shape = chance.choice(_SHAPES)
    shape(chance, known)
    return envelope, known


def entry(number: int, received_at: datetime, policy: Policy, text: PolicyText) -> Entry:
    """One message as the journal keeps it, decided by a policy."""
    envelope, known = message(number, received_at)
    verdicts = policy.decide_all(known, [addresses.to_facts(one) for one in envelope.recipients])
    worst = max(verdicts, key=lambda one: one.action.severity)
    return Entry(
        envelope, known, verdicts, str(worst.action), worst.rule, OUTCOMES[worst.action],
        Reply(250, (f"2.0.0 Ok: taken as {envelope.queue_id}",)), 12.3, text,
    )  # fmt: skip


def write_day(folder: Path, day: date, numbers: range, policy: Policy, text: PolicyText) -> None:
    """Write the messages of a day into its file, a few thousand in a transaction."""
    files = DayFiles(DayFolder(folder, lambda: datetime.now(UTC), patience=60.0))
    begun, step = datetime.combine(day, time.min, UTC), timedelta(days=1) / max(1, len(numbers))
    for some in _cut(numbers):
        made = (entry(one, begun + (one - numbers[0]) * step, policy, text) for one in some)
        files.write(day, [encode(one, "plain") for one in made])


def octets_of(folder: Path) -> tuple[int, int]:
    """Records in all day files, and octets of the files."""
    records = octets = 0
    for path in folder.glob("*.sqlite3"):
        connection = sqlite3.connect(path)
        records += connection.execute("SELECT count(*) FROM message").fetchone()[0]
        connection.close()
        octets += path.stat().st_size
    return records, octets


def _cut(numbers: range) -> Iterator[range]:
    for at in range(0, len(numbers), BATCH):
        yield numbers[at : at + BATCH]
