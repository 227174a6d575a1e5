"""Messages made to be read in two ways: a strip takes out what it says, or is not made.

Each file that an evasion hides is taken out of its message, and each message is written
anew.  What comes out is read again by our own reader and by Python's, which knows nothing
of how it was made.
"""

import email  # noqa: TID251 - another reader
import hashlib
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from pratique.milter.content import content_of
from pratique.milter.recipe import Making
from pratique.milter.taking_out import CannotEdit, _is_structural, leaves, lost, request
from pratique.policies.verdict import Edit
from pratique.scanners import inspector
from pratique.scanners import wall_pb2 as wall
from pratique.scanners.facts_pb2 import Facts

MAKER = Path(__file__).resolve().parents[3] / "shared/evasion/make_cases_public.py"

pytestmark = [pytest.mark.real("shared mail"), pytest.mark.slow]


class Listener:
    """Keeps what is told of one message."""

    def __init__(self):
        self.parts, self.known = {}, Facts()

    def started(self, name, part):
        pass

    def handed_out(self, handed):
        pass

    def found(self, found):
        kept = Facts()
        kept.CopyFrom(found)
        self.parts.update({part.id: part for part in kept.parts})
        del kept.parts[:]
        self.known.MergeFrom(kept)

    def whole(self):
        self.known.parts.extend(self.parts[number] for number in sorted(self.parts))
        return self.known


class Desk:
    """Looks and edits as the pipeline has it done, in this process."""

    def __init__(self):
        self.inspector = inspector.load(wall.Setup())

    def look(self, octets):
        listener = Listener()
        self.inspector.inspect(memoryview(octets), wall.Inspect(), listener)
        return listener.whole()

    def edited(self, octets, edit):
        """The new message, or why there is none."""
        seen = self.look(octets)
        try:
            taken = leaves(seen, [edit])
            asked = request(seen, [edit], taken, "Q1")
        except CannotEdit as why:
            return b"", str(why)
        new, why = self.made(octets, asked)
        return (b"", why) if why else (new, lost(seen, self.look(new), taken))

    def made(self, octets, asked):
        content = content_of([octets])
        making = Making(content)
        for said in self.inspector.rewrite(memoryview(octets), asked):
            making.take(said)
        making.finish()
        new, refused = b"", making.refused
        if not refused:
            made = making.made().content
            new = b"".join(made.span(0, made.size))
            made.close()
        making.discard()
        content.close()
        return new, refused


@pytest.fixture(scope="module")
def desk():
    return Desk()


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    """The octets of each message, and the hash of the file that it hides."""
    folder = tmp_path_factory.mktemp("evasions")
    subprocess.run([sys.executable, MAKER, folder], check=True, capture_output=True)
    manifest = json.loads((folder / "manifest.json").read_text())["cases"]
    found = [(folder / one["file"], one.get("payload_sha256")) for one in manifest if "file" in one]
    return [(file, file.read_bytes(), sha) for file, sha in found if file.suffix == ".eml"]


def read_by_python(octets):
    parts = email.message_from_bytes(octets).walk()
    return {hashlib.sha256(part.get_payload(decode=True) or b"").hexdigest() for part in parts}


def test_what_is_taken_out_is_gone_for_every_reader(desk, cases):
    done = Counter()
    for file, octets, sha in cases:
        seen = desk.look(octets)
        meant = tuple(part.id for part in seen.parts if part.sha256 == sha and part.parent >= 0)
        if not sha or not meant:
            continue
        new, why = desk.edited(octets, Edit("strip", "a rule", "because", meant))
        done[bool(new) and not why] += 1
        if new and not why:
            assert sha not in {part.sha256 for part in desk.look(new).parts}, file
            assert sha not in read_by_python(new), file
    # What is not certain is held; that must stay the smaller half.
    assert done[True] > done[False] > 0


def test_what_is_written_anew_is_written_so_once_and_for_all(desk, cases):
    done = Counter()
    for file, octets, _ in cases:
        new, why = desk.edited(octets, Edit("rebuild", "a rule", "because"))
        done[bool(new) and not why] += 1
        if new and not why:
            again, refused = desk.made(new, wall.Rewrite(rebuild=True))
            assert (again, refused) == (new, ""), file
            # What archives and names are is another matter.
            odd = [one for one in desk.look(new).ambiguities if _is_structural(one)]
            assert odd == [], file
    assert done[True] > done[False] > 0
