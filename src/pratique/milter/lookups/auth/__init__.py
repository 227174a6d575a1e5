"""Find out who a message comes from: SPF, DKIM, DMARC and ARC, from facts and DNS.

lookup.py        START HERE: all questions about a message, at the same time
identity.py      whom it is proved to come from, for allow-lists: strictly
trusted.py       what our servers in front have found out, and which fields are forged
spf.py           check_host(); spf_record.py reads records, spf_macros.py the macros in them
dkim.py          signatures; dkim_key.py reads keys, and checks with them
arc.py           chains of those who sealed a message
dmarc.py         the author's domain; dmarc_record.py finds and reads what its owner wants
written.py       our own Authentication-Results field
domains.py       comparing domains
answers.py       reading what DNS answers; what asks it
tag_list.py      lists of tags, as key records have them
"""
