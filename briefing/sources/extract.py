"""HTML page to document, in a child process that a hostile page may hang or blow up."""

from __future__ import annotations

import atexit
import json
import os
import re
import resource
import subprocess
import sys
from multiprocessing.connection import Pipe
from threading import Lock

from briefing.errors import InputError, MissingPartError
from briefing.model import Document
from briefing.sources import child
from briefing.sources.decode import clean, decode, is_blank, one_line, shorten
from briefing.sources.records import Found, language_code, make_id, moment, web_address

#: Bytes of a page; three times the largest of 130 real pages (1.6 MB).
PAGE_LIMIT = 5_000_000
#: Seconds for a page; the slowest of 130 real pages takes 0.3, or 1.5 on a busy machine.
TIME_LIMIT = 10.0
#: Seconds to start the child, which takes 0.6 on an idle machine.
_START_LIMIT = 60.0
#: Bytes of address space; 130 real pages in one child need 0.3 GB.
MEMORY_LIMIT = 1_000_000_000
#: Pages after which the child is replaced, because libxml2 and trafilatura keep what they learned.
_PAGES = 500
#: What the child sees of our surroundings: enough to find Python and its packages, no secrets.
_SURROUNDINGS = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "VIRTUAL_ENV")

_CHARSET = re.compile(rb"charset\s{0,9}=\s{0,9}[\"']?\s{0,9}([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE)
_DECLARATION = re.compile(r"\s{0,99}<\?xml[^<>]{0,500}>")
#: Bytes in which a page must declare its encoding (HTML standard: 1,024; some come late).
_CHARSET_HEAD = 4_096


class _Child:
    """One running child with its two pipes."""

    def __init__(self, *, memory_limit: int) -> None:
        their_pages, self._pages = Pipe(duplex=False)
        self._answers, their_answers = Pipe(duplex=False)
        with their_pages, their_answers:
            self._process = subprocess.Popen(  # noqa: S603  our own script
                [sys.executable, "-P", child.__file__],
                stdin=their_pages.fileno(),
                stdout=their_answers.fileno(),
                stderr=subprocess.DEVNULL,
                env=_surroundings(),
            )
        resource.prlimit(self._process.pid, resource.RLIMIT_AS, (memory_limit, memory_limit))
        self.pages_read = 0
        if not self._is_ready():
            self.close()
            raise MissingPartError(
                "the HTML reader does not start: check that trafilatura is installed "
                "and that 1 GB of memory is free"
            )

    def _is_ready(self) -> bool:
        try:
            return self._answers.poll(_START_LIMIT) and self._answers.recv_bytes() == b"ready"
        except (EOFError, OSError):
            return False

    def ask(self, page: bytes, *, time_limit: float) -> bytes | None:
        """Return the answer, or None when there is none in time; OSError when the child died."""
        self.pages_read += 1
        try:
            self._pages.send_bytes(page)
            return self._answers.recv_bytes() if self._answers.poll(time_limit) else None
        except EOFError:
            raise OSError from None

    def close(self) -> None:
        """End the process, whatever it is doing."""
        self._process.kill()
        self._process.wait()
        self._pages.close()
        self._answers.close()


class Reader:
    """Reads pages in a child that is started at the first page and replaced when it fails."""

    def __init__(self, *, time_limit: float = TIME_LIMIT, memory_limit: int = MEMORY_LIMIT) -> None:
        self._time_limit = time_limit
        self._memory_limit = memory_limit
        self._child: _Child | None = None
        self._lock = Lock()

    def ask(self, page: str) -> dict[str, str]:
        """Return what the child finds in a page.

        Raises:
            InputError: the page takes too long, needs too much memory or cannot be read.
            MissingPartError: the child does not start.
        """
        with self._lock:
            found: dict[str, str] = json.loads(self._answer(page.encode("utf-8", "replace")))
        if "error" in found:
            raise InputError(f"the page cannot be read ({found['error']}); save it as text")
        return found

    def _answer(self, page: bytes) -> bytes:
        if self._child is not None and self._child.pages_read >= _PAGES:
            self.close()
        if self._child is None:
            self._child = _Child(memory_limit=self._memory_limit)
        try:
            told = self._child.ask(page, time_limit=self._time_limit)
        except OSError:
            self.close()
            raise InputError("the page broke the HTML reader; save it as text") from None
        if told is None:
            self.close()
            limit = f"{self._time_limit:g} seconds"
            raise InputError(f"the page takes longer than {limit} to read; save it as text")
        return told

    def close(self) -> None:
        """End the child; the next page starts another."""
        if self._child is not None:
            self._child.close()
            self._child = None


#: The one reader of this process.
_READER = Reader()
atexit.register(_READER.close)


def extract(html: bytes, *, url: str = "", where: str = "", reader: Reader = _READER) -> Found:
    """Return the document of a page, without its furniture, and notes.

    Text, title, publisher and time of publication are what trafilatura finds; hidden parts and
    reader comments are left out. The language is the page's own claim.

    Args:
        html: the page as it came; its encoding is found by mark, declaration or trial.
        url: where it came from; without one the page's canonical address counts.
        where: how messages name the page.
        reader: the child process to ask.

    Raises:
        InputError: no text, or the page is too large, too slow or broken.
    """
    if len(html) > PAGE_LIMIT:
        raise InputError(f"the page is larger than {PAGE_LIMIT:,} bytes; save it as text")
    declared = _CHARSET.search(html[:_CHARSET_HEAD])
    page, guessed = decode(html, declared=declared[1].decode() if declared else "")
    found = reader.ask(_DECLARATION.sub("", clean(page), count=1))
    text, cut = shorten(clean(found.get("text", "")))
    if is_blank(text):
        raise InputError("no article text found in the page; save the article as text")
    published, timed = moment(found["published"])
    title = one_line(found["title"])
    document = Document(
        id=make_id(title=title, text=text),
        title=title,
        text=text,
        published=published,
        timed=timed,
        publisher=one_line(found["site"]),
        url=web_address(url) or web_address(found["url"]),
        language=language_code(found["language"]),
    )
    return Found(where, document, tuple(note for note in (guessed, cut) if note))


def _surroundings() -> dict[str, str]:
    """Return the child's environment: one thread, and the same order of sets in every run."""
    kept = {name: os.environ[name] for name in _SURROUNDINGS if name in os.environ}
    return kept | {"OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0", "PYTHONUTF8": "1"}
