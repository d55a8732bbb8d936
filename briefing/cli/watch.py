"""The command about what is watched for: watch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from briefing.cli.app import AsJson, Config, app, opened_store, print_json, settings_of
from briefing.cli.terminal import row, say
from briefing.core.counting import counted

if TYPE_CHECKING:
    from briefing.app.watch import ProvedStory, ShownWatch, WatchSummary

#: Days that are shown.
_MOST = 30
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
    from briefing.app.watch import show, summaries
    from briefing.core.edition import slug
    from briefing.core.schedule import local_date
    from briefing.setup.clock import now
    from briefing.setup.timetable import timetable_of

    settings = settings_of(config)
    lists = tuple(one.watched for one in settings.watch)
    briefing, today = slug(settings.name), local_date(timetable_of(settings), at=now())
    with opened_store(settings, config) as store, store.read() as tx:
        if name:
            shown = show(tx, briefing, name, lists=lists, today=today, limit=_MOST)
        else:
            found = summaries(tx, briefing, lists, today=today)
    if name:
        _show(shown, as_json=as_json, web=settings.web.address)
    elif as_json:
        print_json([_facts(one) for one in found])
    else:
        for one in found:
            say(f"{one.name}: {_counts(one)}")
        if not found:
            say("no watch-list; add one to briefing.toml: [[watch]], with a name and words")


def _show(shown: ShownWatch, *, as_json: bool, web: str) -> None:
    if as_json:
        entries = [{"entry": name, "month": count} for name, count in shown.entries.items()]
        stories = [_story(one, web=web) for one in shown.stories]
        print_json({**_facts(shown.summary), "entries": entries, "stories": stories})
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


def _facts(one: WatchSummary) -> dict[str, Any]:
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
