"""Commands on sources: add, list, check, edit, ledger, pause, resume, remove, import, export."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from briefing.cli.app import (
    IN_PART,
    Facts,
    Invocation,
    app,
    argument,
    command,
    date_of,
    fields_of,
    heading,
    option,
    options_of,
    print_json,
    row,
    say,
    settings_of,
    warn,
)
from briefing.core.errors import InputError, UsageError
from briefing.core.messages import counted
from briefing.core.model import GENRES, Source, SourceStatus, TextFrom
from briefing.core.schedule import begin_of
from briefing.setup.clock import now

if TYPE_CHECKING:
    from datetime import datetime

    from briefing.sources.discover import Health


#: What JSON has of the status of a source.
_STANDING = (
    "moved_to failures reason added visited answered failing_since fresh_at newest retry_at paused "
    "paused_until unstable"
)

#: Columns of the state of a source, with the space behind it.
_STATE = 9

sources_app = typer.Typer(help="Sources of the news.")
app.add_typer(sources_app, name="sources")
_Listed = Annotated[str, typer.Argument(help="Address of the source, as listed.")]


def _options(*, add: bool) -> list[Any]:
    # No more than this: it is asked for by every command.
    return options_of(Source, add=add, default=... if add else None)


@command(sources_app, "add")
def add(
    call: Invocation,
    /,
    address: str = argument("A feed, a site, a page, a folder, or mailbox:SENDER."),
    *,
    kind: list[str] | None = option(
        "How it is read, such as feed or page; default: detected. What its reports "
        "are: wire, opinion, analysis, statement, transcript, state, live, feature or notice; "
        "default: detected. May be repeated."
    ),
    **fields: Annotated[object, _options(add=True)],
) -> None:
    """Add a source; for a site, find its feed."""
    from briefing.app.collect.sources import add_sources, refuse_password
    from briefing.setup import news

    genre = next((word for word in kind or () if word in GENRES), "")
    given = _valid(**fields, kind=genre)
    reader = next((word for word in kind or () if word not in GENRES), "")
    reader = reader or ("pages" if given["links"] else "")
    refuse_password(address)
    settings = call.settings
    if reader:
        news.kind(reader)
        source = Source(address, kind=reader)
    else:
        source = news.find_sources(address, settings=settings)[0]
    given |= {name: given[name] or getattr(source, name) for name in ("name", "language")}
    source = replace(source, **given)
    if not call.change(add_sources, [source]):
        raise UsageError(f"{source.url} is already a source; `briefing sources list` shows it")
    call.answer(f"{source.url}: added as {source.kind}", asdict(source))


def _valid(**given: object) -> Facts:
    """Return the fields of a source that options give, checked; those not given are left out."""
    from briefing.app.collect.sources import EDITABLE, faults_of

    fields: Facts = {EDITABLE[n].name: v for n, v in given.items() if v is not None}
    if "text" in fields:
        if fields["text"] not in set(TextFrom):
            raise UsageError(f"--text {fields['text']!r} is not valid; give auto, feed or page")
        fields["text"] = TextFrom(fields["text"])
    for fault in faults_of(replace(Source(""), **fields)).values():
        raise UsageError(f"--{fault}")
    return fields


@command(sources_app, "list")
def list_(call: Invocation) -> None:
    """List all sources and their status."""
    from briefing.store import sources, statistics

    at = now()
    with call.read() as tx:
        listed = []
        for status in sources.source_statuses(tx):
            (day,) = statistics.source_days(tx, status.source.url, days=1, until=at.date())
            listed.append((status, day.fresh or 0))
    if call.as_json:
        print_json(
            [
                asdict(status.source) | fields_of(status, _STANDING) | {"today": today}
                for status, today in listed
            ]
        )
        return
    if not listed:
        say("no sources yet; add one: briefing sources add ADDRESS")
        return
    heading(f"{'state':<{_STATE}}{'responded, UTC':<18}today  source")
    for status, today in listed:
        answered = f"{status.answered:%Y-%m-%d %H:%M}" if status.answered else "not yet"
        row(
            f"{_state(status, at=at):<{_STATE}}{answered:<18}{today:>5}  ",
            status.source.name or "without a name",
            f"{status.source.kind} {status.source.url}",
            _detail(status, at=at, today=today),
            indent=_STATE,
            alarm=status.failing_since is not None,
        )


def _state(status: SourceStatus, *, at: datetime) -> str:
    if status.paused:
        return "paused"
    if status.failing_since:
        return "failing"
    if status.visited is None:
        return "new"
    if status.rests(at=at):
        return "waiting"
    return "unstable" if status.is_unstable(at=at) else "well"


def _detail(status: SourceStatus, *, at: datetime, today: int) -> str:
    """Return what is wrong, or when the last new report came if none has today."""
    if status.unstable and _state(status, at=at) == "unstable":
        last = f"{status.unstable:%Y-%m-%d %H:%M} UTC"
        return f"the text of a printed report keeps changing, last {last}"
    if status.paused:
        until = f" until {status.paused_until:%Y-%m-%d %H:%M} UTC" if status.paused_until else ""
        return f"paused since {status.paused:%Y-%m-%d %H:%M} UTC{until}"
    if status.failing_since:
        return f"no response since {status.failing_since:%Y-%m-%d %H:%M} UTC: {status.reason}"
    if today or status.visited is None:
        return ""
    return f"last new report {status.fresh_at:%Y-%m-%d}" if status.fresh_at else "nothing new yet"


@command(sources_app, "check")
def check_(
    call: Invocation,
    addresses: list[str] | None = argument("Addresses of sources; default: all.", default=None),
) -> None:
    """Fetch each source now. Reports its status and what to fix; stores nothing."""
    from briefing.setup.news import check_sources

    known = {status.source.url: status.source for status in _listed(call)}
    asked = [known.get(address, Source(address)) for address in addresses or known]
    if not asked:
        raise InputError("no sources yet; add one: briefing sources add ADDRESS")
    checked = check_sources(asked, settings=call.settings)
    facts = [{**asdict(health), "source": health.source.url} for health in checked]
    call.answer("\n".join(map(_in_words, checked)), facts)
    if not all(map(_is_readable, checked)):
        raise typer.Exit(IN_PART)


def _is_readable(health: Health) -> bool:
    """Return whether a source responds, and with something that can be read."""
    return health.reachable and (health.items > 0 or not health.reason)


def _in_words(health: Health) -> str:
    facts = [health.kind or health.source.kind, counted(health.items, "item")]
    if health.newest:
        facts.append(f"newest {health.newest:%Y-%m-%d %H:%M} UTC")
    facts += [health.texts] if health.texts else []
    facts += [f"robots.txt: {health.robots}"] if health.robots else []
    state = ", ".join(facts) if _is_readable(health) else "cannot be read"
    rest = "; ".join(part for part in (health.reason, health.advice) if part)
    return f"{health.source.url}: {state}{'; ' if rest else ''}{rest}"


@command(sources_app, "edit")
def edit(
    call: Invocation, /, address: _Listed, **fields: Annotated[object, _options(add=False)]
) -> None:
    """Change a source. Options not given stay unchanged."""
    from briefing.app.collect.sources import edit_source

    given = _valid(**fields)
    if not given:
        *options, last = (f"--{name.replace('_', '-')}" for name in fields)
        raise UsageError(f"nothing to change; give {', '.join(options)} or {last}")
    call.answer(f"{address}: changed", asdict(call.change(edit_source, address, **given)))


@command(sources_app, "ledger")
def ledger(
    call: Invocation,
    name: str = argument("A publisher; default: all.", default=""),
    *,
    days: int = option("Number of days, including today.", default=30, min=1, max=366),
) -> None:
    """Count the reports of each publisher, collected and printed."""
    from briefing.app.ledger import ledger_of

    with call.read() as tx:
        counts = ledger_of(tx, call.series(), today=now().date(), days=days, name=name)
    if call.as_json:
        print_json([asdict(count) for count in counts])
        return
    heading(f"{'reports':>7}{'printed':>9}{'corrected':>11}{'first':>7}{'silent':>8}  publisher")
    for count in counts:
        numbers = f"{count.reports:>7,}{count.printed:>9,}{count.corrected:>11,}{count.first:>7,}"
        grades = f"grade {', '.join(count.grades)}" if count.grades else ""
        row(f"{numbers}{count.silent:>8,}  ", count.name or "no publisher named", grades)


@command(sources_app, "pause")
def pause(
    call: Invocation,
    address: _Listed,
    *,
    until: str | None = option("Day on which it is fetched again; default: when resumed."),
) -> None:
    """Stop fetching a source until it is resumed; its reports stay."""
    from briefing.app.collect.sources import pause_source

    day = date_of(until, option="--until")
    ends = begin_of(day, zone=call.settings.schedule.zone) if day else None
    call.change(pause_source, address, until=ends)
    again = f"it is fetched again on {day}" if day else "`briefing sources resume` fetches it again"
    call.answer(f"{address}: paused; {again}", {"url": address, "action": "paused", "until": ends})


@command(sources_app, "resume")
def resume(call: Invocation, address: _Listed) -> None:
    """Fetch a paused source again."""
    from briefing.app.collect.sources import resume_source

    call.change(resume_source, address)
    call.acted("url", address, "resumed")


@command(sources_app, "remove")
def remove(call: Invocation, address: _Listed) -> None:
    """Remove a source; its reports stay."""
    from briefing.app.collect.sources import remove_source

    call.change(remove_source, address)
    call.acted("url", address, "removed", more="; its reports stay")


@command(sources_app, "import")
def import_(
    call: Invocation,
    file: Path = argument("An OPML file, as feed readers export it.", dir_okay=False),
) -> None:
    """Add the feeds of an OPML file. Exit code 3 if some outlines could not be used."""
    from briefing.app.collect.sources import add_sources, read_opml_file

    settings_of(call.config)  # what is wrong with them is said first
    opml = read_opml_file(file)
    added = call.change(add_sources, opml.sources)
    for note in opml.notes:
        warn(f"{file}: {note}")
    known = len(opml.sources) - added
    lost = f", {counted(opml.lost, 'outline')} skipped" if opml.lost else ""
    facts = {"file": str(file), "added": added, "known": known, "lost": opml.lost}
    words = f"{file}: {added} added, {known} already known{lost}"
    call.answer(words, facts | {"notes": opml.notes})
    if opml.lost:
        raise typer.Exit(IN_PART)


@command(sources_app, "export")
def export(
    call: Invocation, file: Path = argument("The OPML file to write.", dir_okay=False)
) -> None:
    """Write all sources as an OPML file."""
    from briefing.app.make import save
    from briefing.sources.opml import write_opml

    listed = [status.source for status in _listed(call)]
    save({file: write_opml(listed, title=call.settings.name, made=now())})
    facts = {"file": str(file), "sources": len(listed)}
    call.answer(f"{file}: {counted(len(listed), 'source')}", facts)


def _listed(call: Invocation) -> tuple[SourceStatus, ...]:
    from briefing.store import sources

    with call.read() as tx:
        return sources.source_statuses(tx)
