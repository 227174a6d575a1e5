"""Guess what a name of another mail filter stands for, by the words that it is made of.

`AttachmentHasExecutableContent` (Exchange), `banned_filename` (amavis), `soft reject` (rspamd),
`action_drop_with_warning` (MIMEDefang): they cannot all be listed, but each is made of a few
words, and the first that is known here says what was meant.
"""

import re
from collections.abc import Mapping

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

_NAMES = 'a name of a part: `any_name("(?i)[.]exe$")`'
_EXECUTABLE = 'programs are a kind of part: `any_kind(["executable", "script"])`'
_MALICIOUS = 'what scanners know: `findings.exists(f, f.severity == "malicious")`'
_SCORE = 'what a spam filter says: `scores.exists(s, s.engine == "rspamd" && s.value > 15.0)`'
_SYMBOL = 'what a spam filter says: `scores.exists(s, s.symbols.exists(y, y.name == "BAYES_SPAM"))`'
_DIRECTION = 'whether it comes in or goes out: `mail.direction == "inbound"`'
_LIST = 'a list is asked by its name: `in_list(auth.authenticated_as, "partners")`'
_GROUP = 'groups of the recipient are texts: `"board" in rcpt.groups`'
_CLOCK = "the only clock is `envelope.received_at`: a policy gives the same answer always"
_MAP = '`[[list]]` declares a list, and a rule asks it: `in_list(x, "partners")`'

# The more telling word comes first: for `virus_name` that is `virus`.
_MEANINGS = {
    "executable": _EXECUTABLE, "exe": _EXECUTABLE, "script": _EXECUTABLE,
    "virus": _MALICIOUS, "viruses": _MALICIOUS, "infected": _MALICIOUS, "malware": _MALICIOUS,
    "clamav": _MALICIOUS, "threat": _MALICIOUS,
    "symbol": _SYMBOL, "symbols": _SYMBOL, "spam": _SCORE, "score": _SCORE, "scl": _SCORE,
    "bayes": _SYMBOL, "level": _SCORE, "hits": _SCORE,
    "whitelist": _LIST, "blacklist": _LIST, "allowlist": _LIST, "blocklist": _LIST,
    "lists": _LIST, "list": _LIST, "map": _MAP, "group": _GROUP, "groups": _GROUP,
    "member": _GROUP, "memberof": _GROUP,
    "attachment": _NAMES, "attachments": _NAMES, "filename": _NAMES, "filenames": _NAMES,
    "banned": _NAMES, "extension": _NAMES, "extensions": _NAMES, "ext": _NAMES,
    "scope": _DIRECTION, "inbound": _DIRECTION, "outbound": _DIRECTION, "local": _DIRECTION,
    "anyof": "CEL joins with `||`: `a || b`", "allof": "CEL joins with `&&`: `a && b`",
    "subject": 'the subject is `mail.subject`: `mail.subject.contains("...")`',
    "size": "the size is `mail.size`, in octets: `mail.size > 10MB`",
    "spf": 'the result is `auth.spf`: `auth.spf == "fail"`',
    "dmarc": 'the result is `auth.dmarc`: `auth.dmarc == "fail"`',
    "dkim": 'the results are a list: `auth.dkim.exists(d, d.result == "pass")`',
    "helo": "what the client calls itself is `envelope.client.helo`",
    "ehlo": "what the client calls itself is `envelope.client.helo`",
    "client": "the client is `envelope.client`: `.ip`, `.name`, `.helo`",
    "header": "header fields are in `mail.header`: `mail.header.from_`",
    "headers": "header fields are in `mail.header`: `mail.header.from_`",
    "body": "a condition asks what was found in the content: `findings`, `links`, `parts`",
    "url": "what a message leads to is `links`", "urls": "what a message leads to is `links`",
    "sender": "the envelope's is `envelope.reverse_path`; the header's is `mail.header.from_`",
    "from": "the envelope's is `envelope.reverse_path`; the header's is `mail.header.from_`",
    "recipient": "the recipient is `rcpt`: `rcpt.address`, `rcpt.domain`",
    "rcpt": "the recipient is `rcpt`: `rcpt.address`, `rcpt.domain`",
    "now": _CLOCK, "today": _CLOCK, "time": _CLOCK, "date": _CLOCK,
}  # fmt: skip

# Keys that no rule has, because a rule expresses it in another way.
_EXCEPT = "write it into `when`: `when = '... && !(...)'`"
_PRIORITY = "rules are read from the top: where it stands is its rank"
_ASKED = "what a rule asks stands in `when`: "
_OFF = 'take the rule out, or write `mode = "shadow"`: it is asked, and changes nothing'
_KEYS = {
    "except": _EXCEPT, "exceptif": _EXCEPT, "unless": _EXCEPT, "exception": _EXCEPT,
    "exceptions": _EXCEPT, "not": _EXCEPT,
    "priority": _PRIORITY, "order": _PRIORITY, "rank": _PRIORITY, "weight": _PRIORITY,
    "stop": "a rule with a final action ends reading: leave it out",
    "continue": "a rule without a final action goes on reading: leave it out",
    "disabled": _OFF, "enabled": _OFF, "enable": _OFF, "active": _OFF,
    "recipient": _ASKED + '`rcpt.domain == "x.example"`',
    "recipients": _ASKED + '`rcpt.domain == "x.example"`',
    "to": _ASKED + '`rcpt.domain == "x.example"`',
    "sender": _ASKED + '`envelope.reverse_path == "ann@x.example"`',
    "from": _ASKED + '`envelope.reverse_path == "ann@x.example"`',
    "direction": _ASKED + '`mail.direction == "inbound"`',
    "group": _ASKED + '`"board" in rcpt.groups`', "list": _ASKED + '`in_list(x, "partners")`',
    "severity": _ASKED + '`findings.exists(f, f.severity == "malicious")`',
    "score": _ASKED + _SCORE.partition(": ")[2],
    "owner": "an owner stands in `[[list]]` and `[[group]]`; a rule has a `reason`",
}  # fmt: skip

# Actions that do not exist, with what would be right.
_ACTIONS = {
    "stop": "a rule with a final action ends reading: leave it out",
    "continue": 'a rule that goes on reading has `actions = ["note"]`',
    "vacation": "nothing is sent to a stranger: `reply` is what he hears beside `reject`",
    "autoreply": "nothing is sent to a stranger: `reply` is what he hears beside `reject`",
    "reply": 'beside `reject` or `defer` a rule has `reply = "5.7.1 ..."`',
}
# Words in names of actions, apart from those that orders.py knows.
_SOFT = {
    "soft": "defer", "temp": "defer", "temporary": "defer", "subject": "add_header",
    "fileinto": "add_header", "junk": "add_header", "spam": "add_header", "header": "add_header",
    "copy": "notify", "bcc": "notify", "replace": "strip", "clean": "strip", "cure": "strip",
    "isolate": "quarantine", "destroy": "discard", "silent": "discard",
}  # fmt: skip


def words(name: str) -> list[str]:
    """Split a name into its words, in lower case: `FromScope`, `from_scope`, `from scope`."""
    return [word.lower() for word in _WORD.findall(name)]


def name(word: str) -> str:
    """Return a hint for a name or a function that does not exist; empty if there is none."""
    parts = {word.lower(), *words(word)}
    return next((hint for each, hint in _MEANINGS.items() if each in parts), "")


def key(word: str) -> str:
    """Return a hint for a key that no rule has; empty if there is none."""
    return _KEYS.get(word.lower().replace("_", ""), "")


def action_hint(word: str) -> str:
    """Return a hint for an action that is expressed in another form; empty if there is none."""
    return next((_ACTIONS[each] for each in words(word) if each in _ACTIONS), "")


def action(word: str, elsewhere: Mapping[str, str]) -> str:
    """Return the action that another filter's stands for; `elsewhere` has those of one word."""
    known = {**elsewhere, **_SOFT}
    # In `soft reject`, the word that says how takes precedence over the one that says what.
    parts = sorted(words(word), key=lambda each: each not in _SOFT)
    return next((known[each] for each in (word.lower(), *parts) if each in known), "")
