"""What the readers of containers share, and what makes one of them longer than a file.

gather.py      octets in pieces, each held against the budget
archive.py     archives through libarchive, entry by entry
streams.py     files that are one packed stream, or several in a row
around.py      what lies in front of an archive, and behind it
cursor.py      a place in a table that never leaves it
stored.py      a container that is marked where a member of it is damaged
members.py     members that lie in a container as they are
oem.py         names whose charset nobody stated
lzh.py         what LHA and ARJ pack
lnk_file.py    what Windows' shortcuts say
zip/  sevenzip/  rar/   archives that are read by our own readers
disks/         images of discs and disks
pdf/  office/  documents
pages/         pages that hold files
cms/  macintosh/   signed mail, old Macintosh files

A format of `../formats/` never imports another; what two of them need stands here.
"""
