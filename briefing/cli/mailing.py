"""Commands that send editions and read what comes back: deliver, bounces."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from briefing.cli.app import (
    FAILED,
    IN_PART,
    Day,
    Invocation,
    actor,
    app,
    argument,
    command,
    date_of,
    fields_of,
    flag,
    option,
    print_json,
    say,
)
from briefing.core.counting import counted
from briefing.core.errors import UsageError
from briefing.core.model import Delivery, Step
from briefing.setup.clock import now

if TYPE_CHECKING:
    from briefing.app.deliver import Claimed, Delivered
    from briefing.mail.relay import Result

#: Lines printed on single mails; `briefing deliver --status` prints all.
_MOST = 20


@command(app, "deliver")
def deliver_command(  # noqa: PLR0913  one parameter an option
    call: Invocation,
    *,
    dry_run: Path | None = option(
        "Write the mails to a new folder; send and record nothing.", file_okay=False
    ),
    test: str | None = option("Send the edition to one address; record nothing."),
    status: bool = flag("--status", "Report the deliveries of the edition."),
    send_held: bool = flag("--send-held", "Release held deliveries; the next run sends them."),
    drop_held: bool = flag("--drop-held", "Cancel held deliveries."),
    resend: str | None = option("Queue the edition again for one subscriber."),
    again: bool = flag("--again", "With --resend: even if the relay accepted it."),
    day: Day = None,
) -> None:
    """Send what is due, each edition once to each subscriber."""
    given = {
        "--dry-run": dry_run is not None,
        "--test": test is not None,
        "--status": status,
        "--send-held": send_held,
        "--drop-held": drop_held,
        "--resend": resend is not None,
    }
    asked = [name for name, is_given in given.items() if is_given]
    if len(asked) > 1:
        raise UsageError(f"{' and '.join(asked)} cannot be combined; give only one")
    if day and not asked:
        raise UsageError(
            f"--date needs one of {', '.join(given)}; without it, all that is due is sent"
        )
    if again and "--resend" not in asked:
        raise UsageError("--again needs --resend ADDRESS")
    _, on = call.settings, date_of(day)
    if dry_run is not None:
        _rehearse(call, dry_run, on)
    elif test is not None:
        _send_test(call, test, on)
    elif resend is not None:
        _resend(call, resend, on, accepted_too=again)
    elif status:
        _say_status(call, on)
    elif asked:
        _decide(call, on, send=send_held)
    else:
        _deliver(call)


def _deliver(call: Invocation) -> None:
    from briefing.app.deliver.administration import why_idle
    from briefing.mail.relay import ResultKind
    from briefing.setup.daily import by_command
    from briefing.setup.mailing import deliver_due
    from briefing.store import deliveries

    settings, refused = call.settings, list[tuple[str, str]]()

    def watch(claimed: Claimed, result: Result) -> None:
        if result.kind is ResultKind.REFUSED:
            refused.append((claimed.to.address, str(result)))

    with call.store() as store:
        work = partial(deliver_due, store, settings=settings, watch=watch)
        done = by_command(Step.DELIVER, work, store=store, settings=settings, actor=actor())
        idle = not done.attempts and not done.paused
        with store.read() as tx:
            due = deliveries.next_due(tx)
            why = why_idle(tx, call.series()) if idle else ""
    counts = [
        f"{number:,} {kind.value}" for kind, number in sorted(done.attempts.items()) if number
    ]
    later = f"; next at {due:%Y-%m-%d %H:%M} UTC" if due else ""
    facts = {
        "attempts": {kind.value: done.attempts.get(kind, 0) for kind in ResultKind},
        **fields_of(done, "paused suspect refusing"),
        "refused": refused,
        "next": due,
        "nothing": why,
    }
    words = f"{', '.join(counts) or 'nothing was sent'}{later}"
    call.answer(f"nothing to send: {why}" if idle else words, facts)
    _complain(refused)
    _end(done, troubled=bool(refused))


def _end(done: Delivered, *, troubled: bool) -> None:
    if done.suspect:
        held = counted(done.suspect, "delivery")
        say(
            f"briefing: the store is older than the mail sent from it; {held} held; see "
            "`briefing deliver --status`, then give --send-held or --drop-held",
            err=True,
        )
    if done.paused:
        say(f"briefing: paused: {done.paused}; no subscriber was marked", err=True)
        raise typer.Exit(FAILED)
    for line in done.refusing:
        say(f"briefing: {line}", err=True)
    if troubled or done.suspect or done.refusing:
        raise typer.Exit(IN_PART)


def _complain(refused: Sequence[tuple[str, str]]) -> None:
    """Say of the first mails that were refused why, one a line."""
    for address, reason in refused[:_MOST]:
        say(f"briefing: {address}: {reason}", err=True)
    if len(refused) > _MOST:
        say(f"briefing: and {len(refused) - _MOST:,} more", err=True)


def _rehearse(call: Invocation, to: Path, day: date | None) -> None:
    from briefing.setup.mailing import rehearse

    with call.store() as store:
        edition, written, refused = rehearse(store, to, settings=call.settings, day=day)
    words = f"{to}: {counted(written, 'mail')} of {edition}; nothing was sent"
    call.answer(words, {"edition": edition, "written": written, "refused": refused})
    _complain(refused)
    if refused:
        raise typer.Exit(IN_PART)


def _send_test(call: Invocation, address: str, day: date | None) -> None:
    from briefing.mail.relay import ResultKind
    from briefing.setup.mailing import send_test

    with call.store() as store:
        edition, result = send_test(store, address, settings=call.settings, day=day)
    sent = result.kind is ResultKind.SENT
    if sent or call.as_json:
        facts = {"edition": edition, "sent": sent, "said": str(result)}
        call.answer(f"{edition}: sent to {address}; nothing was recorded", facts)
    if not sent:
        say(f"briefing: {edition}: not sent to {address}: {result}", err=True)
        raise typer.Exit(FAILED)


def _say_status(call: Invocation, day: date | None) -> None:
    from briefing.app.deliver.administration import audience_report
    from briefing.setup.mailing import edition_on

    with call.store() as store:
        edition = edition_on(store, settings=call.settings, day=day).id
        with store.read() as tx:
            audience, trouble, next_due, lost_workers = audience_report(tx, edition, at=now())
    if call.as_json:
        print_json(
            {
                "edition": audience.edition,
                "date": audience.day,
                "counts": dict(audience.counts),
                "next": next_due,
                "trouble": [_facts(delivery) for delivery in trouble],
                "lost_workers": [{"at": row.at, "lost": row.about} for row in lost_workers],
            }
        )
        return
    counts = audience.counts
    words = ", ".join(f"{number:,} {status.value}" for status, number in counts.items())
    due = f"; next at {next_due:%Y-%m-%d %H:%M} UTC" if next_due else ""
    say(f"{edition}: audience of {sum(counts.values()):,}{': ' if words else ''}{words}{due}")
    for delivery in trouble:
        name = delivery.address or "forgotten"
        say(f"  {delivery.status.value}: {name}: {delivery.reason}")
    for lost in lost_workers:
        say(f"  {lost.what} {lost.at:%Y-%m-%d %H:%M} UTC: {lost.about}")


def _facts(delivery: Delivery) -> dict[str, Any]:
    facts = fields_of(delivery, "subscriber address status tries reason")
    return {"fate" if name == "status" else name: value for name, value in facts.items()}


def _resend(call: Invocation, address: str, day: date | None, *, accepted_too: bool) -> None:
    from briefing.app.deliver.administration import send_again
    from briefing.app.readers.administration import find
    from briefing.setup.mailing import edition_on

    life = timedelta(hours=call.settings.mail.life_hours)
    with call.store() as store:
        edition = edition_on(store, settings=call.settings, day=day).id
        with store.write() as tx:
            to = find(tx, address)
            who, again = actor(), accepted_too
            send_again(tx, edition, to, life=life, accepted_too=again, actor=who)
    call.answer(
        f"{edition}: queued again for {to.address}; the next `briefing deliver` sends it",
        {"edition": edition, "address": to.address, "due": True},
    )


def _decide(call: Invocation, day: date | None, *, send: bool) -> None:
    from briefing.app.deliver.administration import decide_held
    from briefing.setup.mailing import edition_on

    life = timedelta(hours=call.settings.mail.life_hours)
    with call.store() as store:
        edition = edition_on(store, settings=call.settings, day=day).id
        with store.write() as tx:
            count = decide_held(tx, edition, send=send, life=life, actor=actor())
    words = f"{counted(count, 'delivery')}: {'due again' if send else 'canceled'}"
    call.answer(words, {"decided": count, "send": send})


@command(app, "bounces")
def bounces_command(
    call: Invocation,
    file: str | None = argument(
        "A mail, an mbox, a Maildir, or - for input; default: mail.bounces.", default=None
    ),
) -> None:
    """Read returned mail, and end subscriptions whose mail bounces."""
    from briefing.app.bounces import ReturnKind
    from briefing.setup.daily import by_command
    from briefing.setup.post import read_returned

    settings = call.settings
    given = sys.stdin.buffer if file == "-" else file and Path(file)
    with call.store() as store:
        work = partial(read_returned, store, settings=settings, source=given or None)
        done = by_command(Step.BOUNCES, work, store=store, settings=settings, actor=actor())
    facts = {
        "counts": {came.value: done.counts.get(came, 0) for came in ReturnKind},
        **fields_of(done, "ended faults withheld restored"),
    }
    counts = [f"{number:,} {came.value}" for came, number in done.counts.items()]
    total = counted(sum(done.counts.values()), "mail")
    ended = counted(done.ended, "subscription")
    again = f", {done.restored:,} resumed" if done.restored else ""
    words = f"{total}{': ' if counts else ''}{', '.join(counts)}; {ended} ended{again}"
    call.answer(words, facts)
    for handle, reason in done.faults[:_MOST]:
        say(f"briefing: {handle}: {reason}", err=True)
    for line in done.withheld:
        say(f"briefing: {line}", err=True)
    if done.faults or done.withheld:
        raise typer.Exit(IN_PART)
