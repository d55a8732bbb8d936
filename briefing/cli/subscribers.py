"""Commands on subscribers: add, edit, list, show, remove, pause, resume, import, export."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from briefing.cli.app import (
    FAILED,
    IN_PART,
    AsJson,
    Config,
    actor,
    answer,
    app,
    folder_of,
    moment_of,
    opened_store,
    print_json,
    row,
    say,
    settings_of,
)
from briefing.core.counting import counted
from briefing.core.errors import InputError, UsageError

if TYPE_CHECKING:
    from briefing.app.bounces import Resumed
    from briefing.app.readers.administration import SubscriberHistory
    from briefing.app.readers.fields import Agreement
    from briefing.app.readers.lists import JudgedLine, ListReport
    from briefing.core.model import Subscriber
    from briefing.settings import Settings

subscribers_app = typer.Typer(help="Subscribers, who get the editions by mail.")
app.add_typer(subscribers_app, name="subscribers")

#: By which option a wish is given, by its name in what refuses it.
_OPTION_OF = {
    "name": "--name",
    "section": "--sections",
    "watch-list": "--lists",
    "format": "--format",
    "day": "--days",
    "days": "--days",
    "time": "--at",
    "zone": "--zone",
}
_Address = Annotated[str, typer.Argument(help="Address of the subscriber.")]
_Sections = Annotated[
    str, typer.Option(help='Sections, such as "economy;security"; with --lists also "none".')
]
_Format = Annotated[str, typer.Option("--format", help="Format: pdf, html, text or link.")]
_Days = Annotated[str, typer.Option(help="Weekdays, such as mon-fri.")]
_At = Annotated[str, typer.Option(help="Local time, such as 07:00.")]
_Zone = Annotated[str, typer.Option(help="Time zone, such as Europe/Zurich.")]
Since = Annotated[
    str, typer.Option(help="Since when, such as 2026-05-03, for the consent log; default: today.")
]


@subscribers_app.command("add")
def add(  # noqa: PLR0913  one parameter an option
    address: _Address,
    *,
    consent: Annotated[
        str, typer.Option(help="How they agreed, for the consent log; makes them active.")
    ] = "",
    since: Since = "",
    pending: Annotated[bool, typer.Option("--pending", help="Send the confirmation mail.")] = False,
    name: Annotated[str, typer.Option(help="Name of the subscriber.")] = "",
    sections: _Sections = "",
    lists: Annotated[str, typer.Option(help='Watch-lists, such as "southern-africa".')] = "",
    format_: _Format = "",
    days: _Days = "",
    at: _At = "",
    zone: _Zone = "",
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Add a subscriber who has agreed, or who is asked to confirm."""
    from briefing.app.readers import administration
    from briefing.setup.clock import now
    from briefing.setup.outbox import ask_to_confirm, new_subscriber

    if bool(consent) == pending:
        raise UsageError("say how they agreed with --consent WORDS, or ask them with --pending")
    settings = settings_of(config)
    agreement = None if pending else agreement_of(consent, since, settings)
    fields = {"sections": sections, "lists": lists, "format": format_, "days": days}
    fields |= {"at": at, "zone": zone}
    try:
        new = new_subscriber(address, name=name, fields=fields, settings=settings)
    except InputError as error:
        raise UsageError(_by_option(str(error))) from error
    with opened_store(settings, config) as store:
        if agreement is not None:
            with store.write() as tx:
                added = administration.add(tx, new, agreement=agreement, actor=actor(), at=now())
            answer(f"{added.address}: active", _facts(added), as_json=as_json)
            return
        added, mail = ask_to_confirm(
            store, new, settings=settings, folder=folder_of(config), actor=actor()
        )
    if mail.status.value == "refused":
        say(
            f"briefing: {added.address}: pending, but not asked to confirm: {mail.reason}; "
            "add them again",
            err=True,
        )
        raise typer.Exit(FAILED)
    if mail.status.value != "sent":
        why = f" ({mail.reason})" if mail.reason else ""
        say(
            f"briefing: {added.address}: pending; the confirmation mail could not be sent "
            f"yet{why}; `briefing serve` or `briefing deliver` tries again",
            err=True,
        )
        raise typer.Exit(IN_PART)
    words = f"{added.address}: pending; confirmation mail sent"
    answer(words, _facts(added), as_json=as_json)


@subscribers_app.command("edit")
def edit(  # noqa: PLR0913  one parameter an option
    address: _Address,
    *,
    sections: _Sections = "",
    lists: Annotated[
        str, typer.Option(help='Watch-lists, such as "southern-africa"; or "none".')
    ] = "",
    format_: _Format = "",
    days: _Days = "",
    at: _At = "",
    zone: _Zone = "",
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Change what a subscriber gets, and when; what is not given stays."""
    from briefing.app.readers import administration, preferences_line
    from briefing.setup.clock import now
    from briefing.setup.outbox import changed_preferences

    fields = {"sections": sections, "lists": lists, "format": format_, "days": days}
    fields |= {"at": at, "zone": zone}
    if not any(fields.values()):
        raise UsageError(
            "nothing to change; give --sections, --lists, --format, --days, --at or --zone"
        )
    settings = settings_of(config)
    with opened_store(settings, config) as store, store.write() as tx:
        one = administration.find(tx, address)
        try:
            new = changed_preferences(one.preferences, fields=fields, settings=settings)
        except InputError as error:
            raise UsageError(_by_option(str(error))) from error
        seen = preferences_line(one.preferences)
        try:
            changed = administration.change(
                tx, one.id, preferences=new, seen=seen, actor=actor(), at=now()
            )
        except UsageError as error:
            raise UsageError(f"{one.address}: {error}") from error
    answer(f"{changed.address}: {_preferences(changed)}", _facts(changed), as_json=as_json)


def agreement_of(consent: str, since: str, settings: Settings) -> Agreement:
    """Return how and since when those agreed who are added."""
    from briefing.app.readers.fields import read_agreement
    from briefing.core.schedule import local_date
    from briefing.settings import timetable_of
    from briefing.setup.clock import now

    try:
        today = local_date(timetable_of(settings), at=now())
        return read_agreement(consent, since, today=today)
    except InputError as error:
        raise UsageError(f"--consent, --since: {error}") from error


def _by_option(reason: str) -> str:
    """Return why a wish is refused, beginning with the option that it was given by."""
    name, gap, rest = reason.partition(" ")
    bare = name.removesuffix(":")
    return f"{_OPTION_OF.get(bare, bare)}{name[len(bare) :]}{gap}{rest}"


@subscribers_app.command("list")
def list_(
    *,
    state: Annotated[str | None, typer.Option(help="Only subscribers in this state.")] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """List all subscribers."""
    from briefing.core.model import State
    from briefing.store import subscribers

    if state is not None and state not in {one.value for one in State}:
        raise UsageError(f"--state {state!r} is not valid; give {', '.join(State)}")
    settings = settings_of(config)
    only = State(state) if state else None
    with opened_store(settings, config) as store, store.read() as tx:
        found = subscribers.listed(tx, state=only)
        if as_json:
            print_json([_facts(one) for one in found])
            return
        for one in found:
            row(f"{one.state.value:<12} ", one.address, _preferences(one), indent=13)


def _facts(one: Subscriber) -> dict[str, Any]:
    from briefing.app.readers.fields import preferences_as_text

    return {
        "id": one.id,
        "address": one.address,
        "name": one.name,
        "state": one.state.value,
        "since": one.since,
        "reason": one.reason,
        **preferences_as_text(one.preferences),
    }


def _preferences(one: Subscriber) -> str:
    from briefing.app.readers.fields import page_words, preferences_as_text

    texts, page = preferences_as_text(one.preferences), page_words(one.preferences)
    return f"{texts['format']}, {page}, {texts['days']} at {texts['at']} {texts['zone']}"


@subscribers_app.command("show")
def show(address: _Address, *, config: Config = None, as_json: AsJson = False) -> None:
    """Show everything known about a subscriber."""
    from briefing.app.readers.administration import find, history

    settings = settings_of(config)
    with opened_store(settings, config) as store, store.read() as tx:
        story = history(tx, find(tx, address))
    if as_json:
        print_json(_story(story))
        return
    one = story.subscriber
    since = f" since {one.since:%Y-%m-%d %H:%M} UTC" if one.since else ""
    reason = f": {one.reason}" if one.reason else ""
    say(f"{one.address}: {one.state.value}{since}{reason}")
    say(f"  {one.name + ': ' if one.name else ''}{_preferences(one)}")
    for said in story.consents:
        agreed = f"agreed {said.agreed}" if said.agreed else ""
        rest = ", ".join(part for part in (said.origin, said.words, agreed) if part)
        say(f"  {said.at:%Y-%m-%d %H:%M} {said.what} by {said.how}{': ' * bool(rest)}{rest}")
    for sent in story.deliveries:
        reason = f": {sent.reason}" if sent.reason else ""
        say(f"  {sent.edition} {sent.status.value}{reason}")


def _story(story: SubscriberHistory) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        **_facts(story.subscriber),
        "consents": [asdict(one) for one in story.consents],
        "deliveries": [
            {
                "edition": one.edition,
                "fate": one.status.value,
                "tries": one.tries,
                "reason": one.reason,
                "done": one.done,
            }
            for one in story.deliveries
        ],
    }


@subscribers_app.command("remove")
def remove(address: _Address, *, config: Config = None, as_json: AsJson = False) -> None:
    """Forget a subscriber. An address that unsubscribed stays suppressed."""
    from briefing.app.readers.administration import remove

    removed = _done(remove, address, config=config)
    answer(f"{removed}: forgotten", {"address": removed, "action": "forgotten"}, as_json=as_json)


@subscribers_app.command("pause")
def pause(address: _Address, *, config: Config = None, as_json: AsJson = False) -> None:
    """Pause a subscription."""
    from briefing.app.readers.administration import pause

    paused = _done(pause, address, config=config)
    answer(f"{paused}: paused", {"address": paused, "action": "paused"}, as_json=as_json)


@subscribers_app.command("resume")
def resume(  # noqa: PLR0913  one parameter an option
    address: Annotated[
        str | None, typer.Argument(help="Address of the subscriber; or --ended-since.")
    ] = None,
    *,
    ended_since: Annotated[
        str | None,
        typer.Option(help="All that ended since a time, such as 2026-03-12T06:00 (UTC)."),
    ] = None,
    reason: Annotated[
        str, typer.Option(help="With --ended-since: what ended them; only bounce.")
    ] = "bounce",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="With --ended-since: only list them.")
    ] = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Resume a subscription, or all that bounced since a time."""
    from briefing.app.readers.administration import resume, resume_ended_since
    from briefing.setup.clock import now

    if (address is None) == (ended_since is None):
        raise UsageError("give an address, or --ended-since TIME for all that bounces ended")
    if reason != "bounce":
        raise UsageError(
            f"--reason {reason!r} is not valid; give bounce: who left must subscribe again"
        )
    if dry_run and ended_since is None:
        raise UsageError("--dry-run needs --ended-since")
    if address is not None:
        resumed = _done(resume, address, config=config)
        answer(f"{resumed}: active", {"resumed": [resumed]}, as_json=as_json)
        return
    since = moment_of(ended_since or "", option="--ended-since")
    settings = settings_of(config)
    with opened_store(settings, config) as store, store.read() if dry_run else store.write() as tx:
        done = resume_ended_since(tx, since, dry=dry_run, actor=actor(), at=now())
    _resumed(done, dry_run, as_json)


def _done(do: Callable[..., object], address: str, *, config: Path | None) -> str:
    """Do something about one subscriber, and return the address."""
    from briefing.app.readers.administration import find
    from briefing.setup.clock import now

    settings = settings_of(config)
    with opened_store(settings, config) as store, store.write() as tx:
        one = find(tx, address)
        try:
            do(tx, one.id, actor=actor(), at=now())
        except UsageError as error:
            raise UsageError(f"{one.address}: {error}") from error
    return one.address


def _resumed(done: Resumed, dry: bool, as_json: bool) -> None:  # noqa: FBT001  two options
    if as_json:
        print_json({"resumed": done.addresses, "lifted": done.lifted, "dry": dry})
        return
    would = "would be active" if dry else "active"
    for address in done.addresses:
        say(f"{address}: {would}")
    lifted = done.lifted - len(done.addresses)
    more = f"; {counted(lifted, 'forgotten address')} may subscribe again" if lifted > 0 else ""
    say(f"{counted(len(done.addresses), 'subscription')} {would} again{more}")


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
    from briefing.setup.outbox import list_rules

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
