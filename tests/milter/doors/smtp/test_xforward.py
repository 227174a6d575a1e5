"""What a proxy says of its client: taken if it fits a grammar, refused if not."""

import pytest

from pratique.milter.doors.smtp.command import CommandError
from pratique.milter.doors.smtp.xforward import parse_xforward


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        (
            "NAME=spike.example ADDR=192.0.2.1 PROTO=ESMTP HELO=helo.example",
            {
                "NAME": "spike.example",
                "ADDR": "192.0.2.1",
                "PROTO": "ESMTP",
                "HELO": "helo.example",
            },
        ),
        ("name=a.example addr=192.0.2.1", {"NAME": "a.example", "ADDR": "192.0.2.1"}),
        ("ADDR=192.0.2.1 source=remote", {"ADDR": "192.0.2.1", "SOURCE": "remote"}),
        ("NAME=[UNAVAILABLE] HELO=[TEMPUNAVAIL]", {"NAME": "", "HELO": ""}),
        (f"IDENT={'4' * 255}", {"IDENT": "4" * 255}),
        ("HELO=what+3Da+2Bmess", {"HELO": "what=a+mess"}),
    ],
)
def test_attributes_are_read(argument, said):
    assert parse_xforward(argument) == said


@pytest.mark.parametrize(
    "argument",
    [
        "",
        "NAME",
        "NAME=",
        "LOGIN=a",
        "NAME=a NONSENSE=b",
        "ADDR=192.0.2.256",
        "ADDR=192.0.2",
        "ADDR=::1",
        "ADDR=IPV6:192.0.2.1",
        "ADDR=IPV6:fe80::1+25eth0",
        "ADDR=localhost",
        "PORT=x",
        "PORT=123456",
        "PROTO=E+20SMTP",
        "SOURCE=MARS",
        "NAME=a+b",
        "NAME=a+0D+0Ab",
        "NAME=a+3Cb",
        "NAME=a=b",
        "HELO=a+0Ab",
        "HELO=a+00b",
        "HELO=a+20b",
        "HELO=a+FFb",
        "IDENT=4F+201B2",
        "IDENT=4F+0A",
        f"IDENT={'4' * 256}",
        f"NAME={'n' * 256}",
        f"HELO={'+41' * 256}",
        "NAME=n\u00e4me",
    ],
)
def test_what_breaks_the_grammar_is_refused(argument):
    with pytest.raises(CommandError) as error:
        parse_xforward(argument)
    assert error.value.reply.code == 501
