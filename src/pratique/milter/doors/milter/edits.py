"""Ask the mail server for the edits that were decided, by calls on either kind of context.

Both ways to speak the protocol offer the same calls: pymilter's context sends them at once,
`Answers` (answers.py) gathers them.  Only what was agreed on may be asked for.  A mail server
is never asked to do half of what was decided: if it cannot do all, it holds the message.
"""

import logging
from typing import Any

from pratique.milter.doors.milter.ending import CannotEditError, Edits, edits, within
from pratique.milter.doors.milter.packets import MAX_OCTETS, Actions
from pratique.milter.doors.milter.session import Finished
from pratique.milter.mail import Content

log = logging.getLogger("pratique.door")

# pymilter's context, or `Answers`.
Context = Any

# What must be allowed to send mail elsewhere than to its recipients.
_READDRESSES = Actions.DELETE_RECIPIENT | Actions.ADD_RECIPIENT


def wanted(finished: Finished, actions: Actions) -> Edits:
    """Return what to ask of a mail server that allows these actions.  Raises CannotEditError."""
    assert finished.mail is not None
    if finished.ending.redirected and _READDRESSES & ~actions:
        log.error("%s: held by the mail server, which cannot redirect", finished.queue_id)
        return Edits(hold="it cannot be redirected as was decided")
    ending = within(
        finished.ending,
        renames=bool(actions & Actions.CHANGE_FROM),
        adds=bool(actions & Actions.ADD_RECIPIENT),
    )
    try:
        return edits(ending, finished.mail.fields, finished.mail.said)
    except CannotEditError as error:
        if finished.ending.body is None:
            raise
        # A retry would fail the same way, and the message must not go on unchanged.
        log.error("%s: held by the mail server: %s", finished.queue_id, error)
        return Edits(hold="it cannot be changed as was decided")


def edit(context: Context, wanted: Edits, actions: Actions, *, keeps_blanks: bool) -> None:
    """Ask for all edits, in their order."""
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


def _readdress(context: Context, wanted: Edits, actions: Actions) -> None:
    for address in wanted.without:
        context.delrcpt(address)
    for each in wanted.instead:
        takes_parameters = actions & Actions.ADD_RECIPIENT_PARAMETERS
        said = [" ".join(each.parameters)] if takes_parameters else []
        # Without parameters there is no argument, not an empty one.
        context.addrcpt(f"<{each.address}>", *filter(None, said))
    if wanted.reverse_path is not None:
        context.chgfrom(f"<{wanted.reverse_path}>")


def _replace_body(context: Context, body: Content, begin: int) -> None:
    # An empty body is sent too, or the old one would stay.
    for start in range(begin, max(begin + 1, body.size), MAX_OCTETS):
        context.replacebody(body.peek(start, MAX_OCTETS))
