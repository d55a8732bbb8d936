"""VERB: makes the week in review from the editions of its days, once and as a whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from briefing.app.corrections import corrected_since
from briefing.app.make import PrintedEdition, print_whole
from briefing.app.publish import Published, PublishPlan, in_time, made_on
from briefing.app.release import admit
from briefing.core import record
from briefing.core.edition import Watch
from briefing.core.errors import NothingToPrintError
from briefing.core.model import MEMORY, WEEKS, Edition, Serial, WeekMaterial, weekly
from briefing.core.schedule import refuse_unfinished
from briefing.core.text.due import stands
from briefing.core.week import make_week
from briefing.store import (
    Store,
    Transaction,
    documents,
    editions,
    sagas,
    source_changes,
    withdrawals,
)
from briefing.store.editions import StoredEdition


def publish_week(
    store: Store,
    plan: PublishPlan,
    *,
    day: date,
    now: datetime,
    watch: Watch = lambda _: None,
) -> Published:
    """Make the review of the week that ends on a day, or return the one that is kept.

    It is made of the editions of these seven days that were not withdrawn, and of nothing else.

    Args:
        store: holds the editions, and takes the review whole or not at all.
        plan: how editions are made and kept.
        day: the last local date of the week.
        now: aware UTC.
        watch: called with each step as it begins.

    Raises:
        BusyError: another process publishes from this store now.
        UsageError: the day is later than today.
        NothingToPrintError: the week has no edition, or nothing that they printed holds.
        LayoutError: the page cannot be laid out.
        StoreError: the store cannot be read or written; nothing is kept.
    """
    refuse_unfinished(day, today=plan.today(now))
    with store.alone("publish"):
        watch("read")
        with store.read() as tx:
            there = made_on(tx, weekly(plan.briefing), day, plan=plan)
            if there is None:
                days = _days(tx, plan.briefing, day)
                material = _material(tx, plan.briefing, day, days)
        if there is not None:
            return in_time(store, there, plan=plan, now=now)
        printed = _print(material, plan, watch=watch)
        stored = StoredEdition(
            id=printed.edition.id,
            briefing=weekly(plan.briefing),
            day=day,
            number=printed.edition.number,
            made=now,
            since=days[0].since,
            until=days[-1].until,
            record=plan.press.write(printed.edition),
            files=plan.write(printed.edition, printed.pdf),
        )
        watch("keep")
        return _keep(store, stored, printed=printed, plan=plan)


def draft_week(store: Store, plan: PublishPlan, *, day: date) -> PrintedEdition:
    """Lay out the review of a week as :func:`publish_week` would now; keep nothing.

    Raises:
        NothingToPrintError: as it does.
        LayoutError: the page cannot be laid out.
    """
    with store.read() as tx:
        material = _material(tx, plan.briefing, day, _days(tx, plan.briefing, day))
    return _print(material, plan)


def _print(
    material: WeekMaterial, plan: PublishPlan, *, watch: Watch = lambda _: None
) -> PrintedEdition:
    watch("compose")
    fitted = make_week(material, recipe=plan.recipe(()), measure=plan.press)
    watch("print")
    pdf = print_whole(fitted.edition, plan.press)
    return PrintedEdition(fitted.edition, pdf, fitted.fit, fitted.layouts, {}, {})


def _days(tx: Transaction, briefing: str, day: date) -> tuple[StoredEdition, ...]:
    """Return the editions of a week, the first first.

    Raises:
        NothingToPrintError: there is none.
    """
    first = day - MEMORY + timedelta(days=1)
    week = (first + timedelta(days=number) for number in range(MEMORY.days))
    found = tuple(one for each in week if (one := editions.on(tx, briefing, each)) is not None)
    if not found:
        raise NothingToPrintError(f"no edition of {first} to {day} is published")
    return found


def _material(
    tx: Transaction, briefing: str, day: date, days: tuple[StoredEdition, ...]
) -> WeekMaterial:
    changes = [change for one in days for change in source_changes.changed(tx, one.id)]
    withdrawn = withdrawals.on(tx, weekly(briefing), day)
    last = withdrawals.last_number(tx, weekly(briefing))
    return WeekMaterial(
        day,
        tuple(_read(tx, one) for one in days),
        register=sagas.register(tx, briefing, since=day - WEEKS),
        wrong=corrected_since(tx, briefing, changes).briefs(),
        serial=Serial(last + 1, len(withdrawn) + 1),
    )


def _read(tx: Transaction, stored: StoredEdition) -> Edition:
    """Return an edition, of what only its diary announces that which can be read alone."""
    edition = record.read(stored.record, name=stored.id).edition
    texts = documents.texts(tx, {one.clause.document for one in edition.announced})
    alone = (
        one
        for one in edition.announced
        if one.clause.document in texts and stands(one, texts[one.clause.document])
    )
    return replace(edition, announced=tuple(alone))


def _keep(
    store: Store, stored: StoredEdition, *, printed: PrintedEdition, plan: PublishPlan
) -> Published:
    """Keep a review in one step, unless another process has kept one of this week meanwhile."""
    with store.write() as tx:
        there = made_on(tx, stored.briefing, stored.day, plan=plan)
        if there is not None:
            return there
        draft = admit(tx, stored, edition=printed.edition, plan=plan.release, recheck_at=None)
    # So an older copy of the store can be recognized.
    store.remember()
    return Published(stored, printed, waits=draft is not None)
