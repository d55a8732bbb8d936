"""Which reports of a folder are deleted: those whose file is gone, if that is certain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath

from briefing.core.counting import counted
from briefing.core.errors import InputError
from briefing.core.ports import Files
from briefing.sources.decode import one_line


@dataclass(frozen=True, slots=True)
class Deleted:
    """The reports of a folder that it no longer lists."""

    #: Numbers of those whose files are gone.
    numbers: tuple[int, ...]
    #: Why others are not counted as deleted; empty when there are none.
    note: str = ""


def deleted(absent: Mapping[int, str], *, folder: str, files: Files) -> Deleted:
    """Return which reports are deleted, and in words which may only be out of reach.

    A report whose file is still there was only dropped from it, as from a feed. Below a folder that
    cannot be opened, or that is empty as the place of a disk that is not mounted, nothing is taken
    for deleted. ``absent`` are files by numbers of the reports that are not listed now.

    Raises:
        InputError: the whole folder is empty, though reports came from it.
    """
    missing = {number: path for number, path in absent.items() if path not in files.paths}
    bare = frozenset(files.bare)
    if missing and str(PurePath(folder)) in bare:
        raise InputError(
            f"the folder is empty, but {_reports(len(missing))} came from files in it: mount "
            "it; if they were deleted, put an empty file named .keep there"
        )
    if missing and files.unread:
        where = f"{one_line(files.unread[0], limit=200)} cannot be opened"
        return Deleted((), f"{_reports(len(missing))} not counted as deleted: {where}")
    held = {number: _within(path, bare) for number, path in missing.items()}
    gone = tuple(number for number, where in held.items() if not where)
    stored = sorted(where for where in held.values() if where)
    if not stored:
        return Deleted(gone)
    where = f"{one_line(stored[0], limit=200)} is empty; mount it, or remove it if they are deleted"
    return Deleted(gone, f"{_reports(len(stored))} not counted as deleted: {where}")


def _within(path: str, folders: frozenset[str]) -> str:
    """Return the folder that held a file; empty when none of them did."""
    return next((str(parent) for parent in PurePath(path).parents if str(parent) in folders), "")


def _reports(count: int) -> str:
    return counted(count, "report")
