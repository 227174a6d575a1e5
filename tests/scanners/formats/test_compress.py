"""Files of compress(1): names, and codes that grow."""

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.formats.compress import Compress
from pratique.scanners.part import Part


def test_codes_of_growing_width_are_read(samples, open_with):
    text = b"".join(bytes([n % 251, n % 7]) for n in range(9000))
    opened = open_with(Compress(), samples("compress").good(text), name="a.exe.Z")

    assert opened.octets == [text]
    assert opened.names == ["a.exe"]


def test_it_is_recognized_by_its_type():
    assert Compress().recognize(Part(facts.Part(type="application/x-compress"), memoryview(b"")))
    assert not Compress().recognize(Part(facts.Part(type="text/plain"), memoryview(b"")))
