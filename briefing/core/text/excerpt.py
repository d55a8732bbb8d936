"""Selects what may be printed of each story: sentences, figures, quotations and dates ahead."""

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache, cached_property
from itertools import chain
from types import MappingProxyType

from briefing.core.frozen import frozen
from briefing.core.language import Language
from briefing.core.model import (
    OTHER,
    DateAhead,
    Document,
    Edition,
    Excerpt,
    Figure,
    Lengths,
    Quote,
    Ranked,
    Score,
    Sentence,
    Status,
    Story,
)
from briefing.core.ports import Classifier, KeptSteps, Ranker
from briefing.core.text.choices import in_place
from briefing.core.text.facts import contradicts, fewer_dead, tolls_differ
from briefing.core.text.finders import ahead, figures, quotes
from briefing.core.text.finders.ahead import is_overtaken
from briefing.core.text.finders.clauses import Cast, Scored, Sought, meet
from briefing.core.text.importance import NOVELTY, Weighed, worth
from briefing.core.text.likeness import supports
from briefing.core.text.reference import (
    Introduced,
    above,
    cues,
    features,
    leaning,
    without_quotations,
)
from briefing.core.text.sagas import Continuation
from briefing.core.text.sentences import StoryJudge, is_older
from briefing.core.text.summarize import (
    REDUNDANCY,
    Taste,
    choose,
    distinct_stems,
    in_reading_order,
    is_long,
    near,
)
from briefing.core.text.topics import LIKELY, SURE, Topics, tell_sentences

#: Sentences of one story that are ranked, shared evenly: the first of each report.
_CANDIDATES = 400
#: Most sentences of the top story, and of any other brief (docs/page.md, "Briefs").
_OPENING, _BRIEF = 5, 3
#: The same for pages of few stories: most stories of the page, then the two limits.
_OF_FEW = ((2, 12, 5), (6, 8, 5))
#: Least odds of a story, and the most sentences with them; below all of them, one.
_BY_ODDS = ((6.0, 5), (3.0, 3), (1.5, 2))
#: Most reports of an edition in which a story may have a brief in each section.
FEW_REPORTS = 2
#: Least probability of a further section that a story touches, and fewest sure sentences there.
_MIXED, _MIXED_SENTENCES = 0.15, 2
#: Probability of "other" above which sentences of no printed section may be a story's news.
_UNSURE = 0.4
#: Largest probability that a printed sentence leans on one not printed above it: under the
#: headline, and further down (docs/decisions/0016-reading.md).
FIRST_LEANING, LEANING = 0.6, 0.2
#: Factor of a long sentence.
_HALF = 0.5
#: Least probability that an editor would print a sentence below others.
_WANTED = 0.5
#: Most ranked sentences kept as evidence.
_EVIDENCE = 12


@frozen
class _Candidates:
    """A story with its sentences and their scores."""

    weighed: Weighed
    sentences: tuple[Sentence, ...]
    scores: tuple[Score, ...]
    #: Factor of the likelihood of each sentence: a half for a long one, and its probability of the
    #: section of the brief.
    shares: tuple[Score, ...]
    #: Reports by id.
    reports: Mapping[str, Document]
    #: What a report introduces, by its id; read on first access.
    introduced: Callable[[str], Introduced]
    judge: StoryJudge
    #: Keys of the sentences not to be printed: repeated, out of date, or said by a story above.
    stale: frozenset[tuple[str, int, int]]
    #: Sentences that this edition prints as corrections; the brief of their story carries them.
    corrected: tuple[Sentence, ...] = ()
    #: Sentences that are certainly printed above any that is chosen.
    printed_above: tuple[Sentence, ...] = ()
    #: Whether a brief may include sentences that are no news of the event: if reports are few.
    asides: bool = False

    @property
    def lead(self) -> Sentence:
        """The sentence with which a brief would open if nothing had been printed before."""
        brief = choose(self.sentences, self.shares, limit=_BRIEF, taste=self.taste)
        return in_reading_order(brief)[0]

    @property
    def taste(self) -> Taste:
        """What is required of a sentence of this story besides its score."""
        return Taste(
            leans=self.leans,
            first_limit=FIRST_LEANING,
            limit=LEANING,
            opens=self.judge.opens,
            adds=self.adds,
        )

    def adds(self, chosen: Sequence[Sentence]) -> Callable[[Sentence], float]:
        """Return the likelihood of a sentence below others; 0 if it is too low to print it.

        The first of a story beside opens that story, though it stands below others. What states
        another toll than the opening is not printed.
        """
        below, begun = self.judge.below(chosen), {sentence.document for sentence in chosen}
        parts = (part for part in self.parts[1:-1] if begun.isdisjoint(part))
        waiting = frozenset[str]().union(*parts)

        def adding(sentence: Sentence) -> float:
            if sentence.document in waiting:
                return self.judge.opens(sentence)
            likely = below(sentence)
            if likely < _WANTED and not self.asides:
                return 0.0
            return 0.0 if tolls_differ(sentence.text, chosen[0].text) else likely

        return adding

    def leans(self, sentence: Sentence, printed: Sequence[Sentence]) -> float:
        """Return the probability that a sentence leans; the first printed gives the headline."""
        above_all = self.weighed.say.titled or (*printed, sentence)[0].document
        headline = self.reports[above_all].title
        report = self.introduced(sentence.document)
        row = features(
            sentence, above=above(headline, (*self.printed_above, *printed)), report=report
        )
        return leaning(row)

    def choose(
        self,
        limit: int,
        also: Callable[[Sentence], bool] = lambda _: True,
        taken: Sequence[Sentence] = (),
    ) -> tuple[Sentence, ...]:
        """Choose a brief, or extend ``taken``; sentences are in the order of choice.

        A corrected sentence comes first, but never alone. If there are stories beside this one, the
        first sentence is its own, followed by one of each of the others.
        """
        carried = taken or tuple(sentence for sentence in self.corrected if also(sentence))[:1]
        limit += limit == len(carried) and not taken
        grown = tuple(carried)
        for place, reports in enumerate(self.parts, 1):
            fresh = frozenset(
                sentence
                for sentence in self.sentences
                if sentence.document in reports
                and sentence.key not in self.stale
                and also(sentence)
            )
            grown = choose(
                self.sentences,
                self.shares,
                limit=limit if place == len(self.parts) else min(limit, len(grown) + 1),
                taste=self.taste,
                allowed=fresh.__contains__,
                taken=grown,
            )
        return grown if taken or len(grown) > len(carried) else ()

    def with_asides(
        self, chosen: Sequence[Sentence], limit: int, also: Callable[[Sentence], bool]
    ) -> tuple[Sentence, ...]:
        """Extend a brief by sentences that are no news of the event, after those that are."""
        return choose(
            self.sentences,
            self.shares,
            limit=limit,
            taste=replace(self.taste, adds=replace(self, asides=True).adds),
            allowed=lambda sentence: sentence.key not in self.stale and also(sentence),
            taken=chosen,
        )

    @property
    def parts(self) -> list[frozenset[str]]:
        """Report ids of each story that gets a sentence in turn; then again those of the first."""
        stories = [self.weighed.story, *(story for story, _ in self.weighed.story.beside)]
        parts = [frozenset(document.id for document in story.documents) for story in stories]
        return parts + parts[:1] * (len(parts) > 1)

    def lengths(self, chosen: Sequence[Sentence]) -> Lengths:
        """Return a brief at each possible length, in reading order.

        The shortest has more than a corrected sentence, and one of up to two stories beside.
        """
        beside = sum(sentence.document not in self.parts[0] for sentence in chosen)
        carried = any(sentence in self.corrected for sentence in chosen[:1])
        least = min(len(chosen), 1 + (min(beside, 2) or carried))
        return tuple(in_reading_order(chosen[:count]) for count in range(least, len(chosen) + 1))


@frozen
class _Frame:
    """What all stories of an edition have in common."""

    sections: tuple[str, ...]
    #: Most sentences of the top story, and of any other.
    opening: int
    brief: int
    #: Whether there are so few reports that a story may appear in several sections.
    few: bool
    #: Whether the page has a single story, so that no other can fill a further section.
    alone: bool
    #: Odds of each story relative to its day, by id.
    odds: Mapping[str, float]


def excerpt(  # noqa: PLR0913  what a choice of sentences depends on
    weighed: Sequence[Weighed],
    sentences: Mapping[str, Sequence[Sentence]],
    *,
    ranker: Ranker,
    classifier: Classifier,
    sections: Sequence[str],
    day: date,
    language: Language,
    before: Sequence[Edition],
    continued: Mapping[str, Continuation] = MappingProxyType({}),
    corrected: Sequence[Sentence] = (),
    already: Iterable[Sentence] = (),
    kept: KeptSteps | None = None,
) -> tuple[Excerpt, ...]:
    """Choose what may be printed of each story, in printed order.

    Stories are ordered by importance and novelty unless editors choose otherwise. A story is left
    out if it has no sentence that can stand alone and that neither an earlier edition nor a story
    above has. It carries the sentences of its own that this edition prints as corrections, whether
    printed before or not. Stories missing from ``continued`` are new. ``before``: earlier editions,
    the newest first; ``already``: sentences printed above all.
    """
    kept = kept or KeptSteps()
    printed = kept(printed_in, None, before)
    keys = {sentence.key for sentence in corrected}
    pairs = []
    for entry in weighed:
        story = entry.story
        drawn = kept(
            _rank,
            story.id,
            story,
            sentences=sentences,
            ranker=ranker,
            words=entry.words,
            printed=printed,
        )(entry)
        if drawn.choose(1):
            its = continued.get(entry.story.id) or Continuation(Status.NEW, entry.story.id)
            # Only now is the novelty of the story known.
            novelty, salience = NOVELTY[its.status], entry.salience
            score = Score(salience.value * novelty, {**salience.terms, "novelty": novelty})
            own = tuple(sentence for sentence in drawn.sentences if sentence.key in keys)
            drawn = replace(drawn, weighed=replace(entry, salience=score), corrected=own)
            pairs.append((_up_to_date(drawn, day, language), its))
    pairs.sort(key=lambda pair: -pair[0].weighed.salience.value)
    ordered = in_place(pairs, say=lambda pair: pair[0].weighed.say)
    frame = _Frame(
        tuple(sections),
        *most_sentences(len(ordered)),
        few=len(sentences) <= FEW_REPORTS,
        alone=len(ordered) == 1,
        odds=worth(weighed),
    )
    excerpts: list[Excerpt] = []
    above_all = [*already]
    for repeating, continuation in ordered:
        # Leave out what a story above already says, such as common background.
        is_said = repeats(sentence.text for sentence in above_all)
        said_above = {sentence.key for sentence in repeating.sentences if is_said(sentence)}
        stale = repeating.stale | said_above
        candidate = replace(repeating, stale=stale, asides=frame.few)
        if candidate.choose(1):
            story, own = candidate.weighed.story, candidate.sentences
            topics = kept(
                tell_sentences, story.id, candidate.weighed.topics, own, classifier=classifier
            )
            finds = kept(_Finds, story.id, own, story, day, language)
            made = _excerpt(
                candidate, continuation, topics=topics, finds=finds, frame=frame, first=not excerpts
            )
            excerpts.append(made)
            above_all += (sentence for _, lengths in made.briefs for sentence in lengths[-1])
    return tuple(excerpts)


def _up_to_date(candidate: _Candidates, day: date, language: Language) -> _Candidates:
    """Drop what is out of date, and "here" below a report's first sentence, if possible.

    Out of date are "today" of an earlier day, and fewer dead than a later report states in its
    title or lead.
    """
    when, here = candidate.weighed.story.published, language.reading.here
    past = fewer_dead(candidate.sentences, candidate.reports) | {
        sentence.key
        for sentence in candidate.sentences
        if is_overtaken(sentence, published=when, today=day, language=language)
        or (sentence.index and here.search(without_quotations(sentence.text)))
    }
    left = replace(candidate, stale=candidate.stale | past)
    return left if past and left.choose(1) else candidate


def judged(
    story: Story,
    sentences: Mapping[str, Sequence[Sentence]],
    *,
    ranker: Ranker,
    words: Mapping[str, float],
) -> tuple[tuple[Sentence, ...], tuple[Score, ...], StoryJudge]:
    """Return the sentences of a story that are ranked, their scores, and their judge.

    ``words``: log-odds, by report id, that a report is worth printing, judged by its words.
    """
    documents = story.every
    share = max(2, _CANDIDATES // len(documents))
    some = tuple(
        sentence
        for document in documents[:_CANDIDATES]
        for sentence in sentences.get(document.id, ())[:share]
    )
    scores = tuple(ranker(some, titles={document.id: document.title for document in documents}))
    return some, scores, StoryJudge(story, some, scores, words=words)


def _rank(
    story: Story,
    *,
    sentences: Mapping[str, Sequence[Sentence]],
    ranker: Ranker,
    words: Mapping[str, float],
    printed: Callable[[Sentence], bool],
) -> Callable[[Weighed], _Candidates]:
    some, scores, judge = judged(story, sentences, ranker=ranker, words=words)

    @cache
    def introduces(report: str) -> Introduced:
        return Introduced(sentences.get(report, ()))

    shares = tuple(Score(_HALF if is_long(sentence) else 1.0) for sentence in some)
    reports = {document.id: document for document in story.every}
    stale = frozenset(sentence.key for sentence in some if printed(sentence))
    return lambda weighed: _Candidates(
        weighed, some, scores, shares, reports, introduces, judge, stale
    )


def _excerpt(  # noqa: PLR0913  what an excerpt is made of
    candidate: _Candidates,
    continuation: Continuation,
    *,
    topics: Topics,
    finds: "_Finds",
    frame: _Frame,
    first: bool,
) -> Excerpt:
    others = [name for name in frame.sections if name not in {candidate.weighed.section, OTHER}]
    own, most = candidate.weighed.section, frame.opening if first else frame.brief
    if not first and not candidate.weighed.say.placed:
        most = min(most, longest(frame.odds[candidate.weighed.story.id]))
    # What is told with a story takes nothing from it.
    most += len(candidate.weighed.story.beside)
    briefs = _briefs(candidate, topics, others, frame=frame, most=most)
    news = briefs[own]
    elsewhere = [chosen for section, chosen in briefs.items() if section != own]
    more = _saying_more(candidate, (True,) * len(candidate.sentences), elsewhere)
    briefs[own] = news and candidate.with_asides(news, most, more)
    openings = [in_reading_order(chosen)[0] for chosen in briefs.values() if chosen][:1]
    opens = [round(candidate.judge.opens(sentence), 3) for sentence in candidate.sentences]
    rows = zip(candidate.sentences, topics.sentences, candidate.scores, opens, strict=True)
    ranked = tuple(
        Ranked(
            sentence,
            max(shares, key=lambda name: shares[name]),
            replace(score, terms={**score.terms, "opens": likely}),
        )
        for sentence, shares, score, likely in sorted(
            rows, key=lambda row: (-row[3], -row[2].value)
        )[:_EVIDENCE]
    )
    return Excerpt(
        candidate.weighed.story,
        continuation.status,
        candidate.weighed.salience,
        tuple((section, candidate.lengths(chosen)) for section, chosen in briefs.items() if chosen),
        pinned=candidate.weighed.say.kept,
        pulled=candidate.weighed.say.pulled,
        asides=len(briefs[own]) - len(news),
        figures=finds.figures,
        quotes=finds.quotes,
        ahead=finds.ahead,
        topics=candidate.weighed.topics,
        best=ranked,
        touches=tuple(
            name
            for name in others
            if topics.story.get(name, 0.0) >= _MIXED
            and sum(topics.belong(name, least=SURE)) >= _MIXED_SENTENCES
        ),
        earlier=continuation.earlier,
        saga=continuation.saga,
        supporting=Supporting(candidate.weighed.story, tuple(openings)),
        miscounting=frozenset(
            document.id
            for document in candidate.weighed.story.documents
            for opening in openings
            if tolls_differ(document.title, opening.text)
        ),
        titled=candidate.weighed.say.titled,
    )


def _briefs(
    candidate: _Candidates, topics: Topics, others: Sequence[str], *, frame: _Frame, most: int
) -> dict[str, tuple[Sentence, ...]]:
    """Choose the sentences of each brief of a story, by section, its own section first.

    Among many reports a story has one brief. If the story surely belongs to a printed section,
    sentences that surely belong to none are left out, except for the one that says what happened,
    unless only one sentence would remain. With a report or two, each further section takes the
    sentences that surely belong there before the own section takes the rest. A story that an
    editor moved to a section has a brief only there.
    """
    section = candidate.weighed.section
    unsure = topics.story.get(OTHER, 0.0) > _UNSURE
    if candidate.weighed.say.section or section == OTHER or (unsure and not frame.few):
        return {section: candidate.choose(most)}
    if not frame.few:
        other = topics.belong(OTHER, least=SURE)
        keys = {
            sentence.key for sentence, its in zip(candidate.sentences, other, strict=True) if its
        }
        keys -= {candidate.lead.key}
        chosen = candidate.choose(most, lambda sentence: sentence.key not in keys)
        return {section: chosen if len(chosen) > 1 else candidate.choose(most)}
    briefs = {section: candidate.choose(1)}
    below = replace(candidate, printed_above=briefs[section]) if frame.alone else candidate
    for name in others:
        belong = topics.belong(name, least=LIKELY if frame.alone else SURE)
        # The sentences of the section, and those right before one that cannot open a brief.
        leans = [
            its
            and (before.document, before.index + 1) == (here.document, here.index)
            and (not below.judge.opens(here) or bool(cues(here.text).opening))
            for before, here, its in zip(
                below.sentences, below.sentences[1:], belong[1:], strict=False
            )
        ]
        carried = tuple(its or lean for its, lean in zip(belong, (*leans, False), strict=True))
        rows = zip(candidate.shares, topics.sentences, strict=True)
        shares = tuple(Score(own.value * its.get(name, 0.0)) for own, its in rows)
        its_own = replace(below, shares=shares)
        briefs[name] = its_own.choose(_BRIEF, _saying_more(candidate, carried, briefs.values()))
    every = (True,) * len(candidate.sentences)
    says_more = _saying_more(candidate, every, [briefs[name] for name in others])
    briefs[section] = candidate.choose(most, says_more, taken=briefs[section])
    return briefs


def most_sentences(stories: int) -> tuple[int, int]:
    """Return the most sentences of the top story, and of any other, on a page of ``stories``."""
    few = ((opening, brief) for most, opening, brief in _OF_FEW if stories <= most)
    return next(few, (_OPENING, _BRIEF))


def longest(odds: float) -> int:
    """Return the most sentences of a story with these odds that is not the top story."""
    return next((most for least, most in _BY_ODDS if odds >= least), 1)


def _saying_more(
    candidate: _Candidates, belong: Sequence[bool], taken: Iterable[Sequence[Sentence]]
) -> Callable[[Sentence], bool]:
    """Return a test of whether a sentence belongs to a section and repeats none of those taken."""
    keys = {sentence.key for sentence, its in zip(candidate.sentences, belong, strict=True) if its}
    printed = tuple(chain.from_iterable(taken))
    return lambda sentence: (
        sentence.key in keys
        and all(near(sentence.text, other.text) <= REDUNDANCY for other in printed)
    )


#: Similarity from which a sentence equals a printed one except for punctuation or a name.
SAME_SENTENCE = 0.8


def printed_in(before: Sequence[Edition]) -> Callable[[Sentence], bool]:
    """Return a test of whether an edition has printed a sentence, exactly or nearly so."""
    corrected = (correction.slices for edition in before for correction in edition.corrections)
    printed = (edition.sentences() for edition in before)
    return repeats(slice_.text for slice_ in chain.from_iterable((*printed, *corrected)))


def repeats(printed: Iterable[str]) -> Callable[[Sentence], bool]:
    """Return a test of whether a sentence equals one of some texts, exactly or nearly so."""
    texts = list(dict.fromkeys(printed))
    places: dict[str, list[int]] = {}
    for place, text in enumerate(texts):
        for stem in distinct_stems(text):
            places.setdefault(stem, []).append(place)

    def is_repeated(sentence: Sentence) -> bool:
        stems = distinct_stems(sentence.text) if places else frozenset()
        shared = Counter(place for stem in stems for place in places.get(stem, ()))
        # A similarity of .8 requires more than half of the stems.
        alike = (texts[place] for place, count in shared.items() if 2 * count > len(stems))
        return sentence.text in known or any(
            near(sentence.text, text) >= SAME_SENTENCE for text in alike
        )

    known = frozenset(texts)
    return is_repeated


class _Finds:
    """The finders of one story; picklable for other processes, hence without lambdas."""

    def __init__(
        self, sentences: Sequence[Sentence], story: Story, today: date, language: Language
    ) -> None:
        self._sentences, self._story, self._today = sentences, story, today
        self._language = language
        # Without parties, whose figures and plans the panel would print as facts.
        self._reported = [sentence for sentence in sentences if not sentence.speaker]
        self.figures = Sought(self._figures)
        self.quotes = Sought(self._quotes)
        self.ahead = Sought(self._ahead)

    @cached_property
    def _cast(self) -> Cast:
        return meet(self._sentences, language=self._language)

    def _holds(self, words: Sentence) -> bool:
        """Tell whether words do not say "today" of an earlier day: the panel omits their date."""
        of_today = self._story.published.get(words.document, self._today) >= self._today
        return of_today or not self._language.week.that_day.search(words.text)

    def _figures(self) -> Sequence[Scored[Figure]]:
        some = figures.find(self._reported, cast=self._cast)
        return [each for each in some if self._holds(each.item.clause)]

    def _quotes(self) -> Sequence[Scored[Quote]]:
        titles = [document.title for document in self._story.documents]
        some = quotes.find(self._sentences, cast=self._cast, titles=titles)
        return [each for each in some if self._holds(each.item.words)]

    def _ahead(self) -> Sequence[Scored[DateAhead]]:
        published, today = self._story.published, self._today
        some = ahead.find(self._reported, cast=self._cast, published=published, today=today)
        return [each for each in some if self._holds(each.item.clause)]


@frozen
class Supporting(Container[object]):
    """The reports whose text supports a brief; texts are read only on lookup."""

    story: Story
    #: The sentence that opens the first brief of the story; empty without a brief.
    openings: tuple[Sentence, ...]

    def __contains__(self, name: object) -> bool:
        """Tell whether a report, given by id, supports the brief."""
        reports = {each.id: each for each in self.story.every}
        return any(
            supports(document, opening.text)
            and not is_older(document, by=reports[opening.document])
            and not contradicts(document.text, opening.text)
            for document in self.story.documents[:_CANDIDATES]
            if document.id == name
            for opening in self.openings
        )
