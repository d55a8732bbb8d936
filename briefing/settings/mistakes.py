"""What is wrong in a settings file: each mistake with its line and what would be right."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import ValidationError

#: What would be right, where the general words say too little.
_HINTS = {
    "schedule.at": 'must be a time such as "06:30"',
    "schedule.holidays": 'must be a date such as "2026-12-25"',
    "alerts.webhook": 'must be a web address such as "https://chat.example/hook"',
    "web.address": 'must be a web address such as "https://briefing.example", no slash at its end',
}


def mistakes(path: Path, text: str, error: ValidationError) -> str:
    """Return one line that tells each mistake with its line and what would be right."""
    told = [
        f"line {_line(text, mistake['loc'])}: {_dotted(mistake['loc'])}: "
        f"{_reason(mistake['msg'], mistake['loc'])}"
        for mistake in error.errors(include_url=False)
    ]
    return f"{path}: " + "; ".join(told)


def _dotted(place: tuple[int | str, ...]) -> str:
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in place)


def _reason(message: str, place: tuple[int | str, ...]) -> str:
    name = ".".join(part for part in place if isinstance(part, str))
    if message.startswith(("String should match pattern", "Input should be a valid date")):
        return _HINTS.get(name, message)
    return message.removeprefix("Value error, ").replace(
        "Extra inputs are not permitted", "no such setting; see `briefing init` for all"
    )


def _line(text: str, place: tuple[int | str, ...]) -> int | Literal["?"]:
    """Return the line of a key, from 1, in its own table; else that of the table, or "?"."""
    keys = [part for part in place if isinstance(part, str)]
    table = ".".join(keys[:-1])
    # Of tables of one name, [[sections]], it is the one with this number.
    before = place[: max(at for at, part in enumerate(place) if isinstance(part, str))][-1:]
    number = before[0] if before and isinstance(before[0], int) else 0
    passed, here, head = -1, "", 0
    for at, line in enumerate(text.splitlines(), 1):
        words = line.split("=")[0].strip()
        if words.startswith("["):
            here = words.partition("]")[0].strip("[ \t")
            passed += here == table
            if here == ".".join(keys):
                return at
            head = at if here == table and passed == number else head
        elif words == keys[-1] and here == table and (not table or passed == number):
            return at
    return head or _first(text, keys[0])


def _first(text: str, key: str) -> int | Literal["?"]:
    """Return the first line that begins with a key, as of a table that is written on one line."""
    begins = (line.split("=")[0].strip().split(".")[0] for line in text.splitlines())
    return next((at for at, words in enumerate(begins, 1) if words == key), "?")
