"""Error logging without addresses or tokens."""

from __future__ import annotations

import logging
import re
import secrets
import traceback

from briefing.core.errors import StoreError

LOG = logging.getLogger("briefing.web")

_ADDRESS = re.compile(r"[^\s<>@]{1,64}@[^\s<>@]{1,255}")


def without_addresses(text: str) -> str:
    """Return a text with mail addresses masked, for the log."""
    return _ADDRESS.sub("…", text)


def log_failure(error: BaseException, *, at: str) -> str:
    """Log where something failed, without the error message; return the number of the entry.

    The message may contain an address or a token; store errors name only the store.
    """
    number = secrets.token_hex(4)
    where = traceback.extract_tb(error.__traceback__)
    steps = " < ".join(f"{step.filename}:{step.lineno}" for step in reversed(where[-6:]))
    message = f": {error}" if isinstance(error, StoreError) else ""
    LOG.error("failure %s in %s: %s%s (%s)", number, at, type(error).__name__, message, steps)
    return number
