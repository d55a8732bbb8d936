"""What stands beside the news, prepared for templates: panel, day line, watch-lists."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Protocol, TypeVar

from briefing.core.frozen import frozen
from briefing.core.language import spoken
from briefing.core.model import (
    PARTIES,
    Brief,
    DateAhead,
    Edition,
    Flow,
    Kind,
    NamedStory,
    Panel,
    Status,
    lists_named,
)
from briefing.core.text.finders.figures import direction
from briefing.core.text.speech import printed_title, publisher_of
from briefing.press.chart import Chart, draw_chart
from briefing.press.lines import SHORT, Numbering, PrintedLine, Words, line_of, source_view, tie
from briefing.press.wording import capitalized, say, short_date, translate, with_days

#: Most watch-lists named at one story.
_MOST = 3


@frozen
class WatchedView:
    """The watch-lists that a story hits."""

    #: Label and address name of each list; the name is empty if the list has no page.
    names: tuple[tuple[str, str], ...] = ()
    #: What follows them: "and 2 more"; often empty.
    more: str = ""

    @property
    def words(self) -> str:
        """Return "watched: Southern Africa, Straits and 2 more"; empty if there are none."""
        if not self.names:
            return ""
        names = ", ".join(label for label, _ in self.names)
        return say().watched.format(names=f"{names} {self.more}".strip())


#: For a story that hits no list.
UNWATCHED = WatchedView()


def watched_view(brief: Brief | NamedStory, labels: Mapping[str, str]) -> WatchedView:
    """Prepare a story's watch-lists for templates; only lists offered to readers are shown.

    ``labels`` has the labels of these lists, by name.
    """
    named = brief.lists or lists_named(brief.watched, labels)
    # A reader's own words have no page.
    names = {labels[name] or translate("own words"): name if labels[name] else "" for name in named}
    more = say().and_more.format(n=len(names) - _MOST) if len(names) > _MOST else ""
    return WatchedView(tuple(names.items())[:_MOST], more)


@frozen
class FigureView:
    """A numeral and the clause below it."""

    numeral: str
    #: "up", "down" or empty, as the clause says.
    direction: str
    line: PrintedLine


@frozen
class QuoteView:
    """The quoted words, the speaker, and the speaker's office."""

    line: PrintedLine
    speaker: str
    office: str
    #: The words between quotation marks.
    quoted: str


@frozen
class AheadView:
    """What is announced for a day, with that day in words; for today, the day it was announced."""

    day: str
    #: Whether it is the first entry of its day.
    opens: bool
    line: PrintedLine


@frozen
class NamedView:
    """A story named by its headline alone, with publisher and address."""

    story: str
    #: The headline as a line with its mark.
    line: PrintedLine
    headline: Words
    title: str
    status: str
    section: str
    publisher: str
    #: Only http or https; empty for any other address.
    url: str
    watched: WatchedView = UNWATCHED
    #: Whether the origin always follows: the title is by a party or in another language.
    party: bool = False
    #: Language of the title, if it differs from the page's.
    language: str = ""

    @property
    def origin(self) -> str:
        """Publisher and language, if that differs: "Tagespost, in German"."""
        words, tag = say(), self.language
        language = words.in_language.format(language=words.languages.get(tag, tag))
        return ", ".join(filter(None, (self.publisher, language if tag else "")))

    @property
    def notes(self) -> str:
        """The origin and the watch-lists: "Straits Ledger, watched: Nambuda"."""
        return ", ".join(filter(None, (self.origin, self.watched.words)))


PanelItem = NamedView | AheadView | FigureView | QuoteView | Chart


@frozen
class PanelBlock:
    """A block of a panel below the news, split into columns."""

    #: "also", "ahead", "figures", "quote" or "chart".
    name: str
    columns: tuple[Sequence[PanelItem], ...]
    flow: Flow = Flow.COLUMNS


@frozen
class PanelView:
    """The blocks of the panel; at least one is not empty."""

    also: tuple[NamedView, ...]
    ahead: tuple[AheadView, ...]
    figures: tuple[FigureView, ...]
    quotes: tuple[QuoteView, ...]
    chart: Chart | None
    #: The rows of blocks below two columns of news; otherwise empty.
    rows: Sequence[Sequence[Sequence[PanelBlock]]] = ()


def _by_day(items: Sequence[DateAhead], numbering: Numbering) -> Iterator[AheadView]:
    before = ""
    for item in items:
        line = line_of(item.clause, [numbering.mark(item.clause.document)])
        day = capitalized(short_date(item.day))
        if item.announced:
            announced = say().day(item.announced, say().month_day)
            day = with_days(say().announced, day=announced.replace(" ", "\u00a0"))
        yield AheadView(day, day != before, line)
        before = day


def _named(named: NamedStory, numbering: Numbering, edition: Edition) -> NamedView:
    document = edition.documents[named.title.document]
    source, title = source_view(0, document), printed_title(named.title.text)
    party = document.kind in PARTIES or document.kind is Kind.NOTICE
    return NamedView(
        named.story,
        line_of(named.title, [numbering.mark(document.id)], titled=True),
        tie(title, most=SHORT),
        title,
        status_in(edition, named.status),
        named.section,
        publisher_of(document) if party else source.publisher,
        source.url,
        watched_view(named, edition.lists),
        party or bool(source.language),
        source.language,
    )


def panel_view(edition: Edition, numbering: Numbering) -> PanelView | None:
    """Prepare the panel of an edition; None if it is empty."""
    panel = edition.panel
    view = PanelView(
        also=tuple(_named(named, numbering, edition) for named in panel.also),
        ahead=tuple(_by_day(panel.ahead, numbering)),
        figures=tuple(
            FigureView(
                figure.numeral.text,
                direction(figure.clause.text, words=spoken().figures),
                line_of(figure.clause, [numbering.mark(figure.clause.document)]),
            )
            for figure in panel.figures
        ),
        quotes=tuple(
            QuoteView(
                line_of(quote.words, [numbering.mark(quote.words.document)]),
                quote.speaker.text,
                quote.office.text if quote.office else "",
                say().quoted.format(quote.words.text),
            )
            for quote in panel.quotes
        ),
        chart=draw_chart(edition.days, edition.letterhead) if panel.chart else None,
    )
    return view if panel != Panel() else None


def set_below(panel: PanelView, splits: Iterator[int], flows: Iterator[Flow]) -> PanelView:
    """Return a panel arranged below two columns of news.

    For each block, ``splits`` gives the number of items in its left column, and ``flows`` its
    position.
    """
    blocks = []
    parts: Mapping[str, Sequence[PanelItem]] = {
        "also": panel.also,
        "ahead": panel.ahead,
        "figures": panel.figures,
        "quote": panel.quotes,
        "chart": (panel.chart,) if panel.chart else (),
    }
    for name, items in parts.items():
        if items:
            split = next(splits, len(items))
            # a column begins with the day's name, even if the previous column ended with that day
            right = tuple(
                replace(item, opens=True) if isinstance(item, AheadView) and not place else item
                for place, item in enumerate(items[split:])
            )
            columns = (items[:split], right)
            blocks.append(PanelBlock(name, columns, next(flows, Flow.COLUMNS)))
    return replace(panel, rows=in_rows(blocks))


#: Days in the past for which the weekday alone is clear.
_WEEK = 6
#: The day of a saga on which its number is not shown.
_SAID_DAY = 2


@frozen
class EarlierView:
    """The headline of an earlier edition, and its day."""

    #: "Wed", or "2 March" if more than six days ago; from the third day of its saga on, with that
    #: day: "Day 9 · Wed".
    when: str
    words: Words
    title: str


@frozen
class StatusCount:
    """How many stories share a status."""

    number: int
    #: "new"; with a noun if no status precedes it: "11 stories".
    words: str
    #: The mark between number and words; empty for none.
    status: str = ""


@frozen
class DayLine:
    """Counts of what is new since the previous edition."""

    #: "Since Wednesday", "Since 2 March"; empty for a first edition, and within a day.
    since: str
    counts: tuple[StatusCount, ...]

    @property
    def words(self) -> str:
        """The line as text: "Since Wednesday: 6 new, 5 developing"; may be empty."""
        counted = ", ".join(f"{count.number} {count.words}" for count in self.counts)
        return self.since + say().colon + counted if self.since and counted else counted


def status_in(edition: Edition, status: Status) -> str:
    """Return the status of a story for its mark; empty in a first edition, where all are new."""
    return status.value if edition.since else ""


def days_of(brief: Brief) -> str:
    """Return the days of a week that printed a story: "Mon to Sun, 5 editions", or "Wed"."""
    first, last = brief.days[0], brief.days[-1]
    words = say()
    on = [words.short_weekdays[day.weekday()] for day in (first, last)]
    if first == last:
        return on[0]
    editions = words.counted(len(brief.days), "edition")
    return words.told_on.format(first=on[0], last=on[1], editions=editions)


def earlier_view(brief: Brief, *, today: date) -> EarlierView | None:
    """Prepare the earlier headline of a brief for templates."""
    earlier = brief.earlier
    if earlier is None:
        return None
    day, text = earlier.day, printed_title(earlier.title.text)
    if brief.days:
        return EarlierView(days_of(brief).replace(" ", "\u00a0"), tie(text), text)
    words = say()
    near = words.short_weekdays[day.weekday()]
    when = near if _is_near(day, today) else words.day(day, words.month_day)
    # Beside the first day's headline, the second day needs no number.
    number = brief.saga.day_of(today) if brief.saga else 0
    saga = (
        f"{words.saga_day.format(n=number)} · ".replace(" ", "\u00a0", 1)
        if number > _SAID_DAY
        else ""
    )
    return EarlierView(capitalized(saga + when), tie(text), text)


def day_line(
    edition: Edition, stories: Iterable[tuple[str, str]], *, named: int, short: bool = False
) -> DayLine:
    """Return the day line of a page; a story counts once.

    ``stories`` has the id and status of each brief; with ``short``, the name of the day is short.
    """
    before, words = edition.since, say()
    counts = Counter(dict(stories).values())
    brief = [StatusCount(named, words.in_brief)] if named else []
    if before is None:
        total = counts.total()
        stories_told = words.counted(total, "story").partition(" ")[2]
        every = [StatusCount(total, stories_told)] if total else []
        return DayLine("", (*every, *brief))
    each = (
        StatusCount(counts[status], words.form(counts[status], called), status)
        for status, called in words.since_status.items()
        if counts[status]
    )
    if before == edition.day:
        return DayLine("", (*each, *brief))
    near = (words.short_weekdays if short else words.weekdays)[before.weekday()]
    when = near if _is_near(before, edition.day) else words.day(before, words.month_day)
    return DayLine(words.since.format(day=when), (*each, *brief))


def _is_near(day: date, today: date) -> bool:
    return (today - day).days <= _WEEK


class _Flowing(Protocol):
    @property
    def flow(self) -> Flow: ...


#: A section, or a block of the panel.
B = TypeVar("B", bound=_Flowing)


def in_rows(blocks: Iterable[B]) -> list[list[list[B]]]:
    """Return the rows of blocks, each with one column, or with a left and a right one.

    A block meant to stand beside or below another gets a row of its own if there is no other.
    """
    rows: list[list[list[B]]] = []
    for block in blocks:
        shared = rows[-1] if rows and rows[-1][0][0].flow is Flow.BESIDE else []
        if shared and block.flow is Flow.UNDER:
            shared[-1].append(block)
        elif len(shared) == 1 and block.flow is Flow.BESIDE:
            shared.append([block])
        else:
            rows.append([[block]])
    return rows
