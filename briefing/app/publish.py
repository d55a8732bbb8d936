"""Publishes the next edition or week in review, once and as a whole."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from datetime import date, datetime, timedelta
from functools import partial
from hashlib import blake2b

from briefing.app.analyses import kept_of, made_ahead, make_ahead, prepared
from briefing.app.corrections import corrected_since, due_corrections
from briefing.app.ledger import TOO_OLD, due_on
from briefing.app.make import PrintedEdition, Printer, make, print_ahead, print_whole
from briefing.app.own_pages import own_editions, own_lists, own_mutes, print_own_pages
from briefing.app.release import ReleasePlan, admit, let_go_in_time
from briefing.app.workers import let_go_of_arrays
from briefing.core import record
from briefing.core.edition import Prepared, Watch, gauge
from briefing.core.errors import BusyError, NothingToPrintError, UsageError
from briefing.core.frozen import frozen
from briefing.core.messages import Translatable
from briefing.core.model import (
    COPY,
    MEMORY,
    WEEKS,
    Document,
    Edition,
    Material,
    PageChoice,
    Serial,
    Status,
    WeekMaterial,
    recent,
    series_of,
    weekly,
)
from briefing.core.ports import KeptSteps, Recipe
from briefing.core.schedule import (
    Timetable,
    editions_beside,
    local_date,
    refuse_ahead,
    refuse_unfinished,
)
from briefing.core.text.analysis import AnalysisRule
from briefing.core.text.dates import stands
from briefing.core.week import make_week
from briefing.store import (
    Store,
    Transaction,
    corrections,
    deliveries,
    documents,
    drafts,
    editions,
    identity,
    runs,
    sagas,
    sources,
    subscribers,
    withdrawals,
)
from briefing.store.editions import StoredEdition

#: How long mails to readers with own pages wait for these, counted from the start of publishing.
_PATIENCE = timedelta(minutes=30)


@frozen
class ReportWindow:
    """Which reports an edition is made from, and how long they are checked afterwards."""

    #: How far back the window of a first edition reaches.
    first: timedelta
    #: Reports published longer ago are left out.
    oldest: timedelta
    #: How long after the edition printed reports are first fetched again; None: never.
    recheck: timedelta | None

    def recheck_at(self, made: datetime) -> datetime | None:
        """Return when the reports of an edition are first fetched again."""
        return None if self.recheck is None else made + self.recheck


@frozen
class PublishPlan:
    """How editions of one briefing are published."""

    #: Slug of the briefing.
    briefing: str
    window: ReportWindow
    #: Returns the recipe for given reports.
    recipe: Callable[[Sequence[Document]], Recipe]
    press: Printer
    #: Which edition of the day it is, and which days may have one by now.
    timetable: Timetable
    #: Returns the files of an edition to store ("pdf", "html", "text"), given its PDF.
    write: Callable[[Edition, bytes], Mapping[str, bytes]]
    #: Makes a press in another process, for many own pages; None: this process prints them all.
    presses: Callable[[], Printer] | None = None
    #: Who must release an edition before it is sent, and to whom it goes.
    release: ReleasePlan = field(default_factory=ReleasePlan)
    #: Whether the page prints corrections; otherwise only its ledger counts them.
    corrects: bool = True
    #: Whether the page prints the grades of sources.
    grades: bool = False
    #: Identifies how documents are analyzed; None: no analyses are read from or kept in the store.
    rule: AnalysisRule | None = None

    def today(self, now: datetime) -> date:
        """Return the local date at a moment."""
        return local_date(self.timetable, at=now)

    @property
    def edition(self) -> str:
        """Name of the edition among those of its day; empty: the first."""
        return self.timetable.edition

    @property
    def series(self) -> str:
        """The name under which the store keeps its editions."""
        return series_of(self.briefing, self.edition)

    def beside(self, day: date) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the series of the day's editions before this one, and of those after it."""
        before, after = editions_beside(self.timetable, day)
        return (
            tuple(series_of(self.briefing, name) for name in before),
            tuple(series_of(self.briefing, name) for name in after),
        )


@frozen
class Published:
    """An edition as it is stored."""

    stored: StoredEdition
    #: How it was printed; None if it was already published, so that nothing was made.
    printed: PrintedEdition | None
    #: Whether it is a draft that waits for its release.
    waits: bool = False


@frozen
class Preview:
    """A page as it would be published now; not stored."""

    edition: Edition
    pdf: bytes
    #: Height of the news as a share of the height available; 1 for a full page.
    fill: float
    #: When it was laid out, aware UTC.
    made: datetime
    #: All reports that came in, by id, without their texts.
    reports: Mapping[str, Document]
    #: Probability of each section, by the id of a gated report or of a story's most central one.
    topics: Mapping[str, Mapping[str, float]]
    #: Status of each story that can be printed, by its id.
    statuses: Mapping[str, Status]
    #: When the newest of its reports was collected, aware UTC; None if unknown.
    until: datetime | None = None
    #: Id of the edition before it; empty: there is none.
    previous: str = ""


@frozen
class _Context:
    """Everything that an edition is made from."""

    material: Material
    since: datetime
    #: Digest of the records of earlier editions.
    earlier: bytes
    #: Decisions that affect the edition and may have changed by the time it is stored.
    base: tuple[object, ...]
    #: The choices of readers for this day.
    choices: frozenset[PageChoice] = frozenset()
    #: Seal of the store, for page keys of own words and mutes.
    seal: str = ""


def publish(  # noqa: PLR0913  which edition, and as of when
    store: Store,
    plan: PublishPlan,
    *,
    day: date,
    now: datetime,
    force: bool = False,
    watch: Watch = lambda _: None,
) -> Published:
    """Make the edition of one day from the store and keep it, or return the one already stored.

    Reports collected after ``now`` are left for the next edition. The edition is stored as a whole
    or not at all; readers' own pages follow later, so that nobody else waits for them. ``force``
    allows a day later than the next scheduled edition.

    BusyError: another process publishes from this store; UsageError: the day is later than the next
    scheduled edition, or a later edition is already published; ChoiceError: editors' choices cannot
    all be met; NothingToPrintError: there is nothing to print; LayoutError: the page cannot be laid
    out; StoreError: the store cannot be read or written; no edition is stored.
    """
    if not force:
        refuse_ahead(plan.timetable, day, now=now)
    let_go_of_arrays()
    with store.alone("publish"):
        watch("read")
        store.apply(runs.set_right, at=now)
        context = _gather(store, plan, day=day, now=now, kept=KeptSteps())
        if isinstance(context, Published):
            return in_time(store, context, plan=plan, now=now)
        recipe = plan.recipe(context.material.documents)
        own_words = own_lists(context.choices, seal=context.seal)
        muted = own_mutes(context.choices, seal=context.seal)
        material = replace(context.material, own_words=own_words, muted=muted)

        def whole(watch: Watch = lambda _: None) -> PrintedEdition:
            known = prepared(store, material.documents, rule=plan.rule, at=now)
            return make(material, recipe=recipe, press=plan.press, known=known, watch=watch)

        # An edition made ahead is used only if nothing has changed since.
        ahead = None
        if plan.rule:
            ahead = made_ahead(store, material, recipe=recipe, earlier=context.earlier)
        printed = (print_ahead(ahead, plan.press) if ahead else None) or whole(watch)

        def own() -> Mapping[str, bytes]:
            made = printed if printed.stories or not context.choices else whole()
            pages = partial(print_own_pages, press=plan.press, presses=plan.presses, watch=watch)
            return pages(made, context.choices, seal=context.seal)

        stored = StoredEdition(
            id=printed.edition.id,
            briefing=plan.series,
            day=day,
            number=printed.edition.number,
            made=now,
            since=context.since,
            until=_newest(context),
            record=plan.press.write(printed.edition),
            files={
                **plan.write(printed.edition, printed.pdf),
                **(own() if plan.release.by else {}),
            },
        )
        watch("keep")
        wait = now + _PATIENCE if context.choices and not plan.release.by else None
        kept = _keep(store, stored, base=context.base, printed=printed, plan=plan, wait=wait)
        if wait and kept.printed:
            added = replace(stored, files=own())
            recheck_at = plan.window.recheck_at(now)
            with store.write() as tx:
                editions.add_own(tx, added, own=own_editions(added), recheck_at=recheck_at)
                deliveries.recall(tx, stored.id, due=wait)
                plan.release.to(tx, printed.edition, now)
            store.remember()
        return kept


def prepare(store: Store, plan: PublishPlan, *, day: date, due: datetime, now: datetime) -> None:
    """Make an edition ahead of its time, and keep it and its stories for :func:`publish`.

    If anything has changed by then, the edition is made anew; the stories are used if the reports
    are the same. Nothing is made ahead if plug-ins take part. It may run during a publication.

    NothingToPrintError: there is nothing to print; UsageError: a later edition is already
    published; ChoiceError: editors' choices cannot all be met; LayoutError: the page cannot be laid
    out; StoreError: the store cannot be read or written.
    """
    let_go_of_arrays()
    context = _gather(store, plan, day=day, now=due, kept=KeptSteps())
    if isinstance(context, _Context) and plan.rule:
        make_ahead(
            store,
            context.material,
            recipe=plan.recipe(context.material.documents),
            measure=plan.press,
            rule=plan.rule,
            earlier=context.earlier,
            at=now,
        )


def draft(  # noqa: PLR0913  which edition, as of when, and what is known of it
    store: Store,
    plan: PublishPlan,
    *,
    day: date,
    now: datetime,
    last: Preview | None = None,
    kept: KeptSteps | None = None,
) -> Preview:
    """Lay out the edition of one day as :func:`publish` would now; store nothing.

    It may run during a publication. Topics of gated reports are taken from the ``last`` draft of
    the same plan, and unchanged steps from ``kept``, rather than computed again.

    UsageError: an edition of this day or a later one is already published; ChoiceError: editors'
    choices cannot all be met, so nothing was laid out; NothingToPrintError: there is nothing to
    print; LayoutError: the page cannot be laid out.
    """
    # A draft that waits for its release may be made again.
    kept = kept or KeptSteps()
    context = _gather(store, replace(plan, release=ReleasePlan()), day=day, now=now, kept=kept)
    if isinstance(context, Published):
        raise UsageError(f"the edition of {day} is already published; choose a later day")
    previous, reports = context.material.previous, context.material.documents
    recipe = plan.recipe(reports)
    known = Prepared(kept(kept_of, None, store, reports, rule=plan.rule), kept)
    printed = make(context.material, recipe=recipe, press=plan.press, known=known)
    kept.trim()
    out = {name for name, why in printed.edition.ledger.drops if why != COPY}
    earlier = {name: row for name, row in last.topics.items() if name in out} if last else {}
    gated = [report for report in reports if report.id in out and report.id not in earlier]
    excerpts = printed.stories.excerpts if printed.stories else ()
    return Preview(
        edition=printed.edition,
        pdf=printed.pdf,
        fill=printed.fit.fill,
        made=now,
        reports={report.id: replace(report, text="") for report in reports},
        topics={**printed.topics, **earlier, **gauge(gated, recipe=recipe)},
        statuses={each.story.id: each.status for each in excerpts},
        until=_newest(context),
        previous=previous.id if previous else "",
    )


def _gather(
    store: Store, plan: PublishPlan, *, day: date, now: datetime, kept: KeptSteps
) -> Published | _Context:
    """Return the edition of this day if it exists, else what it is made from, as of one moment."""
    briefing, window = plan.briefing, plan.window
    before, _ = plan.beside(day)
    with store.read() as tx:
        there = made_on(tx, plan.series, day, plan=plan)
        if there:
            return there
        withdrawn = withdrawals.on(tx, plan.series, day)
        since = editions.reached(tx, briefing, before=day, beside=before) or min(
            now - window.first, withdrawals.earliest(tx, briefing) or now
        )
        until = _until(tx, plan, day, now=now, again=bool(withdrawn))
        oldest = now - window.oldest
        reports = sources.window(
            tx, since=since, until=until, published_since=oldest, graded=plan.grades
        )
        corrections = due_corrections(tx, briefing)
        if not plan.corrects:
            corrections = replace(corrections, briefs=(), documents={})
        if not reports.documents and not corrections.briefs:
            raise NothingToPrintError(_nothing(since, too_old=reports.too_old))
        # Enough of the newest editions to include all of the last 30 days.
        most = WEEKS.days * (len(before) + len(plan.beside(day)[1]) + 1)
        records = editions.records(tx, briefing, before=day, beside=before, most=most)
        weeks = tuple(kept(record.read, name, text, name=name).edition for name, text in records)
        earlier = blake2b(repr(records).encode("utf-8", "surrogatepass")).digest()
        material = Material(
            # Reuse equal objects from the last draft: they are compared several times.
            kept(tuple, None, reports.documents),
            day,
            before=recent(weeks, day=day),
            # The query of an address may contain a secret of the operator.
            failed=[
                (
                    status.source.name or status.source.url.partition("?")[0],
                    f"not answered since {_moment(status.failing_since)}: {status.reason}",
                )
                for status in sources.active(tx)
                if status.failing_since
            ],
            left_out={TOO_OLD: reports.too_old},
            corrections=corrections,
            choices=drafts.active(tx, plan.series, day),
            note=drafts.note_of(tx, plan.series, day),
            serial=Serial(withdrawals.last_number(tx, briefing) + 1, len(withdrawn) + 1),
            weeks=weeks,
            register=sagas.register(tx, briefing, since=day - WEEKS),
            due=due_on(tx, briefing, day),
            edition=plan.edition,
        )
        base = _base(tx, plan, day)
        offered = plan.timetable.editions
        chosen = subscribers.choices(tx, day=day, edition=plan.edition, offered=offered)
        seal = identity.seal(tx)
    return _Context(material, since, earlier, base, chosen, seal)


def _nothing(since: datetime, *, too_old: int) -> Translatable:
    if not too_old:
        return Translatable(
            "nothing to publish: no new report since {since}; run `briefing collect` first",
            since=_moment(since),
        )
    return Translatable(
        "nothing to publish: no new report since {since} but {n} published too long ago; "
        "to print them set publish.oldest_hours = 0, or a larger number",
        since=_moment(since),
        n=too_old,
    )


def _base(tx: Transaction, plan: PublishPlan, day: date) -> tuple[object, ...]:
    """Return the decisions and earlier editions that affect an edition, for comparison."""
    return (
        drafts.active(tx, plan.series, day),
        drafts.note_of(tx, plan.series, day),
        sagas.register(tx, plan.briefing, since=day - WEEKS),
        editions.reached(tx, plan.briefing, before=day, beside=plan.beside(day)[0]),
        withdrawals.on(tx, plan.briefing),
        withdrawals.last_number(tx, plan.briefing),
    )


def made_on(tx: Transaction, series: str, day: date, *, plan: PublishPlan) -> Published | None:
    """Return the edition of a day in a series, or its draft that waits for release."""
    stored = editions.on(tx, series, day)
    if stored is not None:
        return Published(stored, None)
    draft = drafts.of(tx, series) if plan.release.by else None
    if draft is None or draft.stored.day != day:
        return None
    return Published(draft.stored, None, waits=True)


def in_time(store: Store, there: Published, *, plan: PublishPlan, now: datetime) -> Published:
    """Release the draft of a day if its deadline has passed and the rule says so."""
    if not there.waits:
        return there
    gone = store.apply(let_go_in_time, there.stored.briefing, plan=plan.release, at=now)
    if gone:
        store.remember()
    return replace(there, waits=not gone)


def _until(
    tx: Transaction, plan: PublishPlan, day: date, *, now: datetime, again: bool
) -> datetime | None:
    """Return until when an edition takes reports; None: all of them.

    A replacement leaves the reports of the next edition to that one. Editions dated later than
    today have not been published yet, and do not count.
    """
    _, later = plan.beside(day)
    after = editions.following(tx, plan.briefing, after=day, beside=later, upto=plan.today(now))
    if after is None:
        return None
    if not again:
        raise UsageError(
            f"the edition of {after[0]} is already published and editions follow in order; "
            f"none can be made for {day}: give a later --date, or withdraw the later edition first"
        )
    return after[1]


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _newest(context: _Context) -> datetime:
    """Return when the last report was collected; the window of the next edition begins right after.

    If it began now instead, a report being stored at this moment would be in neither window.
    """
    collected = (report.collected for report in context.material.documents if report.collected)
    return max(collected, default=context.since)


def _keep(  # noqa: PLR0913  what is kept, and for whom
    store: Store,
    stored: StoredEdition,
    *,
    base: tuple[object, ...] | None,
    printed: PrintedEdition,
    plan: PublishPlan,
    wait: datetime | None = None,
) -> Published:
    """Store an edition in one transaction, unless another process has stored one of this day.

    ``base`` is None for a week in review, whose reports are not fetched again. Mails to readers
    with an own page wait for it until ``wait``, and are sent then even if this process has died.
    """
    with store.write() as tx:
        there = made_on(tx, stored.briefing, stored.day, plan=plan)
        if there:
            return there
        if base and plan.release.by and _base(tx, plan, stored.day) != base:
            raise BusyError("an editor has made a choice in the meantime; the draft is made again")
        draft = admit(
            tx,
            stored,
            edition=printed.edition,
            plan=plan.release,
            recheck_at=plan.window.recheck_at(stored.made) if base else None,
        )
        if wait:
            deliveries.postpone(tx, stored.id, until=wait, own=True)
    # Lets a restored older copy of the store be recognized.
    store.remember()
    return Published(stored, printed, waits=draft is not None)


def publish_week(
    store: Store, plan: PublishPlan, *, day: date, now: datetime, watch: Watch = lambda _: None
) -> Published:
    """Make the review of the week that ends on ``day`` and keep it, or return the one stored.

    It is made only from the editions of these seven days that were not withdrawn. The review is
    stored as a whole or not at all.

    BusyError: another process publishes from this store; UsageError: the day is later than today;
    NothingToPrintError: the week has no edition, or nothing printed in it still holds; LayoutError:
    the page cannot be laid out; StoreError: the store cannot be read or written; nothing is stored.
    """
    refuse_unfinished(day, today=plan.today(now))
    with store.alone("publish"):
        watch("read")
        with store.read() as tx:
            there = made_on(tx, weekly(plan.briefing), day, plan=plan)
            if not there:
                days = _days(tx, plan.briefing, day)
                material = _material(tx, plan.briefing, day, days)
        if there:
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
        return _keep(store, stored, base=None, printed=printed, plan=plan)


def draft_week(store: Store, plan: PublishPlan, *, day: date) -> PrintedEdition:
    """Lay out the review of a week as :func:`publish_week` would now; store nothing.

    NothingToPrintError: as there; LayoutError: the page cannot be laid out.
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
    return PrintedEdition(fitted.edition, pdf, fitted.fit, fitted.layouts, {})


def _days(tx: Transaction, briefing: str, day: date) -> tuple[StoredEdition, ...]:
    first = day - MEMORY + timedelta(days=1)
    days = editions.between(tx, briefing, first=first, last=day)
    if not days:
        raise NothingToPrintError(f"no edition of {first} to {day} is published")
    return days


def _material(
    tx: Transaction, briefing: str, day: date, days: tuple[StoredEdition, ...]
) -> WeekMaterial:
    changes = [change for stored in days for change in corrections.changed(tx, stored.id)]
    withdrawn = withdrawals.on(tx, weekly(briefing), day)
    last = withdrawals.last_number(tx, weekly(briefing))
    return WeekMaterial(
        day,
        tuple(_read(tx, stored) for stored in days),
        register=sagas.register(tx, briefing, since=day - WEEKS),
        wrong=corrected_since(tx, briefing, changes).briefs(),
        serial=Serial(last + 1, len(withdrawn) + 1),
    )


def _read(tx: Transaction, stored: StoredEdition) -> Edition:
    """Return an edition; of dates it announces only in its record, those that can be read alone."""
    edition = record.read(stored.record, name=stored.id).edition
    texts = documents.texts(tx, {ahead.clause.document for ahead in edition.announced})
    alone = tuple(
        ahead
        for ahead in edition.announced
        if ahead.clause.document in texts and stands(ahead, texts[ahead.clause.document])
    )
    return replace(edition, announced=alone)
