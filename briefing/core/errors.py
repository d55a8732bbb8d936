"""The tree of errors; each message is one line that says what is wrong, where, and what to do.

BriefingError
├── UsageError          the command or the settings are invalid (exit 2)
│   ├── SettingsError   briefing.toml has mistakes
│   ├── ChoiceError     two choices of editors contradict each other
│   └── UnknownNameError  a ranker, classifier, theme or source kind that is not registered
├── InputError          an input cannot be read or contains nothing to print (exit 1)
│   ├── FetchError      an address returned nothing readable (exit 1)
│   └── NothingToPrintError  no report can be printed (exit 1)
├── RoleError           the role of an operator or a token does not allow an act (exit 1)
├── StoreError          the store cannot be opened, read or written (exit 1)
│   └── BusyError       another process is doing the same work on the store (exit 1)
├── OutputError         a file cannot be written; an existing one is unchanged (exit 1)
├── ModelError          a model file is missing, damaged or of another version (exit 1)
├── LayoutError         the page cannot be laid out within its limits (exit 1)
├── OverloadError       this machine was too busy for a piece of work; it is tried again (exit 1)
├── MissingPartError         an optional package or system library is not installed (exit 1)
└── PreflightError      a check shows that the command cannot succeed (exit 1)
"""

import errno
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from difflib import get_close_matches

#: What to do when the system refuses to read or write a file, by error number.
_REMEDIES = {
    errno.ENOSPC: "free some and run this again; nothing is half-written",
    errno.EDQUOT: "free some or raise the quota, and run this again; nothing is half-written",
    errno.EFBIG: "raise the file size limit, and run this again",
    errno.EROFS: "mount its disk for writing, or choose another folder",
    errno.EIO: "check the disk for faults, and the last backup",
    errno.EACCES: "check who may read and write there",
    errno.EPERM: "check who may read and write there",
}


def printable(text: object, *, most: int = 300) -> str:
    """Return a text from outside for messages: one short line without control characters.

    Of a text of more than ``most`` characters the end is kept.
    """
    line = str(text)
    line = line if len(line) <= most else "…" + line[-most:]
    return "".join(mark if mark.isprintable() else "�" for mark in line)


def reason_of(error: OSError) -> str:
    """Return the reason of a system error, in the words of the system."""
    return error.strerror or str(error) or type(error).__name__


def remedy_of(error: OSError, *, otherwise: str = "check its folder and permissions") -> str:
    """Return what to do about a system error; ``otherwise`` when it has no remedy of its own."""
    return _REMEDIES.get(error.errno or 0, otherwise)


class BriefingError(Exception):
    """Any failure that is reported to the operator in one line."""

    #: The exit code of a command that ends with this error.
    exit_code = 1


class UsageError(BriefingError):
    """The command line or the settings ask for something that cannot be done."""

    exit_code = 2


class SettingsError(UsageError):
    """The settings file has mistakes; the message names line, key and remedy."""


class ChoiceError(UsageError):
    """Two choices of editors contradict each other; the message names both."""


class UnknownNameError(UsageError):
    """A name that neither a built-in part nor a plug-in has registered."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        listed = sorted(known)
        near = get_close_matches(name, listed, n=1, cutoff=0.7)
        guess = f"did you mean {near[0]!r}? Known" if near else "known"
        super().__init__(f"unknown {kind} {name!r}; {guess}: {', '.join(listed)}")


class InputError(BriefingError):
    """An input file or line cannot be used."""


class FetchError(InputError):
    """An address returned nothing readable."""

    def __init__(
        self,
        reason: str,
        *,
        status: int = 0,
        passing: bool = False,
        retry_at: datetime | None = None,
    ) -> None:
        super().__init__(reason)
        #: HTTP status; 0 without a response.
        self.status = status
        #: Whether a retry may succeed without intervention.
        self.passing = passing
        #: Earliest next request, as the server asked; aware UTC.
        self.retry_at = retry_at

    @property
    def gone(self) -> bool:
        """Whether the server says that the page is gone (404, 410)."""
        return self.status in {404, 410}


class NothingToPrintError(InputError):
    """There is no report to print."""


class RoleError(BriefingError):
    """The role of an operator or a token does not allow an act; nothing is changed."""


class StoreError(BriefingError):
    """The store cannot be opened, read or written."""


class BusyError(StoreError):
    """Another process is doing the same work on the store."""


class OverloadError(BriefingError):
    """This machine was too busy for a task, which is tried again later."""


class OutputError(BriefingError):
    """A file cannot be written."""


class ModelError(BriefingError):
    """A trained model cannot be loaded."""


class LayoutError(BriefingError):
    """The page cannot be laid out."""


class MissingPartError(BriefingError):
    """A required package or library is not installed."""


class PreflightError(BriefingError):
    """The preflight shows that the command cannot succeed."""

    def __init__(self, lines: Sequence[str], *, exit_code: int = 1) -> None:
        super().__init__("; ".join(lines))
        #: What is broken and what to do, a line for each.
        self.lines = tuple(lines)
        self.exit_code = exit_code


@contextmanager
def reading(where: object, *, kind: type[BriefingError] = InputError) -> Iterator[None]:
    """Turn a system error into an error of ``kind``: the place ``where`` cannot be read."""
    try:
        yield
    except OSError as error:
        raise kind(f"{where}: cannot be read ({error.strerror})") from error


@contextmanager
def writing(
    where: object,
    what: str = "cannot be written",
    *,
    otherwise: str = "check its folder and permissions",
    kind: type[BriefingError] = OutputError,
) -> Iterator[None]:
    """Turn a system error into an error of ``kind`` that says where, what failed, and a remedy."""
    try:
        yield
    except OSError as error:
        remedy = remedy_of(error, otherwise=otherwise)
        raise kind(f"{where}: {what} ({reason_of(error)}); {remedy}") from error


@contextmanager
def naming(where: object, *, kind: type[BriefingError] = InputError) -> Iterator[None]:
    """Prefix the message of an input error with its place."""
    try:
        yield
    except InputError as error:
        raise kind(f"{where}: {error}") from error
