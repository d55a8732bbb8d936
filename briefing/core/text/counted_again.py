"""Finds what the editions of a week counted on two days: the same thing, in other numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from briefing.core.model import Figure, Sentence
from briefing.core.text.fact_words import WEEKDAYS
from briefing.core.text.facts import Fact, FactKind, facts_of, names_in
from briefing.core.text.finders import figures
from briefing.core.text.finders.clauses import cut, meet

#: Least quality of a figure, as on the page of a day (docs/decisions/0006-finders.md).
_LEAST_QUALITY = 0.5
#: Characters of a numeral that has room behind its day.
_LONGEST = 11


@dataclass(frozen=True, slots=True)
class _Count:
    """A figure with what its clause says beside the number."""

    figure: Figure
    #: Facts of the clause without the number, in order.
    about: tuple[str, ...]
    number: str


def counted_again(printed: Sequence[tuple[date, Sentence]]) -> tuple[Figure, ...]:
    """Return first and last figure of each thing that was counted on two days, pair by pair.

    Two clauses count the same thing if they have the same facts in the same order but for one
    number: the same names, words, negations and estimates, whatever their form, and on whatever
    weekday somebody said so. None says by how much something moved, which is another thing each
    day. What was counted last comes first.

    Args:
        printed: the sentences of one matter with the days whose editions printed them.
    """
    sentences = [sentence for _, sentence in printed]
    names, cast = names_in(one.text for one in sentences), meet(sentences)
    counts: dict[tuple[str, ...], list[_Count]] = {}
    for day, sentence in sorted(printed, key=lambda pair: pair[0]):
        for found in figures.find([sentence], cast=cast):
            count = _count(replace(found.figure, day=day), names)
            if count is not None and found.quality >= _LEAST_QUALITY:
                counts.setdefault(count.about, []).append(count)
    pairs = [(own[0], own[-1]) for own in counts.values() if _moved(own[0], own[-1])]
    pairs.sort(key=lambda pair: pair[1].figure.day or date.min, reverse=True)
    return tuple(one.figure for pair in pairs for one in pair)


def _count(figure: Figure, names: frozenset[str]) -> _Count | None:
    facts = facts_of(figure.clause.text, names=names)
    numbers = [*_numbers(figure, facts)]
    if len(numbers) != 1 or figures.is_change(figure):
        return None
    (number,) = numbers
    about = tuple(fact.key for fact in _lasting(facts) if fact is not number)
    return _Count(_shortened(figure, number), about, number.key)


def _lasting(facts: Sequence[Fact]) -> Iterator[Fact]:
    """Yield the facts without the weekday on which somebody said it."""
    before = None
    for fact in facts:
        said = before is not None and before.kind is FactKind.SAYING
        if not (said and fact.form in WEEKDAYS):
            yield fact
        before = fact


def _shortened(figure: Figure, number: Fact) -> Figure:
    """Return a figure with the number alone where there is no room for its unit."""
    if len(figure.numeral.text) <= _LONGEST:
        return figure
    return replace(figure, numeral=cut(figure.clause, number.start, number.end))


def _numbers(figure: Figure, facts: Sequence[Fact]) -> Iterator[Fact]:
    """Yield the numbers of a clause that are in its numeral."""
    start = figure.numeral.start - figure.clause.start
    for fact in facts:
        if fact.kind is FactKind.NUMBER and start <= fact.start < start + len(figure.numeral.text):
            yield fact


def _moved(first: _Count, last: _Count) -> bool:
    return first.figure.day != last.figure.day and first.number != last.number
