"""The commands; each checks its words, calls one use case and prints the outcome."""

# In the order of `briefing --help`.
# isort: off
from briefing.cli import pages, news, serve, sources, subscribers  # noqa: F401
from briefing.cli import editions, operators, lab  # noqa: F401

# isort: on
from briefing.cli.app import DONE, FAILED, IN_PART, INTERRUPTED, WRONG_USE, app, main, run

__all__ = ["DONE", "FAILED", "INTERRUPTED", "IN_PART", "WRONG_USE", "app", "main", "run"]
