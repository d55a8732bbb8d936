"""Commands about what was published: editions, saga, watch."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from briefing.cli.app import (
    EditionName,
    Facts,
    Invocation,
    Week,
    app,
    argument,
    command,
    date_of,
    day_of,
    fields_of,
    flag,
    option,
    print_json,
    row,
    say,
    warn,
)
from briefing.cli.operators import PasswordFile, known_password
from briefing.core.errors import UsageError
from briefing.core.messages import counted
from briefing.core.model import WEEK, DeliveryStatus, DeskNote, Sentence, edition_of, slot_title
from briefing.core.record import to_json
from briefing.core.schedule import local_date
from briefing.setup.clock import now

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Set

    from briefing.app.sagas import ProvedEntry, ShownProposal, ShownSaga
    from briefing.app.watch_lists import ProvedStory, WatchSummary
    from briefing.store.sagas import StoredSaga
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
    edition: EditionName = "",
) -> None:
    """List all editions, newest first."""
    from briefing.store.withdrawals import catalog

    with call.read() as tx:
        entries = catalog(tx, call.series(edition, week=week))
    if call.as_json:
        print_json([_facts(entry) for entry in entries])
        return
    for entry in entries:
        sent, held = (
            entry.deliveries.get(status, 0) for status in (DeliveryStatus.SENT, DeliveryStatus.HELD)
        )
        number = f"{slot_title(edition_of(entry.id))}number {entry.number}"
        row(
            f"{entry.day}  ",
            f"{number}, made {entry.made:%Y-%m-%d %H:%M} UTC",
            f"{counted(entry.documents, 'report')}, {counted(entry.sentences, 'sentence')}, "
            f"{sent:,} sent, {held:,} held",
            entry.withdrawal.words if entry.withdrawal else "",
            indent=len("2026-01-04  "),
        )
    if not entries:
        say("no editions yet; `briefing publish` makes one")


@command(editions_app, "show")
def show_command(
    call: Invocation, day: Edition, *, week: Week = False, edition: EditionName = ""
) -> None:
    """Show the editions of a day, also those withdrawn."""
    from briefing.app.editions import of_day

    with call.read() as tx:
        entries = of_day(tx, call.series(edition, week=week), day_of(day))
    call.answer("\n".join(map(_words, entries)), [_facts(entry) for entry in entries])


@command(editions_app, "withdraw")
def withdraw_command(  # noqa: PLR0913  the options of a command
    call: Invocation,
    day: Edition,
    *,
    reason: str = option("Reason, in one line; shown to readers.", default=""),
    tell_readers: bool = flag("--tell-readers", "Mail a notice to everyone who got it."),
    week: Week = False,
    edition: EditionName = "",
) -> None:
    """Withdraw the edition of a day. Its proof is kept, and no more of it is sent."""
    from briefing.app.editions import Withdraw, withdraw

    settings = call.settings
    if tell_readers and not settings.mail.sender:
        raise UsageError("--tell-readers needs mail.sender; set it, or leave the option out")
    which = call.edition(edition, week=week)
    asked = Withdraw(settings.name, day_of(day), reason, tell_readers=tell_readers, edition=which)
    done = call.change(withdraw, asked)
    canceled = counted(done.canceled, "delivery")
    queued = f"; {counted(done.notices, 'notice')} to readers queued" if tell_readers else ""
    freed = "" if which == WEEK else "; its reports are available to the next edition"
    facts = {
        "id": done.withdrawal.edition,
        "withdrawn": done.withdrawal.at,
        "reason": done.withdrawal.reason,
        **fields_of(done, "canceled notices reviews"),
    }
    call.answer(f"{done.withdrawal.edition}: withdrawn; {canceled} canceled{queued}{freed}", facts)
    for last in () if call.as_json else done.reviews:
        warn(
            f"the review of the week to {last} prints from it; withdraw that too: "
            f"briefing editions withdraw {last} --week"
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
    edition: EditionName = "",
) -> None:
    """Release the draft of a day in the name of an operator."""
    from briefing.app.access import identify
    from briefing.app.release import sign
    from briefing.setup.mailing import release_plan
    from briefing.setup.post import secrets_of
    from briefing.store.audit import Actor

    settings, on = call.settings, day_of(day)
    password = known_password(password_file)
    with call.store() as store:
        secrets = secrets_of(settings)
        actor = identify(store, Actor(operator, now()), password, code, secrets=secrets)
        with store.write() as tx:
            which = call.edition(edition, week=week)
            plan, series = release_plan(settings, which), call.series(which)
            done = sign(tx, series, on, plan=plan, actor=actor)
    released = [signature.who for signature in done.by]
    more = f"{counted(done.lacking, 'more operator')} must release it"
    next_ = more if done.lacking else "the edition leaves"
    call.answer(
        f"{on}: released by {', '.join(released)}; {next_}",
        {"date": on, "released": released, "lacking": done.lacking},
    )


@command(editions_app, "note")
def note_command(  # noqa: PLR0913  the options of a command
    call: Invocation,
    day: Edition,
    text: str = argument("What the desk says, in at most 60 words.", default="", metavar="[TEXT]"),
    *,
    signed: str = option("Who signs it, as printed.", default=""),
    remove: bool = flag("--remove", "Delete the note."),
    edition: EditionName = "",
) -> None:
    """Print a note of the desk in the edition of a day, or delete it."""
    from briefing.app.release import write_note

    if remove == bool(text or signed):
        raise UsageError("give the text of the note and --signed NAME, or --remove")
    on, note = day_of(day), None if remove else DeskNote.of(text, signed=signed)
    call.change(write_note, call.series(edition), on, note)
    facts = {"date": on, "text": note.text if note else "", "signed": note.signed if note else ""}
    words = f"{counted(note.words, 'word')}, signed by {note.signed}" if note else "deleted"
    call.answer(f"{on}: note of the desk: {words}", facts)


@command(editions_app, "drop")
def drop_command(
    call: Invocation, day: Edition, *, week: Week = False, edition: EditionName = ""
) -> None:
    """Drop the draft of a day that waits for its release."""
    from briefing.app.release import drop

    dropped = call.change(drop, call.series(edition, week=week), day_of(day))
    call.answer(f"{dropped}: draft dropped", {"id": dropped, "action": "dropped"})


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


def _facts(entry: CatalogEntry) -> Facts:
    gone = entry.withdrawal
    return {
        "id": entry.id,
        "date": entry.day,
        **fields_of(entry, "number made documents sentences"),
        "deliveries": dict(entry.deliveries),
        "withdrawn": gone and {"at": gone.at, "by": gone.who, "reason": gone.reason},
        "notices": dict(entry.notices),
    }


#: Sagas in the list; days of a watch-list; its entries whose counts are shown.
_MOST_SAGAS, _MOST_DAYS, _MOST_ENTRIES = 50, 30, 20


@command(app, "saga")
def saga_command(
    call: Invocation,
    saga: str = argument(
        "Id, such as s3; default: list the last 50.", default="", metavar="[SAGA]"
    ),
    *,
    join_to: str = option("Merge it into this one.", default="", metavar="SAGA"),
    part: list[str] | None = option(
        "Split this day of it into a new saga; may be repeated.", metavar="DATE"
    ),
    decline: str = option(
        "Keep it apart from this saga, whatever editions show.", default="", metavar="SAGA"
    ),
) -> None:
    """Show a story over weeks, or correct what belongs to it."""
    asked = sum(map(bool, (join_to, part, decline)))
    if asked and (not saga or asked > 1):
        raise UsageError("name one saga, and one of --join-to, --part and --decline")
    if asked:
        days = {date_of(given) for given in part or ()}
        saga = _corrected(call, saga, join_to=join_to, decline=decline, days=days).id
    if not saga:
        _list_sagas(call)
        return
    shown = _shown(call, saga)
    if call.as_json:
        own, web = shown.saga, call.settings.web.address
        print_json(
            {
                "id": own.id,
                "since": own.since,
                "joined": list(own.joined),
                "parted": own.parted or None,
                "proposals": [
                    {
                        **fields_of(line.proposal, "saga other edition"),
                        "date": line.proposal.day,
                        **fields_of(line.proposal, "story headline"),
                    }
                    for line in shown.proposals
                ],
                "timeline": [
                    {
                        **to_json(line.entry),
                        "day": _day_of_saga(line, shown),
                        **_provenance(line, line.entry.day, web=web),
                    }
                    for line in shown.entries
                ],
            }
        )
        return
    say(f"{shown.saga.id}: day {_day_of_saga(shown.entries[-1], shown)}, since {shown.saga.since}")
    _propose(shown.proposals)
    for line in shown.entries:
        entry = line.entry
        row(
            f"{entry.day}  day {_day_of_saga(line, shown):<4}",
            entry.headline,
            entry.sentence.text,
            _proved(f"{entry.edition}, {_place(entry.sentence)}", line.proved),
            indent=len("2026-01-04  "),
        )


def _corrected(
    call: Invocation, saga: str, *, join_to: str, decline: str, days: Set[date | None]
) -> StoredSaga:
    from briefing.app.sagas import decline_proposal, join_sagas, part_saga

    briefing = call.series()
    if decline:
        return call.change(decline_proposal, briefing, saga, decline)
    if join_to:
        return call.change(join_sagas, briefing, saga, join_to)
    shown = _shown(call, saga)
    keys = [line.entry for line in shown.entries if line.entry.day in days]
    missing = days - {entry.day for entry in keys}
    if missing:
        raise UsageError(f"{shown.saga.id} has no entry on {min(filter(None, missing))}")
    pairs = [(entry.edition, entry.story) for entry in keys]
    return call.change(part_saga, briefing, shown.saga.id, pairs)


def _shown(call: Invocation, saga: str) -> ShownSaga:
    from briefing.app.sagas import show

    with call.read() as tx:
        return show(tx, call.series(), saga)


def _propose(proposals: Iterable[ShownProposal]) -> None:
    """Say what an editor may decide, and how."""
    for shown in proposals:
        it = shown.proposal
        say(f"{it.saga} and {it.other} may be one: on {it.day} {it.headline}; and {shown.other}")
        say(f"  briefing saga {shown.goes} --join-to {shown.stays}")
        say(f"  briefing saga {shown.goes} --decline {shown.stays}")


def _list_sagas(call: Invocation) -> None:
    from briefing.app.sagas import proposals
    from briefing.store import sagas

    with call.read() as tx:
        _, newest = sagas.newest(tx, call.series(), limit=_MOST_SAGAS)
        proposed = proposals(tx, call.series())
    if call.as_json:
        print_json([asdict(saga) for saga in newest])
        return
    for saga in newest:
        say(saga.headline, before=f"{saga.id:<5} {saga.since} to {saga.last}  ")
    _propose(proposed)
    if not newest:
        say("no story has continued from one edition to another yet")


def _provenance(line: ProvedEntry | ProvedStory, day: date, *, web: str) -> Facts:
    return {
        "publisher": line.source.publisher if line.source else None,
        "proved": line.proved,
        **({"address": f"{web}/{day}"} if web else {}),
    }


def _day_of_saga(line: ProvedEntry, shown: ShownSaga) -> int:
    return (line.entry.day - shown.saga.since).days + 1


def _place(sentence: Sentence) -> str:
    return f"{sentence.document} characters {sentence.start} to {sentence.end}"


def _proved(place: str, proved: bool) -> str:  # noqa: FBT001  as it is shown
    return place if proved else f"NOT AS STORED: {place}"


@command(app, "watch")
def watch_command(
    call: Invocation,
    name: str = argument("Name of a list; default: show all.", default="", metavar="[NAME]"),
) -> None:
    """Show the watch-lists, or one of them by day."""
    from briefing.app.watch_lists import show, summaries

    lists = call.settings.watched
    today = local_date(call.settings.timetable, at=now())
    if not name:
        with call.read() as tx:
            rows = summaries(tx, call.series(), lists, today=today)
        lines = [f"{summary.name}: {_watch_counts(summary)}" for summary in rows]
        none = "no watch-list; add one to briefing.toml: [[watch]], with a name and words"
        call.answer("\n".join(lines) or none, [asdict(summary) for summary in rows])
        return
    with call.read() as tx:
        shown = show(tx, call.series(), name, lists=lists, today=today, limit=_MOST_DAYS)
    if call.as_json:
        web = call.settings.web.address
        entries = [{"entry": entry, "month": count} for entry, count in shown.entries.items()]
        stories = [
            {
                "date": line.story.day,
                **fields_of(line.story, "edition story entries section headline"),
                **to_json(line.story.sentence),
                "in": "title" if line.story.named else "text",
                **_provenance(line, line.story.day, web=web),
            }
            for line in shown.stories
        ]
        print_json({**asdict(shown.summary), "entries": entries, "stories": stories})
        return
    say(f"{shown.summary.name}: {_watch_counts(shown.summary)}")
    named = [f"{entry} {count}" for entry, count in shown.entries.items() if count]
    if named:
        say(f"in 30 days: {', '.join(named[:_MOST_ENTRIES])}")
    for line in shown.stories:
        story, sentence = line.story, line.story.sentence
        place = f"{sentence.document} title" if story.named else _place(sentence)
        row(
            f"{story.day}  ",
            ", ".join(story.entries),
            story.headline,
            "" if story.named else sentence.text,
            _proved(f"{story.edition}, {place}", line.proved),
            indent=len("2026-01-04  "),
        )


def _watch_counts(summary: WatchSummary) -> str:
    stories = f"{counted(summary.week, 'story')} in 7 days, {summary.month} in 30"
    last = f"last {summary.last}" if summary.last else "never named"
    return f"{stories}; {last}{'' if summary.active else '; no longer watched'}"
