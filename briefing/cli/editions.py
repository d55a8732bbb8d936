"""Commands about what was published: editions list, show, withdraw, release, note, drop."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from briefing.cli.app import (
    AsJson,
    Config,
    Week,
    answer,
    app,
    change,
    opened_store,
    print_json,
    row,
    say,
    series_of,
    settings_of,
)
from briefing.cli.operators import PasswordFile, known_password
from briefing.core.counting import counted
from briefing.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from briefing.core.model import DeliveryStatus
    from briefing.store.withdrawals import CatalogEntry

editions_app = typer.Typer(help="Published editions, and how to withdraw them.")
app.add_typer(editions_app, name="editions")

Edition = Annotated[
    str, typer.Argument(metavar="DATE", help="Date of the edition, such as 2026-01-04.")
]


@editions_app.command("list")
def list_command(
    *,
    week: Annotated[
        bool, typer.Option("--week", help="List the reviews of weeks instead.")
    ] = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """List all editions, newest first."""
    from briefing.store.withdrawals import catalog

    settings = settings_of(config)
    with opened_store(settings, config) as store, store.read() as tx:
        found = catalog(tx, series_of(settings, week=week))
    if as_json:
        print_json([_facts(one) for one in found])
        return
    for one in found:
        _list(one)
    if not found:
        say("no editions yet; `briefing publish` makes one")


@editions_app.command("show")
def show_command(
    day: Edition, *, week: Week = False, config: Config = None, as_json: AsJson = False
) -> None:
    """Show the editions of a day, also those withdrawn."""
    from briefing.app.editions import of_day

    settings = settings_of(config)
    with opened_store(settings, config) as store, store.read() as tx:
        found = of_day(tx, series_of(settings, week=week), _day(day))
    if as_json:
        print_json([_facts(one) for one in found])
        return
    for one in found:
        _show(one)


@editions_app.command("withdraw")
def withdraw_command(  # noqa: PLR0913  one parameter an option
    day: Edition,
    *,
    reason: Annotated[
        str, typer.Option("--reason", help="Reason, in one line; shown to readers.")
    ] = "",
    tell_readers: Annotated[
        bool, typer.Option("--tell-readers", help="Mail a notice to everyone who got it.")
    ] = False,
    week: Week = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Withdraw the edition of a day. Its proof is kept, and no more of it is sent."""
    from briefing.app.editions import Withdraw, withdraw

    settings = settings_of(config)
    if tell_readers and not settings.mail.sender:
        raise UsageError("--tell-readers needs mail.sender; set it, or leave the option out")
    asked = Withdraw(settings.name, _day(day), reason=reason, tell_readers=tell_readers, week=week)
    done = change(config, withdraw, asked)
    if as_json:
        print_json(
            {
                "id": done.withdrawal.edition,
                "withdrawn": done.withdrawal.at,
                "reason": done.withdrawal.reason,
                "canceled": done.canceled,
                "notices": done.notices,
                "reviews": list(done.reviews),
            }
        )
        return
    canceled = counted(done.canceled, "delivery")
    queued = f"; {counted(done.notices, 'notice')} to readers queued" if tell_readers else ""
    freed = "" if week else "; its reports are available to the next edition"
    say(f"{done.withdrawal.edition}: withdrawn; {canceled} canceled{queued}{freed}")
    for last in done.reviews:
        say(
            f"briefing: the review of the week to {last} prints from it; withdraw that too: "
            f"briefing editions withdraw {last} --week",
            err=True,
        )


@editions_app.command("release")
def release_command(  # noqa: PLR0913  one parameter an option
    day: Edition,
    *,
    operator: Annotated[str, typer.Option("--operator", help="Name of the operator who releases.")],
    password_file: PasswordFile = None,
    week: Week = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Release the draft of a day in the name of an operator."""
    from briefing.app.access import identify
    from briefing.app.release import sign
    from briefing.setup.clock import now
    from briefing.setup.outbox import release_plan

    settings, on = settings_of(config), _day(day)
    password = known_password(password_file)
    with opened_store(settings, config) as store:
        actor = identify(store, operator, password, at=now())
        with store.write() as tx:
            series = series_of(settings, week=week)
            done = sign(tx, series, on, plan=release_plan(settings), actor=actor, at=now())
    more = f"{counted(done.lacking, 'more operator')} must release it"
    facts = {"date": on, "released": [one.who for one in done.by], "lacking": done.lacking}
    answer(
        f"{on}: released by {', '.join(one.who for one in done.by)}; "
        + (more if done.lacking else "the edition leaves"),
        facts,
        as_json=as_json,
    )


@editions_app.command("note")
def note_command(  # noqa: PLR0913  one parameter an option
    day: Edition,
    text: Annotated[
        str, typer.Argument(metavar="[TEXT]", help="What the desk says, in at most 60 words.")
    ] = "",
    *,
    signed: Annotated[str, typer.Option("--signed", help="Who signs it, as printed.")] = "",
    remove: Annotated[bool, typer.Option("--remove", help="Delete the note.")] = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Print a note of the desk on the page of a day, or take it back."""
    from briefing.app.release import write_note
    from briefing.core.edition import slug
    from briefing.core.model import DeskNote

    if remove == bool(text or signed):
        raise UsageError("give the text of the note and --signed NAME, or --remove")
    on, note = _day(day), None if remove else DeskNote.of(text, signed=signed)
    change(config, write_note, slug(settings_of(config).name), on, note)
    facts = {"date": on, "text": note.text if note else "", "signed": note.signed if note else ""}
    words = f"{counted(note.words, 'word')}, signed by {note.signed}" if note else "taken back"
    answer(f"{on}: note of the desk: {words}", facts, as_json=as_json)


@editions_app.command("drop")
def drop_command(
    day: Edition, *, week: Week = False, config: Config = None, as_json: AsJson = False
) -> None:
    """Drop the draft of a day that waits for its release."""
    from briefing.app.release import drop

    dropped = change(config, drop, series_of(settings_of(config), week=week), _day(day))
    answer(f"{dropped}: draft dropped", {"id": dropped, "action": "dropped"}, as_json=as_json)


def _day(given: str) -> date:
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise UsageError(f"{given!r} is not a date; write it as 2026-01-04") from None


def _sent_and_held(statuses: Mapping[DeliveryStatus, int]) -> tuple[int, int]:
    from briefing.core.model import DeliveryStatus

    return statuses.get(DeliveryStatus.SENT, 0), statuses.get(DeliveryStatus.HELD, 0)


def _list(one: CatalogEntry) -> None:
    sent, held = _sent_and_held(one.deliveries)
    row(
        f"{one.day}  ",
        f"number {one.number}, made {one.made:%Y-%m-%d %H:%M} UTC",
        f"{counted(one.documents, 'report')}, {counted(one.sentences, 'sentence')}, "
        f"{sent:,} sent, {held:,} held",
        one.withdrawal.words if one.withdrawal else "",
        indent=len("2026-01-04  "),
    )


def _show(one: CatalogEntry) -> None:
    facts = {
        "number": f"{one.number}",
        "made": f"{one.made:%Y-%m-%d %H:%M} UTC",
        "reports cited": f"{one.documents:,}",
        "sentences": f"{one.sentences:,}",
        "deliveries": _counts(one.deliveries),
        "withdrawn": one.withdrawal.words.removeprefix("withdrawn ") if one.withdrawal else "no",
    }
    if one.notices:
        facts["notices"] = _counts(one.notices)
    say(one.id)
    for name, words in facts.items():
        say(f"  {name}: {words}")


def _counts(statuses: Mapping[DeliveryStatus, int]) -> str:
    return ", ".join(f"{number:,} {status.value}" for status, number in statuses.items()) or "none"


def _facts(one: CatalogEntry) -> dict[str, Any]:
    gone = one.withdrawal
    return {
        "id": one.id,
        "date": one.day,
        "number": one.number,
        "made": one.made,
        "documents": one.documents,
        "sentences": one.sentences,
        "deliveries": dict(one.deliveries),
        "withdrawn": gone and {"at": gone.at, "by": gone.who, "reason": gone.reason},
        "notices": dict(one.notices),
    }
