"""Tell by its signs whether a text may name a person or quote the subject.

A text that is no address as a whole cannot be read with certainty: RFC 5322 3.4 lets a
local part hold almost anything between quotation marks, and comments anywhere.  So this
asks only for signs that somebody may be named; who asks hashes more than needed, if there
are any.  All of it is one pass over a text, whatever a stranger put into it.
"""

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import unquote

# A shorter subject ("hi") would be found in every other word of a text.
SHORTEST_SUBJECT = 4

# An `@` by another name: percent-encoded (RFC 3986 2.1), in an encoded-word that nobody
# decoded (RFC 2047), full-width, as a character reference of HTML.
_ENCODED = re.compile(r"%(?:25)*40|=\?|[\uff20\ufe6b]|&#0*64|&#x0*40|&commat", re.IGNORECASE)

# Quoted strings, and blanks or comments before an `@` (RFC 5322 3.4.1 and 4.4): where a
# local part begins cannot be told then.
_UNCERTAIN = re.compile(r'["\\]|[\s()]@|@\s')

# A link, as a running text quotes it: what follows the host often names whom it was sent to.
URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}:[/\\]{2}\S+")

# A host name, a domain (RFC 6531: of any letters), an address literal (RFC 5321 4.1.3).
_DOMAIN = re.compile(r"[\w-]+(?:\.[\w-]+)*\.?|\[(?:IPv6:)?[0-9A-Fa-f:.]+\]", re.IGNORECASE)
_REPORTER = re.compile(r"reported by dns; ?(\S+)", re.IGNORECASE)

# A media type, or one word.
_TYPE = re.compile(r"[\w.+-]+(?:/[\w.+-]+)?", re.ASCII)
_KEYWORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")

# RFC 5322 3.3, with the zones of 4.3 and without comments; a comment may follow.
_DATE = re.compile(
    r"\s*((?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),\s*)?\d{1,2}\s+"
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\s+\d{2,4}\s+"
    r"\d{2}:\d{2}(?::\d{2})?\s+(?:[+-]\d{4}|UT|GMT|[ECMP][SD]T|[A-IK-Z]))\s*(?:\(.*)?",
    re.IGNORECASE | re.ASCII | re.DOTALL,
)

# Of a path these are ours: numbers of parts, and the format of the first archive.
_OWN_PATH = re.compile(r"(?:in )?[0-9/]*(?:[a-z0-9_-]{1,16}:|$)")

_NO_LETTERS = bytes(one for one in range(128) if not chr(one).isalnum())
_APART = re.compile(r"[\W_]+")
# "Re:", "Fwd:", "Undeliverable:": what a subject has in front of another.
_PREFIX = re.compile(r"^(?:\s*[\w-]{1,20}(?: [\w-]{1,20}){0,3}\s*:)+")
_EXTENSION = re.compile(r"\.\w{1,5}$")


def has_at(text: str) -> bool:
    """True if an `@` stands in the text, in whatever guise."""
    return "@" in text or _ENCODED.search(text) is not None


def is_certain(text: str) -> bool:
    """True if each local part in a running text begins after a blank or `<`."""
    return _ENCODED.search(text) is None and _UNCERTAIN.search(text) is None


def is_domain(text: str) -> bool:
    """True for what can be nothing but a host name, a domain or an address literal."""
    return _DOMAIN.fullmatch(text) is not None


def is_type(text: str) -> bool:
    """True for a media type without parameters, and for one word."""
    return _TYPE.fullmatch(text) is not None


def is_keyword(text: str) -> bool:
    """True for what RFC 5321 4.1.2 lets an ESMTP keyword be."""
    return _KEYWORD.fullmatch(text) is not None


def names_a_host(text: str) -> bool:
    """True for the words of a bounce's evidence that name a host that reports."""
    matched = _REPORTER.fullmatch(text)
    return matched is not None and "." in matched[1] and is_domain(matched[1])


def date_in(text: str) -> str:
    """The date and time that a Date field has, without the comment; empty if it is none."""
    matched = _DATE.fullmatch(text)
    return matched[1] if matched else ""


def own_path(text: str) -> str:
    """The beginning of a path that is of our making: all of it where no archive is."""
    matched = _OWN_PATH.match(text)
    return matched[0] if matched else ""


def folded(text: str) -> str:
    """Its letters and digits alone, without case, to compare with."""
    if "%" in text:
        text = unquote(text, errors="replace")
    if text.isascii():
        return text.lower().encode().translate(None, _NO_LETTERS).decode()
    return _APART.sub("", unicodedata.normalize("NFKC", text).casefold())


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject, and the forms in which it is looked for."""

    text: str
    all_of_it: str
    # Without "Re:" and its like: so the message that is answered or returned was called.
    core: str

    @classmethod
    def of(cls, text: str) -> "Subject":
        """The forms of a subject; one that is too short is looked for nowhere."""
        forms = folded(text), folded(_PREFIX.sub("", text))
        return cls(text, *(one if len(one) >= SHORTEST_SUBJECT else "" for one in forms))

    def is_in(self, text: str) -> bool:
        """True if the text quotes the subject, whatever stands between its words."""
        if not self.all_of_it and not self.core:
            return False
        inside = folded(text)
        return any(form and form in inside for form in (self.core, self.all_of_it))

    def is_told_by(self, name: str) -> bool:
        """True if a name quotes the subject, or the subject has the name in it."""
        if not self.all_of_it:
            return False
        stem = folded(_EXTENSION.sub("", name))
        return self.is_in(name) or (len(stem) >= SHORTEST_SUBJECT and stem in self.all_of_it)
