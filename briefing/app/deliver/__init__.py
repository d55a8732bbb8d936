"""VERB: deliveries that are due to the relay, each recorded before its connection goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import datetime

from briefing.app.deliver.log import DeliveryLog
from briefing.app.deliver.plan import Delivered, DeliveryPlan, Envelope, RelayConnection
from briefing.app.deliver.worker import DeliveryWorker, Rhythm
from briefing.mail.pace import Pace
from briefing.mail.relay import Result
from briefing.store import Store, claims, progress
from briefing.store.claims import Claimed

__all__ = ["Claimed", "Delivered", "DeliveryPlan", "Envelope", "RelayConnection", "deliver"]


def deliver(  # noqa: PLR0913  what sending is made of
    store: Store,
    *,
    run: str,
    letters: Callable[[Claimed], Envelope],
    connect: Callable[[], RelayConnection],
    plan: DeliveryPlan,
    clock: Callable[[], datetime],
    sleep: Callable[[float], None],
    chance: Callable[[], float],
    watch: Callable[[Claimed, Result], None] = lambda _claimed, _result: None,
) -> Delivered:
    """Send all that is due now; what fails in passing is due again later.

    An outcome is committed before its connection begins the next mail: a process that is killed
    leaves at most one mail a connection in doubt. Who leaves while it runs gets nothing that has
    not been begun.

    Args:
        store: holds the deliveries.
        run: a name that no other run has.
        letters: makes the mail of one delivery; called in several threads at a time. An InputError
            refuses this one delivery.
        connect: makes a connection, which may really connect when the first mail is sent.
        plan: how many at once, how fast, and what to do in doubt.
        clock: now, aware UTC.
        sleep: waits for so many seconds.
        chance: 0 to 1, at random.
        watch: told each outcome when it has been recorded.

    Raises:
        BusyError: another process delivers from this store now.
        StoreError: the store failed; what was being sent is in doubt.
    """
    work = "deliver" if plan.has_editions else "outbox"
    with store.alone(work) if plan.alone else nullcontext():
        with store.write() as tx:
            suspect = progress.hold_if_older(tx, store.place) if plan.has_editions else None
            if plan.alone:
                claims.end_leases(tx, at=clock(), kinds=plan.kinds)
        with DeliveryLog(store, plan=plan, clock=clock, chance=chance, watch=watch) as delivery_log:
            rhythm = Rhythm(Pace(plan.rates), clock=clock, sleep=sleep, stop=delivery_log.stop)
            crew = [
                DeliveryWorker(
                    f"{run}/{number}",
                    delivery_log=delivery_log,
                    plan=plan,
                    rhythm=rhythm,
                    letters=letters,
                    connect=connect,
                    clock=clock,
                )
                for number in range(plan.connections)
            ]
            _work(crew, delivery_log)
        return Delivered(
            dict(delivery_log.attempts), delivery_log.paused, suspect or 0, delivery_log.refusing
        )


def _work(crew: Sequence[DeliveryWorker], delivery_log: DeliveryLog) -> None:
    """Let all carry until nothing is due; when one fails, or we are interrupted, all stop."""
    with ThreadPoolExecutor(len(crew), thread_name_prefix="deliver") as pool:
        try:
            for one in [pool.submit(sender.carry) for sender in crew]:
                one.result()
        except BaseException:
            delivery_log.stop.set()
            raise
