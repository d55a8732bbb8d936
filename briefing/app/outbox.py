"""VERB: all mails but editions to the relay, each a row that outlives the process that asked."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Self

from briefing.app.deliver import (
    Delivered,
    Dispatch,
    deliver,
)
from briefing.app.readers import Limits, answer_signups
from briefing.core.errors import BriefingError, BusyError
from briefing.core.model import OTHER_MAILS, MailKind
from briefing.store import Store, deliveries

LOG = logging.getLogger("briefing.outbox")
#: The longest wait, and so the delay in noticing requests of other processes.
_LOOK = timedelta(seconds=30)
#: Before it is looked again whether another process that sends has left anything.
_BUSY = timedelta(seconds=1)
#: For how long it is kept what became of a mail.
_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Outbox:
    """Sends waiting mails by the same rules as editions: claimed, begun, settled."""

    store: Store
    dispatch: Dispatch
    limits: Limits = field(default_factory=Limits)
    #: Which mails it can write.
    kinds: frozenset[MailKind] = OTHER_MAILS

    def send(self) -> Delivered | None:
        """Send all that is due; None when nothing is.

        One process at a time does it, so that what a dead one was sending is free at once. What
        was being sent by a process that died is sent again whatever the settings say of editions:
        nobody looks at what is held.

        Raises:
            BusyError: another process does it now.
            StoreError: the store failed.
        """
        clock = self.dispatch.clock
        answer_signups(self.store, clock=clock, limits=self.limits)
        with self.store.read() as tx:
            if not deliveries.waits(tx, kinds=self.kinds, at=clock()):
                return None
        plan = replace(self.dispatch.plan, kinds=self.kinds, alone=True, resend=True, batch=1)
        sent = deliver(self.store, replace(self.dispatch, plan=plan))
        with self.store.write() as tx:
            deliveries.forget_mails(tx, before=clock() - _KEPT)
        return sent

    def only_alerts(self) -> Outbox:
        """Return one that sends only alerts."""
        return replace(self, kinds=frozenset({MailKind.ALERT}))

    def next_due(self) -> datetime | None:
        """Return when the next mail is due; None when none waits."""
        with self.store.read() as tx:
            return deliveries.next_due(tx, kinds=self.kinds)


class OutboxWorker:
    """The thread of a process that serves: it sends what waits, at once when it is woken."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._woken, self._closed = Event(), Event()
        self._thread = Thread(target=self._run, name="outbox", daemon=True)

    def wake(self) -> None:
        """Have it look at once."""
        self._woken.set()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """End it, after the mails that are being sent."""
        self._closed.set()
        self._woken.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closed.is_set():
            self._woken.clear()
            self._woken.wait(self.turn().total_seconds())

    def turn(self) -> timedelta:
        """Send what is due; return how long there is to wait. No failure ends it."""
        try:
            sent = self._outbox.send()
            if sent is not None and sent.paused:
                LOG.warning("mails wait: %s", sent.paused)
                return _LOOK
            due = self._outbox.next_due()
        except BusyError:
            return _BUSY
        except BriefingError as error:
            LOG.error("the outbox is blocked: %s", error)  # noqa: TRY400  the message is enough
            return _LOOK
        except Exception:  # what is not foreseen must not end it
            LOG.exception("the outbox is blocked")
            return _LOOK
        return min(max(due - self._outbox.dispatch.clock(), _BUSY), _LOOK) if due else _LOOK
