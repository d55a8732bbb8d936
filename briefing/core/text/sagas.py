"""Links stories of a day and of earlier editions to sagas, and determines the status of each."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from functools import cache
from itertools import accumulate, chain
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from briefing.core.language import spoken
from briefing.core.model import (
    MEMORY,
    WEEKS,
    Brief,
    Document,
    EarlierHeadline,
    Edition,
    Material,
    Saga,
    SagaEntry,
    SagaRegister,
    Sentence,
    Status,
    Story,
)
from briefing.core.text.cluster import THRESHOLD, WINDOW
from briefing.core.text.importance import deeds
from briefing.core.text.likeness import (
    Bag,
    Floats,
    bag,
    count,
    damped,
    number,
    rarity_in_general,
    shipped,
    unit,
    view,
    weighed,
)
from briefing.core.text.words import as_written, content_stems

#: Similarity from which two groups of stories are one saga; and what is subtracted per natural
#: log of the days between them and of the sizes of the smaller and of the larger group, since a
#: wrong join of large groups makes many wrong pairs, and a large group is a little like
#: everything. Chosen on runs of labeled days (docs/decisions/0023-sagas.md).
_ONE_SAGA, _BY_DAYS, _BY_SMALLER, _BY_LARGER = 0.175, 0.04, 0.05, 0.02
#: Exponent of the rarity of a word in all news, and the factor of a name.
_POWER, _NAME = 0.5, 1.5
#: Reports that represent a story, and how often words of the headline count, relative to the lead.
_REPORTS, _HEADLINE = 3, 2
#: A word within a sentence that a capital makes a name; and the rarity from which a name
#: distinguishes sagas: about one article in three or fewer contain it.
_WITHIN, _RARE = re.compile(r"(?<=[\w,] )[^\W\d_a-z]\w*"), 1.0
#: Characters of a report stored with the edition, which name whom it is about; and those of its
#: first sentences, which say what happened.
_KNOWN, _OPENING = 1_000, 300
#: Mean likelihood of one event from which a story may be unchanged, and the share of the stems of
#: its openings that it must then repeat, however common: names stay the same, and common words say
#: what happened. Neither is needed if the reports name the same day as earlier ones did.
_UNCHANGED, _HELD = 0.7, 0.4
#: Replaces a norm of 0, of a text without words.
_TINY = 1e-9
_NO_BAGS: Mapping[str, Bag] = MappingProxyType({})


def _turn(edition: Edition) -> tuple[date, int]:
    return edition.day, edition.number


@dataclass(frozen=True, slots=True)
class Telling:
    """One story as an earlier edition printed or named it."""

    edition: str
    day: date
    story: str
    headline: str
    #: The printed sentences of all its briefs; empty: it was only named.
    sentences: tuple[Sentence, ...]
    #: Openings of its reports, as stored with the edition; empty for an old edition.
    openings: tuple[str, ...]
    #: The report whose title is the headline; None: the title of none is.
    titled: Document | None = None

    @property
    def reports(self) -> tuple[Document, ...]:
        """Documents made of its openings, or one of the printed text; all dated to that day."""
        printed = f"{self.headline}\n{' '.join(sentence.text for sentence in self.sentences)}"
        parts = (text.partition("\n") for text in self.openings or (printed,))
        published = datetime.combine(self.day, time(), UTC)
        return tuple(
            Document(f"{self.edition} {self.story} {n}", title, text, published)
            for n, (title, _, text) in enumerate(parts)
        )

    @property
    def entry(self) -> SagaEntry:
        """Its entry in a timeline; the story must have been printed."""
        return SagaEntry(self.edition, self.day, self.story, self.headline, self.sentences[0])

    @property
    def earlier(self) -> EarlierHeadline | None:
        """Its headline for later editions; None if it is no report's title or cannot be set."""
        if self.titled is None or not self.titled.headline:
            return None
        return EarlierHeadline(self.edition, self.day, self.titled.title_slice)


@dataclass(frozen=True, slots=True)
class Continuation:
    """How a story continues earlier ones."""

    #: New: no edition printed or named its saga. Undated: the same, and none of its reports has a
    #: date. Developing: an edition did. Continuing: an edition did with the same event, and the
    #: story names the same day or hardly any new words.
    status: Status
    #: Id of the first story of the same day and saga.
    crisis: str
    #: Headline of the same event in the newest edition that has one, else of the saga; None if
    #: there is none.
    earlier: EarlierHeadline | None = None
    #: The saga that it continues, without an id if that begins only now; None: no printed story.
    saga: Saga | None = None
    #: Whether an edition printed or named the same event, whatever is new about it.
    same_event: bool = False


def tellings(edition: Edition) -> Iterator[Telling]:
    """Yield the stories that an edition prints, the top story first, then those it names."""
    stories: defaultdict[str, list[Brief]] = defaultdict(list)
    for brief in sorted(edition.briefs(), key=lambda brief: not brief.top):
        if brief.sentences:
            stories[brief.story].append(brief)
    for story, (first, *others) in stories.items():
        sources = (edition.documents[id_] for id_ in first.sources if id_ in edition.documents)
        titled = next((source for source in sources if source.title == first.headline), None)
        sentences = first.sentences + tuple(
            slice_ for brief in others for slice_ in brief.sentences
        )
        known = edition.openings.get(story, ())
        yield Telling(edition.id, edition.day, story, first.headline, sentences, known, titled)
    for named in edition.panel.also:
        title, document = named.title.text, edition.documents.get(named.title.document)
        titled = document if document is not None and document.title == title else None
        known = edition.openings.get(named.story, ())
        yield Telling(edition.id, edition.day, named.story, title, (), known, titled)


def with_openings(edition: Edition, stories: Iterable[Story]) -> Edition:
    """Add to an edition the openings of the reports of all stories that it prints or names.

    Later editions use them to link sagas, however little of a story was printed.
    """
    named = {named.story for named in edition.panel.also}
    shown = named.union(brief.story for brief in edition.briefs())
    openings = {
        story.id: tuple(
            f"{report.title}\n{report.text[:_KNOWN]}" for report in story.documents[:_REPORTS]
        )
        for story in stories
        if story.id in shown
    }
    return replace(edition, openings=openings)


def number_of(saga: str) -> int:
    """Return the number in the id of a saga."""
    return int(saga.removeprefix("s"))


def register_of(editions: Iterable[Edition]) -> SagaRegister:
    """Return the sagas that editions record of their own stories and of earlier ones."""
    of: dict[tuple[str, str], str] = {}
    since: dict[str, date] = {}
    for edition in sorted(editions, key=_turn):
        for brief in edition.briefs():
            if brief.saga is not None:
                of[edition.id, brief.story] = brief.saga.id
                since[brief.saga.id] = brief.saga.since
                of |= {(entry.edition, entry.story): brief.saga.id for entry in brief.saga.entries}
    return SagaRegister(of, since, max(map(number_of, since), default=0))


def find_continuations(
    stories: Sequence[Story], material: Material, *, bags: Mapping[str, Bag] = _NO_BAGS
) -> tuple[Continuation, ...]:
    """Return for each story of a day how it continues earlier ones.

    Stories of the day and of the editions of the last 30 days are joined to sagas, the most similar
    first. Sagas that editions record are neither split nor joined with each other.
    """
    weeks = material.weeks or material.before
    register = material.register or register_of(weeks)
    before = [
        edition
        for edition in sorted(weeks, key=_turn)
        if (edition.day, edition.slot) != (material.day, material.edition)
        and edition.day <= material.day <= edition.day + WEEKS
    ]
    told_in = [(turn, telling) for turn, each in enumerate(before) for telling in tellings(each)]
    past = [telling for _, telling in told_in]
    reports = [telling.reports for telling in past]
    reports += [story.documents[:_REPORTS] for story in stories]
    counted = [[bags.get(report.id) or bag(report) for report in own] for own in reports]
    names = _names(reports)
    likeness = _likeness(counted, names)
    days = [telling.day for telling in past] + [material.day] * len(stories)
    sagas = [register.of.get((telling.edition, telling.story), "") for telling in past] + [
        ""
    ] * len(stories)
    named = _share_names(reports, names)
    groups = _Groups.of(likeness, named, days, sagas, since=register.since)
    alone = groups.scores(np.arange(len(groups.members)))
    ids = list(groups.sagas)
    groups.join()
    alike = _comparing(reports, counted)
    continuations = {}
    for members in groups.members:
        earlier = [place for place in members if place < len(past)]
        today = [place for place in members if place >= len(past)]
        for place in today:
            story = stories[place - len(past)]
            row = alone[len(ids) - len(days) + place]
            also = [ids[group] for group in np.argsort(-row, kind="stable") if row[group] > 0]
            near = [other for other in earlier if days[place] - days[other] <= MEMORY]
            pairs = dict(zip(near, alike(place, near) if near else (), strict=True))
            on_event = {other for other, likely in pairs.items() if likely.mean() >= THRESHOLD}
            latest = max(filter(None, map(_happened, reports[place])), default=material.day)
            unchanged = any(
                (latest < material.day and latest in map(_happened, reports[other]))
                or (pairs[other].mean() >= _UNCHANGED and _repeats(reports[place], reports[other]))
                for other in on_event
            )
            known = Status.CONTINUING if unchanged else Status.DEVELOPING
            dated = any(document.published is not None for document in story.documents)
            begun = Status.NEW if dated else Status.UNDATED
            # On the same event first, then the newest; within an edition, the most similar.
            nearest = sorted(earlier, key=lambda other: -likeness[place, other])
            best = sorted(nearest, key=lambda other: (other not in on_event, -told_in[other][0]))
            headlines = (past[other].earlier for other in best)
            continuations[place] = Continuation(
                known if earlier else begun,
                stories[today[0] - len(past)].id,
                next(filter(None, headlines), None),
                _saga([past[place] for place in earlier], [*filter(None, also)], register),
                any((likely >= THRESHOLD).any() for likely in pairs.values()),
            )
    return tuple(continuations[place] for place in range(len(past), len(days)))


def _comparing(
    reports: Sequence[Sequence[Document]], counted: Sequence[Sequence[Bag]]
) -> Callable[[int, Sequence[int]], list[Floats]]:
    """Return a function that compares reports of stories by the model of pairs of reports."""
    starts = [0, *accumulate(map(len, reports))]
    flat = [*chain(*reports)]
    views = cache(lambda: view(flat, [*chain(*counted)]))

    def alike(place: int, near: Sequence[int]) -> list[Floats]:
        """Return for each story in ``near`` the likelihoods of its pairs with ``place``."""
        own = np.arange(starts[place], starts[place + 1])
        theirs = [its for other in near for its in range(starts[other], starts[other + 1])]
        rows, columns = map(np.ravel, np.meshgrid(own, np.array(theirs, dtype=np.int64)))
        likely = shipped()(views(), rows=rows, columns=columns, window=WINDOW)
        ends = len(own) * np.cumsum([len(reports[other]) for other in near], dtype=np.int64)
        return np.split(likely, ends[:-1])

    return alike


def number_sagas(edition: Edition, *, material: Material) -> Edition:
    """Give ids, in printed order, to the sagas that begin with an edition.

    Stories that continue the same earlier story get the same id. Each story of a saga lists those
    printed before it.
    """
    register = material.register or register_of(material.weeks or material.before)
    begun: dict[tuple[str, str], str] = {}
    strands: dict[str, Saga] = {}
    stories: defaultdict[str, list[str]] = defaultdict(list)
    for brief in sorted(edition.briefs(), key=lambda brief: not brief.top):
        saga = brief.saga
        if saga is None:
            continue
        if not saga.id:
            first = saga.entries[0].edition, saga.entries[0].story
            saga = replace(saga, id=begun.setdefault(first, f"s{register.last + len(begun) + 1}"))
        strands[brief.story] = replace(saga, beside=tuple(stories[saga.id]))
        stories[saga.id].append(brief.story)
    sections = (
        replace(
            section,
            briefs=tuple(
                replace(brief, saga=strands[brief.story]) if brief.saga else brief
                for brief in section.briefs
            ),
        )
        for section in edition.sections
    )
    return replace(edition, sections=tuple(sections)) if strands else edition


def _saga(
    own_tellings: Sequence[Telling], likely: Sequence[str], register: SagaRegister
) -> Saga | None:
    """Return the saga of earlier stories, with likely others; None if none was printed."""
    printed = [telling for telling in own_tellings if telling.sentences]
    if not printed:
        return None
    ids = (register.of.get((telling.edition, telling.story), "") for telling in printed)
    own = next(filter(None, ids), "")
    also = tuple(
        other
        for other in likely
        if own and other != own and frozenset({own, other}) not in register.apart
    )
    since = register.since.get(own, printed[0].day)
    return Saga(own, since, tuple(telling.entry for telling in printed), also)


def _names(stories: Sequence[Sequence[Document]]) -> frozenset[str]:
    """Return the stems of the rare names in stories."""
    texts = (report.text[:_KNOWN] for reports in stories for report in reports)
    within = _capitals(word for text in texts for word in _WITHIN.findall(text))
    known = sorted(within - _capitals(spoken().clauses.calendar))
    rarities = zip(known, rarity_in_general(known), strict=True)
    return frozenset(name for name, rarity in rarities if rarity >= _RARE)


def _likeness(stories: Sequence[Sequence[Bag]], names: Set[str]) -> Floats:
    """Return the cosines of all pairs of stories; shape (n_stories, n_stories)."""
    words: list[list[str]] = []
    for bags in stories:
        counts: Counter[str] = Counter()
        for own in bags:
            titles, _, leads = own.counts
            counts.update(dict(zip(own.stems.split(), _HEADLINE * titles + leads, strict=True)))
        words.append([*counts.elements()])
    columns = number(words)
    weights = rarity_in_general(tuple(columns)) ** _POWER
    weights *= [_NAME if word in names else 1.0 for word in columns]
    rows = unit(weighed(damped(count(words, columns=columns)), weights))
    cosines: Floats = (rows @ rows.T).toarray()
    return cosines


def _share_names(stories: Sequence[Sequence[Document]], names: Set[str]) -> npt.NDArray[np.bool_]:
    """Return whether each pair of stories shares a name; if there are no names, all do."""
    texts = (
        " ".join(f"{report.title} {report.text[:_KNOWN]}" for report in reports)
        for reports in stories
    )
    named = [sorted(names & _capitals(as_written(text))) for text in texts]
    counts = count(named, columns=number(named))
    shared: npt.NDArray[np.bool_] = (counts @ counts.T).toarray() > 0
    return shared if names else ~shared


def _capitals(words: Iterable[str]) -> frozenset[str]:
    return frozenset(content_stems(" ".join(word for word in words if word[0].isupper())))


@dataclass(slots=True, eq=False)
class _Groups:
    """Groups of stories while they are joined to sagas.

    The similarity of two groups is the geometric mean of two cosines: that of the sums of their
    members, and that of their two most similar members. The first alone would join to a large
    group whatever has its commonest words; the second alone, whatever resembles any one member.
    """

    #: Numbers of the stories; empty: joined to another group.
    members: list[list[int]]
    #: Ids of recorded sagas; empty: none.
    sagas: list[str]
    #: Inner products of the sums of members; like the next four, of shape (n_groups, n_groups).
    products: Floats
    #: Cosine of the most similar members.
    nearest: Floats
    #: Days between their last members; of joined groups, the smallest.
    apart: Floats
    may_join: npt.NDArray[np.bool_]
    #: Whether members of both share a name.
    named: npt.NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        likeness: Floats,
        named: npt.NDArray[np.bool_],
        days: Sequence[date],
        sagas: Sequence[str],
        *,
        since: Mapping[str, date],
    ) -> _Groups:
        """Group the stories of each recorded saga; all others start as their own group."""
        groups: dict[object, list[int]] = {}
        for place, saga in enumerate(sagas):
            groups.setdefault(saga or place, []).append(place)
        members = [*groups.values()]
        ids = [sagas[own[0]] for own in members]
        belongs = np.zeros((len(members), len(days)))
        for group, own in enumerate(members):
            belongs[group, own] = 1
        # Members of a group are adjacent, so that ``reduceat`` finds their maximum.
        ordered = likeness[np.ix_(order := [*chain(*members)], order)]
        starts = np.cumsum([0, *map(len, members)])[:-1]
        numbers = np.array([day.toordinal() for day in days], dtype=np.float64)
        lasts = numbers[[own[-1] for own in members]]
        # The beginning of a saga is recorded: no earlier story belongs to it.
        begun = np.array([since[id_].toordinal() if id_ in since else 0 for id_ in ids])
        early = numbers[[own[0] for own in members]] < begun[:, None]
        known = np.array([bool(id_) for id_ in ids], dtype=bool)
        may_join = ~(known[:, None] & known | early | early.T | np.eye(len(ids), dtype=bool))
        return cls(
            members,
            ids,
            belongs @ likeness @ belongs.T,
            np.maximum.reduceat(np.maximum.reduceat(ordered, starts, axis=0), starts, axis=1),
            np.abs(lasts[:, None] - lasts),
            may_join,
            belongs @ named @ belongs.T > 0,
        )

    def scores(self, groups: npt.NDArray[np.int64]) -> Floats:
        """Return the similarity of some groups to all, less the threshold; > 0: one saga."""
        norms = np.sqrt(np.diag(self.products))
        cosines = self.products[groups] / np.maximum(norms[groups, None] * norms, _TINY)
        likeness = np.sqrt(cosines * self.nearest[groups])
        above = likeness - _BY_DAYS * np.log(np.maximum(self.apart[groups], 1)) - _ONE_SAGA
        sizes = np.log(np.maximum([len(own) for own in self.members], 1))
        above -= _BY_SMALLER * np.minimum(sizes[groups, None], sizes)
        above -= _BY_LARGER * np.maximum(sizes[groups, None], sizes)
        scores: Floats = np.where(self.may_join[groups] & self.named[groups], above, -np.inf).round(
            9
        )
        return scores

    def join(self) -> None:
        """Join the two most similar groups until none are one saga; ties: the first."""
        scores = self.scores(np.arange(len(self.members)))
        while scores.size and scores.max() > 0:
            first, other = sorted(divmod(int(scores.argmax()), len(scores)))
            for square in (self.products, self.products.T):
                square[first] += square[other]
            self.nearest[first] = self.nearest[:, first] = np.maximum(
                self.nearest[first], self.nearest[other]
            )
            self.apart[first] = self.apart[:, first] = np.minimum(
                self.apart[first], self.apart[other]
            )
            joint = self.may_join[first] & self.may_join[other]
            self.named[first] = self.named[:, first] = self.named[first] | self.named[other]
            self.may_join[first] = self.may_join[:, first] = joint
            self.may_join[other] = self.may_join[:, other] = False
            self.members[first] = sorted(self.members[first] + self.members[other])
            self.members[other] = []
            self.sagas[first] = self.sagas[first] or self.sagas[other]
            scores[other] = scores[:, other] = -np.inf
            scores[first] = scores[:, first] = self.scores(np.array([first]))[0]


def _happened(report: Document) -> date | None:
    """Return the day of the event in a report's opening, by the first weekday named there.

    None if the report has no date, the opening names no weekday, or a verb of the future precedes.
    """
    opening, ahead = report.text[:_OPENING], spoken().ahead
    days = (day for day in ahead.mention.finditer(opening) if day["weekday"] or day["named"])
    day = next(days, None)
    if day is None or report.published is None or ahead.will.search(opening, 0, day.start()):
        return None
    own = report.published.date()
    passed = (own.weekday() - spoken().calendar.weekday(day["weekday"] or day["named"])) % 7
    # ``date`` has no day before the first.
    return date.fromordinal(max(1, own.toordinal() - passed))


def _repeats(reports: Sequence[Document], earlier: Sequence[Document]) -> bool:
    """Tell whether reports open with hardly anything new: no deed, no number, few stems."""
    opening = " ".join(f"{each.title}\n{each.text[:_OPENING]}" for each in reports)
    known = " ".join(f"{each.title}\n{each.text[:_KNOWN]}" for each in earlier)
    own = {*content_stems(opening)}
    new = own - {*content_stems(known)}
    moved = not deeds().isdisjoint(new) or any(word[0].isdigit() for word in new)
    return not moved and len(new) <= (1 - _HELD) * len(own)
