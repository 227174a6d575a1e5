"""Say of each text and each octet string of the facts what becomes of it when hashed.

With `privacy = "hashed"` the journal keeps subjects and local parts of addresses as keyed
hashes only.  They stand in more places than one would think: in a name that a bounce
quotes, in a path inside an archive, in a macro.  So every field is named here; one that
is not, because it came later, is left out of a hashed journal altogether, and a test
tells whoever added it.
"""

from enum import Enum, auto


class Treatment(Enum):
    """What becomes of a text."""

    # A word of ours, a number as text, a host name, a hash of content.
    KEEP = auto()
    # A subject, a person's name: hashed as a whole.
    WHOLE = auto()
    # One address: the local part is hashed.  What has no domain is hashed as a whole.
    ADDRESS = auto()
    # A host name or a domain; what is none is hashed as a whole.
    DOMAIN = auto()
    # A media type or a word, likewise.
    TYPE = auto()
    # A Date field: without its comment; what is no date is hashed as a whole.
    DATE = auto()
    # A file name: hashed as a whole if there is an `@` in it or it tells the subject.
    NAME = auto()
    # A path: the same for what is not of our making.
    PATH = auto()
    # Running text: the local part of each address in it, and the subject.
    TEXT = auto()
    # Free text of whoever reports a bounce: all but the name of a host.
    REPORTER = auto()
    # By `Evidence.kind`: see EVIDENCE.
    EVIDENCE = auto()
    # By their names: see MACROS_KEPT.
    MACROS = auto()
    # The octets of what is hashed elsewhere, or a secret.
    LEAVE_OUT = auto()


_K, _W, _A, _D, _Y, _DATE, _N, _P, _T, _R, _E, _M, _L = Treatment

FIELDS: dict[str, dict[str, Treatment]] = {
    "Mail": {
        "sha256": _K, "subject": _W, "message_id": _A, "date": _DATE, "direction": _K,
        "header_anomalies": _K, "raw_subject": _L, "release_token": _L,
    },
    "Address": {"address": _A, "domain": _D, "display_name": _W, "raw_display_name": _L},
    "ForeignField": {"name": _W},
    "Envelope": {
        "reverse_path": _A, "tls": _K, "authenticated": _A, "queue_id": _K, "door": _K,
        "mta_id": _K, "macros": _M,
    },
    "Client": {"ip": _K, "name": _D, "helo": _D, "listed": _K},
    "AddressProblem": {"address": _A, "detail": _T},
    "Recipient": {"address": _A, "domain": _D, "groups": _K},
    "Part": {
        "path": _P, "name": _N, "names": _N, "declared_type": _Y, "type": _Y, "kind": _K,
        "sha256": _K, "inside": _Y, "views": _K, "unopened": _K, "why": _T, "disguised": _K,
        "raw_name": _L, "disposition": _Y, "password": _L,
    },
    "Ambiguity": {"class_": _K, "where": _P, "detail": _T},
    "Finding": {
        "scanner": _K, "name": _K, "family": _K, "severity": _K, "engine_version": _K,
        "database_version": _K, "note": _T, "reference": _K,
    },
    "Bounce": {"other": _K},
    "Returned": {
        "message_ids": _A, "watermarks": _L, "failed": _A, "reporter": _D, "authors": _A,
        "recipients": _A, "received_by": _D,
    },
    "Evidence": {"kind": _K, "detail": _E},
    "Auth": {
        "spf": _K, "dmarc": _K, "arc": _K, "authenticated_as": _A, "checker": _K,
        "dmarc_policy": _K,
    },
    "DkimResult": {"domain": _D, "result": _K},
    "Facts": {"lists_away": _K},
    "Signature": {
        "kind": _K, "domain": _D, "selector": _K, "algorithm": _Y, "identity": _A,
        "signed_sha256": _L, "value": _L, "fields": _Y, "chain": _K, "problem": _K,
    },
    # Whose results they are, and which; for whom they speak is in the facts of our own.
    "StatedResults": {"authserv_id": _D},
    "StatedResult": {"method": _K, "result": _K, "properties": _L},
    # Display names and addresses, in running text: hashed as a whole.
    "SpoofSign": {"kind": _K, "detail": _W},
    # A path or what is asked for often names whom a link was sent to.
    "Link": {"url": _W, "host": _D, "shown": _W, "tricks": _K, "listed": _K},
    "Score": {"engine": _K},
    "Symbol": {"name": _K},
    "Source": {"name": _K, "version": _K},
    "Limit": {"class_": _K, "detail": _T},
    "PartsLeftOut": {"by_kind": _K},
    "Failure": {"class_": _K, "detail": _T},
}  # fmt: skip

# What `Evidence.detail` is, by its kind; that of any other kind is hashed as a whole.
EVIDENCE = {
    "delivery_status": _R,
    "failed_recipient": _A,
    "returned_header": _P,
    "returned_message_id": _A,
    "reverse_path": _A,
    "attachment": _P,
    "sent_message": _A,
    "sent_recipient": _A,
    "own_signature": _D,
    "own_reporter": _D,
    # Days and numbers, in words of ours.
    "watermark": _T,
    "mark_missing": _T,
    "mark_bad": _T,
    "several_recipients": _T,
    "too_old": _T,
    "replayed": _T,
    "never_sent": _T,
}

# Scanners whose notes are words of an admin: of a YARA rule, of a list.
NOTES_KEPT = frozenset({"yara", "lists"})

# Macros that name no person (Postfix MILTER_README, "Macros"; sendmail's libmilter): the
# value of any other is treated as an address.  `_` is "user@host" where ident answered.
MACROS_KEPT = frozenset(
    "i j v daemon_name daemon_addr daemon_port client_addr client_connections client_name"
    " client_port client_ptr if_addr if_name mail_host mail_mailer rcpt_host rcpt_mailer"
    " tls_version cipher cipher_bits auth_type auth_ssf".split()
)

# ESMTP parameters whose values name nobody (RFC 1870, 6152, 3461, 2852, 4865, 6531, 6710,
# 8689).  ORCPT, AUTH and ENVID do, and of a parameter that we do not know nobody can tell.
PARAMETERS_KEPT = frozenset(
    "SIZE BODY RET NOTIFY BY HOLDFOR HOLDUNTIL SMTPUTF8 MT-PRIORITY REQUIRETLS".split()
)
