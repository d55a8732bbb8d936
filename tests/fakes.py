"""A clock, invented news and a measure without paper: what tests of all rooms use."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from math import ceil
from typing import Any

from briefing.core.model import (
    Brief,
    DateAhead,
    DayCount,
    Document,
    Edition,
    Figure,
    Flow,
    Ledger,
    NamedStory,
    Panel,
    Quote,
    Scale,
    Section,
    Sentence,
    Setting,
    Status,
)
from briefing.core.ports import Candidate, Draft, Fit, Heights

DAY = date(2026, 3, 12)


@dataclass
class Clock:
    """Stands still until it is turned."""

    at: datetime = datetime(2026, 3, 12, 8, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def later(self, **by: float) -> None:
        """Let time pass."""
        self.at += timedelta(**by)

    async def sleep(self, seconds: float) -> None:
        """Let time pass without waiting for it."""
        self.later(seconds=seconds)
        await asyncio.sleep(0)


_OPENINGS = (
    (
        "The harbor council of Port Ostra voted on Tuesday to lease two berths to the coastguard "
        "of its northern neighbor for nine years."
    ),
    (
        "Exports of refined nickel rose 4.2 per cent in February after a smelter near Kalvik came "
        "back into service, the customs office said."
    ),
    (
        "Two frigates left the naval base at Sarn before dawn to escort a cable ship through the "
        "strait, the ministry of defense said."
    ),
    (
        "Envoys of the three river states will meet in Lund on 23 March to settle how much water "
        "the upper dam may hold back in a dry year."
    ),
)
_FURTHER = (
    "The lease brings in $14 million a year and leaves the grain terminal untouched.",
    "Dockworkers had asked for a clause on night shifts, which the final text does not hold.",
    "A second vote is due once the regional court has heard an appeal by fishing crews.",
    (
        "Officials in the capital called the terms fair and said no foreign troops would be based "
        "ashore under any circumstances."
    ),
)


#: Below what any brief prints: clauses with the numerals of three figures.
_ASIDE = (
    ("Mooring fees at Ostra rose 4 per cent in a year.", "4 per cent"),
    ("The port of Ostra earned $15 million in May.", "$15 million"),
    ("Ostra counted 2,300 ships at its quays.", "2,300 ships"),
)


def document(number: int, *, text: str = "", title: str = "", publisher: str = "") -> Document:
    """Make an invented document; text and title come from its number unless given."""
    opening = _OPENINGS[number % len(_OPENINGS)]
    body = text or " ".join((opening, *_FURTHER))
    return Document(
        id=f"d{number}",
        title=title or f"Council number {number} leases two berths to coastguard",
        text=body,
        published=datetime(2026, 3, 11, 6, number % 60, tzinfo=UTC),
        publisher=publisher or ("Ostra Courier", "Kalvik Post", "Wire Meridian")[number % 3],
        url=f"https://courier.example/{number}",
        language="en",
    )


def slice_of(source: Document, words: str, index: int = 0) -> Sentence:
    start = source.text.index(words)
    return Sentence(source.id, start, start + len(words), words, index)


def sentences_of(source: Document) -> tuple[Sentence, ...]:
    """Split a document made by :func:`document` at its full stops."""
    parts = [part if part.endswith(".") else part + "." for part in source.text.split(". ")]
    return tuple(slice_of(source, part, index) for index, part in enumerate(parts))


def brief(source: Document, count: int, *, story: str, top: bool = False) -> Brief:
    """Make a brief of one document with its first sentences."""
    return Brief(
        story=story,
        headline=source.title,
        status=(Status.NEW, Status.DEVELOPING, Status.CONTINUING)[int(story[1:]) % 3],
        reports=3,
        publishers=2,
        sentences=sentences_of(source)[:count],
        sources=(source.id,),
        top=top,
    )


def candidate(source: Document, *, section: str, rank: int, most: int, top: bool) -> Candidate:
    story = f"s{rank + 1}"
    lengths = tuple(
        brief(source, count, story=story, top=top)
        for count in range(1, min(most, len(sentences_of(source))) + 1)
    )
    return Candidate(section, lengths, rank)


def panel(source: Document) -> Panel:
    """Make a panel with a quotation, dates, figures and a chart; it names no story.

    A document of a draft has more text than its brief prints, and the panel is of that.
    """
    if _ASIDE[0][0] in source.text:
        figures = tuple(
            Figure(slice_of(source, numeral), slice_of(source, clause))
            for clause, numeral in _ASIDE
        )
        ahead = tuple(DateAhead(date(2026, 3, 23), each.clause, each.numeral) for each in figures)
        quote = Quote(figures[-1].clause, slice_of(source, "Officials"))
        return Panel(figures, (quote,), ahead, chart=True)
    sentence = slice_of(source, _FURTHER[0])
    numeral = slice_of(source, "$14 million")
    return Panel(
        figures=(Figure(numeral, sentence),) * 3,
        quotes=(Quote(sentence, slice_of(source, "Officials")),),
        ahead=(DateAhead(date(2026, 3, 23), sentence, numeral),) * 3,
        chart=True,
    )


def named_story(source: Document, *, section: str = "economy") -> NamedStory:
    """Make a story that is told nowhere, and named by the title of a document."""
    title = Sentence(source.id, 0, len(source.title), source.title)
    return NamedStory(f"n{source.id}", title, Status.DEVELOPING, section)


def naming(paper: Draft, *sources: Document) -> Draft:
    edition = paper.edition
    also = tuple(map(named_story, sources))
    documents = {**edition.documents, **{source.id: source for source in sources}}
    panel = replace(edition.panel, also=also)
    return replace(paper, edition=replace(edition, panel=panel, documents=documents))


def edition_with(*told: Brief, sources: Iterable[Document], **changes: Any) -> Edition:  # noqa: ANN401  of an edition
    """Make an edition of briefs in one section, and of what they are told from."""
    return replace(
        draft(0, beside=False).edition,
        sections=(Section("economy", told),),
        documents={source.id: source for source in sources},
        **changes,
    )


def draft(briefs: int, *, most: int = 3, beside: bool = True) -> Draft:
    """Make a draft of a top story and a number of briefs over three sections."""
    passage = " ".join((_OPENINGS[0], *_FURTHER, *(clause for clause, _ in _ASIDE)))
    documents = [document(0, text=passage), *(document(number) for number in range(1, briefs + 1))]
    names = ("economy", "security", "diplomacy")
    others = sorted(
        (
            candidate(source, section=names[rank % 3], rank=rank, most=most, top=False)
            for rank, source in enumerate(documents[1:], 1)
        ),
        key=lambda other: (names.index(other.section), other.rank),
    )
    edition = Edition(
        id="ostra-desk/2026-03-12",
        name="Ostra Desk",
        day=DAY,
        language="en",
        number=3,
        dateline="Ostra, 06:30",
        sections=(),
        panel=panel(documents[0]) if beside else Panel(),
        documents={source.id: source for source in documents},
        days=tuple(
            DayCount(date(2026, 3, 7 + day), {"economy": 4 + day, "security": 9 - day})
            for day in range(6)
        ),
        ledger=Ledger(documents=briefs + 1, publishers=3, stories=briefs + 1),
        setting=Setting(Scale.NORMAL, 10.35, 23),
        since=date(2026, 3, 11),
    )
    top = candidate(documents[0], section=names[0], rank=0, most=5, top=True)
    return Draft(edition, top, tuple(others), names)


def _last(sentences: int, flow: Flow) -> float:
    """Return the lines of a brief that stands below the two columns, with the white below."""
    return 1.5 + max(2, sentences) if flow is Flow.WIDE else 0.5 + 2 * sentences


def _row_heights(edition: Edition) -> Iterator[float]:
    """Yield the height of each row of sections, in which every sentence is two lines high."""
    setting = edition.setting
    counts = [
        [len(item.sentences) for item in section.briefs if not item.top]
        for section in edition.sections
    ]
    heights = []
    for printed, flow, left in zip(
        filter(None, counts), setting.flows, setting.splits, strict=False
    ):
        last = _last(printed.pop(), flow) if flow.last_below else 0.0
        heights.append((flow, _higher([1.5 + 2 * count for count in printed], left) + last))
    yield from _rows(heights)


def _rows_below(edition: Edition) -> Iterator[float]:
    """Yield the height of each row of a panel that stands below two columns of news."""
    setting, whole = edition.setting, edition.panel
    bands = sum(any(not item.top for item in section.briefs) for section in edition.sections)
    blocks = (
        [2.0] * len(whole.also), [2.25] * len(whole.ahead), [3.0] * len(whole.figures),
        [6.0] * len(whole.quotes), [6.0] * whole.chart,
    )  # fmt: skip
    rest = zip(setting.flows[bands:], setting.splits[bands:], strict=True)
    heights = (
        (flow, _higher(items, left))
        for (flow, left), items in zip(rest, filter(None, blocks), strict=False)
    )
    yield from _rows(heights)


def _higher(items: Sequence[float], left: int) -> float:
    return max(sum(items[:left]), sum(items[left:]))


def _rows(blocks: Iterable[tuple[Flow, float]]) -> Iterator[float]:
    """Yield the height of each row of blocks, of which flow and height are given."""
    columns: list[float] = []
    open_beside = False
    for flow, high in blocks:
        if flow is Flow.UNDER:
            columns[-1] += 2.25 + high
        elif flow is Flow.BESIDE and open_beside:
            columns.append(high)
            open_beside = False
        else:
            yield from (2.25 + max(columns),) if columns else ()
            columns, open_beside = [high], flow is Flow.BESIDE
    yield from (2.25 + max(columns),) if columns else ()


class PlainMeasure:
    """A measure in which every sentence is two lines high and the arithmetic is exact."""

    def __init__(
        self,
        *,
        room: float = 700.0,
        surplus: float = 0.0,
        side_surplus: float = 0.0,
        scales: Sequence[Scale] = (Scale.THIN, Scale.ROOMY, Scale.NORMAL, Scale.HEAVY),
    ) -> None:
        self.scales = scales
        self._room = room
        #: Lines by which the layout is higher than the probe said.
        self._surplus = surplus
        #: Points by which the panel is.
        self._side_surplus = side_surplus
        self._heights: dict[Scale, Heights] = {}
        self.laid_out: list[Edition] = []

    def probe(self, draft: Draft, scales: Sequence[Scale]) -> Mapping[Scale, Heights]:
        leads = {
            Scale.THIN: (16.0, 16.0),
            Scale.ROOMY: (11.9, 13.4),
            Scale.NORMAL: (10.1, 11.3),
            Scale.HEAVY: (9.4, 10.2),
            Scale.COLUMN: (14.0, 15.0),
        }
        panel = draft.edition.panel
        blank = Heights(
            room=self._room,
            lead=(0, 0),
            headline=23,
            headline_high=0,
            mast=6,
            top=tuple(5.0 + 2 * count for count in range(1, len(draft.top.lengths) + 1)),
            briefs=tuple(
                tuple(1.5 + 2 * count for count in range(1, len(other.lengths) + 1))
                for other in draft.briefs
            ),
            heads=(1.0,) * len(draft.briefs),
            over=(1.0,) * len(draft.briefs),
            band=2.25,
            foot=2,
            note=1.0,
            note_characters=60.0,
            check=3.0,
            block=1.5,
            figures={figure.numeral.key: 3.0 for figure in panel.figures},
            quotes={quote.words.key: 6.0 for quote in panel.quotes},
            ahead={item.clause.key: 2.25 for item in panel.ahead},
            chart=6.0 if panel.chart else 0.0,
            also={named.story: 2.0 for named in panel.also},
            corrections=2.0,
            corrected=(5.5,) * len(draft.edition.corrections),
            waiting=1.0,
        )
        measured = {scale: replace(blank, lead=leads[scale]) for scale in scales}
        self._heights |= measured
        return measured

    def lay_out(self, edition: Edition) -> Fit:
        """Add up what is printed, as the arithmetic should have."""
        self.laid_out.append(edition)
        heights, lead = self._heights[edition.setting.scale], edition.setting.lead
        lines = heights.mast + heights.foot + 0.5 + self._surplus
        lines += sum(_row_heights(edition))
        if edition.top:
            lines += 5 + 2 * len(edition.top.sentences)
        if edition.setting.scale.below:
            lines += sum(self._blocks(edition))
        below = [*_rows_below(edition)]
        lines += sum(below)
        if edition.corrections:
            lines += 2 + 5.5 * len(edition.corrections) + bool(edition.ledger.corrections_waiting)
        cited = {name for item in edition.briefs() for name in item.sources}
        cited |= {passage.document for passage in edition.slices()}
        cited |= {slice_.document for each in edition.corrections for slice_ in each.slices}
        cited |= {each.title.document for each in edition.panel.also}
        names = {edition.documents[name].publisher for name in cited}
        numbers = sum(len(str(number)) + 1 for number in range(1, len(cited) + 1))
        notes = (60 + sum(len(name) + 3 for name in names) + numbers) / 60
        notes = float(ceil(notes * 1.02))
        lines += notes
        free = self._room - lines * lead
        beside = self._room - (heights.mast + heights.foot + 0.5 + notes) * lead
        alone = edition.panel == Panel() or edition.setting.scale.below or below
        side_free = 0.0 if alone else beside - self._side(edition)
        return Fit(pages=1, fill=1 - free / self._room, free=free, side_free=side_free)

    def _side(self, edition: Edition) -> float:
        """Add up the panel, in points."""
        blocks, setting = self._blocks(edition), edition.setting
        gap = 0.75 * setting.lead + setting.side_gap
        return sum(blocks) * setting.lead + gap * (len(blocks) - 1) + self._side_surplus

    def _blocks(self, edition: Edition) -> list[float]:
        """Return the height of each block of the panel, in lines."""
        beside = edition.panel
        parts = (
            2 * len(beside.also),
            3 * len(beside.figures) - 0.5 * bool(beside.figures),
            6 * len(beside.quotes),
            2.25 * len(beside.ahead) - 0.25 * bool(beside.ahead),
            6 * beside.chart,
        )
        return [1.5 + part for part in parts if part]


class ScriptedMeasure(PlainMeasure):
    """A measure whose layouts come out as it was told, the last one again and again."""

    def __init__(self, *fits: Fit, room: float = 700.0) -> None:
        super().__init__(room=room)
        self._fits = fits

    def lay_out(self, edition: Edition) -> Fit:
        self.laid_out.append(edition)
        return self._fits[min(len(self.laid_out), len(self._fits)) - 1]
