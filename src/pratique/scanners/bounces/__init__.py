"""What makes a message a bounce, and how far it looks like a genuine one.

builtin/bounce.py is the scanner that asks these, in this order:

outline.py   the outer parts, those of attached messages left out, and their octets' heads
outermost.py the fields of the message's own header
fold.py      what reads alike as one text: invisible characters, blanks, marks in front
claim.py     whether it gives itself for a bounce, or is another automatic report;
             words.py knows the words that bounces have in their subjects
reports.py   what another report covers, so that all else in it is looked at
returned.py  which parts are what a bounce returns
quoted.py    what it says of the message that it answers: Message-ID, failed recipient
original.py  all that it says of that message, for the near side; dates.py reads its Date
evidence.py  the reasons, weighed
"""
