"""Find pymilter's C module (GPL, an extra), and list what we agree on with a mail server.

Only the C module: the classes around it cannot answer a negotiation that asks for macros,
and cost more than all we do in a callback.
"""

import importlib
from typing import Any

from pratique.milter.doors.milter import macros


def _found() -> Any:
    """Import the C module by name: type checkers take `milter` for our folder of that name."""
    try:
        found = importlib.import_module("milter")
    except ImportError:
        found = None
    # Our own folder, if it is on the path and pymilter is not installed.
    if not hasattr(found, "register"):
        raise ImportError(
            'server = "libmilter" of a [[milter]] needs pymilter: apt-get install libmilter-dev '
            "&& pip install 'pratique[milter]'"
        )
    return found


libmilter = _found()

ACTIONS = (
    libmilter.ADDHDRS
    | libmilter.CHGHDRS
    | libmilter.CHGBODY
    | libmilter.CHGFROM
    | libmilter.ADDRCPT
    | libmilter.ADDRCPT_PAR
    | libmilter.DELRCPT
    | libmilter.QUARANTINE
    | libmilter.SETSYMLIST
)
AGREED = (
    libmilter.P_NR_HELO
    | libmilter.P_NR_MAIL
    | libmilter.P_NR_RCPT
    | libmilter.P_NR_HDR
    | libmilter.P_NR_EOH
    | libmilter.P_NODATA
    | libmilter.P_NOUNKNOWN
    | libmilter.P_HDR_LEADSPC
)
MACROS = (
    (libmilter.M_CONNECT, macros.CONNECT),
    (libmilter.M_HELO, macros.HELO),
    (libmilter.M_ENVFROM, macros.MAIL),
    (libmilter.M_ENVRCPT, macros.LATER),
    (libmilter.M_EOH, macros.LATER),
    (libmilter.M_EOM, macros.LATER),
)
