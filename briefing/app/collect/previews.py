"""What would be added as sources, kept for a session until it is added, or for an hour."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import TypeAdapter

from briefing.app.collect.trial import Trial
from briefing.sources.opml import Opml
from briefing.store import Transaction, uploads
from briefing.store.uploads import KEPT, Upload

Previewed = TypeVar("Previewed", Trial, Opml)

#: The kinds, each as JSON.
_KINDS: Mapping[type, TypeAdapter[Any]] = MappingProxyType(
    {Trial: TypeAdapter(Trial), Opml: TypeAdapter(Opml)}
)
#: Digits of a key.
_DIGITS = 24


def keep(tx: Transaction, session: bytes, value: Trial | Opml, *, at: datetime) -> str:
    """Keep what was found; return its key."""
    content = _KINDS[type(value)].dump_json(value)
    digest = hashlib.sha256(content).hexdigest()
    key = digest[:_DIGITS]
    uploads.put(tx, session, key, Upload(at, type(value).__name__, digest, content.decode()))
    return key


def kept(
    tx: Transaction, session: bytes, key: str, kind: type[Previewed], *, at: datetime
) -> Previewed | None:
    """Return what a session keeps under a key; None if it is no longer kept, or of another kind."""
    upload = uploads.get(tx, session, key, since=at - KEPT)
    if upload is None or upload.content is None or upload.name != kind.__name__:
        return None
    value: Previewed = _KINDS[kind].validate_json(upload.content)
    return value


def forget(tx: Transaction, session: bytes, key: str) -> None:
    """Forget what a session keeps under a key."""
    uploads.drop(tx, session, key)
