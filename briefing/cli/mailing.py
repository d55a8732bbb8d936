"""Commands that send editions and read what comes back: deliver, bounces."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from briefing.cli.app import (
    FAILED,
    IN_PART,
    AsJson,
    Config,
    Day,
    actor,
    app,
    date_of,
    folder_of,
    opened_store,
    print_json,
    say,
    settings_of,
)
from briefing.core.counting import counted
from briefing.core.errors import UsageError

if TYPE_CHECKING:
    from briefing.app.bounces import Returned
    from briefing.app.deliver import Claimed, Delivered
    from briefing.app.deliver.administration import AudienceReport
    from briefing.core.model import Delivery
    from briefing.mail.relay import Result
    from briefing.settings import Settings
    from briefing.store import Store

#: Lines printed on single mails; `briefing deliver --status` prints all.
_TOLD = 20


@app.command("deliver")
def deliver_command(  # noqa: PLR0913  one parameter an option
    *,
    dry_run: Annotated[
        Path | None,
        typer.Option(
            help="Write the mails to a new folder; send and record nothing.", file_okay=False
        ),
    ] = None,
    test: Annotated[
        str | None, typer.Option(help="Send the edition to one address; record nothing.")
    ] = None,
    status: Annotated[
        bool, typer.Option("--status", help="Report the deliveries of the edition.")
    ] = False,
    send_held: Annotated[
        bool, typer.Option("--send-held", help="Release held deliveries; the next run sends them.")
    ] = False,
    drop_held: Annotated[bool, typer.Option("--drop-held", help="Cancel held deliveries.")] = False,
    resend: Annotated[
        str | None, typer.Option(help="Queue the edition again for one subscriber.")
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="With --resend: even if the relay accepted it.")
    ] = False,
    day: Day = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Send what is due, each edition once to each subscriber."""
    works = {
        "--dry-run": dry_run is not None,
        "--test": test is not None,
        "--status": status,
        "--send-held": send_held,
        "--drop-held": drop_held,
        "--resend": resend is not None,
    }
    asked = _asked(works, day=day, again=again)
    settings, on = settings_of(config), date_of(day)
    with opened_store(settings, config) as store:
        context = _Context(store, settings, folder_of(config), on, as_json=as_json)
        if dry_run is not None:
            context.rehearse(dry_run)
        elif test is not None:
            context.test(test)
        elif resend is not None:
            context.resend(resend, accepted_too=again)
        elif status:
            context.status()
        elif asked:
            context.decide(send=send_held)
        else:
            context.deliver()


def _asked(works: Mapping[str, bool], *, day: str | None, again: bool) -> list[str]:
    """Return the one option that says what to do, if any."""
    asked = [name for name, given in works.items() if given]
    if len(asked) > 1:
        raise UsageError(f"{' and '.join(asked)} cannot be combined; give only one")
    if day and not asked:
        raise UsageError(
            f"--date needs one of {', '.join(works)}; without it, all that is due is sent"
        )
    if again and "--resend" not in asked:
        raise UsageError("--again needs --resend ADDRESS")
    return asked


class _Context:
    """One call of ``briefing deliver``."""

    def __init__(
        self, store: Store, settings: Settings, folder: Path, day: date | None, *, as_json: bool
    ) -> None:
        self._store, self._settings, self._folder = store, settings, folder
        self._day, self._as_json = day, as_json

    def deliver(self) -> None:
        from briefing.app.deliver.administration import why_idle
        from briefing.core.edition import slug
        from briefing.core.model import Step
        from briefing.setup.daily import by_command
        from briefing.setup.mailing import deliver_due
        from briefing.store import deliveries

        trouble: list[tuple[str, str]] = []
        store, settings = self._store, self._settings
        work = partial(
            deliver_due,
            store,
            settings=settings,
            folder=self._folder,
            watch=lambda claimed, result: _note(trouble, claimed, result),
        )
        done = by_command(Step.DELIVER, work, store=store, settings=settings, actor=actor())
        idle = not done.attempts and not done.paused
        with self._store.read() as tx:
            due = deliveries.next_due(tx)
            why = why_idle(tx, slug(self._settings.name)).words if idle else ""
        if self._as_json:
            facts = {"refused": trouble, "next": due, "nothing": why}
            print_json(_facts(done) | facts)
        elif idle:
            say(f"nothing to send: {why}")
        else:
            later = f"; next at {due:%Y-%m-%d %H:%M} UTC" if due else ""
            say(f"{_in_words(done)}{later}")
        _complain(trouble)
        self._end(done, troubled=bool(trouble))

    def _end(self, done: Delivered, *, troubled: bool) -> None:
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

    def rehearse(self, to: Path) -> None:
        from briefing.setup.mailing import rehearse

        done = rehearse(
            self._store, to, settings=self._settings, folder=self._folder, day=self._day
        )
        if self._as_json:
            print_json({"edition": done.edition, "written": done.written, "refused": done.refused})
        else:
            say(f"{to}: {counted(done.written, 'mail')} of {done.edition}; nothing was sent")
        _complain(done.refused)
        if done.refused:
            raise typer.Exit(IN_PART)

    def test(self, address: str) -> None:
        from briefing.mail.relay import ResultKind
        from briefing.setup.mailing import send_test

        edition, result = send_test(
            self._store, address, settings=self._settings, folder=self._folder, day=self._day
        )
        sent = result.kind is ResultKind.SENT
        if self._as_json:
            print_json({"edition": edition, "sent": sent, "said": str(result)})
        elif sent:
            say(f"{edition}: sent to {address}; nothing was recorded")
        if not sent:
            say(f"briefing: {edition}: not sent to {address}: {result}", err=True)
            raise typer.Exit(FAILED)

    def status(self) -> None:
        from briefing.app.deliver.administration import audience_report
        from briefing.setup.clock import now
        from briefing.setup.mailing import edition_on

        edition = edition_on(self._store, settings=self._settings, day=self._day).id
        with self._store.read() as tx:
            report = audience_report(tx, edition, at=now())
        if self._as_json:
            print_json(_audience_facts(report))
            return
        counts = report.audience.counts
        words = ", ".join(f"{number:,} {status.value}" for status, number in counts.items())
        due = f"; next at {report.next_due:%Y-%m-%d %H:%M} UTC" if report.next_due else ""
        say(f"{edition}: audience of {sum(counts.values()):,}{': ' if words else ''}{words}{due}")
        for delivery in report.trouble:
            name = delivery.address or "forgotten"
            say(f"  {delivery.status.value}: {name}: {delivery.reason}")
        for lost in report.lost_workers:
            say(f"  {lost.what} {lost.at:%Y-%m-%d %H:%M} UTC: {lost.about}")

    def resend(self, address: str, *, accepted_too: bool) -> None:
        from briefing.app.deliver.administration import Resend, send_again
        from briefing.app.readers.administration import find
        from briefing.setup.clock import now
        from briefing.setup.mailing import edition_on

        edition = edition_on(self._store, settings=self._settings, day=self._day).id
        with self._store.write() as tx:
            to = find(tx, address)
            life = timedelta(hours=self._settings.mail.life_hours)
            asked = Resend(edition, to, life=life, accepted_too=accepted_too)
            send_again(tx, asked, actor=actor(), at=now())
        if self._as_json:
            print_json({"edition": edition, "address": to.address, "due": True})
        else:
            say(f"{edition}: queued again for {to.address}; the next `briefing deliver` sends it")

    def decide(self, *, send: bool) -> None:
        from briefing.app.deliver.administration import decide_held
        from briefing.setup.clock import now
        from briefing.setup.mailing import edition_on

        edition = edition_on(self._store, settings=self._settings, day=self._day).id
        life = timedelta(hours=self._settings.mail.life_hours)
        with self._store.write() as tx:
            count = decide_held(tx, edition, send=send, life=life, actor=actor(), at=now())
        if self._as_json:
            print_json({"decided": count, "send": send})
            return
        held = counted(count, "delivery")
        say(f"{held}: {'due again' if send else 'canceled'}")


def _note(trouble: list[tuple[str, str]], claimed: Claimed, result: Result) -> None:
    from briefing.mail.relay import ResultKind

    if result.kind is ResultKind.REFUSED:
        trouble.append((claimed.to.address, str(result)))


def _complain(trouble: Any) -> None:  # noqa: ANN401
    """Tell the first mails that were refused, one a line."""
    for address, reason in trouble[:_TOLD]:
        say(f"briefing: {address}: {reason}", err=True)
    if len(trouble) > _TOLD:
        say(f"briefing: and {len(trouble) - _TOLD:,} more", err=True)


def _facts(done: Delivered) -> dict[str, Any]:
    from briefing.mail.relay import ResultKind

    return {
        "attempts": {kind.value: done.attempts.get(kind, 0) for kind in ResultKind},
        "paused": done.paused,
        "suspect": done.suspect,
        "refusing": done.refusing,
    }


def _in_words(done: Delivered) -> str:
    counts = [
        f"{number:,} {kind.value}" for kind, number in sorted(done.attempts.items()) if number
    ]
    return ", ".join(counts) or "nothing was sent"


def _audience_facts(report: AudienceReport) -> dict[str, Any]:
    return {
        "edition": report.audience.edition,
        "date": report.audience.day,
        "counts": dict(report.audience.counts),
        "next": report.next_due,
        "trouble": [_delivery(delivery) for delivery in report.trouble],
        "lost_workers": [{"at": one.at, "lost": one.about} for one in report.lost_workers],
    }


def _delivery(delivery: Delivery) -> dict[str, Any]:
    return {
        "subscriber": delivery.subscriber,
        "address": delivery.address,
        "fate": delivery.status.value,
        "tries": delivery.tries,
        "reason": delivery.reason,
    }


@app.command("bounces")
def bounces_command(
    file: Annotated[
        str | None,
        typer.Argument(help="A mail, an mbox, a Maildir, or - for input; default: mail.bounces."),
    ] = None,
    *,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Read returned mail, and end subscriptions whose mail bounces."""
    from briefing.core.model import Step
    from briefing.setup.daily import by_command
    from briefing.setup.post import read_returned

    settings = settings_of(config)
    given = sys.stdin.buffer if file == "-" else file and Path(file)
    with opened_store(settings, config) as store:
        work = partial(
            read_returned,
            store,
            settings=settings,
            folder=folder_of(config),
            source=given or None,
        )
        done = by_command(Step.BOUNCES, work, store=store, settings=settings, actor=actor())
    if as_json:
        print_json(_returned(done))
    else:
        counts = [f"{number:,} {came.value}" for came, number in done.counts.items()]
        total = counted(sum(done.counts.values()), "mail")
        ended = counted(done.ended, "subscription")
        again = f", {done.restored:,} resumed" if done.restored else ""
        say(f"{total}{': ' if counts else ''}{', '.join(counts)}; {ended} ended{again}")
    for handle, reason in done.faults[:_TOLD]:
        say(f"briefing: {handle}: {reason}", err=True)
    for line in done.withheld:
        say(f"briefing: {line}", err=True)
    if done.faults or done.withheld:
        raise typer.Exit(IN_PART)


def _returned(done: Returned) -> dict[str, Any]:
    from briefing.app.bounces import ReturnKind

    return {
        "counts": {came.value: done.counts.get(came, 0) for came in ReturnKind},
        "ended": done.ended,
        "faults": done.faults,
        "withheld": done.withheld,
        "restored": done.restored,
    }
