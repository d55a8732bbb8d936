"""The command about what editions have followed over weeks: saga."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from briefing.cli.app import (
    AsJson,
    Config,
    app,
    change,
    date_of,
    opened_store,
    print_json,
    settings_of,
)
from briefing.cli.terminal import row, say
from briefing.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Set
    from datetime import date
    from pathlib import Path

    from briefing.app.sagas import PartSaga, ProvedEntry, ShownProposal, ShownSaga
    from briefing.setup.settings import Settings
    from briefing.store.sagas import SagaSummary, StoredSaga

#: Sagas in the list.
_MOST = 50


@app.command("saga")
def saga_command(  # noqa: PLR0913  one parameter an option
    saga: Annotated[
        str, typer.Argument(metavar="[SAGA]", help="Id, such as s3; default: list the last ones.")
    ] = "",
    *,
    join_to: Annotated[
        str, typer.Option("--join-to", metavar="SAGA", help="Join it to this one, which stays.")
    ] = "",
    part: Annotated[
        list[str] | None,
        typer.Option(metavar="DATE", help="Make a saga of this day of it; may be repeated."),
    ] = None,
    decline: Annotated[
        str,
        typer.Option(metavar="SAGA", help="Leave it and this one two, whatever editions show."),
    ] = "",
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Show a story over weeks, or correct what belongs to it."""
    asked = sum(map(bool, (join_to, part, decline)))
    if asked and (not saga or asked > 1):
        raise UsageError("name one saga, and one of --join-to, --part and --decline")
    if asked:
        days = {date_of(given) for given in part or ()}
        saga = _corrected(config, saga, join_to=join_to, decline=decline, days=days).id
    if not saga:
        _list(config, as_json=as_json)
        return
    settings = settings_of(config)
    shown = _shown(settings, config, saga)
    if as_json:
        print_json(_facts(shown, web=settings.web.address))
        return
    say(f"{shown.saga.id}: day {_day(shown.entries[-1], shown)}, since {shown.saga.since}")
    _propose(shown.proposals)
    for one in shown.entries:
        place = f"{one.entry.edition}, {_place(one)}"
        row(
            f"{one.entry.day}  day {_day(one, shown):<4}",
            one.entry.headline,
            one.entry.sentence.text,
            place if one.proved else f"NOT AS STORED: {place}",
            indent=len("2026-01-04  "),
        )


def _corrected(
    config: Path | None, saga: str, *, join_to: str, decline: str, days: Set[date | None]
) -> StoredSaga:
    from briefing.app.sagas import (
        DeclineProposal,
        JoinSagas,
        decline_proposal,
        join_sagas,
        part_saga,
    )
    from briefing.core.edition import slug

    settings = settings_of(config)
    if decline:
        asked = DeclineProposal(slug(settings.name), saga, decline)
        return change(config, decline_proposal, asked)
    if join_to:
        return change(config, join_sagas, JoinSagas(slug(settings.name), saga, join_to))
    shown = _shown(settings, config, saga)
    return change(config, part_saga, _parting(shown, slug(settings.name), days))


def _parting(shown: ShownSaga, briefing: str, days: Set[date | None]) -> PartSaga:
    from briefing.app.sagas import PartSaga

    keys = [one.entry for one in shown.entries if one.entry.day in days]
    missing = days - {entry.day for entry in keys}
    if missing:
        raise UsageError(f"{shown.saga.id} was not told on {min(filter(None, missing))}")
    pairs = tuple((entry.edition, entry.story) for entry in keys)
    return PartSaga(briefing, shown.saga.id, pairs)


def _shown(settings: Settings, config: Path | None, saga: str) -> ShownSaga:
    from briefing.app.sagas import show
    from briefing.core.edition import slug

    with opened_store(settings, config) as store, store.read() as tx:
        return show(tx, slug(settings.name), saga)


def _propose(proposals: Iterable[ShownProposal]) -> None:
    """Say what an editor may decide, and how."""
    for one in proposals:
        it = one.proposal
        say(f"{it.saga} and {it.other} may be one: on {it.day} {it.headline}; and {one.other}")
        say(f"  briefing saga {one.goes} --join-to {one.stays}")
        say(f"  briefing saga {one.goes} --decline {one.stays}")


def _list(config: Path | None, *, as_json: bool) -> None:
    from briefing.app.sagas import proposals
    from briefing.core.edition import slug
    from briefing.store import sagas

    settings = settings_of(config)
    with opened_store(settings, config) as store, store.read() as tx:
        _, found = sagas.newest(tx, slug(settings.name), limit=_MOST)
        proposed = proposals(tx, slug(settings.name))
    if as_json:
        print_json([_line(one) for one in found])
        return
    for one in found:
        say(one.headline, before=f"{one.id:<5} {one.since} to {one.last}  ")
    _propose(proposed)
    if not found:
        say("no story has gone on from one edition to another yet")


def _line(one: SagaSummary) -> dict[str, Any]:
    return {
        "id": one.id,
        "since": one.since,
        "last": one.last,
        "editions": one.editions,
        "headline": one.headline,
    }


def _facts(shown: ShownSaga, *, web: str) -> dict[str, Any]:
    saga = shown.saga
    return {
        "id": saga.id,
        "since": saga.since,
        "joined": list(saga.joined),
        "parted": saga.parted or None,
        "proposals": [_proposal(one) for one in shown.proposals],
        "timeline": [_entry(one, shown, web=web) for one in shown.entries],
    }


def _proposal(one: ShownProposal) -> dict[str, Any]:
    return {
        "saga": one.proposal.saga,
        "other": one.proposal.other,
        "edition": one.proposal.edition,
        "date": one.proposal.day,
        "story": one.proposal.story,
        "headline": one.proposal.headline,
    }


def _entry(one: ProvedEntry, shown: ShownSaga, *, web: str) -> dict[str, Any]:
    from briefing.core.record import to_json

    return {
        **to_json(one.entry),
        "day": _day(one, shown),
        "publisher": one.source.publisher if one.source else None,
        "proved": one.proved,
        **({"address": f"{web}/{one.entry.day}"} if web else {}),
    }


def _day(one: ProvedEntry, shown: ShownSaga) -> int:
    return (one.entry.day - shown.saga.since).days + 1


def _place(one: ProvedEntry) -> str:
    sentence = one.entry.sentence
    return f"{sentence.document} characters {sentence.start} to {sentence.end}"
