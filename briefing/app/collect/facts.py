"""What was seen of reports becomes a fact: at the second look, and never of many at once."""

from collections.abc import Iterable, Mapping, Sequence
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
    gone: list[Doubt] = []
    failed: list[int] = []
    other: list[Doubt] = []
    often: list[str] = []
    for doubt in doubts:
        if doubt.confirmed:
            continue
        twice = doubt.seen - doubt.since >= APART
        if not doubt.missed:
            if twice or doubt.seen - doubt.other >= _DAY:
                other.append(doubt)
            if doubt.texts >= _OFTEN:
                often.append(doubt.source)
        elif _together(doubt, doubts) > MOST_GONE:
            failed.append(doubt.number)
        elif doubt.unlisted and twice:
            gone.append(doubt)
    # What was seen of a site that had failed says nothing when it is back: it is looked for anew.
    facts.doubt_anew(tx, failed, at=at)
    versions = {name for doubt in doubts for name in (doubt.was, doubt.now) if other}
    texts = documents.texts(tx, versions)
    walls = _walls([doubt for doubt in doubts if not doubt.missed], texts) if other else ()
    facts.confirm(tx, [doubt.number for doubt in (*gone, *other) if doubt.number not in walls])
    facts.note_unstable(tx, often, at=at)
    return len(gone)


def _together(doubt: Doubt, doubts: Iterable[Doubt]) -> int:
    """Return how many reports of its host are missed at the same time as one, itself included."""
    return sum(
        other.missed and _place(other) == _place(doubt) and abs(other.since - doubt.since) < _DAY
        for other in doubts
    )


def _walls(doubts: Sequence[Doubt], texts: Mapping[str, Document]) -> frozenset[int]:
    """Return the numbers of those whose new text is for the most part that of others."""
    new = {doubt.number: _lines(texts, doubt.now) - _lines(texts, doubt.was) for doubt in doubts}
    walls = set()
    for doubt in doubts:
        others = {
            line
            for other in doubts
            if other.number != doubt.number and _place(other) == _place(doubt)
            for line in new[other.number]
        }
        shared = sum(map(len, new[doubt.number] & others))
        if shared and shared >= _SHARED * sum(map(len, _lines(texts, doubt.now))):
            walls.add(doubt.number)
    return frozenset(walls)


def _lines(texts: Mapping[str, Document], version: str) -> frozenset[str]:
    text = texts[version].text if version in texts else ""
    return frozenset(filter(None, (" ".join(line.split()) for line in text.splitlines())))


def _place(doubt: Doubt) -> str:
    """Return the host of a report; its source if it has none."""
    return host_name(doubt.url) if doubt.url else doubt.source


def deleted(absent: Mapping[int, str], *, folder: str, files: Files) -> tuple[tuple[int, ...], str]:
    """Return the numbers of deleted reports, and in words which may only be out of reach.

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
            f"the folder is empty, but {counted(len(missing), 'report')} came from files in it: "
            "mount it; if they were deleted, put an empty file named .keep there"
        )
    if missing and files.unread:
        where = f"{one_line(files.unread[0], limit=200)} cannot be opened"
        return (), f"{counted(len(missing), 'report')} not counted as deleted: {where}"
    # The empty folder that held each file, if any did.
    held = {
        number: next((str(above) for above in PurePath(path).parents if str(above) in bare), "")
        for number, path in missing.items()
    }
    gone = tuple(number for number, where in held.items() if not where)
    stored = sorted(where for where in held.values() if where)
    if not stored:
        return gone, ""
    where = f"{one_line(stored[0], limit=200)} is empty; mount it, or remove it if they are deleted"
    return gone, f"{counted(len(stored), 'report')} not counted as deleted: {where}"
