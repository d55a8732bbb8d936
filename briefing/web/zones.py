"""PURE: time zones to choose from, by region and city."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from briefing.press.wording import city_of

#: Regions of city names; other names are aliases of the same zones.
_REGIONS = frozenset(
    {
        *("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian"),
        "Pacific",
    }
)
#: The region of zones without one.
_WORLD = "World"


@dataclass(frozen=True, slots=True)
class ZoneChoice:
    """One zone in a list to choose from."""

    #: IANA name.
    name: str
    #: Such as "Zurich (UTC+1)".
    label: str


def usable(names: Iterable[str]) -> tuple[str, ...]:
    """Return the zones to offer: UTC and all cities in known regions."""
    return ("UTC", *sorted(name for name in names if name.partition("/")[0] in _REGIONS))


def zone_groups(names: Iterable[str], *, at: datetime) -> dict[str, list[ZoneChoice]]:
    """Return zones by region, cities in alphabetical order, with their offset at a time."""
    groups: dict[str, list[ZoneChoice]] = {}
    for name in names:
        region = name.partition("/")[0] if "/" in name else _WORLD
        groups.setdefault(region, []).append(ZoneChoice(name, _label(name, at)))
    return {region: sorted(groups[region], key=_by_label) for region in groups}


def _by_label(choice: ZoneChoice) -> str:
    return choice.label


def _label(name: str, at: datetime) -> str:
    offset = at.astimezone(ZoneInfo(name)).utcoffset() or timedelta()
    return city_of(name) if name == "UTC" else f"{city_of(name)} ({_offset(offset)})"


def _offset(offset: timedelta) -> str:
    """Format an offset such as "UTC+5:30"; zero is "UTC"."""
    minutes = round(offset.total_seconds() / 60)
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    sign = "+" if minutes > 0 else "−"
    return f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")
