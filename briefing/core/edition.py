"""The one pipeline: documents in, a fitted edition out, each step in its room."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial
from types import MappingProxyType

from briefing.core.counting import counted
from briefing.core.errors import ChoiceError, NothingToPrintError
from briefing.core.model import (
    COPY,
    Action,
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
)
from briefing.core.own_page import DayStories, due_for, name_stories, named_for_readers
from briefing.core.page.compose import MOST_BRIEFS, cite_earlier
from briefing.core.page.fit import Fitted, fit
from briefing.core.ports import Measure, Recipe
from briefing.core.text.analysis import Analyses, Analysis, Printable, analyze_all
from briefing.core.text.choices import Heard, hear, in_place, rescued, settle, with_pulled
from briefing.core.text.cluster import cluster
from briefing.core.text.copies import find_copies
from briefing.core.text.corrections import without_old_words
from briefing.core.text.dates import announce, dated
from briefing.core.text.excerpt import excerpt
from briefing.core.text.furniture import Reason
from briefing.core.text.importance import (
    AHEAD,
    NAMED,
    TOLD,
    Weighed,
    count_reasons,
    explain,
    found_stories,
    weigh,
    worth,
)
from briefing.core.text.likeness import Bag
from briefing.core.text.sagas import Continuation, find_continuations, number_sagas
from briefing.core.text.segment import segment
from briefing.core.text.topics import printed_sections, tell_stories, told_by
from briefing.core.text.watch import pulled_in, watched_in

#: The steps in order, as the watcher hears them.
STEPS = ("analyze", "cluster", "classify", "rank", "compose", "fit")
#: Days kept for the chart.
_DAYS = 14
#: Stories, the most important first, that are joined to sagas, printed or not.
_FOLLOWED = 200
#: Stories of one saga that a page tells, whatever else there is.
_LEAST_OF_A_SAGA = 3

Watch = Callable[[str], None]


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


def make_edition(
    material: Material,
    *,
    recipe: Recipe,
    measure: Measure,
    known: Analyses = MappingProxyType({}),
    watch: Watch = lambda _: None,
) -> Made:
    """Make the edition of one day.

    Args:
        material: all that came in.
        recipe: what the operator has decided.
        measure: the press.
        known: what is known already of single documents, in the language of the recipe; what is
            not is found out.
        watch: told each of :data:`STEPS` as it begins.

    Raises:
        ChoiceError: choices contradict each other, or a page has no room for all of them.
        NothingToPrintError: nothing is left to print; the message counts the reasons.
        LayoutError: the page cannot be laid out.
    """
    watch("analyze")
    news = sift(material, recipe=recipe, known=known)
    watch("cluster")
    stories = cluster_reports(news, window=recipe.window)
    watch("classify")
    sections = printed_sections(recipe.sections, other=recipe.other)
    heard = hear(material.choices, stories, sections=sections)
    watched = watched_in(stories, recipe.watch)
    told = _weigh(stories, heard, watched, news, recipe=recipe, sections=sections)
    weighed = tuple(one for one in told if one.section)
    watch("rank")
    looked = _followed(told, watched)
    continued = _continued(looked, news, material)
    foremost = _foremost(weighed, continued)
    named = named_for_readers(
        told, watched, recipe.lists, sections=sections, most=MOST_BRIEFS, beside=foremost
    )
    drawing = partial(
        _excerpts,
        news,
        material,
        continued,
        recipe=recipe,
        sections=sections,
        watched=watched,
    )
    excerpts, aside, earlier = _cited(drawing, foremost, named, material=material)
    found = found_stories(told, foremost=foremost, excerpts=excerpts, sections=sections)
    ledger = _ledger(material, news, stories, found=found)
    _refuse_empty(excerpts, material, ledger)
    watch("compose")
    also = name_stories(looked, sentences=news.sentences, continued=continued, watched=watched)
    empty = replace(
        blank(material, _count(material.day, weighed, sections), recipe=recipe),
        ledger=ledger,
        choices=_settled(heard, foremost, excerpts, gated=news.gated),
        documents={**earlier, **material.corrections.documents, **_titled(also, news)},
        corrections=material.corrections.briefs,
    )
    due = due_for(material, [one.story for one in foremost])
    may_print = DayStories(empty, excerpts, tuple(sections), also, due, aside)
    watch("fit")
    fitted = fit(may_print.draft, measure)
    printed = number_sagas(fitted.edition, material=material)
    printed = announce(printed, [one.story for one in foremost], news.sentences)
    return Made(
        explain(printed, excerpts, _matches(excerpts, news, recipe)),
        fitted,
        {one.story.documents[0].id: one.topics for one in told},
        {one.story.id: one.status for one in excerpts},
        may_print,
    )


def _matches(
    excerpts: Sequence[Excerpt], news: PassedReports, recipe: Recipe
) -> Callable[[str], Sequence[tuple[str, str, float]]]:
    """Return what tells which words that define sections stand in a story, by its id."""
    texts = {one.story.id: told_by(one.story, news.sentences) for one in excerpts}
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
    return weigh(
        stories,
        tell_topics(stories, news.sentences, recipe),
        sections=sections,
        bags=news.bags,
        says=with_pulled(heard.says, pulled_in(watched)),
        kinds=news.kinds,
    )


def cluster_reports(news: PassedReports, *, window: timedelta) -> tuple[Story, ...]:
    """Return the stories of what passed the gate, those with most reports first."""
    copies = find_copies(news.documents, [found.fingerprint for found in news.analyses])
    return cluster(news.documents, copies=copies, window=window, bags=news.bags)


def _followed(
    told: Sequence[Weighed], watched: Mapping[str, tuple[WatchHit, ...]]
) -> tuple[Weighed, ...]:
    """Return the stories that are joined to sagas: the most important, and those wanted."""
    return tuple(
        one
        for place, one in enumerate(told)
        if place < _FOLLOWED or one.say.placed or one.story.id in watched
    )


def _continued(
    weighed: Sequence[Weighed], news: PassedReports, material: Material
) -> Mapping[str, Continuation]:
    stories = [one.story for one in weighed]
    found = find_continuations(stories, material, bags=news.bags)
    return {story.id: its for story, its in zip(stories, found, strict=True)}


def _excerpts(  # noqa: PLR0913  what a choice of sentences depends on
    news: PassedReports,
    material: Material,
    continued: Mapping[str, Continuation],
    weighed: Sequence[Weighed],
    *,
    recipe: Recipe,
    sections: Sequence[str],
    watched: Mapping[str, tuple[WatchHit, ...]],
    said: Sequence[Sentence] = (),
) -> tuple[Excerpt, ...]:
    corrected = [one.new for one in material.corrections.briefs if one.new is not None]
    made = excerpt(
        weighed,
        news.sentences,
        ranker=recipe.ranker,
        classifier=recipe.classifier,
        sections=sections,
        day=material.day,
        continued=continued,
        before=material.before,
        corrected=corrected,
        said=said,
    )
    return tuple(replace(one, watched=watched.get(one.story.id, ())) for one in made)


def _cited(
    drawing: Callable[..., tuple[Excerpt, ...]],
    foremost: Sequence[Weighed],
    named: Sequence[Weighed],
    *,
    material: Material,
) -> tuple[tuple[Excerpt, ...], tuple[Excerpt, ...], Mapping[str, Document]]:
    """Draw stories for all pages, then those for pages of lists; return both, and what they cite.

    The latter repeat no sentence of the former.
    """
    drawn = drawing(foremost)
    said = [one for each in drawn for _, lengths in each.briefs for one in lengths[-1]]
    aside = drawing(named, said=said)
    cited, earlier = cite_earlier((*drawn, *aside), material=material)
    return cited[: len(drawn)], cited[len(drawn) :], earlier


def tell_topics(
    stories: Sequence[Story], sentences: Mapping[str, Sequence[Sentence]], recipe: Recipe
) -> tuple[Mapping[str, float], ...]:
    """Return the probability of each section for each story; sentences are those by document."""
    return tell_stories(
        stories,
        sentences,
        classifier=recipe.story_classifier or recipe.classifier,
        second=recipe.classifier if recipe.story_classifier else None,
    )


def gauge(documents: Sequence[Document], *, recipe: Recipe) -> dict[str, Mapping[str, float]]:
    """Return the probability of each section for single reports, such as gated ones, by their ids.

    Args:
        documents: with distinct ids.
        recipe: has the classifiers.
    """
    if not documents:
        return {}
    sentences = {one.id: segment(one) for one in documents}
    rows = tell_topics([Story(one.id, (one,)) for one in documents], sentences, recipe)
    return {one.id: row for one, row in zip(documents, rows, strict=True)}


def _titled(also: Sequence[NamedStory], news: PassedReports) -> dict[str, Document]:
    """Return the documents by whose titles stories are named."""
    named = {story.title.document for story in also}
    return {document.id: document for document in news.documents if document.id in named}


def _foremost(
    weighed: Sequence[Weighed], continued: Mapping[str, Continuation]
) -> tuple[Weighed, ...]:
    """Return the stories whose sentences are ranked: of each section as many as a page can print.

    Those that an editor would likely tell, what several publishers report, and what editors want: a
    page of three good stories is better than one filled up with what nobody would tell. What is
    ahead is overtaken by news near it. Taken over all sections alike, a section with hundreds of
    stories would leave none to another.
    """
    pinned = [one.story.documents[0].headline for one in weighed if one.say.place is Action.PIN]
    if len(pinned) >= MOST_BRIEFS:
        raise ChoiceError(
            f"{len(pinned)} stories are pinned and a page holds {MOST_BRIEFS - 1} beside its top "
            f"story; undo some, such as {pinned[-1]!r}"
        )
    odds = worth(weighed)
    still = in_place([one for one in weighed if not one.say.dropped], say=lambda one: one.say)
    likely = {
        one.story.id
        for one in still
        if one.say.placed
        or one.say.pulled
        or odds[one.story.id] >= (TOLD if one.story.publishers == 1 else NAMED)
    }
    news = {
        one.story.id
        for one in still
        if one.story.id in likely and not AHEAD.search(one.story.documents[0].title)
    }
    likely -= {
        one.story.id
        for one in still
        if not (one.say.placed or one.say.pulled or one.story.id in news)
        and any(other in news for other, _ in one.story.near)
    }
    likely = _balanced(likely, still, continued, odds=odds)
    counted: Counter[str] = Counter()
    foremost = []
    for one in still:
        if one.story.id in likely:
            counted[one.section] += 1
            if counted[one.section] <= MOST_BRIEFS:
                foremost.append(one)
    return tuple(foremost)


def _balanced(
    likely: set[str],
    still: Sequence[Weighed],
    continued: Mapping[str, Continuation],
    *,
    odds: Mapping[str, float],
) -> set[str]:
    """Return the stories to print so that no saga has more than half while others may be named.

    Where one has, the best of the others join; of its own, as many stay as there are others, and at
    least three.
    """
    crises = {id_: its.crisis for id_, its in continued.items()}
    ((largest, count),) = Counter(crises.get(id_, id_) for id_ in sorted(likely)).most_common(
        1
    ) or [("", 0)]
    own = [one for one in still if crises.get(one.story.id) == largest and one.story.id in likely]
    others = [
        one.story.id
        for one in still
        if crises.get(one.story.id) != largest
        and (one.story.id in likely or odds[one.story.id] >= NAMED)
    ]
    if not others or 2 * count <= len(likely) or count <= _LEAST_OF_A_SAGA:
        return likely
    most = max(_LEAST_OF_A_SAGA, len(others))
    kept = {
        one.story.id
        for place, one in enumerate(own)
        if place < most or one.say.placed or one.say.pulled
    }
    return kept | {*others[: max(count, len(likely) - count)]} | (likely & {*others})


def blank(material: Material, *today: DayCount, recipe: Recipe) -> Edition:
    """Return the edition before anything is printed on it."""
    day, which, previous = material.day, material.which, material.previous
    return Edition(
        id=str(EditionId(slug(recipe.name), day, which.revision)),
        name=recipe.name,
        day=day,
        language=recipe.language,
        number=which.number,
        dateline=recipe.dateline,
        sections=(),
        panel=Panel(),
        documents={},
        days=(*(previous.days[1 - _DAYS :] if previous else ()), *today),
        ledger=Ledger(),
        setting=Setting(Scale.NORMAL, 0.0, 0.0),
        manifest=recipe.manifest,
        address=f"{recipe.web}/{day}" if recipe.web else "",
        letterhead=recipe.letterhead,
        since=previous.day if previous else None,
        note=material.note,
        lists=recipe.lists,
    )


def slug(name: str) -> str:
    """Return a name in lower-case letters, digits and hyphens, never empty."""
    return re.sub(r"[\W_]+", "-", name.casefold()).strip("-") or "briefing"


def _count(day: date, weighed: Sequence[Weighed], sections: Sequence[str]) -> DayCount:
    counted = Counter(one.section for one in weighed if not one.say.dropped)
    return DayCount(day, {name: counted[name] for name in sections})


def _ledger(
    material: Material,
    news: PassedReports,
    stories: Sequence[Story],
    *,
    found: tuple[FoundStory, ...],
) -> Ledger:
    documents, left_out = material.documents, material.left_out
    copies = [copy for story in stories for copy in story.copies]
    drops = [(document.id, str(reason)) for document, reason in news.gated]
    drops += [(copy.id, COPY) for copy in copies]
    given = {document.id for document in documents if document.published}
    told = [one for one in news.documents if one.id not in given]
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
        dated_by_words=sum(one.published is not None for one in told),
        undated=sum(one.published is None for one in told),
        dropped_stories=count_reasons(found),
        found=found,
    )


def _settled(
    heard: Heard,
    foremost: Sequence[Weighed],
    excerpts: Sequence[Excerpt],
    *,
    gated: Sequence[tuple[Document, Reason]],
) -> tuple[ChoiceOutcome, ...]:
    printable = {one.story.id for one in excerpts}
    asked = {one.story.id for one in foremost}
    return settle(heard.outcomes, wordless=asked - printable, gated=[one for one, _ in gated])


def _refuse_empty(excerpts: Sequence[Excerpt], material: Material, ledger: Ledger) -> None:
    if not excerpts and not material.corrections.briefs:
        raise NothingToPrintError(_nothing(ledger))


def _nothing(ledger: Ledger) -> str:
    counts = (*ledger.dropped_documents.items(), *ledger.dropped_stories.items())
    reasons = ", ".join(f"{count} {reason}" for reason, count in counts)
    return f"nothing to print: {counted(ledger.documents, 'report')}, {reasons or 'no text'}"


@dataclass(frozen=True, slots=True)
class PassedReports:
    """What passed the gate."""

    documents: tuple[Document, ...]
    sentences: Printable
    #: Of each document that passed, in their order.
    analyses: tuple[Analysis, ...] = ()
    #: Reports that did not pass, with the reasons.
    gated: tuple[tuple[Document, Reason], ...] = ()
    #: How many sentences were left out of the others, by reason.
    left_out: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def bags(self) -> dict[str, Bag]:
        """The words of each document, by its id."""
        pairs = zip(self.documents, self.analyses, strict=True)
        return {document.id: found.bag for document, found in pairs}

    @property
    def kinds(self) -> dict[str, Kind]:
        """What kind of text each document is, by its id, also of those that did not pass."""
        every = (*self.documents, *(document for document, _ in self.gated))
        return {document.id: document.kind for document in every if document.kind}


def sift(material: Material, *, recipe: Recipe, known: Analyses) -> PassedReports:
    """Return what passes the gate of all that came in, in its order.

    Args:
        material: with what editors rescue and what corrections withdraw.
        recipe: has the language.
        known: what is known already of single documents; what is not is found out.
    """
    corrections = material.corrections.briefs
    documents = _standing(material.documents, corrections)
    analyses = analyze_all(documents, known, language=recipe.language)
    wanted = rescued(material.choices, documents)
    passed, gated = [], []
    for untold, found in zip(dated(documents, by=material.day), analyses, strict=True):
        document = replace(untold, kind=found.kind)
        if found.passes(rescued=document.id in wanted):
            passed.append((document, found))
        else:
            gated.append((document, found.whole or Reason.STUB))
    right = without_old_words(corrections)
    return PassedReports(
        tuple(document for document, _ in passed),
        Printable(passed, allowed=right if corrections else None),
        tuple(found for _, found in passed),
        tuple(gated),
        sum((found.reasons() for _, found in passed), Counter()),
    )


def _standing(
    documents: Sequence[Document], corrections: Sequence[CorrectionBrief]
) -> Sequence[Document]:
    """Leave out the reports that this edition tells to be withdrawn or cut, as they were."""
    withdrawn = {one.old.document for one in corrections if one.new is None}
    return [one for one in documents if one.id not in withdrawn]
