"""Commands of the daily work on the store: collect, publish, backup, restore."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from briefing.cli.app import (
    IN_PART,
    AsJson,
    Config,
    Day,
    app,
    counted,
    date_of,
    folder_of,
    opened_store,
    print_json,
    progress,
    settings_of,
    tell_count,
    tell_step,
)

if TYPE_CHECKING:
    from briefing.collect import Collected


@app.command("collect")
def collect_command(*, config: Config = None, as_json: AsJson = False) -> None:
    """Bring the news of all sources into the store."""
    from briefing import wiring

    settings = settings_of(config)
    with opened_store(settings, config) as store, progress() as bar:
        done = wiring.collect_news(store, settings=settings, watch=tell_count(bar))
    if as_json:
        print_json(_facts(done))
    else:
        _say(done)
    if done.failing:
        raise typer.Exit(IN_PART)


def _facts(done: Collected) -> dict[str, object]:
    from dataclasses import asdict

    return {
        "visits": [_plain(asdict(visit)) for visit in done.visits],
        "failing": [
            {
                "source": one.source.url,
                "since": one.failing_since and one.failing_since.isoformat(),
                "failures": one.failures,
                "reason": one.reason,
            }
            for one in done.failing
        ],
        "silent": [
            {"source": one.source.url, "since": (one.fresh_at or one.added).isoformat()}
            for one in done.silent
        ],
        "repaired": done.repaired,
        "edited": done.edited,
        "vanished": done.vanished,
        "pruned": done.pruned,
    }


def _plain(visit: dict[str, object]) -> dict[str, object]:
    """Return a visit with its times in words that JSON holds."""
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in visit.items()
    }


def _say(done: Collected) -> None:
    from briefing.model import Outcome

    ended = [
        f"{count} {outcome.value}" for outcome in Outcome if (count := done.count(outcome)) > 0
    ]
    items = sum(visit.items for visit in done.visits)
    fresh = sum(visit.fresh for visit in done.visits)
    edited = sum(visit.edited for visit in done.visits) + done.edited
    typer.echo(
        f"{counted(len(done.visits), 'source')}: {', '.join(ended)}; {counted(items, 'item')}, "
        f"{counted(fresh, 'new report')}, {counted(edited, 'new version')}, "
        f"{done.repaired} read late, {done.vanished} vanished"
    )
    for one in done.failing:
        since = f"{one.failing_since:%Y-%m-%d %H:%M} UTC"
        name = one.source.name or one.source.url
        typer.echo(f"briefing: {name}: not answered since {since}: {one.reason}", err=True)
    for visit in done.visits:
        if visit.outcome is Outcome.READ and visit.reason:
            typer.echo(f"briefing: {visit.source}: {visit.reason}", err=True)
    for one in done.silent:
        since = f"{one.fresh_at or one.added:%Y-%m-%d}"
        name = one.source.name or one.source.url
        typer.echo(f"briefing: {name}: answers, but brought nothing since {since}", err=True)


@app.command("publish")
def publish_command(  # noqa: PLR0913  one parameter an option
    *,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write the PDF to a file too.")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write it as HTML for the screen.")] = None,
    text: Annotated[Path | None, typer.Option(help="Write it as plain text.")] = None,
    json_: Annotated[Path | None, typer.Option("--json", help="Write it as JSON.")] = None,
    day: Day = None,
    config: Config = None,
) -> None:
    """Make the edition of a day from the store, and keep it there."""
    from briefing import wiring
    from briefing.make import save

    settings = settings_of(config)
    on = date_of(day)
    with opened_store(settings, config) as store, progress() as bar:
        done = wiring.publish_edition(store, settings=settings, day=on, watch=tell_step(bar))
    stored = done.stored
    held = {**stored.files, "json": stored.record.encode()}
    asked = {"pdf": output, "html": html, "text": text, "json": json_}
    save({path: held[kind] for kind, path in asked.items() if path is not None})
    if done.printed is None:
        typer.echo(f"{stored.id}: published already, {stored.made:%Y-%m-%d %H:%M} UTC")
        return
    ledger = done.printed.edition.ledger
    typer.echo(
        f"{stored.id}: published; {counted(ledger.documents, 'document')}, "
        f"{counted(ledger.stories, 'story').replace('storys', 'stories')}, "
        f"{ledger.printed} printed with {counted(ledger.sentences_printed, 'sentence')}; "
        f"page {done.printed.fit.fill:.0%} full"
    )


@app.command("backup")
def backup_command(
    file: Annotated[Path, typer.Argument(help="The file to write.")], *, config: Config = None
) -> None:
    """Write a copy of the whole store to one file, while it is in use."""
    from briefing import wiring

    settings = settings_of(config)
    with opened_store(settings, config) as store:
        wiring.back_up(store, file)
    typer.echo(f"{file}: {file.stat().st_size:,} bytes, checked")


@app.command("restore")
def restore_command(
    file: Annotated[Path, typer.Argument(help="What `briefing backup` wrote.")],
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Also where a store stands; it is kept aside.")
    ] = False,
    config: Config = None,
) -> None:
    """Bring the store back from a backup."""
    from briefing import wiring

    settings = settings_of(config)
    wiring.bring_back(file, settings=settings, folder=folder_of(config), replace=replace)
    typer.echo(f"{file}: restored to {settings.store.at}")
