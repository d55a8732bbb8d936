"""Reads what reports count, and tells whether two of their counts are of one thing."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from briefing.core.model import Sentence
from briefing.core.text.fact_words import MONTHS, WEEKDAYS
from briefing.core.text.facts import Fact, FactKind, facts_of
from briefing.core.text.finders.counts import Count, alike, counts
from briefing.core.text.finders.differing_words import (
    CHAMBER,
    COMMON_NAMES,
    ELSEWHEN,
    INCLUDING,
    MOVES,
    MOVING,
    NUMBER,
    PASSING,
    TOLLS,
    TURNS,
    WHEN,
)

#: Sentences that say what happened, before the details.
_LEAD = 3
_MONTHS = tuple(dict.fromkeys(MONTHS.values()))
_CALENDAR = frozenset({*WEEKDAYS.values(), *_MONTHS})
_PLACE = re.compile(r"\b(?:in|at|near|off|outside|across|around|from) (?:the )?(?:[\w-]+ ){0,3}\Z")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
#: A number below this is in most reports somewhere.
_COMMON = 13
#: Verb, unit and thing.
Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Tally:
    """A count, with what says of which place, time and story it is."""

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
    def of(cls, count: Count, facts: Sequence[Fact], *, published: datetime | None) -> Tally:
        """Read what stands around a count in its sentence, of which these are the facts."""
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
            days=frozenset(_days(facts)),
            period=_period(count, facts, published=None if count.unit == "percent" else published),
            same_unit=sum(one.kind is FactKind.UNIT and one.key == count.unit for one in facts),
        )


def _days(facts: Sequence[Fact]) -> Iterator[str]:
    """Yield the weekdays that are named, but for that on which somebody said so."""
    before = None
    for fact in facts:
        said = before is not None and before.kind is FactKind.SAYING
        if fact.key in WEEKDAYS and not said:
            yield fact.key
        before = fact


def _period(count: Count, facts: Sequence[Fact], *, published: datetime | None) -> frozenset[str]:
    text = count.sentence.text
    named = {one.key for one in facts if one.key in _MONTHS} | {*_YEAR.findall(text)}
    now = {_MONTHS[published.month - 1], str(published.year)} if published else set()
    passed = {match[0].lower() for match in WHEN.finditer(text, *count.part)}
    return frozenset(named - now | passed)


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """What one report counts, or what one edition told."""

    told: defaultdict[Key, list[Tally]] = field(default_factory=lambda: defaultdict(list))
    #: Each number, with the words around it.
    numbers: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    #: Names in its titles and first sentences.
    lead: set[str] = field(default_factory=set)

    @classmethod
    def of(
        cls,
        sentences: Iterable[Sentence],
        *,
        titles: Iterable[str],
        names: frozenset[str],
        published: datetime | None,
    ) -> ReportFacts:
        """Read sentences of bounded length, in order.

        Args:
            sentences: of one report, or of what one edition told.
            titles: above them.
            names: of ``names_in`` for all that is compared.
            published: when; months and years of that time go without saying.
        """
        report = cls()
        for title in titles:
            report.lead.update(_named(facts_of(title, names=names)))
        for sentence in sentences:
            if sentence.index < _LEAD or NUMBER.search(sentence.text):
                facts = facts_of(sentence.text, names=names)
                report._take(sentence, facts, published=published)
        return report

    def _take(
        self, sentence: Sentence, facts: Sequence[Fact], *, published: datetime | None
    ) -> None:
        if sentence.index < _LEAD:
            self.lead.update(_named(facts))
        for place, fact in enumerate(facts):
            if fact.kind is FactKind.NUMBER:
                near = frozenset(alike(one.key) for one in facts[max(0, place - 3) : place + 4])
                self.numbers.append((fact.key, near))
        for count in counts(sentence, facts=facts):
            tally = Tally.of(count, facts, published=published)
            if _is_clear(tally):
                self.told[count.key].append(tally)

    def single(self, key: Key) -> Tally | None:
        """Return what it tells by a key; None where it tells two numbers."""
        first, *others = self.told[key]
        same = all(one.count.value == first.count.value for one in others)
        return first if same else None

    def gives(self, tally: Tally) -> bool:
        """Tell whether a number of another report is in this one too."""
        value = tally.count.value
        key = f"{value.normalize():f}"
        return any(
            number == key and (value >= _COMMON or tally.count.thing in near)
            for number, near in self.numbers
        )


def of_one_thing(left: Tally, right: Tally, one: ReportFacts, two: ReportFacts) -> bool:
    """Tell whether two counts are of one thing, period and claim; ``left`` is of ``one``.

    Their verb, unit and thing are the same.
    """
    return (
        _agree(left, right)
        and _is_there(left, right, two)
        and _is_there(right, left, one)
        and not _are_apart(left, right, one, two)
    )


def _named(facts: Sequence[Fact]) -> set[str]:
    return {one.key for one in facts if one.kind is FactKind.NAME}


def _is_clear(tally: Tally) -> bool:
    """Tell whether a number is of the news itself, and the only one of its unit."""
    count = tally.count
    text, own = count.sentence.text, count.sentence.text[slice(*count.part)]
    if tally.same_unit > 1 or PASSING.search(own):
        return False
    if (count.unit == "percent" or count.verb in MOVES) and MOVING.search(text):
        return False
    return not (ELSEWHEN.search(text) or INCLUDING.search(text))


def _agree(left: Tally, right: Tally) -> bool:
    """Tell whether two counts are of one thing, period and claim, in one story."""
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


def _is_there(told: Tally, other: Tally, report: ReportFacts) -> bool:
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


def _are_apart(left: Tally, right: Tally, one: ReportFacts, two: ReportFacts) -> bool:
    """Tell whether each of two counts is of somebody of whom the other report does not speak."""
    return bool(left.close - two.lead - right.names and right.close - one.lead - left.names)
