"""The configuration: the defaults, what it refuses, and how it says so."""

import pytest

from pratique.milter import config
from pratique.milter.config import Settings, parse
from pratique.milter.config_problems import ConfigError
from pratique.milter.sections.section import Section

LISTENER = '[[listener]]\nreply = "sender"\n'
MILTER = '[[milter]]\nreply = "sender"\n'


def refused(text):
    with pytest.raises(ConfigError) as caught:
        parse(text, "pratique.toml")
    return [str(problem) for problem in caught.value.problems]


def test_without_a_file_the_defaults_hold():
    settings = config.load(None)
    (listener,) = settings.listeners
    assert listener.address == "127.0.0.1:10025"
    assert listener.reply == "sender"
    assert settings.next_hop.kind == "maildir"
    assert str(settings.state) == "var"


def test_an_empty_file_is_the_defaults():
    assert parse("", "x") == Settings()


def test_a_whole_configuration_is_read(tmp_path):
    file = tmp_path / "pratique.toml"
    file.write_text(
        'state = "/var/lib/pratique"\n' + LISTENER + 'name = "mx"\naddress = "0.0.0.0:25"\n'
        'domains = ["Example.org", ".example.org"]\nmax_size = "20MB"\n'
        '[next_hop]\nkind = "smtp"\naddress = "127.0.0.1:10026"\n'
        '[workers]\ncount = 4\nseconds = "10s"\n[budget]\noctets = "1GB"\n'
    )
    settings = config.load(file)
    assert settings.listener[0].domains == ("example.org", ".example.org")
    assert settings.listener[0].max_size == 20 * 1024**2
    assert settings.next_hop.address == "127.0.0.1:10026"
    assert settings.workers.seconds == 10.0
    assert settings.budget.octets == 1024**3


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("x = 1", ":1:1:", "no such setting"),
        ("\n[workerss]\n", ":2:1:", "did you mean 'workers'?"),
        (LISTENER + 'adress = "1"\n', ":3:1:", "did you mean 'address'?"),
        (LISTENER + LISTENER + "nmae = 1\n", ":5:1:", "did you mean 'name'?"),
        ("[workers]\ncount = 0\n", ":2:1:", "greater than or equal to 1"),
        ('[workers]\nseconds = "1x"\n', ":2:1:", "is no duration"),
        (LISTENER + 'max_size = "big"\n', ":3:1:", "is no size"),
        (LISTENER + "max_size = 1\n", ":3:1:", "greater than or equal to 65536"),
        ('[[listener]]\nreply = "queue"\nbare_line_ends = "refuse"\n', ":1:1:", "is a bounce"),
        ('[[listener]]\nreply = "queue"\ndomains = ["a.example"]\n', ":1:1:", "relay_from"),
        ('[[milter]]\nname = "m"\n', ":1:1:", "must say who hears its reply"),
        (MILTER + 'socket = "/run/m.sock"\n', ":3:1:", "write it as Postfix does"),
        (MILTER + 'socket = "unix:m.sock"\n', ":3:1:", "write it as Postfix does"),
        (MILTER + f'socket = "unix:/{"x" * 107}"\n', ":3:1:", "longer than the 107 octets"),
        (MILTER + 'socket = "inet:mx.example:1"\n', ":3:1:", "is no IP address"),
        (MILTER + 'socket_mode = "rw"\n', ":3:1:", "are no permissions"),
        ("[workers]\nseconds = 26\n", "", "60 50 are for looking; 25 at most"),
        ("[deadline]\nseconds = 91\n", "", "smtpd_proxy_timeout"),
        ("[deadline]\nseconds = 4\n", ":2:1:", "greater than or equal to 5"),
        (MILTER + "[deadline]\nseconds = 271\n", "", "less than or equal to 270"),
        (
            '[clamav]\nsocket = "unix:/c"\nseconds = 51\n',
            "",
            "clamav.seconds = 51 is too much",
        ),
        ('[clamav]\nsocket = "inet:127.0.0.1:3310"\n', "", "send must be 'stream'"),
        ('[clamav]\nsocket = "/run/c"\n', ":2:1:", "write 'unix:/run/clamav/clamd.ctl'"),
        (MILTER + MILTER + 'name = "other"\n', "", "the same socket"),
        (LISTENER + 'address = "0.0.0.0"\n', ":3:1:", "is no address"),
        (LISTENER + 'address = "localhost:25"\n', ":3:1:", "is no IP address"),
        (LISTENER + 'domains = ["exa mple"]\n', ":3:1:", "is no domain"),
        (LISTENER + 'relay_from = ["10.0.0.1/8"]\n', ":3:1:", "is no network"),
        (LISTENER + 'bare_line_ends = "keep"\n', ":3:1:", "'refuse' or 'repair'"),
        ('[next_hop]\nkind = "smtp"\n', ":1:1:", "needs address"),
        ('[next_hop]\naddress = "127.0.0.1:25"\n', ":1:1:", "goes with kind = 'smtp'"),
        ('[[listener]]\nname = "x"\n', ":1:1:", "must say who hears its reply"),
        (LISTENER + LISTENER, "pratique.toml:", "two listeners have the same name"),
        ("state = 3", ":1:1:", "a path is text in quotes"),
        ("a = ", "pratique.toml:", "not TOML"),
        ("[a]\n[a]\n", ":2:3:", "not TOML"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_would_be_right(text, place, words):
    (problem,) = refused(text)
    assert place in problem
    assert words in problem


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file():
    problems = refused(LISTENER + 'bad = 1\n[workers]\ncount = "x"\n')
    assert [problem.split(":")[1] for problem in problems] == ["3", "5"]


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ConfigError, match="No such file"):
        config.load(tmp_path / "none.toml")


def test_every_setting_has_its_sentence():
    def without(model):
        for name, field in model.model_fields.items():
            inner = field.annotation
            inner = getattr(inner, "__args__", (inner,))[0]
            if isinstance(inner, type) and issubclass(inner, Section):
                yield from without(inner)
            elif not field.description:
                yield f"{model.__name__}.{name}"

    assert list(without(Settings)) == []


KEYS = '[sent]\nkeys = "sent.keys"\n'
OURS = '[links]\nown_domains = ["example.org"]\n'
TAGS = '[[sent.batv]]\ndomain = "{}"\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (KEYS, "pratique.toml:2:1: sent.keys: with keys it must be known which domains are ours"),
        (MILTER + KEYS, "must be known which domains are ours"),
        ("[links]\nown_domains = []\n" + KEYS, "own_domains = ['example.org'] into [links]"),
        (
            OURS + KEYS + TAGS.format("example.net"),
            "pratique.toml:6:1: sent.batv.0.domain: 'example.net' is none of ours (example.org)",
        ),
        (OURS + KEYS + TAGS.format(".notexample.org"), "is none of ours"),
    ],
)
def test_who_signs_must_say_what_is_his(text, words):
    (problem,) = refused(text)
    assert words in problem


def test_tags_without_keys_are_told_where_they_begin():
    (problem,) = refused(OURS + TAGS.format("example.org"))
    assert problem.startswith("pratique.toml:3:1: sent: [[sent.batv]] needs keys")


TRUSTED = """[authentication]
trusted_authserv_ids = ["mx.example.org"]
trusted_listeners = ["{}"]
"""


def test_a_listener_that_is_trusted_must_be_there():
    (problem,) = refused(TRUSTED.format("front") + MILTER)
    assert problem == (
        "pratique.toml:3:1: authentication.trusted_listeners: no listener and no milter is called "
        "'front'; there is: milter"
    )


@pytest.mark.parametrize(("name", "doors"), [("smtp", ""), ("milter", MILTER)])
def test_a_milter_and_the_listener_that_nobody_wrote_can_be_trusted(name, doors):
    made = parse(TRUSTED.format(name) + doors, "pratique.toml")
    assert made.authentication.trusted_listeners == (name,)


@pytest.mark.parametrize(
    "text",
    [
        OURS + KEYS,
        LISTENER + 'domains = [".example.org"]\n' + KEYS,
        OURS + KEYS + TAGS.format("example.org"),
        OURS + KEYS + TAGS.format(".example.org"),
        OURS + KEYS + TAGS.format("mail.example.org"),
    ],
)
def test_keys_and_domains_go_together(text):
    assert parse(text, "x").own_domains == ("example.org",)
