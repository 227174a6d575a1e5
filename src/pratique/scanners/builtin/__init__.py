"""The scanners that we ship, one file each; `SCANNERS` lists them in their order.

filetype.py   what a part is: detected type, and kind
disguise.py   how its name hides that (looks at what filetype stated)
yara.py       YARA rules, ours and the admin's

A scanner is called once with the setup, before confinement; what it cannot load it says
with `Unfit`.
"""

from pratique.scanners.builtin.disguise import Disguise
from pratique.scanners.builtin.filetype import FileType
from pratique.scanners.builtin.yara import Yara

SCANNERS = (FileType, Disguise, Yara)
