"""The commands; each checks its words, calls one verb and says what came of it."""

from briefing.cli import doctor, lab, mailing, news, pages, serve, sources, subscribers
from briefing.cli.app import DONE, FAILED, IN_PART, WRONG_USE, app, main, run

__all__ = [
    "DONE",
    "FAILED",
    "IN_PART",
    "WRONG_USE",
    "app",
    "doctor",
    "lab",
    "mailing",
    "main",
    "news",
    "pages",
    "run",
    "serve",
    "sources",
    "subscribers",
]
