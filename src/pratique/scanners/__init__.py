"""SEE: turns a message into parts and parts into facts, behind a wall.

facts.proto  the nouns and the vocabulary: what can be known of a message
wall.proto   what crosses the wall; frames.py reads and writes it
nursery.py   the far side's first process: loads everything once, forks workers
worker.py    takes a message, answers facts as they are found
confine.py   how a worker gives up its rights before the first hostile octet
budget.py    what one message may cost
part.py      the nouns of this room: Part, Member, Reader, Scanner
text.py      octets to text, in one place
unpack.py    the walk from the message to its last member; report.py sends what it finds
signatures.py  text_signatures.py  zip_types.py   what octets are
names.py     file names as the programs read them that open the files
kinds.py     what would happen if a person opened a part
gather.py    octets in pieces, against the budget; archive.py and streams.py give them
zip_tables.py  what a zip file says of itself, twice
mime/        our MIME reader
formats/     containers, one file each
builtin/     the scanners we ship, one file each
bounces/     what makes a message a bounce, and what it returns
rules/       the YARA rules we ship
"""
