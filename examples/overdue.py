"""Tell where a text or a page presses somebody to pay."""

from pratique.scanners.v1 import Finding, Limits

WORDS = b"payment is overdue", b"final notice", b"pay immediately", b"pay today"


class Overdue:
    name = "overdue"
    limits = Limits(octets=1_000_000, kinds=("text", "html"))

    def scan(self, part):
        text = part.octets.lower()
        for words in WORDS:
            if words in text:
                yield Finding("Overdue.Pressure", note=f"{words!r} at {text.index(words)}")
