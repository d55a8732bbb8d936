"""Commands of the daily work on the store: collect, publish, backup, restore."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from briefing.cli.app import (
    FAILED,
    IN_PART,
    Config,
    Day,
    Invocation,
    actor,
    app,
    argument,
    command,
    date_of,
    fields_of,
    file_options,
    flag,
    option,
    print_json,
    progress,
    say,
    tell_count,
    tell_step,
)
from briefing.core.counting import counted
from briefing.core.errors import NothingToPrintError, UsageError
from briefing.core.model import Outcome, Step
from briefing.core.schedule import local_date
from briefing.setup.clock import now

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from briefing.app.collect import Collected
    from briefing.app.publish import Published
    from briefing.settings import Settings
    from briefing.store import Store


@command(app, "collect")
def collect_command(call: Invocation) -> None:
    """Fetch the news from all sources into the store."""
    from briefing.setup.daily import alert_watched, by_command
    from briefing.setup.news import collect_news

    settings = call.settings
    with call.store() as store, progress() as bar:
        work = partial(collect_news, store, settings=settings, watch=tell_count(bar))
        done = by_command(Step.COLLECT, work, store=store, settings=settings, actor=actor())
        alert_watched(store, settings=settings)
    if call.as_json:
        print_json(_facts(done))
    else:
        _say(done)
    if done.visits and not done.answered:
        raise typer.Exit(FAILED)
    if done.failing:
        raise typer.Exit(IN_PART)


def _facts(done: Collected) -> dict[str, object]:
    return {
        "visits": [asdict(visit) for visit in done.visits],
        "failing": [
            {
                "source": status.source.url,
                "since": status.failing_since,
                **fields_of(status, "failures reason"),
            }
            for status in done.failing
        ],
        "silent": [
            {"source": status.source.url, "since": status.fresh_at or status.added}
            for status in done.silent
        ],
        **fields_of(done, "repaired edited vanished pruned"),
    }


def _say(done: Collected) -> None:
    ended = [
        f"{count} {outcome.value}" for outcome in Outcome if (count := done.count(outcome)) > 0
    ]
    items = sum(visit.items for visit in done.visits)
    fresh = sum(visit.fresh for visit in done.visits)
    edited = sum(visit.edited for visit in done.visits) + done.edited
    say(
        f"{counted(len(done.visits), 'source')}: {', '.join(ended)}; {counted(items, 'item')}, "
        f"{counted(fresh, 'new report')}, {counted(edited, 'new version')}, "
        f"{done.repaired} read late, {done.vanished} vanished"
    )
    for status in done.failing:
        since = f"{status.failing_since:%Y-%m-%d %H:%M} UTC"
        name = status.source.name or status.source.url
        say(f"briefing: {name}: not answered since {since}: {status.reason}", err=True)
    for visit in done.visits:
        if visit.outcome is Outcome.READ and visit.reason:
            say(f"briefing: {visit.source}: {visit.reason}", err=True)
    for status in done.silent:
        since = f"{status.fresh_at or status.added:%Y-%m-%d}"
        name = status.source.name or status.source.url
        say(f"briefing: {name}: responds, but has had nothing new since {since}", err=True)


@app.command("publish")
@file_options
def publish_command(  # noqa: PLR0913  one parameter an option
    *,
    output: Path | None = option("Also write the PDF to a file.", "-o", "--output", dir_okay=False),
    files: dict[str, Path],
    is_printed: bool,
    day: Day = None,
    week: bool = flag(
        "--week", "Make the review of the week that ends on the date, from its editions."
    ),
    force: bool = flag("--force", "Allow a date after the next scheduled edition."),
    config: Config = None,
) -> None:
    """Make and save the edition of a day, or the review of a week."""
    from briefing.app.make import save
    from briefing.setup.news import stored_as
    from briefing.setup.outbox import mail_operators

    call = Invocation(config)
    settings, on = call.settings, date_of(day)
    if week and force:
        raise UsageError("--week takes no --force: a week ends today or earlier")
    with call.store() as store, progress() as bar:
        done = _publish(
            store, settings=settings, day=on, week=week, force=force, watch=tell_step(bar)
        )
        if done.waits:
            mail_operators(store, settings=settings)
    stored = done.stored
    asked = ({"pdf": output} if output else {}) | files
    save({path: stored_as(kind, stored, settings=settings) for kind, path in asked.items()})
    if is_printed:
        typer.echo(stored.record, nl=False)
    say(_in_words(done), err=is_printed)


def _publish(  # noqa: PLR0913  one parameter an option
    store: Store,
    *,
    settings: Settings,
    day: date | None,
    week: bool,
    force: bool,
    watch: Callable[[str], None],
) -> Published:
    from briefing.app.rounds.days import why_unread
    from briefing.settings import timetable_of
    from briefing.setup.daily import by_command
    from briefing.setup.news import publish_edition

    timetable = timetable_of(settings)
    on = day or local_date(timetable, at=now())
    step = Step.WEEK if week else Step.PUBLISH
    publish = partial(publish_edition, store, settings=settings, day=on, watch=watch)
    work = partial(publish, week=week, force=force)
    try:
        return by_command(step, work, store=store, settings=settings, actor=actor(), day=on)
    except NothingToPrintError as error:
        if week:
            raise NothingToPrintError(
                f"nothing to print: {error}; name the last day of another week with --date"
            ) from error
        with store.read() as tx:
            why = why_unread(tx, on, timetable=timetable, at=now())
        raise NothingToPrintError(f"{error}; {why}" if why else str(error)) from error


def _in_words(done: Published) -> str:
    stored = done.stored
    if done.printed is None:
        stands = "waits for its release, made" if done.waits else "already published,"
        return f"{stored.id}: {stands} {stored.made:%Y-%m-%d %H:%M} UTC"
    edition = done.printed.edition
    ledger, week = edition.ledger, edition.week
    read = counted(ledger.documents, "report")
    corrected = f", {counted(ledger.corrected, 'correction')}" if ledger.corrected else ""
    came = "waits for its release" if done.waits else "published"
    return (
        f"{stored.id}: {came}; "
        f"{counted(len(week.editions), 'edition') if week else read}, "
        f"{counted(ledger.stories, 'story')}, "
        f"{ledger.printed} printed with {counted(ledger.sentences_printed, 'sentence')}"
        f"{corrected}; page {done.printed.fit.fill:.0%} full"
    )


@command(app, "backup")
def backup_command(
    call: Invocation,
    to: Path = argument("File to write, or a folder for a file with a dated name."),
    *,
    keep: int = option("Number of backups to keep in the folder; 0: all.", default=0, min=0),
    force: bool = flag("--force", "Back up even if the last backup holds much more."),
) -> None:
    """Back up store, settings and secrets to one private file."""
    from briefing.setup.backups import back_up

    settings, config = call.settings, call.config
    if keep and not to.is_dir():
        raise UsageError(f"{to}: --keep needs an existing folder; create it, or omit --keep")
    with call.store() as store:
        done, outside = back_up(store, to, settings=settings, config=config, keep=keep, force=force)
    shown = to / done.file.name if to.is_dir() else to
    pruned = f"; {counted(len(done.pruned), 'older backup')} deleted" if done.pruned else ""
    size = shown.stat().st_size
    facts = {
        "file": str(shown),
        "bytes": size,
        "editions": done.held.editions,
        "subscribers": done.held.readers,
        "sources": done.held.sources,
        "deleted": [*map(str, done.pruned)],
        "left_out": [*map(str, outside)],
    }
    call.answer(f"{shown}: {size:,} bytes, checked; {done.held.words}{pruned}", facts)
    for file in outside:
        say(
            f"briefing: {file}: not included, since it is in another folder; back it up too",
            err=True,
        )


@command(app, "restore")
def restore_command(
    call: Invocation,
    file: Path = argument("Backup that `briefing backup` wrote.", dir_okay=False),
    *,
    replace: bool = flag("--replace", "Replace an existing store; it is kept under another name."),
    force: bool = flag("--force", "Replace settings and secrets; they are kept under other names."),
) -> None:
    """Restore store, settings and secrets from a backup."""
    from briefing.setup.backups import bring_back

    done = bring_back(file, config=call.config, replace=replace, force=force)
    written = ", ".join(path.name for path in done.written)
    more = f"; {written} written" if written else ""
    kept = f"; the old one is kept as {done.kept.name}" if done.kept else ""
    facts = {
        "file": str(file),
        "store": done.store,
        "kept": done.kept and str(done.kept),
        "written": [*map(str, done.written)],
        "left": [*map(str, done.left)],
        "doubtful": done.doubtful,
    }
    call.answer(f"{file}: restored to {done.store}{kept}{more}", facts)
    if done.doubtful:
        unsure = counted(done.doubtful, "delivery")
        say(
            f"briefing: {unsure} may have been sent after the backup; `briefing deliver` holds "
            "them for you to decide",
            err=True,
        )
    for path in done.left:
        say(
            f"briefing: {path}: differs from the backup and was left unchanged; --force replaces "
            "it",
            err=True,
        )
