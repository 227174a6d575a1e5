"""7z: header.py what it lists, coders.py how it is packed, key.py how it is locked."""
