"""Set up ourselves as a milter: 200 YARA rules, clamd, the default policy.

`pratique` shows clamd the whole message, as by default; `pratique-parts` shows it the
decoded parts of a large one, so that an attachment that was seen before is not asked about
again.  A build that
has no section [clamav] runs without, and the tables say so.
"""

import os
import sys
from pathlib import Path

from peers.peer import Command, Peer, Place

from pratique.milter.config import Settings

RULES = 200
CONFIG = """
state = "{state}"

[[milter]]
reply = "sender"
socket = "unix:{socket}"
socket_mode = "0666"

[yara]
folders = ["{rules}"]
"""
RULE = """
rule Bench_{number}
{{
    strings:
        $text = "bench mark number {number} of a rule that is never met"
        $octets = {{ 42 45 4E {number:02X} 43 48 [4-16] {number:02X} 99 8E }}
        $words = /bench-{number}-[a-z]{{4,12}}-[0-9]{{3}}/
    condition:
        $text or ($octets and $words)
}}
"""
CLAMAV = """
[clamav]
socket = "unix:{clamd}"
show = "{show}"
"""
# A file with further sections, say [doors]: to try what they bring.
MORE = os.environ.get("PRATIQUE_BENCH_CONFIG", "")


def asks_clamd() -> bool:
    """Whether this build knows the section [clamav]."""
    return "clamav" in Settings.model_fields


def _prepare(place: Place, show: str) -> tuple[Command, ...]:
    rules = place.own("rules")
    every = "".join(RULE.format(number=number) for number in range(RULES))
    (rules / "bench.yar").write_text(f"// Rules that no mail of the benchmark meets.\n{every}")
    written = CONFIG.format(state=place.folder / "state", socket=place.socket, rules=rules)
    if asks_clamd():
        written += CLAMAV.format(clamd=place.clamd, show=show)
    if MORE:
        written += "\n" + Path(MORE).read_text()
    config = place.folder / "pratique.toml"
    config.write_text(written)
    program = str(Path(sys.executable).with_name("pratique"))
    return ((program, "--config", str(config), "serve"),)


def prepare(place: Place) -> tuple[Command, ...]:
    """As by default: the whole message, once."""
    return _prepare(place, "message")


def prepare_parts(place: Place) -> tuple[Command, ...]:
    """With the parts shown to clamd, each once."""
    return _prepare(place, "parts")


PEER = Peer("pratique", prepare, lambda: "")
PARTS = Peer(
    "pratique-parts",
    prepare_parts,
    lambda: "" if asks_clamd() else "this build has no section [clamav]",
)
