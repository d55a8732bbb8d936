"""The store of the settings."""

from __future__ import annotations

from pathlib import Path

from briefing.setup.settings import Settings
from briefing.store import Store, open_store


def open_the_store(settings: Settings, *, folder: Path) -> Store:
    """Open the store of the settings found in a folder."""
    return open_store(settings.store.at, folder=folder)
