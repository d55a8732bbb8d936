"""Briefing: the day's news on one page, every sentence verbatim."""

__version__ = "0.2.0"
