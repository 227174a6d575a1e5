"""TLSH: what is like something on a list, though no octet need stand where it stood.

TLSH (Oliver, Cheng, Chen: TLSH - A Locality Sensitive Hash, CTC 2013) counts which groups of
three octets are frequent, and keeps of each count the quarter that it is in.  Two files of one
kit have digests that are near each other; 0 is the same digest, and unrelated files are
hundreds apart.

digest.py    words to octets, and how far two digests are apart
search.py    the nearest digest of a list, without comparing with each
library.py   the digest of octets: py-tlsh, which need not be installed
part.py      a part's digest, once for all lists, and only if one can be near
"""
