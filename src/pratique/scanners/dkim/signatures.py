"""Read one field that signs: DKIM-Signature, ARC-Message-Signature, ARC-Seal.

RFC 6376 3.5 and 6.1.1 say what has to be there, RFC 8617 4.1.2 and 4.1.3 what is different
in ARC: i= is the number of a set, a seal has neither h= nor bh=, and no v= is asked for.
What can be read of a field that cannot be valid is stated all the same, for a person.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.dkim import values
from pratique.scanners.dkim.body_hash import WHOLE
from pratique.scanners.dkim.canonical import FORMS, Form
from pratique.scanners.dkim.tags import Tags, read_tags

DKIM, ARC_MESSAGE, ARC_SEAL = "dkim", "arc_message", "arc_seal"
# rsa-sha1 is believed no more (RFC 8301 3.1).
ALGORITHMS = frozenset({b"rsa-sha256", b"ed25519-sha256"})
CHAINS = frozenset({b"none", b"pass", b"fail"})
# So many names are stated; a signature may cover more.
MOST_FIELDS = 100
# l= is an int64 in the facts.
_LONGEST = 2**63 - 1

_NEEDED = {
    DKIM: (b"v", b"a", b"b", b"bh", b"d", b"h", b"s"),
    ARC_MESSAGE: (b"i", b"a", b"b", b"bh", b"d", b"h", b"s"),
    ARC_SEAL: (b"i", b"a", b"b", b"cv", b"d", b"s"),
}


@dataclass(slots=True)
class Signing:
    """A field that signs: what is stated of it, and what its hashes are made by."""

    stated: facts.Signature
    # Its place among the fields of the header.
    place: int
    # Of the value of b=, in its body.
    hole: tuple[int, int] = (0, 0)
    names: list[bytes] = field(default_factory=list)
    header_form: Form = "relaxed"
    body_form: Form = "relaxed"
    body_hash: bytes = b""

    @property
    def body(self) -> tuple[Form, int]:
        """The form of the body that it has the hash of, and how far it goes."""
        return self.body_form, self.stated.body_length

    def is_wrong(self, problem: str) -> None:
        """State that it cannot be valid; the first reason stays."""
        self.stated.problem = self.stated.problem or problem


def read_signing(kind: str, text: bytes, place: int) -> Signing:
    """Read a field's body, its line end included."""
    signing = Signing(facts.Signature(kind=kind, body_length=WHOLE), place)
    tags = read_tags(text)
    if tags is None:
        signing.is_wrong("syntax")
        return signing
    signing.hole = tags.hole
    if any(tag not in tags.values for tag in _NEEDED[kind]):
        signing.is_wrong("syntax")
    for read in _READERS[kind]:
        if problem := read(signing, tags):
            signing.is_wrong(problem)
    return signing


# Each states what it reads, and answers a word of SignatureProblems or nothing.


def _version(_: Signing, tags: Tags) -> str:
    return "" if tags.get(b"v") == b"1" else "version"


def _key(signing: Signing, tags: Tags) -> str:
    """Where its key is, and what it should verify."""
    domain, selector = values.host(tags.get(b"d"), 2), values.host(tags.get(b"s"), 1)
    value = values.base64(tags.get(b"b"))
    signing.stated.domain, signing.stated.selector = domain or "", selector or ""
    signing.stated.value = value or b""
    asks_dns = b"dns/txt" in values.words(tags.values.get(b"q", b"dns/txt"))
    return "" if domain and selector and value and asks_dns else "syntax"


def _algorithm(signing: Signing, tags: Tags) -> str:
    signing.stated.algorithm = values.text(tags.get(b"a"))
    return "" if tags.get(b"a") in ALGORITHMS else "algorithm"


def _forms(signing: Signing, tags: Tags) -> str:
    """RFC 6376 3.5, c=: of a missing half the default is simple."""
    forms = tags.values.get(b"c", b"simple/simple").split(b"/")
    forms += [b"simple"] * (len(forms) == 1)
    if len(forms) != 2 or not {form.encode() for form in FORMS}.issuperset(forms):
        return "canonicalization"
    signing.header_form, signing.body_form = (
        "relaxed" if form == b"relaxed" else "simple" for form in forms
    )
    return ""


def _names(signing: Signing, tags: Tags) -> str:
    """Which fields it covers; From has to be among them (RFC 6376 5.4)."""
    names = values.field_names(tags.get(b"h"))
    if names is None:
        return "syntax"
    signing.names = names
    signing.stated.fields.extend(name.decode("ascii") for name in names[:MOST_FIELDS])
    if signing.stated.kind == ARC_MESSAGE and b"arc-seal" in names:
        return "syntax"  # RFC 8617 4.1.2
    return "" if b"from" in names else "from_unsigned"


def _body(signing: Signing, tags: Tags) -> str:
    signing.body_hash = values.base64(tags.get(b"bh")) or b""
    length = values.number(tags.get(b"l")) if b"l" in tags.values else WHOLE
    signing.stated.body_length = WHOLE if length is None else min(length, _LONGEST)
    return "" if signing.body_hash and length is not None else "syntax"


def _identity(signing: Signing, tags: Tags) -> str:
    """RFC 6376 3.5, i=: the domain of d= or one below it."""
    domain = signing.stated.domain
    signing.stated.identity = f"@{domain}" if domain else ""
    if b"i" not in tags.values:
        return ""
    found = values.identity(tags.get(b"i"))
    if found is None:
        return "syntax"
    local, host = found
    signing.stated.identity = f"{local}@{host}"
    return "" if f".{host}".endswith(f".{domain}") else "identity"


def _times(signing: Signing, tags: Tags) -> str:
    times = {tag: values.second(tags.get(tag)) for tag in (b"t", b"x") if tag in tags.values}
    if None in times.values():
        return "syntax"
    begins, ends = times.get(b"t"), times.get(b"x")
    if begins is not None:
        signing.stated.signed_at.FromSeconds(begins)
    if ends is not None:
        signing.stated.expires_at.FromSeconds(ends)
    return "times" if begins is not None and ends is not None and ends < begins else ""


def _instance(signing: Signing, tags: Tags) -> str:
    """RFC 8617 4.2.1; whether the sets are all there, arc.py tells."""
    number = values.number(tags.get(b"i"))
    signing.stated.instance = number if number is not None and 1 <= number <= 50 else 0
    return "" if signing.stated.instance else "arc_set"


def _chain(signing: Signing, tags: Tags) -> str:
    """RFC 8617 4.1.3: what a seal says of the sets before it, and that it has no h=."""
    chain = tags.get(b"cv")
    signing.stated.chain = chain.decode() if chain in CHAINS else ""
    return "" if chain in CHAINS and b"h" not in tags.values else "syntax"


_Reads = Callable[[Signing, Tags], str]
_READERS: dict[str, tuple[_Reads, ...]] = {
    DKIM: (_version, _key, _algorithm, _forms, _names, _body, _identity, _times),
    ARC_MESSAGE: (_instance, _key, _algorithm, _forms, _names, _body, _times),
    ARC_SEAL: (_instance, _key, _algorithm, _chain, _times),
}
