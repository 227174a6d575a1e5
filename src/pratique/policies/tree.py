"""Read a compiled condition's syntax tree: what it asks for, and with which words.

CEL hands out its checked tree as `cel.expr.CheckedExpr` (cel-spec, proto/cel/expr/
checked.proto and syntax.proto).  Only the fields read here are declared, in a pool of
their own; protobuf skips the rest.  What is found here CEL's checker lets pass, and it
would be silent for ever: a comparison with what the field can never hold, and a regular
expression that does not compile.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, message_factory, text_format

from pratique.policies import hints, vocabulary
from pratique.policies.condition import FUNCTIONS, Condition, regex_problem

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
  oneof_decl { name: "_string_value" } oneof_decl { name: "_bool_value" } }
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

# A field of a variable; an empty one is how many elements the variable has.
Field = tuple[str, str]

# A place in the facts: the type of the message, and the field in it.
_Placed = tuple[str, str]
# Variables of the comprehensions around: where each one's values come from.
_Scope = Mapping[str, _Placed | None]


def _checked_expr() -> Any:
    schema = text_format.Parse(_SCHEMA, descriptor_pb2.FileDescriptorProto())
    pool = descriptor_pool.DescriptorPool()
    pool.Add(schema)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("cel.expr.CheckedExpr"))


_CheckedExpr = _checked_expr()


@dataclass(frozen=True, slots=True)
class Oversight:
    """What CEL lets pass and what can never do what was meant; `offset` is the word's."""

    offset: int
    message: str
    hint: str


def oversights(condition: Condition) -> Iterator[Oversight]:
    """What CEL lets pass in a condition and that can never do what was meant."""
    tree = Tree(condition)
    return tree.walk(tree.root, {})


def asks_nothing(condition: Condition) -> bool:
    """Tell whether a condition reads no fact at all: it is always true or always false."""
    tree = Tree(condition)
    return not tree.reads(tree.root)


def asks(condition: Condition, variable: str) -> bool:
    """Tell whether a condition reads this variable."""
    tree = Tree(condition)
    return tree.names(tree.root, variable)


def silent_without(condition: Condition) -> frozenset[str]:
    """Variables without which a condition is false: it is if all of these hold nothing.

    Empty if there are none, or if nobody knows.  Of `a && b` only what CEL evaluates first
    counts, so that nothing that is left out could have had another answer, or none.
    """
    return _silent_without(Tree(condition).root)


def _silent_without(node: Any) -> frozenset[str]:
    if node.HasField("comprehension_expr"):
        return _without_turns(node.comprehension_expr)
    if node.HasField("select_expr"):
        return _flag_of(node.select_expr)
    if node.HasField("call_expr") and node.call_expr.function in ("_&&_", "_||_"):
        first, second = map(_silent_without, node.call_expr.args)
        if node.call_expr.function == "_&&_":
            return first
        return first | second if first and second else frozenset()
    return frozenset()


def _without_turns(loop: Any) -> frozenset[str]:
    """`list.exists(...)` is false for an empty list, as `all` is not."""
    name, begun = loop.iter_range.ident_expr.name, loop.accu_init.const_expr
    is_false = begun.HasField("bool_value") and not begun.bool_value
    told = loop.result.ident_expr.name == loop.accu_var
    is_list = name in vocabulary.VARIABLES and vocabulary.VARIABLES[name].is_list
    return frozenset({name}) if is_false and told and is_list else frozenset()


def _flag_of(select: Any) -> frozenset[str]:
    """`bounce.claimed` is false where nothing is said of a bounce."""
    name = select.operand.ident_expr.name
    variable = vocabulary.VARIABLES.get(name)
    field = variable.message.fields_by_name.get(select.field) if variable else None
    is_flag = field is not None and field.type == field.TYPE_BOOL and not field.is_repeated
    return frozenset({name}) if is_flag else frozenset()


class _AnythingError(Exception):
    """A condition reads what may hold anything."""


def fields_read(condition: Condition) -> frozenset[Field] | None:
    """The fields on which alone the answer depends, if each holds a flag or one of few words.

    None where a condition reads anything else, or where nobody knows.
    """
    try:
        return frozenset(_read(Tree(condition).root, {}))
    except _AnythingError:
        return None


# Variables of the loops around: the list whose elements each of them is, "" for other values.
_Loops = Mapping[str, str]


def _read(node: Any, loops: _Loops) -> Iterator[Field]:
    if node.HasField("select_expr"):
        yield _read_of(node.select_expr, loops)
    elif node.HasField("comprehension_expr"):
        yield from _read_in_turns(node.comprehension_expr, loops)
    elif node.HasField("call_expr"):
        yield from _read_by_call(node.call_expr, loops)
    elif node.HasField("list_expr"):
        for element in node.list_expr.elements:
            yield from _read(element, loops)
    elif not node.HasField("const_expr") and loops.get(node.ident_expr.name) != "":
        # A whole message or list, or what we do not know.
        raise _AnythingError


def _read_of(select: Any, loops: _Loops) -> Field:
    name = select.operand.ident_expr.name
    variable = loops.get(name, name)
    known = vocabulary.VARIABLES.get(variable)
    # An element of a list, or a message that is no list.
    if known is None or known.is_list != (name in loops):
        raise _AnythingError
    field = known.message.fields_by_name[select.field]
    is_flag = field.type == field.TYPE_BOOL and not field.is_repeated
    is_word = field.type == field.TYPE_STRING
    is_word = is_word and vocabulary.words(known.message.full_name, field.name) is not None
    # Whether an optional field is there is a question of its own.
    if not (is_flag or is_word) or (field.has_presence and not field.is_repeated):
        raise _AnythingError
    return variable, field.name


def _read_in_turns(loop: Any, loops: _Loops) -> Iterator[Field]:
    over = ""
    if loop.iter_range.HasField("ident_expr"):
        over = _list_of(loop.iter_range, loops)
        yield over, ""
    else:
        yield from _read(loop.iter_range, loops)
    yield from _read(loop.accu_init, loops)
    inner = {**loops, loop.accu_var: ""}
    yield from _read(loop.result, inner)
    inner[loop.iter_var] = over
    yield from _read(loop.loop_condition, inner)
    yield from _read(loop.loop_step, inner)


def _list_of(node: Any, loops: _Loops) -> str:
    name: str = node.ident_expr.name
    known = vocabulary.VARIABLES.get(name)
    if known is None or not known.is_list or name in loops:
        raise _AnythingError
    return name


def _read_by_call(call: Any, loops: _Loops) -> Iterator[Field]:
    values = [*([call.target] if call.HasField("target") else ()), *call.args]
    if call.function == "any_kind":
        yield "parts", "kind"
    elif call.function in FUNCTIONS:
        raise _AnythingError
    elif call.function == "size" and values[0].HasField("ident_expr"):
        yield _list_of(values[0], loops), ""
        return
    for value in values:
        yield from _read(value, loops)


class Tree:
    """A condition as CEL has checked it, and where its words stand."""

    def __init__(self, condition: Condition) -> None:
        wrapped = any_pb2.Any.FromString(condition.serialized())
        checked = _CheckedExpr.FromString(wrapped.value)
        self.root = checked.expr
        self.types = {each.key: each.value.message_type for each in checked.type_map}
        self.offsets = {each.key: each.value for each in checked.source_info.positions}

    def reads(self, node: Any) -> bool:
        """Tell whether an expression reads a fact, itself or through a function of ours."""
        if node.HasField("ident_expr"):
            return node.ident_expr.name in _FACTS
        if node.HasField("call_expr") and node.call_expr.function in FUNCTIONS:
            return True
        return any(self.reads(child) for child in children(node))

    def names(self, node: Any, variable: str) -> bool:
        """Tell whether an expression names a variable that no loop in it has made."""
        if node.HasField("ident_expr"):
            return bool(node.ident_expr.name == variable)
        if node.HasField("comprehension_expr"):
            loop = node.comprehension_expr
            if loop.iter_var == variable:
                return self.names(loop.iter_range, variable)
        return any(self.names(child, variable) for child in children(node))

    def walk(self, node: Any, scope: _Scope) -> Iterator[Oversight]:
        """What can never do what was meant, in an expression and in all that it is made of."""
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
        """What can never do what was meant, in one call."""
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

    def origin(self, node: Any, scope: _Scope) -> _Placed | None:
        """The field that an expression's value comes from, as far as it is that plain."""
        if node.HasField("select_expr"):
            message = self.types.get(node.select_expr.operand.id, "")
            return (message, node.select_expr.field) if message else None
        if node.HasField("ident_expr"):
            return scope.get(node.ident_expr.name)
        if node.HasField("call_expr") and node.call_expr.function == "_[_]":
            return self.origin(node.call_expr.args[0], scope)
        return None

    def never(self, node: Any, field: _Placed | None) -> Iterator[Oversight]:
        """Complain about a text that the field can never hold."""
        if field is None:
            return
        words = vocabulary.words(*field)
        for offset, text in self.texts(node):
            if words is None:
                hint = vocabulary.never(*field, text)
            elif text == "none" and "" in words and text not in words:
                hint = f'write `{field[1]} == ""` for what has none'
            else:
                hint = "" if text in words else hints.word_meant(text, words)
            if hint:
                yield Oversight(offset, f'`{field[1]}` is never "{text}"', hint)

    def unordered(self, node: Any) -> Iterator[Oversight]:
        """Complain about a text that is asked whether it is more or less."""
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
        """The text literals that an expression is, or that the list it is holds."""
        for constant in _constants(node):
            yield self.offsets.get(constant.id, 0), constant.const_expr.string_value


def _constants(node: Any) -> Iterator[Any]:
    if node.HasField("list_expr"):
        for element in node.list_expr.elements:
            yield from _constants(element)
    elif node.HasField("const_expr") and node.const_expr.HasField("string_value"):
        yield node


def children(node: Any) -> Iterator[Any]:
    """The expressions that an expression is made of."""
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
