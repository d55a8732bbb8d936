"""Chooses what a page prints: its scale, its briefs and their sentences, by arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from briefing.core.model import Scale
from briefing.core.page.choice import (
    Selection,
    add,
    additions,
    drop_brief,
    least,
    shorten,
)
from briefing.core.page.ruler import Ruler

#: Most briefs (top story included) for which each scale is meant (docs/page.md, "Scales").
_MEANT = {Scale.THIN: 4, Scale.ROOMY: 9, Scale.NORMAL: 16}
_SCALES = tuple(Scale)
#: Briefs (top story included) for which type is not set heavy; the others are named.
_ENOUGH = 9
#: Numbers of briefs that are tried then.
_TRIES = 3
#: Share of a page that may stay white without trying fewer briefs, and on a heavy page at most
#: (docs/page.md, "Scales").
_LITTLE_WHITE, _MOST_WHITE = 0.05, 0.1
#: Heights that differ by less, in lines, are equal.
_SAME_LINES = 1e-6


def scales_for(briefs: int) -> tuple[Scale, ...]:
    """Return the scales worth trying for a number of briefs, the one meant for it first.

    After it come the next smaller and the next larger one.
    """
    meant = next((place for place, most in enumerate(_MEANT.values()) if briefs <= most), 2)
    places = (meant, meant + 1, meant - 1)
    return tuple(_SCALES[place] for place in places if 0 <= place < _SCALES.index(Scale.COLUMN))


def fill(ruler: Ruler, start: Selection) -> Selection:
    """Add sentences to a choice until no more fits, then exchange some to fill its holes.

    Those that add no height, because they fill a shorter column, come before those that do; both
    in their order. On a thin page what stands below the news comes before any sentence that is
    added.
    """
    choice: Selection | None = start
    while choice is not None:
        filled, choice = choice, next(_longer(ruler, choice), None)
    better = _exchanged(ruler, filled)
    return filled if better is None else fill(ruler, better)


def _longer(ruler: Ruler, choice: Selection) -> Iterator[Selection]:
    """Yield the choice with each sentence more that fits, those first that add no height."""
    longer = [
        more
        for addition in additions(ruler.draft, choice)
        if (more := add(ruler.draft, choice, addition)) is not None
    ]
    height = ruler.news(choice) + _SAME_LINES
    longer.sort(key=lambda more: ruler.news(more) > height)
    yield from filter(ruler.fits_whole, longer)


def _exchanged(ruler: Ruler, choice: Selection) -> Selection | None:
    """Return the choice with one sentence of a brief exchanged for one of another.

    Of those with the smallest holes the first that fits and leaves less white; None without any.
    """
    others = (
        more
        for shorter in shorten(choice)
        for addition in additions(ruler.draft, shorter)
        if (more := add(ruler.draft, shorter, addition)) is not None
    )
    white, most = ruler.white(choice) - _SAME_LINES, ruler.holes(choice) - _SAME_LINES
    smaller = sorted(
        (
            (hole, place, other)
            for place, other in enumerate(others)
            if (hole := ruler.holes(other)) < most
        ),
        key=lambda found: found[:2],
    )
    fitting = (other for _, _, other in smaller if ruler.fits_whole(other))
    return next((other for other in fitting if ruler.white(other) < white), None)


def squeeze(
    ruler: Ruler, choice: Selection, *, fits: Callable[[Selection], bool] | None = None
) -> Selection | None:
    """Take the top story down to one sentence, step by step; None when even that is too high."""
    shorter = (replace(choice, top=top) for top in range(choice.top, 0, -1) or (0,))
    return next(filter(fits or ruler.fits, shorter), None)


def shed(ruler: Ruler, choice: Selection) -> Selection | None:
    """Leave out briefs, the lowest of the longest section first, until the rest fits.

    Corrections give way to nothing but the top story and what is pinned, and the first of them
    not even to these. In one column there is room for the first stories to name, unless that
    leaves none for news. None when not even one sentence of each does.
    """
    return _shed(ruler, choice, fits=ruler.fits_least) or _shed(ruler, choice, fits=ruler.fits)


def _shed(
    ruler: Ruler, choice: Selection, *, fits: Callable[[Selection], bool]
) -> Selection | None:
    shorter: Selection | None = choice
    while shorter is not None:
        fitting = squeeze(ruler, shorter, fits=fits)
        if fitting is not None:
            return fitting
        shorter = drop_brief(ruler.draft, shorter) or _drop_correction(shorter)
    return None


def _drop_correction(choice: Selection) -> Selection | None:
    """Return the choice without its last correction; None when there is only one."""
    left = choice.corrections - 1
    return replace(choice, corrections=left) if left > 0 else None


def choose(ruler: Ruler) -> Selection | None:
    """Choose scale and sentences by arithmetic.

    The scale meant for the number of briefs comes first; where its least does not fit, the next
    smaller one; where all is printed and room is left, the next larger one if all fits there.
    Before type is set heavy, briefs are left out, as long as enough are left. None when not even
    one sentence fits.
    """
    order = sorted(ruler.measured, key=_SCALES.index)
    smaller = order[order.index(next(iter(ruler.measured))) :]
    starts = [least(ruler.draft, scale) for scale in smaller]
    for start in starts:
        if start.scale is Scale.NORMAL and (fewer := _fewer(ruler, start)):
            return _larger(ruler, fewer)
        if start.scale is not Scale.HEAVY and ruler.fits_least(start):
            return _larger(ruler, fill(ruler, start))
    return _crowded(ruler, starts)


def _fewer(ruler: Ruler, start: Selection) -> Selection | None:
    """Leave out briefs, the lowest of the longest section first, until the rest fits.

    Of the first few numbers of briefs that fit, the first that leaves little white is taken, else
    the one that leaves the least; only the first if what is left out would not be named instead.
    None where too few would be left, or nothing else may be left out.
    """
    shorter: Selection | None = start
    found: list[tuple[float, Selection]] = []
    tries = _TRIES if ruler.draft.edition.panel.also else 1
    while shorter is not None and _stories(shorter) >= _ENOUGH and len(found) < tries:
        if ruler.fits_least(shorter):
            filled = fill(ruler, shorter)
            found.append((ruler.share(filled), filled))
            if found[-1][0] <= _LITTLE_WHITE:
                return filled
        shorter = drop_brief(ruler.draft, shorter)
    return min(found, key=lambda pair: pair[0])[1] if found else None


def _stories(choice: Selection) -> int:
    return bool(choice.top) + sum(map(bool, choice.briefs))


def _crowded(ruler: Ruler, starts: Sequence[Selection]) -> Selection | None:
    """Choose where the least is too much: set heavy, unless that leaves too much white."""
    shorter = (shed(ruler, start) for start in reversed(starts))
    filled = (fill(ruler, choice) for choice in shorter if choice is not None)
    last = next(filled, None)
    refused = last and last.scale is Scale.HEAVY and ruler.share(last) > _MOST_WHITE
    return next(filled, last) if refused else last


def _larger(ruler: Ruler, choice: Selection) -> Selection:
    """Return the same sentences at the next larger scale if they all fit there and all are in."""
    place = _SCALES.index(choice.scale) - 1
    everything = all(
        add(ruler.draft, choice, addition) is None for addition in additions(ruler.draft, choice)
    )
    if not everything or place < 1 or _SCALES[place] not in ruler.measured:
        return choice
    larger = replace(choice, scale=_SCALES[place])
    return larger if ruler.fits_whole(larger) else choice
