"""Write what a client might say to the SMTP door: commands, content, and what is neither.

Most commands are good ones in a good order, so that a session comes far; then one in some
is bent: another line end, an octet too many, a word from another command, content that ends
where it should not.
"""

from fuzz.choices import Choices, chance, one

ENDS = (b"\n", b"\r", b"\r\r\n", b"\n\r", b"\0\r\n", b" \r\n", b"\r\n\r\n", b"", b"\xc2\x85")
PATHS = (
    b"<a@b.example>",
    b"<>",
    b"<b@corp.example>",
    b"<no@corp.example>",
    b"<later@corp.example>",
    b"<b@elsewhere.example>",
    b"<postmaster>",
    b'<"q u\\"o>ted"@corp.example>',
    b"<@a,@b:b@corp.example>",
    b"<b@[192.0.2.1]>",
    b"<b@[IPv6:::1]>",
    "<j\u00f6rg@b\u00fccher.example>".encode(),
    b"<a@@b>",
    b"<a b@corp.example>",
    b"<b@corp.example",
    b"b@corp.example",
    b"<b@corp.example>>",
    b"<" + b"l" * 300 + b"@corp.example>",
    b"<\xff@corp.example>",
)
PARAMETERS = (
    b"",
    b" SIZE=100",
    b" SIZE=99999999999999999999",
    b" BODY=8BITMIME",
    b" SMTPUTF8",
    b" RET=HDRS ENVID=q",
    b" NOTIFY=NEVER",
    b" NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b+2Bc@d",
    b" SIZE=1 SIZE=2",
    b" =x",
    b" AUTH=<>",
)
FORWARDED = (
    b"NAME=spike.example",
    b"ADDR=192.0.2.1",
    b"ADDR=IPV6:2001:db8::1",
    b"ADDR=127.0.0.1",
    b"ADDR=[UNAVAILABLE]",
    b"HELO=x+20y",
    b"PROTO=ESMTP",
    b"LOGIN=ann",
    b"LOGIN=+0A",
    b"IDENT=4bX",
    b"PORT=70000",
    b"SOURCE=LOCAL",
    b"DESTADDR=::1",
    b"X=",
)
OTHERS = (
    b"NOOP",
    b"RSET",
    b"VRFY x",
    b"HELP",
    b"EXPN x",
    b"AUTH PLAIN AGEAYg==",
    b"STARTTLS",
    b"BDAT 5 LAST",
    b"ETRN x",
    b"GET / HTTP/1.1",
    b"QUIT",
    b".",
    b"",
    b"\x16\x03\x01\x02\x00",
    b"PROXY TCP4 127.0.0.1 127.0.0.1 1 2",
    b"\r\n\r\n\0\r\nQUIT\n",
    b"NOOP " + b"x" * 2500,
    "MA\u0131L FROM:<a@b>".encode(),
)
LINES = (
    b"Subject: x",
    b"",
    b".",
    b"..",
    b".x",
    b"\xe4\xf6",
    b"nul \0 nul",
    b"x" * 998,
    b"x" * 1001,
    b"MAIL FROM:<evil@corp.example>",
    b"RCPT TO:<b@corp.example>",
    b"DATA",
    b"QUIT",
)
# Commands of one session: enough for two messages and some trouble.
MOST = 24


def session(choices: Choices) -> bytes:
    """The octets of one client."""
    # One of them is refused by whichever door it is.
    said = bytearray(b"" if chance(choices, 6) else b"EHLO x\r\nLHLO x\r\n")
    for _ in range(choices.number(0, MOST)):
        said += _turn(choices)
    for _ in range(choices.number(0, 3) if chance(choices, 4) else 0):
        _damage(choices, said)
    return bytes(said)


def _turn(choices: Choices) -> bytes:
    match choices.number(0, 9):
        case 0 | 1:
            return _line(choices, one(choices, (b"EHLO ", b"HELO ", b"LHLO ")) + b"x")
        case 2 | 3:
            return _envelope(choices, 1) + _content(choices)
        case 4 | 5:
            return _envelope(choices, 8)
        case 6:
            return _content(choices)
        case 7:
            words = [one(choices, FORWARDED) for _ in range(choices.number(0, 4))]
            verb = one(choices, (b"XFORWARD", b"XCLIENT"))
            return _line(choices, b" ".join([verb, *words]))
        case _:
            return _line(choices, one(choices, OTHERS))


def _envelope(choices: Choices, odd: int) -> bytes:
    """MAIL and some RCPT; odd ones once in so many times, for 1 never."""
    mail, rcpt = PATHS[0], [PATHS[2]]
    parameters = b""
    if odd > 1:
        mail, parameters = one(choices, PATHS), one(choices, PARAMETERS)
        rcpt = [one(choices, PATHS) for _ in range(choices.number(0, 3))]
    said = _line(choices, b"MAIL FROM:" + mail + parameters)
    for path in rcpt:
        parameters = one(choices, PARAMETERS) if chance(choices, odd if odd > 1 else 0) else b""
        said += _line(choices, b"RCPT TO:" + path + parameters)
    return said


def _content(choices: Choices) -> bytes:
    said = bytearray(_line(choices, b"DATA"))
    for _ in range(choices.number(0, 6)):
        said += _line(choices, one(choices, LINES))
    return bytes(said) + one(choices, (b"\r\n.\r\n", b".\r\n", b"\r\n.\n", b"\n.\n", b"\r.\r"))


def _line(choices: Choices, text: bytes) -> bytes:
    return text + (one(choices, ENDS) if chance(choices, 20) else b"\r\n")


def _damage(choices: Choices, said: bytearray) -> None:
    """Change, drop or repeat some octets."""
    if not said:
        return
    at = choices.number(0, len(said) - 1)
    match choices.number(0, 3):
        case 0:
            said[at] = choices.number(0, 255)
        case 1:
            del said[at : at + choices.number(1, 8)]
        case 2:
            said[at:at] = said[at : at + choices.number(1, 400)]
        case _:
            said[at:at] = one(choices, (b"\r", b"\n", b"\0", b".", b"\xff", b"\r\n.\r\n"))
