"""The ledger as one line of text, and as rows with an outcome for every report and story."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from briefing.core.frozen import frozen
from briefing.core.language import in_language
from briefing.core.model import Correction, Document, Edition, FoundStory, Kind, Ledger
from briefing.core.text.speech import headlines_of
from briefing.press.wording import label_of, say, translate

#: Outcomes of stories that are candidates for print.
IN_BRIEF, NO_ROOM = "in brief", "no room"


@frozen
class LedgerRow:
    """A report, or a story by its most central report, and its outcome."""

    #: Id of the report; empty in older editions, which do not record it.
    document: str
    #: Empty if not known yet.
    title: str
    #: In words: "printed in economy", "in brief", or the reason.
    became: str
    #: The reason as the ledger counts it; empty for what is printed.
    why: str = ""
    #: Id of its story; empty if it belongs to none.
    story: str = ""
    #: For a copy, and for what is printed with another story: that story, and its outcome.
    beside: str = ""
    #: Section of its story, or the likeliest printed section; empty if unknown.
    section: str = ""
    #: Probability of that section, and weight of the story; None if unknown.
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
    """Return a row for each report that was left out; a copy has the story that it repeats."""
    became = _became(edition)
    home = {name: row.story for row, names in _stories(edition, became) for name in names}
    return tuple(
        LedgerRow(name, "", why, why, beside=_beside(home.get(name, ""), became))
        for name, why in edition.ledger.drops
    )


def report_rows(edition: Edition) -> tuple[LedgerRow, ...]:
    """Return a row for each report: first those of stories, then those left out."""
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
    """Return the rows with each printed story under its headline and the headline's report."""
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
    """Return the rows with title, publisher and address of those reports that are known."""
    return tuple(
        replace(row, title=row.title or known.title, publisher=known.publisher, url=known.url)
        if (known := documents.get(row.document))
        else row
        for row in rows
    )


def _became(edition: Edition) -> dict[str, str]:
    """Return the outcome of each story, by its id."""
    printed: dict[str, list[str]] = {}
    for section, brief in edition.placed():
        printed.setdefault(brief.story, []).append(section)
    became = {story: f"printed in {', '.join(names)}" for story, names in printed.items()}
    for named in edition.panel.also:
        became.setdefault(named.story, IN_BRIEF)
    for story, _, _ in edition.ledger.no_room:
        became.setdefault(story, NO_ROOM)
    for left in edition.ledger.ranked:
        became.setdefault(left.story, left.why)
    return became


def _beside(story: str, became: Mapping[str, str]) -> str:
    return f"{story}, {became[story]}" if story else ""


def _stories(
    edition: Edition, became: Mapping[str, str]
) -> tuple[tuple[LedgerRow, tuple[str, ...]], ...]:
    """Return each story with the ids of its reports and of their copies."""
    no_room = {story for story, _, _ in edition.ledger.no_room}
    event = {name: story for story, item in edition.evidence.items() for name, _ in item.beside}
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
        for item in edition.ledger.ranked or _older(edition)
    )


def _older(edition: Edition) -> tuple[FoundStory, ...]:
    """Return the stories of an edition whose ledger does not list them: those that it mentions."""
    printed = (
        FoundStory(brief.story, brief.headline, brief.sources, section)
        for section, brief in edition.placed()
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


#: Kinds of text that are counted in addition to news reports.
_KINDS = (Kind.STATEMENT, Kind.TRANSCRIPT, Kind.STATE, Kind.TEASER)


@in_language(lambda edition: edition.language)
def ledger_text(edition: Edition) -> str:
    """Return the ledger as one line that accounts for every report and story."""
    words, ledger = say(), edition.ledger
    stories, outcomes = words.counted(ledger.stories, "story"), _stories_text(edition)
    corrected = words.semicolon.join(_corrected_text(ledger))
    if edition.week:
        editions = words.counted(len(edition.week.editions), "edition")
        text = words.ledger_week.format(editions=editions, stories=stories, outcomes=outcomes)
        return f"{text} {corrected}." if corrected else text
    labels = [label_of(edition.letterhead, name) or name for name in edition.only]
    labels += [
        words.watch_list.format(name=label) if label else translate("own words")
        for label in (edition.lists.get(name, name) for name in edition.only_lists)
    ]
    reports = words.ledger_reports.format(
        reports=words.counted(ledger.documents, "report"),
        publishers=words.counted(ledger.publishers, "publisher"),
    )
    out = sum(ledger.dropped_documents.values())
    kinds = [words.counted(ledger.kinds[kind], kind) for kind in _KINDS if kind in ledger.kinds]
    kinds += [words.counted(ledger.foreign, "foreign")] if ledger.foreign else []
    if kinds:
        reports = words.among.format(reports=reports, kinds=", ".join(kinds))
    undated = ((ledger.undated, "undated"), (ledger.dated_by_words, "dated"))
    dates = ", ".join(words.counted(count, how) for count, how in undated if count)
    read = [f"{reports} ({dates})" if dates else reports]
    if out:
        left_out = words.counted(out, "left_out")
        read += [f"{left_out}{words.colon}{', '.join(_reasons(ledger.dropped_documents))}"]
    last = (
        words.counted(ledger.failures, "failed") if ledger.failures else words.nothing_failed,
        *_chosen_text(edition),
        *_corrections_text(ledger.corrections),
        *((corrected,) if corrected else ()),
    )
    return words.ledger_day.format(
        only=words.ledger_only.format(names=", ".join(labels)) if labels else "",
        read=words.semicolon.join(read),
        stories=stories,
        outcomes=outcomes,
        last=words.semicolon.join(last),
    )


def _reasons(counts: Mapping[str, int]) -> Iterator[str]:
    """Yield counts above 0 with their reasons, the most frequent first, ties by name."""
    for why, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
        if count > 0:
            known = say().reasons.get(why)
            # one of a plug-in or another installation stands as it is
            yield say().form(count, known).format(n=count) if known else f"{count} {why}"


def _stories_text(edition: Edition) -> str:
    """Return how many stories are printed, named, and neither, with reasons."""
    ledger, named, words = edition.shown().ledger, len(edition.panel.also), say()
    shown = {brief.story for brief in edition.briefs()} | {
        story.story for story in edition.panel.also
    }
    without_room = {story for story, _, _ in ledger.no_room} - shown
    left = Counter(ledger.dropped_stories) + Counter({NO_ROOM: len(without_room)})
    # editions of earlier versions do not record all stories
    rest = ledger.stories - ledger.printed - named - left.total()
    counts = [("printed", ledger.printed), ("named", named)]
    parts = [words.counted(count, what) for what, count in counts if count > 0]
    parts += _reasons(left)
    parts += [words.counted(rest, "rest")] if rest > 0 else []
    return ", ".join(parts) or words.none_printed


def _chosen_text(edition: Edition) -> Iterator[str]:
    """Yield how many printed stories editors placed, and how many headlines they chose."""
    ledger, words = edition.shown().ledger, say()
    counts = ((ledger.chosen, "story"), (ledger.headlines_chosen, "headline"))
    chosen = f" {words.both} ".join(words.counted(count, what) for count, what in counts if count)
    if chosen:
        yield words.chosen.format(what=chosen)


def _corrected_text(ledger: Ledger) -> Iterator[str]:
    """Yield how many corrections are printed, and how many wait for room."""
    if ledger.corrected:
        yield say().counted(ledger.corrected, "corrected")
    if waiting := ledger.corrections_waiting:
        yield say().form(waiting, say().more_due).format(n=waiting)


def _corrections_text(corrections: Iterable[Correction]) -> Iterator[str]:
    """Yield how many printed sources have changed or vanished, and how many sentences were lost."""
    of: dict[str, set[str]] = {"changed": set(), "vanished": set()}
    lost, words = 0, say()
    for correction in corrections:
        of[correction.what].add(correction.document)
        lost += correction.lost
    changed, vanished = len(of["changed"]), len(of["vanished"])
    if changed or vanished:
        more = words.form(vanished, words.more_vanished) if changed and vanished else ""
        sources = words.counted(changed or vanished, "source")
        text = words.changed_sources if changed else words.vanished_sources
        more, text = more.format(n=vanished), words.form(changed or vanished, text)
        yield text.format(sources=sources, more=more)
    if lost:
        yield words.counted(lost, "lost")
