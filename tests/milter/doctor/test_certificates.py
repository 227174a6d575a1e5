"""Certificates of listeners, made by openssl: the good one, and what may be wrong with each."""

import subprocess
from datetime import timedelta

import pytest

from pratique.milter.doctor.access import User
from pratique.milter.doctor.certificates import certificates, covers

pytestmark = pytest.mark.real("openssl")


class Authority:
    """Signs with openssl, as an admin would."""

    def __init__(self, folder):
        self.folder = folder
        self.openssl("req -x509 -key ca.key -out ca.pem -days 900 -subj /CN=ca", key="ca")

    def openssl(self, words, key=""):
        if key:
            self.openssl(f"genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out {key}.key")
            (self.folder / f"{key}.key").chmod(0o600)
        command = ["openssl", *words.split()]
        done = subprocess.run(command, cwd=self.folder, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def sign(self, name, days=90, names="DNS:mx.example.org"):
        """A certificate and its key; the file has it, then the authority's."""
        self.openssl(f"req -new -key {name}.key -out {name}.csr -subj /CN={name}", key=name)
        (self.folder / "ext").write_text(f"subjectAltName={names}\n")
        self.openssl(
            f"x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -days {days} -extfile ext "
            f"-out {name}.crt -CAcreateserial"
        )
        both = [(self.folder / file).read_bytes() for file in (f"{name}.crt", "ca.pem")]
        (self.folder / f"{name}.pem").write_bytes(b"".join(both))


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    made = Authority(tmp_path_factory.mktemp("ca"))
    made.sign("mx")
    made.sign("other")
    made.sign("wild", names="DNS:*.example.org")
    made.sign("nameless", names="IP:192.0.2.1")
    return made


@pytest.fixture
def told(authority, case):
    def told(certificate="mx.pem", key="mx.key", **besides):
        text = (
            '[[listener]]\nreply = "sender"\nhostname = "mx.example.org"\ntls = "opportunistic"\n'
            f'tls_certificate = "{authority.folder}/{certificate}"\n'
            f'tls_key = "{authority.folder}/{key}"\n'
        )
        return list(certificates(case(text, **besides)))

    return told


@pytest.mark.slow
def test_a_good_one_is_right(told, states):
    lines = told()
    assert states(lines) == ["ok"]
    assert "is for mx.example.org" in lines[0].what
    assert "holds until" in lines[1].what
    assert states(told("wild.pem", "wild.key")) == ["ok"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("left", "state", "what"),
    [
        (timedelta(days=31), "ok", "holds until"),
        (timedelta(days=29), "warning", "expires in 28 days"),
        (timedelta(days=8), "warning", "expires in 7 days"),
        (timedelta(days=6), "wrong", "expires in 5 days"),
        (timedelta(days=-1), "wrong", "has expired"),
        (timedelta(days=92), "wrong", "holds from"),
    ],
)
def test_how_long_it_lasts(told, case, left, state, what):
    # It was made for 90 days, a moment ago.
    then = case().now() + timedelta(days=90) - left
    (line,) = [one for one in told(now=lambda: then) if "mx.pem" in one.what and what in one.what]
    assert line.state == state


@pytest.mark.slow
@pytest.mark.parametrize(
    ("files", "state", "what"),
    [
        (("mx.pem", "other.key"), "wrong", "is not the key of"),
        (("nameless.pem", "nameless.key"), "warning", "is for no name"),
        (("none.pem", "mx.key"), "wrong", "is not there"),
        (("mx.pem", "none.key"), "wrong", "is not there"),
        (("mx.key", "mx.key"), "wrong", "no certificate in PEM"),
        (("mx.pem", "mx.pem"), "wrong", "no key in PEM"),
        (("mx.crt", "mx.key"), "warning", "alone"),
    ],
)
def test_each_mistake_is_told(told, files, state, what):
    (line,) = [one for one in told(*files) if what in one.what]
    assert (line.state, bool(line.do)) == (state, True)


@pytest.mark.slow
def test_the_order_of_a_chain_counts(told, authority):
    folder = authority.folder
    pieces = [(folder / file).read_bytes() for file in ("mx.crt", "other.crt", "ca.pem")]
    (folder / "odd.pem").write_bytes(b"".join(pieces))
    (line,) = [one for one in told("odd.pem") if one.state == "wrong"]
    assert "is not signed by the one after it, CN=other" in line.what


@pytest.mark.slow
def test_a_locked_key_serves_nobody(told, authority):
    authority.openssl("ec -in mx.key -aes256 -passout pass:secret -out locked.key")
    (line,) = [one for one in told("mx.pem", "locked.key") if one.state == "wrong"]
    assert "without a password" in line.what


@pytest.mark.slow
def test_who_may_read_the_key(told, authority):
    key = authority.folder / "mx.key"
    key.chmod(0o644)
    assert any("anybody on this host may read" in line.what for line in told())
    key.chmod(0o600)
    (line,) = told(user=User("somebody", 64001, frozenset()))
    assert (line.state, "the service cannot read it: somebody may not" in line.what) == (
        "wrong",
        True,
    )


def test_without_tls_there_is_none(case):
    assert [line.what for line in certificates(case())] == ["no listener shows one"]


@pytest.mark.parametrize(
    ("name", "host", "is_covered"),
    [
        ("mx.example.org", "MX.example.org", True),
        ("*.example.org", "mx.example.org", True),
        ("*.example.org", "a.mx.example.org", False),
        ("*.example.org", "example.org", False),
        ("example.org", "mx.example.org", False),
    ],
)
def test_which_hosts_a_name_covers(name, host, is_covered):
    assert covers(name, host) is is_covered
