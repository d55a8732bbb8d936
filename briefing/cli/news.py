"""Commands of the daily work on the store: collect, publish, deliver, bounces, backup, restore."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from briefing.cli.app import (
    FAILED,
    IN_PART,
    Config,
    Day,
    EditionName,
    Facts,
    Invocation,
    actor,
    app,
    argument,
    command,
    date_of,
    fields_of,
    file_options,
    flag,
    option,
    print_json,
    progress,
    say,
    tell_count,
    tell_step,
    warn,
)
from briefing.core.errors import NothingToPrintError, UsageError
from briefing.core.messages import counted
from briefing.core.model import WEEK, Outcome, Step
from briefing.core.schedule import local_date
from briefing.setup.clock import now

if TYPE_CHECKING:
    from briefing.app.deliver import Claimed
    from briefing.app.publish import Published
    from briefing.mail.relay import Result


@command(app, "collect")
def collect_command(call: Invocation) -> None:
    """Fetch the news from all sources into the store."""
    from briefing.setup.daily import alert_watched, by_command
    from briefing.setup.news import collect_news

    settings = call.settings
    with call.store() as store, progress() as bar:
        work = partial(collect_news, store, settings=settings, watch=tell_count(bar))
        done = by_command(Step.COLLECT, work, store=store, settings=settings, actor=actor())
        alert_watched(store, settings=settings)
    failing = [(status, status.source.name or status.source.url) for status in done.failing]
    silent = [(status, status.fresh_at or status.added) for status in done.silent]
    ended = [f"{count} {outcome.value}" for outcome in Outcome if (count := done.count(outcome))]
    items = counted(sum(visit.items for visit in done.visits), "item")
    fresh = counted(sum(visit.fresh for visit in done.visits), "new report")
    edited = counted(sum(visit.edited for visit in done.visits) + done.edited, "new version")
    call.answer(
        f"{counted(len(done.visits), 'source')}: {', '.join(ended)}; {items}, {fresh}, {edited}, "
        f"{done.repaired} read late, {done.vanished} vanished",
        {
            "visits": [asdict(visit) for visit in done.visits],
            "failing": [
                {
                    "source": status.source.url,
                    "since": status.failing_since,
                    **fields_of(status, "failures reason"),
                }
                for status, _ in failing
            ],
            "silent": [{"source": status.source.url, "since": since} for status, since in silent],
            **fields_of(done, "repaired edited vanished pruned"),
        },
    )
    if not call.as_json:
        for status, name in failing:
            since = f"{status.failing_since:%Y-%m-%d %H:%M} UTC"
            warn(f"{name}: no response since {since}: {status.reason}")
        for visit in done.visits:
            if visit.outcome is Outcome.READ and visit.reason:
                warn(f"{visit.source}: {visit.reason}")
        for status, last in silent:
            name = status.source.name or status.source.url
            warn(f"{name}: responds, but has had nothing new since {last:%Y-%m-%d}")
    if done.visits and not done.answered:
        raise typer.Exit(FAILED)
    if done.failing:
        raise typer.Exit(IN_PART)


@app.command("publish")
@file_options
def publish_command(  # noqa: PLR0913  one parameter an option
    *,
    output: Path | None = option("Also write the PDF to a file.", "-o", "--output", dir_okay=False),
    files: dict[str, Path],
    is_printed: bool,
    day: Day = None,
    week: bool = flag(
        "--week", "Make the review of the week that ends on the date, from its editions."
    ),
    edition: EditionName = "",
    force: bool = flag("--force", "Allow a date after the next scheduled edition."),
    config: Config = None,
) -> None:
    """Make and save the edition of a day, or the review of a week."""
    from briefing.app.make import save
    from briefing.app.rounds.days import why_unread
    from briefing.setup.daily import by_command
    from briefing.setup.mailing import mail_operators
    from briefing.setup.news import publish_edition, stored_as

    call = Invocation(config)
    settings = call.settings
    on = date_of(day) or local_date(settings.timetable, at=now())
    name = call.edition(edition, week=week)
    step = Step.WEEK if name == WEEK else Step.PUBLISH
    if name == WEEK and force:
        raise UsageError("--week takes no --force: a week ends today or earlier")
    with call.store() as store, progress() as bar:
        publish = partial(publish_edition, store, settings=settings, day=on, watch=tell_step(bar))
        work = partial(publish, edition=name, force=force)
        try:
            done = by_command(
                step, work, store=store, settings=settings, actor=actor(), day=on, edition=name
            )
        except NothingToPrintError as error:
            if name == WEEK:
                raise NothingToPrintError(
                    f"nothing to print: {error}; name the last day of another week with --date"
                ) from error
            why = store.look(why_unread, on, timetable=settings.timetable, at=now())
            raise NothingToPrintError(f"{error}; {why}" if why else str(error)) from error
        if done.waits:
            mail_operators(store, settings=settings)
    stored = done.stored
    asked = ({"pdf": output} if output else {}) | files
    save({path: stored_as(kind, stored, settings=settings) for kind, path in asked.items()})
    if is_printed:
        typer.echo(stored.record, nl=False)
    say(_in_words(done), err=is_printed)


def _in_words(done: Published) -> str:
    stored = done.stored
    if done.printed is None:
        stands = "is awaiting release, made" if done.waits else "already published,"
        return f"{stored.id}: {stands} {stored.made:%Y-%m-%d %H:%M} UTC"
    edition = done.printed.edition
    ledger, week = edition.ledger, edition.week
    read = counted(ledger.documents, "report")
    corrected = f", {counted(ledger.corrected, 'correction')}" if ledger.corrected else ""
    came = "is awaiting release" if done.waits else "published"
    return (
        f"{stored.id}: {came}; "
        f"{counted(len(week.editions), 'edition') if week else read}, "
        f"{counted(ledger.stories, 'story')}, "
        f"{ledger.printed} printed with {counted(ledger.sentences_printed, 'sentence')}"
        f"{corrected}; page {done.printed.fit.fill:.0%} full"
    )


@command(app, "backup")
def backup_command(
    call: Invocation,
    to: Path = argument("File to write, or a folder for a file with a dated name."),
    *,
    keep: int = option("Number of backups to keep in the folder; 0: all.", default=0, min=0),
    force: bool = flag("--force", "Back up even if the last backup holds much more."),
) -> None:
    """Back up store, settings and secrets to one private file."""
    from briefing.setup.backups import back_up

    settings, config = call.settings, call.config
    if keep and not to.is_dir():
        raise UsageError(f"{to}: --keep needs an existing folder; create it, or omit --keep")
    with call.store() as store:
        done, outside = back_up(store, to, settings=settings, config=config, keep=keep, force=force)
    shown = to / done.file.name if to.is_dir() else to
    pruned = f"; {counted(len(done.pruned), 'older backup')} deleted" if done.pruned else ""
    size = shown.stat().st_size
    facts = {
        "file": str(shown),
        "bytes": size,
        "editions": done.held.editions,
        "subscribers": done.held.readers,
        "sources": done.held.sources,
        "deleted": [*map(str, done.pruned)],
        "left_out": [*map(str, outside)],
    }
    call.answer(f"{shown}: {size:,} bytes, checked; {done.held.words}{pruned}", facts)
    for file in outside:
        warn(f"{file}: not included, since it is in another folder; back it up too")


@command(app, "restore")
def restore_command(
    call: Invocation,
    file: Path = argument("Backup that `briefing backup` wrote.", dir_okay=False),
    *,
    replace: bool = flag("--replace", "Replace an existing store; it is kept under another name."),
    force: bool = flag("--force", "Replace settings and secrets; they are kept under other names."),
) -> None:
    """Restore store, settings and secrets from a backup."""
    from briefing.setup.backups import bring_back

    done = bring_back(file, config=call.config, replace=replace, force=force)
    written = ", ".join(path.name for path in done.written)
    more = f"; {written} written" if written else ""
    kept = f"; the old one is kept as {done.kept.name}" if done.kept else ""
    facts = {
        "file": str(file),
        "store": done.store,
        "kept": done.kept and str(done.kept),
        "written": [*map(str, done.written)],
        "left": [*map(str, done.left)],
        "doubtful": done.doubtful,
    }
    call.answer(f"{file}: restored to {done.store}{kept}{more}", facts)
    if done.doubtful:
        unsure = counted(done.doubtful, "delivery")
        warn(
            f"{unsure} may have been sent after the backup; `briefing deliver` holds "
            "them for you to decide"
        )
    for path in done.left:
        warn(f"{path}: differs from the backup and was left unchanged; --force replaces it")


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
    edition: EditionName = "",
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
    if edition and not day:
        raise UsageError("--edition needs --date, the day of the edition")
    # Without a day the current one.
    which = call.edition(edition, week=False)
    on = {"settings": call.settings, "day": date_of(day), "edition": which}
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
    from briefing.setup.channels import deliver_due
    from briefing.setup.daily import by_command
    from briefing.store import deliveries

    settings, refused = call.settings, list[tuple[str, str]]()

    def watch(claimed: Claimed, result: Result) -> None:
        if result.kind is ResultKind.REFUSED:
            refused.append((claimed.delivery.address, str(result)))

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
    if done.suspect:
        held = counted(done.suspect, "delivery")
        warn(
            f"the store is older than the mail sent from it; {held} held; see "
            "`briefing deliver --status`, then give --send-held or --drop-held"
        )
    if done.paused:
        warn(f"paused: {done.paused}; no subscriber was marked")
        raise typer.Exit(FAILED)
    for line in done.refusing:
        warn(line)
    if refused or done.suspect or done.refusing:
        raise typer.Exit(IN_PART)


def _complain(refused: Sequence[tuple[str, str]]) -> None:
    """Say of the first mails that were refused why, one a line."""
    for address, reason in refused[:_MOST]:
        warn(f"{address}: {reason}")
    if len(refused) > _MOST:
        warn(f"and {len(refused) - _MOST:,} more")


def _rehearse(call: Invocation, to: Path, on: Facts) -> None:
    from briefing.setup.mailing import rehearse

    with call.store() as store:
        edition, written, refused = rehearse(store, to, **on)
    words = f"{to}: {counted(written, 'mail')} of {edition}; nothing was sent"
    call.answer(words, {"edition": edition, "written": written, "refused": refused})
    _complain(refused)
    if refused:
        raise typer.Exit(IN_PART)


def _send_test(call: Invocation, address: str, on: Facts) -> None:
    from briefing.mail.relay import ResultKind
    from briefing.setup.mailing import send_test

    with call.store() as store:
        edition, result = send_test(store, address, **on)
    sent = result.kind is ResultKind.SENT
    if sent or call.as_json:
        facts = {"edition": edition, "sent": sent, "said": str(result)}
        call.answer(f"{edition}: sent to {address}; nothing was recorded", facts)
    if not sent:
        warn(f"{edition}: not sent to {address}: {result}")
        raise typer.Exit(FAILED)


def _say_status(call: Invocation, on: Facts) -> None:
    from briefing.app.deliver.administration import audience_report
    from briefing.setup.mailing import edition_on

    with call.store() as store:
        edition = edition_on(store, **on).id
        audience, trouble, next_due, lost_workers = store.look(audience_report, edition, at=now())
    if call.as_json:
        print_json(
            {
                "edition": audience.edition,
                "date": audience.day,
                "counts": dict(audience.counts),
                "next": next_due,
                "trouble": [
                    {
                        **fields_of(delivery, "subscriber address"),
                        "fate": delivery.status,
                        **fields_of(delivery, "tries reason"),
                    }
                    for delivery in trouble
                ],
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


def _resend(call: Invocation, address: str, on: Facts, *, accepted_too: bool) -> None:
    from briefing.app.deliver.administration import send_again
    from briefing.app.readers.administration import find
    from briefing.setup.mailing import edition_on

    life = call.settings.life
    with call.store() as store:
        edition = edition_on(store, **on).id
        with store.write() as tx:
            to = find(tx, address)
            send_again(tx, edition, to, life=life, accepted_too=accepted_too, actor=actor())
    call.answer(
        f"{edition}: queued again for {to.address}; the next `briefing deliver` sends it",
        {"edition": edition, "address": to.address, "due": True},
    )


def _decide(call: Invocation, on: Facts, *, send: bool) -> None:
    from briefing.app.deliver.administration import decide_held
    from briefing.setup.mailing import edition_on

    life = call.settings.life
    with call.store() as store:
        edition = edition_on(store, **on).id
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
        warn(f"{handle}: {reason}")
    for line in done.withheld:
        warn(line)
    if done.faults or done.withheld:
        raise typer.Exit(IN_PART)
