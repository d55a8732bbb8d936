"""A selection of what a page prints: its rows, its calculated height, and its edition."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from itertools import groupby, zip_longest

from briefing.core.frozen import frozen
from briefing.core.model import (
    Brief,
    Document,
    Edition,
    Ledger,
    Panel,
    Scale,
    Section,
    Setting,
)
from briefing.core.page.columns import EVEN, Block, Row, arrange, stack
from briefing.core.page.compose import stand_beside
from briefing.core.ports import Draft, Heights

#: Characters in the list of sources: heading and key, and around each name.
_NOTE_HEAD, _NOTE_NAME = 60, 3
#: Share of each of its lines but the last that is lost to line breaks.
_NOTE_LOST = 0.02
#: White between two blocks of the panel and above the foot, in lines.
_BLOCK_GAP, FOOT_GAP = 0.75, 0.5
#: White below a figure and below a date, in lines; the last one of a block has none.
_BELOW_FIGURE, _BELOW_DATE = 0.5, 0.25
#: White between two quotations, in lines.
_ABOVE_QUOTE = 0.5
#: Length of a section label, in the widest characters, that fits in one column.
_LONGEST_BESIDE = 22
#: Most stories named, and most on a thin page (docs/page.md, "Panel").
_MOST_NAMED, _MOST_BELOW = 20, 8
#: Blocks that a panel needs, unless it names stories (docs/page.md, "Panel").
_LEAST_BLOCKS = 2
#: Sentences that a top story gets before any brief gets a second one (docs/page.md, "Fitting").
_TOP_FIRST = 3


@frozen
class Selection:
    """What is printed: the number of sentences of each brief, and the items of the panel."""

    scale: Scale
    #: Sentences of the top story, at least one; 0 if there is none.
    top: int
    #: Sentences of each brief of the draft; 0 if it is not printed.
    briefs: tuple[int, ...]
    #: Items of the draft's panel. Not hashed: it is long, and most selections have the same one.
    panel: Panel = field(hash=False)
    #: How many of the draft's corrections are printed, counted from the first.
    corrections: int = 0
    #: Whether the panel stands below two columns of news.
    panel_below: bool = False
    #: Whether briefs may use their asides.
    asides: bool = False

    @property
    def below(self) -> bool:
        """Whether the panel stands below the news, in one column or two."""
        return self.scale.below or self.panel_below

    def with_brief(self, number: int, sentences: int) -> Selection:
        """Return the choice with another length of one brief."""
        briefs = (*self.briefs[:number], sentences, *self.briefs[number + 1 :])
        return replace(self, briefs=briefs)


@frozen
class Addition:
    """A sentence that may be added."""

    #: Number of the brief in the draft; None for the top story.
    brief: int | None
    #: How many sentences it has then.
    length: int


def least(draft: Draft, scale: Scale) -> Selection:
    """Return the choice with one sentence of each brief and up to three of the top story.

    All corrections are included.
    """
    top, under = min(_TOP_FIRST, draft.top.most(asides=False)), draft.below and not scale.below
    panel, due = draft.edition.panel, len(draft.edition.corrections)
    if scale.below:
        panel = replace(panel, figures=(), chart=False)
    return Selection(scale, top, (1,) * len(draft.briefs), panel, due, panel_below=under)


def beside(draft: Draft, choice: Selection) -> Panel:
    """Return the panel of a choice, before it is fitted, without what is already printed.

    A single block that names no stories makes no panel, except below the news.
    """
    briefs = tuple(printed_briefs(draft, choice))
    sentences = [sentence for brief in briefs for sentence in brief.sentences]
    stories = {draft.story_of.get(sentence.document, "") for sentence in sentences}
    stories |= {brief.story for brief in briefs}
    reports = {name for name, story in draft.story_of.items() if story in stories}
    waiting = [named for named in choice.panel.also if named.story not in stories]
    most = _MOST_BELOW if choice.scale.below else _MOST_NAMED
    cited = {document for brief in briefs for document in brief.sources}
    panel = stand_beside(
        replace(choice.panel, also=tuple(waiting[:most])),
        sentences,
        documents=cited | reports,
        cited=cited,
    )
    if choice.below:
        panel = replace(panel, quotes=panel.quotes[:1])
    parts = (panel.also, panel.figures, panel.quotes, panel.ahead, panel.chart)
    enough = panel.also or sum(map(bool, parts)) >= _LEAST_BLOCKS
    return panel if enough or choice.below else Panel()


def bands(draft: Draft, choice: Selection) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield each printed section with the numbers of its briefs, in order."""
    for section, group in groupby(enumerate(draft.briefs), key=lambda pair: pair[1].section):
        printed = tuple(number for number, _ in group if choice.briefs[number])
        if printed:
            yield section, printed


def printed_briefs(draft: Draft, choice: Selection) -> Iterator[Brief]:
    """Yield the top story and the briefs, each in its printed length, in order."""
    if choice.top:
        yield draft.top.lengths[choice.top - 1]
    for candidate, count in zip(draft.briefs, choice.briefs, strict=True):
        if count:
            yield candidate.lengths[count - 1]


def cited(draft: Draft, choice: Selection) -> tuple[str, ...]:
    """Return the ids of all documents that the choice cites, each once, in order."""
    documents = [name for brief in printed_briefs(draft, choice) for name in brief.marked]
    for correction in draft.edition.corrections[: choice.corrections]:
        documents += [slice_.document for slice_ in correction.slices]
    documents += [named.title.document for named in choice.panel.also]
    documents += [ahead.clause.document for ahead in choice.panel.ahead]
    documents += [figure.clause.document for figure in choice.panel.figures]
    documents += [quote.words.document for quote in choice.panel.quotes]
    return tuple(dict.fromkeys(documents))


def rows(draft: Draft, heights: Heights, choice: Selection) -> tuple[Row, ...]:
    """Return the rows in which the sections stand; on a thin page in one column."""
    printed = tuple(bands(draft, choice))
    sections = [
        [
            Block(
                heights.briefs[number][choice.briefs[number] - 1],
                heights.heads[number],
                heights.over[number],
            )
            for number in numbers
        ]
        for _, numbers in printed
    ]
    if choice.scale.below:
        return stack(sections, band=heights.band)
    labels = [draft.edition.letterhead.label(name) for name, _ in printed]
    wide = [len(label) > _LONGEST_BESIDE for label in labels]
    return arrange(
        sections,
        band=heights.band,
        wide=wide,
        even=EVEN / heights.lead[1],
        ranked=draft.fixed,
    )


def news_height(draft: Draft, heights: Heights, choice: Selection) -> float:
    """Return the height of the top story and the sections, in lines of body text."""
    top = heights.top[choice.top - 1] if choice.top else 0.0
    return top + sum(row.height for row in rows(draft, heights, choice))


def page_height(draft: Draft, heights: Heights, choice: Selection) -> float:
    """Return the height of everything on the sheet except the panel, in lines of body text."""
    height = heights.mast + news_height(draft, heights, choice)
    if due := len(draft.edition.corrections):
        waiting = heights.waiting if choice.corrections < due else 0.0
        height += heights.corrections + sum(heights.corrected[: choice.corrections]) + waiting
    return height + FOOT_GAP + foot_height(draft, heights, choice)


def foot_height(
    draft: Draft, heights: Heights, choice: Selection, panel: Panel | None = None
) -> float:
    """Return the estimated height of the foot, in lines.

    ``panel`` None: its sources are those of all that the choice could have beside it.
    """
    whole = replace(choice, panel=beside(draft, choice) if panel is None else panel)
    documents = [draft.edition.documents[name] for name in cited(draft, whole)]
    lines = note_characters(documents) / heights.note_characters
    lines = max(1, math.ceil((lines - _NOTE_LOST) / (1 - _NOTE_LOST)))
    return max(heights.foot + lines * heights.note, heights.check)


def note_characters(documents: Sequence[Document]) -> int:
    """Return the approximate number of characters in the list of sources of some documents."""
    names = {document.publisher for document in documents}
    named = sum(len(name) + _NOTE_NAME for name in names)
    numbers = sum(len(f" {number}") for number in range(1, len(documents) + 1))
    return _NOTE_HEAD + named + numbers


def panel_blocks(heights: Heights, panel: Panel) -> tuple[float, ...]:
    """Return the height of each non-empty block of the panel, in lines."""
    return tuple(heights.block + sum(items) - below for items, below in _items(heights, panel))


def _items(heights: Heights, panel: Panel) -> Iterator[tuple[tuple[float, ...], float]]:
    """Yield for each non-empty block the heights of its items, and the white to subtract."""
    between = -_ABOVE_QUOTE * (len(panel.quotes) - 1)
    parts = (
        (tuple(heights.also[named.story] for named in panel.also), 0.0),
        (tuple(heights.ahead[item.clause.key] for item in panel.ahead), _BELOW_DATE),
        (tuple(heights.figures[figure.numeral.key] for figure in panel.figures), _BELOW_FIGURE),
        (tuple(heights.quotes[quote.words.key] for quote in panel.quotes), between),
        ((heights.chart,) if panel.chart else (), 0.0),
    )
    yield from (part for part in parts if any(part[0]))


def panel_rows(heights: Heights, choice: Selection, panel: Panel) -> tuple[Row, ...]:
    """Return the rows in which the panel stands below two columns of news; empty if it does not.

    Of the lowest arrangement and one that may be a line higher for each even row, the one that
    leaves less white below a column is returned.
    """
    if not choice.panel_below:
        return ()
    blocks = [[Block(high, high, high) for high in items] for items, _ in _items(heights, panel)]
    lowest, even = (
        arrange(blocks, band=heights.band, even=most, uneven=1, ranked=True)
        for most in (math.inf, EVEN / heights.lead[0])
    )
    return min(lowest, even, key=lambda its: max((row.foot for row in its), default=0.0))


def panel_height(heights: Heights, panel: Panel) -> float:
    """Return the height of the panel with its smallest gaps, in lines."""
    blocks = panel_blocks(heights, panel)
    return sum(blocks) + _BLOCK_GAP * max(0, len(blocks) - 1)


def stacked_height(heights: Heights, panel: Panel) -> float:
    """Return the height of the panel's blocks, stacked, each with its own rule, in lines."""
    return sum(panel_blocks(heights, panel))


def below_height(heights: Heights, choice: Selection, panel: Panel) -> float:
    """Return the height of the panel if it stands below the news, in lines; else 0."""
    if choice.scale.below:
        return stacked_height(heights, panel)
    return sum(row.height for row in panel_rows(heights, choice, panel))


def additions(draft: Draft, choice: Selection) -> Iterator[Addition]:
    """Yield the sentences that may be added, in this order (docs/page.md, "Fitting").

    The top story to three sentences; the second one of each section's first brief; second sentences
    by rank; the fourth of the top story; third sentences by rank; the fifth of the top story.
    Then, on a page of few stories, the others of the top story and those of the briefs by rank.
    """
    firsts = [numbers[0] for _, numbers in bands(draft, choice)]
    ranked = sorted(
        (number for number, count in enumerate(choice.briefs) if count),
        key=lambda number: draft.briefs[number].rank,
    )
    yield from (Addition(None, length) for length in range(2, _TOP_FIRST + 1))
    yield from (Addition(number, 2) for number in firsts)
    yield from (Addition(number, 2) for number in ranked if number not in firsts)
    yield Addition(None, 4)
    yield from (Addition(number, 3) for number in ranked)
    yield from (Addition(None, length) for length in range(5, len(draft.top.lengths) + 1))
    longest = max((len(draft.briefs[number].lengths) for number in ranked), default=0)
    yield from (Addition(number, length) for length in range(4, longest + 1) for number in ranked)


def add(draft: Draft, choice: Selection, addition: Addition) -> Selection | None:
    """Return the choice with one more sentence; None if there is none."""
    number, length = addition.brief, addition.length
    has, of = (
        (choice.top, draft.top) if number is None else (choice.briefs[number], draft.briefs[number])
    )
    if not has + 1 == length <= of.most(asides=choice.asides):
        return None
    return replace(choice, top=length) if number is None else choice.with_brief(number, length)


def shorten(choice: Selection) -> Iterator[Selection]:
    """Yield the choice with one sentence less, for each brief that has more than one."""
    for number, count in enumerate(choice.briefs):
        if count > 1:
            yield choice.with_brief(number, count - 1)


def drops(draft: Draft, choice: Selection) -> Iterator[Selection]:
    """Yield the choice without the lowest-ranked brief of a section, the longest section first.

    Of equally long sections the later comes first. Pinned briefs stay.
    """
    printed = [
        (len(numbers), place, ranked)
        for place, (_, numbers) in enumerate(bands(draft, choice))
        if (ranked := [number for number in numbers if not draft.briefs[number].pinned])
    ]
    for _, _, ranked in sorted(printed, reverse=True):
        yield choice.with_brief(max(ranked, key=lambda number: draft.briefs[number].rank), 0)


def drop_brief(draft: Draft, choice: Selection) -> Selection | None:
    """Return the choice without the lowest-ranked brief of the longest section; None: none left."""
    return next(drops(draft, choice), None)


def shrink_panel(panel: Panel) -> Panel:
    """Return the panel without the next item to leave out.

    First the chart, then all but eight named stories, three dates and three figures, then the
    quotation, then the rest in the same order (docs/page.md, "Fitting").
    """
    if panel.chart:
        return replace(panel, chart=False)
    for names, items in ((8, 3), (3, 0), (0, 0)):
        if len(panel.also) > names:
            return replace(panel, also=panel.also[:-1])
        if len(panel.ahead) > items:
            return replace(panel, ahead=panel.ahead[:-1])
        if len(panel.figures) > items:
            return replace(panel, figures=panel.figures[:-1])
        if panel.quotes:
            return replace(panel, quotes=())
    return panel


def shorter_panels(panel: Panel) -> Iterator[Panel]:
    """Yield the panel without the chart or the last item of a block; named stories stay."""
    shorter = (
        replace(panel, chart=False),
        replace(panel, quotes=panel.quotes[:-1]),
        replace(panel, figures=panel.figures[:-1]),
        replace(panel, ahead=panel.ahead[:-1]),
    )
    yield from (its for its in shorter if its not in (panel, Panel()))


def build(
    draft: Draft, heights: Heights, choice: Selection, *, lead: float, side_gap: float
) -> Edition:
    """Return the edition of a selection.

    ``heights`` are those of its scale; ``lead`` and ``side_gap`` (extra white between the blocks of
    the panel) are in points.
    """
    news = rows(draft, heights, choice)
    arranged = news + panel_rows(heights, choice, choice.panel)
    setting = Setting(
        choice.scale,
        lead,
        heights.headline,
        tuple(split for row in arranged for split in row.splits),
        side_gap,
        tuple(flow for row in arranged for flow in row.flows),
        () if choice.scale.below else tuple(row.lines for row in arranged),
    )
    orders = tuple(order for row in news for order in row.orders)
    briefs = tuple(printed_briefs(draft, choice))
    beside_them = [brief.earlier.title.document for brief in briefs if brief.earlier]
    beside_them += [name for brief in briefs for _, names in brief.foreign for name in names]
    documents = {
        name: draft.edition.documents[name] for name in (*cited(draft, choice), *beside_them)
    }
    return replace(
        draft.edition,
        sections=tuple(_sections(draft, choice, orders=orders)),
        panel=choice.panel,
        documents=documents,
        corrections=draft.edition.corrections[: choice.corrections],
        ledger=_ledger(draft, choice),
        setting=setting,
    )


def shortest(draft: Draft) -> Edition:
    """Return the edition with one sentence of each brief, whose ledger counts about as a page's."""
    choice = least(draft, Scale.NORMAL)
    return replace(
        draft.edition,
        sections=tuple(_sections(draft, choice)),
        panel=beside(draft, choice),
        ledger=_ledger(draft, choice),
    )


def _sections(
    draft: Draft, choice: Selection, *, orders: Sequence[Sequence[int]] = ()
) -> Iterator[Section]:
    """Yield each section that has briefs, the top story first in its own.

    ``orders`` has the printed order of each section's briefs (empty: by rank).
    """
    numbered = {
        name: [numbers[place] for place in order] if order else numbers
        for (name, numbers), order in zip_longest(bands(draft, choice), orders)
    }
    for name in draft.sections:
        top: tuple[Brief, ...] = ()
        if choice.top and name == draft.top.section:
            top = (draft.top.lengths[choice.top - 1],)
        briefs: tuple[Brief, ...] = top + tuple(
            draft.briefs[number].lengths[choice.briefs[number] - 1]
            for number in numbered.get(name, ())
        )
        if briefs:
            yield Section(name, briefs)


def _ledger(draft: Draft, choice: Selection) -> Ledger:
    printed = tuple(printed_briefs(draft, choice))
    stories = {brief.story for brief in printed}
    out: dict[str, tuple[str, str, str]] = {}
    for candidate in draft.briefs:
        brief = candidate.lengths[0]
        if brief.story not in stories:
            out.setdefault(brief.story, (brief.story, brief.headline, candidate.section))
    ledger = draft.edition.ledger
    # Corrections that wait for a later edition are not counted.
    waiting = draft.edition.corrections[choice.corrections :]
    later = {(correction.edition, correction.old.document) for correction in waiting}
    reported = (
        correction
        for correction in draft.edition.ledger.corrections
        if (correction.edition, correction.document) not in later
    )
    return replace(
        ledger,
        printed=len(stories),
        named=len(choice.panel.also),
        sentences_printed=sum(len(brief.sentences) for brief in printed),
        no_room=(*out.values(), *ledger.no_room),
        corrections=tuple(reported),
        corrected=choice.corrections,
        corrections_waiting=len(waiting),
    )
