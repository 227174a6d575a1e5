"""Ask other programs about octets: engines get a descriptor and pass it on unread.

    engine.py   what an engine is, and what it says
    asking.py   START HERE: one message is shown to all engines, and worker and engines look
    measured.py which messages an engine that hides its limits is believed for
    clamav.py   clamd: questions in their turn, retried once, answers remembered
    clamd.py    clamd's protocol: a connection for each question, answers taken strictly
    version.py  which clamd and which database it is, and whether it tells its limits
    cache.py    answers about octets that come again

Whatever an engine does wrong becomes a failure of that message, and the policy decides.
"""

from collections.abc import Callable

from pratique.milter.config import Settings
from pratique.milter.engines.clamav import clamav_of
from pratique.milter.engines.engine import Engine

# Each makes its engine of the settings; None where these name none.
ENGINES: tuple[Callable[[Settings], Engine | None], ...] = (clamav_of,)
