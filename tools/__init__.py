"""Tools of development: none is a part of the program."""
