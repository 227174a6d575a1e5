"""Lists of hashes are made of feeds: for the command `pratique lists`, and no running service.

feed.py      which hash stands in a line of a feed, and what is said of it
building.py  a feed becomes the file that workers search
"""
