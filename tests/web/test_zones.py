from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import available_timezones

from briefing.web.zones import ZoneChoice, usable, zone_groups

WINTER = datetime(2026, 1, 12, tzinfo=UTC)
SUMMER = datetime(2026, 7, 12, tzinfo=UTC)


def labels(name: str, at: datetime) -> list[str]:
    return [one.label for group in zone_groups([name], at=at).values() for one in group]


def test_zones_stand_under_their_region_in_the_order_of_the_alphabet() -> None:
    names = ("UTC", "Europe/Zurich", "Europe/Oslo", "America/Argentina/Buenos_Aires")
    groups = zone_groups(names, at=WINTER)
    assert list(groups) == ["World", "Europe", "America"]
    assert groups["Europe"] == [
        ZoneChoice("Europe/Oslo", "Oslo (UTC+1)"),
        ZoneChoice("Europe/Zurich", "Zurich (UTC+1)"),
    ]
    assert groups["America"][0].label == "Buenos Aires (UTC−3)"


def test_offsets_are_those_of_the_moment() -> None:
    assert labels("Europe/Zurich", SUMMER) == ["Zurich (UTC+2)"]
    assert labels("Africa/Accra", SUMMER) == ["Accra (UTC)"]
    assert labels("Asia/Kathmandu", SUMMER) == ["Kathmandu (UTC+5:45)"]
    assert labels("UTC", SUMMER) == ["UTC"]


def test_old_names_of_zones_are_not_offered() -> None:
    names = usable(available_timezones())
    assert names[0] == "UTC"
    assert {"Europe/Zurich", "Asia/Kathmandu", "Pacific/Auckland"} <= set(names)
    assert not {"US/Pacific", "Etc/GMT+3", "Cuba", "EST"} & set(names)
