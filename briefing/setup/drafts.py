"""Drafts of the next edition for its editors, on pages and by a command."""

import logging
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from datetime import date, datetime
from threading import Lock, Thread

from briefing.app.editors import OpenEdition, next_to_print, put_back
from briefing.app.publish import Preview, draft
from briefing.core.errors import BriefingError, ChoiceError
from briefing.core.model import Edition, EditionId, edition_of, series_of
from briefing.core.ports import KeptSteps
from briefing.core.schedule import editions_beside
from briefing.press.pdf import collector_paused
from briefing.settings import Settings
from briefing.setup.clock import now
from briefing.setup.news import publish_plan, window
from briefing.setup.parts import press
from briefing.store import Store, Transaction, drafts, editions, sources, withdrawals
from briefing.store.audit import Actor

LOG = logging.getLogger(__name__)

#: Seconds that an editor waits for a draft before the page comes without it: that of a usual day
#: is there in one or two, that of a thousand reports takes ten.
_PATIENCE = 4.0


class CachedDrafts:
    """Lays out an edition of a day, by its name, as it would be printed now; keeps the last draft.

    Safe to use from several threads.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        edition: str = "",
        *,
        clock: Callable[[], datetime] = now,
        patience: float = _PATIENCE,
    ) -> None:
        self._store, self._settings, self._edition = store, settings, edition
        self._clock, self._patience = clock, patience
        self._laying_out = Lock()
        self._last: Preview | None = None
        self._kept = KeptSteps()
        self._weights: dict[str, float] = {}
        self._grades: dict[str, str] = {}
        self._failure: tuple[date, BriefingError] | None = None
        #: What is laid out in the background, or waits until another page is.
        self._under_way: set[Future[Preview]] = set()

    @property
    def busy(self) -> bool:
        """Whether a page is being laid out, or waits for that."""
        return bool(self._under_way) or self._laying_out.locked()

    def __call__(self, day: date) -> Preview:
        """Return the draft of a day, laid out again if anything has changed.

        Waits while another one is laid out; then both are given the same.

        UsageError: the edition of this day is already published, or one that came out follows it;
        InputError: there is nothing to print; ChoiceError: choices cannot all be met; nothing was
        laid out; LayoutError: the page cannot be laid out.
        """
        with self._laying_out:
            return self._current(day)

    def soon(
        self, day: date, *, failed: Callable[[BriefingError], None] = lambda _: None
    ) -> Preview | None:
        """Lay the draft of a day out in the background; None if it is not there within seconds.

        ``failed`` is called with the error if it cannot be laid out, before that is raised as by
        :meth:`__call__` or, when nobody waits any longer, kept for :meth:`failure`.
        """
        done: Future[Preview] = Future()
        self._under_way.add(done)
        Thread(target=self._work, args=(day, failed, done), name="draft", daemon=True).start()
        try:
            return done.result(self._patience)
        except TimeoutError:
            return None if done.cancel() else done.result()

    def failure(self, day: date) -> BriefingError | None:
        """Return why no draft came for which nobody waited any longer; None if one came."""
        failure = self._failure
        return failure[1] if failure is not None and failure[0] == day else None

    def _work(
        self, day: date, failed: Callable[[BriefingError], None], done: Future[Preview]
    ) -> None:
        """Lay out, and give the result to who waits for it, if anybody still does."""
        # Also a failure is reported and kept before another is laid out, which may end otherwise.
        with self._laying_out:
            self._failure = None
            made = self._tried(day, failed)
            is_awaited = done.set_running_or_notify_cancel()
            if isinstance(made, BriefingError) and not is_awaited:
                self._failure = day, made
            self._under_way.discard(done)
        if isinstance(made, Preview):
            if is_awaited:
                done.set_result(made)
        elif is_awaited:
            done.set_exception(made)
        elif not isinstance(made, BriefingError):
            LOG.error("the draft of %s could not be laid out", day, exc_info=made)

    def _tried(self, day: date, failed: Callable[[BriefingError], None]) -> Preview | Exception:
        """Return the draft, or why there is none; also what telling that has raised."""
        try:
            try:
                return self._current(day)
            except BriefingError as error:
                failed(error)
                return error
        except Exception as error:
            return error

    def _current(self, day: date) -> Preview:
        at = self._clock()
        last = self.last(day)
        if last is None or self._is_past(last, at):
            last = self._last = self._lay_out(day, at)
        return last

    def last(self, day: date) -> Preview | None:
        """Return what was laid out last for a day, however old; None when nothing was."""
        last = self._last
        return last if last is not None and last.edition.day == day else None

    @collector_paused()
    def _lay_out(self, day: date, at: datetime) -> Preview:
        with self._store.read() as tx:
            self._weights, self._grades = sources.weights(tx), sources.grades(tx)
        # A plan of its own, for another press may be printing meanwhile.
        plan = publish_plan(self._settings, edition=self._edition)
        plan = replace(plan, press=press(self._settings.of_edition(self._edition), draft=True))
        return draft(self._store, plan, day=day, now=at, last=self._last, kept=self._kept)

    def _is_past(self, last: Preview, at: datetime) -> bool:
        """Tell whether what a draft is made of has changed since."""
        briefing, day = self._settings.briefing, last.edition.day
        slot = self._settings.timetable.of(self._edition)
        series = slot.series(briefing)
        beside = [series_of(briefing, name) for name in editions_beside(slot, day)[0]]
        with self._store.read() as tx:
            before = editions.records(tx, briefing, before=day, beside=beside, most=1)
            active = drafts.active(tx, series, day)
            oldest, since = at - window(self._settings).oldest, last.until or last.made
            return (
                [id for id, _ in before] != ([last.previous] if last.previous else [])
                or withdrawals.last_number(tx, briefing) + 1 != last.edition.number
                or active != tuple(outcome.choice for outcome in last.edition.choices)
                or drafts.note_of(tx, series, day) != last.edition.note
                or sources.weights(tx) != self._weights
                or (self._settings.page.grades and sources.grades(tx) != self._grades)
                or bool(sources.window(tx, since=since, published_since=oldest).documents)
            )


#: Keeps choices about an edition.
Keep = Callable[[Transaction, OpenEdition], object]


def draft_of(store: Store, settings: Settings, *, day: date | None, edition: str) -> Edition:
    """Return a draft with a document for every report; of the next edition without a day."""
    at = now()
    if day is None:
        slot = settings.timetable.of(edition)
        series = slot.series(settings.briefing)
        day, _ = store.look(next_to_print, series, timetable=slot, at=at)
    made = draft(store, publish_plan(settings, edition=edition), day=day, now=at)
    return replace(made.edition, documents={**made.reports, **made.edition.documents})


def choose_for(
    store: Store, settings: Settings, edition: Edition, *, keep: Keep, actor: Actor
) -> Edition:
    """Keep choices about a draft, and return it as it is with them.

    BriefingError: they cannot be kept, or no page can be laid out with them; they are as before.
    """
    chosen_for = OpenEdition.of(EditionId.parse(edition.id).briefing, edition)
    with store.write() as tx:
        keep(tx, chosen_for)
    try:
        name = edition_of(chosen_for.briefing)
        return draft_of(store, settings, day=edition.day, edition=name)
    except ChoiceError:
        with store.write() as tx:
            put_back(tx, edition=chosen_for, actor=actor)
        raise
