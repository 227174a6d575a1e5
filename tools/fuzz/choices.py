"""Choose at random, in three ways, so that one maker of mail serves three drivers.

A maker asks `Choices` for numbers.  Dice give them from a seed, for long runs; Hypothesis
gives them, and then shrinks what went wrong; atheris gives octets and watches which of
them lead to code that no octets reached before.
"""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Choices(Protocol):
    """Who decides."""

    def number(self, least: int, most: int) -> int:
        """Choose a number, both ends included."""


class Dice:
    """Decides by a seed."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def number(self, least: int, most: int) -> int:
        """Choose a number."""
        return self._random.randint(least, most)


class Drawn:
    """Lets Hypothesis decide: `draw` is what `st.data()` or a composite gives."""

    def __init__(self, draw: Callable[[Any], Any], integers: Callable[[int, int], Any]) -> None:
        self._draw = draw
        self._integers = integers

    def number(self, least: int, most: int) -> int:
        """Choose a number."""
        chosen: int = self._draw(self._integers(least, most))
        return chosen


class Fed:
    """Decides by octets; when they are used up, the least is chosen."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._at = 0

    def number(self, least: int, most: int) -> int:
        """Choose a number."""
        width = 1 if most - least < 256 else 4
        taken = self._octets[self._at : self._at + width]
        self._at += width
        return least + int.from_bytes(taken, "little") % (most - least + 1)


def one(choices: Choices, among: Sequence[T]) -> T:
    """Choose one of several."""
    return among[choices.number(0, len(among) - 1)]


def chance(choices: Choices, one_in: int) -> bool:
    """Say yes once in so many times; never for 0."""
    return one_in > 0 and choices.number(1, one_in) == one_in
