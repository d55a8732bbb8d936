"""Chooses what stands beside the news: stories to name, dates, numbers, a quotation, a chart."""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date
from itertools import zip_longest
from typing import TypeVar

from briefing.core.language import spoken
from briefing.core.model import DateAhead, Figure, NamedStory, Panel, Quote, Sentence

T = TypeVar("T")

#: Items of each part (docs/page.md, "Panel").
_MOST_FIGURES, _MOST_QUOTES, _MOST_AHEAD = 3, 1, 5
#: Items of each part that are measured, from which the printed ones are chosen.
_POOL = 12
#: A figure from so many sentences before or behind a printed one stands next to it.
_NEXT = 2


def compose_panel(
    figures: Sequence[Sequence[Figure]],
    quotes: Sequence[Sequence[Quote]],
    ahead: Sequence[Sequence[DateAhead]],
    *,
    also: Sequence[NamedStory] = (),
    chart: bool,
) -> Panel:
    """Choose the items from which the panel of a page is taken.

    Each of the first three holds, story by story in the order of the page, that story's items,
    best first. The best item of every story precedes any second item; no numeral and no day of one
    story comes twice.
    """
    return Panel(
        figures=_different(_in_turn(figures), by=_numeral)[:_POOL],
        quotes=_in_turn(quotes)[:_POOL],
        ahead=_in_turn([_different(own, by=_day) for own in ahead])[:_POOL],
        chart=chart,
        also=tuple(also),
    )


def stand_beside(
    panel: Panel, printed: Sequence[Sentence], *, documents: Collection[str], cited: Collection[str]
) -> Panel:
    """Choose what stands beside the printed news; nothing that it has printed already.

    Figures, no two of one unit, come from reports that the news cites; those next to a printed
    sentence first. Dates are in order of days. Items of reports other than ``documents``, those of
    printed stories, are left out, but for what was announced for this day; ``cited`` are those
    cited with the news.
    """
    words = "\n".join(sentence.text for sentence in printed)
    of: defaultdict[str, list[Sentence]] = defaultdict(list)
    for sentence in printed:
        of[sentence.document].append(sentence)
    figures = [
        figure
        for figure in panel.figures
        if figure.clause.document in cited
        and not _is_printed(figure.clause, of[figure.clause.document])
        and not re.search(rf"(?<![\w.,]){re.escape(figure.numeral.text)}(?!\w)", words)
    ]
    figures.sort(key=lambda figure: not _is_next(figure.clause, of[figure.clause.document]))
    quotes = [
        quote
        for quote in panel.quotes
        if quote.words.document in documents
        and not _is_printed(quote.words, of[quote.words.document])
        and quote.words.text not in words
    ]
    ahead = [
        item
        for item in panel.ahead
        if (item.announced or item.clause.document in documents)
        and not _is_printed(item.clause, of[item.clause.document])
    ]
    return replace(
        panel,
        discrepancies=(),  # of an edition that an earlier version made
        figures=_different(figures, by=_unit)[:_MOST_FIGURES],
        quotes=tuple(quotes[:_MOST_QUOTES]),
        ahead=tuple(sorted(ahead[:_MOST_AHEAD], key=lambda item: (item.day, item.clause.key))),
    )


def _is_printed(item: Sentence, printed: Iterable[Sentence]) -> bool:
    """Tell whether an item is in a printed sentence of its document."""
    return any(item.start < other.end and other.start < item.end for other in printed)


def _is_next(item: Sentence, printed: Iterable[Sentence]) -> bool:
    """Tell whether an item is near a printed sentence of its document."""
    return any(abs(item.index - other.index) <= _NEXT for other in printed)


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


def _unit(figure: Figure) -> str:
    """Return what a numeral counts: a sign or a word; empty for a bare number."""
    text = figure.numeral.text
    return "%" if spoken().panel.percent.search(text) else spoken().panel.no_unit.sub("", text)


def _day(ahead: DateAhead) -> date:
    return ahead.day
