"""The pipeline: documents in, a fitted edition out."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import MappingProxyType
from typing import Self

from briefing.core.errors import NothingToPrintError
from briefing.core.frozen import frozen
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
    Ledger,
    Material,
    NamedStory,
    Panel,
    Scale,
    Sentence,
    Setting,
    Story,
    WatchEntry,
    WatchHit,
    WatchList,
    no_entries,
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

#: The steps in order, as they are reported to ``watch``.
STEPS = ("analyze", "cluster", "classify", "rank", "compose", "fit")
#: Days shown in the chart.
_DAYS = 14
#: How many of the most important stories are linked to sagas, printed or not.
_FOLLOWED = 200
Watch = Callable[[str], None]
#: Clusters the reports that passed the gate into stories.
Group = Callable[..., tuple[Story, ...]]


@frozen
class Made:
    """An edition, how its page was fitted, and what was found on the way."""

    edition: Edition
    fitted: Fitted
    #: Probability of each section, by the id of a story's most central report.
    topics: Mapping[str, Mapping[str, float]]
    #: What own pages are laid out from.
    stories: DayStories


@frozen
class Prepared:
    """Results of earlier work that need not be computed again."""

    #: Analyses of single documents, in the language of the recipe.
    analyses: Analyses = field(default_factory=no_entries)
    #: Steps of earlier editions with the same recipe.
    steps: KeptSteps = field(default_factory=KeptSteps)
    #: Returns the same as :func:`cluster_reports`, and is called instead; None: call that.
    group: Group | None = None


@in_language(lambda _, *, recipe, **__: recipe.language)
def make_edition(
    material: Material,
    *,
    recipe: Recipe,
    measure: Measure,
    known: Prepared | None = None,
    watch: Watch = lambda _: None,
) -> Made:
    """Make the edition of one day.

    ``watch`` is called with each of :data:`STEPS` as it begins.

    Raises:
        ChoiceError: choices contradict each other, or the page has no room for all of them.
        NothingToPrintError: nothing is left to print; the message counts the reasons.
        LayoutError: the page cannot be laid out.
    """
    today = _DayNews.read(material, recipe, known or Prepared(), watch)
    heard = hear(material.choices, today.stories, sections=today.sections)
    entries = today.weigh(heard)
    watch("rank")
    chosen = today.choose(entries)
    ledger = today.ledger(chosen)
    if not (chosen.excerpts or material.corrections.briefs):
        raise NothingToPrintError(_nothing(ledger))
    watch("compose")
    may_print = today.compose(chosen, ledger, today.settled(heard, chosen))
    watch("fit")
    fitted = today.fit(may_print, measure)
    # Evidence is not printed, so adding it does not change the page that was laid out.
    texts = {each.story.id: told_by(each.story, today.news.sentences) for each in chosen.excerpts}
    explained = explain(fitted.edition, chosen.excerpts, lambda story: recipe.matches(texts[story]))
    return Made(
        with_likeness(explained, chosen.excerpts),
        fitted,
        {entry.story.documents[0].id: entry.topics for entry in chosen.used},
        may_print,
    )


@frozen
class _Chosen:
    """The stories that the pages of a day may print, and what they print of them."""

    #: All but those with headlines alone that are not named, the most important first.
    used: Sequence[Weighed]
    #: Those that have text and a section.
    weighed: Sequence[Weighed]
    #: Those of the page of all sections.
    foremost: tuple[Weighed, ...]
    #: Those tried for a brief: these, and those with headlines alone.
    asked: Sequence[Weighed]
    continued: Mapping[str, Continuation]
    #: Hits of readers' own words, by story.
    own_words: Mapping[str, tuple[WatchHit, ...]]
    excerpts: tuple[Excerpt, ...]
    #: Excerpts for readers' own pages only.
    aside: tuple[Excerpt, ...]
    #: Documents of earlier editions whose headlines are cited.
    earlier: Mapping[str, Document]
    #: Stories worth naming; none if nothing is printed.
    also: tuple[NamedStory, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _DayNews:
    """What came in for an edition, and what its stories are chosen by."""

    material: Material
    recipe: Recipe
    news: PassedReports
    #: Including their reports in other languages.
    stories: tuple[Story, ...]
    #: Stories to be named that only reports in other languages cover.
    elsewhere: tuple[Story, ...]
    #: Names of the sections that can be printed.
    sections: Sequence[str]
    #: Hits of the desk's watch-lists, by story.
    watched: Mapping[str, tuple[WatchHit, ...]]
    kept: KeptSteps

    @classmethod
    def read(cls, material: Material, recipe: Recipe, known: Prepared, watch: Watch) -> Self:
        """Sift and cluster what came in, and look for what the desk watches."""
        kept = known.steps
        watch("analyze")
        news = sift(material, recipe=recipe, known=known.analyses, kept=kept)
        watch("cluster")
        clusters = kept(known.group or cluster_reports, None, news, window=recipe.window)
        stories, elsewhere = _with_foreign(clusters, news, material, recipe=recipe)
        watch("classify")
        sections = printed_sections(recipe.sections, other=recipe.other)
        watched = watched_in(stories, recipe.watch)
        return cls(material, recipe, news, stories, elsewhere, sections, watched, kept)

    def weigh(self, heard: Heard) -> tuple[Weighed, ...]:
        """Return the stories with their topics and importance, following editors' choices."""
        news, recipe = self.news, self.recipe
        known = news.signals(recipe.signals)
        # If a correction removed sentences of a report, its stored topics no longer hold.
        is_cut = news.sentences.filtered
        topics = {} if is_cut else {name: (its.opening, its.body) for name, its in known.items()}
        return weigh(
            self.stories,
            tell_topics(self.stories, news.sentences, recipe, known=topics),
            sections=self.sections,
            says=with_pulled(heard.says, pulled_in(self.watched)),
            kinds=news.kinds,
            known={name: its.importance for name, its in known.items()},
            opinions=news.opinions,
            worth_of=recipe.worth_of,
        )

    def choose(self, entries: Sequence[Weighed]) -> _Chosen:
        """Choose the stories of the page of all sections, and those of readers' own pages."""
        material, news = self.material, self.news
        # Stories of which only headlines may be printed.
        bare = {
            entry.story.id
            for entry in entries
            if all(report.id in news.bare for report in entry.story.documents)
        }
        texts = [entry for entry in entries if entry.story.id not in bare]
        weighed = [entry for entry in texts if entry.section]
        looked = self.followed(entries)
        followed = tuple(entry.story for entry in looked)
        unchosen = replace(material, choices=(), note=None)
        continued = self.kept(_continued, None, followed, news, unchosen)
        foremost = shortlist(weighed, continued, most=MOST_BRIEFS, apart=self.watched)
        own_words = watched_in(self.stories, Matcher.of(material.own_words))
        hits = {
            story: (*self.watched.get(story, ()), *own_words.get(story, ()))
            for story in {*self.watched, *own_words}
        }
        lists = (*self.recipe.lists, *(words.name for words in material.own_words))
        named = named_for_readers(texts, hits, lists, sections=self.sections, beside=foremost)
        # Computed separately, so that the page of all sections never depends on readers' own words.
        apart = [entry.story for entry in named if entry.story.id not in continued]
        continued = {**continued, **_continued(apart, news, material)}
        excerpts, aside, earlier = self.cited(foremost, named, continued)
        also = self.named(looked, continued) if excerpts or material.corrections.briefs else ()
        unused = bare - {story.story for story in also}
        used = [entry for entry in entries if entry.story.id not in unused]
        asked = [*foremost, *(entry for entry in entries if entry.story.id in bare)]
        return _Chosen(
            used, weighed, foremost, asked, continued, own_words, excerpts, aside, earlier, also
        )

    def followed(self, entries: Sequence[Weighed]) -> list[Weighed]:
        """Return the stories to link to sagas: the most important, watched and placed ones."""
        wanted = {*self.watched, *(entry.story.id for entry in entries if entry.say.placed)}
        others = entries[_FOLLOWED:]
        return [*entries[:_FOLLOWED], *(entry for entry in others if entry.story.id in wanted)]

    def cited(
        self,
        foremost: Sequence[Weighed],
        named: Sequence[Weighed],
        continued: Mapping[str, Continuation],
    ) -> tuple[tuple[Excerpt, ...], tuple[Excerpt, ...], Mapping[str, Document]]:
        """Excerpt stories for all pages, then those for readers' pages; add earlier headlines."""
        drawn = self._excerpts(foremost, continued)
        already = [
            sentence for each in drawn for _, lengths in each.briefs for sentence in lengths[-1]
        ]
        aside = self._excerpts(named, continued, already=already)
        cited, earlier = cite_earlier((*drawn, *aside), material=self.material)
        return cited[: len(drawn)], cited[len(drawn) :], earlier

    def _excerpts(
        self,
        weighed: Sequence[Weighed],
        continued: Mapping[str, Continuation],
        *,
        already: Sequence[Sentence] = (),
    ) -> tuple[Excerpt, ...]:
        material, recipe = self.material, self.recipe
        made = excerpt(
            weighed,
            self.news.sentences,
            ranker=recipe.ranker,
            classifier=recipe.classifier,
            sections=self.sections,
            day=material.day,
            language=Language.of(recipe.language),
            continued=continued,
            before=material.before,
            corrected=[brief.new for brief in material.corrections.briefs if brief.new],
            already=already,
            kept=self.kept,
        )
        return tuple(replace(drawn, watched=self.watched.get(drawn.story.id, ())) for drawn in made)

    def compose(
        self, chosen: _Chosen, ledger: Ledger, choices: tuple[ChoiceOutcome, ...]
    ) -> DayStories:
        """Return what all pages of the day are laid out from."""
        material, corrections = self.material, self.material.corrections
        also = (*chosen.also, *named_stories(self.elsewhere))
        counts = Counter(entry.section for entry in chosen.weighed if not entry.say.dropped)
        count = DayCount(material.day, {name: counts[name] for name in self.sections})
        empty = replace(
            blank(material, count, recipe=self.recipe),
            ledger=ledger,
            choices=choices,
            documents={**chosen.earlier, **corrections.documents, **self.titled(also)},
            corrections=corrections.briefs,
        )
        due = due_for(material, [entry.story for entry in chosen.foremost])
        own = {words.name: _of_list(chosen.own_words, words.name) for words in material.own_words}
        muted = _muted(material, (*self.stories, *self.elsewhere), chosen.continued, due=due)
        return DayStories(
            empty, chosen.excerpts, tuple(self.sections), also, due, chosen.aside, own, muted
        )

    def fit(self, may_print: DayStories, measure: Measure) -> Fitted:
        """Fit the page, including data that its digest covers but its layout does not need."""

        def complete(edition: Edition) -> Edition:
            numbered = number_sagas(edition, material=self.material)
            stories = (excerpt.story for excerpt in may_print.excerpts)
            announced = announce(numbered, stories, self.news.sentences)
            return with_openings(announced, self.stories)

        return fit(may_print.draft, measure, complete=complete)

    def named(
        self, looked: Sequence[Weighed], continued: Mapping[str, Continuation]
    ) -> tuple[NamedStory, ...]:
        """Return the stories worth naming, without those whose every sentence was corrected."""
        right = [
            entry
            for entry in looked
            if not all(self.news.sentences.emptied(report.id) for report in entry.story.documents)
        ]
        return name_stories(right, continued=continued, watched=self.watched)

    def titled(self, also: Sequence[NamedStory]) -> dict[str, Document]:
        """Return the reports whose titles name stories, by id."""
        titles = {story.title.document for story in also}
        return {document.id: document for document in self.news.every if document.id in titles}

    def ledger(self, chosen: _Chosen) -> Ledger:
        """Return the outcome of everything that came in."""
        material, news = self.material, self.news
        own = found_stories(
            chosen.used, foremost=chosen.asked, excerpts=chosen.excerpts, sections=self.sections
        )
        ranked = with_foreign_reports(own, self.stories, self.elsewhere)
        stories = (*(entry.story for entry in chosen.used), *self.elsewhere)
        documents, left_out = material.documents, material.left_out
        in_stories = {name for story in ranked for name in story.documents}
        drops = [
            (document.id, str(reason))
            for document, reason in news.gated
            if document.id not in in_stories
        ]
        drops += [(copy.id, COPY) for story in stories for copy in story.copies]
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
            dropped_stories=count_reasons(ranked),
            ranked=ranked,
            foreign=sum(len(story.foreign) for story in stories),
        )

    def settled(self, heard: Heard, chosen: _Chosen) -> tuple[ChoiceOutcome, ...]:
        """Return the outcomes of editors' choices."""
        printable = {excerpt.story.id for excerpt in chosen.excerpts}
        # A chosen headline takes effect even if the story is only named.
        bare = self.news.bare
        wanted = {
            entry.story.id
            for entry in chosen.asked
            if not entry.say.dropped
            and (entry.say.placed or entry.story.documents[0].id not in bare)
        }
        gated = [document for document, _ in self.news.gated]
        return settle(heard.outcomes, wordless=wanted - printable, gated=gated)


def _of_list(
    hits: Mapping[str, Sequence[WatchHit]], name: str
) -> Mapping[str, tuple[WatchHit, ...]]:
    """Return the hits of one list, by story."""
    by_story = {story: tuple(hit for hit in own if hit.list == name) for story, own in hits.items()}
    return {story: own for story, own in by_story.items() if own}


def _muted(
    material: Material,
    stories: Iterable[Story],
    continued: Mapping[str, Continuation],
    *,
    due: Sequence[DueDate],
) -> dict[str, frozenset[str]]:
    """Return the ids of muted stories and announcements, by the readers' choice of mutes."""
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


def cluster_reports(news: PassedReports, *, window: timedelta) -> tuple[Story, ...]:
    """Cluster the reports that passed the gate; stories with the most reports come first."""
    copies = find_copies(news.documents, [analysis.fingerprint for analysis in news.analyses])
    return cluster(news.documents, copies=copies, window=window, bags=news.bags)


def _with_foreign(
    stories: Sequence[Story], news: PassedReports, material: Material, *, recipe: Recipe
) -> tuple[tuple[Story, ...], tuple[Story, ...]]:
    """Add reports in other languages to stories, and return stories only those reports cover.

    The latter are returned only if they are to be named, and if no earlier edition named them.
    """
    if recipe.embed is None or not news.foreign:
        return tuple(stories), ()
    pairs = (*news.analyzed, *news.foreign)
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


def tell_topics(
    stories: Sequence[Story],
    sentences: Mapping[str, Sequence[Sentence]],
    recipe: Recipe,
    *,
    known: Mapping[str, ReportTopics] = MappingProxyType({}),
) -> tuple[Mapping[str, float], ...]:
    """Return the probability of each section for each story; sentences are by document id."""
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
    """Return an edition on which nothing is printed yet."""
    day, which, previous = material.day, material.which, material.previous
    # Count only editions of the same time of day: the chart compares mornings with mornings.
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
    """Turn a name into lower-case letters, digits and hyphens; never empty."""
    return re.sub(r"[\W_]+", "-", name.casefold()).strip("-") or "briefing"


def _nothing(ledger: Ledger) -> str:
    counts = (*ledger.dropped_documents.items(), *ledger.dropped_stories.items())
    reasons = ", ".join(f"{count} {reason}" for reason, count in counts)
    return f"nothing to print: {counted(ledger.documents, 'report')}, {reasons or 'no text'}"
