"""Choose the event loop of a door (uvloop's if installed), and let its memory settle.

uvloop is the extra `speed`: the same interface on libuv, and nearly twice as many small
messages a second through a relay (bench/README.md).  Nothing else depends on it.
"""

import asyncio
import gc
import importlib
from collections.abc import Coroutine
from typing import Any

_NEW_OBJECTS = 5_000


def loop_maker() -> Any:
    """Return what makes the loop; None lets asyncio decide."""
    try:
        return importlib.import_module("uvloop").new_event_loop
    except ImportError:
        return None


def settle() -> None:
    """Exempt what was loaded to serve from garbage collection, since it stays."""
    if not gc.get_freeze_count():
        gc.collect()
        gc.freeze()
        # A message leaves some hundred objects and hardly a cycle; with Python's 700 a collection
        # would run every few messages.
        gc.set_threshold(_NEW_OBJECTS)


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run until it ends, as `asyncio.run` does."""
    with asyncio.Runner(loop_factory=loop_maker()) as runner:
        runner.run(coroutine)
