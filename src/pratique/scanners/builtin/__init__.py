"""The scanners that we ship, one file each; `SCANNERS` lists them in their order.

filetype.py   what a part is: detected type, and kind
disguise.py   how its name hides that (looks at what filetype stated)
yara.py       YARA rules, ours and the admin's
shortcuts.py  what a shortcut starts, and where it leads

`FOLLOWERS` lists those that follow one message to its end, in the order in which they
conclude:

macros.py     documents whose type may carry macros
bounce.py     whether it is a bounce, and how far it looks like one (see ../bounces/)
pdf.py        what a PDF does, and what is attached to it
dkim.py       what DKIM signatures and ARC sets sign (see ../dkim/)
office.py     what in documents runs, fetches, or asks other programs (see ../office/)
onenote.py    what lies in a section of OneNote
one_program.py  archives and disk images that were sent for one program

`MADE_FOLLOWERS` lists those that know the setup, and are made of what was read of it once:

pages.py      what pages do when they are opened
links.py      what the message leads to, and how that is hidden (see ../links/)
lists.py      what stands on lists of hashes
senders.py    how it pretends to come from somebody else (see ../senders/)

A scanner is called once with the setup, before confinement; what it cannot load it says
with `Unfit`.
"""

from pratique.scanners.builtin.bounce import Bounce
from pratique.scanners.builtin.disguise import Disguise
from pratique.scanners.builtin.dkim import Dkim
from pratique.scanners.builtin.filetype import FileType
from pratique.scanners.builtin.links import Links
from pratique.scanners.builtin.lists import Lists
from pratique.scanners.builtin.macros import Macros
from pratique.scanners.builtin.office import Office
from pratique.scanners.builtin.one_program import OneProgram
from pratique.scanners.builtin.onenote import OneNote
from pratique.scanners.builtin.pages import Pages
from pratique.scanners.builtin.pdf import Pdf
from pratique.scanners.builtin.senders import Senders
from pratique.scanners.builtin.shortcuts import Shortcuts
from pratique.scanners.builtin.yara import Yara

SCANNERS = (FileType, Disguise, Yara, Shortcuts)
FOLLOWERS = (Macros, Bounce, Pdf, OneNote, OneProgram, Office, Dkim)
MADE_FOLLOWERS = (Pages, Links, Lists, Senders)
