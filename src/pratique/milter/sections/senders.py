"""State in whose names forgers like to write."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from pratique.milter.sections.section import Section

# A name is looked up by its words; thousands cost a start some milliseconds and mail nothing.
MOST_PEOPLE = 5000
# Of one person.
MOST_ADDRESSES = 50
_LETTERS = 200


def _name(value: str) -> str:
    words = [word for word in re.split(r"[\W\d_]+", value) if len(word) > 1 or not word.isascii()]
    if not words:
        raise ValueError(f"{value!r} is no name; write 'Ann Example' or 'Example, Ann'")
    if len(words) < 2 and value.isascii():
        raise ValueError(
            f"{value!r} is the name of many people; write first and last name: 'Ann Example'"
        )
    if len(value) > _LETTERS:
        raise ValueError(f"a name of {len(value)} letters, at most {_LETTERS} are read")
    return value


def _address(value: str) -> str:
    local, at, domain = value.strip().rpartition("@")
    if not at or not local or not domain or re.search(r"[\s<>]", value.strip()):
        raise ValueError(f"{value!r} is no address; write 'ann@example.org'")
    return value.strip().lower()


Name = Annotated[str, AfterValidator(_name)]
Addresses = Annotated[
    tuple[Annotated[str, AfterValidator(_address)], ...],
    Field(strict=False, max_length=MOST_ADDRESSES),
]


class SendersSection(Section):
    """What is known of who writes in our name."""

    people: dict[Name, Addresses] = Field(
        {},
        max_length=MOST_PEOPLE,
        description="People in whose names forgers write, each with the addresses outside of "
        "`links.own_domains` that are theirs: `'Ann Example' = ['ann@home.example']`, or `[]`.  A "
        "display name that has such a name, from another address, is a sign (`name_of_ours`).",
    )
