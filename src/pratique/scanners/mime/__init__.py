"""Our MIME reader: octets and offsets in, members and oddities out.

reader.py     START HERE: the Reader that unpacking calls
leaves.py     members of entities: decoded, named, with what is odd about them
multipart.py  cuts a multipart's body into entities, in one pass, by the standard
entity.py     one entity: what its header says, and where its body is
header.py     a header section: where it ends, its fields, where it breaks the grammar
fields.py     the grammar of structured fields, and RFC 2231
views.py      what fails the gate is read again, in every way some program reads it
sections.py   where else a header may end, and what fields stand in it
candidates.py what values may mean; decoders.py what broken encodings may
names.py      every name that some program would show for a part
words.py      encoded-words, RFC 2047
encoding.py   base64, quoted-printable; uu.py uuencoded files
carried.py    what stands in a text; inline.py returned messages
runs.py       base64 that nobody declared
closed.py     what is encrypted, opaque or elsewhere; proof.py how that is known
addresses.py  address lists
mail.py       the facts of the message's own header
"""

from pratique.scanners.mime.reader import Mime

__all__ = ["Mime"]
