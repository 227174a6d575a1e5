"""Tell what a condition reads of a message, so that it need not be asked where that is the same.

Both answers are given only where they are certain: a condition that is not asked could have
had another answer, or none.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pratique.policies.language import vocabulary
from pratique.policies.language.condition import FUNCTIONS, Condition
from pratique.policies.language.tree import Tree, children

# A field of a variable; an empty one means the variable's number of elements.
Field = tuple[str, str]


def silent_without(condition: Condition) -> frozenset[str]:
    """Return variables such that the condition is false if all of them are empty.

    The result is empty if there are none, or if it is not known.  In `a && b` only what CEL
    evaluates first counts, so that nothing that is skipped could have had another answer, or none.
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
    """Handle loops: `list.exists(...)` is false for an empty list, unlike `all`."""
    name, begun = loop.iter_range.ident_expr.name, loop.accu_init.const_expr
    is_false = begun.HasField("bool_value") and not begun.bool_value
    told = loop.result.ident_expr.name == loop.accu_var
    is_list = name in vocabulary.VARIABLES and vocabulary.VARIABLES[name].is_list
    return frozenset({name}) if is_false and told and is_list else frozenset()


def _flag_of(select: Any) -> frozenset[str]:
    """Handle flags: `bounce.claimed` is false where nothing is stated about a bounce."""
    name = select.operand.ident_expr.name
    variable = vocabulary.VARIABLES.get(name)
    field = variable.message.fields_by_name.get(select.field) if variable else None
    is_flag = field is not None and field.type == field.TYPE_BOOL and not field.is_repeated
    return frozenset({name}) if is_flag else frozenset()


def takes_turns(condition: Condition) -> bool:
    """Whether a condition has a loop: nothing else spends the budget of an evaluation."""
    return _has_loop(Tree(condition).root)


def _has_loop(node: Any) -> bool:
    return node.HasField("comprehension_expr") or any(map(_has_loop, children(node)))


class _AnythingError(Exception):
    """A condition reads a field that may hold anything."""


def fields_read(condition: Condition) -> frozenset[Field] | None:
    """Return the only fields that the answer depends on, if each is a flag or one of few words.

    None if the condition reads anything else, or if that is not known.
    """
    try:
        return frozenset(_read(Tree(condition).root, {}))
    except _AnythingError:
        return None


# Variables of the enclosing loops: the list whose element each of them is, "" for other values.
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
        # A whole message or list, or something unknown.
        raise _AnythingError


def _read_of(select: Any, loops: _Loops) -> Field:
    name = select.operand.ident_expr.name
    variable = loops.get(name, name)
    known = vocabulary.VARIABLES.get(variable)
    # An element of a list, or a message that is not a list.
    if known is None or known.is_list != (name in loops):
        raise _AnythingError
    field = known.message.fields_by_name[select.field]
    is_flag = field.type == field.TYPE_BOOL and not field.is_repeated
    is_word = field.type == field.TYPE_STRING
    is_word = is_word and vocabulary.words(known.message.full_name, field.name) is not None
    # Whether an optional field is present is a separate question.
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
