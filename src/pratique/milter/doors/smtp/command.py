"""Parse the arguments of MAIL and RCPT, by the grammar of RFC 5321 4.1.2, bounded.

Looser than the grammar where real senders are: dots may stand anywhere in a local
part (Japanese mobile providers gave such addresses out), an underscore may stand in a
domain, a space after the colon, a local part up to 256 octets, no domain at all.
Stricter nowhere.  What comes out is written as it came in: an address is never
rewritten, so that no later reader sees an address other than the one we judged.  A source
route is dropped, as RFC 5321 3.6.1 and F.2 require.

A lenient parser takes any text between the brackets, as written, where the grammar finds no
path: this is for behind a queue, where each refusal ends in a bounce.

UTF-8 (RFC 6531 3.3) is taken where SMTPUTF8 was said; its control characters never are.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from pratique.milter.mail import Forward
from pratique.milter.next_hop import Reply

# RFC 5321 4.5.3.1.1 says 64; senders with tokens (VERP, BATV, SRS) go beyond.
MAX_LOCAL_PART = 256
MAX_DOMAIN = 255  # RFC 5321 4.5.3.1.2
MAX_PATH = 320  # RFC 5321 4.5.3.1.3 says 256; it is commonly read as 64 + 1 + 255.
# A path of no more characters is within all limits: each has at most four octets (RFC 3629 3).
_FITS = min(MAX_LOCAL_PART, MAX_DOMAIN, MAX_PATH) // 4

# Above ASCII, without C1 controls and the two separators that some readers take for line ends.
_WIDE = "\u00a0-\u2027\u202a-\ud7ff\ue000-\U0010ffff"
_DOMAIN = rf"[A-Za-z0-9_{_WIDE}-]+(?:\.[A-Za-z0-9_{_WIDE}-]+)*"
_LITERAL = r"\[[!-Z^-~]+\]"
_DOT_STRING = rf"[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~.{_WIDE}-]+"
_QUOTED = rf'"(?:[ !#-\[\]-~{_WIDE}]|\\[ -~])*"'
_ROUTE = rf"(?:@{_DOMAIN}(?:,@{_DOMAIN})*:)?"
_MAILBOX = rf"(?P<local>{_DOT_STRING}|{_QUOTED})(?:@(?P<domain>{_DOMAIN}|{_LITERAL}))?"
_PATH = re.compile(rf"<(?:{_ROUTE}(?P<mailbox>{_MAILBOX}))?>(?= |$)")
# What a lenient parser takes for a path.  A quoted ">" is left to the grammar: where a
# quotation mark may also stand for itself, looking for the closing one takes quadratic time.
_ANY_PATH = re.compile(r"<(?P<mailbox>[^<>]*)>(?= |$)")
_PARAMETER = re.compile(r"(?P<keyword>[A-Za-z0-9][A-Za-z0-9-]*)(?:=(?P<value>[!-<>-~]+))?")
_MAIL_PARAMETERS: Mapping[str, re.Pattern[str]] = {
    "SIZE": re.compile(r"[0-9]{1,20}"),  # RFC 1870 3
    "BODY": re.compile(r"7BIT|8BITMIME", re.IGNORECASE),  # RFC 6152 2
    "SMTPUTF8": re.compile(r""),  # RFC 6531 3.4
}
_NONE: Mapping[str, str] = {}
# RFC 3461 4.  We announce DSN only behind a queue, but a Postfix in front of us that uses us as
# smtpd_proxy_filter announces it whatever we say, and passes on the parameters of its client.
_XTEXT = r"(?:[!-*,-<>-~]|\+[0-9A-Fa-f]{2})+"
_CONDITIONS = r"(?:SUCCESS|FAILURE|DELAY)"
_MAIL_DSN_PARAMETERS: Mapping[str, re.Pattern[str]] = {
    **_MAIL_PARAMETERS,
    "RET": re.compile(r"FULL|HDRS", re.IGNORECASE),
    "ENVID": re.compile(rf"(?=.{{1,100}}\Z){_XTEXT}"),
}
_RCPT_DSN_PARAMETERS: Mapping[str, re.Pattern[str]] = {
    "NOTIFY": re.compile(rf"NEVER|{_CONDITIONS}(?:,{_CONDITIONS}){{0,2}}", re.IGNORECASE),
    "ORCPT": re.compile(rf"(?=.{{1,500}}\Z)[A-Za-z0-9-]+;{_XTEXT}"),
}

NOT_ASCII = Reply(553, ("5.6.7 non-ASCII address without SMTPUTF8",))
BAD_REVERSE_PATH = Reply(501, ("5.1.7 bad reverse-path syntax",))
BAD_FORWARD_PATH = Reply(501, ("5.1.3 bad forward-path syntax",))
MAIL_SYNTAX = Reply(501, ("5.5.4 syntax: MAIL FROM:<address>",))
RCPT_SYNTAX = Reply(501, ("5.5.4 syntax: RCPT TO:<address>",))
BAD_PARAMETER = Reply(501, ("5.5.4 bad parameter",))
UNKNOWN_PARAMETER = Reply(555, ("5.5.4 parameter not recognized",))


class CommandError(Exception):
    """The client's mistake: an invalid command.  Carries the reply that it gets."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply))
        self.reply = reply


class Mail(NamedTuple):
    """What MAIL said."""

    reverse_path: str
    parameters: tuple[str, ...] = ()
    size: int = 0
    utf8: bool = False


def parse_mail(argument: str, *, dsn: bool = False, lenient: bool = False) -> Mail:
    """Parse `FROM:<reverse-path> [parameters]`; raises CommandError."""
    reverse_path, rest = _path(argument, "FROM:", MAIL_SYNTAX, BAD_REVERSE_PATH, lenient=lenient)
    known = _MAIL_DSN_PARAMETERS if dsn else _MAIL_PARAMETERS
    given = _parameters(rest, known) if rest else _NONE
    utf8 = "SMTPUTF8" in given
    if not (utf8 or lenient or argument.isascii()):
        raise CommandError(NOT_ASCII)
    if not given:
        return Mail(reverse_path)
    return Mail(reverse_path, _written(given), int(given.get("SIZE", 0)), utf8)


def parse_rcpt(argument: str, *, utf8: bool, dsn: bool = False, lenient: bool = False) -> Forward:
    """Parse `TO:<forward-path> [parameters]`; raises CommandError."""
    address, rest = _path(argument, "TO:", RCPT_SYNTAX, BAD_FORWARD_PATH, lenient=lenient)
    if not address:
        raise CommandError(BAD_FORWARD_PATH)
    given = _parameters(rest, _RCPT_DSN_PARAMETERS if dsn else {}) if rest else _NONE
    if not (utf8 or lenient or argument.isascii()):
        raise CommandError(NOT_ASCII)
    return Forward(address, _written(given)) if given else Forward(address)


def _path(
    argument: str, word: str, no_word: Reply, bad_path: Reply, *, lenient: bool
) -> tuple[str, str]:
    """Return the mailbox of a path ("" for the null path) and what follows it."""
    if argument[: len(word)].upper() != word:
        raise CommandError(no_word)
    rest = argument[len(word) :].lstrip(" ")
    found = _PATH.match(rest)
    if found is None or (found.end() > _FITS and not _fits(found)):
        found = _ANY_PATH.match(rest) if lenient else None
    if found is None:
        raise CommandError(bad_path)
    return found["mailbox"] or "", rest[found.end() :]


def _fits(found: re.Match[str]) -> bool:
    """Tell whether a path is within all limits."""
    limits = (("mailbox", MAX_PATH), ("local", MAX_LOCAL_PART), ("domain", MAX_DOMAIN))
    return all(len((found[name] or "").encode("utf-8")) <= most for name, most in limits)


def _parameters(rest: str, known: Mapping[str, re.Pattern[str]]) -> dict[str, str]:
    """Return the parameters by names in upper case; each once, each in its grammar."""
    given: dict[str, str] = {}
    for word in rest.split():
        found = _PARAMETER.fullmatch(word)
        if found is None:
            raise CommandError(BAD_PARAMETER)
        keyword, value = found["keyword"].upper(), found["value"] or ""
        if keyword not in known:
            raise CommandError(UNKNOWN_PARAMETER)
        if keyword in given or not known[keyword].fullmatch(value):
            raise CommandError(BAD_PARAMETER)
        given[keyword] = value
    return given


def _written(given: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(f"{keyword}={value}" if value else keyword for keyword, value in given.items())
