"""PURE: names of operators and of tokens."""

from __future__ import annotations

import re

from briefing.app.actor import COMMAND
from briefing.core.errors import UsageError

#: Stands in the audit log for an unknown name: what was typed may be a password.
NOBODY = "unknown"
#: Names that the audit log needs for others.
_TAKEN = frozenset({COMMAND, "token", NOBODY})
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", re.ASCII)


def check_name(name: str) -> None:
    """Refuse a name that cannot be one.

    Raises:
        UsageError: the message says what a name can be.
    """
    if _NAME.fullmatch(name) is None or name in _TAKEN:
        raise UsageError(
            f"{name[:80]!a}: cannot be a name; take up to 40 lower-case letters, digits and "
            f"hyphens, and none of {', '.join(sorted(_TAKEN))}"
        )
