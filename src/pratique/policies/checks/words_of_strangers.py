"""Know which texts of the facts a stranger writes at will, and which cannot be made up.

Addresses, names, subjects and the HELO name are what the sender's program says (RFC 5321 7.1:
"SMTP mail is inherently insecure"); results that a message states about itself are no better.
What cannot be made up is what the sender has proved to us: with a key (DKIM, DMARC), with a
password (SMTP AUTH), by the connection (address, verified name), or by having received our mail.

TLS is no proof: anybody may encrypt.  Neither is SPF alone, since whole mail services are listed
in the records of their customers (docs/authentication.md).
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
    # The domain of a signature that may be invalid; and that a signature is valid.
    SIGNER = auto()
    SIGNED = auto()
    # From is proved, whoever that names.
    AUTHOR_PROVED = auto()
    # Something else is proved, and it is known what.
    PROVED = auto()
    # Something is proved, but the comparison lets others in as well.
    LOOSE = auto()
    # The proved identity, the client's name and address, a login, a result of DMARC, and the
    # direction of mail: what these prove depends on what they are compared with.
    IDENTITY = auto()
    NAME = auto()
    NUMBER = auto()
    LOGIN = auto()
    RESULT = auto()
    DIRECTION = auto()
    # The authors in From, as a list: DMARC proves these, not those in Reply-To or Sender.
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
# that was not verified.
_MACROS = {
    "auth_authen": Rest.LOGIN, "auth_type": Rest.LOGIN,
    "daemon_name": Rest.PROVED, "daemon_port": Rest.PROVED,
    "client_addr": Rest.NUMBER, "client_name": Rest.NAME,
    "f": Rest.WORD, "mail_addr": Rest.WORD, "mail_host": Rest.WORD, "s": Rest.WORD,
    "client_ptr": Rest.WORD, "_": Rest.WORD, "cert_subject": Rest.WORD, "cert_issuer": Rest.WORD,
    # A name that is computed from facts: it may be any of them.
    "": Rest.WORD,
}  # fmt: skip
# Others meet these as well unless they are compared as a whole.  DMARC proves the name in
# From; then it has to be that very name, not one that merely contains it.
_WHOLE = {
    Rest.IDENTITY: is_whole_name, Rest.NAME: is_whole_name, Rest.NUMBER: is_whole_number,
    Rest.AUTHOR: is_whole_name, Rest.SIGNER: is_whole_name,
}  # fmt: skip
_IF_WHOLE = {Rest.AUTHOR: Rest.AUTHOR, Rest.SIGNER: Rest.SIGNER}
_IF_LOOSE = {Rest.AUTHOR: Rest.WORD}
# A stranger can forge any of these.
FORGEABLE = Rest.AUTHOR | Rest.WORD | Rest.SIGNER


def at(message: str, field: str, holder: Rest = Rest.NOTHING) -> Rest:
    """Return what a comparison with a field rests on; `holder` is where its message stands."""
    if holder is Rest.AUTHORS and field in ("address", "domain"):
        return Rest.AUTHOR
    return _PLACES.get((message.removeprefix(PACKAGE), field), Rest.NOTHING)


def of_macro(name: str) -> Rest:
    """Return what a comparison with a milter macro rests on."""
    return _MACROS.get(name, Rest.NOTHING)


def if_met(place: Rest, function: str, texts: Sequence[str]) -> Rest:
    """Return what is known where a place meets a comparison.

    An empty text says that there is nothing: that is a form, and nobody's name.  The null
    reverse-path is one.  And where an empty text would do as well, nothing is proved.
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
    """Return what is known where a place has one of several names; whole: each names its owner."""
    if place in _WHOLE:
        return _IF_WHOLE.get(place, Rest.PROVED) if is_whole else _IF_LOOSE.get(place, Rest.LOOSE)
    if place in (Rest.RESULT, Rest.SIGNED, Rest.DIRECTION):
        return Rest.NOTHING
    return Rest.PROVED if place is Rest.LOGIN else place


def if_not_empty(place: Rest) -> Rest:
    """Return what is known where a place has any text at all."""
    known = {Rest.IDENTITY: Rest.AUTHOR_PROVED, Rest.LOGIN: Rest.PROVED}
    return known.get(place, Rest.NOTHING)
