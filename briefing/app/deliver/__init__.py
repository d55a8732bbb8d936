"""VERB: deliveries that are due to the relay, each recorded before its connection goes on."""

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
    """Send all that is due now; what fails in passing is due again later.

    An outcome is on disk before its connection sends the next message: a process that is killed
    leaves at most one mail a connection in doubt. Who leaves while it runs gets nothing that has
    not been begun.

    BusyError: another process delivers from this store now; StoreError: the store failed; what was
    being sent is in doubt.
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
            # When one fails, or we are interrupted, all stop.
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
