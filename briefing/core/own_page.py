"""Lays out the stories of one day: on the page of all sections, and on readers' own pages."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import field, replace
from types import MappingProxyType

from briefing.core.errors import NothingToPrintError
from briefing.core.frozen import frozen
from briefing.core.language import in_language, primary
from briefing.core.model import (
    MUTED,
    NOT_CHOSEN,
    DateAhead,
    DayCount,
    Document,
    Edition,
    Excerpt,
    Material,
    NamedStory,
    PageChoice,
    Status,
    Story,
    WatchHit,
    choice_of,
    marked,
    no_entries,
)
from briefing.core.page.compose import LONG_HEADLINE, MOST_BRIEFS, compose
from briefing.core.page.fit import fit
from briefing.core.ports import Draft, Measure
from briefing.core.text.dates import still_due
from briefing.core.text.importance import NAMED, Weighed, count_reasons, likeliest, worth
from briefing.core.text.sagas import Continuation


@frozen
class DueDate:
    """A date ahead that earlier editions announced and that has now come."""

    ahead: DateAhead
    document: Document
    #: Sections that cited the document, and watch-lists that its stories named there.
    sections: frozenset[str]
    lists: frozenset[str]


@frozen
class DayStories:
    """What may be printed on a day, computed once for all of its pages."""

    #: The edition without sections, panel and setting.
    edition: Edition
    #: Stories with their sentences, the most important first.
    excerpts: tuple[Excerpt, ...]
    #: Names of all sections in printed order.
    sections: tuple[str, ...]
    #: Stories worth naming.
    also: tuple[NamedStory, ...] = ()
    #: What earlier editions announced for this day.
    due: tuple[DueDate, ...] = ()
    #: Stories printed only on pages with a watch-list that they name: those below the best of their
    #: section, and those without a section, each in its most probable one.
    aside: tuple[Excerpt, ...] = ()
    #: Hits of readers' own words: by the part of the page key for these words, then by story.
    own_words: Mapping[str, Mapping[str, tuple[WatchHit, ...]]] = field(default_factory=no_entries)
    #: Ids of muted stories, and of documents with muted announcements, by the part of the page key
    #: for these mutes; only keys with any.
    muted: Mapping[str, frozenset[str]] = field(default_factory=no_entries)

    def choice(self, key: str) -> PageChoice:
        """Return the choice that a page key stands for."""
        return choice_of(key, printed=self.sections, lists=self.edition.lists)

    @property
    def draft(self) -> Draft:
        """The draft of the page of all sections."""
        return compose(
            self.excerpts,
            edition=self.edition,
            sections=self.sections,
            also=self.also,
            due=[(due.ahead, due.document) for due in self.due],
        )


def due_for(material: Material, stories: Sequence[Story]) -> tuple[DueDate, ...]:
    """Return what was announced for the day and is not covered by its stories."""
    due = []
    for ahead, document in still_due(material.due, stories):
        citing = [
            placed
            for edition in material.weeks
            for placed in edition.placed()
            if document.id in placed[1].sources
        ]
        sections = frozenset(name for name, _ in citing)
        lists = frozenset(hit.list for _, brief in citing for hit in brief.watched)
        due.append(DueDate(ahead, document, sections, lists))
    return tuple(due)


@in_language(lambda *_, general, **__: general.language)
def lay_out_own(stories: DayStories, key: str, *, general: Edition, measure: Measure) -> Edition:
    """Lay out the own page of some sections and watch-lists, with all the room for their stories.

    ``key`` is one from :func:`briefing.core.model.page_key`, other than that of all sections;
    ``general`` is the page of all sections.

    Stories that name a chosen list or an own word are printed whatever their section. Those about
    it precede stories that are only ranked, and open the page if no section is chosen. What readers
    muted is left out in any case. Only reports in the chosen other languages are counted and named.
    Corrections and the note of the desk are on every page. Sagas keep their ids from the page of
    all sections; a saga that begins with a story printed only here gets its id on a later day.

    NothingToPrintError: there is no news for it today; ChoiceError: what editors pinned does not
    fit; LayoutError: the page cannot be laid out.
    """
    chosen = stories.choice(key)
    only, lists = chosen.sections, (*chosen.lists, *chosen.own_words)
    words = {
        story: hits for name in chosen.own_words for story, hits in stories.own_words[name].items()
    }
    heard = {"", primary(stories.edition.language), *chosen.other_languages}
    # Such a page differs only by reports in other languages.
    is_whole = only == stories.sections and not lists
    muted = {story for name in chosen.muted for story in stories.muted.get(name, ())}

    def is_heard(report: Document) -> bool:
        return not chosen.other_languages or primary(report.language) in heard

    excerpts = _own_excerpts(stories, chosen, words, muted, general=general, is_heard=is_heard)
    if not only:
        excerpts.sort(key=lambda excerpt: not excerpt.pulled)
    own = replace(
        stories,
        edition=replace(
            _blank(stories, only, {excerpt.story.id for excerpt in excerpts}, muted=muted),
            only=() if is_whole else only,
            # Own words have no label; the page has a word for them in its language.
            lists={**stories.edition.lists, **dict.fromkeys(chosen.own_words, "")},
            only_lists=lists,
            address=f"{stories.edition.address}/{key}" if stories.edition.address else "",
        ),
        excerpts=tuple(excerpts),
        also=tuple(
            named
            for named in _marked(stories.also, words)
            if is_whole or named.section in only or any(hit.list in lists for hit in named.watched)
            if is_heard(stories.edition.documents[named.title.document])
            if named.story not in muted
        ),
        due=tuple(
            due
            for due in stories.due
            if due.sections & {*only} or due.lists & {*lists}
            if due.document.id not in muted
        ),
    )
    if not own.excerpts:
        raise NothingToPrintError(f"nothing to print of {', '.join(names_of(key, stories))}")
    return fit(own.draft, measure).edition


def _own_excerpts(  # noqa: PLR0913  what a page of its own leaves in and out
    stories: DayStories,
    chosen: PageChoice,
    words: Mapping[str, Sequence[WatchHit]],
    muted: Set[str],
    *,
    general: Edition,
    is_heard: Callable[[Document], bool],
) -> list[Excerpt]:
    """Return what the page may print of each chosen story, in the order of the day."""
    lists = (*chosen.lists, *chosen.own_words)
    sagas = {brief.story: brief.saga for brief in general.briefs()}
    drawn = [(excerpt, chosen.sections) for excerpt in stories.excerpts] + [
        (excerpt, ()) for excerpt in stories.aside
    ]
    return [
        replace(
            excerpt,
            story=replace(
                excerpt.story,
                foreign=tuple(pair for pair in excerpt.story.foreign if is_heard(pair[0])),
            ),
            briefs=briefs,
            asides=excerpt.asides if briefs[0] == excerpt.briefs[0] else 0,
            pulled=excerpt.pulled or any(hit.leads for hit in named),
            touches=excerpt.touches if briefs == excerpt.briefs else (),
            watched=hits,
            saga=excerpt.saga
            if excerpt.saga is None or excerpt.saga.id
            else sagas.get(excerpt.story.id),
        )
        for excerpt, sections in drawn
        if excerpt.story.id not in muted
        for hits in [(*excerpt.watched, *words.get(excerpt.story.id, ()))]
        for named in [[hit for hit in hits if hit.list in lists]]
        if (briefs := tuple(brief for brief in excerpt.briefs if named or brief[0] in sections))
    ]


def _marked(
    also: Iterable[NamedStory], words: Mapping[str, Sequence[WatchHit]]
) -> Iterator[NamedStory]:
    """Yield the stories to name, with hits of own words added."""
    for named in also:
        hits = marked(words.get(named.story, ()), printed=(), cited=(named.title.document,))
        yield replace(named, watched=(*named.watched, *hits))


def names_of(key: str, stories: DayStories) -> tuple[str, ...]:
    """Return the names of all parts of a page's choice, for messages."""
    chosen = stories.choice(key)
    named = (f"watch-list {name}" for name in chosen.lists)
    words = ("own words" for _ in chosen.own_words)
    spoken = (f"reports in {code}" for code in chosen.other_languages)
    muted = ("mutes" for _ in chosen.muted)
    return (*chosen.sections, *named, *words, *spoken, *muted)


def _blank(
    stories: DayStories, only: Sequence[str], kept: Collection[str], *, muted: Collection[str]
) -> Edition:
    """Return the edition with the days and the ledger of an own page."""
    edition = stories.edition
    others = {excerpt.story.id for excerpt in stories.excerpts} - {*kept}
    why = {
        **dict.fromkeys(others, NOT_CHOSEN),
        **dict.fromkeys(kept, ""),
        **dict.fromkeys(muted, MUTED),
    }
    ranked = tuple(
        replace(story, why=why.get(story.story, story.why)) for story in edition.ledger.ranked
    )
    return replace(
        edition,
        # Earlier days have no counts for watch-lists.
        days=tuple(
            DayCount(day.day, {name: day.stories.get(name, 0) for name in only})
            for day in (edition.days if only else ())
        ),
        ledger=replace(edition.ledger, ranked=ranked, dropped_stories=count_reasons(ranked)),
    )


#: Stories considered; more than a page can print and name together.
_MOST = 36


def name_stories(
    weighed: Sequence[Weighed],
    *,
    continued: Mapping[str, Continuation],
    watched: Mapping[str, Sequence[WatchHit]] = MappingProxyType({}),
) -> tuple[NamedStory, ...]:
    """Return the stories worth naming, including those that the page prints.

    Stories pulled in by a watch-list come first, then developing ones, then the others; each by
    salience. Left out are stories that an editor would hardly name, that only repeat earlier
    editions, that an editor dropped, or without a printable title that no weightier story has.
    """
    odds = worth(weighed)
    wanted = [entry for entry in weighed if entry.say.pulled or odds[entry.story.id] >= NAMED]
    foremost = sorted(wanted, key=lambda entry: (not entry.say.pulled, -entry.salience.value))
    named = []
    titles: set[str] = set()
    for entry in foremost[:_MOST]:
        story, documents = entry.story.id, entry.story.documents
        titled = [
            document
            for document in documents
            if 0 < len(document.headline) <= LONG_HEADLINE and document.title not in titles
        ]
        titles.update(document.title for document in (*documents, *entry.story.copies))
        if not titled or entry.say.dropped or continued[story].status is Status.CONTINUING:
            continue
        # The title that an editor chose, else the most central one, in mixed case if possible.
        best = min(
            titled, key=lambda report: (report.id != entry.say.titled, report.title.isupper())
        )
        hits = marked(watched.get(story, ()), printed=(), cited=(best.id,))
        status = continued[story].status
        kept = NamedStory(story, best.title_slice, status, entry.section, hits)
        named.append(((not entry.say.pulled, status is not Status.DEVELOPING), kept))
    return tuple(kept for _, kept in sorted(named, key=lambda pair: pair[0]))


def named_for_readers(  # noqa: PLR0913  what the choice depends on
    entries: Sequence[Weighed],
    hits: Mapping[str, Sequence[WatchHit]],
    lists: Iterable[str],
    *,
    sections: Sequence[str],
    beside: Sequence[Weighed],
    most: int = MOST_BRIEFS,
) -> tuple[Weighed, ...]:
    """Return the stories that name a list which readers may choose, in the order given.

    A story without a section is put into its most probable one. Each list gets up to ``most``
    stories, those about it first; stories ``beside`` them count, but are not returned.
    """
    still = [entry for entry in entries if not entry.say.dropped]
    wanted: set[str] = set()
    for name in lists:
        leads = {
            entry.story.id: any(hit.leads for hit in own)
            for entry in still
            if (own := [hit for hit in hits.get(entry.story.id, ()) if hit.list == name])
        }
        wanted |= {*sorted(leads, key=lambda story: not leads[story])[:most]}
    wanted -= {entry.story.id for entry in beside}
    return tuple(
        entry if entry.section else replace(entry, section=likeliest(entry.topics, sections))
        for entry in still
        if entry.story.id in wanted
    )
