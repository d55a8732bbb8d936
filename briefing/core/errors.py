"""The one tree of errors; each message is one line that says what, where and what to do.

BriefingError
├── UsageError          the command or the settings are wrong (exit 2)
│   ├── SettingsError   briefing.toml cannot be used as it is
│   ├── ChoiceError     two choices of editors cannot both be met
│   └── UnknownNameError  a ranker, classifier, theme or source that nobody registered
├── InputError          an input cannot be read or holds nothing to print (exit 1)
│   ├── FetchError      an address did not answer with something to read (exit 1)
│   └── NothingToPrintError  no report can be printed (exit 1)
├── StoreError          the store cannot be opened, read or written (exit 1)
│   └── BusyError       another process does the same work on the store now (exit 1)
├── OutputError         a file cannot be written; what stood there before still does (exit 1)
├── ModelError          a trained model file is missing, damaged or of another version (exit 1)
├── LayoutError         the page cannot be laid out within its floors (exit 1)
├── MissingPartError         an optional package or system library is not installed (exit 1)
└── PreflightError      a check says that what is asked for cannot be done (exit 1)
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Sequence
from datetime import datetime
from difflib import get_close_matches

#: What to do when the system refuses to read or write a file, by its number for the reason.
_REMEDIES = {
    errno.ENOSPC: "free some and run this again; nothing is half-written",
    errno.EDQUOT: "free some or raise the quota, and run this again; nothing is half-written",
    errno.EFBIG: "raise the limit of the size of files, and run this again",
    errno.EROFS: "mount its disk for writing, or name another folder",
    errno.EIO: "its disk fails: check it, and the last backup",
    errno.EACCES: "check who may read and write there",
    errno.EPERM: "check who may read and write there",
}


def reason_of(error: OSError) -> str:
    """Return why the system refused something, in its own words."""
    return error.strerror or str(error) or type(error).__name__


def remedy_of(error: OSError, *, otherwise: str = "check its folder and permissions") -> str:
    """Return what to do when the system refused something; ``otherwise`` where it depends."""
    return _REMEDIES.get(error.errno or 0, otherwise)


class BriefingError(Exception):
    """Any failure that is told to the operator in one line."""

    #: The exit code of a command that ends with this error.
    exit_code = 1


class UsageError(BriefingError):
    """The command line or the settings ask for something that cannot be done."""

    exit_code = 2


class SettingsError(UsageError):
    """The settings file is wrong; the message names line, key and remedy."""


class ChoiceError(UsageError):
    """Two choices of editors contradict each other; the message names both."""


class UnknownNameError(UsageError):
    """A name that no built-in and no plug-in has registered."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        listed = sorted(known)
        near = get_close_matches(name, listed, n=1, cutoff=0.7)
        guess = f"did you mean {near[0]!r}? Known" if near else "known"
        super().__init__(f"unknown {kind} {name!r}; {guess}: {', '.join(listed)}")


class InputError(BriefingError):
    """An input file or line cannot be used."""


class FetchError(InputError):
    """An address did not answer with something to read."""

    def __init__(
        self,
        reason: str,
        *,
        status: int = 0,
        passing: bool = False,
        retry_at: datetime | None = None,
    ) -> None:
        super().__init__(reason)
        #: HTTP status; 0 when there was no answer.
        self.status = status
        #: Whether another try may succeed without anybody doing something.
        self.passing = passing
        #: Not to be asked before, as the server said; aware UTC.
        self.retry_at = retry_at

    @property
    def gone(self) -> bool:
        """Whether the server says that there is nothing any more (404, 410)."""
        return self.status in {404, 410}


class NothingToPrintError(InputError):
    """There is no report that can be printed."""


class StoreError(BriefingError):
    """The store cannot be opened, read or written."""


class BusyError(StoreError):
    """Another process does the same work on the store now."""


class OutputError(BriefingError):
    """A file cannot be written."""


class ModelError(BriefingError):
    """A trained model cannot be loaded."""


class LayoutError(BriefingError):
    """The page cannot be laid out."""


class MissingPartError(BriefingError):
    """Something that must be installed is not."""


class PreflightError(BriefingError):
    """Checks before the work say that it cannot be done."""

    def __init__(self, lines: Sequence[str], *, exit_code: int = 1) -> None:
        super().__init__("; ".join(lines))
        #: What is broken and what to do, one line each.
        self.lines = tuple(lines)
        self.exit_code = exit_code
