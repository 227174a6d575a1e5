"""The containers that we open, one file each; `FORMATS` lists them.

bzip2.py  compress.py  gzip.py  lz4.py  lzip.py  lzma_alone.py  xz.py  zstd.py  one packed file
iso.py                     images of discs: ISO 9660, Joliet, Rock Ridge, UDF
rar.py                     RAR, its older form and its newer
sevenzip.py                7z
ar.py  cab.py  cpio.py  rpm.py  ar and Debian's packages, cabinets, cpio, RPM's packages
arj.py  lha.py             ARJ, LHA
disk.py  fat.py  vhd.py     disks by their partitions, FAT, VHD
tar.py                     POSIX tar
ole.py  msg.py             compound files, and Outlook's messages among them
pdf.py  rtf.py             what is embedded in PDF and RTF
onenote.py  lnk.py  chm.py  OneNote, shortcuts, compiled help
office.py  odf.py          locked documents
html.py  xml.py  calendar.py  pages and drawings, XML, appointments and addresses
tnef.py  cms.py            winmail.dat; signed mail
mbox.py  emlx.py  wide.py  mailboxes, what Apple Mail keeps, messages in UTF-16
binhex.py  uuencoded.py  yenc.py  files as text for the wire
applefile.py  macbinary.py  old Macintosh files
zip.py                     zip, and what is built on it: OOXML, ODF, jar

The order is that in which they are asked, and it matters in one place: tar comes before
zip, since a tar file that holds a zip file ends like one.
"""

from pratique.scanners.formats.applefile import Applefile
from pratique.scanners.formats.ar import Ar
from pratique.scanners.formats.arj import Arj
from pratique.scanners.formats.binhex import Binhex
from pratique.scanners.formats.bzip2 import Bzip2
from pratique.scanners.formats.cab import Cab
from pratique.scanners.formats.calendar import Calendar
from pratique.scanners.formats.chm import Chm
from pratique.scanners.formats.cms import Cms
from pratique.scanners.formats.compress import Compress
from pratique.scanners.formats.cpio import Cpio
from pratique.scanners.formats.disk import Disk
from pratique.scanners.formats.emlx import Emlx
from pratique.scanners.formats.fat import Fat
from pratique.scanners.formats.gzip import Gzip
from pratique.scanners.formats.html import Html
from pratique.scanners.formats.iso import Iso
from pratique.scanners.formats.lha import Lha
from pratique.scanners.formats.lnk import Lnk
from pratique.scanners.formats.lz4 import Lz4
from pratique.scanners.formats.lzip import Lzip
from pratique.scanners.formats.lzma_alone import LzmaAlone
from pratique.scanners.formats.macbinary import Macbinary
from pratique.scanners.formats.mbox import Mbox
from pratique.scanners.formats.msg import Msg
from pratique.scanners.formats.odf import Odf
from pratique.scanners.formats.office import Office
from pratique.scanners.formats.ole import Ole
from pratique.scanners.formats.onenote import OneNote
from pratique.scanners.formats.pdf import Pdf
from pratique.scanners.formats.rar import Rar
from pratique.scanners.formats.rpm import Rpm
from pratique.scanners.formats.rtf import Rtf
from pratique.scanners.formats.sevenzip import Sevenzip
from pratique.scanners.formats.tar import Tar
from pratique.scanners.formats.tnef import Tnef
from pratique.scanners.formats.uuencoded import Uuencoded
from pratique.scanners.formats.vhd import Vhd
from pratique.scanners.formats.wide import Wide
from pratique.scanners.formats.xml import Xml
from pratique.scanners.formats.xz import Xz
from pratique.scanners.formats.yenc import Yenc
from pratique.scanners.formats.zip import Zip
from pratique.scanners.formats.zstd import Zstd

FORMATS = (
    Gzip,
    Bzip2,
    Xz,
    Zstd,
    Lz4,
    Lzip,
    LzmaAlone,
    Compress,
    Sevenzip,
    Rar,
    Iso,
    Ar,
    Cpio,
    Rpm,
    Cab,
    Lha,
    Arj,
    Fat,
    Disk,
    Vhd,
    Tar,
    Zip,
    Ole,
    Msg,
    Pdf,
    Rtf,
    OneNote,
    Lnk,
    Chm,
    Office,
    Odf,
    Applefile,
    Binhex,
    Calendar,
    Cms,
    Emlx,
    Html,
    Macbinary,
    Mbox,
    Tnef,
    Uuencoded,
    Xml,
    Yenc,
    Wide,
)
