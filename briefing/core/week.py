"""The week in review: the editions of seven days in, one fitted page out, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from briefing.core.edition import blank, slug
from briefing.core.errors import NothingToPrintError
from briefing.core.model import (
    Brief,
    CorrectionBrief,
    DateAhead,
    Document,
    EarlierHeadline,
    Edition,
    EditionId,
    Excerpt,
    Ledger,
    Lengths,
    Material,
    NamedStory,
    Quote,
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
from briefing.core.ports import Candidate, Draft, Measure, Recipe
from briefing.core.record import digest_of
from briefing.core.text.excerpt import most_sentences
from briefing.core.text.week_stories import WeekStory, Wrong, find_week_stories, lengths_of

#: Corrections at most; the pages of their days have the others.
_CORRECTIONS = 3
#: Stories looked at to be named; more than a page can print and name together.
_NAMED = 36
#: Why a story is neither printed nor named.
NOTHING_HOLDS = "without a sentence that holds"


def make_week(material: WeekMaterial, *, recipe: Recipe, measure: Measure) -> Fitted:
    """Make the week in review from the editions of its days.

    Raises:
        NothingToPrintError: nothing that they printed holds.
        LayoutError: the page cannot be laid out.
    """
    corrections = tuple(_told_corrections(material.editions))
    wrong = Wrong.of((*material.wrong, *corrections))
    week_stories = find_week_stories(material.editions, register=material.register, wrong=wrong)
    holding = {
        f"s{place}": week_story
        for place, week_story in enumerate(filter(_holds, week_stories), start=1)
    }
    if not holding:
        raise NothingToPrintError(
            "nothing to print: no headline with a sentence of these editions is still so"
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
    edition = _with_corrections(
        replace(
            _blank(material, recipe=recipe),
            ledger=_ledger(material, week_stories=week_stories),
            documents={one.id: one for excerpt in excerpts for one in excerpt.story.documents},
        ),
        [one for one in corrections if one.new is None or not wrong.has(one.new)],
        material=material,
    )
    draft = compose(
        excerpts,
        edition=edition,
        sections=_sections(material.editions, recipe),
        also=[*map(_named, excerpts[:_NAMED])],
    )
    return fit(_with_days(draft, holding), measure)


def _holds(week_story: WeekStory) -> bool:
    return week_story.titled is not None and any(one.sentences for one in week_story.told)


def _blank(material: WeekMaterial, *, recipe: Recipe) -> Edition:
    """Return the edition before anything is printed on it."""
    day, editions = material.day, material.editions
    made_of = "\n".join(f"{one.id} {digest_of(one)}" for one in editions)
    manifest = {name: value for name, value in recipe.manifest.items() if name != "documents"}
    edition = replace(
        blank(Material((), day, serial=material.serial), recipe=recipe),
        id=str(EditionId(weekly(slug(recipe.name)), day, material.serial.revision)),
        week=Week(material.first, tuple(one.id for one in editions)),
        manifest=manifest | {"editions": f"sha256 {digest(made_of)}"},
    )
    return replace(edition, address=f"{recipe.web}/{edition.path}" if recipe.web else "")


def _sections(editions: Sequence[Edition], recipe: Recipe) -> tuple[str, ...]:
    """Return the sections of today, then those that only the editions of the week know."""
    printed = (section.name for edition in editions for section in edition.sections)
    return tuple(dict.fromkeys((*recipe.sections, *printed)))


def _ledger(material: WeekMaterial, *, week_stories: Sequence[WeekStory]) -> Ledger:
    cited = {id_: one for edition in material.editions for id_, one in edition.documents.items()}
    lost = sum(not _holds(week_story) for week_story in week_stories)
    return Ledger(
        documents=len(cited),
        publishers=len({document.family for document in cited.values()}),
        stories=len(week_stories),
        sentences=sum(len(one.sentences) for week_story in week_stories for one in week_story.told),
        dropped_stories={NOTHING_HOLDS: lost} if lost else {},
    )


def _told_corrections(editions: Sequence[Edition]) -> Iterator[CorrectionBrief]:
    """Yield the corrections that the editions print, those of the last one first."""
    for edition in reversed(editions):
        yield from edition.corrections


def _with_corrections(
    edition: Edition, corrections: Sequence[CorrectionBrief], *, material: WeekMaterial
) -> Edition:
    """Return the edition with the first corrections, and the documents that they cite."""
    printed = tuple(corrections[:_CORRECTIONS])
    known = {id_: one for other in material.editions for id_, one in other.documents.items()}
    cited = (slice_.document for correction in printed for slice_ in correction.slices)
    documents = {**edition.documents, **{id_: known[id_] for id_ in cited}}
    return replace(edition, corrections=printed, documents=documents)


def _excerpt(
    story: str, week_story: WeekStory, lengths: Lengths, *, material: WeekMaterial, wrong: Wrong
) -> Excerpt:
    known = _documents_of(week_story)
    quotes = tuple(_quotes(week_story, known, wrong))
    ahead = tuple(_ahead(week_story, known, wrong, material))
    cited = [id_ for told in week_story.told[::-1] for id_ in told.brief.sources]
    beside = [*(one.words.document for one in quotes), *(one.clause.document for one in ahead)]
    titled = week_story.titled
    return Excerpt(
        Story(story, tuple(known[id_] for id_ in dict.fromkeys((*cited, *beside)))),
        Status.NEW,
        Score(week_story.salience),
        ((week_story.told[-1].section, lengths),),
        quotes=quotes,
        ahead=ahead,
        earlier=_earlier(week_story),
        saga=_saga(week_story, material.register),
        watched=tuple(hit for told in week_story.told[::-1] for hit in told.brief.watched),
        titled=titled.id if titled else "",
    )


def _documents_of(week_story: WeekStory) -> dict[str, Document]:
    """Return the reports of a story that its editions know, by id."""
    found: dict[str, Document] = {}
    for told in week_story.told:
        evidence, known = told.edition.evidence.get(told.brief.story), told.edition.documents
        links = [id_ for id_, _ in evidence.links] if evidence else []
        found |= {id_: known[id_] for id_ in (*told.brief.sources, *links) if id_ in known}
    return found


def _editions_of(week_story: WeekStory) -> tuple[Edition, ...]:
    """Return the editions that told a story, the last first."""
    return tuple({told.edition.id: told.edition for told in week_story.told[::-1]}.values())


def _quotes(week_story: WeekStory, known: Mapping[str, Document], wrong: Wrong) -> Iterator[Quote]:
    for edition in _editions_of(week_story):
        for quote in edition.panel.quotes:
            if quote.words.document in known and not wrong.has(quote.words):
                yield quote


def _ahead(
    week_story: WeekStory, known: Mapping[str, Document], wrong: Wrong, material: WeekMaterial
) -> Iterator[DateAhead]:
    """Yield what was announced for a day after the week."""
    for edition in _editions_of(week_story):
        for ahead in (*edition.panel.ahead, *edition.announced):
            if (
                ahead.day > material.day
                and ahead.clause.document in known
                and not wrong.has(ahead.clause)
            ):
                yield ahead


def _earlier(week_story: WeekStory) -> EarlierHeadline | None:
    """Return the first headline of a story that was told on more than one day."""
    for told in week_story.told:
        if told.titled is not None and told.edition.day < week_story.days[-1]:
            title = told.titled.title
            words = Sentence(told.titled.id, 0, len(title), title)
            return EarlierHeadline(told.edition.id, told.edition.day, words)
    return None


def _saga(week_story: WeekStory, register: SagaRegister) -> Saga | None:
    """Return the saga of a story with an entry for each edition of the week."""
    if not week_story.saga:
        return None
    entries: dict[str, SagaEntry] = {}
    for told in week_story.told:
        edition, brief = told.edition, told.brief
        entry = SagaEntry(edition.id, edition.day, brief.story, brief.headline, brief.sentences[0])
        entries.setdefault(edition.id, entry)
    since = register.since.get(week_story.saga, week_story.days[0])
    return Saga(week_story.saga, since, tuple(entries.values()))


def _named(excerpt: Excerpt) -> NamedStory:
    titled = next(one for one in excerpt.story.documents if one.id == excerpt.titled)
    title = Sentence(titled.id, 0, len(titled.title), titled.title)
    return NamedStory(excerpt.story.id, title, Status.NEW, excerpt.briefs[0][0])


def _with_days(draft: Draft, week_stories: Mapping[str, WeekStory]) -> Draft:
    """Say of each brief on which days it was told, and how many reported it at least."""
    return replace(
        draft,
        top=_candidate(draft.top, week_stories),
        briefs=tuple(_candidate(one, week_stories) for one in draft.briefs),
    )


def _candidate(candidate: Candidate, week_stories: Mapping[str, WeekStory]) -> Candidate:
    return replace(
        candidate,
        lengths=tuple(_counted(one, week_stories[one.story]) for one in candidate.lengths),
    )


def _counted(brief: Brief, week_story: WeekStory) -> Brief:
    families = {document.family for document in _documents_of(week_story).values()}
    own = [told.brief for told in week_story.told]
    return replace(
        brief,
        days=week_story.days,
        reports=max(one.reports for one in own),
        publishers=max(len(families), *(one.publishers for one in own)),
    )
