"""Optimizers made of an optimizer. One file, one wrapper; the key is the file's name."""
