"""Bring addresses and Message-IDs into the one form in which they are compared.

What comes back was written by another server: it may have put brackets around an address,
changed its case, quoted a local part that needs no quotes (by RFC 5321 4.1.2 both mean the
same), or written an international domain in its other form (RFC 5890 2.3.2.1).  A local part
is compared without regard to case too: RFC 5321 2.4 allows two mailboxes that differ only in
case, but nobody has them, and servers do change it.
"""

import re
import secrets
import unicodedata

import idna

# A header line has no more octets (RFC 5322 2.1.1), so neither has a Message-ID.
MOST_MESSAGE_ID = 998
# A path has 256 octets (RFC 5321 4.5.3.1.3); in UTF-8 some servers accept more.
MOST_ADDRESS = 1000
# A name in the DNS (RFC 1035 2.3.4).
_MOST_DOMAIN = 255

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_NEEDLESS_QUOTES = re.compile(rf'"({_ATOM}(?:\.{_ATOM})*)"')
# Stripped together, so that normalizing a normalized form changes nothing.
_AROUND = " \t\r\n<>"
# No Message-ID has spaces, controls or brackets (RFC 5322 3.6.4); folding brings them in.
# Comments may surround it (RFC 5322 3.6.4, CFWS), and some servers write them.
_BRACKETED = re.compile(r"<([^<>]+)>")
_NOT_IN_ID = re.compile(r"[\s\x00-\x1f\x7f<>]+")


def address(written: str) -> str:
    """Return an address as it is compared; empty for the null reverse-path and for none."""
    bare = written.strip(_AROUND)
    if len(bare) > MOST_ADDRESS:
        return ""
    local, at, domain = bare.rpartition("@")
    if not at:
        return bare.lower()
    if quoted := _NEEDLESS_QUOTES.fullmatch(local):
        local = quoted[1]
    return f"{local.lower()}@{_domain(domain)}"


def _domain(written: str) -> str:
    name = written.lower().rstrip(_AROUND + ".")
    if name.isascii() or len(name) > _MOST_DOMAIN:
        return name
    try:
        # It may end with a full stop of another script (RFC 3490 3.1).
        return idna.encode(unicodedata.normalize("NFC", name)).decode("ascii").rstrip(".")
    except (idna.IDNAError, UnicodeError):
        return name


def message_id(written: str) -> str:
    """Return a Message-ID as it is compared, without brackets; empty for none."""
    if len(written) > MOST_MESSAGE_ID:
        return ""
    found = _BRACKETED.search(written)
    return _NOT_IN_ID.sub("", found[1] if found else written)


def fresh_message_id(domain: str, queue_id: str) -> str:
    """Make a Message-ID, with brackets, for a message of ours that has none (RFC 5322 3.6.4).

    The queue id in it leads to the message in log and journal, which show what came.
    """
    return f"<{queue_id}.{secrets.token_hex(12)}@{domain}>"
