"""What the SMTP door says in its own words (RFC 5321 4.2, RFC 3463).

Strangers read these: short, with an enhanced status code (RFC 2034 4: on all but the
greeting, EHLO and 354), and nothing about internals.

Behind a queue, a 5yz makes that queue bounce the message, or all messages it has for us, to
whatever address the reverse-path names.  So there the connection sends `softened(reply)`, the
one place through which all replies go, and the log says what an admin must fix.
"""

from collections.abc import Mapping

from pratique.milter.next_hop import Reply

OK = Reply(250, ("2.0.0 ok",))
BYE = Reply(221, ("2.0.0 bye",))
READY_FOR_CONTENT = Reply(354, ("end with <CR><LF>.<CR><LF>",))
CANNOT_VERIFY = Reply(252, ("2.5.0 send some mail, it will be tried",))
HELP = Reply(214, ("2.0.0 see RFC 5321",))

TOO_BUSY = Reply(421, ("4.3.2 too many connections",))
TOO_MANY_CONNECTIONS = Reply(421, ("4.7.0 too many connections from you",))
SHUTTING_DOWN = Reply(421, ("4.3.2 closing for now",))
TIMEOUT = Reply(421, ("4.4.2 waited too long",))
CLIENT_GONE = Reply(451, ("4.4.2 connection closed before the message was taken",))
TOO_MANY_ERRORS = Reply(421, ("4.7.0 too many errors",))
TOO_MANY_COMMANDS = Reply(421, ("4.7.0 too many commands that bring no mail",))
TOO_MANY_REFUSED = Reply(421, ("4.7.0 too many refused recipients",))
TOO_MANY_MESSAGES = Reply(421, ("4.7.0 too many messages on one connection",))
NOT_SMTP = Reply(421, ("4.7.0 this is a mail server",))

OUR_FAULT = Reply(451, ("4.3.0 local error",))
OUR_FAULT_CLOSING = Reply(421, ("4.3.0 local error",))
NO_TURN = Reply(451, ("4.3.2 too many messages from you at one time",))
NO_ROOM = Reply(452, ("4.3.1 no room for the message",))
TOO_MANY_RECIPIENTS = Reply(452, ("4.5.3 too many recipients",))

AFTER_STARTTLS = Reply(421, ("4.7.0 nothing may follow STARTTLS",))
READY_FOR_TLS = Reply(220, ("2.0.0 ready for TLS",))
TLS_FIRST = Reply(530, ("5.7.0 must issue a STARTTLS command first",))

NO_SUCH_COMMAND = Reply(500, ("5.5.1 command not recognized",))
NOT_OFFERED = Reply(502, ("5.5.1 command not offered",))
HELO_FIRST = Reply(503, ("5.5.1 send EHLO first",))
NESTED_MAIL = Reply(503, ("5.5.1 nested MAIL",))
MAIL_FIRST = Reply(503, ("5.5.1 need MAIL first",))
RCPT_FIRST = Reply(503, ("5.5.1 need RCPT first",))
IN_TRANSACTION = Reply(503, ("5.5.1 not in a mail transaction",))
NO_ARGUMENT = Reply(501, ("5.5.4 no argument is allowed",))
BAD_HELO = Reply(501, ("5.5.4 syntax: EHLO hostname",))

TOO_LARGE = Reply(552, ("5.3.4 message is too large",))
BARE_LINE_END = Reply(550, ("5.6.0 message has a bare CR or LF",))
LONG_LINE = Reply(550, ("5.6.0 message has a line of more than 998 octets",))
EIGHT_BIT_HEADER = Reply(550, ("5.6.7 message has a header that is not ASCII, without SMTPUTF8",))
NUL = Reply(550, ("5.6.0 message has a NUL octet",))
RELAYING_DENIED = Reply(550, ("5.7.1 relaying denied",))
NOT_AUTHORIZED = Reply(550, ("5.7.0 not authorized",))

_RETRIED = (
    "find the message in that server's queue: it is tried again, refused again, and bounced in "
    "the end, so deliver or delete it there"
)
# What an admin must fix; empty where the refusal only follows from another reply, as in
# a pipelined transaction whose MAIL or RCPT was deferred (RFC 2920 3.1).
_TO_MEND: Mapping[Reply, str] = {
    MAIL_FIRST: "",
    RCPT_FIRST: "",
    TLS_FIRST: "let that server speak TLS, or set tls = 'opportunistic'",
    RELAYING_DENIED: "name that server in relay_from",
    NOT_AUTHORIZED: "name that server in xforward_from (for XCLIENT in xclient_from), or let it "
    "not say that",
    TOO_LARGE: f"it is larger than all the room of this listener; {_RETRIED}",
}


def softened(reply: Reply) -> Reply:
    """Return the reply as 4yz: a queue that gets it keeps the message and does not bounce it.

    Each line of a refusal begins with its enhanced status code, 5.y.z.
    """
    if reply.code < 500:
        return reply
    # RFC 5321 4.2.3 has no 4yz for most permanent refusals; 552 has its own.
    code = 452 if reply.code == 552 else 451
    return Reply(code, tuple(f"4{line[1:]}" for line in reply.lines))


def to_mend(reply: Reply) -> str:
    """Return what an admin must do so that a queue never gets this reply; empty if nothing."""
    return _TO_MEND.get(reply, _RETRIED) if reply.code >= 500 else ""
