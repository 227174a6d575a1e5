"""Find file names with a wildcard where a regular expression is asked for.

`any_name("invoice*.exe")` compiles, and matches `invoic` with any number of `e`, any one
character, and `exe`: not `invoice-1.exe`.  Only what nobody means as an expression is reported:
words, one star, a dot and a file extension.
"""

import re
from collections.abc import Iterator
from typing import Any

from pratique.policies.language.condition import Condition
from pratique.policies.language.tree import Oversight, Tree, children

_WILDCARD = re.compile(r"([A-Za-z0-9_ -]+)\*\.([A-Za-z0-9]{2,5})")


def wildcards(condition: Condition) -> Iterator[Oversight]:
    """Yield each pattern of a condition that is one."""
    tree = Tree(condition)
    for pattern in _patterns(tree.root):
        for offset, text in tree.texts(pattern):
            if found := _WILDCARD.fullmatch(text):
                told = f"`{text}` is no regular expression: `*` repeats the character before it"
                hint = f'a name of that form is "(?i)^{found[1]}.*[.]{found[2]}$"'
                yield Oversight(offset, told, hint)


def _patterns(node: Any) -> Iterator[Any]:
    if node.HasField("call_expr") and node.call_expr.function in ("any_name", "matches"):
        yield node.call_expr.args[-1]
    for child in children(node):
        yield from _patterns(child)
