"""VERB: tells those who were sent words that their source has changed since, each of them once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from textwrap import fill

from briefing.app.corrections import corrected_since, distinct
from briefing.app.own_pages import page_of
from briefing.core import record
from briefing.core.edition import slug
from briefing.core.model import (
    CorrectionBrief,
    CorrectionKind,
    Edition,
    EditionId,
    NoticeKind,
    PageChoice,
    weekly,
)
from briefing.press.dates import long_date
from briefing.store import (
    Transaction,
    corrected,
    deliveries,
    documents,
    editions,
    notices,
    printed_files,
    source_changes,
)
from briefing.store.corrected import NoticedCorrection

#: How long ago a change may have been noticed that is told now: longer than a desk stands still.
_FRESH = timedelta(days=2)
#: For how long a notice is worth sending, and readers are looked for who got the old words late.
_LIFE = timedelta(days=3)
#: Characters of a line, and what stands before quoted words.
_WIDTH, _INDENT = 72, "    "
#: What stands above the new words, or in their place.
_NOW = {
    CorrectionKind.CHANGED: "The source now says:",
    CorrectionKind.REMOVED: "The source no longer says it.",
    CorrectionKind.WITHDRAWN: "The publisher has taken the report down since.",
}


@dataclass(frozen=True, slots=True)
class CorrectionPlan:
    """How the readers of one briefing hear of corrections."""

    #: Of the briefing, as on the nameplate.
    name: str
    #: Whether they are mailed; else corrections are only noted, so that none is mailed later.
    mails: bool
    #: Begin of every address on the web; empty: there are no pages.
    web: str = ""

    @property
    def briefing(self) -> str:
        """The name as the store has it."""
        return slug(self.name)


def tell(tx: Transaction, plan: CorrectionPlan, *, at: datetime) -> int:
    """Note new corrections, and queue notices to all who were sent the old words by now.

    It is done again whenever sources were read: a notice has one delivery for each reader, so who
    was sent the page meanwhile is added, and nobody twice. Return how many mails were queued.

    Args:
        tx: a writing transaction.
        plan: whom it tells, and how.
        at: now, aware UTC.
    """
    for same in _by_readers(_fresh(tx, plan, at=at)):
        _note(tx, same, plan=plan, at=at)
    queued = 0
    page = _pages(tx)
    for notice, corrections in corrected.recent(tx, since=at - _LIFE).items():
        readers = [*corrected.untold(tx, corrections, page=page)]
        queued += deliveries.address(tx, notice, ((one, at) for one in readers), at=at, life=_LIFE)
    return queued


def _pages(tx: Transaction) -> Callable[[str, PageChoice], str]:
    """Return what tells the key of the page of an edition that those get who made a choice."""

    @cache
    def made(edition: str) -> tuple[Edition, frozenset[str]]:
        text = editions.records_of(tx, [edition])[edition]
        return record.read(text, name=edition).edition, printed_files.keys(tx, edition)

    def page(edition: str, chosen: PageChoice) -> str:
        whole, keys = made(edition)
        return page_of(whole, chosen, keys=keys)

    return page


@dataclass(frozen=True, slots=True)
class _Fresh:
    """A correction that was not noted yet, of all editions that printed the words."""

    briefs: tuple[CorrectionBrief, ...]
    noted: tuple[NoticedCorrection, ...]


def _fresh(tx: Transaction, plan: CorrectionPlan, *, at: datetime) -> list[_Fresh]:
    found = [
        one
        for series in (plan.briefing, weekly(plan.briefing))
        for one in corrected_since(
            tx, series, source_changes.changes_since(tx, series, at - _FRESH)
        )
    ]
    known = corrected.known(tx, (brief.edition for brief, _ in found))
    by_words: dict[tuple[str, ...], list[tuple[CorrectionBrief, NoticedCorrection]]] = {}
    for brief, pages in found:
        one = NoticedCorrection(brief.edition, _key(brief), at, pages)
        if (one.edition, one.key) not in known:
            words = (brief.kind, brief.old.text, brief.new.text if brief.new else "")
            by_words.setdefault(words, []).append((brief, one))
    return [
        _Fresh(tuple(brief for brief, _ in same), tuple(one for _, one in same))
        for same in by_words.values()
    ]


def _by_readers(fresh: Iterable[_Fresh]) -> list[list[_Fresh]]:
    """Put together what the same editions printed: one mail for all of it."""
    groups: dict[tuple[str, ...], list[_Fresh]] = {}
    for one in fresh:
        groups.setdefault(tuple(sorted({noted.edition for noted in one.noted})), []).append(one)
    return [groups[key] for key in sorted(groups)]


def _note(tx: Transaction, same: Sequence[_Fresh], *, plan: CorrectionPlan, at: datetime) -> None:
    """Keep corrections, with the notice in which they are told."""
    briefs = distinct(brief for one in same for brief in one.briefs)
    notice = ""
    if plan.mails and briefs:
        last = max(briefs, key=lambda brief: brief.day)
        about = EditionId.parse(last.edition)
        stem = str(about.notified(NoticeKind.CORRECTED))
        number = corrected.notices_of(tx, stem) + 1
        notice = str(about.notified(NoticeKind.CORRECTED, place=number))
        words = _words(tx, briefs, plan=plan)
        notices.put(tx, notice, words, (), day=last.day, at=at, life=_LIFE)
    noted = {(one.edition, one.key): one for fresh in same for one in fresh.noted}
    corrected.put(
        tx,
        (
            NoticedCorrection(one.edition, one.key, one.at, one.pages, notice)
            for one in noted.values()
        ),
    )


def _key(brief: CorrectionBrief) -> bytes:
    old = brief.old
    new = brief.new.text if brief.new else ""
    parts = (old.document, old.start, old.end, brief.headline, brief.kind, old.text, new)
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).digest()


def _words(tx: Transaction, briefs: Sequence[CorrectionBrief], *, plan: CorrectionPlan) -> str:
    """Return the subject, and behind a line break the words of the mail."""
    texts = documents.texts(tx, {brief.old.document for brief in briefs})
    last = max(brief.day for brief in briefs)
    parts = [f"Correction: {plan.name}, {long_date(last)}\n"]
    parts += [f"What {plan.name} printed word for word is no longer what its source says.\n"]
    for brief in sorted(briefs, key=lambda one: (-one.day.toordinal(), one.old.key)):
        source = texts[brief.old.document]
        what = "headline" if brief.headline else "words"
        whose = f" of {source.publisher}" if source.publisher else ""
        parts.append(
            f"\nOn {long_date(brief.day)}, {what}{whose}:\n\n{_quoted(brief.old.text)}\n\n"
        )
        parts.append(f"{_NOW[brief.kind]}\n")
        if brief.new:
            parts.append(f"\n{_quoted(brief.new.text)}\n")
        if source.url:
            parts.append(f"\nThe report: {source.url}\n")
        if plan.web:
            parts.append(f"The page: {plan.web}/{EditionId.parse(brief.edition).path}\n")
    return "".join(parts)


def _quoted(text: str) -> str:
    return fill(
        " ".join(text.split()),
        _WIDTH,
        initial_indent=_INDENT,
        subsequent_indent=_INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )
