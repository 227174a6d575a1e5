"""Find what a message leads to, and how it hides that.

url.py          an address as a browser would open it; host.py its host
in_text.py      addresses in a text, as mail programs make links of them
in_page.py      links of a page: what a click, or opening it, leads to
elsewhere.py    links of documents: relations of Office files
scripts.py      letters that look like others (UTS 39)
own.py          whether a host looks like one of our own domains
shorteners.py   hosts that lead elsewhere
gathered.py     all links of one message: each once, the odd ones first
findings.py     which of them no honest mail has
"""
