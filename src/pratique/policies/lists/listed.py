"""Find what a condition asks of lists, networks and groups that can never have an answer.

CEL's checker sees two texts and is content; only here is it known whether the second names a
list, and whether the first could ever be on that list.
"""

from collections.abc import Iterator
from typing import Any, Protocol

from pratique.policies.hints import hints
from pratique.policies.language.vocabulary import PACKAGE
from pratique.policies.lists.entries import NoEntryError, network
from pratique.policies.lists.named import Lists

# The place of a complaint, what is wrong, and what would be right.
Slip = tuple[int, str, str]

_HOLDS = {
    **dict.fromkeys(
        (
            ("Recipient", "address"), ("Envelope", "reverse_path"), ("Address", "address"),
            ("Auth", "authenticated_as"), ("Envelope", "authenticated"),
        ),
        "addresses",
    ),
    **dict.fromkeys(
        (
            ("Recipient", "domain"), ("Address", "domain"), ("DkimResult", "domain"),
            ("Signature", "domain"), ("Client", "name"), ("Client", "helo"),
        ),
        "domains",
    ),
    ("Client", "ip"): "networks",
    ("Part", "sha256"): "hashes",
    ("Mail", "sha256"): "hashes",
}  # fmt: skip
_FIELDS = {
    "addresses": "auth.authenticated_as",
    "domains": "rcpt.domain",
    "networks": "envelope.client.ip",
    "hashes": "mail.sha256",
}


class Asked(Protocol):
    """A condition's tree: where its words stand, and which fields they are."""

    lists: Lists

    def texts(self, node: Any) -> Iterator[tuple[int, str]]:
        """Yield the text literals that an expression is, with their places."""

    def origin(self, node: Any, scope: Any) -> tuple[str, str] | None:
        """Return the field that an expression's value comes from."""

    def begin(self, node: Any) -> int:
        """Return where an expression begins."""


def in_list(tree: Asked, call: Any, scope: Any) -> Iterator[Slip]:
    """Yield what is wrong with `in_list(x, "name")`."""
    subject, named = call.args
    literals = list(tree.texts(named))
    if not literals or named.HasField("list_expr"):
        first = [text for _, text in tree.texts(subject)]
        shown = f'in_list({_spelled(named)}, "{first[0] if first else "NAME"}")'
        told = "the second is the name of a list, written out"
        yield tree.begin(named), told, f"write `{shown}`"
        return
    ((offset, name),) = literals
    found = tree.lists.named.get(name)
    if found is None:
        yield offset, f"there is no list `{name}`", _meant(name, tree.lists)
        return
    place = _place(tree.origin(subject, scope))
    holds = _HOLDS.get(place) if place else None
    if place and holds and found.kind not in (holds, "texts", ""):
        told = f"`{place[1]}` is never on a list of {found.kind}"
        yield offset, told, _right(_spelled(subject), place, found.kind, name)


def cidr(tree: Asked, call: Any, scope: Any) -> Iterator[Slip]:
    """Yield what is wrong with `cidr(ip, "network")`."""
    subject, given = call.args
    literals = list(tree.texts(given))
    form = 'write `cidr(envelope.client.ip, "192.0.2.0/24")`'
    if not literals or given.HasField("list_expr"):
        yield tree.begin(given), "the second is a network, written out", form
        return
    place = _place(tree.origin(subject, scope))
    if place and _HOLDS.get(place, "networks") != "networks":
        yield tree.begin(subject), f"`{place[1]}` is never an IP address", form
    ((offset, text),) = literals
    try:
        network(text)
    except NoEntryError as error:
        yield offset, str(error), error.hint


def groups(lists: Lists, offset: int, name: str) -> Iterator[Slip]:
    """Yield what is wrong with `"name" in rcpt.groups`."""
    if name not in lists.groups:
        hint = hints.did_you_mean(name, lists.groups)
        declared = f'declare it: `[[group]]` with `name = "{name}"` and `members`'
        if name in lists.named:
            declared = f'that is a list: `[[group]]` with `list = "{name}"`'
        yield offset, f"there is no group `{name}`", hint or declared


def is_group(place: tuple[str, str] | None) -> bool:
    """Whether a field holds names of groups."""
    return _place(place) == ("Recipient", "groups")


def _meant(name: str, lists: Lists) -> str:
    if name in lists.groups:
        return f'that is a group: `"{name}" in rcpt.groups`'
    if near := hints.did_you_mean(name, lists.named):
        return near
    if lists.named:
        return hints.one_of(lists.named)
    return f'declare it: `[[list]]` with `name = "{name}"`, `kind` and `entries`'


def _right(subject: str, place: tuple[str, str], kind: str, name: str) -> str:
    holds = _HOLDS[place]
    if (holds, kind) == ("addresses", "domains"):
        asked = "rcpt.domain" if subject == "rcpt.address" else f"domain_of({subject})"
    elif (holds, kind) == ("domains", "addresses"):
        asked = subject.rpartition(".")[0] + ".address"
        if place[0] not in ("Recipient", "Address"):
            return 'make it a list of domains: `kind = "domains"`, `entries = [".x.example"]`'
    else:
        asked = _FIELDS[kind]
    return f'write `in_list({asked}, "{name}")`'


def _place(found: tuple[str, str] | None) -> tuple[str, str] | None:
    return (found[0].removeprefix(PACKAGE), found[1]) if found else None


def _spelled(node: Any) -> str:
    """Return a field as it is written; `x` for anything else."""
    if node.HasField("ident_expr"):
        return str(node.ident_expr.name)
    if node.HasField("select_expr"):
        return f"{_spelled(node.select_expr.operand)}.{node.select_expr.field}"
    return "x"
