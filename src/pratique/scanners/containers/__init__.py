"""What the readers of containers share: libarchive, streams, counting, tables, directories.

gather.py      octets in pieces, each held against the budget
archive.py     archives through libarchive, entry by entry
streams.py     files that are one packed stream, or several in a row
around.py      what lies in front of an archive, and behind it
cursor.py      a place in a table that never leaves it
stored.py      a container that is marked where a member of it is damaged
oem.py         names whose charset nobody stated
sevenzip_header.py  sevenzip_coders.py  sevenzip_key.py   7z: what it lists, packs, locks
rar_tables.py  rar4.py  rar5.py  rar_key.py   RAR: what it lists, its two forms, its locks
lzh.py         what LHA and ARJ pack
iso_tables.py  udf.py   the trees of a disc's image
fat_tables.py  FAT volumes
zip_tables.py  what a zip file says of itself, twice; zip_types.py what it is called for it
zip_plan.py    every directory of a zip file; zip_members.py what they say of one member
zip_reader.py  zip files read in every way; zip_content.py one member, by each word of it
zip_methods.py  inflate64.py  zip_crypt.py  zip_descriptors.py   packed, locked, streamed
spans.py       which octets were read, and which belong to nothing
members.py     members that lie in a container as they are
ole.py         compound files; ole_objects.py what OLE embeds; ole_smallest.py writes some
msg_properties.py  lzfu.py  rtf_html.py   what Outlook's messages are made of
pdf_syntax.py  pdf_file.py  pdf_filters.py  pdf_predictor.py  pdf_crypt.py   PDF, layer by layer
office_lock.py  office_binary.py  office_xor.py  odf_lock.py   how documents are locked
ciphers.py     RC4, AES, Blowfish
chm_file.py    compiled help, and its LZX by way of cabinets
page_text.py  data_uris.py  literals.py  disguised.py  page_names.py   what pages hold
ber.py  cms_content.py   ASN.1, and where the content of CMS is
mapi.py        properties as TNEF lists them
forks.py  mac_header.py   old Macintosh files

A format of `../formats/` never imports another; what two of them need, and what makes one
of them longer than a file should be, stands here.
"""
