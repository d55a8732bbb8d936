"""VERB: all mails but editions to the relay, each a row that outlives the process that asked."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Self

from briefing.app.deliver import Claimed, Delivered, Dispatch, deliver
from briefing.app.readers import Limits, Reply, answer_signups, put_mail
from briefing.app.readers.administration import add_pending
from briefing.core.errors import BriefingError, BusyError, StoreError
from briefing.core.model import OPERATORS_MAILS, OTHER_MAILS, Delivery, MailKind, Subscriber
from briefing.mail.relay import Result
from briefing.store import Store, deliveries
from briefing.store.audit import Actor
from briefing.store.reader_list import forget_expired, has_expired

LOG = logging.getLogger("briefing.outbox")
#: The longest wait, and so the delay in noticing requests of other processes.
_LOOK = timedelta(seconds=30)
#: Before it is looked again whether another process that sends has left anything.
_BUSY = timedelta(seconds=1)
#: For how long the outcome of a mail is kept.
_KEPT = timedelta(days=30)
#: How long an alert mail is tried; an alert that lasts is then sent again.
_ALERT_TRIED = timedelta(days=1)


class EndedError(Exception):
    """The outbox is to end before all mails are sent."""


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

        BusyError: another process does it now.
        """
        clock = self.dispatch.clock
        answer_signups(self.store, clock=clock, limits=self.limits)
        with self.store.read() as tx:
            expires = has_expired(tx, at=clock())
        if expires:
            with self.store.write() as tx:
                forget_expired(tx, at=clock())
        with self.store.read() as tx:
            if not deliveries.waits(tx, kinds=self.kinds, at=clock()):
                return None
        plan = replace(self.dispatch.plan, kinds=self.kinds, alone=True, resend=True, batch=1)
        sent = deliver(self.store, replace(self.dispatch, plan=plan))
        with self.store.write() as tx:
            deliveries.forget_mails(tx, before=clock() - _KEPT)
        return sent

    def send_alert(self, message: str) -> Delivery | None:
        """Send an alert, which is tried for a day; None: the store cannot take it.

        ``message`` is the subject and, after a line break, the text.
        """
        try:
            with self.store.write() as tx:
                at = self.dispatch.clock()
                until = at + _ALERT_TRIED
                number = deliveries.put_mail(tx, MailKind.ALERT, words=message, at=at, until=until)
        except StoreError:
            return None
        with suppress(BusyError, StoreError):
            self.only_operators().send()
        return self._get(number)

    def ask_to_confirm(self, new: Subscriber, *, actor: Actor) -> tuple[Subscriber, Delivery]:
        """Add a pending subscriber and send the confirmation mail, again if they are known.

        The mail may be due still: the relay did not take it, or another process sends. It is sent
        by the next that does.

        UsageError: the address is already subscribed, or must not get mail.
        """
        with self.store.write() as tx:
            to = add_pending(tx, new, actor=actor)
            number = put_mail(tx, Reply.CONFIRM, to, at=actor.at).number
        with suppress(BusyError):
            self.send()
        return to, self._get(number)

    def _get(self, number: int) -> Delivery:
        with self.store.read() as tx:
            mail = deliveries.get(tx, number)
        assert mail is not None  # noqa: S101  kept just now
        return mail

    def only_operators(self) -> Outbox:
        """Return one that writes only to those who run the briefing."""
        return replace(self, kinds=OPERATORS_MAILS)

    def until(self, ends: Callable[[], bool]) -> Outbox:
        """Return one whose :meth:`send` raises EndedError, after a mail, when it is to end.

        What was sent is recorded, and the others wait.
        """

        def watch(claimed: Claimed, result: Result) -> None:
            self.dispatch.watch(claimed, result)
            if ends():
                raise EndedError

        return replace(self, dispatch=replace(self.dispatch, watch=watch))

    def next_due(self) -> datetime | None:
        """Return when the next mail is due; None when none waits."""
        with self.store.read() as tx:
            return deliveries.next_due(tx, kinds=self.kinds)


class OutboxWorker:
    """The thread of a process that serves: it sends what waits, at once when it is woken."""

    def __init__(self, current: Callable[[], Outbox | None]) -> None:
        """Make it.

        ``current`` is asked before each look; None: nothing can be sent now.
        """
        self._current = current
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
        while True:
            self._woken.clear()
            # Asked after that: whoever closes it wakes it once more, and that must not be lost.
            if self._closed.is_set():
                return
            self._woken.wait(self.turn().total_seconds())

    def turn(self) -> timedelta:
        """Send what is due; return how long there is to wait. No failure ends it."""
        try:
            outbox = self._current()
            if outbox is None:
                return _LOOK
            # Thousands may wait, and nobody waits so long for a process that is to end.
            sent = outbox.until(self._closed.is_set).send()
            if sent is not None and sent.paused:
                LOG.warning("mails wait: %s", sent.paused)
                return _LOOK
            due = outbox.next_due()
        except (BusyError, EndedError):
            return _BUSY
        except BriefingError as error:
            LOG.error("the outbox is blocked: %s", error)  # noqa: TRY400  the message is enough
            return _LOOK
        except Exception:  # what is not foreseen must not end it
            LOG.exception("the outbox is blocked")
            return _LOOK
        return min(max(due - outbox.dispatch.clock(), _BUSY), _LOOK) if due else _LOOK
