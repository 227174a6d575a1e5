"""The service: its parts start and stop in order, and come back when they die."""

import os
import signal
import smtplib
import socket

import pytest

pytestmark = [pytest.mark.real("kernel confinement"), pytest.mark.slow]

PLAIN = b"From: <a@example.org>\r\nSubject: hello\r\n\r\nhello\r\n"


def send(port, content):
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
        client.helo("client.example")
        client.mail("a@example.org")
        client.rcpt("b@example.net")
        return client.data(content)


def test_a_message_whose_worker_is_killed_is_seen_by_another(service, until):
    service.start()
    for worker in service.pids()["worker"]:
        os.kill(worker, signal.SIGKILL)
    assert send(service.port, PLAIN)[0] == 250
    until(lambda: len(service.pids()["worker"]) == 2, "two workers again")


def test_after_the_nursery_died_there_is_another(service, until):
    service.start()
    (nursery,) = service.pids()["nursery"]
    os.kill(nursery, signal.SIGKILL)
    until(lambda: send(service.port, PLAIN)[0] == 250, "delivery after the nursery died")
    assert service.pids()["nursery"] != [nursery]


def test_no_process_outlives_the_service(service, until):
    service.start()
    pids = service.pids()
    os.kill(service.running.pid, signal.SIGKILL)
    service.running.wait()
    left = [*pids["nursery"], *pids["worker"]]
    until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in left), "end of all processes")


def test_a_stop_finishes_what_is_in_flight(service):
    service.start()
    with socket.create_connection(("127.0.0.1", service.port)) as client:
        stream = client.makefile("rwb")
        for line in (
            b"",
            b"EHLO x",
            b"MAIL FROM:<a@example.org>",
            b"RCPT TO:<b@example.net>",
            b"DATA",
        ):
            if line:
                stream.write(line + b"\r\n")
                stream.flush()
            while stream.readline()[3:4] == b"-":
                pass
        stream.write(PLAIN)
        stream.flush()
        service.running.terminate()
        stream.write(b".\r\n")
        stream.flush()
        assert stream.readline().startswith(b"250 2.0.0")
    assert service.running.wait(30) == 0
    assert len(service.delivered()) == 1
