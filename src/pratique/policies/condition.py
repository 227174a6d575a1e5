"""Compile and evaluate a rule's condition: the one file that runs CEL.

A condition is an expression of the Common Expression Language (github.com/google/cel-spec)
over the fields of `Facts`, each a variable by its name, and `rcpt`, the recipient.  It is
compiled against `facts.proto`, so an unknown field or a wrong type never loads.

CEL answers in three ways: a value, an exception, or a value of type ERROR (a missing map
key, a broken regular expression, its budget of 10,000 iterations).  The last two are one
here: `NoAnswerError`.  The budget counts each turn of each `exists`, names inside parts
included, so a condition over 1,000 parts with 8 names each is near it.  Hence two
functions that search in one step and never touch the budget:

    any_kind("script")  any_kind(["executable", "script"])   parts left out are counted too
    any_name("(?i)[.]exe$")                                   each name of each part

Both take the facts from the evaluation they run in, not from an argument.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cel_expr_python import cel
from google.protobuf import descriptor_pool

from pratique.policies import vocabulary
from pratique.scanners import facts_pb2 as facts

# Names are first searched as one text of this many, which RE2 does at once.  A larger
# batch would be cheaper for the innocent, and dearer where one name in it is a hit.
_BATCH = 200

_BOOL, _STRING = cel.Type.BOOL, cel.Type.STRING
_STRINGS = cel.Type.List(_STRING)
_FAULT = re.compile(r"^(?:INVALID_ARGUMENT: )?ERROR: <input>:(\d+):(\d+): (.*)$", re.MULTILINE)
_CODE = re.compile(r"^(?:[A-Z_]+: )+")
_TAIL = re.compile(r" ?\[INVALID_ARGUMENT\]$")
# What in RE2 means the text's end rather than a line's, even under (?m).
_WHOLE_TEXT = re.compile(r"\\[Az]|\(\?\w*-")

FUNCTIONS = ("any_kind", "any_name")


class NoAnswerError(Exception):
    """A condition that has no answer for a message."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What CEL says against an expression; line and column of it, both from 1."""

    line: int
    column: int
    message: str


class CompileError(Exception):
    """An expression that is none, with every fault that CEL names."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(fault.message for fault in faults))


class _Search:
    """Finds kinds and names among all parts at once, for the functions of the language."""

    def __init__(self, known: facts.Facts) -> None:
        self._known = known
        self._kinds: frozenset[str] | None = None
        self._names: list[str] | None = None

    def functions(self) -> list[Any]:
        """The functions, as CEL wants them.

        CEL keeps them where Python's collector does not look, so nothing that they reach
        may hold them: a scene that held both would stay for ever, one for each message.
        """
        return [
            cel.Function("any_kind", [_STRING], False, self.has_kind, _BOOL),
            cel.Function("any_kind", [_STRINGS], False, self._any_kind, _BOOL),
            cel.Function("any_name", [_STRING], False, self._any_name, _BOOL),
        ]

    def has_kind(self, kind: str) -> bool:
        """Whether a part is of this kind, those left out counted."""
        return kind in self.kinds()

    def kinds(self) -> frozenset[str]:
        """The kinds of all parts, those left out counted."""
        if self._kinds is None:
            listed = {part.kind for part in self._known.parts}
            counts = self._known.parts_left_out.by_kind
            self._kinds = frozenset(listed | {kind for kind in counts if counts[kind] > 0})
        return self._kinds

    def names(self) -> list[str]:
        """Each name of each part, once."""
        if self._names is None:
            every = (name for part in self._known.parts for name in (part.name, *part.names))
            self._names = list(dict.fromkeys(name for name in every if name))
        return self._names

    def _any_kind(self, kinds: list[str]) -> bool:
        return not self.kinds().isdisjoint(kinds)

    def _any_name(self, pattern: str) -> bool:
        matches = _matcher(pattern)
        names = self.names()
        batches = (names[at : at + _BATCH] for at in range(0, len(names), _BATCH))
        return any(matches(batch) for batch in batches)


class Scene:
    """The facts of one message, made ready for any number of conditions."""

    def __init__(self, known: facts.Facts) -> None:
        self._variables: dict[str, object] = {
            name: list(getattr(known, name)) if each.is_list else getattr(known, name)
            for name, each in vocabulary.VARIABLES.items()
        }
        self.known = known
        self._functions = _Search(known).functions()
        self.activation = self._activate(self._variables)

    def before(self, recipient: facts.Recipient) -> Any:
        """The activation in which `rcpt` is that recipient."""
        return self._activate({**self._variables, "rcpt": recipient})

    def about(self, part: facts.Part) -> Any:
        """The activation in which `p` is that part."""
        return self._activate({**self._variables, "p": part})

    def _activate(self, variables: dict[str, object]) -> Any:
        return _ENV.Activation(variables, functions=self._functions)


def _matcher(pattern: str) -> Callable[[list[str]], bool]:
    """Tell for a batch of names whether the pattern occurs in one, by RE2 as CEL has it."""
    if problem := regex_problem(pattern):
        raise ValueError(problem)

    def one_by_one(batch: list[str]) -> bool:
        return bool(_SEARCH_EACH.eval(data={"names": batch, "pattern": pattern}).value())

    # Joined by line ends and searched under (?m), no name that matches alone is missed.
    loose = f"(?m)(?:{pattern})"

    def joined_first(batch: list[str]) -> bool:
        found = _SEARCH.eval(data={"text": "\n".join(batch), "pattern": loose}).value()
        return bool(found) and one_by_one(batch)

    return one_by_one if _WHOLE_TEXT.search(pattern) else joined_first


def regex_problem(pattern: str) -> str:
    """What is wrong with a regular expression; empty if nothing is."""
    value = _SEARCH.eval(data={"text": "", "pattern": pattern})
    if value.type() == _BOOL:
        return ""
    return str(value.value()).rpartition("invalid regular expression: ")[2]


@dataclass(frozen=True, slots=True)
class Condition:
    """An expression that compiles to true or false."""

    text: str
    # False: the answer is the same for each recipient.
    mentions_rcpt: bool
    _expression: Any = field(repr=False, compare=False)

    @classmethod
    def compile(cls, text: str, *, about_part: bool = False) -> "Condition":
        """Compile, or raise `CompileError`; an answer other than true or false is a fault.

        `about_part`: it asks for one part, `p`, and not for a recipient.
        """
        expression = _compile(_ENV_OF_A_PART if about_part else _ENV, text)
        answer = expression.return_type()
        if answer != _BOOL:
            raise CompileError([Fault(1, 1, f"not a condition: {answer.name()}")])
        if about_part:
            return cls(text, False, expression)
        # Exact, where a search for the word `rcpt` would not be: without that variable
        # it compiles or it does not.
        try:
            _compile(_ENV_WITHOUT_RCPT, text)
        except CompileError:
            return cls(text, True, expression)
        return cls(text, False, expression)

    def holds(self, activation: Any) -> bool:
        """Answer, or raise `NoAnswerError`; `activation` is from a `Scene`."""
        try:
            value = self._expression.eval(activation)
        except (RuntimeError, ValueError, TypeError) as error:
            raise NoAnswerError(_in_words(str(error))) from error
        if value.type() != _BOOL:
            raise NoAnswerError(_in_words(str(value.value())))
        return bool(value.value())

    def serialized(self) -> bytes:
        """The checked syntax tree, a `cel.expr.CheckedExpr` in an `Any`."""
        tree: bytes = self._expression.serialize()
        return tree


def _in_words(error: str) -> str:
    # `NOT_FOUND: Key not found in map : "x"` and the like: what follows the code says it.
    return _CODE.sub("", error.partition("\n")[0].strip()) or "no reason given"


def _compile(env: Any, text: str) -> Any:
    try:
        return env.compile(text)
    except RuntimeError as error:
        said = _TAIL.sub("", str(error))
        faults = [
            Fault(int(line), int(column), _TAIL.sub("", message))
            for line, column, message in _FAULT.findall(said)
        ]
        raise CompileError(faults or [Fault(1, 1, said)]) from error


def _environment(more: Mapping[str, vocabulary.Variable]) -> Any:
    variables = {**vocabulary.VARIABLES, **more}
    return cel.NewEnv(
        descriptor_pool=descriptor_pool.Default(),
        variables={name: _type(variable) for name, variable in variables.items()},
        extensions=[cel.CelExtension("pratique", _declarations())],
    )


def _declarations() -> list[Any]:
    # Declared without an implementation: each `Scene` brings its own.
    def overload(name: str, parameter: Any) -> Any:
        return cel.Overload(name, return_type=_BOOL, parameters=[parameter], is_member=False)

    return [
        cel.FunctionDecl(
            "any_kind", [overload("any_kind_one", _STRING), overload("any_kind_list", _STRINGS)]
        ),
        cel.FunctionDecl("any_name", [overload("any_name", _STRING)]),
    ]


def _type(variable: vocabulary.Variable) -> Any:
    one = cel.Type(variable.message.full_name)
    return cel.Type.List(one) if variable.is_list else one


_ENV = _environment(vocabulary.RCPT)
_ENV_WITHOUT_RCPT = _environment({})
_ENV_OF_A_PART = _environment(vocabulary.PART)
_PLAIN = cel.NewEnv(variables={"names": _STRINGS, "text": _STRING, "pattern": _STRING})
_SEARCH = _PLAIN.compile("text.matches(pattern)")
_SEARCH_EACH = _PLAIN.compile("names.exists(name, name.matches(pattern))")
