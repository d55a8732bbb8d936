"""Finds corrections due in the next edition, and mails them to those who got the old words."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache, partial
from itertools import islice
from textwrap import fill
from types import MappingProxyType

from briefing.app.own_pages import page_of
from briefing.core import record
from briefing.core.edition import slug
from briefing.core.frozen import frozen
from briefing.core.model import (
    GENERAL,
    LINK_HEADLINES,
    Brief,
    Correction,
    CorrectionBrief,
    CorrectionKind,
    Corrections,
    DeskNote,
    Document,
    Edition,
    EditionId,
    Form,
    NoticeKind,
    Sentence,
    weekly,
)
from briefing.core.text.corrections import compare, compare_titles
from briefing.press.corrections import AmendedWords
from briefing.press.wording import _, in_each, long_date, path_in, say, worded
from briefing.store import (
    Transaction,
    corrections,
    deliveries,
    documents,
    editions,
    identity,
    printed_files,
)
from briefing.store.audit import Actor

#: A passage or a headline printed from a source: document, start and end, and whether it is a
#: headline.
_Key = tuple[str, int, int, bool]


def corrected_since(
    tx: Transaction, briefing: str, changes: Sequence[Correction]
) -> CorrectedWords:
    """Return all words that the changes make wrong.

    Included are words that an edition has corrected since, and the same words in several editions.
    """
    return _compared_with(tx, changes, _read(tx, briefing, changes))


def corrections_of(
    tx: Transaction, briefing: str, edition: str, *, page: str
) -> tuple[CorrectionBrief, ...]:
    """Return all words of one page that its sources have changed since, corrected or not."""
    changes = corrections.changed(tx, edition)
    if not changes:
        return ()
    printed = _read(tx, briefing, changes, page=page)
    return _compared_with(tx, changes, printed).of_page(edition, page)


def distinct(briefs: Iterable[CorrectionBrief]) -> tuple[CorrectionBrief, ...]:
    """Leave out corrections that another one covers."""
    return tuple(_weeded(briefs, ()))


def due_corrections(tx: Transaction, briefing: str) -> Corrections:
    """Return the corrections that no edition of a briefing has printed yet.

    The newest edition comes first; within an edition, the order is that of its page. Nothing is
    corrected twice: from then on the words of the correction count as printed.
    """
    changes = corrections.untold(tx, briefing)
    if not changes:
        return Corrections()
    printed = _read(tx, briefing, changes)
    changes = tuple(
        change for change in changes if not printed[change.edition].corrects(change.document)
    )
    words = _compared_with(tx, changes, printed)
    # Day of the last edition that corrected each claim.
    done: dict[_Key, date] = {
        (*correction.old.key, correction.headline): page.day
        for page in printed.values()
        for correction in page.edition.corrections
    }
    briefs = tuple(_weeded(words.briefs(done=done), printed.values()))
    ids = {slice_.document for brief in briefs for slice_ in brief.slices}
    return Corrections(changes, briefs, {name: words.texts[name] for name in sorted(ids)})


def _read(
    tx: Transaction, briefing: str, changes: Sequence[Correction], *, page: str | None = None
) -> dict[str, _Printed]:
    """Return every edition that cites a changed document, by id, with all of its pages.

    With ``page``, only that own page is read, in addition to the page of all sections.
    """
    cited = editions.citing(tx, briefing, (change.document for change in changes))
    names = () if page == GENERAL else (name for name, _, _ in cited)
    own = printed_files.records(tx, names, only=page or "")
    return {
        name: _Printed(day, _pages(name, stored, own.get(name, {}))) for name, day, stored in cited
    }


def _pages(edition: str, whole: str, own: Mapping[str, str]) -> dict[str, Edition]:
    """Read the records of the pages of an edition: that of all sections, and own pages."""
    pages = {GENERAL: whole, **own}
    return {
        key: record.read(text, name=f"{edition}/{key}".rstrip("/")).edition
        for key, text in pages.items()
    }


def _compared_with(
    tx: Transaction, changes: Sequence[Correction], printed: Mapping[str, _Printed]
) -> CorrectedWords:
    now = editions.newest(tx, (change.document for change in changes))
    return CorrectedWords(changes, printed, now, documents.texts(tx, (*now, *now.values())))


@frozen
class _Printed:
    """An edition as it was printed."""

    day: date
    #: Pages by key, the page of all sections first.
    pages: Mapping[str, Edition]

    @property
    def edition(self) -> Edition:
        """The page of all sections."""
        return self.pages[GENERAL]

    def corrects(self, document: str) -> bool:
        """Return whether it cites a document in a correction."""
        return any(correction.old.document == document for correction in self.edition.corrections)


@frozen
class CorrectedWords:
    """Words of editions whose sources have changed since."""

    changes: Sequence[Correction]
    #: Editions that cite the sources, by id.
    printed: Mapping[str, _Printed]
    #: Ids of the newest versions by printed version; texts of all of them by id.
    now: Mapping[str, str]
    texts: Mapping[str, Document]

    def briefs(
        self, *, done: Mapping[_Key, date] = MappingProxyType({})
    ) -> tuple[CorrectionBrief, ...]:
        """Return what must be corrected, newest edition first.

        Left out are words that an edition of a later day has corrected, according to ``done``.
        """
        newest = sorted(self.printed, key=lambda name: self.printed[name].day, reverse=True)
        return tuple(
            brief
            for name in newest
            for brief in self._of(name, self.printed[name].pages.values(), done=done)
        )

    def of_page(
        self, edition: str, page: str, *, most: int | None = None
    ) -> tuple[CorrectionBrief, ...]:
        """Return what must be corrected on one page; with ``most``, only of its first headlines."""
        return self._of(edition, [self.printed[edition].pages[page]], most=most)

    def _of(
        self,
        name: str,
        pages: Iterable[Edition],
        *,
        done: Mapping[_Key, date] = MappingProxyType({}),
        most: int | None = None,
    ) -> tuple[CorrectionBrief, ...]:
        """Return what must be corrected on some pages of an edition, the top story first."""
        page = self.printed[name]
        top = page.edition.top.sentences if page.edition.top else ()
        in_order = enumerate((*top, *page.edition.passages()))
        order = {passage.key: place for place, passage in in_order}
        briefs: list[CorrectionBrief] = []
        for change in self.changes:
            if change.edition == name:
                claims = {
                    key: words
                    for own in pages
                    for key, words in _claims(own, change.document, most=most)
                    if not page.day < done.get(key, page.day)
                }
                was, now = self.texts[change.document], self.texts[self.now[change.document]]
                briefs += _of_document(claims, change, day=page.day, was=was, now=now)
        return tuple(sorted(briefs, key=lambda brief: order.get(brief.old.key, len(order))))


def _claims(
    edition: Edition, document: str, *, most: int | None
) -> Iterator[tuple[_Key, Sentence]]:
    """Yield what a page printed of a document: the top story first, titles last.

    With ``most``, only what is printed under its first headlines.
    """
    if document not in edition.documents:
        return
    briefs = sorted(edition.briefs(), key=lambda brief: not brief.top)
    if most is None:
        corrections = edition.corrections
        old = {correction.old.key for correction in corrections if not correction.headline}
        passages = (sentence for brief in briefs for sentence in brief.sentences)
        for passage in dict.fromkeys((*passages, *edition.passages())):
            if passage.document == document and passage.key not in old:
                yield (*passage.key, False), passage
    for title in _titles(edition, briefs, most=most):
        if title.document == document:
            yield (*title.key, True), title


def _titles(edition: Edition, briefs: Sequence[Brief], *, most: int | None) -> Iterator[Sentence]:
    """Yield the titles that a page prints; with ``most``, only those of its first headlines."""
    # A headline equal to the one right above it is not printed again.
    above = ("", *(brief.headline for brief in briefs))
    headed = [
        brief
        for last, brief in zip(above, briefs, strict=False)
        if brief.headline not in {"", last}
    ]
    for brief in headed[:most]:
        for source in brief.sources:
            title = edition.documents[source].title
            if title == brief.headline:
                yield Sentence(source, 0, len(title), title)
    if most is None:
        old = {correction.old.key for correction in edition.corrections if correction.headline}
        yield from (title for title in edition.titles() if title.key not in old)


def _of_document(
    claims: Mapping[_Key, Sentence], change: Correction, *, day: date, was: Document, now: Document
) -> Iterator[CorrectionBrief]:
    if change.what == "vanished":
        for key, words in islice(claims.items(), 1):
            kind = CorrectionKind.WITHDRAWN
            yield CorrectionBrief(kind, words, None, change.edition, day, change.noticed, key[-1])
        return
    slices = [words for key, words in claims.items() if not key[-1]]
    compared = iter(compare(slices, was=was, now=now))
    for key, words in claims.items():
        outcome = compare_titles(was=was, now=now) if key[-1] else next(compared)
        if outcome.outcome:
            yield CorrectionBrief(
                outcome.outcome,
                words,
                outcome.new,
                change.edition,
                day,
                change.noticed,
                key[-1],
                outcome.old_marks,
                outcome.new_marks,
            )


def _weeded(
    briefs: Iterable[CorrectionBrief], printed: Iterable[_Printed]
) -> Iterator[CorrectionBrief]:
    """Leave out corrections that another one covers, in this edition or in a later one.

    Covered are the same words, the same place, and the same change of a headline. Of words that a
    source removed, only one slice is corrected: others have probably been removed with it.
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
    """Return the marked words of a slice, in lower case."""
    return {
        passage.text[start - passage.start : end - passage.start].casefold() for start, end in marks
    }


#: How old a change may be that is still mailed, and how long its notice is worth sending.
_LIFE = timedelta(days=3)
#: A reader gets at most one notice in this time, however often sources change.
_APART = timedelta(days=1)
#: Characters of a line, and indentation of quoted words.
_WIDTH, _INDENT = 72, "    "
#: Text above the new words, or in their place.
_NOW = {
    CorrectionKind.CHANGED: "The source now says:",
    CorrectionKind.REMOVED: "The source no longer says this.",
    CorrectionKind.WITHDRAWN: "The source no longer has the report.",
}


@frozen
class CorrectionPlan:
    """How the readers of one briefing are notified of corrections."""

    #: Name of the briefing, as on the nameplate.
    name: str
    #: Whether notices are mailed; if not, corrections are only recorded, and never mailed later.
    mails: bool
    #: Base address of the web pages, without a trailing slash; empty: none.
    web: str = ""
    #: Language of the briefing; a reader's may differ.
    language: str = "en"


def mail_readers(tx: Transaction, plan: CorrectionPlan, *, at: datetime) -> int:
    """Queue notices to all who were sent words that are now wrong; return how many mails.

    Each reader is notified of what their own mails contained: their page in their format. It may be
    called after every reading of sources, since no reader is notified twice of the same.
    Corrections within a day of a notice wait, and are then mailed together, in their state at that
    time.
    """
    briefing = slug(plan.name)
    series = briefing, weekly(briefing)
    changed = {name: corrections.changes_since(tx, name, at - _LIFE) for name in series}
    words = [corrected_since(tx, name, changes) for name, changes in changed.items() if changes]
    known = corrections.corrections_unsent(tx, since=at - _LIFE)
    if not plan.mails:
        noted = {_key(brief): brief.edition for wrong in words for brief in wrong.briefs()}
        corrections.put_corrections(tx, {key: noted[key] for key in noted.keys() - known}, at=at)
        return 0
    groups: dict[frozenset[bytes], list[int]] = defaultdict(list)
    sent = corrections.corrections_sent(tx, since=at - _LIFE)
    briefs: dict[bytes, CorrectionBrief] = {}
    for reader, own in _by_reader(tx, words).items():
        new = own.keys() - known - sent[reader].keys()
        if new and max(sent[reader].values(), default=at - _APART) <= at - _APART:
            briefs |= own
            groups[frozenset(new)].append(reader)
    return sum(
        _queue(tx, {key: briefs[key] for key in sorted(new)}, readers, plan=plan, at=at)
        for new, readers in sorted(groups.items(), key=lambda group: sorted(group[0]))
    )


#: Kind under which a correction by the desk is stored with its notice.
_DESK = "desk"


@frozen
class DeskCorrection:
    """The desk's own correction of a passage that an edition printed."""

    edition: editions.StoredEdition
    old: Sentence
    #: The desk's own words, and who signs them.
    note: DeskNote

    def text(self, plan: CorrectionPlan, source: Document) -> str:
        """Return the subject and, after a line break, the text of the mail."""
        day, words = self.edition.day, fill(" ".join(self.note.text.split()), _WIDTH)
        printed = _("On {day}, {name} printed", day=long_date(day), name=plan.name)
        opening = f"{_subject(plan, day)}{_cited(printed, source, self.old)}{words}\n\n"
        page = "\n" * bool(plan.web) + _page(plan, self.edition.id)
        return f"{opening}{self.note.signed}\n{page}"


def sent_with(tx: Transaction, stored: editions.StoredEdition, passage: Sentence) -> list[int]:
    """Return the readers who were sent a passage of an edition, on their page in their format."""
    own, seal = printed_files.records(tx, [stored.id]).get(stored.id, {}), identity.seal(tx)
    pages = _pages(stored.id, stored.record, own)
    readers = []
    for reader, _name, form, chosen in corrections.editions_sent(tx, [stored.id]):
        page = pages[page_of(pages[GENERAL], chosen, keys=pages, seal=seal)]
        most = LINK_HEADLINES if form is Form.LINK else None
        claims = _claims(page, passage.document, most=most)
        if any(key[:3] == passage.key for key, _ in claims):
            readers.append(reader)
    return readers


def correct(tx: Transaction, plan: CorrectionPlan, wrong: DeskCorrection, *, actor: Actor) -> int:
    """Show the desk's correction beside the passage, and mail it to all who were sent the passage.

    Return how many mails were queued.
    """
    stored, old = wrong.edition, wrong.old
    source = documents.texts(tx, {old.document})[old.document]
    notice = _next_notice(tx, stored.id)
    readers = sent_with(tx, stored, old) if plan.mails else []
    words = in_each(partial(wrong.text, plan, source))
    actor.note(tx, "correct edition", f"{stored.id}: {wrong.note.text}")
    mails = deliveries.put_notice(
        tx, notice, words, readers, day=stored.day, at=actor.at, life=_LIFE
    )
    kept = old.document, old.start, old.end, old.text, wrong.note.text, wrong.note.signed
    printed_files.put(tx, notice, {_DESK: json.dumps(kept).encode()})
    return mails


def corrected_by_desk(tx: Transaction, edition: str) -> Iterator[AmendedWords]:
    """Yield the desk's own corrections of an edition."""
    for made, content in corrections.kept_with_notices(tx, f"{edition}/", _DESK):
        document, start, end, old, text, signed = json.loads(content)
        since = _("Correction: {name}, {day}", name=signed, day=long_date(made.date()))
        yield AmendedWords((document, start, end), old, since, text)


def _by_reader(
    tx: Transaction, words: Iterable[CorrectedWords]
) -> dict[int, dict[bytes, CorrectionBrief]]:
    """Return what each reader was sent that is now wrong, by the keys of corrections."""
    by_edition = {name: corrected for corrected in words for name in corrected.printed}
    seal = identity.seal(tx)

    @cache
    def wrong(name: str, page: str, most: int | None) -> dict[bytes, CorrectionBrief]:
        return {_key(brief): brief for brief in by_edition[name].of_page(name, page, most=most)}

    by_reader: dict[int, dict[bytes, CorrectionBrief]] = defaultdict(dict)
    for reader, name, form, chosen in corrections.editions_sent(tx, by_edition):
        printed = by_edition[name].printed[name]
        page = page_of(printed.edition, chosen, keys=printed.pages, seal=seal)
        by_reader[reader] |= wrong(name, page, LINK_HEADLINES if form is Form.LINK else None)
    return by_reader


def _queue(
    tx: Transaction,
    new: Mapping[bytes, CorrectionBrief],
    readers: Iterable[int],
    *,
    plan: CorrectionPlan,
    at: datetime,
) -> int:
    """Store corrections with the notice that tells some readers; return how many mails."""
    briefs = distinct(new.values())
    last = max(briefs, key=lambda brief: brief.day)
    notice = _next_notice(tx, last.edition)
    corrections.put_corrections(
        tx, {key: brief.edition for key, brief in new.items()}, at=at, notice=notice
    )
    words = in_each(partial(_words, tx, briefs, plan=plan))
    return deliveries.put_notice(tx, notice, words, readers, day=last.day, at=at, life=_LIFE)


def _next_notice(tx: Transaction, edition: str) -> str:
    about = partial(EditionId.parse(edition).notified, NoticeKind.CORRECTED)
    return str(about(place=corrections.notices_of(tx, str(about())) + 1))


def _key(brief: CorrectionBrief) -> bytes:
    old = brief.old
    new = brief.new.text if brief.new else ""
    parts = (old.document, old.start, old.end, brief.headline, brief.kind, old.text, new)
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).digest()


def _words(tx: Transaction, briefs: Sequence[CorrectionBrief], *, plan: CorrectionPlan) -> str:
    """Return the subject and, after a line break, the text of the mail."""
    texts = documents.texts(tx, {brief.old.document for brief in briefs})
    parts = [_subject(plan, max(brief.day for brief in briefs))]
    wrong = _(
        "What {name} printed word for word is no longer what its source says.", name=plan.name
    )
    parts += [f"{wrong}\n"]
    for brief in sorted(briefs, key=lambda brief: (-brief.day.toordinal(), brief.old.key)):
        source = texts[brief.old.document]
        what = _("On {day}, headline") if brief.headline else _("On {day}, words")
        what = what.format(day=long_date(brief.day))
        parts.append(f"\n{_cited(what, source, brief.old)}{_(_NOW[brief.kind])}\n")
        if brief.new:
            parts.append(f"\n{_quoted(brief.new.text)}\n")
        if source.url:
            parts.append(f"\n{_('The report')}{say().colon}{source.url}\n")
        parts.append(_page(plan, brief.edition))
    return "".join(parts)


def _cited(what: str, source: Document, old: Sentence) -> str:
    whose = _(" of {publisher}", publisher=source.publisher) if source.publisher else ""
    return f"{what}{whose}{say().colon.rstrip()}\n\n{_quoted(old.text)}\n\n"


def _subject(plan: CorrectionPlan, day: date) -> str:
    return f"{_('Correction: {name}, {day}', name=plan.name, day=long_date(day))}\n"


def _page(plan: CorrectionPlan, edition: str) -> str:
    """Return a line with the address of an edition, in the language of :func:`say`."""
    if not plan.web:
        return ""
    web = plan.web + path_in(worded(), usual=plan.language)
    return f"{_('The page')}{say().colon}{web}/{EditionId.parse(edition).path}\n"


def _quoted(text: str) -> str:
    return fill(
        " ".join(text.split()),
        _WIDTH,
        initial_indent=_INDENT,
        subsequent_indent=_INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )
