"""A real browser saves from a page what we find in it.

The page builds a file as smugglers do, hashes what its Blob holds, and writes the hash
into itself; the browser is asked for the page as it is then.
"""

import hashlib
import random
import re
import subprocess
from base64 import b64encode

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Budget, Limits
from pratique.scanners.formats.html import Html
from pratique.scanners.part import Member, Part

pytestmark = [pytest.mark.real("chromium"), pytest.mark.slow]

FILE = b"MZ" + bytes(60) + random.Random(5).randbytes(600)
WRITTEN = b64encode(FILE).decode()
ATOB = "Uint8Array.from(atob(d), c => c.charCodeAt(0))"
PIECES = "' +\n '".join(WRITTEN[at : at + 50] for at in range(0, len(WRITTEN), 50))
PAGE = """<html><body><p id="said"></p><script>
%s
new Blob([bytes]).arrayBuffer().then(whole => crypto.subtle.digest("SHA-256", whole)).then(sum => {
  const hex = Array.from(new Uint8Array(sum), one => one.toString(16).padStart(2, "0")).join("");
  document.getElementById("said").textContent = "sum:" + hex;
});
</script></body></html>"""
SCRIPTS = {
    "base64 in pieces": f"const d = '{PIECES}'; const bytes = {ATOB};",
    "numbers behind a key": (
        f"const bytes = new Uint8Array([{','.join(str(octet ^ 77) for octet in FILE)}]"
        ".map(one => one ^ 77));"
    ),
    "turned around": (
        f"const d = '{WRITTEN[::-1]}'.split('').reverse().join(''); const bytes = {ATOB};"
    ),
    "letters taken out": (
        f"const d = '{'#'.join(WRITTEN)}'.replace(/#/g, ''); const bytes = {ATOB};"
    ),
}


def surfaced(page: bytes) -> set[str]:
    part = Part(facts.Part(kind="html"), memoryview(page))
    found = Html().members(part, Budget(Limits()))
    return {hashlib.sha256(one.octets).hexdigest() for one in found if isinstance(one, Member)}


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_what_a_page_builds_in_a_browser_is_what_we_find(script, tmp_path):
    page = tmp_path / "page.html"
    page.write_text(PAGE % script)
    done = subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=5000",
         f"--user-data-dir={tmp_path}/profile", "--dump-dom", page.as_uri()],
        check=False, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    said = re.search(r"sum:([0-9a-f]{64})", done.stdout)

    assert said is not None, done.stderr[-1000:]
    assert said[1] == hashlib.sha256(FILE).hexdigest()
    assert said[1] in surfaced(page.read_bytes())
