"""Ask the mail server for the edits that were decided, or have it refuse: libmilter's calls.

Only what was agreed on may be asked for (`within` of milter_ending.py leaves the rest out).
"""

from typing import Any

from pratique.milter.doors.milter_ending import Edits, refusal
from pratique.milter.doors.pymilter import BODY_CHUNK, libmilter
from pratique.milter.mail import Content
from pratique.milter.next_hop import Reply

# pymilter's context.
Context = Any


def edit(context: Context, wanted: Edits, actions: int, *, keeps_blanks: bool) -> None:
    """Ask for all of it, in its order."""
    for name, number in wanted.remove:
        context.chgheader(name, number, None)
    for name, value in wanted.prepend:
        context.addheader(name, value if keeps_blanks else value.removeprefix(" "), 0)
    for name, value in wanted.append:
        context.addheader(name, value if keeps_blanks else value.removeprefix(" "))
    _readdress(context, wanted, actions)
    if wanted.body is not None:
        _replace_body(context, wanted.body, wanted.body_from)
    if wanted.hold:
        context.quarantine(wanted.hold)


def _readdress(context: Context, wanted: Edits, actions: int) -> None:
    for address in wanted.without:
        context.delrcpt(address)
    for each in wanted.instead:
        said = [" ".join(each.parameters)] if actions & libmilter.ADDRCPT_PAR else []
        # No parameters are none, not an empty text.
        context.addrcpt(f"<{each.address}>", *filter(None, said))
    if wanted.reverse_path is not None:
        context.chgfrom(f"<{wanted.reverse_path}>")


def _replace_body(context: Context, body: Content, begin: int) -> None:
    # An empty body is said too, or the old one would stay.
    for start in range(begin, max(begin + 1, body.size), BODY_CHUNK):
        context.replacebody(body.peek(start, BODY_CHUNK))


def refuse(context: Context, reply: Reply) -> int:
    """Have it say a 4yz or 5yz reply; gives what the callback returns."""
    said = refusal(reply)
    context.setreply(said.code, said.enhanced, *said.lines)
    return int(libmilter.TEMPFAIL if said.passing else libmilter.REJECT)
