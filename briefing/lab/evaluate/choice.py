"""Measures what was chosen for the page against labels that a reader gave to every article."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from briefing.lab.evaluate.intervals import ratio_ci95

#: Importance of a story that must be on the page.
_MUST = 3
#: Words from which a sentence is long.
_LONG = 40


@dataclass(frozen=True, slots=True)
class ArticleLabel:
    """What a reader said about one article."""

    #: Name of the event it reports.
    story: str
    #: Section it belongs to; "other" for those without a place on the page.
    section: str
    #: "news", "analysis", "opinion", "live" or "other".
    kind: str
    #: 3 must be on the page, 2 should, 1 may, 0 does not belong.
    importance: int


@dataclass(frozen=True, slots=True)
class Printed:
    """One printed sentence."""

    #: Place of its brief on the page, from 0.
    brief: int
    #: Section under which it stands.
    section: str
    #: Id of the article it was taken from.
    article: str
    #: Number of words.
    words: int


@dataclass(frozen=True, slots=True)
class DayChoice:
    """One day with what was printed of it."""

    name: str
    #: By id of the article.
    labels: Mapping[str, ArticleLabel]
    #: In printed order.
    printed: tuple[Printed, ...]
    #: Ids of articles that are named on the page though no sentence of theirs is printed.
    named: tuple[str, ...]
    #: Height of the news over the height it could have.
    fill: float


#: A count and the number it is part of.
_Share = tuple[float, float]


def measure_choice(days: Sequence[DayChoice]) -> dict[str, Any]:
    """Return each measure over all days, its 95 % interval by day, and a row a day.

    section_right: share of printed sentences whose article belongs to the section they stand in.
    must_print: share of stories with an article of importance 3 that are printed.
    importance: mean importance of the articles of printed sentences, 0 to 3.
    opinion: share of printed sentences that come from opinion pieces.
    long: share of printed sentences with more than 40 words.
    told_twice: briefs beyond the first of their story, a count.

    Articles without a label are left out of every measure and counted as ``unlabeled``.
    """
    measures: dict[str, Callable[[DayChoice], _Share]] = {
        "section_right": _section_right,
        "must_print": _must_print,
        "importance": _importance,
        "opinion": _opinion,
        "long": _long,
    }
    return {
        "days": len(days),
        **{name: _over(days, share) for name, share in measures.items()},
        "told_twice": sum(map(_told_twice, days)),
        "unlabeled": sum(one.article not in day.labels for day in days for one in day.printed),
        "fill_min": round(min(day.fill for day in days), 4),
        "by_day": [_row(day, measures) for day in days],
    }


def _over(days: Sequence[DayChoice], share: Callable[[DayChoice], _Share]) -> dict[str, Any]:
    shares = [share(day) for day in days]
    part, whole = (sum(column) for column in zip(*shares, strict=True))
    low, high = ratio_ci95(shares)
    return {
        "mean": round(part / (whole or 1), 4),
        "ci95": [round(low, 4), round(high, 4)],
        "of": int(whole),
    }


def _row(day: DayChoice, measures: Mapping[str, Callable[[DayChoice], _Share]]) -> dict[str, Any]:
    shares = {name: share(day) for name, share in measures.items()}
    return {
        "name": day.name,
        **{name: round(part / whole, 3) for name, (part, whole) in shares.items() if whole},
        "told_twice": _told_twice(day),
        "sentences": len(day.printed),
        "fill": round(day.fill, 3),
        "missed": sorted(_must(day) - _told(day)),
        "wrong_section": _wrong_section(day),
    }


def _labeled(day: DayChoice) -> list[tuple[Printed, ArticleLabel]]:
    return [(one, day.labels[one.article]) for one in day.printed if one.article in day.labels]


def _section_right(day: DayChoice) -> _Share:
    labeled = _labeled(day)
    return (sum(one.section == label.section for one, label in labeled), len(labeled))


def _wrong_section(day: DayChoice) -> list[str]:
    """Name each story that stands in a section it does not belong to, and both sections."""
    return sorted({
        f"{label.story} under {one.section} instead of {label.section}"
        for one, label in _labeled(day)
        if one.section != label.section
    })  # fmt: skip


def _importance(day: DayChoice) -> _Share:
    labeled = _labeled(day)
    return (sum(label.importance for _, label in labeled), len(labeled))


def _opinion(day: DayChoice) -> _Share:
    labeled = _labeled(day)
    return (sum(label.kind == "opinion" for _, label in labeled), len(labeled))


def _long(day: DayChoice) -> _Share:
    return (sum(one.words > _LONG for one in day.printed), len(day.printed))


def _must_print(day: DayChoice) -> _Share:
    must = _must(day)
    return (len(must & _told(day)), len(must))


def _must(day: DayChoice) -> set[str]:
    return {label.story for label in day.labels.values() if label.importance == _MUST}


def _told(day: DayChoice) -> set[str]:
    articles = {*day.named, *(one.article for one in day.printed)}
    return {day.labels[one].story for one in articles if one in day.labels}


def _told_twice(day: DayChoice) -> int:
    briefs = {(label.story, one.brief) for one, label in _labeled(day)}
    return sum(count - 1 for count in Counter(story for story, _ in briefs).values())
