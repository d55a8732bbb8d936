"""VERB: labelled data to figures, each part of the system measured as it is used."""
