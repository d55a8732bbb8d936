"""Sends deliveries that are due to the relay, recording each before the next one."""

from concurrent.futures import ThreadPoolExecutor

from briefing.app.deliver.plan import Delivered, DeliveryPlan, Dispatch, Envelope, RelayConnection
from briefing.app.deliver.worker import DeliveryLog, DeliveryWorker, Rhythm
from briefing.store import Store, claims, identity
from briefing.store.claims import Claimed, settle_journal

__all__ = [
    "Claimed",
    "Delivered",
    "DeliveryPlan",
    "Dispatch",
    "Envelope",
    "RelayConnection",
    "deliver",
]


def deliver(store: Store, dispatch: Dispatch) -> Delivered:
    """Send everything that is due now; mails that fail temporarily become due again later.

    Each outcome is recorded on disk before its connection sends the next message, so that a killed
    process leaves at most one mail per connection in doubt. Readers who unsubscribe during the run
    get nothing that has not been begun.

    BusyError: another process delivers from this store; StoreError: the store failed, and mails
    being sent at that moment are in doubt.
    """
    plan = dispatch.plan
    work = "deliver" if plan.has_editions else "outbox"
    with store.alone(work, shared=not plan.alone):
        with store.write() as tx:
            settle_journal(tx)
            suspect = identity.hold_if_older(tx, store.place) if plan.has_editions else None
            if plan.alone:
                claims.end_leases(tx, kinds=plan.kinds)
        run = dispatch.name()
        with DeliveryLog(store, dispatch) as delivery_log:
            rhythm = Rhythm(
                dispatch.pace(plan.rates),
                clock=dispatch.clock,
                sleep=dispatch.sleep,
                stop=delivery_log.stop,
            )
            # If one fails, or the run is interrupted, all stop.
            with ThreadPoolExecutor(plan.connections, thread_name_prefix="deliver") as pool:
                try:
                    workers = (
                        DeliveryWorker(f"{run}/{number}", dispatch, delivery_log, rhythm)
                        for number in range(plan.connections)
                    )
                    for done in [pool.submit(worker.carry) for worker in workers]:
                        done.result()
                except BaseException:
                    delivery_log.stop.set()
                    raise
        return Delivered(
            dict(delivery_log.attempts), delivery_log.paused, suspect or 0, delivery_log.refusing
        )
