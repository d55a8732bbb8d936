"""A small day, made once for all tests of what proves it."""

from tests.small_day import made

__all__ = ["made"]
