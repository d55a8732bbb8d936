"""What may be printed of each story: its sentences by section, figures, quotations, dates ahead."""

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, cached_property
from itertools import chain
from types import MappingProxyType

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
from briefing.core.text.facts import contradicts
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

#: Sentences of one story that are looked at; the first of each report, evenly shared.
_CANDIDATES = 400
#: Sentences at most: of the story that opens the page, and of a brief (docs/page.md, "Briefs").
_OPENING, _BRIEF = 5, 3
#: The same on a page of no more stories than the first number, by that number.
_OF_FEW = ((2, 12, 5), (6, 8, 5))
#: Odds that an editor would tell a story from which it may have more than one sentence, and how
#: many; the first are those of a page of few stories.
_BY_ODDS = ((6.0, 5), (3.0, 3), (1.5, 2))
#: With no more reports than this a story may have a brief in each section.
FEW_REPORTS = 2
#: A story touches a section that has this share of it, and so many sentences surely there.
_MIXED, _MIXED_SENTENCES = 0.15, 2
#: Probability of "other" above which a story may be of none of the printed sections, so that its
#: sentences of none are its news.
_UNSURE = 0.4
#: How likely a printed sentence may lean on what is not printed above it: under the headline,
#: and further down (docs/decisions/0016-reading.md).
FIRST_LEANING, LEANING = 0.6, 0.2
#: What a long sentence counts.
_HALF = 0.5
#: How likely an editor must be to print a sentence below others.
_WANTED = 0.5
#: Ranked sentences kept as evidence.
_EVIDENCE = 12


@dataclass(frozen=True, slots=True)
class _Candidates:
    """A story with its sentences and their scores."""

    weighed: Weighed
    sentences: tuple[Sentence, ...]
    scores: tuple[Score, ...]
    #: What the likelihood of each counts times: a long one half, and how much it belongs where the
    #: brief stands.
    shares: tuple[Score, ...]
    #: By id.
    reports: Mapping[str, Document]
    #: What a report introduces, by its id, read when it is first asked for.
    introduced: Callable[[str], Introduced]
    judge: StoryJudge
    #: Keys of the sentences that were printed before.
    stale: frozenset[tuple[str, int, int]]
    #: Sentences that this edition corrects: where their story is told, they are told with it.
    corrected: tuple[Sentence, ...] = ()
    #: What the page surely has above whatever is chosen.
    printed_above: tuple[Sentence, ...] = ()
    #: Whether a report may go on with what is no news of the event: on a page of a report or two.
    asides: bool = False

    @property
    def lead(self) -> Sentence:
        """The sentence with which a brief would open if nothing had been printed before."""
        brief = choose(self.sentences, self.shares, limit=_BRIEF, taste=self.taste)
        return in_reading_order(brief)[0]

    @property
    def taste(self) -> Taste:
        """What makes a sentence of this story readable where it stands."""
        return Taste(
            leans=self.leans,
            first_limit=FIRST_LEANING,
            limit=LEANING,
            opens=self.judge.opens,
            adds=self.adds,
        )

    def adds(self, chosen: Sequence[Sentence]) -> Callable[[Sentence], float]:
        """Return how likely a sentence would be printed below others; 0 if that is not likely."""
        below, own = self.judge.below(chosen), self.parts[0]
        beside = self.weighed.story.beside

        def adding(sentence: Sentence) -> float:
            if beside and sentence.document not in own:
                return 1.0
            likely = below(sentence)
            return likely if likely >= _WANTED or self.asides else 0.0

        return adding

    def leans(self, sentence: Sentence, printed: Sequence[Sentence]) -> float:
        """Tell how likely a sentence leans on what is not above it; the first brings its title."""
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
        """Choose or grow a brief, in the order of taking; a corrected one first, never alone.

        Of a story with others beside it the first is its own, then comes one of each of them.
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
        """Let the reports of a brief go on with what is no news of the event, behind what is."""
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
        """Ids of the reports of which a brief takes a sentence each, and then the others."""
        stories = [self.weighed.story, *(story for story, _ in self.weighed.story.beside)]
        parts = [frozenset(document.id for document in story.documents) for story in stories]
        return parts + parts[:1] * (len(parts) > 1)

    def lengths(self, chosen: Sequence[Sentence]) -> Lengths:
        """Return a brief's sentences in each length; a corrected one never stands alone there.

        Nor does a story without what is told with it, up to two of them.
        """
        beside = sum(sentence.document not in self.parts[0] for sentence in chosen)
        carried = any(sentence in self.corrected for sentence in chosen[:1])
        least = min(len(chosen), 1 + (min(beside, 2) or carried))
        return tuple(in_reading_order(chosen[:count]) for count in range(least, len(chosen) + 1))


@dataclass(frozen=True, slots=True)
class _Frame:
    """What all stories of an edition have in common."""

    sections: tuple[str, ...]
    #: Sentences at most of the story that opens the page, and of any other.
    opening: int
    brief: int
    #: Whether so few reports came in that a story may stand in several sections.
    few: bool
    #: Whether the page has a single story, and nothing else could stand in a further section.
    alone: bool
    #: The odds of each story beside those of its day, by its id.
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
    """Choose what may be printed of each story, in the order in which they are to be printed.

    That is the most important first, as far as editors do not choose otherwise. A story that an
    earlier edition has told weighs less unless it has moved on; one without a sentence that can
    stand alone, and that neither an earlier edition nor a story above has, is left out. Earlier
    editions come newest first, and what no ``continued`` tells of is new. A story that is told
    carries the sentences of its own that this edition prints as corrections, printed before or not;
    what stories above say already is ``said``.
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
            # Weighed again now that it is known how new it is.
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
        # Without what a story above says already, such as the background of both.
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
    """Leave out "today" of an earlier day, and below the event "here", if anything else is left."""
    when, here = candidate.weighed.story.published, language.reading.here
    past = {
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
    """Return the sentences of a story that are looked at, their scores, and what judges them.

    ``words``: what those of each report say of whether it is told, by its id.
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
        odds = longest(frame.odds[candidate.weighed.story.id])
        most = min(most, odds + len(candidate.weighed.story.beside))
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
        titled=candidate.weighed.say.titled,
    )


def _briefs(
    candidate: _Candidates, topics: Topics, others: Sequence[str], *, frame: _Frame, most: int
) -> dict[str, tuple[Sentence, ...]]:
    """Choose the sentences of each brief of a story, its own section first.

    Among many reports it has one brief, without sentences that surely are of no section if it has
    others: but for the one that says what the story is, and where the story itself is surely of
    the printed sections. Of a report or two, each further section takes what
    surely belongs there before the own section takes the rest; a story that an editor moved stands
    nowhere else.
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
        carried = _with_carriers(below, belong)
        rows = zip(candidate.shares, topics.sentences, strict=True)
        shares = tuple(Score(own.value * its.get(name, 0.0)) for own, its in rows)
        its_own = replace(below, shares=shares)
        briefs[name] = its_own.choose(_BRIEF, _saying_more(candidate, carried, briefs.values()))
    every = (True,) * len(candidate.sentences)
    says_more = _saying_more(candidate, every, [briefs[name] for name in others])
    briefs[section] = candidate.choose(most, says_more, taken=briefs[section])
    return briefs


def _with_carriers(candidate: _Candidates, belong: Sequence[bool]) -> tuple[bool, ...]:
    """Let what stands before a sentence of a section carry it there, where it adds or points."""
    leans = [
        its
        and (before.document, before.index + 1) == (here.document, here.index)
        and (not candidate.judge.opens(here) or bool(cues(here.text).opening))
        for before, here, its in zip(
            candidate.sentences, candidate.sentences[1:], belong[1:], strict=False
        )
    ]
    return tuple(its or carries for its, carries in zip(belong, (*leans, False), strict=True))


def most_sentences(stories: int) -> tuple[int, int]:
    """Return how many sentences the first of so many stories may have, and any other."""
    few = ((opening, brief) for most, opening, brief in _OF_FEW if stories <= most)
    return next(few, (_OPENING, _BRIEF))


def longest(odds: float) -> int:
    """Return how many sentences a story of such odds may have that does not open the page."""
    return next((most for least, most in _BY_ODDS if odds >= least), 1)


def _saying_more(
    candidate: _Candidates, belong: Sequence[bool], taken: Iterable[Sequence[Sentence]]
) -> Callable[[Sentence], bool]:
    """Return the test of a sentence that belongs and says something more than what is taken."""
    keys = {sentence.key for sentence, its in zip(candidate.sentences, belong, strict=True) if its}
    printed = tuple(chain.from_iterable(taken))
    return lambda sentence: (
        sentence.key in keys
        and all(near(sentence.text, other.text) <= REDUNDANCY for other in printed)
    )


#: Likeness from which a sentence equals a printed one but for punctuation or a name.
SAME_SENTENCE = 0.8


def printed_in(before: Sequence[Edition]) -> Callable[[Sentence], bool]:
    """Return the test of a sentence that an edition has printed, exactly or nearly so."""
    corrected = (correction.slices for edition in before for correction in edition.corrections)
    printed = (edition.sentences() for edition in before)
    return repeats(slice_.text for slice_ in chain.from_iterable((*printed, *corrected)))


def repeats(printed: Iterable[str]) -> Callable[[Sentence], bool]:
    """Return the test of a sentence that equals one of some texts, exactly or nearly so."""
    texts = list(dict.fromkeys(printed))
    places: dict[str, list[int]] = {}
    for place, text in enumerate(texts):
        for stem in distinct_stems(text):
            places.setdefault(stem, []).append(place)

    def is_repeated(sentence: Sentence) -> bool:
        stems = distinct_stems(sentence.text) if places else frozenset()
        shared = Counter(place for stem in stems for place in places.get(stem, ()))
        # A likeness of .8 needs more than half of the words.
        alike = (texts[place] for place, count in shared.items() if 2 * count > len(stems))
        return sentence.text in known or any(
            near(sentence.text, text) >= SAME_SENTENCE for text in alike
        )

    known = frozenset(texts)
    return is_repeated


class _Finds:
    """What the finders find in one story; no lambda, since a story goes to other processes."""

    def __init__(
        self, sentences: Sequence[Sentence], story: Story, today: date, language: Language
    ) -> None:
        self._sentences, self._story, self._today = sentences, story, today
        self._language = language
        # a party's figures and plans would stand in the panel as facts
        self._reported = [sentence for sentence in sentences if not sentence.speaker]
        self.figures = Sought(self._figures)
        self.quotes = Sought(self._quotes)
        self.ahead = Sought(self._ahead)

    @cached_property
    def _cast(self) -> Cast:
        return meet(self._sentences, language=self._language)

    def _holds(self, words: Sentence) -> bool:
        """Tell whether words without their report say no "today" of an earlier day."""
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


@dataclass(frozen=True, slots=True)
class Supporting(Container[object]):
    """Reports whose own text holds what a brief says; only the few that it may cite are read."""

    story: Story
    #: The sentence that opens the first brief of the story; none: it has none.
    openings: tuple[Sentence, ...]

    def __contains__(self, name: object) -> bool:
        """Tell whether a report, by its id, holds it."""
        reports = {each.id: each for each in self.story.every}
        return any(
            supports(document, opening.text)
            and not is_older(document, by=reports[opening.document])
            and not contradicts(document.text, opening.text)
            for document in self.story.documents[:_CANDIDATES]
            if document.id == name
            for opening in self.openings
        )
