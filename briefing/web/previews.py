"""Previews that an operator has not accepted yet, in memory for an hour."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import TypeVar

T = TypeVar("T")

#: For how long, and how many: a large list takes five megabytes.
LIFE, _MOST = timedelta(hours=1), 20


@dataclass(frozen=True, slots=True)
class _Entry:
    operator: str
    until: datetime
    value: object


class Previews:
    """Values by a key that nobody can guess; the oldest makes room."""

    def __init__(self) -> None:
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._lock = Lock()

    def put(self, value: object, *, operator: str, at: datetime) -> str:
        """Keep a value for an operator; return its key."""
        key = secrets.token_hex(12)
        with self._lock:
            self._entries[key] = _Entry(operator, at + LIFE, value)
            while len(self._entries) > _MOST:
                self._entries.popitem(last=False)
        return key

    def get(self, key: str, kind: type[T], *, operator: str, at: datetime) -> T | None:
        """Return an operator's own value of a kind; None if it is no longer kept."""
        with self._lock:
            entry = self._entries.get(key)
        if entry is None or entry.operator != operator or entry.until < at:
            return None
        return entry.value if isinstance(entry.value, kind) else None

    def drop(self, key: str) -> None:
        """Forget a value."""
        with self._lock:
            self._entries.pop(key, None)
