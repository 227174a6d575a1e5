"""Links and pages are looked at in a confined worker, where nothing can be loaded any more."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PRATIQUE = Path(sys.executable).with_name("pratique")
MAIL = """From: ann@example.org
Subject: minutes
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: 8bit

<a href="https://p\u0430ypal.com/">x</a><a href="http://\uff45xample\uff0ecom">y</a>
<a href="http://\u2603.net/">z</a><a href="https://c0ntoso.com/">login</a>
--b
Content-Type: text/html; name="a.html"
Content-Disposition: attachment

<script>eval(atob("YQ=="));location='https://x.example'</script>
--b--
"""

pytestmark = [pytest.mark.slow, pytest.mark.real("kernel confinement")]


def test_a_worker_reads_every_host_and_knows_our_domains(tmp_path):
    config = tmp_path / "pratique.toml"
    config.write_text('[links]\nown_domains = ["contoso.com"]\n')
    mail = tmp_path / "a.eml"
    mail.write_text(MAIL, "utf-8")
    command = [PRATIQUE, "inspect", "--config", config, "--json", mail]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    (said,) = map(json.loads, done.stdout.splitlines())
    found = {one["name"] for one in said["findings"] if one["severity"] == "suspicious"}
    assert said["failures"] == []
    assert found == {
        "Link.MixedScript", "Link.OddHost", "Link.Lookalike", "Page.Script", "Page.Refresh",
    }  # fmt: skip
