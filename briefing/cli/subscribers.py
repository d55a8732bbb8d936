"""Commands on subscribers: subscribers add, edit, list, show, remove, pause, resume."""

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
    settings_of,
)
from briefing.cli.terminal import row, say
from briefing.core.counting import counted
from briefing.core.errors import InputError, UsageError

if TYPE_CHECKING:
    from briefing.app.bounces.suppression import Resumed
    from briefing.app.readers.administration import SubscriberHistory
    from briefing.app.readers.agreement import Agreement
    from briefing.core.model import Subscriber
    from briefing.setup.settings import Settings

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
    from briefing.setup.subscribing import ask_to_confirm, new_subscriber

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
    from briefing.setup.subscribing import changed_preferences

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
    from briefing.app.readers.agreement import read_agreement
    from briefing.core.schedule import local_date
    from briefing.setup.clock import now
    from briefing.setup.timetable import timetable_of

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
    from briefing.app.readers.preferences import preferences_as_text

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
    from briefing.app.readers.preferences import page_words, preferences_as_text

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
