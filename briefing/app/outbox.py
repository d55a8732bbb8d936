"""Sends all mails other than editions; each is stored, and so outlives the process that asked."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import field, replace
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Self

from briefing.app.deliver import Claimed, Delivered, Dispatch, deliver
from briefing.app.readers import Limits, Reply, answer_signups, put_mail
from briefing.app.readers.administration import add_pending
from briefing.core.errors import BriefingError, BusyError, StoreError
from briefing.core.frozen import frozen
from briefing.core.model import OPERATORS_MAILS, OTHER_MAILS, Delivery, MailKind, Subscriber
from briefing.mail.relay import Result
from briefing.store import Store, deliveries
from briefing.store.audit import Actor
from briefing.store.reader_list import forget_expired, has_expired

LOG = logging.getLogger("briefing.outbox")
#: Longest wait, and so the delay in noticing requests of other processes.
_LOOK = timedelta(seconds=30)
#: Wait before checking again whether another sending process has left anything.
_BUSY = timedelta(seconds=1)
#: How long the result of a mail is kept.
_KEPT = timedelta(days=30)
#: How long an alert mail is tried; a lasting alert is then sent again.
_ALERT_TRIED = timedelta(days=1)


class EndedError(Exception):
    """The outbox is to end before all mails are sent."""


@frozen
class Outbox:
    """Sends waiting mails by the same rules as editions: claimed, begun, settled."""

    store: Store
    dispatch: Dispatch
    limits: Limits = field(default_factory=Limits)
    #: Kinds of mail that it can write.
    kinds: frozenset[MailKind] = OTHER_MAILS

    def send(self) -> Delivered | None:
        """Send everything that is due; None if nothing is.

        Only one process sends at a time, so that mails claimed by a dead one are free at once. A
        mail in doubt is always sent again, even if the settings say to hold editions in doubt:
        nobody checks held mails here.

        BusyError: another process is sending.
        """
        clock = self.dispatch.clock
        answer_signups(self.store, clock=clock, limits=self.limits)
        expires = self.store.look(has_expired, at=clock())
        if expires:
            with self.store.write() as tx:
                forget_expired(tx, at=clock())
        if not self.store.look(deliveries.waits, kinds=self.kinds, at=clock()):
            return None
        plan = replace(self.dispatch.plan, kinds=self.kinds, alone=True, resend=True, batch=1)
        sent = deliver(self.store, replace(self.dispatch, plan=plan))
        with self.store.write() as tx:
            deliveries.forget_mails(tx, before=clock() - _KEPT)
        return sent

    def send_alert(self, message: str) -> Delivery | None:
        """Queue and send an alert, which is tried for a day; None: the store cannot take it.

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
        """Add a pending subscriber, or find a known one, and send the confirmation mail.

        The returned delivery may still be due, if the relay did not accept it or another process is
        sending; a later run then sends it.

        UsageError: the address is already subscribed, or must not be mailed.
        """
        with self.store.write() as tx:
            to = add_pending(tx, new, actor=actor)
            number = put_mail(tx, Reply.CONFIRM, to, at=actor.at).number
        with suppress(BusyError):
            self.send()
        return to, self._get(number)

    def _get(self, number: int) -> Delivery:
        mail = self.store.look(deliveries.get, number)
        assert mail is not None  # noqa: S101  kept just now
        return mail

    def only_operators(self) -> Outbox:
        """Return an outbox that only sends mails to those who run the briefing."""
        return replace(self, kinds=OPERATORS_MAILS)

    def until(self, ends: Callable[[], bool]) -> Outbox:
        """Return an outbox whose :meth:`send` raises EndedError once ``ends`` is true.

        What was sent by then is recorded, and the others wait.
        """

        def watch(claimed: Claimed, result: Result) -> None:
            self.dispatch.watch(claimed, result)
            if ends():
                raise EndedError

        return replace(self, dispatch=replace(self.dispatch, watch=watch))

    def next_due(self) -> datetime | None:
        """Return when the next mail is due; None: none is waiting."""
        return self.store.look(deliveries.next_due, kinds=self.kinds)


class OutboxWorker:
    """The thread of a serving process that sends waiting mails, at once when woken."""

    def __init__(self, current: Callable[[], Outbox | None]) -> None:
        """Make the worker.

        ``current`` is called before each check; None: nothing can be sent now.
        """
        self._current = current
        self._woken, self._closed = Event(), Event()
        self._thread = Thread(target=self._run, name="outbox", daemon=True)

    def wake(self) -> None:
        """Make it check at once."""
        self._woken.set()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """End it after the mails that are being sent."""
        self._closed.set()
        self._woken.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            self._woken.clear()
            # Checked after clearing, so that the wake-up by whoever closes it is not lost.
            if self._closed.is_set():
                return
            self._woken.wait(self.turn().total_seconds())

    def turn(self) -> timedelta:
        """Send what is due; return how long to wait. No failure ends it."""
        try:
            outbox = self._current()
            if outbox is None:
                return _LOOK
            # Thousands of mails may wait, and a closing process cannot wait for them all.
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
        except Exception:  # an unforeseen error must not end the thread
            LOG.exception("the outbox is blocked")
            return _LOOK
        return min(max(due - outbox.dispatch.clock(), _BUSY), _LOOK) if due else _LOOK
