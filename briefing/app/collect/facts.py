"""What was seen of reports becomes a fact: at the second look, and never of many at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePath

from briefing.core.counting import counted
from briefing.core.errors import InputError
from briefing.core.model import MOST_GONE, Document
from briefing.core.ports import Files
from briefing.sources.addresses import host_name
from briefing.sources.decode import one_line
from briefing.store import Transaction, documents, facts
from briefing.store.facts import APART, Doubt

#: What counts as at the same time; and after which time a text that changes at every look counts.
_DAY = timedelta(days=1)
#: Texts of a report since it was printed from which its source is unstable.
_OFTEN = 4
#: Share of a new text that other new texts of its host have as well, from which it is no report.
_SHARED = 0.5


def settle(tx: Transaction, *, at: datetime) -> int:
    """Confirm what is a fact by now; return how many reports are newly gone.

    A page or file is gone that was missed at two looks an hour apart, while its source lists it no
    longer, unless more of its host are missed at the same time. A text counts that was seen at two
    such looks, or, if it is another at every look, after a day; unless other reports of its host
    have it as well: that is an error page, or a wall. A source is noted as unstable whose report
    has had many texts since it was printed.
    """
    doubts = facts.doubts(tx, at=at)
    open_ = [one for one in doubts if not one.confirmed]
    gone = [one for one in open_ if one.missed and _is_gone(one, doubts)]
    # What was seen of a site that had failed says nothing when it is back: it is looked for anew.
    failed = [one.number for one in open_ if one.missed and _together(one, doubts) > MOST_GONE]
    facts.doubt_anew(tx, failed, at=at)
    other = [
        one
        for one in open_
        if not one.missed and (one.seen - one.since >= APART or one.seen - one.other >= _DAY)
    ]
    texts = documents.texts(tx, {name for one in doubts for name in (one.was, one.now) if other})
    walls = _walls([one for one in doubts if not one.missed], texts) if other else frozenset()
    settled = [one.number for one in (*gone, *other) if one.number not in walls]
    facts.confirm(tx, settled)
    often = [one.source for one in open_ if not one.missed and one.texts >= _OFTEN]
    facts.note_unstable(tx, often, at=at)
    return len(gone)


def _is_gone(doubt: Doubt, doubts: Iterable[Doubt]) -> bool:
    alone = _together(doubt, doubts) <= MOST_GONE
    return alone and doubt.unlisted and doubt.seen - doubt.since >= APART


def _together(doubt: Doubt, doubts: Iterable[Doubt]) -> int:
    """Return how many reports of its host are missed at the same time as one, itself included."""
    return sum(
        one.missed and _place(one) == _place(doubt) and abs(one.since - doubt.since) < _DAY
        for one in doubts
    )


def _walls(doubts: Sequence[Doubt], texts: Mapping[str, Document]) -> frozenset[int]:
    """Return the numbers of those whose new text is for the most part that of others."""
    new = {one.number: _lines(texts, one.now) - _lines(texts, one.was) for one in doubts}
    found = set()
    for one in doubts:
        others = {
            line
            for other in doubts
            if other.number != one.number and _place(other) == _place(one)
            for line in new[other.number]
        }
        shared = sum(map(len, new[one.number] & others))
        if shared and shared >= _SHARED * sum(map(len, _lines(texts, one.now))):
            found.add(one.number)
    return frozenset(found)


def _lines(texts: Mapping[str, Document], version: str) -> frozenset[str]:
    text = texts[version].text if version in texts else ""
    return frozenset(filter(None, (" ".join(line.split()) for line in text.splitlines())))


def _place(doubt: Doubt) -> str:
    """Return the host of a report; its source if it has none."""
    return host_name(doubt.url) if doubt.url else doubt.source


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
