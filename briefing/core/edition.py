"""The one pipeline: documents in, a fitted edition out, each step in its room."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from types import MappingProxyType

from briefing.core.errors import NothingToPrintError
from briefing.core.language import Language, in_language
from briefing.core.messages import counted
from briefing.core.model import (
    COPY,
    SAGA,
    ChoiceOutcome,
    DayCount,
    Document,
    Edition,
    EditionId,
    Excerpt,
    FoundStory,
    Ledger,
    Material,
    NamedStory,
    Panel,
    Scale,
    Sentence,
    Setting,
    Status,
    Story,
    WatchEntry,
    WatchHit,
    WatchList,
    path_of,
    series_of,
)
from briefing.core.own_page import DayStories, DueDate, due_for, name_stories, named_for_readers
from briefing.core.page.compose import MOST_BRIEFS, cite_earlier
from briefing.core.page.fit import Fitted, fit
from briefing.core.passed import PassedReports, sift
from briefing.core.ports import KeptSteps, Measure, Recipe
from briefing.core.text.analysis import Analyses
from briefing.core.text.choices import Heard, hear, settle, with_pulled
from briefing.core.text.cluster import cluster
from briefing.core.text.copies import find_copies
from briefing.core.text.dates import announce
from briefing.core.text.excerpt import excerpt
from briefing.core.text.foreign import (
    foreign_stories,
    join,
    named_stories,
    with_foreign_reports,
    with_likeness,
)
from briefing.core.text.furniture import Reason
from briefing.core.text.importance import (
    Weighed,
    count_reasons,
    explain,
    found_stories,
    weigh,
)
from briefing.core.text.sagas import (
    Continuation,
    find_continuations,
    number_sagas,
    with_openings,
)
from briefing.core.text.segment import segment
from briefing.core.text.shortlist import shortlist
from briefing.core.text.signals import unpack_signals
from briefing.core.text.topics import ReportTopics, printed_sections, tell_stories, told_by
from briefing.core.text.watch import Matcher, pulled_in, watched_in

#: The steps in order, as the watcher hears them.
STEPS = ("analyze", "cluster", "classify", "rank", "compose", "fit")
#: Days kept for the chart.
_DAYS = 14
#: Stories, the most important first, that are joined to sagas, printed or not.
_FOLLOWED = 200
Watch = Callable[[str], None]
#: Returns the stories of what passed the gate.
Group = Callable[..., tuple[Story, ...]]


@dataclass(frozen=True, slots=True)
class Made:
    """An edition and how its page was found."""

    edition: Edition
    fitted: Fitted
    #: Probability of each section, by the id of a story's most central report.
    topics: Mapping[str, Mapping[str, float]]
    #: Against earlier editions, by story, of those that can be printed.
    statuses: Mapping[str, Status]
    #: From which own pages are laid out.
    stories: DayStories


@in_language(lambda _, *, recipe, **__: recipe.language)
def make_edition(  # noqa: PLR0913  what an edition is made of, and what is known of it
    material: Material,
    *,
    recipe: Recipe,
    measure: Measure,
    known: Analyses = MappingProxyType({}),
    kept: KeptSteps | None = None,
    group: Group | None = None,
    watch: Watch = lambda _: None,
) -> Made:
    """Make the edition of one day.

    What is ``known`` of single documents was found out in the language of the recipe; ``kept`` are
    steps of earlier ones by the same recipe; ``group`` gives what :func:`cluster_reports` would;
    ``watch`` is told each of :data:`STEPS` as it begins.

    Raises:
        ChoiceError: choices contradict each other, or a page has no room for all of them.
        NothingToPrintError: nothing is left to print; the message counts the reasons.
        LayoutError: the page cannot be laid out.
    """
    kept = kept or KeptSteps()
    watch("analyze")
    news = sift(material, recipe=recipe, known=known, kept=kept)
    watch("cluster")
    clusters = kept(group or cluster_reports, None, news, window=recipe.window)
    stories, elsewhere = _with_foreign(clusters, news, material, recipe=recipe)
    watch("classify")
    sections = printed_sections(recipe.sections, other=recipe.other)
    heard = hear(material.choices, stories, sections=sections)
    watched = watched_in(stories, recipe.watch)
    entries = _weigh(stories, heard, watched, news, recipe=recipe, sections=sections)
    bare = _headlines(entries, news)
    texts = [entry for entry in entries if entry.story.id not in bare]
    weighed = tuple(entry for entry in texts if entry.section)
    watch("rank")
    looked = _followed(entries, watched)
    followed = tuple(entry.story for entry in looked)
    continued = kept(_continued, None, followed, news, replace(material, choices=(), note=None))
    foremost = shortlist(weighed, continued, most=MOST_BRIEFS, apart=watched)
    own_words = watched_in(stories, Matcher.of(material.own_words))
    lists = (*recipe.lists, *(words.name for words in material.own_words))
    wanted = partial(named_for_readers, sections=sections, most=MOST_BRIEFS, beside=foremost)
    named = wanted(texts, _together(watched, own_words), lists)
    continued = _with_apart(continued, named, news, material)
    drawing = partial(_excerpts, news, material, continued, recipe=recipe, kept=kept)
    drawing = partial(drawing, sections=sections, watched=watched)
    excerpts, aside, earlier = _cited(drawing, foremost, named, material=material)
    printed = bool(excerpts or material.corrections.briefs)
    also = _named(looked, news, continued, watched) if printed else ()
    used, asked = _accounted(entries, foremost, bare, also)
    own = found_stories(used, foremost=asked, excerpts=excerpts, sections=sections)
    all_stories = with_foreign_reports(own, stories, elsewhere)
    ledger = _ledger(material, news, used, elsewhere, all_stories=all_stories)
    if not printed:
        raise NothingToPrintError(_nothing(ledger))
    watch("compose")
    also += named_stories(elsewhere)
    empty = replace(
        blank(material, _count(material.day, weighed, sections), recipe=recipe),
        ledger=ledger,
        choices=_settled(heard, asked, excerpts, gated=news.gated),
        documents={**earlier, **material.corrections.documents, **_titled(also, news)},
        corrections=material.corrections.briefs,
    )
    due = due_for(material, [entry.story for entry in foremost])
    own_hits = {words.name: _of_list(own_words, words.name) for words in material.own_words}
    muted = _muted(material, (*stories, *elsewhere), continued, due=due)
    may_print = DayStories(empty, excerpts, tuple(sections), also, due, aside, own_hits, muted)
    watch("fit")
    complete = partial(_complete, material=material, foremost=foremost, news=news, stories=stories)
    fitted = fit(may_print.draft, measure, complete=complete)
    # No page shows the evidence, so it is the page that was laid out.
    explained = explain(fitted.edition, excerpts, _matches(excerpts, news, recipe))
    return Made(
        with_likeness(explained, excerpts),
        fitted,
        {entry.story.documents[0].id: entry.topics for entry in used},
        {excerpt.story.id: excerpt.status for excerpt in excerpts},
        may_print,
    )


def _together(
    watched: Mapping[str, Sequence[WatchHit]], own_words: Mapping[str, Sequence[WatchHit]]
) -> dict[str, tuple[WatchHit, ...]]:
    """Return what stories name of the desk's lists and of readers' own words, by story."""
    return {
        story: (*watched.get(story, ()), *own_words.get(story, ()))
        for story in {*watched, *own_words}
    }


def _of_list(
    hits: Mapping[str, Sequence[WatchHit]], name: str
) -> Mapping[str, tuple[WatchHit, ...]]:
    """Return where stories name the entries of one list, by story."""
    by_story = {story: tuple(hit for hit in own if hit.list == name) for story, own in hits.items()}
    return {story: own for story, own in by_story.items() if own}


def _muted(
    material: Material,
    stories: Iterable[Story],
    continued: Mapping[str, Continuation],
    *,
    due: Sequence[DueDate],
) -> dict[str, frozenset[str]]:
    """Return the ids of stories and announcing documents that readers muted, by their choice."""
    matcher = Matcher.of(
        WatchList(name, tuple(map(WatchEntry, muted))) for name, muted in material.muted.items()
    )
    hits = watched_in(stories, matcher) | {each.document.id: matcher(each.document) for each in due}
    named = {name: {*_of_list(hits, name)} for name in material.muted}
    for name, muted in material.muted.items():
        named[name] |= {
            story
            for story, going in continued.items()
            if going.saga and f"{SAGA}{going.saga.id}" in muted
        }
    return {name: frozenset(ids) for name, ids in named.items() if ids}


def _followed(
    entries: Sequence[Weighed], watched: Mapping[str, tuple[WatchHit, ...]]
) -> list[Weighed]:
    """Return the stories that are joined to sagas: the most important, and those wanted."""
    wanted = {*watched, *(entry.story.id for entry in entries if entry.say.placed)}
    others = entries[_FOLLOWED:]
    return [*entries[:_FOLLOWED], *(entry for entry in others if entry.story.id in wanted)]


def _headlines(entries: Sequence[Weighed], news: PassedReports) -> frozenset[str]:
    """Return the ids of stories that headlines alone tell."""
    bare = {document.id for document, _ in news.gated}
    return frozenset(
        entry.story.id
        for entry in entries
        if all(report.id in bare for report in entry.story.documents)
    )


def _named(
    looked: Sequence[Weighed],
    news: PassedReports,
    continued: Mapping[str, Continuation],
    watched: Mapping[str, tuple[WatchHit, ...]],
) -> tuple[NamedStory, ...]:
    """Return the stories worth naming, without those of which a correction took all sentences."""
    right = [
        entry
        for entry in looked
        if not all(news.sentences.emptied(report.id) for report in entry.story.documents)
    ]
    return name_stories(right, continued=continued, watched=watched)


def _accounted(
    entries: Sequence[Weighed],
    foremost: Sequence[Weighed],
    bare: Set[str],
    also: Sequence[NamedStory],
) -> tuple[list[Weighed], tuple[Weighed, ...]]:
    """Return the stories but for headlines that are not named, and those asked for sentences."""
    unused = bare - {story.story for story in also}
    asked = (*foremost, *(entry for entry in entries if entry.story.id in bare))
    return [entry for entry in entries if entry.story.id not in unused], asked


def _titled(also: Sequence[NamedStory], news: PassedReports) -> dict[str, Document]:
    """Return the reports by whose titles stories are named, by id."""
    named_by = {story.title.document for story in also}
    return {document.id: document for document in news.every if document.id in named_by}


def _complete(
    edition: Edition,
    *,
    material: Material,
    foremost: Sequence[Weighed],
    news: PassedReports,
    stories: Sequence[Story],
) -> Edition:
    """Return a fitted edition with what its digest covers and no page needs to be fitted."""
    numbered = number_sagas(edition, material=material)
    printed = announce(numbered, [entry.story for entry in foremost], news.sentences)
    return with_openings(printed, stories)


def _matches(
    excerpts: Sequence[Excerpt], news: PassedReports, recipe: Recipe
) -> Callable[[str], Sequence[tuple[str, str, float]]]:
    """Return what tells which words that define sections stand in a story, by its id."""
    texts = {excerpt.story.id: told_by(excerpt.story, news.sentences) for excerpt in excerpts}
    return lambda story: recipe.matches(texts[story])


def _weigh(  # noqa: PLR0913  what the weight of a story depends on
    stories: Sequence[Story],
    heard: Heard,
    watched: Mapping[str, tuple[WatchHit, ...]],
    news: PassedReports,
    *,
    recipe: Recipe,
    sections: Sequence[str],
) -> tuple[Weighed, ...]:
    known = news.signals(recipe.signals)
    # A correction may have taken sentences of a report.
    topics = {} if news.sentences.filtered else {n: (s.opening, s.body) for n, s in known.items()}
    return weigh(
        stories,
        tell_topics(stories, news.sentences, recipe, known=topics),
        sections=sections,
        says=with_pulled(heard.says, pulled_in(watched)),
        kinds=news.kinds,
        known={name: its.importance for name, its in known.items()},
        opinions=news.opinions,
        worth_of=recipe.worth_of,
    )


def cluster_reports(news: PassedReports, *, window: timedelta) -> tuple[Story, ...]:
    """Return the stories of what passed the gate, those with most reports first."""
    copies = find_copies(news.documents, [analysis.fingerprint for analysis in news.analyses])
    return cluster(news.documents, copies=copies, window=window, bags=news.bags)


def _with_foreign(
    stories: Sequence[Story], news: PassedReports, material: Material, *, recipe: Recipe
) -> tuple[tuple[Story, ...], tuple[Story, ...]]:
    """Return stories with what other languages report of them, and those that only these tell.

    Of the latter those that are to be named and that no earlier edition named.
    """
    if recipe.embed is None or not news.foreign:
        return tuple(stories), ()
    pairs = (*zip(news.documents, news.analyses, strict=True), *news.foreign)
    openings = {document.id: analysis.opening(document) for document, analysis in pairs}
    every = [document for document, _ in news.foreign]
    copies = find_copies(every, [analysis.fingerprint for _, analysis in news.foreign])
    reports = [document for document in every if document.id not in copies]
    kept = (
        (document.id, unpack_signals(its.signals, key=recipe.signals))
        for document, its in news.foreign
    )
    known = {name: its.vector for name, its in kept if its and its.meaning}
    joined = join(stories, reports, openings=openings, embed=recipe.embed, known=known)
    if not recipe.names_foreign:
        return joined, ()
    used = {document.id for story in joined for document, _ in story.foreign}
    left = [pair for pair in news.foreign if copies.get(pair[0].id, pair[0].id) not in used]
    before = {title.text for edition in material.before for title in edition.titles()}
    elsewhere = foreign_stories(
        left, stories, openings=openings, embed=recipe.embed, window=recipe.window
    )
    return joined, tuple(
        story
        for story in elsewhere
        if before.isdisjoint(report.title for report in story.documents)
    )


def _continued(
    stories: Sequence[Story], news: PassedReports, material: Material
) -> Mapping[str, Continuation]:
    continuations = find_continuations(stories, material, bags=news.bags)
    return {story.id: its for story, its in zip(stories, continuations, strict=True)}


def _with_apart(
    continued: Mapping[str, Continuation],
    named: Sequence[Weighed],
    news: PassedReports,
    material: Material,
) -> Mapping[str, Continuation]:
    """Add how the stories of readers' pages go on with earlier ones.

    Apart, so that nothing of the page of all sections depends on readers' own words.
    """
    apart = [entry.story for entry in named if entry.story.id not in continued]
    return {**continued, **_continued(apart, news, material)}


def _excerpts(  # noqa: PLR0913  what a choice of sentences depends on
    news: PassedReports,
    material: Material,
    continued: Mapping[str, Continuation],
    weighed: Sequence[Weighed],
    *,
    recipe: Recipe,
    sections: Sequence[str],
    watched: Mapping[str, tuple[WatchHit, ...]],
    kept: KeptSteps,
    already: Sequence[Sentence] = (),
) -> tuple[Excerpt, ...]:
    corrected = [
        correction.new for correction in material.corrections.briefs if correction.new is not None
    ]
    made = excerpt(
        weighed,
        news.sentences,
        ranker=recipe.ranker,
        classifier=recipe.classifier,
        sections=sections,
        day=material.day,
        language=Language.of(recipe.language),
        continued=continued,
        before=material.before,
        corrected=corrected,
        already=already,
        kept=kept,
    )
    return tuple(replace(drawn, watched=watched.get(drawn.story.id, ())) for drawn in made)


def _cited(
    drawing: Callable[..., tuple[Excerpt, ...]],
    foremost: Sequence[Weighed],
    named: Sequence[Weighed],
    *,
    material: Material,
) -> tuple[tuple[Excerpt, ...], tuple[Excerpt, ...], Mapping[str, Document]]:
    """Draw stories for all pages, then those for pages of lists; return both and what they cite."""
    drawn = drawing(foremost)
    already = [sentence for each in drawn for _, lengths in each.briefs for sentence in lengths[-1]]
    aside = drawing(named, already=already)
    cited, earlier = cite_earlier((*drawn, *aside), material=material)
    return cited[: len(drawn)], cited[len(drawn) :], earlier


def tell_topics(
    stories: Sequence[Story],
    sentences: Mapping[str, Sequence[Sentence]],
    recipe: Recipe,
    *,
    known: Mapping[str, ReportTopics] = MappingProxyType({}),
) -> tuple[Mapping[str, float], ...]:
    """Return the probability of each section for each story; sentences are those by document."""
    return tell_stories(
        stories,
        sentences,
        classifier=recipe.story_classifier or recipe.classifier,
        second=recipe.classifier if recipe.story_classifier else None,
        known=known,
    )


@in_language(lambda _, *, recipe: recipe.language)
def gauge(documents: Sequence[Document], *, recipe: Recipe) -> dict[str, Mapping[str, float]]:
    """Return the probability of each section for single reports, such as gated ones, by id."""
    if not documents:
        return {}
    sentences = {document.id: segment(document) for document in documents}
    rows = tell_topics(
        [Story(document.id, (document,)) for document in documents], sentences, recipe
    )
    return {document.id: row for document, row in zip(documents, rows, strict=True)}


def blank(material: Material, *today: DayCount, recipe: Recipe) -> Edition:
    """Return the edition before anything is printed on it."""
    day, which, previous = material.day, material.which, material.previous
    # The chart compares mornings with mornings.
    alike = next((other for other in material.before if other.slot == material.edition), None)
    return Edition(
        id=str(EditionId(series_of(slug(recipe.name), material.edition), day, which.revision)),
        name=recipe.name,
        day=day,
        language=recipe.language,
        number=which.number,
        dateline=recipe.dateline,
        sections=(),
        panel=Panel(),
        documents={},
        days=(*(alike.days[1 - _DAYS :] if alike else ()), *today),
        ledger=Ledger(),
        setting=Setting(Scale.NORMAL, 0.0, 0.0),
        manifest=recipe.manifest,
        address=f"{recipe.web}/{path_of(material.edition, day)}" if recipe.web else "",
        letterhead=recipe.letterhead,
        since=previous.day if previous else None,
        note=material.note,
        lists=recipe.lists,
    )


def slug(name: str) -> str:
    """Return a name in lower-case letters, digits and hyphens, never empty."""
    return re.sub(r"[\W_]+", "-", name.casefold()).strip("-") or "briefing"


def _count(day: date, weighed: Sequence[Weighed], sections: Sequence[str]) -> DayCount:
    counted = Counter(entry.section for entry in weighed if not entry.say.dropped)
    return DayCount(day, {name: counted[name] for name in sections})


def _ledger(
    material: Material,
    news: PassedReports,
    used: Sequence[Weighed],
    elsewhere: Sequence[Story],
    *,
    all_stories: tuple[FoundStory, ...],
) -> Ledger:
    documents, left_out = material.documents, material.left_out
    stories = (*(entry.story for entry in used), *elsewhere)
    copies = [copy for story in stories for copy in story.copies]
    in_stories = {name for story in all_stories for name in story.documents}
    drops = [
        (document.id, str(reason))
        for document, reason in news.gated
        if document.id not in in_stories
    ]
    drops += [(copy.id, COPY) for copy in copies]
    given = {document.id for document in documents if document.published}
    dateless = [document for document in news.documents if document.id not in given]
    reasons = Counter(reason for _, reason in drops) + Counter(left_out)
    return Ledger(
        documents=len(documents) + sum(left_out.values()),
        publishers=len({document.family for document in documents}),
        stories=len(stories),
        sentences=news.sentences.count,
        dropped_documents=dict(sorted(reasons.items())),
        dropped_sentences=dict(sorted(news.left_out.items())),
        kinds=dict(sorted(Counter(news.kinds.values()).items())),
        drops=tuple(drops),
        failures=len(material.failed),
        failed=tuple(material.failed),
        corrections=material.corrections.sources,
        dated_by_words=sum(document.published is not None for document in dateless),
        undated=sum(document.published is None for document in dateless),
        dropped_stories=count_reasons(all_stories),
        ranked=all_stories,
        foreign=sum(len(story.foreign) for story in stories),
    )


def _settled(
    heard: Heard,
    asked: Sequence[Weighed],
    excerpts: Sequence[Excerpt],
    *,
    gated: Sequence[tuple[Document, Reason]],
) -> tuple[ChoiceOutcome, ...]:
    printable = {excerpt.story.id for excerpt in excerpts}
    # A headline that was chosen takes effect where the story is named by it.
    bare = {document.id for document, _ in gated}
    wanted = {
        entry.story.id
        for entry in asked
        if not entry.say.dropped and (entry.say.placed or entry.story.documents[0].id not in bare)
    }
    return settle(
        heard.outcomes, wordless=wanted - printable, gated=[document for document, _ in gated]
    )


def _nothing(ledger: Ledger) -> str:
    counts = (*ledger.dropped_documents.items(), *ledger.dropped_stories.items())
    reasons = ", ".join(f"{count} {reason}" for reason, count in counts)
    return f"nothing to print: {counted(ledger.documents, 'report')}, {reasons or 'no text'}"
