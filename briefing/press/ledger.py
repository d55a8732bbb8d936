"""The ledger: as one line of text, and row by row with the reason for every report and story."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from briefing.core.counting import counted
from briefing.core.model import (
    COMMENTARY,
    COPY,
    NO_SECTION,
    Correction,
    Document,
    Edition,
    FoundStory,
    Kind,
    Ledger,
)
from briefing.core.text.speech import headlines_of

#: The outcome of stories that are up for print.
IN_BRIEF, NO_ROOM = "in brief", "no room"


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """A report, or a story by its most central report, and its outcome."""

    #: Id of the report; empty: an older edition does not say it.
    document: str
    #: Empty: not known yet.
    title: str
    #: In words: "printed in economy", "in brief", or the reason.
    became: str
    #: The reason as the ledger counts it; empty for what is printed.
    why: str = ""
    #: Id of its story; empty: it came into none.
    story: str = ""
    #: Of a copy and of commentary: the story that it belongs to, and the outcome of that.
    beside: str = ""
    #: Section of its story, or the likeliest of those printed; empty: unknown.
    section: str = ""
    #: Probability of that section, and weight of the story; None: unknown.
    probability: float | None = None
    score: float | None = None
    publisher: str = ""
    url: str = ""


def story_rows(edition: Edition) -> tuple[LedgerRow, ...]:
    """Return a row for each story: in printed order, then named ones, then the rest by weight."""
    became = _became(edition)
    rank = {story: place for place, story in enumerate(became)}
    rows = [row for row, _ in _stories(edition, became)]
    return tuple(sorted(rows, key=lambda row: rank[row.story]))


def dropped_rows(edition: Edition) -> tuple[LedgerRow, ...]:
    """Return a row for each report that was left out; copies with the story that they repeat."""
    became = _became(edition)
    home = {name: row.story for row, names in _stories(edition, became) for name in names}
    return tuple(
        LedgerRow(name, "", why, why, beside=_beside(home.get(name, ""), became))
        for name, why in edition.ledger.drops
    )


def report_rows(edition: Edition) -> tuple[LedgerRow, ...]:
    """Return a row for each report: those of the stories, then those that were left out."""
    dropped = {name for name, _ in edition.ledger.drops}
    titles = dict(headlines_of(edition).values())
    rows = (
        replace(
            row, document=name, title=titles.get(name, row.title if name == row.document else "")
        )
        for row, names in _stories(edition, _became(edition))
        for name in names
        if name not in dropped
    )
    return (*rows, *dropped_rows(edition))


def as_printed(rows: tuple[LedgerRow, ...], edition: Edition) -> tuple[LedgerRow, ...]:
    """Return the rows of printed stories by their headlines and the reports with these."""
    shown = headlines_of(edition)
    return tuple(
        replace(row, document=shown[row.story][0], title=shown[row.story][1])
        if row.story in shown
        else row
        for row in rows
    )


def with_titles(
    rows: tuple[LedgerRow, ...], documents: Mapping[str, Document]
) -> tuple[LedgerRow, ...]:
    """Return the rows with title, publisher and address of the reports that are known."""
    return tuple(
        replace(
            row,
            title=row.title or known.title,
            publisher=known.publisher,
            url=known.url,
        )
        if (known := documents.get(row.document))
        else row
        for row in rows
    )


def _became(edition: Edition) -> dict[str, str]:
    """Return the outcome of each story, by its id."""
    printed: dict[str, list[str]] = {}
    for section in edition.sections:
        for brief in section.briefs:
            printed.setdefault(brief.story, []).append(section.name)
    became = {story: f"printed in {', '.join(names)}" for story, names in printed.items()}
    for named in edition.panel.also:
        became.setdefault(named.story, IN_BRIEF)
    for story, _, _ in edition.ledger.no_room:
        became.setdefault(story, NO_ROOM)
    for left in edition.ledger.found:
        became.setdefault(left.story, left.why)
    return became


def _beside(story: str, became: Mapping[str, str]) -> str:
    return f"{story}, {became[story]}" if story else ""


def _stories(
    edition: Edition, became: Mapping[str, str]
) -> tuple[tuple[LedgerRow, tuple[str, ...]], ...]:
    """Return each story with the ids of its reports and of their copies."""
    no_room = {story for story, _, _ in edition.ledger.no_room}
    event = {name: story for story, item in edition.evidence.items() for name, _ in item.commentary}
    return tuple(
        (
            LedgerRow(
                next(iter(item.documents), ""),
                item.headline,
                became[item.story],
                NO_ROOM if item.story in no_room else item.why,
                item.story,
                _beside(event.get(next(iter(item.documents), ""), ""), became),
                item.section,
                item.probability if item.salience else None,
                item.salience or None,
            ),
            item.documents,
        )
        for item in edition.ledger.found or _older(edition)
    )


def _older(edition: Edition) -> tuple[FoundStory, ...]:
    """Return the stories of an edition whose ledger does not keep them: those it tells of."""
    printed = (
        FoundStory(brief.story, brief.headline, brief.sources, section.name)
        for section in edition.sections
        for brief in section.briefs
    )
    named = (
        FoundStory(story.story, story.title.text, (story.title.document,), story.section)
        for story in edition.panel.also
    )
    no_room = (
        FoundStory(story, headline, (), section)
        for story, headline, section in edition.ledger.no_room
    )
    first = {story.story: story for story in reversed((*printed, *named, *no_room))}
    return tuple(reversed(first.values()))


#: Reasons that are counted as nouns.
_NOUNS = {COPY: "copy", "live blog": "live blog", "roundup": "roundup"}
#: Kinds of text that are counted beside news reports.
_KINDS = {
    Kind.STATEMENT: "statement",
    Kind.TRANSCRIPT: "transcript",
    Kind.STATE: "state agency report",
    Kind.TEASER: "teaser",
}
#: What is said of stories, where it is not their reason word for word.
_STORY_REASONS = {
    NO_SECTION: "of no section here",
    NO_ROOM: "cut for space",
    COMMENTARY: "set beside another as commentary",
}


def ledger_text(edition: Edition) -> str:
    """Return the ledger as one line: every report and every story, with its outcome."""
    if edition.week:
        printed = "; ".join(_corrected_text(edition.ledger))
        return (
            f"Made from {counted(len(edition.week.editions), 'edition')} alone. "
            f"{counted(edition.ledger.stories, 'story')}: {_stories_text(edition)}."
            f"{f' {printed}.' if printed else ''}"
        )
    ledger = edition.ledger
    labels = [*map(edition.letterhead.label, edition.only)]
    labels += [f"watch-list {edition.lists.get(name, name)}" for name in edition.only_lists]
    only = f"Page of {', '.join(labels)}. " if labels else ""
    reports = f"{counted(ledger.documents, 'report')} of {counted(ledger.publishers, 'publisher')}"
    out = sum(ledger.dropped_documents.values())
    kinds = [
        counted(ledger.kinds[kind], noun) for kind, noun in _KINDS.items() if kind in ledger.kinds
    ]
    reports += f", {', '.join(kinds)} among them" if kinds else ""
    read = [only + reports + _dates_text(ledger)]
    read += [f"{out} left out: {_reasons(ledger.dropped_documents)}"] if out else []
    failed = f"{counted(ledger.failures, 'input')} failed" if ledger.failures else "Nothing failed"
    last = "; ".join(
        (
            failed,
            *_chosen_text(edition),
            *_corrections_text(ledger.corrections),
            *_corrected_text(ledger),
        )
    )
    return (
        f"{'; '.join(read)}. {counted(ledger.stories, 'story')}: {_stories_text(edition)}. {last}."
    )


def _reasons(counts: Mapping[str, int]) -> str:
    """Return counts with their reasons, the most frequent first."""
    return ", ".join(
        counted(counts[reason], _NOUNS[reason])
        if reason in _NOUNS
        else f"{counts[reason]} {reason}"
        for reason in sorted(counts, key=_by_count(counts))
    )


def _stories_text(edition: Edition) -> str:
    """Return how many stories are printed, named, and neither, with reasons."""
    ledger, named = edition.shown().ledger, len(edition.panel.also)
    shown = {brief.story for brief in edition.briefs()} | {
        story.story for story in edition.panel.also
    }
    without_room = {story for story, _, _ in ledger.no_room} - shown
    left = Counter(ledger.dropped_stories) + Counter({NO_ROOM: len(without_room)})
    counts = [(ledger.printed, "printed"), (named, "in brief")]
    counts += [
        (left[why], _STORY_REASONS.get(why, why)) for why in sorted(left, key=_by_count(left))
    ]
    # an edition of an earlier version that does not keep all stories
    counts += [(ledger.stories - ledger.printed - named - left.total(), "not printed")]
    return ", ".join(f"{count} {what}" for count, what in counts if count > 0) or "none printed"


def _chosen_text(edition: Edition) -> Iterator[str]:
    """Yield how many printed stories editors placed, and how many headlines they chose."""
    ledger = edition.shown().ledger
    counts = ((ledger.chosen, "story"), (ledger.headlines_chosen, "headline"))
    chosen = " and ".join(counted(count, what) for count, what in counts if count)
    if chosen:
        yield f"{chosen} chosen by an editor"


def _by_count(counts: Mapping[str, int]) -> Callable[[str], tuple[int, str]]:
    """Return the key that sorts the most frequent first, and equally frequent ones by name."""
    return lambda name: (-counts[name], name)


def _dates_text(ledger: Ledger) -> str:
    """Return how many reports came without a date, in brackets; empty for none."""
    whose = "its" if ledger.dated_by_words == 1 else "their"
    parts = (
        (ledger.undated, "undated"),
        (ledger.dated_by_words, f"dated by {whose} words"),
    )
    words = ", ".join(f"{count} {how}" for count, how in parts if count)
    return f" ({words})" if words else ""


def _corrected_text(ledger: Ledger) -> Iterator[str]:
    """Yield how many corrections are printed, and how many wait for room."""
    if ledger.corrected:
        yield f"{counted(ledger.corrected, 'correction')} printed"
    if ledger.corrections_waiting:
        yield f"{ledger.corrections_waiting} more due"


def _corrections_text(corrections: Iterable[Correction]) -> Iterator[str]:
    """Yield how many printed sources have changed or vanished, and how many sentences are lost."""
    of: dict[str, set[str]] = {"changed": set(), "vanished": set()}
    lost = 0
    for correction in corrections:
        of[correction.what].add(correction.document)
        lost += correction.lost
    counts = [(len(documents), what) for what, documents in of.items() if documents]
    if counts:
        (first, what), *others = counts
        more = "".join(f", {count} {other}" for count, other in others)
        yield f"{counted(first, 'printed source')} {what}{more} since"
    if lost:
        yield lost_text(lost)


def lost_text(lost: int) -> str:
    """Return how many printed sentences are gone from their source."""
    verb = "stands" if lost == 1 else "stand"
    return f"{counted(lost, 'printed sentence')} no longer {verb} there"
