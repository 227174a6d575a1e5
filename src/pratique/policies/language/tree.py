"""Read a compiled condition's syntax tree: what it asks for, and with which words.

CEL hands out its checked tree as `cel.expr.CheckedExpr` (cel-spec, proto/cel/expr/
checked.proto and syntax.proto).  Only the fields read here are declared, in a pool of
their own; protobuf skips the rest.  What is found here passes CEL's checker, but would never
hold: a comparison with what the field can never contain, and a regular expression that does
not compile.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import starmap
from typing import Any

from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, message_factory, text_format

from pratique.policies.hints import hints
from pratique.policies.language import vocabulary
from pratique.policies.language.calls import DOMAIN_OF, SEARCHES
from pratique.policies.language.condition import Condition
from pratique.policies.language.searches import regex_problem
from pratique.policies.lists import listed

_SCHEMA = """
name: "tree.proto" package: "cel.expr" syntax: "proto3"
message_type { name: "CheckedExpr"
  field { name: "reference_map" number: 2 label: LABEL_REPEATED type_name: ".cel.expr.Reference" }
  field { name: "type_map" number: 3 label: LABEL_REPEATED type_name: ".cel.expr.TypeOf" }
  field { name: "expr" number: 4 type_name: ".cel.expr.Expr" }
  field { name: "source_info" number: 5 type_name: ".cel.expr.SourceInfo" } }
message_type { name: "Reference" field { name: "key" number: 1 type: TYPE_INT64 } }
message_type { name: "TypeOf"
  field { name: "key" number: 1 type: TYPE_INT64 }
  field { name: "value" number: 2 type_name: ".cel.expr.Type" } }
message_type { name: "Type" field { name: "message_type" number: 9 type: TYPE_STRING } }
message_type { name: "SourceInfo"
  field { name: "positions" number: 4 label: LABEL_REPEATED type_name: ".cel.expr.Position" } }
message_type { name: "Position"
  field { name: "key" number: 1 type: TYPE_INT64 }
  field { name: "value" number: 2 type: TYPE_INT32 } }
message_type { name: "Expr"
  field { name: "id" number: 2 type: TYPE_INT64 }
  field { name: "const_expr" number: 3 type_name: ".cel.expr.Constant" }
  field { name: "ident_expr" number: 4 type_name: ".cel.expr.Ident" }
  field { name: "select_expr" number: 5 type_name: ".cel.expr.Select" }
  field { name: "call_expr" number: 6 type_name: ".cel.expr.Call" }
  field { name: "list_expr" number: 7 type_name: ".cel.expr.List" }
  field { name: "struct_expr" number: 8 type_name: ".cel.expr.Struct" }
  field { name: "comprehension_expr" number: 9 type_name: ".cel.expr.Comprehension" } }
message_type { name: "Constant"
  field { name: "bool_value" number: 2 type: TYPE_BOOL proto3_optional: true oneof_index: 1 }
  field { name: "string_value" number: 6 type: TYPE_STRING proto3_optional: true oneof_index: 0 }
  field { name: "int64_value" number: 3 type: TYPE_INT64 proto3_optional: true oneof_index: 2 }
  field { name: "double_value" number: 5 type: TYPE_DOUBLE proto3_optional: true oneof_index: 3 }
  oneof_decl { name: "_string_value" } oneof_decl { name: "_bool_value" }
  oneof_decl { name: "_int64_value" } oneof_decl { name: "_double_value" } }
message_type { name: "Ident" field { name: "name" number: 1 type: TYPE_STRING } }
message_type { name: "Select"
  field { name: "operand" number: 1 type_name: ".cel.expr.Expr" }
  field { name: "field" number: 2 type: TYPE_STRING }
  field { name: "test_only" number: 3 type: TYPE_BOOL } }
message_type { name: "Call"
  field { name: "target" number: 1 type_name: ".cel.expr.Expr" }
  field { name: "function" number: 2 type: TYPE_STRING }
  field { name: "args" number: 3 label: LABEL_REPEATED type_name: ".cel.expr.Expr" } }
message_type { name: "List"
  field { name: "elements" number: 1 label: LABEL_REPEATED type_name: ".cel.expr.Expr" } }
message_type { name: "Struct"
  field { name: "entries" number: 2 label: LABEL_REPEATED type_name: ".cel.expr.Entry" } }
message_type { name: "Entry"
  field { name: "map_key" number: 3 type_name: ".cel.expr.Expr" }
  field { name: "value" number: 4 type_name: ".cel.expr.Expr" } }
message_type { name: "Comprehension"
  field { name: "iter_var" number: 1 type: TYPE_STRING }
  field { name: "iter_range" number: 2 type_name: ".cel.expr.Expr" }
  field { name: "accu_var" number: 3 type: TYPE_STRING }
  field { name: "accu_init" number: 4 type_name: ".cel.expr.Expr" }
  field { name: "loop_condition" number: 5 type_name: ".cel.expr.Expr" }
  field { name: "loop_step" number: 6 type_name: ".cel.expr.Expr" }
  field { name: "result" number: 7 type_name: ".cel.expr.Expr" } }
"""

_FACTS = frozenset((*vocabulary.VARIABLES, *vocabulary.PLAIN, *vocabulary.RCPT, *vocabulary.PART))

# A place in the facts: the type of the message, and the field in it.
_Placed = tuple[str, str]
# Variables of the enclosing comprehensions: where the values of each come from.
_Scope = Mapping[str, _Placed | None]


def _checked_expr() -> Any:
    schema = text_format.Parse(_SCHEMA, descriptor_pb2.FileDescriptorProto())
    pool = descriptor_pool.DescriptorPool()
    pool.Add(schema)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("cel.expr.CheckedExpr"))


_CheckedExpr = _checked_expr()


@dataclass(frozen=True, slots=True)
class Oversight:
    """What CEL lets pass but can never do what was meant; `offset` is the word's."""

    offset: int
    message: str
    hint: str


def oversights(condition: Condition) -> Iterator[Oversight]:
    """Yield what CEL lets pass in a condition although it can never do what was meant."""
    tree = Tree(condition)
    return tree.walk(tree.root, {})


def asks_nothing(condition: Condition) -> bool:
    """Whether a condition reads no fact at all: then it is always true or always false."""
    tree = Tree(condition)
    return not tree.reads(tree.root)


def asks(condition: Condition, variable: str) -> bool:
    """Whether a condition reads this variable."""
    tree = Tree(condition)
    return tree.names(tree.root, variable)


class Tree:
    """A condition as CEL has checked it, and where its words stand."""

    def __init__(self, condition: Condition) -> None:
        wrapped = any_pb2.Any.FromString(condition.serialized())
        checked = _CheckedExpr.FromString(wrapped.value)
        self.root = checked.expr
        self.lists = condition.lists
        self.types = {each.key: each.value.message_type for each in checked.type_map}
        places = checked.source_info.positions
        self.offsets = {each.key: condition.offset(each.value) for each in places}

    def reads(self, node: Any) -> bool:
        """Whether an expression reads a fact, itself or through a function of ours."""
        if node.HasField("ident_expr"):
            return node.ident_expr.name in _FACTS
        if node.HasField("call_expr") and node.call_expr.function in SEARCHES:
            return True
        return any(self.reads(child) for child in children(node))

    def names(self, node: Any, variable: str) -> bool:
        """Whether an expression names a variable that is not made by a loop in it."""
        if node.HasField("ident_expr"):
            return bool(node.ident_expr.name == variable)
        if node.HasField("comprehension_expr"):
            loop = node.comprehension_expr
            if loop.iter_var == variable:
                return self.names(loop.iter_range, variable)
        return any(self.names(child, variable) for child in children(node))

    def walk(self, node: Any, scope: _Scope) -> Iterator[Oversight]:
        """Yield what can never do what was meant, in an expression and all that it consists of."""
        if node.HasField("call_expr"):
            yield from self.in_call(node.call_expr, scope)
        if node.HasField("comprehension_expr"):
            loop = node.comprehension_expr
            yield from self.walk(loop.iter_range, scope)
            inner = {**scope, loop.iter_var: self.origin(loop.iter_range, scope)}
            for child in (loop.accu_init, loop.loop_condition, loop.loop_step, loop.result):
                yield from self.walk(child, inner)
            return
        for child in children(node):
            yield from self.walk(child, scope)

    def in_call(self, call: Any, scope: _Scope) -> Iterator[Oversight]:
        """Yield what can never do what was meant, in one call."""
        arguments = list(call.args)
        match call.function:
            case "_==_" | "_!=_" | "@in" | "_[_]":
                left, right = arguments
                yield from self.never(right, self.origin(left, scope))
                yield from self.never(left, self.origin(right, scope))
            case "_<_" | "_<=_" | "_>_" | "_>=_":
                for side in arguments:
                    yield from self.unordered(side)
            case "any_kind":
                yield from self.never(arguments[0], ("Part", "kind"))
            case "endsWith" | "startsWith":
                yield from self.never(arguments[-1], ("", "text"))
            case "matches" | "any_name":
                yield from self.broken(arguments[-1])
            case "in_list":
                yield from starmap(Oversight, listed.in_list(self, call, scope))
            case "cidr":
                yield from starmap(Oversight, listed.cidr(self, call, scope))

    def origin(self, node: Any, scope: _Scope) -> _Placed | None:
        """Return the field that an expression's value comes from, where that is evident."""
        if node.HasField("select_expr"):
            message = self.types.get(node.select_expr.operand.id, "")
            return (message, node.select_expr.field) if message else None
        if node.HasField("ident_expr"):
            return scope.get(node.ident_expr.name)
        if node.HasField("call_expr") and node.call_expr.function == "_[_]":
            return self.origin(node.call_expr.args[0], scope)
        if node.HasField("call_expr") and node.call_expr.function == DOMAIN_OF:
            return "Recipient", "domain"
        return None

    def never(self, node: Any, field: _Placed | None) -> Iterator[Oversight]:
        """Complain about a text that the field can never hold."""
        if field is None:
            return
        words = vocabulary.words(*field)
        for offset, text in self.texts(node):
            if listed.is_group(field):
                yield from starmap(Oversight, listed.groups(self.lists, offset, text))
                continue
            if words is None:
                hint = vocabulary.never(*field, text)
            elif text == "none" and "" in words and text not in words:
                hint = f'write `{field[1]} == ""` for what has none'
            else:
                hint = "" if text in words else hints.word_meant(text, words)
            if hint:
                yield Oversight(offset, f'`{field[1]}` is never "{text}"', hint)

    def unordered(self, node: Any) -> Iterator[Oversight]:
        """Complain about a text that is compared by order."""
        for offset, text in self.texts(node):
            hint = 'name the ones that are meant: `f.severity in ["suspicious", "malicious"]`'
            yield Oversight(offset, f'"{text}" has no order: texts compare by letter', hint)

    def broken(self, node: Any) -> Iterator[Oversight]:
        """Complain about a regular expression that does not compile."""
        for offset, pattern in self.texts(node):
            if problem := regex_problem(pattern):
                hint = hints.regex(pattern, problem)
                yield Oversight(offset, f"not a regular expression: {problem}", hint)

    def texts(self, node: Any) -> Iterator[tuple[int, str]]:
        """Yield the text literals that an expression is, or that it lists."""
        for constant in _constants(node):
            yield self.offsets.get(constant.id, 0), constant.const_expr.string_value

    def begin(self, node: Any) -> int:
        """Return where an expression begins."""
        while not node.HasField("ident_expr"):
            below = next(children(node), None)
            if below is None:
                break
            node = below
        return int(self.offsets.get(node.id, 0))


def _constants(node: Any) -> Iterator[Any]:
    if node.HasField("list_expr"):
        for element in node.list_expr.elements:
            yield from _constants(element)
    elif node.HasField("const_expr") and node.const_expr.HasField("string_value"):
        yield node


def children(node: Any) -> Iterator[Any]:
    """Yield the expressions that an expression consists of."""
    if node.HasField("select_expr"):
        yield node.select_expr.operand
    elif node.HasField("call_expr"):
        if node.call_expr.HasField("target"):
            yield node.call_expr.target
        yield from node.call_expr.args
    elif node.HasField("list_expr"):
        yield from node.list_expr.elements
    elif node.HasField("struct_expr"):
        for entry in node.struct_expr.entries:
            yield from (entry.map_key, entry.value)
    elif node.HasField("comprehension_expr"):
        loop = node.comprehension_expr
        yield from (
            loop.iter_range, loop.accu_init, loop.loop_condition, loop.loop_step, loop.result
        )  # fmt: skip
