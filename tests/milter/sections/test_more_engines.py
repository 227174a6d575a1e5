"""What an admin may set for engines of the admin's own, and what is refused, in words."""

import pytest

from pratique.milter.config import parse
from pratique.milter.config_problems import ConfigError
from pratique.scanners import builtin

ICAP = '[[icap]]\nname = "av"\nurl = "icap://127.0.0.1:1344/avscan"\n'
COMMAND = '[[command]]\nname = "own"\nargv = ["/usr/bin/own", "{file}"]\n'
HTTP = '[[http]]\nname = "web"\nurl = "http://127.0.0.1:8080/scan"\n'


def test_several_engines_are_several():
    settings = parse(ICAP + ICAP.replace("av", "b", 1) + COMMAND + HTTP, "x")
    assert [(kind, one.name) for kind, one in settings.engines] == [
        ("icap", "av"), ("icap", "b"), ("command", "own"), ("http", "web"),
    ]  # fmt: skip


def test_no_engine_is_called_as_a_scanner_of_ours():
    """A policy could not tell whose finding it is."""
    scanners = {one.name for one in vars(builtin).values() if hasattr(one, "scan")}
    assert len(scanners) >= 10
    for name in sorted(scanners):
        with pytest.raises(ConfigError, match="others are called so"):
            parse(ICAP.replace('"av"', f'"{name}"'), "x")


def test_without_any_nobody_is_asked():
    assert parse("", "x").engines == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (ICAP + ICAP, "two engines"),
        (ICAP + COMMAND.replace("own", "av", 1), "two engines"),
        (ICAP.replace('"av"', '"clamav"'), "others are called so"),
        (ICAP.replace('"av"', '"rspamd"'), "others are called so"),
        (ICAP.replace('"av"', '"Av"'), "name"),
        (ICAP.replace('"av"', '"a v"'), "name"),
        (ICAP + "seconds = 51", "seconds = 51 is too much"),
        (HTTP + "seconds = 51", "http 'web': seconds = 51 is too much"),
        (COMMAND + "seconds = 51", "command 'own': seconds = 51 is too much"),
        (ICAP + 'show = "all"', "show"),
        (ICAP + 'severity = "bad"', "severity"),
        (ICAP + "max_size = 0", "max_size"),
        (ICAP.replace("icap://", "http://"), "write 'icap://"),
        (ICAP.replace("127.0.0.1:1344", ""), "write 'icap://"),
        (ICAP.replace("1344", "99999"), "write 'icap://"),
        (ICAP.replace("avscan", "av scan"), "write 'icap://"),
        (ICAP.replace("avscan", "av\\r\\nX: 1"), "write 'icap://"),
        (ICAP.replace("//", "//user@"), "write 'icap://"),
        *(
            (ICAP.replace("127.0.0.1:1344", place), "in brackets: '[::1]'")
            for place in ("::1", "fe80::1:1344", "[::1%eth0]", "[::1%25eth0]", "[v1.x:y:z]")
        ),
        (ICAP.replace("127.0.0.1:1344", "[::1]x"), "write 'icap://"),
        (HTTP.replace("http://", "ftp://"), "write 'http://"),
        (HTTP + 'socket = "own.sock"', "no path of a socket"),
        (HTTP + f'socket = "/{"a" * 107}"', "no path of a socket"),
        (HTTP + 'headers = { Host = "x" }', "no field that can be added"),
        (HTTP.replace("http://", "https://") + 'socket = "/run/own.sock"', "there is no TLS"),
        (HTTP + 'headers = { X-A = "Bearer", x-a = "y" }', "is there twice"),
        (HTTP + 'headers = { "A b" = "x" }', "no field that can be added"),
        (HTTP + 'headers = { A = "x\\r\\nB: y" }', "printable"),
        (COMMAND.replace("/usr/bin/own", "own"), "argv begins with a path, like '/usr/bin/own'"),
        (COMMAND.replace('"/usr/bin/own", "{file}"', ""), "argv"),
        (COMMAND + "clean = [0, 1]", "1 cannot be in `clean` and in `found`"),
        (COMMAND + "found = []", "nothing is ever found"),
        (COMMAND + "found = [126]", "found"),
        (COMMAND + 'pattern = "(a+)+"', "besides text only"),
        (COMMAND + 'read = ["etc"]', "no absolute path"),
        (COMMAND + 'read = ["/opt/../etc"]', "no absolute path"),
    ],
)
def test_what_cannot_be_is_refused(text, why):
    with pytest.raises(ConfigError) as refused:
        parse(text, "pratique.toml")
    assert why in str(refused.value)
    assert "Bearer" not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        ICAP.replace("127.0.0.1:1344", "[::1]"),
        ICAP.replace("127.0.0.1:1344", "[2001:db8::1]:13440"),
        HTTP.replace("127.0.0.1:8080", "[::ffff:192.0.2.1]"),
        ICAP.replace("icap://127.0.0.1:1344", "icaps://scan.example"),
        ICAP + 'max_size = "5MB"\npassed = "clean"\nask = "always"',
        COMMAND + 'found = []\npattern = "FOUND: (.*)"',
        COMMAND + 'read = ["/opt/av", "/var/lib/av"]\nat_once = 4\nmemory = "2GB"',
        HTTP + 'socket = "/run/own.sock"\nheaders = { Authorization = "Bearer 7" }',
    ],
)
def test_what_can_be_is(text):
    assert parse(text, "x").engines
