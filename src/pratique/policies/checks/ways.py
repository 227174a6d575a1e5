"""Find the ways in which a condition can hold, and what each of them rests on.

A condition is made of comparisons, joined by `&&`, `||`, `!`, `? :` and loops.  A way is a
choice of comparisons with which it holds: `a && (b || c)` has two, `a b` and `a c`.
For each way only what it rests on is kept, so there are never more ways than there are sets
of these, however long a condition is.

    auth.authenticated_as == x && subject == y      one way, proved, with a stranger's word
    auth.authenticated_as == x || subject == y      two ways, one of them a stranger's word

Where a condition is to be false, comparisons are inverted: `!(a == "x")` rests on nothing,
since everybody else is not x.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from pratique.policies.checks import words_of_strangers as words
from pratique.policies.checks.words_of_strangers import FORGEABLE, Rest
from pratique.policies.language.calls import COMPARISONS, DOMAIN_OF
from pratique.policies.language.condition import Condition
from pratique.policies.language.tree import Tree, children
from pratique.policies.lists.entries import NoEntryError, is_narrow

# Maps what a way rests on to where its first forgeable word stands; -1 if it has none.
Ways = Mapping[Rest, int]
# What the variables of the enclosing loops rest on.
_Scope = Mapping[str, Rest]

# What is reported, with its place.
TOLD = FORGEABLE | Rest.LOOSE
_PLAIN: Ways = {Rest.NOTHING: -1}
_SEARCHES = frozenset(("contains", "startsWith", "endsWith", "matches"))


def ways(condition: Condition, *, holds: bool) -> Ways:
    """Return the ways in which a condition holds, or in which it does not."""
    tree = Tree(condition)
    return _Ways(tree).of(tree.root, holds, {})


def both(one: Ways, other: Ways) -> Ways:
    """Return the ways in which two conditions hold together."""
    return _first((a | b, x if a & TOLD else y) for a, x in one.items() for b, y in other.items())


def either(*several: Ways) -> Ways:
    """Return the ways in which one of several conditions holds."""
    return _first(pair for each in several for pair in each.items())


def _first(pairs: Any) -> Ways:
    found: dict[Rest, int] = {}
    for rest, offset in pairs:
        found[rest] = min(found.get(rest, offset), offset)
    return found


class _Ways:
    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        # Each expression is evaluated once per outcome: `a ? b : c` needs both outcomes of `a`, and
        # each further nesting in the place of `a` would double the work.
        self._known: dict[tuple[int, bool], Ways] = {}
        self._joined: dict[str, Callable[[Any, bool, _Scope], Ways]] = {
            "_&&_": self._and,
            "_||_": self._or,
            "!_": lambda args, wanted, scope: self.of(args[0], not wanted, scope),
            "_?_:_": self._chosen,
            "_==_": self._equal,
            "_!=_": lambda args, wanted, scope: self._equal(args, not wanted, scope),
            "@in": self._among,
        }

    def of(self, node: Any, wanted: bool, scope: _Scope) -> Ways:
        """Return the ways in which an expression is true, or false."""
        known = self._known.get((node.id, wanted))
        if known is None:
            known = self._known[node.id, wanted] = self._found(node, wanted, scope)
        return known

    def _found(self, node: Any, wanted: bool, scope: _Scope) -> Ways:
        if node.HasField("comprehension_expr"):
            return self._in_turns(node, wanted, scope)
        if node.HasField("call_expr"):
            call = node.call_expr
            if call.function in self._joined:
                return self._joined[call.function](list(call.args), wanted, scope)
            if call.function in _SEARCHES:
                return self._searched(call, wanted, scope)
            if call.function in COMPARISONS:
                return self._listed(call, wanted, scope)
        if node.HasField("const_expr"):
            return _PLAIN if node.const_expr.bool_value == wanted else {}
        if node.HasField("select_expr"):
            return {self._place(node, scope): -1} if wanted else _PLAIN
        return self._any(node, scope)

    def _and(self, args: Any, wanted: bool, scope: _Scope) -> Ways:
        left, right = (self.of(each, wanted, scope) for each in args)
        return both(left, right) if wanted else either(left, right)

    def _or(self, args: Any, wanted: bool, scope: _Scope) -> Ways:
        left, right = (self.of(each, wanted, scope) for each in args)
        return either(left, right) if wanted else both(left, right)

    def _chosen(self, args: Any, wanted: bool, scope: _Scope) -> Ways:
        asked, one, other = args
        return either(
            both(self.of(asked, True, scope), self.of(one, wanted, scope)),
            both(self.of(asked, False, scope), self.of(other, wanted, scope)),
        )

    def _in_turns(self, node: Any, wanted: bool, scope: _Scope) -> Ways:
        """Handle `exists` and `all`; for an empty list `all` is true, whatever is asked."""
        loop = node.comprehension_expr
        step = loop.loop_step.call_expr
        if step.function not in ("_||_", "_&&_", "_?_:_") or len(step.args) < 2:
            return self._any(node, scope)
        is_all = step.function == "_&&_"
        # `exists_one` counts, as `asked ? count + 1 : count`.
        asked = step.args[0 if step.function == "_?_:_" else 1]
        inner = {**scope, loop.iter_var: self._element(loop.iter_range, scope)}
        found = _closed(self.of(asked, wanted, inner))
        if wanted is is_all:
            return either(found, self._of_none(loop, found) if wanted else _PLAIN)
        return both(found, self._any(loop.iter_range, scope)) if wanted else found

    def _of_none(self, loop: Any, found: Ways) -> Ways:
        """`all` holds for an empty list: without a signature, "each is a partner's" is true."""
        proved = any(rest & (Rest.PROVED | Rest.LOOSE) for rest in found)
        return {Rest.LOOSE: self._offset(loop.iter_range)} if proved else _PLAIN

    def _element(self, node: Any, scope: _Scope) -> Rest:
        """Return what an element of a list rests on."""
        return self._place(node, scope) or next(iter(self._any(node, scope)))

    def _equal(self, args: Any, wanted: bool, scope: _Scope) -> Ways:
        for one, other in (args, args[::-1]):
            constant = other.const_expr
            if other.HasField("const_expr") and constant.HasField("bool_value"):
                return self.of(one, wanted == constant.bool_value, scope)
        return self._compared(args, "==", wanted, scope)

    def _among(self, args: Any, wanted: bool, scope: _Scope) -> Ways:
        return self._compared(args, "in", wanted, scope)

    def _searched(self, call: Any, wanted: bool, scope: _Scope) -> Ways:
        sides = [*([call.target] if call.HasField("target") else ()), *call.args]
        return self._compared(sides, call.function, wanted, scope)

    def _listed(self, call: Any, wanted: bool, scope: _Scope) -> Ways:
        """Handle a list or a network, which names many at once: each is compared as a whole."""
        subject, named = call.args
        place = self._place(subject, scope)
        if not wanted:
            return _PLAIN
        if place is Rest.NOTHING:
            return _together(self._any(subject, scope))
        known = [self._names_owners(call.function, text) for _, text in self._tree.texts(named)]
        rest = words.if_listed(place, is_whole=all(known))
        return {rest: self._offset(subject) if rest & TOLD else -1}

    def _names_owners(self, function: str, text: str) -> bool:
        if function == "cidr":
            with suppress(NoEntryError):
                return is_narrow(text)
        found = self._tree.lists.named.get(text)
        return found is not None and found.is_whole

    def _compared(self, sides: Any, function: str, wanted: bool, scope: _Scope) -> Ways:
        for one, other in (sides, sides[::-1]):
            place = self._place(one, scope)
            if place is Rest.NOTHING or self._tree.reads(other):
                continue
            texts = [text for _, text in self._tree.texts(other)] or ["?"]
            if wanted:
                rest = words.if_met(place, function, texts)
            else:
                rest = words.if_not_empty(place) if texts == [""] else Rest.NOTHING
            return {rest: self._offset(one) if rest & TOLD else -1}
        found = either(*(self._any(side, scope) for side in sides))
        return _together(found) if wanted else _PLAIN

    def _place(self, node: Any, scope: _Scope) -> Rest:
        """Return what a text rests on that is a field, an element of one, or a loop's variable."""
        if node.HasField("ident_expr"):
            return scope.get(node.ident_expr.name, Rest.NOTHING)
        if node.HasField("select_expr") and not node.select_expr.test_only:
            holder = node.select_expr.operand
            if holder.select_expr.field == "macros":
                return words.of_macro(node.select_expr.field)
            message = self._tree.types.get(holder.id, "")
            return words.at(message, node.select_expr.field, self._place(holder, scope))
        if node.HasField("call_expr") and node.call_expr.function == "_[_]":
            held, key = node.call_expr.args
            if held.select_expr.field == "macros":
                return words.of_macro(key.const_expr.string_value)
            return self._place(held, scope)
        if node.HasField("call_expr") and node.call_expr.function == DOMAIN_OF:
            return self._place(node.call_expr.args[0], scope)
        return Rest.NOTHING

    def _any(self, node: Any, scope: _Scope) -> Ways:
        """Return what a stranger wrote of all that an expression reads; a length says nothing."""
        place = self._place(node, scope) & FORGEABLE
        if place:
            return {place: self._offset(node)}
        if node.HasField("call_expr") and node.call_expr.function == "size":
            sized = [*node.call_expr.args, node.call_expr.target]
            if not any(each.HasField("comprehension_expr") for each in sized):
                return _PLAIN
        if node.HasField("comprehension_expr"):
            over = node.comprehension_expr
            scope = {**scope, over.iter_var: self._place(over.iter_range, scope)}
        return _together(either(_PLAIN, *(self._any(each, scope) for each in children(node))))

    def _offset(self, node: Any) -> int:
        return self._tree.begin(node)


def _together(found: Ways) -> Ways:
    rest = Rest.NOTHING
    for each in found:
        rest |= each
    offsets = [offset for offset in found.values() if offset >= 0]
    return {rest: min(offsets, default=-1)}


def _closed(found: Ways) -> Ways:
    """Close a loop over signatures: one and the same has this domain, and is valid."""
    return _first((_one_signature(rest), offset) for rest, offset in found.items())


def _one_signature(rest: Rest) -> Rest:
    if rest & Rest.SIGNER and rest & Rest.SIGNED:
        rest = rest & ~Rest.SIGNER | Rest.PROVED
    return rest & ~Rest.SIGNED
