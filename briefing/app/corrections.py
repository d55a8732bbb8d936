"""What the next edition has to put right: printed words against the newest texts of sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from briefing.core.model import (
    Correction,
    CorrectionBrief,
    CorrectionKind,
    Corrections,
    Document,
    Edition,
    Sentence,
)
from briefing.core.text.corrections import Change, Comparison, compare, compare_titles
from briefing.press import record
from briefing.store import Transaction, documents, editions

#: What is told of a slice that its source has changed.
_KINDS = {Change.CHANGED: CorrectionKind.CHANGED, Change.REMOVED: CorrectionKind.REMOVED}


def due_corrections(tx: Transaction, briefing: str) -> Corrections:
    """Return the corrections that no edition of a briefing has printed yet.

    The newest edition comes first, then what stood first on its page. What was corrected once is
    not corrected again: from then on the words of the correction count as printed.
    """
    changes = editions.untold(tx, briefing)
    if not changes:
        return Corrections()
    cited = editions.citing(tx, briefing, (one.document for one in changes))
    printed = {
        name: _Printed(day, record.read(told, name=name).edition) for name, day, told in cited
    }
    changes = tuple(one for one in changes if not printed[one.edition].corrects(one.document))
    now = editions.newest(tx, (one.document for one in changes))
    texts = documents.texts(tx, (*now, *now.values()))
    briefs = tuple(_weeded(_briefs(changes, printed, now, texts), printed.values()))
    ids = {slice_.document for brief in briefs for slice_ in brief.slices}
    return Corrections(changes, briefs, {name: texts[name] for name in sorted(ids)})


@dataclass(frozen=True, slots=True)
class _Claim:
    """Something that an edition printed as a source says it."""

    words: Sentence
    headline: bool = False

    @property
    def key(self) -> tuple[str, int, int, bool]:
        """What identifies it."""
        return (*self.words.key, self.headline)


@dataclass(frozen=True, slots=True)
class _Printed:
    """An edition as it was printed."""

    day: date
    edition: Edition

    def corrects(self, document: str) -> bool:
        """Tell whether it cites a document only to say what it printed before."""
        return any(one.old.document == document for one in self.edition.corrections)

    def claims(self, document: str) -> Iterator[_Claim]:
        """Yield what it printed of a document, the top story first, a headline after its brief."""
        for brief in sorted(self.edition.briefs(), key=lambda brief: not brief.top):
            yield from map(_Claim, (one for one in brief.sentences if one.document == document))
            title = self.edition.documents[document].title
            if document in brief.sources and brief.headline and brief.headline == title:
                yield _Claim(Sentence(document, 0, len(title), title), headline=True)
        corrected = (slice_ for one in self.edition.corrections for slice_ in one.slices)
        known = {one.key for one in (*self.edition.sentences(), *corrected)}
        for passage in self.edition.passages():
            if passage.document == document and passage.key not in known:
                yield _Claim(passage)
        for one in self.edition.corrections:
            if one.new is not None and one.new.document == document:
                yield _Claim(one.new, one.headline)


def _briefs(
    changes: Sequence[Correction],
    printed: Mapping[str, _Printed],
    now: Mapping[str, str],
    texts: Mapping[str, Document],
) -> Iterator[CorrectionBrief]:
    """Yield what has to be put right, edition by edition, the newest first."""
    done = {
        _Claim(one.old, one.headline).key: told.day
        for told in printed.values()
        for one in told.edition.corrections
    }
    for name in sorted(printed, key=lambda name: printed[name].day, reverse=True):
        told = printed[name]
        theirs = {one.document: one for one in changes if one.edition == name}
        order = {passage.key: place for place, passage in enumerate(_in_order(told.edition))}
        found = [
            brief
            for document, change in theirs.items()
            for brief in _of_document(
                [
                    one
                    for one in told.claims(document)
                    if not told.day < done.get(one.key, told.day)
                ],
                change,
                day=told.day,
                was=texts[document],
                now=texts[now[document]],
            )
        ]
        yield from sorted(found, key=lambda one: order.get(one.old.key, len(order)))


def _in_order(edition: Edition) -> Iterator[Sentence]:
    """Yield the passages of an edition, those of its top story first."""
    if edition.top is not None:
        yield from edition.top.sentences
    yield from edition.passages()


def _of_document(
    claims: Sequence[_Claim], change: Correction, *, day: date, was: Document, now: Document
) -> Iterator[CorrectionBrief]:
    if change.what == "vanished":
        for claim in claims[:1]:
            yield CorrectionBrief(
                CorrectionKind.WITHDRAWN,
                claim.words,
                None,
                change.edition,
                day,
                change.noticed,
                claim.headline,
            )
        return
    for claim, compared in _compared(claims, was=was, now=now):
        if compared.outcome in _KINDS:
            yield CorrectionBrief(
                _KINDS[compared.outcome],
                claim.words,
                compared.new,
                change.edition,
                day,
                change.noticed,
                claim.headline,
                compared.old_marks,
                compared.new_marks,
            )


def _compared(
    claims: Sequence[_Claim], *, was: Document, now: Document
) -> Iterator[tuple[_Claim, Comparison]]:
    slices = [one for one in claims if not one.headline]
    compared = compare([one.words for one in slices], was=was, now=now)
    told = {claim.key: outcome for claim, outcome in zip(slices, compared, strict=True)}
    for claim in claims:
        yield claim, compare_titles(was=was, now=now) if claim.headline else told[claim.key]


def _weeded(
    briefs: Iterable[CorrectionBrief], printed: Iterable[_Printed]
) -> Iterator[CorrectionBrief]:
    """Leave out what another correction tells, in this edition or in one since it was printed.

    That is the same words, the same place or, of a headline, the same change. Of what a source
    dropped one slice is told: its other words are likely to have gone with it.
    """
    before = [(told.day, one) for told in printed for one in told.edition.corrections]
    kept: list[CorrectionBrief] = []
    for brief in sorted(briefs, key=lambda one: one.headline):
        since = (one for day, one in before if day > brief.day)
        if not any(_tells(other, brief) for other in (*kept, *since)):
            kept.append(brief)
    order = {id(brief): place for place, brief in enumerate(kept)}
    yield from sorted(kept, key=lambda one: (-one.day.toordinal(), order[id(one)]))


def _tells(other: CorrectionBrief, brief: CorrectionBrief) -> bool:
    """Tell whether a correction says what another one would say again."""
    if _said(other) == _said(brief):
        return True
    same = brief.old.document == other.old.document
    if brief.new is None or other.new is None:
        return same and brief.kind is other.kind is CorrectionKind.REMOVED
    if brief.headline:
        old = _marked(brief.old, brief.old_marks) <= _marked(other.old, other.old_marks)
        new = _marked(brief.new, brief.new_marks) <= _marked(other.new, other.new_marks)
        return same and (old or new)
    return other.new.key == brief.new.key


def _said(brief: CorrectionBrief) -> tuple[str, str, str]:
    return brief.kind.value, brief.old.text, brief.new.text if brief.new else ""


def _marked(words: Sentence, marks: Iterable[tuple[int, int]]) -> set[str]:
    """Return the words of a slice that are marked, in lower case."""
    return {words.text[start - words.start : end - words.start].casefold() for start, end in marks}
