"""Old signatures are seen by the whole house: a policy, the log, the counters."""

import os
import smtplib
import time
import urllib.request

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.real("kernel confinement")]

RULES = 'rule own { strings: $a = "XYZZY-" condition: $a }'
POLICY = """
[[rule]]
name = "old rules"
when = '''
  sources.exists(s, s.name == "yara" && has(s.date)
                      && envelope.received_at - s.date > duration("48h"))
'''
actions = ["defer"]
reason = "rules are old"

[[rule]]
name = "unseen"
when = '''
  parts.exists(p, p.unopened != "") || ambiguities.size() + limits.size() + failures.size() > 0
'''
actions = ["quarantine"]
reason = "unseen"

[[rule]]
name = "rest"
actions = ["accept"]
"""


def metrics(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as said:
        return dict(line.rsplit(" ", 1) for line in said.read().decode().splitlines())


def test_rules_that_have_grown_old_are_told_and_a_policy_can_defer_mail(
    service, tmp_path, free_port, until
):
    rules, policy, port = tmp_path / "rules", tmp_path / "policy.toml", free_port()
    rules.mkdir()
    file, made = rules / "own.yar", int(time.time()) - 3 * 86_400
    file.write_text(RULES)
    os.utime(file, (made, made))
    policy.write_text(POLICY)
    service.configure(
        rest=f'[yara]\nfolders = ["{rules}"]\nold_after_days = 2\n'
        f'[policy]\nfile = "{policy}"\ntest_before = false\n'
        f'[health]\naddress = "127.0.0.1:{port}"\n'
    )
    service.start()

    def said():
        with smtplib.SMTP("127.0.0.1", service.port) as client:
            client.ehlo()
            client.mail("ann@sender.example")
            client.rcpt("bob@corp.example")
            return client.data(b"Subject: x\r\n\r\nhello\r\n")[0]

    assert said() == 451
    gauge = 'pratique_signatures_timestamp_seconds{source="yara"}'
    until(lambda: float(metrics(port).get(gauge, 0)) == made, "gauge")
    assert "3.0 days old, and shall not be older than 2" in service.log()
    # They are changed; what mail is looked at with is what was loaded.
    os.utime(file)
    assert said() == 451
    service.run("reload")
    until(lambda: said() == 250, "new rules")
