"""Put fields of ours in front of a message that somebody will get.

What goes out is stamped (sent/stamping.py), what comes in says who it is from, as far as we
looked.  Whatever is held gets them too, for it may be released; what is refused, deferred or
dropped for all goes nowhere, and was never sent.

Fields of these names that came with the message are cut wherever it goes (Mail.foreign_fields),
so what stands there is ours.

Authentication-Results stands above our trace field.  It is a trace field itself, to be put in
front (RFC 8601 4.1), and whoever goes by the order of fields (RFC 8601 B.3 to B.6 show it so,
SpamAssassin reads it so) takes what lies below the topmost Received field of ours for what a
stranger brought.
"""

from dataclasses import replace

from pratique.milter import counters
from pratique.milter.actions import Plan
from pratique.milter.lookups.auth.trusted import NAME
from pratique.milter.lookups.auth.written import results_field
from pratique.milter.sent.stamping import Stamping
from pratique.milter.ways import Whole
from pratique.scanners.facts_pb2 import Facts


class OwnFields:
    """Adds what a door is told to add."""

    def __init__(self, stamping: Stamping | None = None, authserv_id: str = "") -> None:
        # None: nothing is stamped.
        self._stamping = stamping
        # Our name in Authentication-Results; empty: no such field is added.
        self._authserv_id = authserv_id

    async def added(self, whole: Whole, plan: Plan) -> Whole:
        """The message with its fields; what is stamped is in the ledger by then."""
        shares = [share for share in plan.shares if share.action.is_kept]
        if not shares:
            return whole
        if whole.envelope.direction != "outbound":
            return replace(whole, above=self._results(whole.facts))
        if self._stamping is None:
            return whole
        recipients = [forward.address for share in shares for forward in whole.forwards(share)]
        fields = await self._stamping.stamped(whole.facts, whole.envelope, recipients)
        counters.STAMPED.inc()
        return replace(whole, fields=fields)

    def _results(self, seen: Facts) -> bytes:
        """The field; empty where nobody looked."""
        if not self._authserv_id or not seen.auth.checker:
            return b""
        return f"{NAME}: {results_field(seen, self._authserv_id)}\r\n".encode("ascii")
