"""Try which texts are addresses that a policy may send to."""

import pytest

from pratique.policies.written.addresses import wrong_with


@pytest.mark.parametrize(
    "address",
    [
        "a@x",
        "security@our.example",
        "a.b+c=d@mail-1.our.example",
        "o'brien@our.example",
        "größe@büro.example",
        f"{'a' * 64}@x.example",
        f"{'a' * 50}@{'.'.join(['b' * 63] * 3)}.example",
        f"a@{'b' * 63}.example",
    ],
)
def test_an_address_is_one(address):
    assert wrong_with(address) == ""


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("", "one @"),
        ("security", "one @"),
        ("a@b@c", "one @"),
        ("@x.example", "before the @"),
        (".a@x.example", "before the @"),
        ("a..b@x.example", "before the @"),
        ('"a b"@x.example', "no blanks"),
        ('"a"@x.example', "before the @"),
        ("a@", "is no domain"),
        ("a@x..example", "is no domain"),
        ("a@-x.example", "is no domain"),
        ("a@x.example.", "is no domain"),
        ("a@x_y.example", "is no domain"),
        ("a@[192.0.2.1]", "without brackets"),
        ("<a@x.example>", "without brackets"),
        ("Ann <a@x.example>", "no blanks"),
        ("a@x.example\r\nTo: b", "no line ends"),
        (f"{'a' * 65}@x.example", "at most 64 octets"),
        (f"{'ü' * 33}@x.example", "at most 64 octets"),
        (f"a@{'b' * 64}.example", "is no domain"),
        (f"{'a' * 64}@{'.'.join(['b' * 63] * 3)}", "at most 254 octets"),
    ],
)
def test_what_is_none_is_told(address, said):
    assert said in wrong_with(address)
