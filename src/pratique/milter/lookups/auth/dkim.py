"""Verify DKIM signatures (RFC 6376 6.1) as the worker states them: fetch the key, check the hash.

The worker says what each signature signs, and whether the body is the one that was signed;
nothing here reads the message.  The words are those of RFC 8601 2.7.1:

    pass       the key's owner signed the header, and the whole body
    policy     it verifies, but only a part of the body is signed (l=): anybody may have added the
               rest (RFC 6376 8.2), so it proves nothing here: not for DMARC, not for a list
    fail       the header or the body is not what was signed
    neutral    it cannot be read; or it fails, and the key's owner is only testing (t=y);
               RFC 6376 3.6.1 forbids holding that against the message
    permerror  no such key, or one that is revoked, too weak, too long or for something else;
               expired; or it breaks another rule that the worker names
    temperror  DNS gave no answer; the message may be deferred and asked about again
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from pratique.milter.lookups.auth import dkim_key, tag_list
from pratique.milter.lookups.auth.answers import LATE, Asks, asked_name, in_time, texts
from pratique.milter.lookups.auth.dkim_key import BadKey, Key
from pratique.scanners import facts_pb2 as facts

# A message that went through three lists has this many; each costs a question to a stranger's
# server and some 50 microseconds.
MOST = 10
# A clock this far ahead is wrong, not malicious; dkimpy allows the same ten hours.
SKEW = 36_000
# With these problems a signature counts as absent, RFC 6376 6.1.1 and RFC 8601 2.7.1.
_UNREADABLE = frozenset({"syntax", "version", "canonicalization"})


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of one signature."""

    # d=
    domain: str
    word: str
    why: str = ""
    # Its key says t=y.
    testing: bool = False


async def check_all(
    asks: Asks, signatures: Iterable[facts.Signature], at: int | None, until: float
) -> tuple[Checked, ...]:
    """Verify the first ten, at the same time; `at` is when the message came.

    Each has its own timeout: nine servers that never answer do not make the tenth a `temperror`.
    """
    ours = (one for one in signatures if one.kind == "dkim")
    checks = (
        in_time(check(asks, one, at, until), until, Checked(one.domain, "temperror", LATE))
        for one in islice(ours, MOST)
    )
    return tuple(await asyncio.gather(*checks))


async def check(asks: Asks, signature: facts.Signature, at: int | None, until: float) -> Checked:
    """Verify one signature of a header, of DKIM or of ARC."""
    domain = signature.domain
    if signature.problem:
        word = "neutral" if signature.problem in _UNREADABLE else "permerror"
        return Checked(domain, word, signature.problem)
    if why := _untimely(signature, at):
        return Checked(domain, "permerror", why)
    try:
        key = await _key(asks, signature, until)
    except BadKey as bad:
        return Checked(domain, "permerror", str(bad))
    if isinstance(key, str):
        # If the body was changed, another try will not help.
        return Checked(domain, "temperror" if signature.body_ok else "fail", key)
    return judge(signature, key)


def judge(signature: facts.Signature, key: Key) -> Checked:
    """Judge what a signature is worth with this key."""
    domain = signature.domain
    if not key.fits(signature.algorithm):
        return Checked(domain, "permerror", "the key is of another kind than the signature")
    if key.strict and not _of_domain_itself(signature):
        return Checked(domain, "permerror", "the key is not for domains below its own (t=s)")
    why = ""
    if not signature.body_ok:
        why = "the body was changed"
    elif not key.signed(signature.signed_sha256, signature.value):
        why = "the header was changed, or the signature is none of this key"
    if why:
        return Checked(domain, "neutral" if key.testing else "fail", why, key.testing)
    if signature.body_length >= 0:
        return Checked(domain, "policy", "only a part of the body is signed (l=)", key.testing)
    return Checked(domain, "pass", testing=key.testing)


def _untimely(signature: facts.Signature, at: int | None) -> str:
    """Check t= and x= (RFC 6376 3.5) against the time at which the message came."""
    if signature.HasField("expires_at") and (at is None or signature.expires_at.seconds < at):
        return "it has expired"
    if at is not None and signature.signed_at.seconds > at + SKEW:
        return "it was made in the future"
    return ""


def _of_domain_itself(signature: facts.Signature) -> bool:
    # An ARC field has no i= of this kind.
    identity = signature.identity.rpartition("@")[2].lower()
    return not identity or identity == signature.domain


async def _key(asks: Asks, signature: facts.Signature, until: float) -> Key | str:
    """Return the key (RFC 6376 3.6.2), or why DNS does not tell.  Raises BadKey."""
    name = asked_name(f"{signature.selector}._domainkey.{signature.domain}")
    if not (name and signature.selector and signature.domain):
        raise BadKey("there can be no such key")
    reply = await asks.ask(name, "TXT", until)
    if reply.failure:
        return reply.failure
    found = texts(reply)
    if len(found) > 1:
        # 3.6.2.2 leaves open which of several records counts: those that are not keys do not, and
        # nothing here may choose between two keys.
        found = tuple(text for text in found if "p" in (tag_list.read(text) or {}))
    if len(found) != 1:
        raise BadKey("there are several keys" if found else "there is no key")
    return dkim_key.read(found[0])
