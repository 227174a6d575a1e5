"""What in documents of Office and in RTF runs, fetches, or asks other programs.

names.py       what may be found: the names, how grave each is, and what it means
compound.py    compound files: documents up to 2003, projects, embedded objects
project.py     VBA projects; code.py what their code does, by its words
workbook.py    Excel's records: macro sheets and links
objects.py     embedded objects by their class, and links
package.py     members of OOXML; markup.py reads their elements
opendocument.py  members of OpenDocument, and documents in one file
gathered.py    what members say together
rtf.py         RTF
tables.py      CSV, SYLK, web queries
targets.py     the address of what is fetched; dde.py a request to another program

builtin/office.py shows parts to these.
"""
