"""Checks everything that a briefing depends on, and says which failure blocks what."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path

from briefing.core.errors import BriefingError
from briefing.core.frozen import frozen
from briefing.core.glyphs import are_held
from briefing.core.schedule import Timetable, ahead_words, dated_ahead, zone

#: Checks of parts that plug-ins may provide, with advice if one fails unexpectedly.
_PLUGGABLE = frozenset("ranker classifier theme fonts press".split())
_PLUGGED = "if a plug-in provides it, repair or remove the plug-in"


def examine(checks: Mapping[str, Callable[[], Finding]]) -> Iterator[Finding]:
    """Yield the finding of each check, in order; an exception also becomes a finding."""
    for name, look in checks.items():
        try:
            finding = look()
        except BriefingError as error:
            finding = replace(broken(str(error)), code=error.exit_code)
        except OSError as error:
            finding = broken(f"system error ({error})", "check disk space and permissions")
        except Exception as error:  # a plug-in may raise anything; the other checks must run
            message = f"fails with {type(error).__name__}: {' '.join(str(error).split())[:200]}"
            finding = broken(message, _PLUGGED if name in _PLUGGABLE else "please report it")
        yield replace(finding, name=name)


class Level(StrEnum):
    """The result of a check."""

    GOOD = "ok"
    #: It works, but not as well as it could.
    NOTE = "warning"
    #: Something that should work does not.
    BROKEN = "broken"


@frozen
class Finding:
    """What one check found."""

    mark: Level
    #: One line.
    words: str
    #: What to do; empty: nothing.
    advice: str = ""
    #: Name of the check, set by the caller.
    name: str = ""
    #: Exit code of a command that it blocks.
    code: int = 1


def good(message: str) -> Finding:
    """Report that something works as it should."""
    return Finding(Level.GOOD, message)


def note(message: str, advice: str = "") -> Finding:
    """Report something that could be better."""
    return Finding(Level.NOTE, message, advice)


def broken(message: str, advice: str = "") -> Finding:
    """Report something that does not work."""
    return Finding(Level.BROKEN, message, advice)


class Use(StrEnum):
    """What is about to start."""

    #: One page without a store.
    MAKE = "make"
    #: The round, once.
    RUN = "run"
    #: The round, continuously, with web pages.
    SERVE = "serve"
    #: Web pages only.
    PAGES = "pages"


_PAGE = frozenset("settings ranker classifier theme fonts pango press".split())
_MAIL = frozenset("sender relay signing secrets links".split())
# Sources are not included: they can be added while the service runs, and what is due is sent even
# without them. Nor are timestamps in the future, which no restart would correct.
_ROUND = _PAGE | _MAIL | frozenset("store disk temp schedule clock alerts engine".split())

#: Checks that must pass for each use; other failures are only reported.
REQUIRED = {
    Use.MAKE: _PAGE,
    Use.RUN: _ROUND,
    Use.SERVE: _ROUND,
    Use.PAGES: _MAIL | {"settings", "theme", "store"},
}


def blockers(findings: Iterable[Finding], *, use: Use) -> tuple[Finding, ...]:
    """Return the findings that block a use, in the order given."""
    needed = REQUIRED[use]
    return tuple(
        finding for finding in findings if finding.mark is Level.BROKEN and finding.name in needed
    )


def warnings(findings: Iterable[Finding], *, use: Use) -> tuple[Finding, ...]:
    """Return the findings that should be reported but do not block a use."""
    fatal = set(blockers(listed := tuple(findings), use=use))
    return tuple(
        finding for finding in listed if finding.mark is not Level.GOOD and finding not in fatal
    )


def line(finding: Finding) -> str:
    """Return a finding and its advice as one line that begins with the name of the check."""
    advice = f"; {finding.advice}" if finding.advice else ""
    return f"{finding.name}: {finding.words}{advice}"


#: Free bytes below which the next edition may not fit, and below which it is time to free some: an
#: edition with its reports takes some ten million.
_NO_ROOM, _LITTLE_ROOM = 100_000_000, 1_000_000_000
#: Bytes written as a test, and bytes needed for a page and its mail.
_BLOCK, _NO_TEMP = 4096, 20_000_000
#: Oldest Pango that WeasyPrint 70 supports.
_OLDEST_PANGO = (1, 44)
#: Plausible years: this version is of 2026, so a clock before that was never set.
_FIRST_YEAR, _LAST_YEAR = 2026, 2100
#: Zones with different rules, present in every zone database.
_ZONES = ("Europe/Zurich", "America/New_York", "Asia/Kolkata")
_INSTALL = "install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"


def disk(folder: Path) -> Finding:
    """Check how much space is left on the disk of the store."""
    return room(shutil.disk_usage(folder).free)


def temp(folder: Path) -> Finding:
    """Check whether the folder for temporary files can be written, and how much it can hold."""
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(bytes(_BLOCK))
        file.flush()
        os.fsync(file.fileno())
    free = shutil.disk_usage(folder).free
    message = f"{free / 1e9:,.1f} GB free in {folder}"
    return broken(message, "make room, or set TMPDIR") if free < _NO_TEMP else good(message)


def room(free: int) -> Finding:
    """Check whether a number of free bytes is enough."""
    message = f"{free / 1e9:,.1f} GB free"
    if free < _NO_ROOM:
        return broken(message, "make room")
    return note(message, "make room") if free < _LITTLE_ROOM else good(message)


def fonts(
    style: Path, *, asset: Callable[[str], Path | None], lines: Iterable[str] = ()
) -> Finding:
    """Check whether all fonts of a style sheet exist and have the characters of the given lines.

    ``asset`` returns the file behind a name in the style sheet.
    """
    names = sorted(set(re.findall(r"url\((fonts/[\w.-]+)\)", style.read_text(encoding="utf-8"))))
    paths = {name: asset(name) for name in names}
    lost = [name for name, path in paths.items() if path is None or not path.is_file()]
    if lost or not names:
        return broken(f"missing: {', '.join(lost) or 'all'}", "reinstall briefing")
    if strange := [line for line in lines if not are_held(line)]:
        return note(
            f'{len(names)} faces; they do not hold all of "{strange[0]}", so that the page has '
            "other bytes on each machine",
            "use Latin, Greek or Cyrillic script",
        )
    return good(f"{len(names)} faces")


def pango(names: Sequence[str] = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0")) -> Finding:
    """Check whether the text layout library is installed, and its version."""
    try:
        library, *_ = [ctypes.CDLL(name) for name in names]
    except OSError as error:
        return broken(f"cannot be loaded ({error})", _INSTALL)
    library.pango_version_string.restype = ctypes.c_char_p
    return pango_version(library.pango_version_string().decode())


def pango_version(version: str) -> Finding:
    """Check whether a Pango such as "1.56.3" is new enough."""
    if tuple(map(int, version.split(".")[:2])) < _OLDEST_PANGO:
        return broken(f"{version}, too old", "install Pango 1.44 or newer")
    return good(version)


def harfbuzz(names: Sequence[str] = ("libharfbuzz.so.0", "libharfbuzz-subset.so.0")) -> Finding:
    """Check whether the font subsetting library is installed.

    Without it WeasyPrint uses a slower way, whose bytes differ each time.
    """
    try:
        library, _ = [ctypes.CDLL(name) for name in names]
    except OSError as error:
        return broken(f"cannot be loaded ({error}); pages are not reproducible", _INSTALL)
    library.hb_version_string.restype = ctypes.c_char_p
    return good(library.hb_version_string().decode())


def clock(now: datetime, *, zones: Sequence[str] = _ZONES) -> Finding:
    """Check whether the clock is plausible, and whether zones are known."""
    message = f"{now:%Y-%m-%d %H:%M} UTC"
    if not _FIRST_YEAR <= now.year < _LAST_YEAR:
        return broken(f"{message} cannot be right", "set the clock")
    lost = [name for name in zones if not zone(name)]
    if lost:
        return broken(f"no zone database: {lost[0]} is not known", "install tzdata")
    return good(message)


def dates(days: Collection[date], *, timetable: Timetable, now: datetime) -> Finding:
    """Check whether an edition is dated ahead.

    ``days`` has the days of editions, at least from today on.
    """
    ahead = dated_ahead(timetable, days, now=now)
    if ahead:
        more = f"; and {len(ahead) - 1} more" if len(ahead) > 1 else ""
        return broken(f"{ahead_words(ahead[0])}{more}")
    return good("none is dated ahead")
