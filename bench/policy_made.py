"""Make policies of any number of rules: the shipped one, and rules of a company's own above it.

A company's own rules read what no shipped one does: addresses, names, sizes, hosts.  Each kind
of rule comes up again with other literals.
"""

import random

from pratique.milter import policy_file
from pratique.policies.policy import Policy

WORDS = "invoice payment gift wallet prize account alert refund voucher parcel".split()
ENDS = "iso img vhd one lnk hta wsf jar ace cpl".split()
# Rules that real policies are full of: a name of theirs, and a limit of ours.
KINDS = (
    'rcpt.domain == "team{n}.our.example" && mail.size > {mega}{n:03}000',
    'any_name("(?i){word}{n}.*[.]{end}$")',
    'mail.header.from_.exists(f, f.domain == "{word}{n}.example") && auth.dmarc != "pass"',
    'links.exists(l, l.host.endsWith(".{word}{n}.example"))',
    'mail.subject.contains("{word} {n}") && auth.authenticated_as == ""',
    'parts.exists(p, p.kind == "document" && p.size > {mega}{n:03}000)',
    'envelope.client.ip.startsWith("198.51.{n}.")',
    'findings.exists(f, f.family == "{word}{n}")',
    'parts.exists(p, p.kind == "archive" && p.name.endsWith("{word}{n}.{end}"))',
    'rcpt.address == "{word}{n}@our.example" && any_kind(["archive", "disk_image"])',
)
_RULE = (
    "[[rule]]\nname = 'own {n}'\nwhen = '''{when}'''\nactions = ['quarantine']\nreason = 'ours'\n"
)


def policy_text(rules: int) -> str:
    """A policy with so many rules; at least those of the shipped one."""
    found = policy_file.find("default")
    shipped = len(Policy.load(found.text, found.name, found.beside).rules)
    chance = random.Random(rules)
    made = [_own(chance, number) for number in range(max(0, rules - shipped))]
    return "\n".join((*made, found.text))


def _own(chance: random.Random, number: int) -> str:
    words = {"word": chance.choice(WORDS), "end": chance.choice(ENDS), "n": number}
    when = KINDS[number % len(KINDS)].format(**words, mega=chance.randint(5, 40))
    return _RULE.format(n=number, when=when)
