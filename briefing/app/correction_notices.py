"""VERB: tells those who were sent words that their source has changed since, each of them once."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from textwrap import fill

from briefing.app.corrections import CorrectedWords, corrected_since, distinct
from briefing.app.own_pages import page_of
from briefing.core.edition import slug
from briefing.core.model import (
    LINK_HEADLINES,
    CorrectionBrief,
    CorrectionKind,
    EditionId,
    Form,
    NoticeKind,
    weekly,
)
from briefing.press.dates import long_date
from briefing.store import Transaction, corrected, documents, notices, source_changes

#: How long ago a change may have been noticed that is told now, and for how long its notice is
#: worth sending.
_LIFE = timedelta(days=3)
#: A reader gets at most one notice in this time, whatever sources do.
_APART = timedelta(days=1)
#: Characters of a line, and what stands before quoted words.
_WIDTH, _INDENT = 72, "    "
#: What stands above the new words, or in their place.
_NOW = {
    CorrectionKind.CHANGED: "The source now says:",
    CorrectionKind.REMOVED: "The source no longer says it.",
    CorrectionKind.WITHDRAWN: "The source no longer has the report.",
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
    """Queue notices to all who were sent words that are no longer so; return how many mails.

    Each reader is told what their own mails had: their page in their form. It is done again
    whenever sources were read, and nobody is told the same twice. What comes within a day after a
    notice waits, and is told with what came meanwhile, as it is then.

    Args:
        tx: a writing transaction.
        plan: whom it tells, and how.
        at: now, aware UTC.
    """
    series = (plan.briefing, weekly(plan.briefing))
    changed = {name: source_changes.changes_since(tx, name, at - _LIFE) for name in series}
    words = [corrected_since(tx, name, changes) for name, changes in changed.items() if changes]
    known = corrected.unmailed(tx, since=at - _LIFE)
    if not plan.mails:
        noted = {_key(brief): brief.edition for one in words for brief in one.briefs()}
        corrected.put(tx, {key: noted[key] for key in noted.keys() - known}, at=at)
        return 0
    groups: dict[frozenset[bytes], list[int]] = defaultdict(list)
    told = corrected.told(tx, since=at - _LIFE)
    briefs: dict[bytes, CorrectionBrief] = {}
    for reader, own in _by_reader(tx, words).items():
        new = own.keys() - known - told[reader].keys()
        if new and max(told[reader].values(), default=at - _APART) <= at - _APART:
            briefs |= own
            groups[frozenset(new)].append(reader)
    return sum(
        _queue(tx, {key: briefs[key] for key in sorted(new)}, readers, plan=plan, at=at)
        for new, readers in sorted(groups.items(), key=lambda group: sorted(group[0]))
    )


def _by_reader(
    tx: Transaction, words: Iterable[CorrectedWords]
) -> dict[int, dict[bytes, CorrectionBrief]]:
    """Return what each reader was sent that is no longer so, by the keys of corrections."""
    by_edition = {name: one for one in words for name in one.printed}

    @cache
    def wrong(name: str, page: str, most: int | None) -> dict[bytes, CorrectionBrief]:
        briefs = by_edition[name].of_page(name, page, most=most)
        return {_key(brief): brief for brief in briefs}

    found: dict[int, dict[bytes, CorrectionBrief]] = defaultdict(dict)
    for reader, name, form, chosen in corrected.sent(tx, by_edition):
        printed = by_edition[name].printed[name]
        page = page_of(printed.edition, chosen, keys=printed.own)
        found[reader] |= wrong(name, page, LINK_HEADLINES if form is Form.LINK else None)
    return found


def _queue(
    tx: Transaction,
    new: Mapping[bytes, CorrectionBrief],
    readers: Iterable[int],
    *,
    plan: CorrectionPlan,
    at: datetime,
) -> int:
    """Keep corrections with a notice in which some readers are told; return how many mails."""
    briefs = distinct(new.values())
    last = max(briefs, key=lambda brief: brief.day)
    about = EditionId.parse(last.edition)
    stem = str(about.notified(NoticeKind.CORRECTED))
    number = corrected.notices_of(tx, stem) + 1
    notice = str(about.notified(NoticeKind.CORRECTED, place=number))
    corrected.put(tx, {key: brief.edition for key, brief in new.items()}, at=at, notice=notice)
    words = _words(tx, briefs, plan=plan)
    return notices.put(tx, notice, words, readers, day=last.day, at=at, life=_LIFE)


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
