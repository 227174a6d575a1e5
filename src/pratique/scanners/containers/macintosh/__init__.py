"""Old Macintosh files: forks.py their two forks, header.py what MacBinary puts in front."""
