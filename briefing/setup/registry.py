"""Finds rankers, classifiers, sources and themes by name; the job queue of a store."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any

from briefing.core.errors import MissingPartError, SettingsError, UnknownNameError

if TYPE_CHECKING:
    from briefing.app.rounds.runs import Messenger
    from briefing.engine import JobQueue
    from briefing.store.location import StoreLocation

#: The kinds of plug-ins; each is an entry-point group ``briefing.<kind>s``.
KINDS = ("ranker", "classifier", "source", "theme")


@lru_cache(maxsize=1)
def _installed(path: tuple[str, ...]) -> Mapping[str, Mapping[str, EntryPoint]]:
    """Return the entry points of all packages on the path, by kind; reads a file per package."""
    del path
    everything = entry_points()
    return {
        kind: {entry.name: entry for entry in everything.select(group=f"briefing.{kind}s")}
        for kind in KINDS
    }


def names(kind: str) -> tuple[str, ...]:
    """Return every registered name of a kind, sorted."""
    return tuple(providers(kind))


def providers(kind: str) -> dict[str, str]:
    """Return the package that registered each name, sorted by name."""
    return {
        name: entry.dist.name if entry.dist else "?"
        for name, entry in sorted(_installed(tuple(sys.path))[kind].items())
    }


def load(kind: str, name: str) -> Any:  # noqa: ANN401  the caller knows which port it asked for
    """Return what is registered under a name.

    Raises UnknownNameError if it is not registered; the message lists the known names.
    """
    registered = _installed(tuple(sys.path))[kind]
    if name not in registered:
        raise UnknownNameError(kind, name, registered)
    return registered[name].load()


def queue_of(place: StoreLocation) -> JobQueue:
    """Return the job queue of a store, not open yet.

    Raises SettingsError if the store is not on PostgreSQL, and MissingPartError if procrastinate is
    not installed.
    """
    if place.file is not None:
        raise SettingsError(
            'engine.kind: "procrastinate" needs a store on PostgreSQL; set store.at to '
            "postgresql://USER@HOST/DATABASE"
        )
    try:
        # Only if configured; otherwise it need not be installed.
        from briefing.engine import JobQueue  # noqa: PLC0415
    except ImportError:
        raise MissingPartError(
            'engine.kind = "procrastinate" needs procrastinate; install it with: '
            "pip install 'briefing[cluster]'"
        ) from None
    url = place.url.set(drivername="postgresql")
    return JobQueue(url.render_as_string(hide_password=False), label=place.label)


def messenger(queue: JobQueue) -> Messenger:
    """Return what notifies workers of jobs."""
    from briefing.engine import Message  # noqa: PLC0415  as above

    return lambda waiting: queue.send(Message(job.step.value, job.number) for job in waiting)
