"""Find the fuzzer, which lies in tools/fuzz and is no part of the program."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
