"""Runs in a process of its own: takes HTML pages one by one and answers with what is in them.

Started as a script (``python child.py``), so it knows nothing of the rest of the package.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from multiprocessing.connection import Connection
from typing import Any

#: Seconds after which a page without a watching parent ends the process; the parent's own limit
#: is shorter, so this only matters when the parent was killed.
_DEADLINE = 30
#: No date after this is believed. htmldate's own default is today, and then the same page would
#: give another document on another day.
_LAST_DATE = "2100-01-01"
#: What a reader of the page does not see.
_HIDDEN = (
    "//*[@hidden]",
    "//*[contains(translate(@style, ' ', ''), 'display:none')]",
    "//*[contains(translate(@style, ' ', ''), 'visibility:hidden')]",
)
#: Time of publication in JSON-LD or Open Graph.
_STAMP = re.compile(
    r'"datePublished"\s{0,9}:\s{0,9}"([0-9T:.+Z-]{16,35})"'
    r"|article:published_time[\"'] content=[\"']([0-9T:.+Z-]{16,35})[\"']"
)
_LANGUAGE = re.compile(r"<html\b[^<>]{0,500}?\blang\s?=\s?[\"']?([A-Za-z-]{2,20})", re.IGNORECASE)
#: Events of Python's audit hooks that open a way out of the process.
_WAYS_OUT = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork")


def refuse(event: str, _arguments: tuple[Any, ...]) -> None:
    """Forbid network and other processes; an audit hook cannot be taken back."""
    if event.startswith(_WAYS_OUT):
        raise PermissionError(f"{event} is not allowed here")


def look(page: str) -> dict[str, str]:
    """Return what trafilatura finds in a page: text, title, site, url, published, language."""
    from trafilatura import bare_extraction  # noqa: PLC0415  0.3 s, and only this process pays

    found: Any = bare_extraction(
        page,
        include_comments=False,
        favor_recall=True,
        with_metadata=True,
        prune_xpath=list(_HIDDEN),
        date_extraction_params={
            "original_date": True,
            "extensive_search": False,
            "max_date": _LAST_DATE,
        },
    )
    if found is None:
        return {}
    language = _LANGUAGE.search(page[:50_000])
    return {
        "text": found.text or "",
        "title": found.title or "",
        "site": found.sitename or "",
        "url": found.url or "",
        "published": _stamp(page, day=found.date or ""),
        "language": language[1] if language else "",
    }


def _stamp(page: str, *, day: str) -> str:
    """Return the page's own time of publication when it falls on the day found, else the day."""
    stamps = (match[1] or match[2] for match in _STAMP.finditer(page))
    return next((stamp for stamp in stamps if day and stamp.startswith(day)), day)


def answer(page: bytes) -> bytes:
    """Return the answer to one page as JSON; a page that cannot be read gives ``{"error": …}``."""
    signal.alarm(_DEADLINE)
    try:
        found = look(page.decode("utf-8", "replace"))
    except Exception as error:  # a hostile page may raise anything
        found = {"error": type(error).__name__}
    finally:
        signal.alarm(0)
    return json.dumps(found).encode()


def serve(pages: Connection, answers: Connection) -> None:
    """Say that we are ready, then answer every page until the other side closes."""
    answers.send_bytes(b"ready")
    while True:
        try:
            page = pages.recv_bytes()
        except EOFError:
            return
        answers.send_bytes(answer(page))


def main() -> None:  # pragma: no cover  runs in the child, whose coverage nobody collects
    """Serve on standard input and output; whatever else prints goes to standard error."""
    answers = Connection(os.dup(1), readable=False)
    os.dup2(2, 1)
    look("<html><body><p>Import all that is needed.</p></body></html>")
    sys.addaudithook(refuse)
    serve(Connection(os.dup(0), writable=False), answers)


if __name__ == "__main__":  # pragma: no cover  as above
    main()
