"""Tells workers which job to do; what is to be done, and what was, stands in the store."""

from briefing.engine.queue import JobQueue

__all__ = ["JobQueue"]
