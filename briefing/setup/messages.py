"""From settings to the messages between rounds and workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefing.app.rounds.shared import Messenger
from briefing.core.errors import MissingPartError, SettingsError
from briefing.store.location import StoreLocation

if TYPE_CHECKING:
    from briefing.engine import JobQueue


def queue_of(place: StoreLocation) -> JobQueue:
    """Return the messages of a store, not open yet.

    SettingsError: the store is not on PostgreSQL; MissingPartError: procrastinate is not installed.
    """
    if place.file is not None:
        raise SettingsError(
            'engine.kind: "procrastinate" needs a store on PostgreSQL; set store.at to '
            "postgresql://USER@HOST/DATABASE"
        )
    try:
        # Only where it was chosen: else it need not be installed.
        from briefing.engine import JobQueue  # noqa: PLC0415
    except ImportError:
        raise MissingPartError(
            'engine.kind = "procrastinate" needs procrastinate; install it with: '
            "pip install 'briefing[cluster]'"
        ) from None
    url = place.url.set(drivername="postgresql")
    return JobQueue(url.render_as_string(hide_password=False), label=place.label)


def messenger(queue: JobQueue) -> Messenger:
    """Return what tells workers of jobs."""
    from briefing.engine import Message  # noqa: PLC0415  as above

    return lambda waiting: queue.send(Message(job.step.value, job.number) for job in waiting)
