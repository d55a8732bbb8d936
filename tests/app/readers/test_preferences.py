from __future__ import annotations

from dataclasses import replace

from briefing.app.readers.preferences import Offered, choices
from briefing.core.model import Preferences

OFFERED = Offered(("economy", "security"), ("UTC", "Africa/Accra"), ("en",))
USUAL = choices(Preferences(), sections=OFFERED.sections)


def test_all_sections_are_no_choice_so_that_new_ones_count() -> None:
    chosen = replace(USUAL, sections=("security", "economy"))
    assert chosen.preferences(OFFERED).sections == ()


def test_sections_are_kept_in_printed_order_and_days_in_that_of_the_week() -> None:
    offered = replace(OFFERED, sections=("economy", "security", "diplomacy"))
    chosen = replace(USUAL, sections=("diplomacy", "economy"), days=("5", "0", "5"))
    assert chosen.preferences(offered).sections == ("economy", "diplomacy")
    assert chosen.preferences(offered).days == (0, 5)
