"""What a proxy says of the client whose place it takes."""

import pytest

from pratique.milter.doors.smtp.command import CommandError
from pratique.milter.doors.smtp.xclient import parse_xclient


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        (
            "NAME=spike.example ADDR=192.0.2.1 PORT=1234 PROTO=ESMTP HELO=x",
            {
                "NAME": "spike.example",
                "ADDR": "192.0.2.1",
                "PORT": "1234",
                "PROTO": "ESMTP",
                "HELO": "x",
            },
        ),
        ("PROTO=smtp", {"PROTO": "smtp"}),
        ("PROTO=LMTP", {"PROTO": "LMTP"}),
        ("LOGIN=ann@corp.example", {"LOGIN": "ann@corp.example"}),
        ("LOGIN=j+C3+B6rg+20b", {"LOGIN": "jörg b"}),
        ("LOGIN=[UNAVAILABLE]", {"LOGIN": ""}),
        (f"LOGIN={'a' * 255}", {"LOGIN": "a" * 255}),
        ("DESTADDR=IPV6:2001:db8::1 DESTPORT=25", {"DESTADDR": "2001:db8::1", "DESTPORT": "25"}),
    ],
)
def test_attributes_are_read(argument, said):
    assert parse_xclient(argument) == said


@pytest.mark.parametrize(
    "argument",
    [
        "IDENT=x",
        "SOURCE=LOCAL",
        "PROTO=HTTP",
        "PROTO=ESMTPS",
        "LOGIN=",
        "LOGIN=+20",
        "LOGIN=a+0Ab",
        "LOGIN=a+00",
        "LOGIN=a+FF",
        "LOGIN=a+E2+80+A8b",
        "LOGIN=a+C2+85b",
        f"LOGIN={'a' * 256}",
        f"LOGIN={'+C3+B6' * 128}",
        "LOGIN=j\u00f6rg",
        "DESTADDR=here",
        "DESTPORT=99999",
    ],
)
def test_what_breaks_the_grammar_is_refused(argument):
    with pytest.raises(CommandError) as error:
        parse_xclient(argument)
    assert error.value.reply.code == 501
