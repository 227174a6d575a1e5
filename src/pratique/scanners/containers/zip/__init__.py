"""Zip files, read in every way that some program reads them.

tables.py      what a zip file says of itself, twice; types.py what it is called for it
plan.py        every directory of a zip file; members.py what they say of one member
reader.py      zip files read in every way; content.py one member, by each word of it
methods.py  inflate64.py   how members are packed
crypt.py       how they are locked; descriptors.py what stands behind streamed ones
spans.py       which octets were read, and which belong to nothing
"""
