"""The scanners that we ship, one file each; `SCANNERS` lists them in their order.

filetype.py   what a part is: detected type, and kind
disguise.py   how its name hides that (looks at what filetype stated)
yara.py       YARA rules, ours and the admin's

`FOLLOWERS` lists those that follow one message to its end, in the order in which they
conclude:

macros.py     documents whose type may carry macros
bounce.py     whether it is a bounce, and how far it looks like one (see ../bounces/)

A scanner is called once with the setup, before confinement; what it cannot load it says
with `Unfit`.
"""

from pratique.scanners.builtin.bounce import Bounce
from pratique.scanners.builtin.disguise import Disguise
from pratique.scanners.builtin.filetype import FileType
from pratique.scanners.builtin.macros import Macros
from pratique.scanners.builtin.yara import Yara

SCANNERS = (FileType, Disguise, Yara)
FOLLOWERS = (Macros, Bounce)
