"""Give what stands in a text and is no text of it: files, closed blocks, returned messages.

Mail programs decode uuencoded files wherever they stand, bounces return messages inline, and
armoured OpenPGP hides what it holds.  All of it is sought with one search each in C, and
most texts hold none of the words that are sought.
"""

from collections.abc import Iterator

from pratique.scanners.budget import Budget
from pratique.scanners.mime import inline, proof, uu
from pratique.scanners.part import Found, Member, Reached
from pratique.scanners.text import to_text

# More uuencoded files in one text than a mail program offers to save.
UU_FILES = 64
# Nobody quotes more encrypted messages in one.
PGP_BLOCKS = 16
# Shorter than the shortest uuencoded file with its three lines.
_SHORTEST = 16


def carried(text: Member, octets: bytes, budget: Budget, *, guessed: bool) -> Iterator[Found]:
    """What a text carries; `guessed` is a message that was itself found so."""
    if len(octets) < _SHORTEST or not text.declared_type.startswith("text/"):
        return
    lower = octets.lower()
    if b"begin" in lower:
        yield from files(text, uu.files(octets, budget))
    if not text.encrypted and b"-----BEGIN PGP" in octets:
        yield from _blocks(text, octets, budget)
    if text.declared_type == "text/plain" and not guessed and inline.may_hold(lower):
        yield from _inline(text, octets, budget)


def files(member: Member, found: Iterator[uu.File]) -> Iterator[Found]:
    """Uuencoded files as members, up to as many as a mail program offers to save."""
    for count, file in enumerate(found):
        if count == UU_FILES or not file.octets:
            yield Reached("parts", f"more than {UU_FILES} uuencoded files", member)
            break
        yield _file(member, file)


def _file(text: Member, file: uu.File) -> Member:
    name, bad = to_text(file.name)
    return Member(
        step=f"uu:{name}",
        octets=memoryview(file.octets),
        parent=text,
        # Some look for it in any text, some where a message says so, some never.
        tolerant=True,
        name=name,
        raw_name=file.name if bad else b"",
        view=text.view,
        returned=text.returned,
    )


def _blocks(text: Member, octets: bytes, budget: Budget) -> Iterator[Found]:
    """Armoured messages in the midst of a text, which itself stays open."""
    for count, (start, end) in enumerate(proof.armour_blocks(octets)):
        if count == PGP_BLOCKS:
            yield Reached("parts", f"more than {PGP_BLOCKS} OpenPGP messages", text)
            break
        budget.charge_octets(end - start)
        yield Member(
            step="pgp" if count == 0 else f"pgp:{count + 1}",
            octets=memoryview(octets)[start:end],
            parent=text,
            declared_type="application/pgp-encrypted",
            view=text.view,
            returned=text.returned,
            encrypted=True,
            unopened="pgp",
            why="inline OpenPGP",
        )


def _inline(text: Member, octets: bytes, budget: Budget) -> Iterator[Found]:
    for count, start in enumerate(inline.find_messages(octets, budget)):
        if count == inline.MESSAGES or start > inline.SEARCHED:
            detail = f"{inline.MESSAGES} messages in the first {inline.SEARCHED} octets"
            yield Reached("parts", f"more than {detail} of a text", text)
            break
        budget.charge_octets(len(octets) - start)
        yield Member(
            step="inline" if count == 0 else f"inline:{count + 1}",
            octets=memoryview(octets)[start:],
            parent=text,
            declared_type="message/rfc822",
            view="further",
            returned=True,
        )
