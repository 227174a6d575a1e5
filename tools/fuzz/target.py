"""Fuzz one reader with atheris, which seeks octets that lead to code not reached before.

`python -m fuzz.target NAME -max_total_time=60` (NAME: a format of scanners/formats, "mime",
"letters" or "sessions") takes libFuzzer's options.  It begins with the samples of the format.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["pratique.scanners", "pratique.milter.doors"]):
    from fuzz.alone import judge_alone
    from fuzz.boxes import whole_samples
    from fuzz.choices import Dice, Fed
    from fuzz.letters import letter
    from fuzz.sessions import session
    from fuzz.talks import judge_session
    from fuzz.trials import letters

LETTERS = 200


class Found(Exception):
    """Something went wrong: atheris keeps the octets."""


def reads(name: str) -> Callable[[bytes], None]:
    """Have octets read by one reader."""

    def tried(octets: bytes) -> None:
        wrong = judge_alone(name, octets)
        if wrong:
            raise Found(wrong)

    return tried


def writes(octets: bytes) -> None:
    """Let octets choose how a letter is written and bent, and have it judged."""
    wrong = letters(Fed(octets)).wrong
    if wrong:
        raise Found(wrong)


def talks(octets: bytes) -> None:
    """Have the SMTP door hear octets."""
    wrong = judge_session(octets)
    if wrong:
        raise Found(wrong)


OTHERS = {"letters": writes, "sessions": talks}


def seeds(name: str, folder: Path) -> None:
    """Put samples where atheris begins."""
    made: list[bytes] = []
    if name == "mime":
        made = [letter(Dice(seed)).octets for seed in range(LETTERS)]
    elif name == "sessions":
        made = [session(Dice(seed)) for seed in range(LETTERS)]
    elif name != "letters":
        made = list(whole_samples(name))
    for number, octets in enumerate(made):
        (folder / f"sample-{number}").write_bytes(octets)


def main() -> None:
    """Fuzz the reader whose name is the first argument."""
    name, *options = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        seeds(name, Path(folder))
        arguments = [sys.argv[0], *options, folder]
        atheris.Setup(arguments, OTHERS.get(name) or reads(name))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
