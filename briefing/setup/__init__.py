"""Composition: the only package that names adapters and reads the clock."""
