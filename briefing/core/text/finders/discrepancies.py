"""Finds where two publishers, or two reports of one, give different numbers for the same thing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import combinations

from briefing.core.model import Discrepancy, Document, Figure, Sentence
from briefing.core.text.facts import names_in
from briefing.core.text.finders.clauses import (
    LONGEST,
    Cast,
    cut,
    meet,
    reads_beside,
    spans,
    stands_alone,
)
from briefing.core.text.finders.counts import Bound, Count
from briefing.core.text.finders.differing_words import GROWING, GROWN
from briefing.core.text.finders.same_thing import Key, ReportFacts, Tally, of_one_thing

#: Sentences of a report that are read: its news; background comes later.
_READ = 20
#: Characters of a printed clause.
_SHORTEST, _LONGEST = 20, 180
#: Within this time two reports are told of one state of things; later, a number that grows has
#: grown.
_SAME_TIME = timedelta(hours=6)
#: How many times the other a number may be; two that are further apart are of two things.
_FARTHEST = 3


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
    found: dict[Key, tuple[int, Discrepancy]] = {}
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
    reports = _read(sentences, documents) if several else {}
    for (first, one), (second, two) in combinations(reports.items(), 2):
        for key in sorted(one.told.keys() & two.told.keys()):
            left, right = one.single(key), two.single(key)
            if (
                left
                and right
                and differ(left.count, right.count)
                and not (two.gives(left) or one.gives(right))
                and of_one_thing(left, right, one, two)
            ):
                yield _Pair(left.count, right.count, documents[first], documents[second])


def _read(
    sentences: Sequence[Sentence], documents: Mapping[str, Document]
) -> Mapping[str, ReportFacts]:
    some = [one for one in sentences if one.index < _READ and len(one.text) <= LONGEST]
    names = names_in(one.text for one in some)
    own: defaultdict[str, list[Sentence]] = defaultdict(list)
    for sentence in some:
        own[sentence.document].append(sentence)
    return {
        id_: ReportFacts.of(
            printed, titles=(documents[id_].title,), names=names, published=documents[id_].published
        )
        for id_, printed in own.items()
    }


def _depth(found: tuple[int, Discrepancy]) -> int:
    return found[0]


def first_and_last(
    told: Iterable[tuple[date, str, Sequence[Sentence]]],
) -> tuple[Discrepancy, ...]:
    """Return the first and the last number of each thing that was counted on several days.

    They are of one thing by the same rule, and grow while it goes on; an edition that gives two
    numbers for it does not count. What was counted last comes first.

    Args:
        told: what editions told of one story: the day, the headline, the sentences.
    """
    days: defaultdict[date, tuple[list[str], list[Sentence]]] = defaultdict(lambda: ([], []))
    for day, headline, sentences in told:
        days[day][0].append(headline)
        days[day][1].extend(one for one in sentences if len(one.text) <= LONGEST)
    every = [sentence for _, own in days.values() for sentence in own]
    names, cast = names_in(one.text for one in every), meet(every)
    reports = {
        day: ReportFacts.of(
            own, titles=titles, names=names, published=datetime.combine(day, time())
        )
        for day, (titles, own) in sorted(days.items())
    }
    found = []
    for chain in _chains(reports):
        first, last = min(chain), max(chain)
        pair = _beside(chain[first], chain[last], cast=cast)
        if pair is not None and chain[last].value == max(one.value for one in chain.values()):
            left, right = replace(pair.left, day=first), replace(pair.right, day=last)
            found.append((last, Discrepancy(left, right)))
    found.sort(key=lambda dated: dated[0], reverse=True)
    return tuple(pair for _, pair in found)


def _chains(reports: Mapping[date, ReportFacts]) -> Iterable[Mapping[date, Count]]:
    """Return what was counted of each thing by day, the first day first, where it has grown."""
    chains: defaultdict[Key, dict[date, Count]] = defaultdict(dict)
    for (day, one), (later, two) in combinations(reports.items(), 2):
        for key in sorted(one.told.keys() & two.told.keys()):
            left, right = one.single(key), two.single(key)
            if (
                left
                and right
                and (key not in chains or day in chains[key])
                and _has_grown(left, right)
                and of_one_thing(left, right, one, two)
            ):
                chains[key] |= {day: left.count, later: right.count}
    return chains.values()


def _has_grown(first: Tally, last: Tally) -> bool:
    """Tell whether a number that grows while an event goes on has grown; a name is in both.

    What names a time of its own is of another event.
    """
    low, high = first.count, last.count
    return (
        low.verb in GROWING
        and not first.period
        and max(low.step, high.step) < high.value - low.value
        and high.value <= _FARTHEST * low.value
        and bool(first.names & last.names)
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


def _made(pair: _Pair, *, cast: Cast) -> Discrepancy | None:
    """Return what is printed of two numbers: two clauses, of which one can stand alone.

    Of one publisher the earlier comes first. None where they are told at different times, or
    cannot be printed.
    """
    revised = pair.one.family == pair.two.family
    ordered = pair.in_time if revised else pair
    if ordered is None or not (revised or pair.at_one_time):
        return None
    made = _beside(ordered.left, ordered.right, cast=cast)
    return made and replace(made, revised=revised)


def _beside(one: Count, two: Count, *, cast: Cast) -> Discrepancy | None:
    """Return two clauses with their numbers; None where neither stands alone."""
    left, right = (_clause(count, cast) for count in (one, two))
    if left is None or right is None:
        return None
    alone = any(stands_alone(one.clause.text, cast=cast) for one in (left, right))
    return Discrepancy(left, right, revised=False) if alone else None


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
