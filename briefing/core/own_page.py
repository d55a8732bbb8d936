"""Lays pages out of the stories of one day: that of all sections, and those of readers' choices."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from briefing.core.errors import NothingToPrintError
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
from briefing.core.page.compose import LONG_HEADLINE, compose
from briefing.core.page.fit import fit
from briefing.core.ports import Draft, Measure
from briefing.core.text.dates import still_due
from briefing.core.text.importance import NAMED, Weighed, count_reasons, likeliest, worth
from briefing.core.text.sagas import Continuation


@dataclass(frozen=True, slots=True)
class DueDate:
    """What earlier editions announced for a day."""

    ahead: DateAhead
    document: Document
    #: Sections that cited the document, and watch-lists that its stories named there.
    sections: frozenset[str]
    lists: frozenset[str]


@dataclass(frozen=True, slots=True)
class DayStories:
    """What may be printed on a day, found once for all of its pages."""

    #: All of the edition but its sections, panel and setting.
    edition: Edition
    #: Stories with their sentences, the most important first.
    excerpts: tuple[Excerpt, ...]
    #: Names of all sections in printed order.
    sections: tuple[str, ...]
    #: Stories worth naming.
    also: tuple[NamedStory, ...] = ()
    #: What earlier editions announced for this day.
    due: tuple[DueDate, ...] = ()
    #: Stories that only pages of watch-lists print, which they name: those beyond the best of their
    #: section, and those of none, each in its likeliest.
    aside: tuple[Excerpt, ...] = ()
    #: Where stories name readers' own words: by what stands for these in keys, then by story.
    own_words: Mapping[str, Mapping[str, tuple[WatchHit, ...]]] = field(default_factory=no_entries)
    #: Ids of stories, and of documents of what was announced, that readers muted: by what stands
    #: for these mutes in keys, where there are any.
    muted: Mapping[str, frozenset[str]] = field(default_factory=no_entries)

    def choice(self, key: str) -> PageChoice:
        """Return what the page of a key has."""
        return choice_of(key, printed=self.sections, lists=self.edition.lists)

    @property
    def draft(self) -> Draft:
        """Everything that their page could carry."""
        return compose(
            self.excerpts,
            edition=self.edition,
            sections=self.sections,
            also=self.also,
            due=[(due.ahead, due.document) for due in self.due],
        )


def due_for(material: Material, stories: Sequence[Story]) -> tuple[DueDate, ...]:
    """Return what was announced for the day and none of its stories tells."""
    due = []
    for ahead, document in still_due(material.due, stories):
        citing = [
            (section.name, brief)
            for edition in material.weeks
            for section in edition.sections
            for brief in section.briefs
            if document.id in brief.sources
        ]
        sections = frozenset(name for name, _ in citing)
        lists = frozenset(hit.list for _, brief in citing for hit in brief.watched)
        due.append(DueDate(ahead, document, sections, lists))
    return tuple(due)


@in_language(lambda *_, general, **__: general.language)
def lay_out_own(stories: DayStories, key: str, *, general: Edition, measure: Measure) -> Edition:
    """Lay out the page of some sections and watch-lists, with all the room for their stories.

    What names a chosen list, or an own word, is on it whatever its section, and what is about it
    stands before what is only ranked; without sections, it opens the page. What its readers muted
    is not on it, whatever it names. Of reports in other languages those in the chosen ones are
    counted and named. Corrections stand on every page; the note of the desk too. Sagas have the ids
    that the page of all sections gave them: one that begins with a story that only this page prints
    has none, and is told on a later day. The ``key`` is one of
    :func:`briefing.core.model.page_key`, not that of all sections; ``general`` is the page of all.

    NothingToPrintError: there is no news of it today; ChoiceError: what editors pinned does not
    fit; LayoutError: the page cannot be laid out.
    """
    chosen = stories.choice(key)
    only, lists = chosen.sections, (*chosen.lists, *chosen.own_words)
    words = {
        story: hits for name in chosen.own_words for story, hits in stories.own_words[name].items()
    }
    heard = {"", primary(stories.edition.language), *chosen.other_languages}
    # It leaves out reports in other languages alone.
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
            # Own words have no label: they are called so in the language of the page.
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
    """Return what a page may print of each story that it chose, in the order of the day."""
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
    """Yield the stories to name, with the own words that they name."""
    for named in also:
        hits = marked(words.get(named.story, ()), printed=(), cited=(named.title.document,))
        yield replace(named, watched=(*named.watched, *hits))


def names_of(key: str, stories: DayStories) -> tuple[str, ...]:
    """Return the names of the sections and watch-lists of a page."""
    chosen = stories.choice(key)
    named = (f"watch-list {name}" for name in chosen.lists)
    words = ("own words" for _ in chosen.own_words)
    spoken = (f"reports in {code}" for code in chosen.other_languages)
    muted = ("mutes" for _ in chosen.muted)
    return (*chosen.sections, *named, *words, *spoken, *muted)


def _blank(
    stories: DayStories, only: Sequence[str], kept: Collection[str], *, muted: Collection[str]
) -> Edition:
    """Return the edition before anything is printed on the page of some sections."""
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
        # Of watch-lists there is no count of earlier days.
        days=tuple(
            DayCount(day.day, {name: day.stories.get(name, 0) for name in only})
            for day in (edition.days if only else ())
        ),
        ledger=replace(edition.ledger, ranked=ranked, dropped_stories=count_reasons(ranked)),
    )


#: Stories looked at; more than a page can print and name together.
_MOST = 36


def name_stories(
    weighed: Sequence[Weighed],
    *,
    continued: Mapping[str, Continuation],
    watched: Mapping[str, Sequence[WatchHit]] = MappingProxyType({}),
) -> tuple[NamedStory, ...]:
    """Return the stories worth naming, those that the page prints among them.

    Stories that a watch-list pulls in come first, then those that moved on since an earlier
    edition, then the others; each by weight. Left out are stories that an editor would hardly
    name, those that only repeat earlier editions, those that an editor dropped,
    and those without a title that can be printed and that no report of a weightier story has.
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
        # The title of the most central report, one in mixed case if there is any.
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
    most: int,
    beside: Sequence[Weighed],
) -> tuple[Weighed, ...]:
    """Return the stories that name a list which readers may choose, in the order given.

    One that belongs to no section stands in its likeliest. Of one list there are ``most``, those
    that are about it first; those printed ``beside`` them anyway count and are left out.
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
