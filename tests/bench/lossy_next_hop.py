"""Be a next hop that says 250 and forgets each fifth message: the no-loss run must find it.

lossy_next_hop.py PORT FOLDER FAULTS
"""

import itertools
import os
import runpy
import sys
from pathlib import Path

TRUE = runpy.run_path(str(Path(__file__).parents[1] / "next_hop_process.py"))
FORGOTTEN = 5


class Session(TRUE["Session"]):
    """As a true one, but for each fifth message."""

    taken = itertools.count(1)

    def keep(self, content, reverse_path, names):
        if next(self.taken) % FORGOTTEN:
            super().keep(content, reverse_path, names)


def main(port, folder, faults):
    with TRUE["Server"](("127.0.0.1", int(port)), Session) as server:
        server.kept = os.open(f"{folder}/{os.getpid()}", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        server.faults = faults
        server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
