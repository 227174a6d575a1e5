"""Know which texts of the facts a stranger writes as he likes, and which he cannot make up.

Addresses, names, subjects and the HELO name are what the sender's program says (RFC 5321 7.1:
"SMTP mail is inherently insecure"); results that a message states of itself are no better.
What he cannot make up is what somebody has proved to us: with a key (DKIM, DMARC), with a
password (SMTP AUTH), by the connection (address, verified name), or by having got mail of ours.

TLS is no proof: anybody may encrypt.  SPF alone is none either, since whole mail services
stand in the records of their customers (docs/authentication.md).
"""

from collections.abc import Sequence
from enum import IntFlag, auto

from pratique.policies.checks.wholeness import is_whole_name, is_whole_number
from pratique.policies.language.vocabulary import PACKAGE
from pratique.scanners import facts_pb2 as facts


class Rest(IntFlag):
    """What a condition rests on where it holds."""

    NOTHING = 0
    # What From says: a stranger's word that DMARC can prove.
    AUTHOR = auto()
    # Any other word of a stranger.
    WORD = auto()
    # The domain of a signature that may be a wrong one, and that a signature is a right one.
    SIGNER = auto()
    SIGNED = auto()
    # From is proved, whoever that is.
    AUTHOR_PROVED = auto()
    # Something else is proved, and which.
    PROVED = auto()
    # Something is proved, and the comparison lets others in as well.
    LOOSE = auto()
    # The proved identity, the client's name and number, a result of DMARC, and the way that
    # mail goes: they rest on what they are compared with.
    IDENTITY = auto()
    NAME = auto()
    NUMBER = auto()
    LOGIN = auto()
    RESULT = auto()
    DIRECTION = auto()
    # The authors in From, as a list: DMARC proves these, not whom Reply-To or Sender names.
    AUTHORS = auto()


def _all(message: str, rest: Rest, *names: str) -> dict[tuple[str, str], Rest]:
    return {(message, name): rest for name in names}


_RETURNED = [
    field.name
    for field in facts.Returned.DESCRIPTOR.fields
    if field.type in (field.TYPE_STRING, field.TYPE_BYTES)
]
_PLACES = {
    **_all("Header", Rest.AUTHORS, "from_"),
    **_all("Address", Rest.WORD, "address", "domain", "display_name", "raw_display_name"),
    **_all("Mail", Rest.WORD, "subject", "raw_subject", "message_id", "date", "release_token"),
    **_all("Mail", Rest.PROVED, "sha256"),
    **_all("Mail", Rest.DIRECTION, "direction"),
    **_all("Envelope", Rest.WORD, "reverse_path"),
    **_all("Envelope", Rest.PROVED, "door"),
    **_all("Envelope", Rest.LOGIN, "authenticated"),
    **_all("Client", Rest.WORD, "helo"),
    **_all("Client", Rest.NUMBER, "ip"),
    **_all("Client", Rest.PROVED, "listed"),
    **_all("Client", Rest.NAME, "name"),
    **_all("Auth", Rest.IDENTITY, "authenticated_as"),
    **_all("Auth", Rest.RESULT, "dmarc"),
    **_all("DkimResult", Rest.SIGNER, "domain"),
    **_all("DkimResult", Rest.SIGNED, "result"),
    **_all("Signature", Rest.WORD, "domain", "selector", "identity"),
    **_all("StatedResults", Rest.WORD, "authserv_id"),
    **_all("StatedResult", Rest.WORD, "method", "result", "properties"),
    **_all("Bounce", Rest.PROVED, "verified"),
    **_all("Returned", Rest.WORD, *_RETURNED),
    **_all("AddressProblem", Rest.WORD, "address", "detail"),
    **_all("Evidence", Rest.WORD, "detail"),
    **_all("SpoofSign", Rest.WORD, "detail"),
}
# By name: what the mail server in front says of the client, and what the client says.  The
# name that a client's DNS gives it (client_ptr, `_`) is its own word, and so is a certificate
# that nobody verified.
_MACROS = {
    "auth_authen": Rest.LOGIN, "auth_type": Rest.LOGIN,
    "daemon_name": Rest.PROVED, "daemon_port": Rest.PROVED,
    "client_addr": Rest.NUMBER, "client_name": Rest.NAME,
    "f": Rest.WORD, "mail_addr": Rest.WORD, "mail_host": Rest.WORD, "s": Rest.WORD,
    "client_ptr": Rest.WORD, "_": Rest.WORD, "cert_subject": Rest.WORD, "cert_issuer": Rest.WORD,
    # A name that is itself a fact: it may be any of them.
    "": Rest.WORD,
}  # fmt: skip
# What is met by others as well where it is not compared as a whole.  DMARC proves the name in
# From, and then it has to be that name, not one of which it is a part.
_WHOLE = {
    Rest.IDENTITY: is_whole_name, Rest.NAME: is_whole_name, Rest.NUMBER: is_whole_number,
    Rest.AUTHOR: is_whole_name, Rest.SIGNER: is_whole_name,
}  # fmt: skip
_IF_WHOLE = {Rest.AUTHOR: Rest.AUTHOR, Rest.SIGNER: Rest.SIGNER}
_IF_LOOSE = {Rest.AUTHOR: Rest.WORD}
# Forgeable: any of these.
FORGEABLE = Rest.AUTHOR | Rest.WORD | Rest.SIGNER


def at(message: str, field: str, holder: Rest = Rest.NOTHING) -> Rest:
    """What a comparison with a field rests on; `holder` is what the message itself stands in."""
    if holder is Rest.AUTHORS and field in ("address", "domain"):
        return Rest.AUTHOR
    return _PLACES.get((message.removeprefix(PACKAGE), field), Rest.NOTHING)


def of_macro(name: str) -> Rest:
    """What a comparison with a milter macro rests on."""
    return _MACROS.get(name, Rest.NOTHING)


def if_met(place: Rest, function: str, texts: Sequence[str]) -> Rest:
    """What is known where a place is as a comparison wants it.

    An empty text says that there is nothing: a form, and nobody's name.  The null reverse-path
    is one.  And where nothing is good enough as well, nothing is proved.
    """
    if not any(texts) or ("" in texts and not place & FORGEABLE):
        return Rest.NOTHING
    if place in _WHOLE:
        return if_listed(place, is_whole=all(_WHOLE[place](function, text) for text in texts))
    if place in (Rest.RESULT, Rest.SIGNED):
        met = Rest.AUTHOR_PROVED if place is Rest.RESULT else Rest.SIGNED
        return met if set(texts) == {"pass"} else Rest.NOTHING
    if place is Rest.DIRECTION:
        return Rest.PROVED if set(texts) == {"outbound"} else Rest.NOTHING
    return Rest.PROVED if place is Rest.LOGIN else place


def if_listed(place: Rest, *, is_whole: bool) -> Rest:
    """What is known where a place has one of several names; whole: each names its owner."""
    if place in _WHOLE:
        return _IF_WHOLE.get(place, Rest.PROVED) if is_whole else _IF_LOOSE.get(place, Rest.LOOSE)
    if place in (Rest.RESULT, Rest.SIGNED, Rest.DIRECTION):
        return Rest.NOTHING
    return Rest.PROVED if place is Rest.LOGIN else place


def if_not_empty(place: Rest) -> Rest:
    """What is known where a place has any text at all."""
    known = {Rest.IDENTITY: Rest.AUTHOR_PROVED, Rest.LOGIN: Rest.PROVED}
    return known.get(place, Rest.NOTHING)
