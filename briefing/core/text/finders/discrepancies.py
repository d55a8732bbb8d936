"""Finds where two publishers, or two reports of one, give different numbers for the same thing."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import combinations

from briefing.core.model import Discrepancy, Document, Figure, Sentence
from briefing.core.text.fact_words import MONTHS, WEEKDAYS
from briefing.core.text.facts import Fact, FactKind, facts_of, names_in
from briefing.core.text.finders.clauses import (
    LONGEST,
    Cast,
    cut,
    reads_beside,
    spans,
    stands_alone,
)
from briefing.core.text.finders.counts import Bound, Count, alike, counts
from briefing.core.text.finders.differing_words import (
    CHAMBER,
    COMMON_NAMES,
    ELSEWHEN,
    GROWING,
    GROWN,
    INCLUDING,
    MOVES,
    MOVING,
    NUMBER,
    PASSING,
    TOLLS,
    TURNS,
    WHEN,
)

#: Sentences of a report that are read: its news; background comes later.
_READ = 20
#: Sentences that say what happened, before the details.
_LEAD = 3
#: Characters of a printed clause.
_SHORTEST, _LONGEST = 20, 180
#: Within this time two reports are told of one state of things; later, a number that grows has
#: grown.
_SAME_TIME = timedelta(hours=6)
_MONTHS = tuple(dict.fromkeys(MONTHS.values()))
_CALENDAR = frozenset({*WEEKDAYS.values(), *_MONTHS})
_PLACE = re.compile(r"\b(?:in|at|near|off|outside|across|around|from) (?:the )?(?:[\w-]+ ){0,3}\Z")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
#: How many times the other a number may be; two that are further apart are of two things.
_FARTHEST = 3
#: A number below this is in most reports somewhere.
_COMMON = 13


#: Verb, unit and thing.
_Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class _Told:
    """A count, with what says of which place, time and matter it is."""

    count: Count
    words: frozenset[str]
    names: frozenset[str]
    #: Names in the part of the sentence that has the number, and those of them before it: who
    #: does it, as a rule.
    close: frozenset[str]
    actors: frozenset[str]
    places: frozenset[str]
    turns: frozenset[str]
    days: frozenset[str]
    #: Months and years, save those of publication: of a percentage every one.
    period: frozenset[str]
    #: Numbers with the unit of this one in its sentence.
    same_unit: int

    @classmethod
    def of(cls, count: Count, facts: Sequence[Fact], *, published: datetime | None) -> _Told:
        text = count.sentence.text
        first, last = count.part
        content = [
            one
            for one in facts
            if one.kind in {FactKind.NAME, FactKind.WORD} and one.key not in _CALENDAR
        ]
        named = [
            one for one in content if one.kind is FactKind.NAME and one.key not in COMMON_NAMES
        ]
        own = {count.thing, count.verb.partition(" ")[0]}
        return cls(
            count,
            words=frozenset(one.key for one in content) - own,
            names=frozenset(one.key for one in named),
            close=frozenset(one.key for one in named if first <= one.start < last),
            actors=frozenset(one.key for one in named if first <= one.start < count.start),
            places=frozenset(
                one.key for one in named if _PLACE.search(text, max(0, one.start - 40), one.start)
            ),
            turns=frozenset(
                one.key for one in facts if first <= one.start < last and one.key in TURNS
            ),
            days=frozenset(one.key for one in facts if one.key in WEEKDAYS),
            period=_period(count, facts, published=None if count.unit == "percent" else published),
            same_unit=sum(one.kind is FactKind.UNIT and one.key == count.unit for one in facts),
        )


def _period(count: Count, facts: Sequence[Fact], *, published: datetime | None) -> frozenset[str]:
    text = count.sentence.text
    named = {one.key for one in facts if one.key in _MONTHS} | {*_YEAR.findall(text)}
    now = {_MONTHS[published.month - 1], str(published.year)} if published else set()
    passed = {match[0].lower() for match in WHEN.finditer(text, *count.part)}
    return frozenset(named - now | passed)


@dataclass(frozen=True, slots=True)
class _Report:
    """What one report counts."""

    document: Document
    told: defaultdict[_Key, list[_Told]]
    #: Each number, with the words around it.
    numbers: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    #: Names in its title and first sentences.
    lead: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, document: Document, names: frozenset[str]) -> _Report:
        """Return a report before its sentences are read."""
        return cls(document, defaultdict(list), lead=_named(facts_of(document.title, names=names)))

    def single(self, key: _Key) -> _Told | None:
        """Return what it tells by a key; None where it tells two numbers."""
        first, *others = self.told[key]
        same = all(one.count.value == first.count.value for one in others)
        return first if same else None

    def gives(self, told: _Told) -> bool:
        """Tell whether a number of another report is in this one too."""
        value = told.count.value
        key = f"{value.normalize():f}"
        return any(
            number == key and (value >= _COMMON or told.count.thing in near)
            for number, near in self.numbers
        )


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two numbers for one thing, each with its report."""

    left: Count
    right: Count
    one: Document
    two: Document

    @property
    def in_time(self) -> _Pair | None:
        """The earlier one first; None where that is not known."""
        earlier, later = self.one.published, self.two.published
        if earlier is None or later is None or earlier == later:
            return None
        return self if earlier < later else _Pair(self.right, self.left, self.two, self.one)

    @property
    def at_one_time(self) -> bool:
        """Whether a number that grows with the hours is told at one time."""
        first, second = self.one.published, self.two.published
        if self.left.verb not in GROWING:
            return True
        if first is None or second is None or not (self.one.timed and self.two.timed):
            return False
        ordered = self.in_time
        has_grown = (
            ordered is not None
            and ordered.right.value > ordered.left.value
            and GROWN.search(ordered.right.sentence.text)
        )
        return abs(first - second) <= _SAME_TIME and not has_grown


def find(
    sentences: Sequence[Sentence], *, documents: Mapping[str, Document], cast: Cast
) -> tuple[Discrepancy, ...]:
    """Find the discrepancies of one story, at most one a pair of verb and thing.

    Two clauses give different numbers if verb, unit, thing, place, period, modality and scope
    agree, and neither report has the number of the other. It counts as none if rounding, "at
    least" or the hours between two reports explain it. Of one publisher the later report revises
    the earlier one.

    Args:
        sentences: of the story, without copies.
        documents: its reports, by id.
        cast: of the story.
    """
    found: dict[_Key, tuple[int, Discrepancy]] = {}
    for pair in _contradictions(sentences, documents):
        made = _made(pair, cast=cast)
        if made is not None:
            depth = pair.left.sentence.index + pair.right.sentence.index
            key = pair.left.key
            found[key] = min(found.get(key, (depth, made)), (depth, made), key=_depth)
    return tuple(made for _, made in sorted(found.values(), key=_depth))


def contradictions(
    sentences: Sequence[Sentence], *, documents: Mapping[str, Document]
) -> tuple[tuple[Sentence, Sentence], ...]:
    """Return every two numbers that two publishers give for one thing, whatever the hour.

    Args:
        sentences: of one story, without copies.
        documents: its reports, by id.
    """
    return tuple(
        (pair.left.numeral, pair.right.numeral)
        for pair in _contradictions(sentences, documents)
        if pair.one.family != pair.two.family
    )


def _contradictions(
    sentences: Sequence[Sentence], documents: Mapping[str, Document]
) -> Iterator[_Pair]:
    several = len({one.document for one in sentences}) > 1
    for one, two in combinations(_read(sentences, documents) if several else (), 2):
        for key in sorted(one.told.keys() & two.told.keys()):
            left, right = one.single(key), two.single(key)
            if left and right and _contradict(left, right, one, two):
                yield _Pair(left.count, right.count, one.document, two.document)


def _depth(found: tuple[int, Discrepancy]) -> int:
    return found[0]


def _read(sentences: Sequence[Sentence], documents: Mapping[str, Document]) -> tuple[_Report, ...]:
    some = [one for one in sentences if one.index < _READ and len(one.text) <= LONGEST]
    names = names_in(one.text for one in some)
    reports: dict[str, _Report] = {}
    for sentence in some:
        if sentence.index >= _LEAD and not NUMBER.search(sentence.text):
            continue
        report = reports.get(sentence.document) or _Report.of(documents[sentence.document], names)
        reports[sentence.document] = report
        facts = facts_of(sentence.text, names=names)
        if sentence.index < _LEAD:
            report.lead.update(_named(facts))
        for place, fact in enumerate(facts):
            if fact.kind is FactKind.NUMBER:
                near = frozenset(alike(one.key) for one in facts[max(0, place - 3) : place + 4])
                report.numbers.append((fact.key, near))
        for count in counts(sentence, facts=facts):
            told = _Told.of(count, facts, published=report.document.published)
            if _is_clear(told):
                report.told[count.key].append(told)
    return tuple(reports.values())


def _named(facts: Sequence[Fact]) -> set[str]:
    return {one.key for one in facts if one.kind is FactKind.NAME}


def _contradict(left: _Told, right: _Told, one: _Report, two: _Report) -> bool:
    """Tell whether two counts are of one thing, and neither report has the other's number."""
    return (
        differ(left.count, right.count)
        and not (two.gives(left) or one.gives(right))
        and _agree(left, right)
        and _is_there(left, right, two)
        and _is_there(right, left, one)
        and not _are_apart(left, right, one, two)
    )


def differ(one: Count, two: Count) -> bool:
    """Tell whether two numbers are not the same one told in two ways."""
    low, high = (one, two) if one.value <= two.value else (two, one)
    if high.value - low.value <= max(low.step, high.step):
        return False
    if high.value > _FARTHEST * low.value:
        return False
    if low.bound is Bound.OVER or high.bound is Bound.MOST:
        return False
    return not (low.bound is Bound.LEAST and high.bound is not Bound.LEAST)


def _is_clear(told: _Told) -> bool:
    """Tell whether a number is of the news itself, and the only one of its unit."""
    count = told.count
    text, own = count.sentence.text, count.sentence.text[slice(*count.part)]
    if told.same_unit > 1 or PASSING.search(own):
        return False
    if (count.unit == "percent" or count.verb in MOVES) and MOVING.search(text):
        return False
    return not (ELSEWHEN.search(text) or INCLUDING.search(text))


def _agree(left: _Told, right: _Told) -> bool:
    """Tell whether two counts are of one thing, period and claim, on one matter."""
    one, two = left.count, right.count
    if one.narrowed != two.narrowed or left.turns != right.turns or left.period != right.period:
        return False
    if one.unit and one.thing and two.thing and one.thing != two.thing:
        return False
    if left.days != right.days and (one.unit == "percent" or (left.days and right.days)):
        return False
    if one.unit == "votes" and _bodies(one) != _bodies(two):
        return False
    return len(left.words & right.words) >= _needed(one, two)


def _bodies(count: Count) -> frozenset[str]:
    return frozenset(map(str.lower, CHAMBER.findall(count.sentence.text)))


def _needed(one: Count, two: Count) -> int:
    """Return how many words two counts must have in common beside what they count."""
    lead = one.sentence.index < _LEAD and two.sentence.index < _LEAD
    if one.verb in TOLLS and one.thing == "person" and lead:
        return 1
    return 3 if one.unit or one.verb in {"of", "be"} else 2


def _is_there(told: _Told, other: _Told, report: _Report) -> bool:
    """Tell whether what a count is of is also what the other report is about."""
    if told.names and other.names and not told.names & other.names:
        return False
    if (
        told.places
        and other.places
        and not (told.places & other.names or other.places & told.names)
    ):
        return False
    there = report.lead | other.names
    return all(not own or bool(own & there) for own in (told.actors, told.places))


def _are_apart(left: _Told, right: _Told, one: _Report, two: _Report) -> bool:
    """Tell whether each of two counts is of somebody of whom the other report does not speak."""
    return bool(left.close - two.lead - right.names and right.close - one.lead - left.names)


def _made(pair: _Pair, *, cast: Cast) -> Discrepancy | None:
    """Return what is printed of two numbers: two clauses, of which one can stand alone.

    Of one publisher the earlier comes first. None where they are told at different times, or
    cannot be printed.
    """
    revised = pair.one.family == pair.two.family
    ordered = pair.in_time if revised else pair
    if ordered is None or not (revised or pair.at_one_time):
        return None
    left, right = (_clause(count, cast) for count in (ordered.left, ordered.right))
    if left is None or right is None:
        return None
    alone = any(stands_alone(one.clause.text, cast=cast) for one in (left, right))
    return Discrepancy(left, right, revised=revised) if alone else None


def _clause(count: Count, cast: Cast) -> Figure | None:
    text = count.sentence.text
    fit = [
        cut(count.sentence, first, stop)
        for first, stop in spans(text, start=count.start, end=count.end)
        if _SHORTEST <= len(text[first:stop].strip()) <= _LONGEST
        and reads_beside(text[first:stop].strip())
    ]
    fit.sort(key=lambda one: not stands_alone(one.text, cast=cast))
    return Figure(count.numeral, fit[0]) if fit else None
