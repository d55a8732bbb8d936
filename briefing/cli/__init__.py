"""The commands; each checks its words, calls one verb and says what came of it."""

from briefing.cli import lab, news, pages, sources
from briefing.cli.app import DONE, FAILED, IN_PART, WRONG_USE, app, main, run

__all__ = [
    "DONE",
    "FAILED",
    "IN_PART",
    "WRONG_USE",
    "app",
    "lab",
    "main",
    "news",
    "pages",
    "run",
    "sources",
]
