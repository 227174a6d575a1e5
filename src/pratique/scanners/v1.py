"""Hold all that a scanner of your own imports: `Part`, `Finding` and `Limits`.

A scanner is a class with a name and a method that is shown one part after the other:

    class Invoices:
        name = "invoices"

        def scan(self, part):
            if b"overdue" in part.octets:
                yield Finding("Invoice.Overdue", note=part.name)

This is version 1, and what stands here is never changed or taken away: a field may be
added to `Part` or `Finding`, at the end and with a default.  What would break a scanner
that was written for it becomes `v2`, beside this one.  docs/scanners.md says the rest.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

__all__ = ["GROUP", "SEVERITIES", "Finding", "Limits", "Part", "Scanner", "Severity"]

# Packages offer their scanners under this name (entry points).
GROUP = "pratique.scanners.v1"

# How bad a finding is.  What the shipped policy makes of it: nothing, held, refused.
Severity = Literal["information", "suspicious", "malicious"]
SEVERITIES: tuple[Severity, ...] = ("information", "suspicious", "malicious")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a scanner wants to be shown, and how much it may say."""

    # A larger part is not shown, and the policy is told so.  As large as parts are decoded.
    octets: int = 64 * 1024 * 1024
    # Of one part; what is more is dropped, and the policy is told so.
    findings: int = 100
    # Kinds of parts, words of `Kinds` in facts.proto ("document", "html"); empty is every kind.
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a message: the message itself, an attachment, a member of an archive."""

    # Decoded, as a reader would save them; empty where nothing could be decoded.
    octets: bytes
    # What a reader would most likely show; empty if it has none.
    name: str = ""
    # Its name, which may be empty, and every other that some reader would show.
    names: tuple[str, ...] = ("",)
    # Media type, detected from the octets.
    type: str = "application/octet-stream"
    # A word of `Kinds`: what would happen if a person opened it.
    kind: str = "other"
    # Where it lies, as "2/zip:invoice.pdf.exe"; empty for the message.
    path: str = ""
    # Octets; -1 where nothing could be decoded.
    size: int = 0
    # Of the octets, lower-case hexadecimal; empty where nothing could be decoded.
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a scanner says of the part it was shown."""

    # What was found, one word of the scanner's own list: "Invoice.Overdue".
    name: str
    severity: Severity = "suspicious"
    # What was seen, and where, for a person; its middle is cut out after 300 characters.
    note: str = ""
    # The family that it belongs to ("Mydoom"), if any.
    family: str = ""
    # An address on the web where more is written about it.
    reference: str = ""


class Scanner(Protocol):
    """The shape of a scanner.  It need not derive from this.

    It may also have: `limits`, a `Limits`; `setup(settings)`, called once, before the first
    part, which is where it reads, opens, imports and compiles, as `scan` can do none of that;
    and `Settings`, a pydantic model that the settings are held against, so that `setup` is
    given one of these instead of a dict.
    """

    name: str

    def scan(self, part: Part) -> Iterable[Finding] | None:
        """Say what there is in the part; nothing if there is nothing."""
