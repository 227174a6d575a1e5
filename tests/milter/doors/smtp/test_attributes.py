"""The words of XFORWARD and XCLIENT: each value fits its grammar, or the command is none."""

import pytest

from pratique.milter.doors.smtp import attributes
from pratique.milter.doors.smtp.command import CommandError

GRAMMARS = {
    "NAME": attributes.host_name,
    "ADDR": attributes.address,
    "PORT": attributes.port,
    "HELO": attributes.helo,
}
LABEL = "n" * 63
LONGEST = ".".join([LABEL, LABEL, LABEL, LABEL])


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("NAME=spike.example", "spike.example"),
        ("NAME=_dmarc.spike.example.", "_dmarc.spike.example."),
        ("NAME=1and1.example", "1and1.example"),
        (f"NAME={LONGEST}", LONGEST),
        ("NAME=[UNAVAILABLE]", ""),
        ("NAME=[tempunavail]", ""),
        ("name=x", "x"),
        ("ADDR=192.0.2.1", "192.0.2.1"),
        ("ADDR=IPV6:2001:DB8::1", "2001:db8::1"),
        ("ADDR=ipv6:::1", "::1"),
        ("ADDR=IPV6:::ffff:192.0.2.1", "192.0.2.1"),
        ("PORT=0", "0"),
        ("PORT=65535", "65535"),
        ("HELO=[192.0.2.1]", "[192.0.2.1]"),
        ("HELO=what+3Da+2Bmess", "what=a+mess"),
        ("HELO=b+C3+BCcher.example", "bücher.example"),
        ("HELO=+5BUNAVAILABLE+5D", ""),
    ],
)
def test_a_value_is_read(word, value):
    assert attributes.read(word, GRAMMARS) == {word[:4].upper(): value}


@pytest.mark.parametrize(
    "argument",
    ["", " ", "NAME", "=a", "OTHER=a", "NAME=a OTHER=b"],
)
def test_what_is_no_list_of_attributes_is_refused(argument):
    with pytest.raises(CommandError) as error:
        attributes.read(argument, GRAMMARS)
    assert error.value.reply == attributes.BAD_SYNTAX


@pytest.mark.parametrize(
    "word",
    [
        "NAME=",
        "NAME=192.0.2.1",
        "NAME=1.2",
        "NAME=a..b",
        "NAME=-a.example",
        "NAME=a-.example",
        "NAME=a+20b",
        "NAME=a+0D+0Ab",
        "NAME=a+00",
        "NAME=a+C3+A4",
        "NAME=a+FF",
        "NAME=a+b",
        "NAME=a+0d",
        "NAME=a=b",
        f"NAME={LABEL}n",
        f"NAME={LONGEST}.",
        "ADDR=192.0.2.256",
        "ADDR=192.0.2",
        "ADDR=0192.0.2.1",
        "ADDR=::1",
        "ADDR=IPV6:192.0.2.1",
        "ADDR=IPV6:fe80::1+25eth0",
        "ADDR=localhost",
        "ADDR=192.0.2.1+2F24",
        "PORT=x",
        "PORT=65536",
        "PORT=-1",
        "PORT=\u0661",
        "HELO=a+20b",
        "HELO=a+0Ab",
        "HELO=a+FFb",
        "HELO=a+C2+A0b",
        "HELO=a+E2+80+A8b",
        f"HELO={'h' * 256}",
        f"HELO={'+41' * 256}",
    ],
)
def test_a_value_that_breaks_its_grammar_is_refused(word):
    with pytest.raises(CommandError) as error:
        attributes.read(word, GRAMMARS)
    assert error.value.reply == attributes.BAD_VALUE


def test_a_value_has_255_octets_at_most():
    assert attributes.read(f"HELO={'+41' * 255}", GRAMMARS) == {"HELO": "A" * 255}
