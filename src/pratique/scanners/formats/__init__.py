"""The containers that we open, one file each; `FORMATS` lists them.

bzip2.py  gzip.py  xz.py   one packed file
tar.py                     POSIX tar
zip.py                     zip, and what is built on it: OOXML, ODF, jar

The order is that in which they are asked, and it matters in one place: tar comes before
zip, since a tar file that holds a zip file ends like one.
"""

from pratique.scanners.formats.bzip2 import Bzip2
from pratique.scanners.formats.gzip import Gzip
from pratique.scanners.formats.tar import Tar
from pratique.scanners.formats.xz import Xz
from pratique.scanners.formats.zip import Zip

FORMATS = (Gzip, Bzip2, Xz, Tar, Zip)
