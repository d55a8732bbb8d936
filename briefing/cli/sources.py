"""Commands on sources: add, list, check, edit, ledger, pause, resume, remove, import, export."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from briefing.cli.app import (
    IN_PART,
    AsJson,
    Config,
    answer,
    app,
    change,
    heading,
    opened_store,
    print_json,
    row,
    say,
    settings_of,
)
from briefing.core.counting import counted
from briefing.core.errors import InputError, UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from briefing.core.model import Source, SourceStatus
    from briefing.settings import Settings
    from briefing.sources.discover import Health
    from briefing.store import Transaction

#: What JSON has of the status of a source.
_STANDING = (
    "moved_to",
    "failures",
    "reason",
    "added",
    "visited",
    "answered",
    "failing_since",
    "fresh_at",
    "newest",
    "retry_at",
    "paused",
    "unstable",
)

#: Columns of the state of a source, with the space behind it.
_STATE = 9

sources_app = typer.Typer(help="Sources of the news.")
app.add_typer(sources_app, name="sources")


@sources_app.command("add")
def add(  # noqa: PLR0913  one parameter an option
    address: Annotated[str, typer.Argument(help="A feed, a site, a page, or a folder.")],
    *,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            help="How it is read: feed, pages, page or folder; default: detected. What its reports "
            "are: wire, opinion, analysis, statement, transcript, state, live, feature or notice; "
            "default: detected. May be repeated."
        ),
    ] = None,
    name: Annotated[str, typer.Option(help="Publisher as printed.")] = "",
    owner: Annotated[str, typer.Option(help="Owner of the publisher.")] = "",
    language: Annotated[
        str, typer.Option(help="Language (ISO 639-1) of reports that do not state it.")
    ] = "",
    text: Annotated[str, typer.Option(help="Which text is kept: auto, feed or page.")] = "auto",
    weight: Annotated[
        float, typer.Option(help="Factor of its reports in the choice: 0.5, 0.75, 1, 1.5 or 2.")
    ] = 1.0,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Add a source; for a site, find its feed."""
    from briefing.app.collect.sources import add_sources, refuse_password
    from briefing.core.model import GENRES, Source
    from briefing.setup import news

    genre = next((one for one in kind or () if one in GENRES), "")
    reader = next((one for one in kind or () if one not in GENRES), "")
    given = _valid(name=name, owner=owner, language=language, text=text, weight=weight, genre=genre)
    refuse_password(address)
    settings = settings_of(config)
    if reader:
        news.kind(reader)
        found = Source(address, kind=reader)
    else:
        found = news.find_sources(address, settings=settings)[0]
    source = replace(
        found, **{**given, "name": name or found.name, "language": language or found.language}
    )
    if not change(config, add_sources, [source]):
        raise UsageError(f"{source.url} is already a source; `briefing sources list` shows it")
    answer(f"{source.url}: added as {source.kind}", asdict(source), as_json=as_json)


def _valid(**given: object) -> dict[str, Any]:
    """Return the fields of a source that options give, checked; those not given are left out."""
    from briefing.app.collect.sources import faults_of
    from briefing.core.model import Source, TextFrom

    fields: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if "text" in fields:
        if fields["text"] not in set(TextFrom):
            raise UsageError(f"--text {fields['text']!r} is not valid; give auto, feed or page")
        fields["text"] = TextFrom(fields["text"])
    for fault in faults_of(replace(Source(""), **fields)).values():
        raise UsageError(f"--{fault}")
    return fields


@sources_app.command("list")
def list_(*, config: Config = None, as_json: AsJson = False) -> None:
    """List all sources and their status."""
    from briefing.setup.clock import now
    from briefing.store import sources

    at = now()
    with opened_store(settings_of(config), config) as store, store.read() as tx:
        listed = [(one, _today(tx, one, at=at)) for one in sources.source_statuses(tx)]
    if as_json:
        print_json([_standing(one) | {"today": today} for one, today in listed])
        return
    if not listed:
        say("no sources yet; add one: briefing sources add ADDRESS")
        return
    heading(f"{'state':<{_STATE}}{'last answer, UTC':<18}today  source")
    for one, today in listed:
        state = _state(one, at=at)
        answered = f"{one.answered:%Y-%m-%d %H:%M}" if one.answered else "not yet"
        row(
            f"{state:<{_STATE}}{answered:<18}{today:>5}  ",
            one.source.name or "without a name",
            f"{one.source.kind} {one.source.url}",
            _detail(one, at=at, today=today),
            indent=_STATE,
            alarm=one.failing_since is not None,
        )


def _today(tx: Transaction, one: SourceStatus, *, at: datetime) -> int:
    """Return how many new reports a source had today."""
    from briefing.store import statistics

    (day,) = statistics.source_days(tx, one.source.url, days=1, until=at.date())
    return day.fresh or 0


def _standing(one: SourceStatus) -> dict[str, object]:
    return asdict(one.source) | {name: getattr(one, name) for name in _STANDING}


def _state(one: SourceStatus, *, at: datetime) -> str:
    if one.paused:
        return "paused"
    if one.failing_since:
        return "failing"
    if one.visited is None:
        return "new"
    if one.rests(at=at):
        return "waiting"
    return "unstable" if one.is_unstable(at=at) else "well"


def _detail(one: SourceStatus, *, at: datetime, today: int) -> str:
    """Return what is wrong, or when the last new report came if none has today."""
    if one.unstable and _state(one, at=at) == "unstable":
        last = f"{one.unstable:%Y-%m-%d %H:%M} UTC"
        return f"the text of a printed report keeps changing, last {last}"
    if one.paused:
        return f"paused since {one.paused:%Y-%m-%d %H:%M} UTC"
    if one.failing_since:
        return f"not answered since {one.failing_since:%Y-%m-%d %H:%M} UTC: {one.reason}"
    if today or one.visited is None:
        return ""
    return f"last new report {one.fresh_at:%Y-%m-%d}" if one.fresh_at else "nothing new yet"


@sources_app.command("check")
def check_(
    addresses: Annotated[
        list[str] | None, typer.Argument(help="Addresses of sources; default: all.")
    ] = None,
    *,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Fetch each source now. Reports its status and what to fix; stores nothing."""
    from briefing.setup.news import check_sources

    settings = settings_of(config)
    known = {one.source.url: one.source for one in _listed(settings, config)}
    found = check_sources(_asked(addresses, known), settings=settings)
    if as_json:
        print_json([_health(one) for one in found])
    else:
        for one in found:
            say(_in_words(one))
    if not all(_is_readable(one) for one in found):
        raise typer.Exit(IN_PART)


def _health(one: Health) -> dict[str, object]:
    return {**asdict(one), "source": one.source.url}


def _is_readable(one: Health) -> bool:
    """Tell whether a source answers, and with something that can be read."""
    return one.reachable and (one.items > 0 or not one.reason)


def _in_words(one: Health) -> str:
    facts = [one.kind or one.source.kind, counted(one.items, "item")]
    if one.newest:
        facts.append(f"newest {one.newest:%Y-%m-%d %H:%M} UTC")
    facts += [one.texts] if one.texts else []
    facts += [f"robots.txt: {one.robots}"] if one.robots else []
    said = ", ".join(facts) if _is_readable(one) else "cannot be read"
    rest = "; ".join(part for part in (one.reason, one.advice) if part)
    return f"{one.source.url}: {said}{'; ' if rest else ''}{rest}"


def _asked(addresses: Sequence[str] | None, known: dict[str, Source]) -> list[Source]:
    from briefing.core.model import Source

    asked = [known.get(one, Source(one)) for one in addresses or known]
    if not asked:
        raise InputError("no sources yet; add one: briefing sources add ADDRESS")
    return asked


@sources_app.command("edit")
def edit(  # noqa: PLR0913  one parameter an option
    address: Annotated[str, typer.Argument(help="Address of the source, as listed.")],
    *,
    name: Annotated[
        str | None, typer.Option(help="Publisher as printed; empty: as the source calls itself.")
    ] = None,
    owner: Annotated[
        str | None, typer.Option(help="Owner of the publisher; empty: the publisher itself.")
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="Language (ISO 639-1); empty: as each report says.")
    ] = None,
    text: Annotated[
        str | None, typer.Option(help="Which text is kept: auto, feed or page.")
    ] = None,
    weight: Annotated[
        float | None,
        typer.Option(help="Factor of its reports in the choice: 0.5, 0.75, 1, 1.5 or 2."),
    ] = None,
    grade: Annotated[
        str | None,
        typer.Option(help="How far you trust it: A to F (Admiralty code); empty: none."),
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(help="What its reports are, such as statement; empty: detected."),
    ] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Change a source; what is not given stays."""
    from briefing.app.collect.sources import edit_source

    given = _valid(
        name=name,
        owner=owner,
        language=language,
        text=text,
        weight=weight,
        grade=grade,
        genre=kind,
    )
    if not given:
        raise UsageError(
            "nothing to change; give --name, --owner, --language, --text, --weight, --grade or "
            "--kind"
        )
    source = change(config, edit_source, address, **given)
    answer(f"{address}: changed", asdict(source), as_json=as_json)


@sources_app.command("ledger")
def ledger(
    name: Annotated[str, typer.Argument(help="A publisher; default: all.")] = "",
    *,
    days: Annotated[int, typer.Option(min=1, max=366, help="How many, with today.")] = 30,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Count what each publisher brought, and what of it was printed."""
    from briefing.app.ledger import ledger_of
    from briefing.core.edition import slug
    from briefing.setup.clock import now

    settings = settings_of(config)
    with opened_store(settings, config) as store, store.read() as tx:
        counts = ledger_of(tx, slug(settings.name), today=now().date(), days=days, name=name)
    if as_json:
        print_json([asdict(one) for one in counts])
        return
    heading(f"{'reports':>7}{'printed':>9}{'corrected':>11}{'first':>7}{'silent':>8}  publisher")
    for one in counts:
        numbers = f"{one.reports:>7,}{one.printed:>9,}{one.corrected:>11,}{one.first:>7,}"
        grades = f"grade {', '.join(one.grades)}" if one.grades else ""
        row(f"{numbers}{one.silent:>8,}  ", one.name or "no publisher named", grades)


@sources_app.command("pause")
def pause(
    address: Annotated[str, typer.Argument(help="Address of the source, as listed.")],
    *,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Stop asking a source until it is resumed; its reports stay."""
    from briefing.app.collect.sources import pause_source

    change(config, pause_source, address)
    words = f"{address}: paused; `briefing sources resume` fetches it again"
    answer(words, {"url": address, "action": "paused"}, as_json=as_json)


@sources_app.command("resume")
def resume(
    address: Annotated[str, typer.Argument(help="Address of the source, as listed.")],
    *,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Ask a paused source again."""
    from briefing.app.collect.sources import resume_source

    change(config, resume_source, address)
    answer(f"{address}: resumed", {"url": address, "action": "resumed"}, as_json=as_json)


@sources_app.command("remove")
def remove(
    address: Annotated[str, typer.Argument(help="Address of the source, as listed.")],
    *,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Remove a source; its reports stay."""
    from briefing.app.collect.sources import remove_source

    change(config, remove_source, address)
    words = f"{address}: removed; its reports stay"
    answer(words, {"url": address, "action": "removed"}, as_json=as_json)


@sources_app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(help="An OPML file, as feed readers export it.", dir_okay=False)
    ],
    *,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Add the feeds of an OPML file. Exit code 3 if some outlines could not be used."""
    from briefing.app.collect.sources import add_sources, read_opml_file

    settings_of(config)  # what is wrong with them is said first
    opml = read_opml_file(file)
    added = change(config, add_sources, opml.sources)
    for note in opml.notes:
        say(f"briefing: {file}: {note}", err=True)
    known = len(opml.sources) - added
    lost = f", {counted(opml.lost, 'outline')} skipped" if opml.lost else ""
    facts = {"file": str(file), "added": added, "known": known, "lost": opml.lost}
    said = f"{file}: {added} added, {known} already known{lost}"
    answer(said, facts | {"notes": opml.notes}, as_json=as_json)
    if opml.lost:
        raise typer.Exit(IN_PART)


@sources_app.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="The OPML file to write.", dir_okay=False)],
    *,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Write all sources as an OPML file."""
    from briefing.app.make import save
    from briefing.setup.clock import now
    from briefing.sources.opml import write_opml

    settings = settings_of(config)
    listed = [one.source for one in _listed(settings, config)]
    save({file: write_opml(listed, title=settings.name, made=now())})
    facts = {"file": str(file), "sources": len(listed)}
    answer(f"{file}: {counted(len(listed), 'source')}", facts, as_json=as_json)


def _listed(settings: Settings, config: Path | None) -> tuple[SourceStatus, ...]:
    from briefing.store import sources

    with opened_store(settings, config) as store, store.read() as tx:
        return sources.source_statuses(tx)
