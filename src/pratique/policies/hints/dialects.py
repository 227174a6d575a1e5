"""Map what other languages call things to the words that CEL has for them.

An admin who writes a first condition writes Python, SQL, Perl or the rule language of another
mail filter.  The words and signs of those are listed here with what CEL writes.
"""

from pratique.policies.language.condition import FUNCTIONS

# Signs and words that are not CEL at all, wherever they stand; words in lower case.
OPERATORS = {
    "and": "CEL writes `&&` for `and`",
    "or": "CEL writes `||` for `or`",
    "not": "CEL writes `!` for `not`: `!bounce.verified`, `!(x in y)`",
    "eq": "CEL writes `==` for `eq`",
    "equals": "CEL writes `==` for `equals`",
    "ne": "CEL writes `!=` for `ne`",
    "lt": "CEL writes `<` for `lt`",
    "gt": "CEL writes `>` for `gt`",
    "unless": "CEL writes `!(...)` for `unless`",
    "else": "CEL writes `a ? b : c`; mostly another rule is what is meant",
    "xor": "CEL has no `xor`: write `a != b`",
    "is": "CEL writes `==` for `is`",
    "like": "CEL searches text with `mail.subject.contains(\"...\")` or `.matches(\"...\")`",
    "contains": "CEL writes `mail.subject.contains(\"...\")`",
    "matches": "CEL writes `mail.subject.matches(\"...\")`",
    "if": "a condition is true or false: leave `if` out, `actions` says what follows",
    "then": "a condition is true or false: leave `then` out, `actions` says what follows",
    "for": "CEL asks each element with `parts.exists(p, ...)` or `parts.all(p, ...)`",
    "any": "CEL writes `parts.exists(p, ...)` for `any`",
    "lambda": "CEL names the element first: `parts.exists(p, p.kind == \"script\")`",
    "=": "CEL writes `==` for `=`",
    "===": "CEL writes `==` for `===`",
    "!==": "CEL writes `!=` for `!==`",
    "<>": "CEL writes `!=` for `<>`",
    "=~": "CEL writes `mail.subject.matches(\"...\")` for `=~`",
    "~": "CEL writes `mail.subject.matches(\"...\")` for `~`",
    "!~": "CEL writes `!mail.subject.matches(\"...\")` for `!~`",
    "&": "CEL writes `&&` for `&`",
    "|": "CEL writes `||` for `|`",
    "->": "CEL reads a field with a dot: `mail.size`",
    "=>": "CEL names the element first: `parts.exists(p, p.kind == \"script\")`",
    ";": "a condition is one expression: leave `;` out",
    "#": "a comment stands outside the condition, or begins with `//` in it",
    "$": "CEL names a field without `$`",
    "@": "CEL names a field without `@`",
    "“": "text stands between plain quotation marks: \"...\"",
    "”": "text stands between plain quotation marks: \"...\"",
    "„": "text stands between plain quotation marks: \"...\"",
    "‘": "text stands between plain quotation marks: \"...\"",
    "’": "text stands between plain quotation marks: \"...\"",
    "`": "text stands between plain quotation marks: \"...\"",
}  # fmt: skip

# Functions that CEL does not have, or not with these arguments.
CALLS = {
    "len": "CEL writes `size(x)` or `x.size()`",
    "length": "CEL writes `size(x)` or `x.size()`",
    "count": "CEL writes `size(x)` or `x.size()`",
    "any": "CEL writes `exists`: `parts.exists(p, p.kind == \"script\")`",
    "some": "CEL writes `exists`: `parts.exists(p, p.kind == \"script\")`",
    "every": "CEL writes `all`: `parts.all(p, p.kind == \"text\")`",
    "forEach": "CEL writes `exists` or `all`: `parts.exists(p, p.kind == \"script\")`",
    "exists": "`exists` names the element first: `parts.exists(p, p.kind == \"script\")`",
    "all": "`all` names the element first: `parts.all(p, p.kind == \"text\")`",
    "filter": "`filter` names the element first: `parts.filter(p, p.size > 1000)`",
    "not": "CEL writes `!` for `not`: `!bounce.verified`",
    "lower": "letters of either case: `mail.subject.matches(\"(?i)...\")`",
    "includes": "CEL writes `contains`",
    "has": "`has` takes a field: `has(envelope.reverse_path)`",
    "match": "CEL writes `matches`: `mail.subject.matches(\"...\")`",
    "contains": '`contains` takes one text: `mail.subject.contains("...")`',
    "startsWith": '`startsWith` takes one text: `mail.subject.startsWith("...")`',
    "endsWith": '`endsWith` takes one text: `p.name.endsWith(".zip")`',
    "matches": '`matches` takes one regular expression: `mail.subject.matches("...")`',
    "size": "`size` takes one thing: `size(parts)`",
    "regex": "CEL writes `matches`: `mail.subject.matches(\"...\")`",
    "search": "CEL writes `matches`: `mail.subject.matches(\"...\")`",
    "any_kind": "`any_kind` takes one kind or a list: `any_kind([\"executable\", \"script\"])`",
    "any_name": "`any_name` takes one regular expression: `any_name(\"(?i)[.]exe$\")`",
    "in_list": "`in_list` takes a text and a list's name: `in_list(rcpt.domain, \"partners\")`",
    "weekday": "CEL writes `getDayOfWeek()`; 0 is Sunday",
    "cidr": "CEL writes `cidr(envelope.client.ip, \"192.0.2.0/24\")`",
    "domain_of": 'it takes an address: `domain_of(envelope.reverse_path) == "x.example"`',
}  # fmt: skip
CALLS |= dict.fromkeys(
    ("toLower", "toLowerCase", "lowerAscii", "tolower", "upper", "casefold"), CALLS["lower"]
)
KNOWN_CALLS = (
    "size", "exists", "exists_one", "all", "filter", "map", "has", "contains", "startsWith",
    "endsWith", "matches", "timestamp", "duration",
    "getHours", "getMinutes", "getDayOfWeek", "getDate", "getMonth", "getFullYear",
    "int", "string", "double", *FUNCTIONS,
)  # fmt: skip

# Variables that do not exist; in lower case.
NAMES = {
    "true": "CEL writes `true` in lower case",
    "yes": "CEL writes `true`",
    "no": "CEL writes `false`",
    "mailfrom": "the envelope's sender is `envelope.reverse_path`",
    "return_path": "the envelope's sender is `envelope.reverse_path`",
    "false": "CEL writes `false` in lower case",
    "none": "CEL has no `None`: compare with `\"\"`, or ask `has(envelope.reverse_path)`",
    "nil": "CEL has no `nil`: compare with `\"\"`, or ask `has(envelope.reverse_path)`",
    "undefined": "ask `has(envelope.reverse_path)`",
    "recipient": "the recipient is `rcpt`: `rcpt.address`, `rcpt.domain`",
    "recipients": "a policy is asked once for each recipient: `rcpt.address`, `rcpt.domain`",
    "to": "the recipient is `rcpt.address`; the header field is `mail.header.to`",
    "sender": "the envelope's is `envelope.reverse_path`; the header's is `mail.header.from_`",
    "from": "the envelope's is `envelope.reverse_path`; the header's is `mail.header.from_`",
    "from_": "the header field is `mail.header.from_`",
    "mail_from": "the envelope's sender is `envelope.reverse_path`",
    "message": "facts of the message are in `mail`: `mail.subject`, `mail.size`",
    "header": "header fields are in `mail.header`: `mail.header.from_`",
    "headers": "header fields are in `mail.header`: `mail.header.from_`",
    "attachment": "attachments are `parts`: `parts.exists(p, p.name.endsWith(\".zip\"))`",
    "attachments": "attachments are `parts`: `parts.exists(p, p.name.endsWith(\".zip\"))`",
    "part": "ask the list: `parts.exists(p, p.kind == \"script\")`",
    "ip": "the client's address is `envelope.client.ip`",
    "now": "the only clock is `envelope.received_at`: a policy gives the same answer always",
}  # fmt: skip

# What words of the vocabulary are called elsewhere; all in lower case.
WORDS = {
    "exe": "executable", "program": "executable", "binary": "executable", "dll": "executable",
    "application": "executable", "js": "script", "vbs": "script", "lnk": "shortcut",
    "link": "shortcut", "doc": "document", "office": "document", "pdf": "document",
    "zip": "archive", "rar": "archive", "compressed": "archive", "iso": "disk_image",
    "htm": "html", "picture": "image", "jpg": "image", "eml": "message", "mail": "message",
    "txt": "text", "gpg": "pgp", "openpgp": "pgp", "pgp/mime": "pgp", "s/mime": "smime",
    "encrypted": "archive_password", "password": "archive_password",
    "encrypted_archive": "archive_password", "encrypted_document": "document_password",
    "too_big": "over_budget", "limit": "over_budget", "broken": "unreadable",
    "corrupt": "unreadable", "damaged": "unreadable", "error": "failure", "timeout": "deadline",
    "crash": "worker", "time": "seconds", "size": "octets", "bytes": "octets",
    "virus": "malicious", "malware": "malicious", "infected": "malicious", "info": "information",
    "in": "inbound", "incoming": "inbound", "out": "outbound", "outgoing": "outbound",
    "failed": "fail", "passed": "pass", "ok": "pass",
}  # fmt: skip

# Fields that do not exist, with how to ask for what they mean.
FIELDS = {
    ("Part", "extension"): 'ask the end of a name: `p.name.endsWith(".exe")`',
    ("Part", "ext"): 'ask the end of a name: `p.name.endsWith(".exe")`',
    ("Part", "content_type"): "`type` is what it is, `declared_type` what it says of itself",
    ("Part", "md5"): "parts have `sha256`", ("Part", "sha1"): "parts have `sha256`",
    ("Part", "virus"): 'ask the findings: `findings.exists(f, f.severity == "malicious")`',
    ("Finding", "virus"): '`f.severity == "malicious"`, and `f.family` is its name',
    ("Finding", "score"): '`f.severity` is a word: `f.severity == "malicious"`',
    ("Finding", "class_"): '`f.severity` is a word: `f.severity == "malicious"`',
    ("Finding", "type"): '`f.scanner` found it, `f.severity` is how bad it is',
}  # fmt: skip

# Final actions of other filters, in lower case.
FINAL = {
    "keep": "accept", "pass": "accept", "allow": "accept", "deliver": "accept", "ok": "accept",
    "block": "reject", "deny": "reject", "bounce": "reject", "refuse": "reject", "fail": "reject",
    "drop": "discard", "delete": "discard", "remove": "discard",
    "hold": "quarantine", "held": "quarantine", "isolate": "quarantine",
    "tempfail": "defer", "greylist": "defer", "forward": "redirect", "strip": "accept",
    "accepted": "accept", "rejected": "reject", "refused": "reject", "quarantined": "quarantine",
}  # fmt: skip
