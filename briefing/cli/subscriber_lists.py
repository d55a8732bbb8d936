"""Commands on lists of subscribers: subscribers import, export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from briefing.cli.app import (
    IN_PART,
    AsJson,
    Config,
    actor,
    answer,
    opened_store,
    print_json,
    settings_of,
)
from briefing.cli.subscribers import Since, agreement_of, subscribers_app
from briefing.cli.terminal import say
from briefing.core.counting import counted
from briefing.core.errors import UsageError

if TYPE_CHECKING:
    from briefing.app.readers.lists import JudgedLine, ListReport

#: Lines printed on single entries of a list.
_LISTED = 50


@subscribers_app.command("import")
def import_(  # noqa: PLR0913  one parameter an option
    file: Annotated[
        Path, typer.Argument(help="A CSV file whose first line names its columns.", dir_okay=False)
    ],
    *,
    consent: Annotated[str, typer.Option(help="How they agreed, for the consent log.")] = "",
    since: Since = "",
    report: Annotated[
        Path | None,
        typer.Option(help="Write the lines that are not added to a CSV file.", dir_okay=False),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only report what would change.")
    ] = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Add subscribers from a CSV file."""
    from briefing.app.readers.lists import REFUSED, ListImport, import_list, open_list, write_file
    from briefing.setup.clock import now
    from briefing.setup.subscribing import list_rules

    if not (consent or dry_run):
        raise UsageError("say how they agreed with --consent WORDS, or only look with --dry-run")
    settings = settings_of(config)
    agreement = None if dry_run else agreement_of(consent, since, settings)
    listed = open_list(file)
    with opened_store(settings, config) as store:
        asked = ListImport(file.name, listed, list_rules(settings), agreement)
        done = import_list(store, asked, actor=actor(), at=now())
    if report is not None:
        write_file(report, done.as_csv())
    if as_json:
        print_json(_import_facts(done))
    else:
        _show_import(file, done, unread=listed.unread, dry=dry_run)
    if done.of(*REFUSED):
        raise typer.Exit(IN_PART)


def _import_facts(done: ListReport) -> dict[str, object]:
    from briefing.app.readers.lists import REFUSED, RowVerdict

    return {
        "added": done.counts[RowVerdict.GOOD],
        "known": [(one.line, one.address) for one in done.of(RowVerdict.KNOWN)],
        "twice": [(one.line, one.address) for one in done.of(RowVerdict.TWICE)],
        "refused": [(one.line, _refusal(one)) for one in done.of(*REFUSED)],
    }


def _refusal(one: JudgedLine) -> str:
    from briefing.app.readers.lists import RowVerdict

    if one.verdict is RowVerdict.WRONG:
        return one.reason
    return f"{one.address}: {one.reason or one.verdict}"


def _show_import(file: Path, done: ListReport, *, unread: tuple[str, ...], dry: bool) -> None:
    from briefing.app.readers.lists import REFUSED, RowVerdict

    would = "would be added" if dry else "added"
    refused = sum(done.counts[verdict] for verdict in REFUSED)
    say(
        f"{file}: {done.counts[RowVerdict.GOOD]:,} {would}, "
        f"{done.counts[RowVerdict.TWICE]:,} twice in the list, "
        f"{done.counts[RowVerdict.KNOWN]:,} already subscribed, {refused:,} refused"
    )
    if unread:
        names = ", ".join(ascii(name) for name in unread)
        say(f"briefing: {file}: columns that are not read: {names}", err=True)
    for one in done.rest[:_LISTED]:
        say(f"briefing: {file}: line {one.line}: {_refusal(one)}", err=True)
    if len(done.rest) > _LISTED:
        say(f"briefing: {file}: and more; --report FILE lists all", err=True)


@subscribers_app.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="The CSV file to write.", dir_okay=False)],
    *,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Write all subscribers as CSV. Each with how and since when they agreed."""
    from briefing.app.readers.lists import export_subscribers, note_export, write_file
    from briefing.setup.clock import now

    settings = settings_of(config)
    with opened_store(settings, config) as store:
        count = write_file(file, export_subscribers(store)) - 1
        with store.write() as tx:
            note_export(tx, actor=actor(), at=now())
    facts = {"file": str(file), "subscribers": count}
    answer(f"{file}: {counted(count, 'subscriber')}", facts, as_json=as_json)
