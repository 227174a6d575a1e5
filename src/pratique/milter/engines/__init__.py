"""Ask other programs about octets: engines get a descriptor and pass it on unread.

    engine.py   what an engine is, and what it says
    asked.py    START HERE: workers, engines and lookups see messages together
    asking.py   one message, while engines look at it
    inquiry.py  one question: in its turn, within its time, retried once
    turns.py    so many questions at one time
    anew.py     what an engine says of itself, asked once for all who wait
    troubles.py how an engine does not answer
    cache.py    answers about octets that come again
    measured.py which messages an engine that hides its limits is believed for
    proof.py    whether one finds what it must find; proof_samples.py what that is
    proofs.py   who is relied on, and tried again; watch.py the task that has it done

    clamav.py   clamd: asked at once where that is possible
    clamd.py    clamd's protocol: a connection for each question, answers taken strictly
    version.py  which clamd and which database it is, and whether it tells its limits

    plain.py    all that other engines have in common but their protocol
    icap.py     an ICAP server; icap_protocol.py what goes there and comes back, without I/O,
                icap_says.py what it found, by its heads
    web_heads.py heads and chunked bodies as HTTP and ICAP write them
    streams.py  connections that are kept
    http.py     a service that answers in JSON; http_protocol.py is the wire, without I/O
    exchange.py one question and its answer on a connection
    strict_json.py  an answer in JSON, read by a model
    command.py  any program, in bubblewrap

    opinion.py  a spam filter as an engine: what it says is no finding, but an opinion
    scores.py   which score and symbols are believed
    told.py     what of an envelope it is told
    rspamd.py   rspamd; rspamd_protocol.py is what goes there and comes back, without I/O
    spamassassin.py SpamAssassin's spamd; spamd_protocol.py is the wire, without I/O

Whatever an engine does wrong becomes a failure of that message, and the policy decides.
"""

from collections.abc import Callable, Sequence

from pratique.milter.config import Settings
from pratique.milter.engines.clamav import clamav_of
from pratique.milter.engines.command import commands_of
from pratique.milter.engines.engine import Engine
from pratique.milter.engines.http import http_of
from pratique.milter.engines.icap import icap_of
from pratique.milter.engines.rspamd import rspamd_of
from pratique.milter.engines.spamassassin import spamassassin_of

# Each makes the engines of its kind that the settings name.
ENGINES: tuple[Callable[[Settings], Sequence[Engine]], ...] = (
    clamav_of,
    icap_of,
    commands_of,
    http_of,
    rspamd_of,
    spamassassin_of,
)
