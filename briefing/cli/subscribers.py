"""Commands on subscribers: add, edit, list, show, remove, pause, resume, import, export."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from briefing.cli.app import (
    FAILED,
    IN_PART,
    Facts,
    Invocation,
    actor,
    app,
    argument,
    command,
    fields_of,
    flag,
    moment_of,
    option,
    options_of,
    print_json,
    row,
    say,
    warn,
)
from briefing.core.errors import InputError, UsageError, naming
from briefing.core.messages import counted
from briefing.core.model import Preferences, State, Subscriber
from briefing.core.schedule import local_date
from briefing.setup.clock import now

if TYPE_CHECKING:
    from briefing.app.readers.fields import Agreement
    from briefing.app.readers.lists import JudgedLine
    from briefing.settings import Settings

subscribers_app = typer.Typer(help="Subscribers, who get the editions by mail.")
app.add_typer(subscribers_app, name="subscribers")

_Address = Annotated[str, typer.Argument(help="Address of the subscriber.")]
_Since = Annotated[
    str, typer.Option(help="Since when, such as 2026-05-03, for the consent log; default: today.")
]


def _wishes(*, add: bool) -> list[Any]:
    return options_of(Preferences, add=add, default="")


@command(subscribers_app, "add")
def add(  # noqa: PLR0913  one parameter an option
    call: Invocation,
    /,
    address: _Address,
    *,
    consent: str = option("How they agreed, for the consent log; makes them active.", default=""),
    since: _Since = "",
    pending: bool = flag("--pending", "Send the confirmation mail."),
    name: str = option("Name of the subscriber.", default=""),
    **fields: Annotated[str, _wishes(add=True)],
) -> None:
    """Add a subscriber who has agreed, or send a confirmation mail."""
    from briefing.app.readers import administration
    from briefing.setup.mailing import ask_to_confirm, new_subscriber

    if bool(consent) == pending:
        raise UsageError(
            "say how they agreed with --consent WORDS, or send a confirmation mail with --pending"
        )
    settings = call.settings
    agreement = None if pending else agreement_of(consent, since, settings)
    try:
        new = new_subscriber(address, name=name, fields=fields, settings=settings)
    except InputError as error:
        raise UsageError(_by_option(str(error))) from error
    if agreement is not None:
        added = call.change(administration.add, new, agreement=agreement)
        call.answer(f"{added.address}: active", _facts(added))
        return
    with call.store() as store:
        added, mail = ask_to_confirm(store, new, settings=settings, actor=actor())
    if mail.status.value == "refused":
        warn(f"{added.address}: pending, but no mail was sent: {mail.reason}; add them again")
        raise typer.Exit(FAILED)
    if mail.status.value != "sent":
        why = f" ({mail.reason})" if mail.reason else ""
        warn(
            f"{added.address}: pending; the confirmation mail could not be sent "
            f"yet{why}; `briefing serve` or `briefing deliver` tries again"
        )
        raise typer.Exit(IN_PART)
    call.answer(f"{added.address}: pending; confirmation mail sent", _facts(added))


@command(subscribers_app, "let-in")
def let_in(
    call: Invocation,
    address: _Address,
    *,
    decline: bool = flag("--decline", "Decline the request instead, and delete the address."),
) -> None:
    """Approve a request to sign up. A mail notifies the reader."""
    from briefing.app.readers import administration

    by, life = actor(), call.settings.life
    with call.write() as tx:
        person = administration.find(tx, address)
        if decline:
            administration.decline(tx, person.id, actor=by)
        else:
            briefing = call.series()
            administration.let_in(tx, person.id, briefing=briefing, life=life, actor=by)
    call.acted("address", person.address, "declined" if decline else "let in")


@command(subscribers_app, "edit")
def edit(
    call: Invocation, /, address: _Address, **fields: Annotated[str, _wishes(add=False)]
) -> None:
    """Change what a subscriber gets, and when. Options not given stay unchanged."""
    from briefing.app.readers import administration, preferences_line
    from briefing.app.readers.fields import read_preferences

    if not any(fields.values()):
        *options, last = (f"--{name.replace('_', '-')}" for name in fields)
        raise UsageError(f"nothing to change; give {', '.join(options)} or {last}")
    with call.write() as tx:
        before = administration.find(tx, address)
        try:
            new = read_preferences(fields, offered=call.settings.offered, usual=before.preferences)
        except InputError as error:
            raise UsageError(_by_option(str(error))) from error
        seen = preferences_line(before.preferences)
        try:
            changed = administration.change(
                tx, before.id, preferences=new, seen=seen, actor=actor()
            )
        except UsageError as error:
            raise UsageError(f"{before.address}: {error}") from error
    call.answer(f"{changed.address}: {_preferences(changed)}", _facts(changed))


def agreement_of(consent: str, since: str, settings: Settings) -> Agreement:
    """Return how and since when those agreed who are added."""
    from briefing.app.readers.fields import read_agreement

    with naming("--consent, --since", kind=UsageError):
        return read_agreement(consent, since, today=local_date(settings.timetable, at=now()))


def _by_option(reason: str) -> str:
    """Return why a wish is refused, beginning with the option that it was given by."""
    from briefing.app.readers.fields import NOUNS, WRITTEN

    name, gap, rest = reason.partition(" ")
    bare = name.removesuffix(":")
    options = {"name": "name"} | {NOUNS[wish.name]: key for key, wish in WRITTEN.items()}
    option = bare if bare in WRITTEN else options.get(bare)
    called = f"--{option.replace('_', '-')}" if option else bare
    return f"{called}{name[len(bare) :]}{gap}{rest}"


@command(subscribers_app, "list")
def list_(
    call: Invocation, *, state: str | None = option("Only subscribers in this state.")
) -> None:
    """List all subscribers."""
    from briefing.store import subscribers

    if state is not None and state not in {known.value for known in State}:
        raise UsageError(f"--state {state!r} is not valid; give {', '.join(State)}")
    with call.read() as tx:
        listed = subscribers.listed(tx, state=State(state) if state else None)
        if call.as_json:
            print_json([_facts(subscriber) for subscriber in listed])
            return
        for subscriber in listed:
            state_ = f"{subscriber.state.value:<12} "
            row(state_, subscriber.address, _preferences(subscriber), indent=13)


def _facts(subscriber: Subscriber) -> Facts:
    from briefing.app.readers.fields import preferences_as_text

    facts = fields_of(subscriber, "id address name state since reason")
    return facts | preferences_as_text(subscriber.preferences)


def _preferences(subscriber: Subscriber) -> str:
    from briefing.app.readers.fields import page_words, preferences_as_text

    texts, page = preferences_as_text(subscriber.preferences), page_words(subscriber.preferences)
    return f"{texts['format']}, {page}, {texts['days']} at {texts['at']} {texts['zone']}"


#: Last deliveries that are shown.
_SENT = 10


@command(subscribers_app, "show")
def show(call: Invocation, address: _Address) -> None:
    """Show everything known about a subscriber."""
    from briefing.app.readers.administration import find
    from briefing.store import reader_list, subscribers

    with call.read() as tx:
        subscriber = find(tx, address)
        consents = subscribers.consents(tx, subscriber.id)
        sent = reader_list.mails_to(tx, subscriber.id, limit=_SENT)
    if call.as_json:
        deliveries = [
            {
                "edition": delivery.edition,
                "fate": delivery.status,
                **fields_of(delivery, "tries reason done"),
            }
            for delivery in sent
        ]
        given = [asdict(consent) for consent in consents]
        print_json({**_facts(subscriber), "consents": given, "deliveries": deliveries})
        return
    since = f" since {subscriber.since:%Y-%m-%d %H:%M} UTC" if subscriber.since else ""
    say(f"{subscriber.address}: {subscriber.state.value}{since}{_because(subscriber.reason)}")
    say(f"  {subscriber.name + ': ' if subscriber.name else ''}{_preferences(subscriber)}")
    for consent in consents:
        agreed = f"agreed {consent.agreed}" if consent.agreed else ""
        rest = ", ".join(part for part in (consent.origin, consent.words, agreed) if part)
        say(f"  {consent.at:%Y-%m-%d %H:%M} {consent.what} by {consent.how}{_because(rest)}")
    for delivery in sent:
        say(f"  {delivery.edition} {delivery.status.value}{_because(delivery.reason)}")


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""


@command(subscribers_app, "remove")
def remove(call: Invocation, address: _Address) -> None:
    """Forget a subscriber. An address that unsubscribed stays suppressed."""
    from briefing.app.readers.administration import remove

    call.acted("address", _done(call, remove, address), "forgotten")


@command(subscribers_app, "pause")
def pause(call: Invocation, address: _Address) -> None:
    """Pause a subscription."""
    from briefing.app.readers.administration import pause

    call.acted("address", _done(call, pause, address), "paused")


@command(subscribers_app, "resume")
def resume(
    call: Invocation,
    address: str | None = argument("Address of the subscriber; or --ended-since.", default=None),
    *,
    ended_since: str | None = option(
        "All that ended since a time, such as 2026-03-12T06:00 (UTC)."
    ),
    reason: str = option("With --ended-since: what ended them; only bounce.", default="bounce"),
    dry_run: bool = flag("--dry-run", "With --ended-since: only list them."),
) -> None:
    """Resume a subscription, or all that bounced since a time."""
    from briefing.app.readers.administration import resume, resume_ended_since

    if (address is None) == (ended_since is None):
        raise UsageError("give an address, or --ended-since TIME for all that bounces ended")
    if reason != "bounce":
        raise UsageError(
            f"--reason {reason!r} is not valid; give bounce: who left must subscribe again"
        )
    if dry_run and ended_since is None:
        raise UsageError("--dry-run needs --ended-since")
    if address is not None:
        resumed = _done(call, resume, address)
        call.answer(f"{resumed}: active", {"resumed": [resumed]})
        return
    since = moment_of(ended_since or "", option="--ended-since")
    with call.read() if dry_run else call.write() as tx:
        addresses, lifted = resume_ended_since(tx, since, dry=dry_run, actor=actor())
    would = "would be active" if dry_run else "active"
    others = lifted - len(addresses)
    more = f"; {counted(others, 'forgotten address')} may subscribe again" if others > 0 else ""
    lines = [f"{address}: {would}" for address in addresses]
    lines.append(f"{counted(len(addresses), 'subscription')} {would} again{more}")
    call.answer("\n".join(lines), {"resumed": addresses, "lifted": lifted, "dry": dry_run})


def _done(call: Invocation, do: Callable[..., object], address: str) -> str:
    """Do something about one subscriber, and return the address."""
    from briefing.app.readers.administration import find

    with call.write() as tx:
        subscriber = find(tx, address)
        try:
            do(tx, subscriber.id, actor=actor())
        except UsageError as error:
            raise UsageError(f"{subscriber.address}: {error}") from error
    return subscriber.address


#: Lines printed on single entries of a list.
_LISTED = 50


@command(subscribers_app, "import")
def import_(  # noqa: PLR0913  one parameter an option
    call: Invocation,
    file: Path = argument("A CSV file whose first line names its columns.", dir_okay=False),
    *,
    consent: str = option("How they agreed, for lines without it.", default=""),
    since: _Since = "",
    report: Path | None = option(
        "Write the lines that are not added to a CSV file.", dir_okay=False
    ),
    dry_run: bool = flag("--dry-run", "Only report what would change."),
) -> None:
    """Add subscribers from a CSV file."""
    from briefing.app.readers.fields import read_preferences
    from briefing.app.readers.lists import (
        REFUSED,
        ListImport,
        RowVerdict,
        import_list,
        open_list,
        write_file,
    )

    settings = call.settings
    agreement = agreement_of(consent, since, settings) if consent or since else None
    listed = open_list(file)
    if not (consent or dry_run or "consent" in listed.columns):
        raise UsageError("say how they agreed with --consent WORDS, or only check with --dry-run")
    wishes = partial(read_preferences, offered=settings.offered, usual=settings.usual)
    with call.store() as store:
        asked = ListImport(file.name, listed, wishes, agreement)
        done = import_list(store, asked, dry=dry_run, actor=actor())
    if report is not None:
        write_file(report, done.as_csv())
    refused = done.of(*REFUSED)
    if call.as_json:
        lines = {
            name: [(line.line, line.address) for line in done.of(verdict)]
            for name, verdict in (("known", RowVerdict.KNOWN), ("twice", RowVerdict.TWICE))
        }
        reasons = [(line.line, _refusal(line)) for line in refused]
        print_json({"added": done.counts[RowVerdict.GOOD], **lines, "refused": reasons})
    else:
        would = "would be added" if dry_run else "added"
        say(
            f"{file}: {done.counts[RowVerdict.GOOD]:,} {would}, "
            f"{done.counts[RowVerdict.TWICE]:,} twice in the list, "
            f"{done.counts[RowVerdict.KNOWN]:,} already subscribed, {len(refused):,} refused"
        )
        if listed.unread:
            names = ", ".join(ascii(name) for name in listed.unread)
            warn(f"{file}: columns that are not read: {names}")
        for line in done.rest[:_LISTED]:
            warn(f"{file}: line {line.line}: {_refusal(line)}")
        if len(done.rest) > _LISTED:
            warn(f"{file}: and more; --report FILE lists all")
    if refused:
        raise typer.Exit(IN_PART)


def _refusal(line: JudgedLine) -> str:
    from briefing.app.readers.lists import RowVerdict

    if line.verdict is RowVerdict.WRONG:
        return line.reason
    return f"{line.address}: {line.reason or line.verdict}"


@command(subscribers_app, "export")
def export(
    call: Invocation, file: Path = argument("The CSV file to write.", dir_okay=False)
) -> None:
    """Write all subscribers as CSV. Each with how and since when they agreed."""
    from briefing.app.readers.lists import export_subscribers, note_export, write_file

    with call.store() as store:
        count = write_file(file, export_subscribers(store)) - 1
        with store.write() as tx:
            note_export(tx, actor=actor())
    facts = {"file": str(file), "subscribers": count}
    call.answer(f"{file}: {counted(count, 'subscriber')}", facts)
