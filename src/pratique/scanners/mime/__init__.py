"""Our MIME reader: octets and offsets in, members and oddities out.

reader.py     START HERE: the Reader that unpacking calls
multipart.py  cuts a multipart's body into entities, in one pass
entity.py     one entity: what its header says, and where its body is
header.py     a header section: its fields with their offsets
fields.py     the grammar of structured fields, and RFC 2231
names.py      every name that some program would show for a part
words.py      encoded-words, RFC 2047
encoding.py   base64, quoted-printable; uu.py uuencoded files
inline.py     returned messages that stand inline in a text
closed.py     what is encrypted, opaque or elsewhere; proof.py how that is known
addresses.py  address lists
mail.py       the facts of the message's own header
"""

from pratique.scanners.mime.reader import Mime

__all__ = ["Mime"]
