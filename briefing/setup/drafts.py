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

#: Seconds for which an editor waits before the page is shown without a draft; a usual day takes one
#: or two seconds, a day of a thousand reports ten.
_PATIENCE = 4.0


class CachedDrafts:
    """Lays out editions of one name as they would be printed now, and keeps the last draft.

    Thread-safe.
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
        #: Drafts that are being laid out in the background or wait their turn.
        self._under_way: set[Future[Preview]] = set()

    @property
    def busy(self) -> bool:
        """Whether a page is being laid out or waits its turn."""
        return bool(self._under_way) or self._laying_out.locked()

    def __call__(self, day: date) -> Preview:
        """Return the draft of a day, laid out again if anything has changed.

        Waits while another draft is laid out; callers waiting for the same draft share it. Raises
        UsageError if this edition, or one that follows it, is already published; InputError if
        there is nothing to print; ChoiceError if not all choices can be applied, before anything is
        laid out; and LayoutError if the page cannot be laid out.
        """
        with self._laying_out:
            return self._current(day)

    def soon(
        self, day: date, *, failed: Callable[[BriefingError], None] = lambda _: None
    ) -> Preview | None:
        """Lay out the draft of a day in the background; None if it takes more than a few seconds.

        If it cannot be laid out, ``failed`` is called with the error, which is then raised as by
        :meth:`__call__` or, if the caller no longer waits, kept for :meth:`failure`.
        """
        done: Future[Preview] = Future()
        self._under_way.add(done)
        Thread(target=self._work, args=(day, failed, done), name="draft", daemon=True).start()
        try:
            return done.result(self._patience)
        except TimeoutError:
            return None if done.cancel() else done.result()

    def failure(self, day: date) -> BriefingError | None:
        """Return why a draft failed after its caller had stopped waiting; None if it did not."""
        failure = self._failure
        return failure[1] if failure is not None and failure[0] == day else None

    def _work(
        self, day: date, failed: Callable[[BriefingError], None], done: Future[Preview]
    ) -> None:
        """Lay out a draft, and pass the result to the caller if it still waits."""
        # A failure, too, is reported and kept before the next draft, which may succeed.
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
        """Return the draft, or the error of making it or of reporting that."""
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
        """Return the last draft of a day, however old; None if there is none."""
        last = self._last
        return last if last is not None and last.edition.day == day else None

    @collector_paused()
    def _lay_out(self, day: date, at: datetime) -> Preview:
        with self._store.read() as tx:
            self._weights, self._grades = sources.weights(tx), sources.grades(tx)
        # A separate plan, since another thread may be using the other press.
        plan = publish_plan(self._settings, edition=self._edition)
        plan = replace(plan, press=press(self._settings.of_edition(self._edition), draft=True))
        return draft(self._store, plan, day=day, now=at, last=self._last, kept=self._kept)

    def _is_past(self, last: Preview, at: datetime) -> bool:
        """Return whether anything that the draft depends on has changed."""
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


#: Stores choices about an edition.
Keep = Callable[[Transaction, OpenEdition], object]


def draft_of(store: Store, settings: Settings, *, day: date | None, edition: str) -> Edition:
    """Return a draft with a document for every report; without a day, of the next edition."""
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
    """Store choices about a draft, and return the draft with them applied.

    Raises BriefingError if they cannot be stored or no page can be laid out; choices are unchanged.
    """
    chosen_for = OpenEdition.of(EditionId.parse(edition.id).briefing, edition)
    store.apply(keep, chosen_for)
    try:
        name = edition_of(chosen_for.briefing)
        return draft_of(store, settings, day=edition.day, edition=name)
    except ChoiceError:
        store.apply(put_back, edition=chosen_for, actor=actor)
        raise
