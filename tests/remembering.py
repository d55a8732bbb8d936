"""Sheets that are laid out once for all tests of a process: to lay one out takes half a second.

The press is the real one. A layout depends on nothing but its HTML and the files of its theme. The
tests of the press prove that, and use none of this: there each page is laid out anew.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path

import pytest

from briefing.core.model import PLAIN, Letterhead
from briefing.press import measure
from briefing.press.pdf import Sheet, Typesetter
from briefing.press.readback import read_back

#: As many sheets as a process keeps: each holds some megabytes.
_MOST = 24


@contextmanager
def remembered_sheets() -> Iterator[None]:
    """Let what was laid out, printed or read back in this process before come from memory."""
    with pytest.MonkeyPatch.context() as patch:
        for owner, name, remembering in _remembering():
            patch.setattr(owner, name, remembering)
        yield


@cache
def _remembering() -> tuple[tuple[object, str, object], ...]:
    return (
        (Typesetter, "set", _remembered(Typesetter.set)),
        (Sheet, "pdf", lru_cache(_MOST)(Sheet.pdf)),
        (measure, "read_back", lru_cache(_MOST)(read_back)),
    )


Lay = Callable[[Typesetter, str, Letterhead], Sheet]


def _remembered(lay_out: Lay) -> Lay:
    known: dict[object, Sheet] = {}

    def set_sheet(typesetter: Typesetter, html: str, letterhead: Letterhead = PLAIN) -> Sheet:
        states = tuple(map(_state, typesetter._theme.folders))
        key = (html, letterhead, states)
        sheet = known.pop(key, None) or lay_out(typesetter, html, letterhead)
        known[key] = sheet  # the latest at the end
        if len(known) > _MOST:
            del known[next(iter(known))]
        return sheet

    return set_sheet


def _state(folder: Path) -> tuple[object, ...]:
    """Return what changes when a file of a theme does."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return tuple((path, path.stat().st_mtime_ns, path.stat().st_size) for path in files)
