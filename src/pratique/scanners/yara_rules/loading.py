"""Load rules: read, compiled apart or taken as they were kept, and tried before they are used.

All that is done before a nursery says that it is ready; so what is wrong here leaves the
nursery of before in its place.  A set is tried in the memory of the nursery itself, as its
workers are born with it: the EICAR file must be found by the rule that we ship, and scans of
harmless octets must end, and find nothing for which a message would be refused.
"""

import hashlib
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yara

from pratique.scanners.yara_rules.asked import blamed, compiled
from pratique.scanners.yara_rules.kept import Kept, key_of
from pratique.scanners.yara_rules.meta import said
from pratique.scanners.yara_rules.possible import are_known
from pratique.scanners.yara_rules.samples import EICAR, EICAR_RULE, HARMLESS
from pratique.scanners.yara_rules.sources import HEAD_SUFFIXES, WrongRules, read_all

_HASH_DIGITS = 12
# A thousand times what it takes.
TRIAL_SECONDS = 2
# Octets of sources, some hundred rules.  So many are compiled twice, for parts of any size and
# for small ones, which are then looked through once.  More would take as long again to start,
# and as much memory, and a second pass with the few others is little beside the first.
TWICE = 256 * 1024

Sources = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Loaded:
    """The rules, for parts of any size; and which version of them this is."""

    # For a part that is not longer than its head, in one pass; None: it takes both of these.
    all: yara.Rules | None
    # What sees all of a part, and what sees its head.
    whole: yara.Rules
    head: yara.Rules
    # Without a file of rules that see a whole part, these are only what is beside them.
    has_whole: bool
    # Rules that see a head are our own, and `possible.py` says where they cannot match.
    can_be_spared: bool
    version: str


def load(
    shipped: Path,
    folders: Sequence[Path],
    beside: Sources,
    keep_in: str = "",
    *,
    compile_apart: Callable[[Sequence[Sources]], list[bytes]] = compiled,
) -> Loaded:
    """The rules of these folders; `beside` is matched with what sees a whole part.

    Raises WrongRules.
    """
    ours = read_all([shipped])
    sources = ours | read_all(folders)
    head = {name: text for name, text in sources.items() if name.endswith(HEAD_SUFFIXES)}
    whole = {name: text for name, text in sources.items() if name not in head}
    sets: list[Sources] = [{**whole, **beside}, head]
    if sum(map(len, sources.values())) <= TWICE:
        sets.append({**whole, **head, **beside})
    trusted = {*ours, *beside}
    apart = [one for one in sets if not trusted >= set(one)]
    kept = Kept.at(keep_in) if apart else Kept(None)
    had = _had(apart, kept, compile_apart)
    made = {key_of(one): rules for one, rules in zip(apart, had, strict=True)}
    rules = [made.get(key_of(one)) or yara.compile(sources=dict(one)) for one in sets]
    together = rules[2] if len(rules) > 2 else None
    ours_alone = set(head) <= set(ours) and all(map(are_known, head.values()))
    loaded = Loaded(together, rules[0], rules[1], bool(whole), ours_alone, _version(sources))
    try:
        prove(loaded)
    except WrongRules as wrong:
        # Each file is tried by itself, to say where.
        others = {name: text for name, text in sources.items() if name not in ours}
        raise WrongRules(blamed("check", others) or str(wrong)) from wrong
    return loaded


def _had(
    sets: Sequence[Sources], kept: Kept, compile_apart: Callable[[Sequence[Sources]], list[bytes]]
) -> list[yara.Rules]:
    """Sets of rules, as they were kept; those that were not are compiled, and kept."""
    keys = [key_of(one) for one in sets]
    found = {key: rules for key in keys if (rules := _loaded(kept.get(key))) is not None}
    missing = {key: one for key, one in zip(keys, sets, strict=True) if key not in found}
    saved = compile_apart(list(missing.values())) if missing else []
    for key, octets in zip(missing, saved, strict=True):
        rules = _loaded(octets)
        if rules is None:
            raise WrongRules("rules: YARA does not load what it has compiled")
        found[key] = rules
        kept.put(key, octets)
    return [found[key] for key in keys]


def _loaded(saved: bytes | None) -> yara.Rules | None:
    if saved is None:
        return None
    try:
        return yara.load(file=io.BytesIO(saved))
    except yara.Error:
        return None


def _version(sources: Sources) -> str:
    text = "\0".join(f"{name}\0{source}" for name, source in sorted(sources.items()))
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH_DIGITS]


def prove(loaded: Loaded) -> None:
    """Try rules on what they must find, and on what they must not.  Raises WrongRules."""
    with_eicar = [rules for rules in (loaded.all, loaded.head) if rules is not None]
    for rules in with_eicar:
        if EICAR_RULE not in [match.rule for match in _scan(rules, EICAR, "the EICAR file")]:
            raise WrongRules(f"rules: self-test: {EICAR_RULE} does not find the EICAR file")
    for label, octets in HARMLESS.items():
        for rules in (loaded.whole, *with_eicar):
            for match in _scan(rules, octets, label):
                if said(match.meta).severity == "malicious":
                    raise WrongRules(f"rules: self-test: {match.rule} matches {label}")


def _scan(rules: yara.Rules, octets: bytes, label: str) -> list[Any]:
    try:
        found: list[Any] = rules.match(
            data=octets, timeout=TRIAL_SECONDS, fast=True, warnings_callback=_pass_over
        )
    except yara.Error as error:
        told = "it is not finished" if isinstance(error, yara.TimeoutError) else str(error)
        raise WrongRules(f"rules: self-test: a scan of {label}: {told}") from error
    return found


def _pass_over(_kind: int, _warning: Any) -> int:
    return int(yara.CALLBACK_CONTINUE)
