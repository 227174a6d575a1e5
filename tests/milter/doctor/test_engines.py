"""Engines: one that answers and finds, one that finds nothing, one that is away."""

import pytest

from pratique.milter.doctor.engines import engines


@pytest.mark.slow
@pytest.mark.real("clamd")
async def test_a_real_clamd_answers_and_finds_the_test_files(case, said, clamd):
    section = f'[clamav]\nsocket = "unix:{clamd.socket}"\n'
    first, second = await said(engines, case(section))
    assert (first.state, first.what.startswith("clamav: ClamAV ")) == ("ok", True)
    assert (second.state, "finds the test files" in second.what) == ("ok", True)
    _, second = await said(engines, case(f"{section}self_test = false\n"))
    assert (second.state, "self_test = false" in second.do) == ("not looked at", True)


async def test_one_that_finds_nothing_is_wrong(case, said, fake_clamd):
    first, second = await said(engines, case(f'[clamav]\nsocket = "unix:{fake_clamd.path}"\n'))
    assert first.state == "ok"
    assert (second.state, "does not find" in second.what) == ("wrong", True)
    assert "signatures" in second.do


async def test_each_that_is_away_is_wrong(case, said, tmp_path, free_port):
    text = (
        f'[clamav]\nsocket = "unix:{tmp_path}/none"\n'
        f'[[icap]]\nname = "av"\nurl = "icap://127.0.0.1:{free_port()}/av"\n'
        f'[[http]]\nname = "web"\nurl = "http://127.0.0.1:{free_port()}/av"\n'
    )
    lines = await said(engines, case(text))
    assert [line.state for line in lines] == ["wrong"] * 3
    assert [line.what.partition(": ")[0] for line in lines] == ["clamav", "av", "web"]
    assert all("start it" in line.do for line in lines)


async def test_without_engines_that_is_said(case, said):
    (line,) = await said(engines, case())
    assert line.state == "ok"
