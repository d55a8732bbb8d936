"""Finds rankers, classifiers, sources and themes by name, and the messages of the engine."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any

from briefing.core.errors import MissingPartError, SettingsError, UnknownNameError

if TYPE_CHECKING:
    from briefing.app.rounds.shared import Messenger
    from briefing.engine import JobQueue
    from briefing.store.location import StoreLocation

#: The doors; each is an entry-point group ``briefing.<kind>s``.
KINDS = ("ranker", "classifier", "source", "theme")


@lru_cache(maxsize=1)
def _installed(path: tuple[str, ...]) -> Mapping[str, Mapping[str, EntryPoint]]:
    """Read the entry points of all packages on the path, by kind; it opens a file a package."""
    del path
    everything = entry_points()
    return {
        kind: {entry.name: entry for entry in everything.select(group=f"briefing.{kind}s")}
        for kind in KINDS
    }


def names(kind: str) -> tuple[str, ...]:
    """Return every registered name of a kind, sorted."""
    return tuple(sorted(_installed(tuple(sys.path))[kind]))


def providers(kind: str) -> dict[str, str]:
    """Return name → the package that registered it, sorted by name."""
    return {
        name: entry.dist.name if entry.dist else "?"
        for name, entry in sorted(_installed(tuple(sys.path))[kind].items())
    }


def load(kind: str, name: str) -> Any:  # noqa: ANN401  the caller knows which port it asked for
    """Return what is registered under a name.

    UnknownNameError: it is not registered; the message lists the known names.
    """
    registered = _installed(tuple(sys.path))[kind]
    if name not in registered:
        raise UnknownNameError(kind, name, registered)
    return registered[name].load()


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
