"""Chooses what stands beside the news: stories to name, figures, a quotation, dates, a chart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from itertools import zip_longest
from typing import TypeVar

from briefing.core.model import DateAhead, Figure, NamedStory, Panel, Quote

T = TypeVar("T")

#: Items of each part (docs/page.md, "Panel").
_MOST_FIGURES, _MOST_AHEAD = 5, 5


def compose_panel(
    figures: Sequence[Sequence[Figure]],
    quotes: Sequence[Sequence[Quote]],
    ahead: Sequence[Sequence[DateAhead]],
    *,
    also: Sequence[NamedStory] = (),
    chart: bool,
) -> Panel:
    """Choose the items of the panel.

    Each of the first three holds, story by story in the order of the page, that story's items,
    best first. The best item of every story precedes any second item; no numeral and no day of one
    story comes twice. Dates are printed soonest first.
    """
    return Panel(
        figures=_different(_in_turn(figures), by=_numeral)[:_MOST_FIGURES],
        quotes=tuple(quote for own in quotes for quote in own[:1])[:1],
        ahead=tuple(
            sorted(
                _in_turn([_different(own, by=_day) for own in ahead])[:_MOST_AHEAD],
                key=lambda item: (item.day, item.clause.key),
            )
        ),
        chart=chart,
        also=tuple(also),
    )


def _in_turn(items: Sequence[Sequence[T]]) -> tuple[T, ...]:
    return tuple(item for row in zip_longest(*items) for item in row if item is not None)


def _different(items: Iterable[T], *, by: Callable[[T], object]) -> tuple[T, ...]:
    """Return the first item of each kind, in the order given."""
    first: dict[object, T] = {}
    for item in items:
        first.setdefault(by(item), item)
    return tuple(first.values())


def _numeral(figure: Figure) -> str:
    return figure.numeral.text


def _day(ahead: DateAhead) -> date:
    return ahead.day
