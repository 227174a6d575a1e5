"""ASK the world: each file here gets facts or an envelope and answers facts.

addresses.py   what a strict reader says against the addresses of an envelope
"""
