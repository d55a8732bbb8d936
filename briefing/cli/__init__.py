"""The commands; each checks its words, calls one verb and says what came of it."""

from briefing.cli import (
    doctor,
    editions,
    lab,
    mailing,
    news,
    operators,
    pages,
    preview,
    round,
    serve,
    sources,
    subscriber_lists,
    subscribers,
    worker,
)
from briefing.cli.app import DONE, FAILED, IN_PART, WRONG_USE, app, main, run

__all__ = [
    "DONE",
    "FAILED",
    "IN_PART",
    "WRONG_USE",
    "app",
    "doctor",
    "editions",
    "lab",
    "mailing",
    "main",
    "news",
    "operators",
    "pages",
    "preview",
    "round",
    "run",
    "serve",
    "sources",
    "subscriber_lists",
    "subscribers",
    "worker",
]
