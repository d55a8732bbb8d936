"""The command by which an editor decides about the next edition: choose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from briefing.cli.app import (
    AsJson,
    Config,
    actor,
    app,
    date_of,
    opened_store,
    print_json,
    settings_of,
)
from briefing.cli.pages import say_why
from briefing.core.counting import counted
from briefing.core.errors import InputError, UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from briefing.app.actor import Actor
    from briefing.app.editors import OpenEdition
    from briefing.core.model import Document, Edition
    from briefing.setup.settings import Settings
    from briefing.store import Store, Transaction


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be decided; at most one of it."""

    lead: bool
    leave_out: bool
    print_in: str
    headline: int | None
    undo: bool

    @property
    def number(self) -> int:
        given = (self.lead, self.leave_out, self.print_in, self.headline, self.undo)
        return sum(map(bool, given))


@app.command("choose")
def choose_command(  # noqa: PLR0913  one parameter an option
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[STORY|WORDS...]",
            help="Id of a story, such as s1, or words of a title; default: list all stories.",
        ),
    ] = None,
    *,
    lead: Annotated[bool, typer.Option("--lead", help="Have it open the page.")] = False,
    leave_out: Annotated[bool, typer.Option("--leave-out", help="Do not print it.")] = False,
    print_in: Annotated[
        str, typer.Option("--print-in", metavar="SECTION", help="Print it in a section.")
    ] = "",
    headline: Annotated[
        int | None, typer.Option("--headline", min=1, help="Print it under this of its titles.")
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Undo all choices about it.")] = False,
    day: Annotated[
        str | None, typer.Option("--date", help="Date of the edition; default: the next one.")
    ] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Choose what becomes of a story of the next edition."""
    from briefing.setup.choosing import draft_of

    asked, sought = _Asked(lead, leave_out, print_in, headline, undo), " ".join(words or ()).strip()
    if asked.number > 1 or (asked.number and not sought):
        raise UsageError(
            "name one story, and one of --lead, --leave-out, --print-in, --headline and --undo"
        )
    date, settings = date_of(day), settings_of(config)
    with opened_store(settings, config) as store:
        draft = draft_of(store, settings, day=date)
        if asked.number:
            _choose(store, settings, draft, asked, words=sought, as_json=as_json)
        else:
            _list(draft, sought, as_json=as_json)


def _list(draft: Edition, words: str, *, as_json: bool) -> None:
    """List the stories of a draft; with words what is known of one, and its titles."""
    from briefing.app.reasons import rows_of_day
    from briefing.core.record import to_json
    from briefing.press.reasons_of_day import day_text, rows_facts, rows_text

    if not words:
        rows = rows_of_day(draft)
        facts = rows_facts(draft, rows)
        chosen = [to_json(one) for one in draft.choices]
        _say(day_text(draft, rows), {**facts, "choices": chosen}, as_json=as_json)
        return
    reports = _reports(draft, words)
    names = {one.id for one in reports}
    rows = tuple(row for row in rows_of_day(draft) if row.document in names)
    titles = [one.headline for one in _titled(draft, reports)]
    chosen = [to_json(one) for one in draft.choices if one.choice.document in names]
    numbered = (f"  {number}  {title}" for number, title in enumerate(titles, 1))
    facts = {**rows_facts(draft, rows), "choices": chosen, "titles": titles}
    _say("\n".join((rows_text(draft, rows), *numbered)), facts, as_json=as_json)


def _choose(  # noqa: PLR0913  what, of which draft, how it is told
    store: Store,
    settings: Settings,
    draft: Edition,
    asked: _Asked,
    *,
    words: str,
    as_json: bool,
) -> None:
    from briefing.core.record import to_json
    from briefing.press.choices import outcome_text
    from briefing.setup.choosing import choose_for

    reports, who = _reports(draft, words), actor()
    keep = partial(_keep, asked=asked, reports=reports, draft=draft, actor=who)
    after = choose_for(store, settings, draft, keep=keep, actor=who)
    names = {one.id for one in reports}
    outcomes = [one for one in after.choices if one.choice.document in names]
    text = "\n".join(f"{one.choice.headline}: {outcome_text(one)}" for one in outcomes)
    facts = {"date": after.day, "choices": [to_json(one) for one in outcomes]}
    _say(text or f"{reports[0].headline}: as ranked", facts, as_json=as_json)


def _keep(  # noqa: PLR0913  what, of which draft, by whom
    tx: Transaction,
    edition: OpenEdition,
    at: datetime,
    *,
    asked: _Asked,
    reports: Sequence[Document],
    draft: Edition,
    actor: Actor,
) -> None:
    """Keep what is asked, unless somebody else has chosen since the draft."""
    from briefing.app.editors import ChoiceRequest, choose, print_in, undo
    from briefing.core.model import Action

    document, active = reports[0].id, [one.choice for one in draft.choices]
    about = [one for one in active if edition.story(one.document) == edition.story(document)]
    tops = [one for one in active if one.action is Action.TOP] if asked.lead else []
    seen = {one.id for one in (*about, *tops)}
    if asked.undo:
        if not about:
            raise InputError(f"{reports[0].headline!r}: nothing was chosen about it")
        for one in about:
            undo(tx, one.id, edition=edition, actor=actor, at=at)
        return
    if asked.print_in:
        print_in(tx, document, asked.print_in, edition=edition, actor=actor, at=at, seen=seen)
        return
    wanted = ChoiceRequest(document, Action.TOP if asked.lead else Action.DROP)
    if asked.headline:
        titled = _titled(draft, reports)
        if asked.headline > len(titled):
            raise UsageError(f"--headline {asked.headline}: it has {counted(len(titled), 'title')}")
        wanted = ChoiceRequest(titled[asked.headline - 1].id, Action.HEADLINE)
    choose(tx, [wanted], edition=edition, actor=actor, at=at, seen=seen)


def _reports(draft: Edition, words: str) -> tuple[Document, ...]:
    """Return the reports of the story with these words, the most central first."""
    from briefing.app.editors import reports_of

    return tuple(draft.documents[name] for name in reports_of(draft, words))


def _titled(draft: Edition, reports: Sequence[Document]) -> tuple[Document, ...]:
    """Return the reports whose titles can be the headline; copies have none of their own."""
    from briefing.app.editors import titles_of

    single = {name for name, _ in draft.ledger.drops}
    return titles_of(one for one in reports if one.id not in single)


def _say(text: str, facts: object, *, as_json: bool) -> None:
    if as_json:
        print_json(facts)
    else:
        say_why(text)
