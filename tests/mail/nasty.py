"""Strings that have broken out of headers somewhere, for every field of text."""

from tests.examples import tables

NASTY = tuple(tables(__file__)["NASTY"])
IDS = range(len(NASTY))
