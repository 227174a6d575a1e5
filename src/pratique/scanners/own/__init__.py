"""Load the scanners that the admin wrote or installed, before anything is confined.

They come from a Python file, from a folder of them, or from an installed package that
offers them as entry points.  What is wrong with one is told in the admin's words, with
file and line, and stops the start; a reload keeps what was.

load.py      the scanners of a setup, one after the other
modules.py   runs a file, or finds what a package offers: a class, or what is wrong with it
shape.py     makes a scanner of the class, and sees that it has the shape of one
settings.py  holds its settings against its own model
patience.py  gives up what does not come to its end

The module is run here, in the nursery, with the rights of the service; what it is shown,
it is shown in a worker.  No other process of ours runs it, and none needs to.
"""
