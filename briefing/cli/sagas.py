"""Commands about what editions have followed over weeks: saga, watch."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from briefing.cli.app import (
    Invocation,
    app,
    argument,
    command,
    date_of,
    fields_of,
    option,
    print_json,
    row,
    say,
)
from briefing.core.counting import counted
from briefing.core.errors import UsageError
from briefing.core.model import Sentence
from briefing.core.record import to_json
from briefing.core.schedule import local_date
from briefing.setup.clock import now

if TYPE_CHECKING:
    from collections.abc import Iterable, Set
    from datetime import date

    from briefing.app.sagas import ProvedEntry, ShownProposal, ShownSaga
    from briefing.app.watch_lists import ProvedStory, ShownWatch, WatchSummary
    from briefing.store.sagas import StoredSaga

#: Sagas in the list; days of a watch-list; its entries whose counts are shown.
_MOST_SAGAS, _MOST_DAYS, _MOST_ENTRIES = 50, 30, 20


@command(app, "saga")
def saga_command(
    call: Invocation,
    saga: str = argument(
        "Id, such as s3; default: list the last ones.", default="", metavar="[SAGA]"
    ),
    *,
    join_to: str = option("Merge it into this one.", default="", metavar="SAGA"),
    part: list[str] | None = option(
        "Split this day of it into a new saga; may be repeated.", metavar="DATE"
    ),
    decline: str = option(
        "Keep it and this one apart, whatever editions show.", default="", metavar="SAGA"
    ),
) -> None:
    """Show a story over weeks, or correct what belongs to it."""
    asked = sum(map(bool, (join_to, part, decline)))
    if asked and (not saga or asked > 1):
        raise UsageError("name one saga, and one of --join-to, --part and --decline")
    if asked:
        days = {date_of(given) for given in part or ()}
        saga = _corrected(call, saga, join_to=join_to, decline=decline, days=days).id
    if not saga:
        _list(call)
        return
    shown = _shown(call, saga)
    if call.as_json:
        print_json(_facts(shown, web=call.settings.web.address))
        return
    say(f"{shown.saga.id}: day {_day(shown.entries[-1], shown)}, since {shown.saga.since}")
    _propose(shown.proposals)
    for line in shown.entries:
        entry = line.entry
        row(
            f"{entry.day}  day {_day(line, shown):<4}",
            entry.headline,
            entry.sentence.text,
            _proved(f"{entry.edition}, {_place(entry.sentence)}", line.proved),
            indent=len("2026-01-04  "),
        )


def _corrected(
    call: Invocation, saga: str, *, join_to: str, decline: str, days: Set[date | None]
) -> StoredSaga:
    from briefing.app.sagas import decline_proposal, join_sagas, part_saga

    briefing = call.series()
    if decline:
        return call.change(decline_proposal, briefing, saga, decline)
    if join_to:
        return call.change(join_sagas, briefing, saga, join_to)
    shown = _shown(call, saga)
    keys = [line.entry for line in shown.entries if line.entry.day in days]
    missing = days - {entry.day for entry in keys}
    if missing:
        raise UsageError(f"{shown.saga.id} was not told on {min(filter(None, missing))}")
    pairs = [(entry.edition, entry.story) for entry in keys]
    return call.change(part_saga, briefing, shown.saga.id, pairs)


def _shown(call: Invocation, saga: str) -> ShownSaga:
    from briefing.app.sagas import show

    with call.read() as tx:
        return show(tx, call.series(), saga)


def _propose(proposals: Iterable[ShownProposal]) -> None:
    """Say what an editor may decide, and how."""
    for shown in proposals:
        it = shown.proposal
        say(f"{it.saga} and {it.other} may be one: on {it.day} {it.headline}; and {shown.other}")
        say(f"  briefing saga {shown.goes} --join-to {shown.stays}")
        say(f"  briefing saga {shown.goes} --decline {shown.stays}")


def _list(call: Invocation) -> None:
    from briefing.app.sagas import proposals
    from briefing.store import sagas

    with call.read() as tx:
        _, newest = sagas.newest(tx, call.series(), limit=_MOST_SAGAS)
        proposed = proposals(tx, call.series())
    if call.as_json:
        print_json([asdict(saga) for saga in newest])
        return
    for saga in newest:
        say(saga.headline, before=f"{saga.id:<5} {saga.since} to {saga.last}  ")
    _propose(proposed)
    if not newest:
        say("no story has continued from one edition to another yet")


def _facts(shown: ShownSaga, *, web: str) -> dict[str, Any]:
    saga = shown.saga
    return {
        "id": saga.id,
        "since": saga.since,
        "joined": list(saga.joined),
        "parted": saga.parted or None,
        "proposals": [_proposal(line) for line in shown.proposals],
        "timeline": [_entry(line, shown, web=web) for line in shown.entries],
    }


def _proposal(shown: ShownProposal) -> dict[str, Any]:
    facts = fields_of(shown.proposal, "saga other edition day story headline")
    return {"date" if name == "day" else name: value for name, value in facts.items()}


def _entry(line: ProvedEntry, shown: ShownSaga, *, web: str) -> dict[str, Any]:
    return {
        **to_json(line.entry),
        "day": _day(line, shown),
        **_provenance(line, line.entry.day, web=web),
    }


def _provenance(line: ProvedEntry | ProvedStory, day: date, *, web: str) -> dict[str, Any]:
    return {
        "publisher": line.source.publisher if line.source else None,
        "proved": line.proved,
        **({"address": f"{web}/{day}"} if web else {}),
    }


def _day(line: ProvedEntry, shown: ShownSaga) -> int:
    return (line.entry.day - shown.saga.since).days + 1


def _place(sentence: Sentence) -> str:
    return f"{sentence.document} characters {sentence.start} to {sentence.end}"


def _proved(place: str, proved: bool) -> str:  # noqa: FBT001  as it is shown
    return place if proved else f"NOT AS STORED: {place}"


@command(app, "watch")
def watch_command(
    call: Invocation,
    name: str = argument("Name of a list; default: show all.", default="", metavar="[NAME]"),
) -> None:
    """Show the watch-lists, or one of them by day."""
    from briefing.app.watch_lists import show, summaries
    from briefing.settings import timetable_of

    lists = tuple(table.watched for table in call.settings.watch)
    today = local_date(timetable_of(call.settings), at=now())
    if name:
        with call.read() as tx:
            shown = show(tx, call.series(), name, lists=lists, today=today, limit=_MOST_DAYS)
        _show(call, shown)
        return
    with call.read() as tx:
        rows = summaries(tx, call.series(), lists, today=today)
    lines = [f"{summary.name}: {_counts(summary)}" for summary in rows]
    none = "no watch-list; add one to briefing.toml: [[watch]], with a name and words"
    call.answer("\n".join(lines) or none, [asdict(summary) for summary in rows])


def _show(call: Invocation, shown: ShownWatch) -> None:
    if call.as_json:
        web = call.settings.web.address
        entries = [{"entry": name, "month": count} for name, count in shown.entries.items()]
        stories = [_story(line, web=web) for line in shown.stories]
        print_json({**asdict(shown.summary), "entries": entries, "stories": stories})
        return
    say(f"{shown.summary.name}: {_counts(shown.summary)}")
    named = [f"{name} {count}" for name, count in shown.entries.items() if count]
    if named:
        say(f"in 30 days: {', '.join(named[:_MOST_ENTRIES])}")
    for line in shown.stories:
        story, sentence = line.story, line.story.sentence
        place = f"{sentence.document} title" if story.named else _place(sentence)
        row(
            f"{story.day}  ",
            ", ".join(story.entries),
            story.headline,
            "" if story.named else sentence.text,
            _proved(f"{story.edition}, {place}", line.proved),
            indent=len("2026-01-04  "),
        )


def _counts(summary: WatchSummary) -> str:
    stories = f"{counted(summary.week, 'story')} in 7 days, {summary.month} in 30"
    last = f"last {summary.last}" if summary.last else "never named"
    return f"{stories}; {last}{'' if summary.active else '; no longer watched'}"


def _story(line: ProvedStory, *, web: str) -> dict[str, Any]:
    story = line.story
    return {
        "date": story.day,
        "edition": story.edition,
        "story": story.story,
        "entries": list(story.entries),
        "section": story.section,
        "headline": story.headline,
        **to_json(story.sentence),
        "in": "title" if story.named else "text",
        **_provenance(line, story.day, web=web),
    }
