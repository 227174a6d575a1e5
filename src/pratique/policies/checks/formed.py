"""Read a condition's syntax tree as a form (forms.py), and find what contradicts itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pratique.policies.checks.forms import (
    ALWAYS,
    NEVER,
    Bound,
    Flag,
    Form,
    Key,
    Kinds,
    Some,
    Words,
    either,
    every,
    negated,
)  # fmt: skip
from pratique.policies.language.condition import Condition
from pratique.policies.language.tree import Oversight, Tree, children

# Variables of the enclosing loops, each with the number of its loop.
_Turns = dict[str, int]
# For a comparison: which bound it is (`too`), and whether the bound holds.
_BOUNDS = {"_>_": (False, True), "_>=_": (True, True), "_<_": (True, False), "_<=_": (False, False)}
_TURNED = {"_>_": "_<_", "_>=_": "_<=_", "_<_": "_>_", "_<=_": "_>=_"}


def form_of(condition: Condition | None) -> Form:
    """Return the form of a condition; without a condition, one that always holds."""
    return ALWAYS if condition is None else _form(Tree(condition).root, {})


def contradictions(condition: Condition) -> Iterator[Oversight]:
    """Yield where a condition says what never holds, or always; the outermost places."""
    return _Contradictions(condition.text, Tree(condition)).within(Tree(condition).root, {})


@dataclass(frozen=True, slots=True)
class _Contradictions:
    """Looks for them in one condition."""

    text: str
    tree: Tree

    def within(self, node: Any, turns: _Turns) -> Iterator[Oversight]:
        """Yield those in an expression."""
        if self.tree.reads(node) and (found := self.here(node, turns)):
            yield found
        elif loop := _loop(node):
            name = node.comprehension_expr.iter_var
            yield from self.within(loop[1], {**turns, name: len(turns)})
        else:
            for child in children(node):
                yield from self.within(child, turns)

    def here(self, node: Any, turns: _Turns) -> Oversight | None:
        """Return what is wrong with the expression itself, not with those that it consists of."""
        if not node.HasField("call_expr") or len(node.call_expr.args) != 2:
            return None
        whole = _form(node, turns)
        if whole not in (ALWAYS, NEVER):
            return None
        if node.call_expr.function not in ("_&&_", "_||_"):
            told = "never" if whole == NEVER else "always"
            hint = "a size is 0 at least: `x.size() > 0`, `x.size() == 0`"
            return Oversight(self.start(node), f"this {told} holds", hint)
        sides = [_form(each, turns) for each in node.call_expr.args]
        if ALWAYS in sides or NEVER in sides:
            return None
        return _told(self.start(node.call_expr.args[1]), never=whole == NEVER)

    def start(self, node: Any) -> int:
        """Return where an expression begins."""
        at = min(self.offsets(node), default=0)
        # CEL gives the place of a call's bracket.
        while at and (self.text[at - 1].isalnum() or self.text[at - 1] in "_.!"):
            at -= 1
        return at

    def offsets(self, node: Any) -> Iterator[int]:
        """Yield the places of an expression and of everything that it consists of."""
        if node.id in self.tree.offsets:
            yield self.tree.offsets[node.id]
        for child in children(node):
            yield from self.offsets(child)


def _told(at: int, *, never: bool) -> Oversight:
    if never:
        hint = "no message meets both: `||` for either of them, or leave one out"
        return Oversight(at, "this contradicts what stands before it: it never holds", hint)
    hint = "each message meets one of them: `&&` for both, or leave one out"
    return Oversight(at, "together with what stands before it this always holds", hint)


def _form(node: Any, turns: _Turns) -> Form:
    if node.HasField("const_expr") and node.const_expr.HasField("bool_value"):
        return ALWAYS if node.const_expr.bool_value else NEVER
    if loop := _loop(node):
        inner = {**turns, node.comprehension_expr.iter_var: len(turns)}
        is_all, body = loop
        meant = _form(body, inner)
        over = _key(node.comprehension_expr.iter_range, turns)
        return Some(over, len(turns), negated(meant) if is_all else meant, holds=not is_all)
    if node.HasField("call_expr"):
        return _called(node, turns)
    return Flag(_key(node, turns))


def _loop(node: Any) -> tuple[bool, Any] | None:
    """Return whether a loop is an `all`, and its body; None if it is no `exists` either."""
    if not node.HasField("comprehension_expr"):
        return None
    loop = node.comprehension_expr
    step = loop.loop_step.call_expr
    is_all = bool(loop.accu_init.const_expr.bool_value)
    known = loop.accu_init.const_expr.HasField("bool_value")
    joined = step.function == ("_&&_" if is_all else "_||_") and len(step.args) == 2
    told = loop.result.ident_expr.name == loop.accu_var
    if not (known and joined and told and step.args[0].ident_expr.name == loop.accu_var):
        return None
    return is_all, step.args[1]


def _called(node: Any, turns: _Turns) -> Form:
    call = node.call_expr
    if call.function in ("_&&_", "_||_"):
        sides = [_form(each, turns) for each in call.args]
        return every(sides) if call.function == "_&&_" else either(sides)
    if call.function == "!_":
        return negated(_form(call.args[0], turns))
    if call.function == "any_kind" and (kinds := _texts(call.args[0])):
        return Kinds(kinds)
    if len(call.args) == 2 and not call.HasField("target"):
        return _compared(node, call.function, call.args[0], call.args[1], turns)
    return Flag(_key(node, turns))


def _compared(node: Any, sign: str, left: Any, right: Any, turns: _Turns) -> Form:
    if left.HasField("const_expr") and not right.HasField("const_expr") and sign != "@in":
        left, right, sign = right, left, _TURNED.get(sign, sign)
    subject, constant = _key(left, turns), right.const_expr
    if sign in _BOUNDS and constant.HasField("int64_value"):
        too, holds = _BOUNDS[sign]
        return every([Bound(subject, constant.int64_value, too, holds)])
    if sign == "@in" and (words := _texts(right)):
        return Words(subject, words)
    if sign not in ("_==_", "_!=_"):
        return Flag(_key(node, turns))
    return _equal(left, right, turns) if sign == "_==_" else negated(_equal(left, right, turns))


def _equal(left: Any, right: Any, turns: _Turns) -> Form:
    subject, constant = _key(left, turns), right.const_expr
    if constant.HasField("string_value"):
        return Words(subject, frozenset({constant.string_value}))
    if constant.HasField("int64_value"):
        at = constant.int64_value
        return every([Bound(subject, at, too=True), Bound(subject, at, too=False, holds=False)])
    if constant.HasField("bool_value"):
        meant = _form(left, turns)
        return meant if constant.bool_value else negated(meant)
    return Flag(("equal", frozenset({subject, _key(right, turns)})))


def _texts(node: Any) -> frozenset[str]:
    """Return the texts that are written out; empty if some are not."""
    nodes = list(node.list_expr.elements) if node.HasField("list_expr") else [node]
    if not all(each.const_expr.HasField("string_value") for each in nodes):
        return frozenset()
    return frozenset(each.const_expr.string_value for each in nodes)


def _key(node: Any, turns: _Turns) -> Key:
    """Return an expression as a value: equal if and only if the same is asked."""
    if node.HasField("ident_expr"):
        name = node.ident_expr.name
        return ("turn", turns[name]) if name in turns else ("name", name)
    if node.HasField("select_expr"):
        kind = "has" if node.select_expr.test_only else "field"
        return kind, _key(node.select_expr.operand, turns), node.select_expr.field
    if node.HasField("call_expr"):
        # `size(parts)` and `parts.size()` are the same.
        return "call", node.call_expr.function, *(_key(each, turns) for each in children(node))
    if node.HasField("comprehension_expr"):
        loop = node.comprehension_expr
        inner = {**turns, loop.accu_var: len(turns), loop.iter_var: len(turns) + 1}
        rest = (loop.accu_init, loop.loop_condition, loop.loop_step, loop.result)
        return "loop", _key(loop.iter_range, turns), *(_key(each, inner) for each in rest)
    if node.HasField("list_expr"):
        return "list", *(_key(each, turns) for each in children(node))
    # A constant of any type; a struct equals no other, as it has its own ids.
    return "value", node.SerializeToString(deterministic=True) if node.HasField(
        "struct_expr"
    ) else node.const_expr.SerializeToString(deterministic=True)
