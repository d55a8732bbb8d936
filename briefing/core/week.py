"""Makes the week in review from the editions of seven days, and from nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import takewhile

from briefing.core.edition import blank, slug
from briefing.core.errors import NothingToPrintError
from briefing.core.frozen import frozen
from briefing.core.language import in_language, spoken
from briefing.core.model import (
    Brief,
    CorrectionBrief,
    CorrectionKind,
    Document,
    EarlierHeadline,
    Edition,
    EditionId,
    Excerpt,
    Ledger,
    Lengths,
    Material,
    NamedStory,
    Saga,
    SagaEntry,
    SagaRegister,
    Score,
    Sentence,
    Status,
    Story,
    Week,
    WeekMaterial,
    digest,
    weekly,
)
from briefing.core.page.compose import compose
from briefing.core.page.fit import Fitted, fit
from briefing.core.ports import Candidate, Measure, Recipe
from briefing.core.record import digest_of
from briefing.core.text.excerpt import most_sentences
from briefing.core.text.summarize import REDUNDANCY, near

#: Most corrections printed; the pages of their days have the others.
_CORRECTIONS = 3
#: Stories considered for naming; more than a page can print and name together.
_NAMED = 36
#: Reason in the ledger for a story that is neither printed nor named.
NOTHING_HOLDS = "without a sentence that holds"


@in_language(lambda _, *, recipe, **__: recipe.language)
def make_week(material: WeekMaterial, *, recipe: Recipe, measure: Measure) -> Fitted:
    """Make the week in review from the editions of its days.

    NothingToPrintError: nothing that they printed still holds; LayoutError: it cannot be laid out.
    """
    # Corrections of the last edition come first.
    corrections = tuple(
        correction for edition in material.editions[::-1] for correction in edition.corrections
    )
    wrong = Wrong.of((*material.wrong, *corrections))
    week_stories = find_week_stories(material.editions, register=material.register, wrong=wrong)
    holding = {
        f"s{place}": week_story
        for place, week_story in enumerate((each for each in week_stories if each.holds), start=1)
    }
    if not holding:
        raise NothingToPrintError(
            "nothing to print: none of the stories in these editions still holds"
        )
    opening, others = most_sentences(len(holding))
    excerpts = [
        _excerpt(
            story,
            week_story,
            lengths_of(week_story, most=others if place else opening),
            material=material,
            wrong=wrong,
        )
        for place, (story, week_story) in enumerate(holding.items())
    ]
    standing = [
        correction
        for correction in corrections
        if correction.new is None or not wrong.has(correction.new)
    ][:_CORRECTIONS]
    known = {
        id_: document for each in material.editions for id_, document in each.documents.items()
    }
    cited = [known[slice_.document] for correction in standing for slice_ in correction.slices]
    reports = (document for excerpt in excerpts for document in excerpt.story.documents)
    edition = replace(
        _blank(material, recipe=recipe),
        ledger=_ledger(known.values(), week_stories),
        documents={document.id: document for document in (*reports, *cited)},
        corrections=tuple(standing),
    )
    printed = (section.name for edition in material.editions for section in edition.sections)
    draft = compose(
        excerpts,
        edition=edition,
        sections=tuple(dict.fromkeys((*recipe.sections, *printed))),
        also=[*map(_named, excerpts[:_NAMED])],
    )

    def over_days(candidate: Candidate) -> Candidate:
        lengths = tuple(_dated(brief, holding[brief.story]) for brief in candidate.lengths)
        return replace(candidate, lengths=lengths)

    briefs = tuple(map(over_days, draft.briefs))
    return fit(replace(draft, top=over_days(draft.top), briefs=briefs), measure)


def _dated(brief: Brief, week_story: WeekStory) -> Brief:
    """Add the days on which a brief was printed, and its highest counts of reports."""
    own = [telling.brief for telling in week_story.tellings]
    families = {document.family for document in week_story.documents.values()}
    return replace(
        brief,
        days=week_story.days,
        reports=max(each.reports for each in own),
        publishers=max(len(families), *(each.publishers for each in own)),
    )


def _blank(material: WeekMaterial, *, recipe: Recipe) -> Edition:
    """Return an edition on which nothing is printed yet."""
    day, editions = material.day, material.editions
    made_of = "\n".join(f"{edition.id} {digest_of(edition)}" for edition in editions)
    manifest = {name: value for name, value in recipe.manifest.items() if name != "documents"}
    edition = replace(
        blank(Material((), day, serial=material.serial), recipe=recipe),
        id=str(EditionId(weekly(slug(recipe.name)), day, material.serial.revision)),
        week=Week(material.first, tuple(edition.id for edition in editions)),
        manifest=manifest | {"editions": f"sha256 {digest(made_of)}"},
    )
    return replace(edition, address=f"{recipe.web}/{edition.path}" if recipe.web else "")


def _ledger(reports: Collection[Document], week_stories: Sequence[WeekStory]) -> Ledger:
    tellings = [telling for week_story in week_stories for telling in week_story.tellings]
    lost = sum(not week_story.holds for week_story in week_stories)
    return Ledger(
        documents=len(reports),
        publishers=len({document.family for document in reports}),
        stories=len(week_stories),
        sentences=sum(len(telling.sentences) for telling in tellings),
        dropped_stories={NOTHING_HOLDS: lost} if lost else {},
    )


def _excerpt(
    story: str, week_story: WeekStory, lengths: Lengths, *, material: WeekMaterial, wrong: Wrong
) -> Excerpt:
    known = week_story.documents
    newest = week_story.tellings[::-1]
    editions = {telling.edition.id: telling.edition for telling in newest}.values()
    quotes = tuple(
        quote
        for edition in editions
        for quote in edition.panel.quotes
        if quote.words.document in known and not wrong.has(quote.words)
    )
    ahead = tuple(
        each
        for edition in editions
        for each in (*edition.panel.ahead, *edition.announced)
        if each.day > material.day and each.clause.document in known and not wrong.has(each.clause)
    )
    cited = [id_ for telling in newest for id_ in telling.brief.sources]
    cited += [each.words.document for each in quotes] + [each.clause.document for each in ahead]
    titled = week_story.titled
    return Excerpt(
        Story(story, tuple(known[id_] for id_ in dict.fromkeys(cited))),
        Status.NEW,
        Score(week_story.salience),
        ((week_story.tellings[-1].section, lengths),),
        quotes=quotes,
        ahead=ahead,
        earlier=_earlier(week_story),
        saga=_saga(week_story, material.register),
        watched=tuple(hit for telling in newest for hit in telling.brief.watched),
        titled=titled.id if titled else "",
    )


def _earlier(week_story: WeekStory) -> EarlierHeadline | None:
    """Return the first headline of a story that was printed on more than one day."""
    for telling in week_story.tellings:
        if telling.titled is not None and telling.edition.day < week_story.days[-1]:
            edition, title = telling.edition, telling.titled.title_slice
            return EarlierHeadline(edition.id, edition.day, title)
    return None


def _saga(week_story: WeekStory, register: SagaRegister) -> Saga | None:
    """Return the saga of a story, with one entry for each edition of the week."""
    if not week_story.saga:
        return None
    entries: dict[str, SagaEntry] = {}
    for telling in week_story.tellings:
        edition, brief = telling.edition, telling.brief
        entry = SagaEntry(edition.id, edition.day, brief.story, brief.headline, brief.sentences[0])
        entries.setdefault(edition.id, entry)
    since = register.since.get(week_story.saga, week_story.days[0])
    return Saga(week_story.saga, since, tuple(entries.values()))


def _named(excerpt: Excerpt) -> NamedStory:
    titled = next(document for document in excerpt.story.documents if document.id == excerpt.titled)
    return NamedStory(excerpt.story.id, titled.title_slice, Status.NEW, excerpt.briefs[0][0])


#: A later opening sentence is preferred if its likeness is at least this share of the greatest. Set
#: by reading the example weeks, so that what happened replaces what was expected.
_NEARLY = 0.75


@frozen
class Wrong:
    """Printed words that are no longer correct."""

    slices: tuple[Sentence, ...] = ()
    #: Ids of documents whose title has changed or that are gone; and of the latter only.
    titles: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()

    @classmethod
    def of(cls, corrections: Iterable[CorrectionBrief]) -> Wrong:
        """Sort corrections by what they make wrong."""
        slices, titles, gone = list[Sentence](), set[str](), set[str]()
        for correction in corrections:
            if correction.kind is CorrectionKind.WITHDRAWN:
                gone.add(correction.old.document)
            elif correction.headline:
                titles.add(correction.old.document)
            else:
                slices.append(correction.old)
        return cls(tuple(slices), frozenset(titles | gone), frozenset(gone))

    def has(self, words: Sentence) -> bool:
        """Return whether a slice overlaps with any of the wrong words."""
        return words.document in self.gone or any(
            words.document == other.document and words.start < other.end and other.start < words.end
            for other in self.slices
        )


@frozen
class Told:
    """A brief of an edition, as far as it still holds."""

    edition: Edition
    section: str
    brief: Brief
    #: Its sentences up to the first that no longer holds, on which later ones may depend.
    sentences: tuple[Sentence, ...]
    #: The document whose title is the headline; None: the headline no longer holds.
    titled: Document | None


@frozen
class WeekStory:
    """A saga, or a story of one edition, with what the week's editions printed of it."""

    #: Id of the saga; empty: it is not one.
    saga: str
    #: Its briefs, oldest edition first; within an edition in printed order.
    tellings: tuple[Told, ...]
    #: Importance, summed over its days.
    salience: float = 0.0
    #: The days whose editions printed it, oldest first.
    days: tuple[date, ...] = ()

    @property
    def titled(self) -> Document | None:
        """The document whose title is the latest headline that still holds."""
        titled = (telling.titled for telling in self.tellings[::-1])
        return next(filter(None, titled), None)

    @property
    def holds(self) -> bool:
        """Whether at least one headline and one sentence still hold."""
        return self.titled is not None and any(telling.sentences for telling in self.tellings)

    @property
    def documents(self) -> dict[str, Document]:
        """The reports of the story that its editions list, by id."""
        reports: dict[str, Document] = {}
        for telling in self.tellings:
            evidence = telling.edition.evidence.get(telling.brief.story)
            ids = [
                *telling.brief.sources,
                *(id_ for id_, _ in (evidence.links if evidence else ())),
            ]
            known = telling.edition.documents
            reports |= {id_: known[id_] for id_ in ids if id_ in known}
        return reports


def find_week_stories(
    editions: Sequence[Edition], *, register: SagaRegister, wrong: Wrong
) -> tuple[WeekStory, ...]:
    """Return the week's stories, the most important first; ties: the one printed first.

    The importance of a story is the sum, over its days, of the probability that an editor would
    print it. So a story of five days precedes one of a single day, however certain that one was.
    """
    groups: defaultdict[tuple[str, ...], list[Told]] = defaultdict(list)
    for edition in editions:
        for telling in _told(edition, wrong):
            key = edition.id, telling.brief.story
            groups[(register.of[key],) if key in register.of else key].append(telling)
    week_stories = [
        _matter(key[0] if len(key) == 1 else "", tuple(telling)) for key, telling in groups.items()
    ]
    return tuple(sorted(week_stories, key=lambda week_story: -round(week_story.salience, 9)))


def lengths_of(week_story: WeekStory, *, most: int) -> Lengths:
    """Return what may be printed of a story with 1, 2, … sentences; empty if none holds.

    Sentences are chosen brief by brief: all that open a brief, then those in second place, and so
    on. The brief with the most lasting opening comes first, then the latest, then the others by
    the same likeness: that of the opening to the headline and, on average, to all that was printed
    of the story. Most lasting is the latest of the openings with nearly the greatest likeness. None
    repeats another. They are printed in the order of days, but those of the first brief come first.
    """
    holding = [telling for telling in week_story.tellings if telling.sentences]
    if not holding:
        return ()
    ranked = _ranked(holding, headline=week_story.titled.title if week_story.titled else "")
    taken: list[tuple[int, Sentence]] = []
    closed: set[int] = set()
    for place in range(most):
        for number in ranked:
            sentences = holding[number].sentences
            if number in closed or place >= len(sentences):
                continue
            if any(
                other != number and near(sentences[place].text, before.text) > REDUNDANCY
                for other, before in taken
            ):
                # What follows in this brief may depend on the sentence left out.
                closed.add(number)
                continue
            taken.append((number, sentences[place]))
    order = [ranked[0], *(number for number in range(len(holding)) if number != ranked[0])]
    return tuple(
        tuple(sentence for number in order for other, sentence in taken[:length] if other == number)
        for length in range(1, min(most, len(taken)) + 1)
    )


def _told(edition: Edition, wrong: Wrong) -> Iterator[Told]:
    for section, brief in sorted(edition.placed(), key=lambda pair: not pair[1].top):
        if not brief.sentences:
            continue
        holding = takewhile(
            lambda sentence: (
                not (wrong.has(sentence) or spoken().week.that_day.search(sentence.text))
            ),
            brief.sentences,
        )
        titled = edition.documents.get(brief.sources[0]) if brief.sources else None
        stands = (
            titled is not None
            and titled.headline == brief.headline != ""
            and titled.id not in wrong.titles
            and not spoken().week.that_day.search(brief.headline)
        )
        yield Told(edition, section, brief, tuple(holding), titled if stands else None)


def _matter(saga: str, tellings: tuple[Told, ...]) -> WeekStory:
    weights: dict[date, float] = {}
    for telling in tellings:
        evidence = telling.edition.evidence.get(telling.brief.story)
        odds = evidence.salience.value if evidence else 0.0
        weight = odds / (1 + odds)
        weights[telling.edition.day] = max(weights.get(telling.edition.day, 0.0), weight)
    return WeekStory(saga, tellings, sum(weights.values()), tuple(weights))


def _ranked(tellings: Sequence[Told], *, headline: str) -> list[int]:
    """Return the places of briefs: the most lasting opening, the latest, then by likeness."""
    printed = [sentence for telling in tellings for sentence in telling.sentences]
    openings = [telling.sentences[0] for telling in tellings]
    central = []
    for opening in openings:
        others = [near(opening.text, other.text) for other in printed if other.key != opening.key]
        central.append(
            (sum(others) / len(others) if others else 0.0) + near(opening.text, headline)
        )
    newest = sorted(
        range(len(tellings)), key=lambda place: (-tellings[place].edition.day.toordinal(), place)
    )
    order = sorted(newest, key=lambda place: -round(central[place], 9))
    enough = _NEARLY * max(central)
    held = next(place for place in newest if central[place] >= enough)
    return [*dict.fromkeys((held, newest[0], *order))]
