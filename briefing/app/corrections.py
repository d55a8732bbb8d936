"""Corrections due in the next edition: printed text against the newest texts of sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from briefing.core import record
from briefing.core.model import (
    GENERAL,
    Correction,
    CorrectionBrief,
    CorrectionKind,
    Corrections,
    Document,
    Edition,
    Sentence,
)
from briefing.core.text.corrections import Change, Comparison, compare, compare_titles
from briefing.store import Transaction, documents, editions, printed_files, source_changes

#: Document, start and end of a claim, and whether it is a headline.
_Key = tuple[str, int, int, bool]
#: Kind of correction by the change of the source.
_KINDS = {Change.CHANGED: CorrectionKind.CHANGED, Change.REMOVED: CorrectionKind.REMOVED}


def corrected_since(
    tx: Transaction, briefing: str, changes: Sequence[Correction]
) -> tuple[tuple[CorrectionBrief, tuple[str, ...]], ...]:
    """Return all words that the changes make wrong, with the keys of the pages that printed them.

    Also those that an edition has corrected since, and the same words of several editions.
    """
    printed = _read(tx, briefing, changes)
    briefs, _ = _compared_with(tx, changes, printed, done={})
    return tuple((brief, printed[brief.edition].with_words(brief)) for brief in briefs)


def corrections_of(
    tx: Transaction, briefing: str, edition: str, *, page: str
) -> tuple[CorrectionBrief, ...]:
    """Return all words of one page that its sources have changed since, told or not."""
    changes = source_changes.changed(tx, edition)
    if not changes:
        return ()
    printed = _read(tx, briefing, changes, page=page)
    briefs, _ = _compared_with(tx, changes, printed, done={})
    own = (brief for brief in briefs if brief.edition == edition)
    return tuple(brief for brief in own if page in printed[edition].with_words(brief))


def distinct(briefs: Iterable[CorrectionBrief]) -> tuple[CorrectionBrief, ...]:
    """Leave out corrections that another one covers."""
    return tuple(_weeded(briefs, ()))


def due_corrections(tx: Transaction, briefing: str) -> Corrections:
    """Return the corrections that no edition of a briefing has printed yet.

    The newest edition comes first, then what stood first on its page. What was corrected once is
    not corrected again: from then on the words of the correction count as printed.
    """
    changes = source_changes.untold(tx, briefing)
    if not changes:
        return Corrections()
    printed = _read(tx, briefing, changes)
    changes = tuple(
        change for change in changes if not printed[change.edition].corrects(change.document)
    )
    found, texts = _compared_with(tx, changes, printed, done=_done(printed))
    briefs = tuple(_weeded(found, printed.values()))
    ids = {slice_.document for brief in briefs for slice_ in brief.slices}
    return Corrections(changes, briefs, {name: texts[name] for name in sorted(ids)})


def _read(
    tx: Transaction, briefing: str, changes: Sequence[Correction], *, page: str | None = None
) -> dict[str, _Printed]:
    """Return every edition that cites a changed document, by id: all of its pages, or only one.

    The page of all sections is always read.
    """
    cited = editions.citing(tx, briefing, (change.document for change in changes))
    names = () if page == GENERAL else (name for name, _, _ in cited)
    own = printed_files.records(tx, names, only=page or "")
    return {
        name: _Printed(
            day,
            record.read(stored, name=name).edition,
            {
                key: record.read(text, name=f"{name}/{key}").edition
                for key, text in own.get(name, {}).items()
            },
        )
        for name, day, stored in cited
    }


def _compared_with(
    tx: Transaction,
    changes: Sequence[Correction],
    printed: Mapping[str, _Printed],
    *,
    done: Mapping[_Key, date],
) -> tuple[tuple[CorrectionBrief, ...], Mapping[str, Document]]:
    """Return what has to be put right, and the texts that were compared, by id.

    Words are left out that an edition of a later day has corrected, as ``done`` says.
    """
    now = editions.newest(tx, (change.document for change in changes))
    texts = documents.texts(tx, (*now, *now.values()))
    return tuple(_briefs(changes, printed, now, texts, done)), texts


@dataclass(frozen=True, slots=True)
class _Claim:
    """A passage or headline that an edition printed from a source."""

    words: Sentence
    headline: bool = False

    @property
    def key(self) -> _Key:
        """What identifies it."""
        return (*self.words.key, self.headline)


@dataclass(frozen=True, slots=True)
class _Printed:
    """An edition as it was printed."""

    day: date
    #: The page of all sections.
    edition: Edition
    #: Pages of some sections, by their keys.
    own: Mapping[str, Edition]

    def corrects(self, document: str) -> bool:
        """Tell whether it cites a document as corrected."""
        return any(correction.old.document == document for correction in self.edition.corrections)

    def claims(self, document: str) -> tuple[_Claim, ...]:
        """Return what its pages printed of a document, that of all sections first."""
        pages = (self.edition, *self.own.values())
        found = {claim.key: claim for page in pages for claim in _claims(page, document)}
        return tuple(found.values())

    def with_words(self, brief: CorrectionBrief) -> tuple[str, ...]:
        """Return the keys of the pages that printed what a correction tells.

        Of a report that was withdrawn they printed any words.
        """
        wanted = _Claim(brief.old, brief.headline).key
        return tuple(
            key
            for key, page in {GENERAL: self.edition, **self.own}.items()
            if any(
                claim.key == wanted or brief.kind is CorrectionKind.WITHDRAWN
                for claim in _claims(page, brief.old.document)
            )
        )


def _claims(edition: Edition, document: str) -> Iterator[_Claim]:
    """Yield what a page printed of a document, the top story first, a headline after its brief."""
    if document not in edition.documents:
        return
    title = edition.documents[document].title
    for brief in sorted(edition.briefs(), key=lambda brief: not brief.top):
        yield from map(
            _Claim, (sentence for sentence in brief.sentences if sentence.document == document)
        )
        if document in brief.sources and brief.headline and brief.headline == title:
            yield _Claim(Sentence(document, 0, len(title), title), headline=True)
    corrected = (slice_ for correction in edition.corrections for slice_ in correction.slices)
    cited = {passage.key for passage in (*edition.sentences(), *corrected)}
    for passage in edition.passages():
        if passage.document == document and passage.key not in cited:
            yield _Claim(passage)
    for correction in edition.corrections:
        if correction.new is not None and correction.new.document == document:
            yield _Claim(correction.new, correction.headline)


def _done(printed: Mapping[str, _Printed]) -> dict[_Key, date]:
    """Return the day of the last edition that corrected a claim, by its key."""
    return {
        _Claim(correction.old, correction.headline).key: page.day
        for page in printed.values()
        for correction in page.edition.corrections
    }


def _briefs(
    changes: Sequence[Correction],
    printed: Mapping[str, _Printed],
    now: Mapping[str, str],
    texts: Mapping[str, Document],
    done: Mapping[_Key, date],
) -> Iterator[CorrectionBrief]:
    """Yield what has to be put right, edition by edition, the newest first."""
    for name in sorted(printed, key=lambda name: printed[name].day, reverse=True):
        page = printed[name]
        changed = {change.document: change for change in changes if change.edition == name}
        order = {passage.key: place for place, passage in enumerate(_in_order(page.edition))}
        briefs = [
            brief
            for document, change in changed.items()
            for brief in _of_document(
                [
                    claim
                    for claim in page.claims(document)
                    if not page.day < done.get(claim.key, page.day)
                ],
                change,
                day=page.day,
                was=texts[document],
                now=texts[now[document]],
            )
        ]
        yield from sorted(briefs, key=lambda brief: order.get(brief.old.key, len(order)))


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
    slices = [claim for claim in claims if not claim.headline]
    compared = compare([claim.words for claim in slices], was=was, now=now)
    outcomes = {claim.key: outcome for claim, outcome in zip(slices, compared, strict=True)}
    for claim in claims:
        yield claim, compare_titles(was=was, now=now) if claim.headline else outcomes[claim.key]


def _weeded(
    briefs: Iterable[CorrectionBrief], printed: Iterable[_Printed]
) -> Iterator[CorrectionBrief]:
    """Leave out what another correction covers, in this edition or in a later one.

    That is the same words, the same place or, of a headline, the same change. Of what a source
    dropped one slice is told: its other words are likely to have gone with it.
    """
    before = [(page.day, correction) for page in printed for correction in page.edition.corrections]
    distinct: list[CorrectionBrief] = []
    for brief in sorted(briefs, key=lambda brief: brief.headline):
        since = (correction for day, correction in before if day > brief.day)
        if not any(_covers(other, brief) for other in (*distinct, *since)):
            distinct.append(brief)
    order = {id(brief): place for place, brief in enumerate(distinct)}
    yield from sorted(distinct, key=lambda brief: (-brief.day.toordinal(), order[id(brief)]))


def _covers(other: CorrectionBrief, brief: CorrectionBrief) -> bool:
    """Tell whether one correction covers another."""
    if _wording(other) == _wording(brief):
        return True
    same = brief.old.document == other.old.document
    if brief.new is None or other.new is None:
        return same and brief.kind is other.kind is CorrectionKind.REMOVED
    if brief.headline:
        old = _marked(brief.old, brief.old_marks) <= _marked(other.old, other.old_marks)
        new = _marked(brief.new, brief.new_marks) <= _marked(other.new, other.new_marks)
        return same and (old or new)
    return other.new.key == brief.new.key


def _wording(brief: CorrectionBrief) -> tuple[str, str, str]:
    return brief.kind.value, brief.old.text, brief.new.text if brief.new else ""


def _marked(passage: Sentence, marks: Iterable[tuple[int, int]]) -> set[str]:
    """Return the words of a slice that are marked, in lower case."""
    return {
        passage.text[start - passage.start : end - passage.start].casefold() for start, end in marks
    }
