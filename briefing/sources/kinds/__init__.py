"""Asks a source for what it lists, one kind of source a file."""
