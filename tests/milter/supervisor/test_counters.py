"""What the processes have counted is added up, also for those that have ended."""

import os
import subprocess
import sys

import pytest

from pratique.milter.supervisor.counters import of_all

COUNT = """
from pratique.milter import counters
counters.MESSAGES.labels("smtp", "accept", "delivered").inc()
counters.SECONDS.labels("smtp").observe(0.02)
"""


@pytest.mark.slow
def test_counters_of_processes_that_ended_are_kept(tmp_path):
    for _ in range(2):
        environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
        subprocess.run([sys.executable, "-c", COUNT], env=environment, check=True)
    text = of_all(tmp_path, {"smtp": 3}).decode()
    line = 'pratique_messages_total{action="accept",door="smtp",outcome="delivered"} 2.0'
    assert line in text.splitlines()
    assert 'pratique_message_seconds_bucket{door="smtp",le="0.025"} 2.0' in text.splitlines()
    assert 'pratique_door_restarts_total{door="smtp"} 3.0' in text.splitlines()


def test_before_anything_is_counted_there_are_only_the_restarts(tmp_path):
    assert b"pratique_door_restarts_total" in of_all(tmp_path, {})
