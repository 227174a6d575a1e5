"""What DKIM signatures and ARC sets say, and the hashes that their keys have to verify.

Here nobody is asked for a key: what is stated is checked, on the other side of the wall,
by whoever may ask DNS.  builtin/dkim.py is the scanner that asks these, in this order:

header_hash.py  the fields of the header, which of them a signature covers, and their hash
signatures.py   one field that signs, read into facts, and why it cannot be valid
tags.py         its list of tags; values.py what stands in them
arc.py          the sets of an ARC chain, and what each seal covers
canonical.py    the two canonical forms of header fields and of the body
body_hash.py    all hashes of the body in one pass
"""
