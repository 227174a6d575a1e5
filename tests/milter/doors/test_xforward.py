"""What a proxy says of its client: taken if it fits a grammar, refused if not."""

import pytest

from pratique.milter.doors.command import CommandError
from pratique.milter.doors.xforward import forwarded_client, parse_xforward
from pratique.milter.mail import Client


@pytest.mark.parametrize(
    ("argument", "client"),
    [
        (
            "NAME=spike.example ADDR=192.0.2.1 PROTO=ESMTP HELO=helo.example",
            Client("192.0.2.1", "spike.example", "helo.example"),
        ),
        ("name=a.example addr=192.0.2.1", Client("192.0.2.1", "a.example")),
        ("ADDR=IPV6:2001:DB8::1 PORT=25", Client("2001:db8::1")),
        ("ADDR=IPv6:::1 SOURCE=LOCAL", Client("::1", source="LOCAL")),
        ("ADDR=192.0.2.1 source=remote", Client("192.0.2.1", source="REMOTE")),
        ("NAME=[UNAVAILABLE] ADDR=[UNAVAILABLE] HELO=[TEMPUNAVAIL]", Client()),
        ("NAME=[unavailable]", Client()),
        (f"ADDR=192.0.2.1 IDENT={'4' * 255}", Client("192.0.2.1")),
        ("HELO=[192.0.2.1]", Client(helo="[192.0.2.1]")),
        ("HELO=what+3Da+2Bmess", Client(helo="what=a+mess")),
        (f"NAME={'n' * 255}", Client(name="n" * 255)),
    ],
)
def test_attributes_are_read(argument, client):
    assert forwarded_client(parse_xforward(argument)) == client


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
