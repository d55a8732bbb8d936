"""Strings that have broken out of headers somewhere, for every field of text."""

from hypothesis import example

from tests.examples import Test, tables

NASTY = tuple(tables(__file__)["NASTY"])
IDS = range(len(NASTY))


def and_nasty(test: Test) -> Test:
    """Call a test of any text with each of them as well."""
    for text in NASTY:
        test = example(text)(test)
    return test
