from __future__ import annotations

from dataclasses import replace

import pytest

from briefing.core.model import ChoiceOutcome, Effect
from briefing.press.choices import outcome_text
from briefing.press.reasons import why_facts, why_text
from tests.choosing import chosen
from tests.desk import EDITION
from tests.newsday import HARBOR, NICKEL, RIVER, report

PINNED = ChoiceOutcome(chosen("pin", report("nickel", NICKEL), id=7), Effect.MET, "s2")
MOVED = ChoiceOutcome(
    chosen("move", report("harbor", HARBOR), "diplomacy", id=9, who="eva"), Effect.MET, "s1"
)


@pytest.mark.parametrize(
    ("action", "text"),
    [
        ("top", "Put on top by ada"),
        ("pin", "Pinned by ada"),
        ("drop", "Left out by ada"),
        ("move", "Moved to economy by ada"),
        ("headline", "Headline chosen by ada"),
    ],
)
@pytest.mark.parametrize(
    ("effect", "unmet"),
    [
        ("met", ""),
        ("absent", "; not met: its report is in no story of the day"),
        ("untitled", "; not met: the title of its report cannot be the headline"),
        ("wordless", "; not met: it has no new sentence that can stand alone"),
        ("overruled", "; not met: another choice about the same story counts"),
    ],
)
def test_a_choice_is_said_with_what_came_of_it(
    action: str, text: str, effect: str, unmet: str
) -> None:
    outcome = ChoiceOutcome(chosen(action, report("river", RIVER), "economy"), Effect(effect))
    assert outcome_text(outcome) == f"{text}, 2026-03-11 17:24 UTC{unmet}"


def test_why_a_story_stands_there_says_what_was_chosen_of_it() -> None:
    story = PINNED.story
    steered = replace(EDITION, choices=(PINNED, replace(MOVED, story="s99")))
    text = why_text(steered, story).splitlines()
    assert text[2] == "  Pinned by ada, 2026-03-11 17:24 UTC"
    assert [line for line in text if " by eva" in line] == []
    (told,) = why_facts(steered, story)["choices"]
    assert (told["choice"]["action"], told["choice"]["who"], told["effect"]) == (
        "pin",
        "ada",
        "met",
    )
    plain = why_text(EDITION, story).splitlines()
    assert text[:2] + text[3:] == plain
    assert "choices" not in why_facts(EDITION, story)
