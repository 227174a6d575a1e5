"""PDF, layer by layer.

syntax.py     words, names, strings, and what is built of them
file.py       the objects of a file, wherever they stand
heads.py      where objects begin, and how far each reaches
filters.py  predictor.py   how streams are packed
crypt.py      how they are locked
"""
