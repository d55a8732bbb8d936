"""Drafts of the next edition for its editors, laid out one at a time and cached."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from threading import Lock

from briefing.app.publish import Preview, draft
from briefing.core.model import EditionId
from briefing.setup.clock import now
from briefing.setup.news import publish_plan, window
from briefing.setup.settings import Settings
from briefing.store import Store, Transaction, choices, documents, editions, sources, withdrawals


class CachedDrafts:
    """Lays out the edition of a day as it would be printed now; keeps the last draft.

    Safe to use from several threads.
    """

    def __init__(
        self, store: Store, settings: Settings, *, clock: Callable[[], datetime] = now
    ) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock
        self._laying_out = Lock()
        self._last: Preview | None = None
        self._weights: dict[str, float] = {}

    def __call__(self, day: date) -> Preview:
        """Return the draft of a day, laid out again if anything has changed.

        Waits while another one is laid out; then both are given the same.

        Raises:
            UsageError: the edition of this day is already published, or one that came out follows
                it.
            InputError: there is nothing to print.
            ChoiceError: choices cannot all be met; nothing was laid out.
            LayoutError: the page cannot be laid out.
            StoreError: the store cannot be read.
        """
        with self._laying_out:
            at = self._clock()
            last = self.last(day)
            if last is None or self._is_past(last, at):
                last = self._last = self._lay_out(day, at)
            return last

    def last(self, day: date) -> Preview | None:
        """Return what was laid out last for a day, however old; None when nothing was."""
        last = self._last
        return last if last is not None and last.edition.day == day else None

    def _lay_out(self, day: date, at: datetime) -> Preview:
        with self._store.read() as tx:
            self._weights = sources.weights(tx)
        # A plan of its own, for another press may be printing meanwhile.
        return draft(self._store, publish_plan(self._settings), day=day, now=at)

    def _is_past(self, last: Preview, at: datetime) -> bool:
        """Tell whether editions, choices, reports or weights of sources have changed since."""
        briefing = EditionId.parse(last.edition.id).briefing
        with self._store.read() as tx:
            before = editions.last(tx, briefing, before=last.edition.day)
            active = choices.active(tx, briefing, last.edition.day)
            return (
                (before.id if before else "") != last.previous
                or withdrawals.last_number(tx, briefing) + 1 != last.edition.number
                or active != tuple(outcome.choice for outcome in last.edition.choices)
                or sources.weights(tx) != self._weights
                or self._has_new_reports(tx, last, at)
            )

    def _has_new_reports(self, tx: Transaction, last: Preview, at: datetime) -> bool:
        since = last.until or last.made
        oldest = at - window(self._settings).oldest
        fresh = documents.window(tx, since=since, until=at, published_since=oldest)
        return bool(fresh.documents)
