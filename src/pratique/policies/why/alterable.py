"""Read out of conditions what could be different: fields, lists, and what they are compared with.

It reads CEL's own tree (tree.py), so a name in a loop is the field that it stands for.  A
`*` in a path stands for each element of a list.  The recipient is left out: it is not a fact
about the message.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.descriptor import Descriptor

from pratique.policies.language import vocabulary
from pratique.policies.language.calls import COMPARISONS, DOMAIN_OF, SEARCHES
from pratique.policies.language.condition import Condition
from pratique.policies.language.tree import Tree, children
from pratique.policies.lists.named import Lists

Path = tuple[str, ...]
EACH = "*"
_COMPARED = ("_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "@in")
_WITHIN = ("startsWith", "endsWith", "contains")
# Makes a whole address where only its domain is named.
SOMEBODY = "someone"


@dataclass(slots=True)
class Asked:
    """What conditions ask for; dicts keep the order, and each key once."""

    # Fields, with the texts and numbers that they are compared with.
    fields: dict[Path, dict[str | int | float, None]] = field(default_factory=dict)
    lists: dict[Path, None] = field(default_factory=dict)
    # Fields whose presence is asked for.
    presence: dict[Path, None] = field(default_factory=dict)

    def add(self, path: Path, values: Iterable[str | int | float] = ()) -> None:
        """Add a field, and what it is compared with."""
        self.fields.setdefault(path, {}).update(dict.fromkeys(values))


def asked_by(conditions: Iterable[Condition]) -> Asked:
    """Return what these conditions ask for together."""
    found = Asked()
    for condition in conditions:
        tree = Tree(condition)
        _Walk(tree, found).visit(tree.root, {})
    return found


_Scope = Mapping[str, Path | None]


@dataclass(frozen=True, slots=True)
class _Walk:
    tree: Tree
    found: Asked

    def visit(self, node: Any, scope: _Scope) -> None:
        """Note what an expression asks for."""
        path = self.path(node, scope)
        if path is not None:
            self.found.add(path)
            return
        if node.HasField("comprehension_expr"):
            self._in_turns(node.comprehension_expr, scope)
            return
        if node.HasField("call_expr"):
            self._of_call(node.call_expr, scope)
        for child in children(node):
            self.visit(child, scope)

    def path(self, node: Any, scope: _Scope) -> Path | None:
        """Return the field that an expression is; None if it is not a field."""
        if node.HasField("ident_expr"):
            name = node.ident_expr.name
            if name in scope:
                return scope[name]
            return (name,) if name in vocabulary.VARIABLES or name in vocabulary.PLAIN else None
        if node.HasField("select_expr"):
            holder = self.path(node.select_expr.operand, scope)
            path = None if holder is None else (*holder, node.select_expr.field)
            if path is not None and node.select_expr.test_only:
                self.found.presence[path] = None
            return path
        if node.HasField("call_expr") and node.call_expr.function == "_[_]":
            held = self.path(node.call_expr.args[0], scope)
            return None if held is None else (*held, EACH)
        return None

    def _in_turns(self, loop: Any, scope: _Scope) -> None:
        over = self.path(loop.iter_range, scope)
        if over is None:
            self.visit(loop.iter_range, scope)
        else:
            self._goes_over(over)
        inner = {**scope, loop.accu_var: None}
        inner[loop.iter_var] = None if over is None else (*over, EACH)
        for each in (loop.loop_condition, loop.loop_step, loop.result):
            self.visit(each, inner)

    def _of_call(self, call: Any, scope: _Scope) -> None:
        sides = [*([call.target] if call.HasField("target") else ()), *call.args]
        if call.function in _COMPARED:
            for one, other in (sides, sides[::-1]):
                self._compared(one, list(_constants(other)), scope)
        elif call.function in _WITHIN:
            self._compared(sides[0], [_whole(text) for text in _constants(sides[1])], scope)
        elif call.function in SEARCHES:
            is_kind = call.function == "any_kind"
            self.found.lists[("parts",)] = None
            words = list(_constants(sides[0])) if is_kind else []
            self.found.add(("parts", EACH, "kind" if is_kind else "name"), words)
        elif call.function in COMPARISONS:
            self._compared(sides[0], list(self._of_lists(call, sides[1])), scope)
        elif call.function == "size" and (path := self.path(sides[0], scope)) is not None:
            self._goes_over(path)

    def _goes_over(self, path: Path) -> None:
        """Note a list whose elements may be missing, but no text or map, which have sizes too."""
        one = described(path)
        if one is not None and one.is_repeated:
            self.found.lists[path] = None

    def _compared(self, one: Any, values: list[str | int | float], scope: _Scope) -> None:
        if one.HasField("call_expr") and one.call_expr.function == DOMAIN_OF:
            values = [f"{SOMEBODY}@{value}" for value in values]
            one = one.call_expr.args[0]
        path = self.path(one, scope)
        if path is not None:
            self.found.add(path, values)

    def _of_lists(self, call: Any, named: Any) -> Iterator[str]:
        """Yield a text that is on the list, or lies in the network."""
        for value in _constants(named):
            text = str(value)
            if call.function == "cidr":
                yield text.partition("/")[0]
            else:
                yield from _example(text, self.tree.lists)


def _example(name: str, lists: Lists) -> Iterator[str]:
    """Yield the first entry of a list, as a text that meets it."""
    found = lists.named.get(name)
    if found is None or not len(found):
        return
    text = found.written.entry(0).text
    if found.kind == "networks":
        yield text.partition("/")[0]
    else:
        yield f"{SOMEBODY}{text}" if text.startswith("@") else _whole(text)


def _whole(text: str | float) -> str:
    """Return a complete text with this part: `endsWith("@x.example")` needs an address."""
    return f"{SOMEBODY}{text}" if str(text).startswith(("@", ".")) else str(text)


def _constants(node: Any) -> Iterator[str | int | float]:
    """Yield the texts and numbers that an expression is, or that it lists."""
    if node.HasField("list_expr"):
        for element in node.list_expr.elements:
            yield from _constants(element)
    elif node.HasField("const_expr"):
        for kind in ("string_value", "int64_value", "double_value"):
            if node.const_expr.HasField(kind):
                yield getattr(node.const_expr, kind)


def described(path: Path) -> Any:
    """Return the descriptor of the field at a path; None for elements of a list, and for a map."""
    message: Descriptor | None = vocabulary.FACTS
    found: Any = None
    for name in path:
        if name == EACH:
            continue
        found = message.fields_by_name.get(name) if message is not None else None
        if found is None:
            return None
        message = found.message_type
        if message is not None and message.GetOptions().map_entry:
            return None
    return None if path[-1] == EACH else found
