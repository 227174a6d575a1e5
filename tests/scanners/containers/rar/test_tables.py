"""What both forms of RAR count: blocks up to a limit, and one past it."""

import pytest

from pratique.scanners.containers.gather import Damaged
from pratique.scanners.containers.rar.tables import BLOCKS, counted


def test_the_last_block_is_counted_and_one_more_is_damage():
    assert counted(BLOCKS - 1) == BLOCKS
    with pytest.raises(Damaged):
        counted(BLOCKS)
