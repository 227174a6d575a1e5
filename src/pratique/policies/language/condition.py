"""Compile and evaluate a rule's condition: the one file that runs CEL.

A condition is an expression of the Common Expression Language (github.com/google/cel-spec)
over the fields of `Facts`, each a variable by its name, and `rcpt`, the recipient.  It is
compiled against `facts.proto`, so an unknown field or a wrong type never loads.

CEL answers in three ways: a value, an exception, or a value of type ERROR (a missing map
key, a broken regular expression, its budget of 10,000 iterations).  The last two are one
here: `NoAnswerError`.  The budget counts each iteration of each `exists`, including names inside
parts, so a condition over 1,000 parts with 8 names each comes close to it.  Hence two functions
that search in one step and never touch the budget:

    any_kind("script")  any_kind(["executable", "script"])   parts left out are counted too
    any_name("(?i)[.]exe$")                                   each name of each part

Both take the facts from the evaluation they run in, not from an argument: they are created
once, and find the message whose condition this thread evaluates.  Three more read what they
are given:

    in_list(rcpt.address, "partners")               in the lists of its own policy (lists.py)
    cidr(envelope.client.ip, "192.0.2.0/24")        false for what is not an address
    domain_of(envelope.reverse_path)                in lower case, "" without an @
"""

import re
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from cel_expr_python import cel
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import FieldDescriptor

from pratique.policies.language import units, vocabulary
from pratique.policies.language.calls import COMPARISONS, DOMAIN_OF, SEARCHES, Call, with_built_in
from pratique.policies.language.functions import Activation, Answer, answer_of, cidr, in_list
from pratique.policies.language.searches import Search
from pratique.policies.lists.entries import domain_of
from pratique.policies.lists.named import NO_LISTS, Lists
from pratique.scanners import facts_pb2 as facts

_BOOL, _STRING = cel.Type.BOOL, cel.Type.STRING
_STRINGS = cel.Type.List(_STRING)
_FAULT = re.compile(r"^(?:INVALID_ARGUMENT: )?ERROR: <input>:(\d+):(\d+): (.*)$", re.MULTILINE)
_CODE = re.compile(r"^(?:[A-Z_]+: )+")
_TAIL = re.compile(r" ?\[INVALID_ARGUMENT\]$")
FUNCTIONS = (*SEARCHES, *COMPARISONS, DOMAIN_OF)
# Limit for built-in calls of one condition, or of all that are asked at once; beyond this,
# which nobody writes, CEL hands over the arguments.
_MOST_BUILT_IN = 256


class NoAnswerError(Exception):
    """A condition has no answer for a message."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What CEL says against an expression; line and column in it, both from 1."""

    line: int
    column: int
    message: str


class CompileError(Exception):
    """An expression that is not valid, with every fault that CEL names."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(fault.message for fault in faults))


# The condition that this thread evaluates, and its activation.
_NOW: ContextVar[tuple[Activation, "Condition"]] = ContextVar("now")
_NAMES = (*vocabulary.VARIABLES, *vocabulary.PLAIN)
_LISTS = frozenset(
    (
        *(name for name, each in vocabulary.VARIABLES.items() if each.is_list),
        *(name for name, each in vocabulary.PLAIN.items() if each.is_repeated),
    )
)
_WORD = re.compile(r"[a-z_]+")


class Scene:
    """The facts of one message, made ready for any number of conditions."""

    def __init__(self, known: facts.Facts) -> None:
        # Filled when a condition is asked: for most messages none is.
        self._values: dict[str, object] = {}
        self.known = known
        self._search = Search(known)
        self._recipient: facts.Recipient | None = None
        # By the names that a condition uses: nearly all use three or four of twenty, and handing
        # over all of them takes longer than the answer.
        self._activations: dict[Sequence[str], Activation] = {}

    @property
    def activation(self) -> Activation:
        """An activation for conditions that do not read `rcpt`."""
        return self.before(None)

    def before(
        self, recipient: facts.Recipient | None, names: Sequence[str] = _NAMES
    ) -> Activation:
        """Return an activation with `rcpt` as that recipient; None if no condition reads `rcpt`.

        `names` are the variables that it has: those of the condition that is asked.
        """
        if recipient is not None and recipient is not self._recipient:
            self._activations.clear()
            self._recipient = recipient
        activation = self._activations.get(names)
        if activation is None:
            more = {} if self._recipient is None else {"rcpt": self._recipient}
            activation = self._activations[names] = self._activate(more, names)
        return activation

    def about(self, part: facts.Part) -> Activation:
        """Return an activation in which `p` is that part."""
        return self._activate({"p": part})

    def _activate(self, more: Mapping[str, object], names: Sequence[str] = _NAMES) -> Activation:
        values = {name: self._value(name) for name in names}
        one = next(iter(more.values()), None)
        return Activation(_ENV.Activation({**values, **more}), self._search, self.known, one)

    def _value(self, name: str) -> object:
        value = self._values.get(name)
        if value is None:
            value = getattr(self.known, name)
            value = self._values[name] = list(value) if name in _LISTS else value
        return value


@dataclass(frozen=True, slots=True)
class Condition:
    """An expression that compiles to true or false."""

    text: str
    # False: the answer is the same for each recipient.
    mentions_rcpt: bool
    # The variables that it may use, except `rcpt` and `p`; a word in a text counts too.
    names: tuple[str, ...] = field(repr=False)
    # The lists in which `in_list` looks.
    lists: Lists = field(repr=False, compare=False)
    _expression: Any = field(repr=False, compare=False)
    # The same, with the calls that need only the facts built in (calls.py); then those calls.
    _evaluated: Any = field(repr=False, compare=False)
    _answers: tuple[Answer, ...] = field(repr=False, compare=False)
    # The text as CEL reads it, with units converted to numbers.
    _written: units.Written = field(repr=False, compare=False)

    @classmethod
    def compile(
        cls, text: str, *, about_part: bool = False, lists: Lists = NO_LISTS
    ) -> "Condition":
        """Compile, or raise `CompileError`; an answer other than true or false is a fault.

        `about_part`: it asks about one part, `p`, and not about a recipient.
        """
        written = units.written(text)
        try:
            expression = _compile(_ENV_OF_A_PART if about_part else _ENV, written.text)
        except CompileError as error:
            raise CompileError(_in_text(error.faults, written, text)) from error
        answer = expression.return_type()
        if answer != _BOOL:
            raise CompileError([Fault(1, 1, f"not a condition: {answer.name()}")])
        answers: list[Answer] = []
        shorter = with_built_in(written.text, partial(_spelled, answers))
        evaluated = expression
        if answers:
            evaluated = _compile(_BUILT_INTO_A_PART if about_part else _BUILT_INTO, shorter)
        mentions_rcpt = not about_part and _mentions_rcpt(written.text)
        made = lists, expression, evaluated, tuple(answers), written
        return cls(text, mentions_rcpt, _names_in(shorter), *made)

    def holds(self, activation: Activation) -> bool:
        """Answer, or raise `NoAnswerError`; `activation` is from a `Scene`."""
        before = _NOW.set((activation, self))
        try:
            value = self._evaluated.eval(activation.values)
        except (RuntimeError, ValueError, TypeError) as error:
            raise NoAnswerError(_in_words(str(error))) from error
        finally:
            _NOW.reset(before)
        if value.type() != _BOOL:
            raise NoAnswerError(_in_words(str(value.value())))
        return bool(value.value())

    @property
    def compiled(self) -> str:
        """What CEL has compiled: the text with its units converted to numbers."""
        return self._written.text

    def offset(self, at: int) -> int:
        """Return the offset in the text for an offset in what CEL has compiled."""
        return self._written.offset(at)

    def answer(self, number: int, activation: Activation) -> bool:
        """Return what a built-in call answers."""
        return self._answers[number](activation, self.lists)

    def serialized(self) -> bytes:
        """Return the checked syntax tree, a `cel.expr.CheckedExpr` in an `Any`."""
        tree: bytes = self._expression.serialize()
        return tree


def _in_text(faults: Sequence[Fault], written: units.Written, text: str) -> list[Fault]:
    """Return faults of what CEL has read, with their places in what was written."""
    return [
        Fault(*written.line_and_column(text, each.line, each.column), each.message)
        for each in faults
    ]


def _names_in(text: str) -> tuple[str, ...]:
    words = set(_WORD.findall(text))
    return tuple(name for name in _NAMES if name in words)


def _mentions_rcpt(text: str) -> bool:
    # Exact, unlike a search for the word `rcpt`: without that variable it compiles or it does not.
    try:
        _compile(_ENV_WITHOUT_RCPT, text)
    except CompileError:
        return True
    return False


def _spelled(answers: list[Answer], call: Call) -> str | None:
    """Return how a built-in call is spelled; None if CEL hands over its arguments."""
    answer = answer_of(call) if len(answers) < _MOST_BUILT_IN else None
    if answer is None:
        return None
    answers.append(answer)
    return f"any_{len(answers) - 1}()"


def _in_words(error: str) -> str:
    # `NOT_FOUND: Key not found in map : "x"` and the like: the text after the code is enough.
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


def _environment(
    more: Mapping[str, vocabulary.Variable], functions: Callable[[], list[Any]]
) -> Any:
    variables = {**vocabulary.VARIABLES, **more}
    return cel.NewEnv(
        descriptor_pool=descriptor_pool.Default(),
        variables={name: _type(variable) for name, variable in variables.items()} | _PLAIN_TYPES,
        extensions=[cel.CelExtension("pratique", functions())],
    )


def _function(name: str, *overloads: tuple[Any, Sequence[Any], Callable[..., Any]]) -> Any:
    made = [
        cel.Overload(
            f"{name}_{number}",
            return_type=gives,
            parameters=list(takes),
            is_member=False,
            impl=does,
        )
        for number, (gives, takes, does) in enumerate(overloads)
    ]
    return cel.FunctionDecl(name, made)


def _search() -> Search:
    return _NOW.get()[0].search


def _in_list(text: str, name: str) -> bool:
    activation, condition = _NOW.get()
    return in_list(text, name, activation.search, condition.lists)


def _declarations() -> list[Any]:
    one = _BOOL, (_STRING,), lambda kind: _search().has_kind(kind)
    several = _BOOL, (_STRINGS,), lambda kinds: _search().any_kind(kinds)
    named = _BOOL, (_STRING,), lambda pattern: _search().any_name(pattern)
    return [
        _function("any_kind", one, several),
        _function("any_name", named),
        _function("in_list", (_BOOL, (_STRING, _STRING), _in_list)),
        _function("cidr", (_BOOL, (_STRING, _STRING), cidr)),
        _function("domain_of", (_STRING, (_STRING,), domain_of)),
    ]


def _built_in(number: int) -> Any:
    def answer() -> bool:
        activation, condition = _NOW.get()
        return condition.answer(number, activation)

    return _function(f"any_{number}", (_BOOL, (), answer))


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


def _all_declarations() -> list[Any]:
    # They know no policy: the condition being evaluated knows which calls they are.
    return [*_declarations(), *map(_built_in, range(_MOST_BUILT_IN))]


_BUILT_INTO = _environment(vocabulary.RCPT, _all_declarations)
_BUILT_INTO_A_PART = _environment(vocabulary.PART, _all_declarations)
