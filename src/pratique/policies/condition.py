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

Both take the facts from the evaluation they run in, not from an argument: they are made
once, and find the message whose condition this thread evaluates.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from operator import attrgetter
from typing import Any

from cel_expr_python import cel
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import FieldDescriptor

from pratique.policies import vocabulary
from pratique.policies.calls import with_built_in
from pratique.scanners import facts_pb2 as facts

# Names are first searched as one text of this many, which RE2 does at once.  A larger
# batch would be cheaper for the innocent, and dearer where one name in it is a hit.
_BATCH = 200

_BOOL, _STRING = cel.Type.BOOL, cel.Type.STRING
_STRINGS = cel.Type.List(_STRING)
_FAULT = re.compile(r"^(?:INVALID_ARGUMENT: )?ERROR: <input>:(\d+):(\d+): (.*)$", re.MULTILINE)
_CODE = re.compile(r"^(?:[A-Z_]+: )+")
_TAIL = re.compile(r" ?\[INVALID_ARGUMENT\]$")
# CEL compiles a regular expression anew at each search, which takes longer than the search:
# so it is asked once what is wrong with one.  The patterns of a policy are short and few,
# those that a condition puts together of facts are not kept if they are long.
_KEPT, _KEPT_LENGTH = 256, 1000

# What in RE2 means the text's end rather than a line's, even under (?m).
_WHOLE_TEXT = re.compile(r"\\[Az]|\(\?\w*-")

FUNCTIONS = ("any_kind", "any_name")
# Calls with an argument that is written out; those of a policy are some twenty.
_MOST_BUILT_IN = 256


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

    def any_kind(self, kinds: list[str]) -> bool:
        """Whether a part is of one of these kinds."""
        return not self.kinds().isdisjoint(kinds)

    def any_name(self, pattern: str) -> bool:
        """Whether the pattern occurs in a name of a part."""
        matches = (_short_matcher if len(pattern) <= _KEPT_LENGTH else _matcher)(pattern)
        names = self.names()
        batches = (names[at : at + _BATCH] for at in range(0, len(names), _BATCH))
        return any(matches(batch) for batch in batches)


# What the condition that this thread evaluates searches.
_NOW: ContextVar[_Search] = ContextVar("now")
_NAMES = (*vocabulary.VARIABLES, *vocabulary.PLAIN)
_VALUES = attrgetter(*_NAMES)
_LISTS = (
    *(name for name, each in vocabulary.VARIABLES.items() if each.is_list),
    *(name for name, each in vocabulary.PLAIN.items() if each.is_repeated),
)


@dataclass(frozen=True, slots=True)
class Activation:
    """What a condition is evaluated in."""

    values: Any
    search: _Search


class Scene:
    """The facts of one message, made ready for any number of conditions."""

    def __init__(self, known: facts.Facts) -> None:
        # Made when a condition is asked: of most messages none is.
        self._variables: dict[str, object] = {}
        self.known = known
        self._search = _Search(known)
        self._recipient: facts.Recipient | None = None
        self._activation: Activation | None = None

    @property
    def activation(self) -> Activation:
        """An activation for what asks for no recipient."""
        return self.before(None)

    def before(self, recipient: facts.Recipient | None) -> Activation:
        """The activation in which `rcpt` is that recipient; None: nobody asks for one."""
        # The last one is kept: making one costs as much as to ask ten rules.
        is_other = recipient is not None and recipient is not self._recipient
        if self._activation is None or is_other:
            more = {} if recipient is None else {"rcpt": recipient}
            self._activation = self._activate(more)
            self._recipient = recipient
        return self._activation

    def about(self, part: facts.Part) -> Activation:
        """The activation in which `p` is that part."""
        return self._activate({"p": part})

    def _activate(self, more: Mapping[str, object]) -> Activation:
        if not self._variables:
            known = self.known
            self._variables = dict(zip(_NAMES, _VALUES(known), strict=True))
            for name in _LISTS:
                self._variables[name] = list(getattr(known, name))
        return Activation(_ENV.Activation({**self._variables, **more}), self._search)


@lru_cache(maxsize=_KEPT)
def _short_matcher(pattern: str) -> Callable[[list[str]], bool]:
    return _matcher(pattern)


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
    # The same, with the arguments that are written out built in (calls.py).
    _evaluated: Any = field(repr=False, compare=False)

    @classmethod
    def compile(cls, text: str, *, about_part: bool = False) -> "Condition":
        """Compile, or raise `CompileError`; an answer other than true or false is a fault.

        `about_part`: it asks for one part, `p`, and not for a recipient.
        """
        expression = _compile(_ENV_OF_A_PART if about_part else _ENV, text)
        answer = expression.return_type()
        if answer != _BOOL:
            raise CompileError([Fault(1, 1, f"not a condition: {answer.name()}")])
        evaluated = _with_built_in(text, expression, about_part=about_part)
        if about_part:
            return cls(text, False, expression, evaluated)
        # Exact, where a search for the word `rcpt` would not be: without that variable
        # it compiles or it does not.
        try:
            _compile(_ENV_WITHOUT_RCPT, text)
        except CompileError:
            return cls(text, True, expression, evaluated)
        return cls(text, False, expression, evaluated)

    def holds(self, activation: Activation) -> bool:
        """Answer, or raise `NoAnswerError`; `activation` is from a `Scene`."""
        before = _NOW.set(activation.search)
        try:
            value = self._evaluated.eval(activation.values)
        except (RuntimeError, ValueError, TypeError) as error:
            raise NoAnswerError(_in_words(str(error))) from error
        finally:
            _NOW.reset(before)
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


def _with_built_in(text: str, expression: Any, *, about_part: bool) -> Any:
    shorter = with_built_in(text, FUNCTIONS, _BUILT_IN.spelled)
    if shorter == text:
        return expression
    return _compile(_BUILT_INTO_A_PART if about_part else _BUILT_INTO, shorter)


class _BuiltIn:
    """Functions without an argument, each for one call that a policy spells out."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], int] = {}
        self._searches: list[Callable[[], bool]] = []

    def spelled(self, name: str, argument: str) -> str | None:
        """How to call `name` with this literal; None: there are too many such calls."""
        number = self._numbers.get((name, argument))
        if number is None:
            number = len(self._searches)
            if number == _MOST_BUILT_IN:
                return None
            self._searches.append(_search_for(name, argument))
            self._numbers[name, argument] = number
        return f"any_{number}()"

    def declarations(self) -> list[Any]:
        """All of them, those that nobody has spelled yet too: an environment is made once."""
        return [
            cel.FunctionDecl(
                f"any_{number}", [_overload(f"any_{number}_", (), self._search(number))]
            )
            for number in range(_MOST_BUILT_IN)
        ]

    def _search(self, number: int) -> Callable[[], bool]:
        return lambda: self._searches[number]()  # noqa: PLW0108 - spelled later


def _search_for(name: str, argument: str) -> Callable[[], bool]:
    """What a call does, its argument read once."""
    literal = _PLAIN.compile(argument).eval(data={}).plain_value()
    if name == "any_name":
        return lambda: _NOW.get().any_name(literal)
    if isinstance(literal, str):
        return lambda: _NOW.get().has_kind(literal)
    return lambda: _NOW.get().any_kind(literal)


def _environment(
    more: Mapping[str, vocabulary.Variable], functions: Callable[[], list[Any]]
) -> Any:
    variables = {**vocabulary.VARIABLES, **more}
    return cel.NewEnv(
        descriptor_pool=descriptor_pool.Default(),
        variables={name: _type(variable) for name, variable in variables.items()} | _PLAIN_TYPES,
        extensions=[cel.CelExtension("pratique", functions())],
    )


def _overload(name: str, parameters: Sequence[Any], search: Callable[..., bool]) -> Any:
    return cel.Overload(
        name, return_type=_BOOL, parameters=list(parameters), is_member=False, impl=search
    )


def _declarations() -> list[Any]:
    one = _overload("any_kind_one", (_STRING,), lambda kind: _NOW.get().has_kind(kind))
    several = _overload("any_kind_list", (_STRINGS,), lambda kinds: _NOW.get().any_kind(kinds))
    named = _overload("any_name", (_STRING,), lambda pattern: _NOW.get().any_name(pattern))
    return [cel.FunctionDecl("any_kind", [one, several]), cel.FunctionDecl("any_name", [named])]


def _type(variable: vocabulary.Variable) -> Any:
    one = cel.Type(variable.message.full_name)
    return cel.Type.List(one) if variable.is_list else one


def _plain_type(field: FieldDescriptor) -> Any:
    one = _STRING if field.type == field.TYPE_STRING else cel.Type.INT
    return cel.Type.List(one) if field.is_repeated else one


_PLAIN_TYPES = {name: _plain_type(each) for name, each in vocabulary.PLAIN.items()}
_ENV = _environment(vocabulary.RCPT, _declarations)
_ENV_WITHOUT_RCPT = _environment({}, _declarations)
_ENV_OF_A_PART = _environment(vocabulary.PART, _declarations)
_BUILT_IN = _BuiltIn()


def _all_declarations() -> list[Any]:
    return [*_declarations(), *_BUILT_IN.declarations()]


_BUILT_INTO = _environment(vocabulary.RCPT, _all_declarations)
_BUILT_INTO_A_PART = _environment(vocabulary.PART, _all_declarations)
_PLAIN = cel.NewEnv(variables={"names": _STRINGS, "text": _STRING, "pattern": _STRING})
_SEARCH = _PLAIN.compile("text.matches(pattern)")
_SEARCH_EACH = _PLAIN.compile("names.exists(name, name.matches(pattern))")
