"""The one pipeline: documents in, a fitted edition out, each step in its room."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial
from types import MappingProxyType

from briefing.core.counting import counted
from briefing.core.errors import NothingToPrintError
from briefing.core.language import Language, in_language
from briefing.core.model import (
    COPY,
    ChoiceOutcome,
    CorrectionBrief,
    DayCount,
    Document,
    Edition,
    EditionId,
    Excerpt,
    FoundStory,
    Kind,
    Ledger,
    Material,
    NamedStory,
    Panel,
    Scale,
    Sentence,
    Setting,
    Status,
    Story,
    WatchHit,
    no_entries,
    path_of,
    series_of,
)
from briefing.core.own_page import DayStories, due_for, name_stories, named_for_readers
from briefing.core.page.compose import MOST_BRIEFS, cite_earlier
from briefing.core.page.fit import Fitted, fit
from briefing.core.ports import Measure, Recipe
from briefing.core.steps import KeptSteps
from briefing.core.text.analysis import Analyses, Analysis, Printable, analyze_all
from briefing.core.text.choices import Heard, hear, rescued, settle, with_pulled
from briefing.core.text.cluster import cluster
from briefing.core.text.copies import find_copies
from briefing.core.text.corrections import without_old_words
from briefing.core.text.dates import announce, dated
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
from briefing.core.text.likeness import Bag
from briefing.core.text.sagas import (
    Continuation,
    find_continuations,
    number_sagas,
    with_openings,
)
from briefing.core.text.segment import segment
from briefing.core.text.shortlist import shortlist
from briefing.core.text.signals import Signals, unpack_signals
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
    weighed = tuple(entry for entry in entries if entry.section)
    watch("rank")
    looked = _followed(entries, watched)
    followed = tuple(entry.story for entry in looked)
    continued = kept(_continued, None, followed, news, replace(material, choices=(), note=None))
    foremost = shortlist(weighed, continued, most=MOST_BRIEFS, apart=watched)
    own_words = watched_in(stories, Matcher.of(material.own_words))
    hits = _together(watched, own_words)
    lists = (*recipe.lists, *(words.name for words in material.own_words))
    named = named_for_readers(
        entries, hits, lists, sections=sections, most=MOST_BRIEFS, beside=foremost
    )
    # Apart, so that nothing of the page of all sections depends on readers' own words.
    apart = [entry.story for entry in named if entry.story.id not in continued]
    continued = {**continued, **_continued(apart, news, material)}
    drawing = partial(_excerpts, news, material, continued, recipe=recipe, kept=kept)
    drawing = partial(drawing, sections=sections, watched=watched)
    excerpts, aside, earlier = _cited(drawing, foremost, named, material=material)
    own = found_stories(entries, foremost=foremost, excerpts=excerpts, sections=sections)
    all_stories = with_foreign_reports(own, stories, elsewhere)
    ledger = _ledger(material, news, (*stories, *elsewhere), all_stories=all_stories)
    if not excerpts and not material.corrections.briefs:
        raise NothingToPrintError(_nothing(ledger))
    watch("compose")
    also = name_stories(looked, sentences=news.sentences, continued=continued, watched=watched)
    also += named_stories(elsewhere)
    empty = replace(
        blank(material, _count(material.day, weighed, sections), recipe=recipe),
        ledger=ledger,
        choices=_settled(heard, foremost, excerpts, gated=news.gated),
        documents={**earlier, **material.corrections.documents, **_titled(also, news)},
        corrections=material.corrections.briefs,
    )
    due = due_for(material, [entry.story for entry in foremost])
    own_hits = {words.name: _of_list(own_words, words.name) for words in material.own_words}
    may_print = DayStories(empty, excerpts, tuple(sections), also, due, aside, own_hits)
    watch("fit")
    complete = partial(_complete, material=material, foremost=foremost, news=news, stories=stories)
    fitted = fit(may_print.draft, measure, complete=complete)
    # No page shows the evidence, so it is the page that was laid out.
    explained = explain(fitted.edition, excerpts, _matches(excerpts, news, recipe))
    return Made(
        with_likeness(explained, excerpts),
        fitted,
        {entry.story.documents[0].id: entry.topics for entry in entries},
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


def _followed(
    entries: Sequence[Weighed], watched: Mapping[str, tuple[WatchHit, ...]]
) -> list[Weighed]:
    """Return the stories that are joined to sagas: the most important, and those wanted."""
    wanted = {*watched, *(entry.story.id for entry in entries if entry.say.placed)}
    others = entries[_FOLLOWED:]
    return [*entries[:_FOLLOWED], *(entry for entry in others if entry.story.id in wanted)]


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
    reports = [document for document, _ in news.foreign]
    kept = (
        (document.id, unpack_signals(its.signals, key=recipe.signals))
        for document, its in news.foreign
    )
    known = {name: its.vector for name, its in kept if its and its.meaning}
    joined = join(stories, reports, openings=openings, embed=recipe.embed, known=known)
    if not recipe.names_foreign:
        return joined, ()
    used = {document.id for story in joined for document, _ in story.foreign}
    left = [pair for pair in news.foreign if pair[0].id not in used]
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
    stories: Sequence[Story],
    *,
    all_stories: tuple[FoundStory, ...],
) -> Ledger:
    documents, left_out = material.documents, material.left_out
    copies = [copy for story in stories for copy in story.copies]
    used = {name for story in all_stories for name in story.documents}
    drops = [
        (document.id, str(reason)) for document, reason in news.gated if document.id not in used
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
    foremost: Sequence[Weighed],
    excerpts: Sequence[Excerpt],
    *,
    gated: Sequence[tuple[Document, Reason]],
) -> tuple[ChoiceOutcome, ...]:
    printable = {excerpt.story.id for excerpt in excerpts}
    asked = {entry.story.id for entry in foremost}
    return settle(
        heard.outcomes, wordless=asked - printable, gated=[document for document, _ in gated]
    )


def _nothing(ledger: Ledger) -> str:
    counts = (*ledger.dropped_documents.items(), *ledger.dropped_stories.items())
    reasons = ", ".join(f"{count} {reason}" for reason, count in counts)
    return f"nothing to print: {counted(ledger.documents, 'report')}, {reasons or 'no text'}"


@dataclass(frozen=True, slots=True, eq=False)
class PassedReports:
    """What passed the gate."""

    documents: tuple[Document, ...]
    sentences: Printable
    #: Of each document that passed, in their order.
    analyses: tuple[Analysis, ...] = ()
    #: Reports that did not pass, with the reasons.
    gated: tuple[tuple[Document, Reason], ...] = ()
    #: How many sentences were left out of the others, by reason.
    left_out: Mapping[str, int] = field(default_factory=no_entries)
    #: Those of the reports that did not pass that only their language keeps from it.
    foreign: tuple[tuple[Document, Analysis], ...] = ()

    @property
    def bags(self) -> dict[str, Bag]:
        """The words of each document, by its id."""
        pairs = zip(self.documents, self.analyses, strict=True)
        return {document.id: analysis.bag for document, analysis in pairs}

    @property
    def opinions(self) -> dict[str, float]:
        """How likely each document is an opinion piece by its words, by its id."""
        pairs = zip(self.documents, self.analyses, strict=True)
        return {document.id: analysis.opinion for document, analysis in pairs}

    def signals(self, key: bytes) -> dict[str, Signals]:
        """Return what is kept of documents by a rule on sections and importance, by their ids."""
        pairs = zip(self.documents, self.analyses, strict=True)
        read = ((document.id, unpack_signals(its.signals, key=key)) for document, its in pairs)
        return {name: its for name, its in read if its}

    @property
    def every(self) -> tuple[Document, ...]:
        """All documents, then those that did not pass."""
        return (*self.documents, *(document for document, _ in self.gated))

    @property
    def kinds(self) -> dict[str, Kind]:
        """What kind of text each document is, by its id."""
        return {document.id: document.kind for document in self.every if document.kind}


def sift(material: Material, *, recipe: Recipe, known: Analyses, kept: KeptSteps) -> PassedReports:
    """Return what passes the gate of all that came in, in its order.

    What is not ``known`` already of single documents is found out.
    """
    corrections = material.corrections.briefs
    withdrawn = {correction.old.document for correction in corrections if correction.new is None}
    documents = [document for document in material.documents if document.id not in withdrawn]
    analyses = kept(analyze_all, None, documents, known, language=recipe.language)
    wanted = rescued(material.choices, documents)
    # What passes anyway needs no rescue: an editor who leads with it changes nothing here.
    refused = [document for document, its in zip(documents, analyses, strict=True) if its.whole]
    saved = wanted.intersection(document.id for document in refused)
    return kept(_passed, None, documents, analyses, saved, corrections, by=material.day)


def _passed(
    documents: Sequence[Document],
    analyses: Sequence[Analysis],
    saved: Set[str],
    corrections: Sequence[CorrectionBrief],
    *,
    by: date,
) -> PassedReports:
    passed, gated, foreign = [], [], []
    for report, analysis in zip(dated(documents, by=by), analyses, strict=True):
        document = replace(report, kind=analysis.kind)
        if analysis.passes(rescued=document.id in saved):
            passed.append((document, analysis))
        else:
            gated.append((document, analysis.whole or Reason.STUB))
            if analysis.whole is Reason.LANGUAGE:
                foreign.append((document, analysis))
    right = without_old_words(corrections)
    return PassedReports(
        tuple(document for document, _ in passed),
        Printable(passed, allowed=right if corrections else None),
        tuple(analysis for _, analysis in passed),
        tuple(gated),
        sum((analysis.reasons() for _, analysis in passed), Counter()),
        tuple(foreign),
    )
