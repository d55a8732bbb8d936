"""Commands about what editions have followed over weeks: saga, watch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from briefing.cli.app import (
    AsJson,
    Config,
    app,
    change,
    date_of,
    opened_store,
    print_json,
    row,
    say,
    settings_of,
)
from briefing.core.counting import counted
from briefing.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Set
    from datetime import date
    from pathlib import Path

    from briefing.app.sagas import PartSaga, ProvedEntry, ShownProposal, ShownSaga
    from briefing.app.watch_lists import ProvedStory, ShownWatch, WatchSummary
    from briefing.settings import Settings
    from briefing.store.sagas import SagaSummary, StoredSaga

#: Sagas in the list.
_MOST = 50


@app.command("saga")
def saga_command(  # noqa: PLR0913  one parameter an option
    saga: Annotated[
        str, typer.Argument(metavar="[SAGA]", help="Id, such as s3; default: list the last ones.")
    ] = "",
    *,
    join_to: Annotated[
        str, typer.Option("--join-to", metavar="SAGA", help="Merge it into this one.")
    ] = "",
    part: Annotated[
        list[str] | None,
        typer.Option(metavar="DATE", help="Split this day of it into a new saga; may be repeated."),
    ] = None,
    decline: Annotated[
        str,
        typer.Option(metavar="SAGA", help="Keep it and this one apart, whatever editions show."),
    ] = "",
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Show a story over weeks, or correct what belongs to it."""
    asked = sum(map(bool, (join_to, part, decline)))
    if asked and (not saga or asked > 1):
        raise UsageError("name one saga, and one of --join-to, --part and --decline")
    if asked:
        days = {date_of(given) for given in part or ()}
        saga = _corrected(config, saga, join_to=join_to, decline=decline, days=days).id
    if not saga:
        _list(config, as_json=as_json)
        return
    settings = settings_of(config)
    shown = _shown(settings, config, saga)
    if as_json:
        print_json(_facts(shown, web=settings.web.address))
        return
    say(f"{shown.saga.id}: day {_day(shown.entries[-1], shown)}, since {shown.saga.since}")
    _propose(shown.proposals)
    for one in shown.entries:
        place = f"{one.entry.edition}, {_place(one)}"
        row(
            f"{one.entry.day}  day {_day(one, shown):<4}",
            one.entry.headline,
            one.entry.sentence.text,
            place if one.proved else f"NOT AS STORED: {place}",
            indent=len("2026-01-04  "),
        )


def _corrected(
    config: Path | None, saga: str, *, join_to: str, decline: str, days: Set[date | None]
) -> StoredSaga:
    from briefing.app.sagas import (
        DeclineProposal,
        JoinSagas,
        decline_proposal,
        join_sagas,
        part_saga,
    )
    from briefing.core.edition import slug

    settings = settings_of(config)
    if decline:
        asked = DeclineProposal(slug(settings.name), saga, decline)
        return change(config, decline_proposal, asked)
    if join_to:
        return change(config, join_sagas, JoinSagas(slug(settings.name), saga, join_to))
    shown = _shown(settings, config, saga)
    return change(config, part_saga, _parting(shown, slug(settings.name), days))


def _parting(shown: ShownSaga, briefing: str, days: Set[date | None]) -> PartSaga:
    from briefing.app.sagas import PartSaga

    keys = [one.entry for one in shown.entries if one.entry.day in days]
    missing = days - {entry.day for entry in keys}
    if missing:
        raise UsageError(f"{shown.saga.id} was not told on {min(filter(None, missing))}")
    pairs = tuple((entry.edition, entry.story) for entry in keys)
    return PartSaga(briefing, shown.saga.id, pairs)


def _shown(settings: Settings, config: Path | None, saga: str) -> ShownSaga:
    from briefing.app.sagas import show
    from briefing.core.edition import slug

    with opened_store(settings, config) as store, store.read() as tx:
        return show(tx, slug(settings.name), saga)


def _propose(proposals: Iterable[ShownProposal]) -> None:
    """Say what an editor may decide, and how."""
    for one in proposals:
        it = one.proposal
        say(f"{it.saga} and {it.other} may be one: on {it.day} {it.headline}; and {one.other}")
        say(f"  briefing saga {one.goes} --join-to {one.stays}")
        say(f"  briefing saga {one.goes} --decline {one.stays}")


def _list(config: Path | None, *, as_json: bool) -> None:
    from briefing.app.sagas import proposals
    from briefing.core.edition import slug
    from briefing.store import sagas

    settings = settings_of(config)
    with opened_store(settings, config) as store, store.read() as tx:
        _, found = sagas.newest(tx, slug(settings.name), limit=_MOST)
        proposed = proposals(tx, slug(settings.name))
    if as_json:
        print_json([_line(one) for one in found])
        return
    for one in found:
        say(one.headline, before=f"{one.id:<5} {one.since} to {one.last}  ")
    _propose(proposed)
    if not found:
        say("no story has continued from one edition to another yet")


def _line(one: SagaSummary) -> dict[str, Any]:
    return {
        "id": one.id,
        "since": one.since,
        "last": one.last,
        "editions": one.editions,
        "headline": one.headline,
    }


def _facts(shown: ShownSaga, *, web: str) -> dict[str, Any]:
    saga = shown.saga
    return {
        "id": saga.id,
        "since": saga.since,
        "joined": list(saga.joined),
        "parted": saga.parted or None,
        "proposals": [_proposal(one) for one in shown.proposals],
        "timeline": [_entry(one, shown, web=web) for one in shown.entries],
    }


def _proposal(one: ShownProposal) -> dict[str, Any]:
    return {
        "saga": one.proposal.saga,
        "other": one.proposal.other,
        "edition": one.proposal.edition,
        "date": one.proposal.day,
        "story": one.proposal.story,
        "headline": one.proposal.headline,
    }


def _entry(one: ProvedEntry, shown: ShownSaga, *, web: str) -> dict[str, Any]:
    from briefing.core.record import to_json

    return {
        **to_json(one.entry),
        "day": _day(one, shown),
        "publisher": one.source.publisher if one.source else None,
        "proved": one.proved,
        **({"address": f"{web}/{one.entry.day}"} if web else {}),
    }


def _day(one: ProvedEntry, shown: ShownSaga) -> int:
    return (one.entry.day - shown.saga.since).days + 1


def _place(one: ProvedEntry) -> str:
    sentence = one.entry.sentence
    return f"{sentence.document} characters {sentence.start} to {sentence.end}"


#: Days that are shown.
_MOST_WATCH = 30
#: Entries whose counts are shown.
_MOST_ENTRIES = 20


@app.command("watch")
def watch_command(
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="Name of a list; default: show all.")
    ] = "",
    *,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Show the watch-lists, or one of them by day."""
    from briefing.app.watch_lists import show, summaries
    from briefing.core.edition import slug
    from briefing.core.schedule import local_date
    from briefing.settings import timetable_of
    from briefing.setup.clock import now

    settings = settings_of(config)
    lists = tuple(one.watched for one in settings.watch)
    briefing, today = slug(settings.name), local_date(timetable_of(settings), at=now())
    with opened_store(settings, config) as store, store.read() as tx:
        if name:
            shown = show(tx, briefing, name, lists=lists, today=today, limit=_MOST_WATCH)
        else:
            found = summaries(tx, briefing, lists, today=today)
    if name:
        _show(shown, as_json=as_json, web=settings.web.address)
    elif as_json:
        print_json([_facts_watch(one) for one in found])
    else:
        for one in found:
            say(f"{one.name}: {_counts(one)}")
        if not found:
            say("no watch-list; add one to briefing.toml: [[watch]], with a name and words")


def _show(shown: ShownWatch, *, as_json: bool, web: str) -> None:
    if as_json:
        entries = [{"entry": name, "month": count} for name, count in shown.entries.items()]
        stories = [_story(one, web=web) for one in shown.stories]
        print_json({**_facts_watch(shown.summary), "entries": entries, "stories": stories})
        return
    say(f"{shown.summary.name}: {_counts(shown.summary)}")
    named = [f"{name} {count}" for name, count in shown.entries.items() if count]
    if named:
        say(f"in 30 days: {', '.join(named[:_MOST_ENTRIES])}")
    for one in shown.stories:
        sentence = one.story.sentence
        place = f"{one.story.edition}, {sentence.document} " + (
            "title" if one.story.named else f"characters {sentence.start} to {sentence.end}"
        )
        row(
            f"{one.story.day}  ",
            ", ".join(one.story.entries),
            one.story.headline,
            "" if one.story.named else sentence.text,
            place if one.proved else f"NOT AS STORED: {place}",
            indent=len("2026-01-04  "),
        )


def _counts(one: WatchSummary) -> str:
    stories = f"{counted(one.week, 'story')} in 7 days, {one.month} in 30"
    last = f"last {one.last}" if one.last else "never named"
    return f"{stories}; {last}{'' if one.active else '; no longer watched'}"


def _facts_watch(one: WatchSummary) -> dict[str, Any]:
    return {
        "name": one.name,
        "label": one.label,
        "active": one.active,
        "week": one.week,
        "month": one.month,
        "last": one.last,
    }


def _story(one: ProvedStory, *, web: str) -> dict[str, Any]:
    from briefing.core.record import to_json

    story = one.story
    return {
        "date": story.day,
        "edition": story.edition,
        "story": story.story,
        "entries": list(story.entries),
        "section": story.section,
        "headline": story.headline,
        **to_json(story.sentence),
        "in": "title" if story.named else "text",
        "publisher": one.source.publisher if one.source else None,
        "proved": one.proved,
        **({"address": f"{web}/{story.day}"} if web else {}),
    }
