"""Commands about what was published: editions list, show, withdraw, release, note, drop."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from briefing.cli.app import (
    Invocation,
    Week,
    app,
    argument,
    command,
    fields_of,
    flag,
    option,
    print_json,
    row,
    say,
)
from briefing.cli.operators import PasswordFile, known_password
from briefing.core.counting import counted
from briefing.core.errors import UsageError
from briefing.core.model import DeliveryStatus, DeskNote
from briefing.setup.clock import now

if TYPE_CHECKING:
    from collections.abc import Mapping

    from briefing.store.withdrawals import CatalogEntry

editions_app = typer.Typer(help="Published editions, and how to withdraw them.")
app.add_typer(editions_app, name="editions")

Edition = Annotated[
    str, typer.Argument(metavar="DATE", help="Date of the edition, such as 2026-01-04.")
]


@command(editions_app, "list")
def list_command(
    call: Invocation,
    *,
    week: bool = flag("--week", "List the reviews of weeks instead."),
) -> None:
    """List all editions, newest first."""
    from briefing.store.withdrawals import catalog

    with call.read() as tx:
        entries = catalog(tx, call.series(week=week))
    if call.as_json:
        print_json([_facts(entry) for entry in entries])
        return
    for entry in entries:
        sent, held = (
            entry.deliveries.get(status, 0) for status in (DeliveryStatus.SENT, DeliveryStatus.HELD)
        )
        row(
            f"{entry.day}  ",
            f"number {entry.number}, made {entry.made:%Y-%m-%d %H:%M} UTC",
            f"{counted(entry.documents, 'report')}, {counted(entry.sentences, 'sentence')}, "
            f"{sent:,} sent, {held:,} held",
            entry.withdrawal.words if entry.withdrawal else "",
            indent=len("2026-01-04  "),
        )
    if not entries:
        say("no editions yet; `briefing publish` makes one")


@command(editions_app, "show")
def show_command(call: Invocation, day: Edition, *, week: Week = False) -> None:
    """Show the editions of a day, also those withdrawn."""
    from briefing.app.editions import of_day

    with call.read() as tx:
        entries = of_day(tx, call.series(week=week), _day(day))
    call.answer("\n".join(map(_words, entries)), [_facts(entry) for entry in entries])


@command(editions_app, "withdraw")
def withdraw_command(
    call: Invocation,
    day: Edition,
    *,
    reason: str = option("Reason, in one line; shown to readers.", default=""),
    tell_readers: bool = flag("--tell-readers", "Mail a notice to everyone who got it."),
    week: Week = False,
) -> None:
    """Withdraw the edition of a day. Its proof is kept, and no more of it is sent."""
    from briefing.app.editions import Withdraw, withdraw

    settings = call.settings
    if tell_readers and not settings.mail.sender:
        raise UsageError("--tell-readers needs mail.sender; set it, or leave the option out")
    asked = Withdraw(settings.name, _day(day), reason=reason, tell_readers=tell_readers, week=week)
    done = call.change(withdraw, asked)
    canceled = counted(done.canceled, "delivery")
    queued = f"; {counted(done.notices, 'notice')} to readers queued" if tell_readers else ""
    freed = "" if week else "; its reports are available to the next edition"
    facts = {
        "id": done.withdrawal.edition,
        "withdrawn": done.withdrawal.at,
        "reason": done.withdrawal.reason,
        **fields_of(done, "canceled notices reviews"),
    }
    call.answer(f"{done.withdrawal.edition}: withdrawn; {canceled} canceled{queued}{freed}", facts)
    for last in () if call.as_json else done.reviews:
        say(
            f"briefing: the review of the week to {last} prints from it; withdraw that too: "
            f"briefing editions withdraw {last} --week",
            err=True,
        )


@command(editions_app, "release")
def release_command(  # noqa: PLR0913  the options of a command
    call: Invocation,
    day: Edition,
    *,
    operator: str = option("Name of the operator who releases.", default=...),
    password_file: PasswordFile = None,
    code: str = option("Code of the operator's app, if they have a second factor.", default=""),
    week: Week = False,
) -> None:
    """Release the draft of a day in the name of an operator."""
    from briefing.app.access import identify
    from briefing.app.release import sign
    from briefing.setup.outbox import release_plan
    from briefing.setup.secrets import secrets_of

    settings, on = call.settings, _day(day)
    password = known_password(password_file)
    with call.store() as store:
        secrets = secrets_of(settings.mail, folder=settings.folder)
        actor = identify(store, operator, password, code, secrets=secrets, at=now())
        with store.write() as tx:
            series = call.series(week=week)
            done = sign(tx, series, on, plan=release_plan(settings), actor=actor)
    released = [signature.who for signature in done.by]
    more = f"{counted(done.lacking, 'more operator')} must release it"
    next_ = more if done.lacking else "the edition leaves"
    call.answer(
        f"{on}: released by {', '.join(released)}; {next_}",
        {"date": on, "released": released, "lacking": done.lacking},
    )


@command(editions_app, "note")
def note_command(
    call: Invocation,
    day: Edition,
    text: str = argument("What the desk says, in at most 60 words.", default="", metavar="[TEXT]"),
    *,
    signed: str = option("Who signs it, as printed.", default=""),
    remove: bool = flag("--remove", "Delete the note."),
) -> None:
    """Print a note of the desk on the page of a day, or remove it."""
    from briefing.app.release import write_note

    if remove == bool(text or signed):
        raise UsageError("give the text of the note and --signed NAME, or --remove")
    on, note = _day(day), None if remove else DeskNote.of(text, signed=signed)
    call.change(write_note, call.series(), on, note)
    facts = {"date": on, "text": note.text if note else "", "signed": note.signed if note else ""}
    words = f"{counted(note.words, 'word')}, signed by {note.signed}" if note else "taken back"
    call.answer(f"{on}: note of the desk: {words}", facts)


@command(editions_app, "drop")
def drop_command(call: Invocation, day: Edition, *, week: Week = False) -> None:
    """Drop the draft of a day that waits for its release."""
    from briefing.app.release import drop

    dropped = call.change(drop, call.series(week=week), _day(day))
    call.answer(f"{dropped}: draft dropped", {"id": dropped, "action": "dropped"})


def _day(given: str) -> date:
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise UsageError(f"{given!r} is not a date; write it as 2026-01-04") from None


def _words(entry: CatalogEntry) -> str:
    gone = entry.withdrawal
    lines = (
        entry.id,
        f"number: {entry.number}",
        f"made: {entry.made:%Y-%m-%d %H:%M} UTC",
        f"reports cited: {entry.documents:,}",
        f"sentences: {entry.sentences:,}",
        f"deliveries: {_counts(entry.deliveries)}",
        f"withdrawn: {gone.words.removeprefix('withdrawn ') if gone else 'no'}",
        *((f"notices: {_counts(entry.notices)}",) if entry.notices else ()),
    )
    return "\n  ".join(lines)


def _counts(statuses: Mapping[DeliveryStatus, int]) -> str:
    return ", ".join(f"{number:,} {status.value}" for status, number in statuses.items()) or "none"


def _facts(entry: CatalogEntry) -> dict[str, Any]:
    gone = entry.withdrawal
    return {
        "id": entry.id,
        "date": entry.day,
        **fields_of(entry, "number made documents sentences"),
        "deliveries": dict(entry.deliveries),
        "withdrawn": gone and {"at": gone.at, "by": gone.who, "reason": gone.reason},
        "notices": dict(entry.notices),
    }
