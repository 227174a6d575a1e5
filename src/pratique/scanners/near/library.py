"""Compute TLSH digests with py-tlsh, which is an extra: it is compiled where it is installed.

There are other modules of its name, and builds of it with longer digests.  So it is asked for
a digest that we know before it is believed; from then on it opens nothing any more.

What asks is a list with TLSH digests.  Where there is none, nobody looks for the library.
"""

import importlib
from typing import TYPE_CHECKING, Any

from pratique.scanners.near.digest import LEAST, laid_out

if TYPE_CHECKING:
    from pratique.scanners.budget import Budget

MISSING = "TLSH needs py-tlsh: apt-get install g++ && pip install 'pratique[tlsh]'"
# Enough variety for a digest, and easily written.
_KNOWN = bytes(range(256)) * 2
_ITS_DIGEST = "T118F09524E6514D7D1F175ADC904E44DF554FCDE302C5002517F186D1C510294440ED1D"
# A megabyte takes some ten milliseconds, so a clock that is asked then is asked in time.
PIECE = 1024 * 1024


class NoLibrary(Exception):
    """There is no TLSH here, in words."""


class Library:
    """py-tlsh, tried.  Raises NoLibrary."""

    def __init__(self) -> None:
        self._tlsh = _found()

    def digest(self, octets: memoryview, budget: "Budget") -> bytes | None:
        """The digest as it lies in a list; None of what is too short or too monotonous.

        Raises OverBudget when time is over.
        """
        if len(octets) < LEAST:
            return None
        if len(octets) <= PIECE:
            return laid_out(self._tlsh.hash(bytes(octets)))
        # An object of it loses 80 octets of memory when it goes (5.0.0), so few are made.
        made = self._tlsh.Tlsh()
        for at in range(0, len(octets), PIECE):
            if at:
                budget.check_clock()
            # It takes nothing but `bytes`.
            made.update(bytes(octets[at : at + PIECE]))
        made.final()
        return laid_out(made.hexdigest()) if made.is_valid else None


def problem() -> str:
    """Why there are no TLSH digests here; empty if there are."""
    try:
        _found()
    except NoLibrary as error:
        return str(error)
    return ""


def _found() -> Any:
    try:
        found = importlib.import_module("tlsh")
    except ImportError as error:
        raise NoLibrary(MISSING) from error
    try:
        digest = found.hash(_KNOWN)
    except AttributeError:
        digest = ""
    if digest != _ITS_DIGEST:
        raise NoLibrary(f"{found.__file__} computes other digests; {MISSING}")
    return found
