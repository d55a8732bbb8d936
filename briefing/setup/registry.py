"""Finds rankers, classifiers, sources and themes by name; built-ins use the plug-ins' door."""

import sys
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from briefing.core.errors import UnknownNameError

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
