"""SEE: turns a message into parts and parts into facts, behind a wall.

facts.proto  the nouns and the vocabulary: what can be known of a message
wall.proto   what crosses the wall; frames.py reads and writes it
nursery.py   the far side's first process: loads everything once, forks workers
worker.py    takes a message, answers facts as they are found; page.py is where it writes them
confine.py   how a worker gives up its rights before the first hostile octet
budget.py    what one message may cost
part.py      the nouns of this room: Part, Member, Reader, Scanner
text.py      octets to text, in one place
inspector.py  all that looks at octets, loaded; looks at message after message
unpack.py    the walk from the message to its last member; report.py sends what it finds
opened.py    what the walk keeps of a container that is open
looking.py   shows each part to the scanners that it concerns
openers.py   which readers may open a part; marks.py what is looked for in one pass for them
carried.py   finds what begins behind something else: a gzip after a picture
outside.py   hands out what only an outside program opens, and opens what came of it
shown.py     hands out to engines (clamd) what they do not reach by themselves
keys.py      words that may open what is locked; passwords/ finds them in what a mail says
signatures.py  text_signatures.py   what octets are
names.py     file names as the programs read them that open the files
kinds.py     what would happen if a person opened a part
rewrite.py   takes parts out of a message, or writes it anew; rewriting/ knows how
mime/        our MIME reader
formats/     containers, one file each; containers/ is what they share
builtin/     the scanners we ship, one file each
hash_list.py  a list of hashes: a file that is searched where it lies; near/ finds what on it
             is like a part
families/    one name for what engines and rules call by many
v1.py        all that a scanner of somebody else's imports; own/ loads such scanners,
             strangers.py makes them ours, trial.py shows them parts one by one
documents/   what scanners of documents and shortcuts share
office/      what in documents of Office and in RTF runs, fetches, or asks other programs
links/       what a message leads to, and how it hides that
dkim/        what DKIM signatures and ARC sets sign
bounces/     what makes a message a bounce, and what it returns
senders/     how a message pretends to come from somebody else
rules/       the YARA rules we ship; yara_rules/ reads, compiles and tries rules
"""
