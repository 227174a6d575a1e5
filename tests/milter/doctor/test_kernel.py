"""What the kernel gives: real workers, real sandboxes, and memory."""

import pytest

from pratique.milter.doctor.kernel import memory, of_memory, programs, workers

GB = 1024**3


@pytest.mark.slow
@pytest.mark.real("kernel confinement")
async def test_a_worker_says_by_what_it_is_confined(case, said):
    first, second = await said(workers, case())
    assert (first.state, "scanners load" in first.what) == ("ok", True)
    assert (second.state, "landlock" in second.what) == ("ok", True)


@pytest.mark.slow
@pytest.mark.real("kernel confinement")
async def test_less_confinement_is_told(case, said):
    _, second = await said(workers, case('[workers]\nconfinement = "seccomp"\n'))
    assert (second.state, second.do) == ("warning", "workers.confinement = 'full'")


@pytest.mark.slow
@pytest.mark.real("kernel confinement")
async def test_a_rule_file_that_is_broken_starts_no_worker(case, said, tmp_path):
    (tmp_path / "a.yar").write_text("rule nonsense")
    (line,) = await said(workers, case(f'[yara]\nfolders = ["{tmp_path}"]\n'))
    assert (line.state, "a.yar" in line.what) == ("wrong", True)
    assert "rules check" in line.do


@pytest.mark.slow
@pytest.mark.real("bubblewrap")
@pytest.mark.real("unar")
@pytest.mark.real("7z")
async def test_outside_programs_are_rehearsed(case, said):
    (line,) = await said(programs, case())
    assert (line.state, "unar, 7z" in line.what) == ("ok", True)
    (line,) = await said(programs, case('[programs]\nuse = ["unar"]\n'))
    assert line.state == "warning"


async def test_none_may_be_meant(case, said):
    (line,) = await said(programs, case("[programs]\nuse = []\n"))
    assert line.state == "ok"


@pytest.mark.parametrize(("there", "state"), [(2 * GB, "ok"), (2 * GB - 1, "warning")])
def test_all_workers_of_all_doors_must_find_room(case, there, state):
    text = '[[milter]]\nreply = "sender"\n[[listener]]\nreply = "sender"\n'
    line = of_memory(case(text).settings, there)
    assert (line.state, "4 workers may take 2048 MB" in line.what) == (state, True)


def test_what_this_host_has_is_read(case):
    (line,) = memory(case())
    assert "MB that there are" in line.what
