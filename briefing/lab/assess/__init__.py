"""VERB: labelled data to figures, each part of the system measured as it is used.

An InputError says what of the data cannot be read, and where.
"""
