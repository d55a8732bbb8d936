from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from briefing.core import record
from briefing.core.errors import InputError
from briefing.core.model import ChoiceOutcome, Effect
from briefing.press.choices import outcome_text
from briefing.press.reasons import why_facts, why_text
from tests.choosing import chosen
from tests.desk import EDITION
from tests.newsday import HARBOR, NICKEL, RIVER, TODAY, report

PINNED = ChoiceOutcome(chosen("pin", report("nickel", NICKEL), id=7), Effect.MET, "s2")
MOVED = ChoiceOutcome(
    chosen("move", report("harbor", HARBOR), "diplomacy", id=9, who="eva"), Effect.MET, "s1"
)
ABSENT = ChoiceOutcome(chosen("top", report("river", RIVER), id=11), Effect.ABSENT)
STEERED = replace(EDITION, choices=(PINNED, MOVED, ABSENT))


def written() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(record.write(STEERED))
    return content


def test_the_manifest_holds_who_chose_what_and_when() -> None:
    first = written()["manifest"]["choices"][0]
    assert first == {
        "id": 7,
        "action": "pin",
        "section": "",
        "headline": NICKEL[0],
        "document": "nickel",
        "url": "https://courier.example/nickel",
        "who": "ada",
        "at": "2026-03-11T17:24:00+00:00",
        "effect": "met",
        "story": "s2",
    }


def test_what_was_chosen_is_read_back_and_the_rest_of_the_manifest_stays() -> None:
    again = record.read(record.write(STEERED), name="x").edition
    assert again.choices == STEERED.choices
    assert again.manifest == EDITION.manifest
    assert all(outcome.choice.day == TODAY for outcome in again.choices)


def test_an_edition_without_choices_is_written_as_it_always_was() -> None:
    assert "choices" not in record.write(EDITION)
    rest = written()
    del rest["manifest"]["choices"]
    assert rest == json.loads(record.write(EDITION))


@pytest.mark.parametrize(
    "wrong",
    [
        [{"action": "pin"}],
        7,
        ["x"],
        [{**written()["manifest"]["choices"][0], "action": "shout"}],
        [{**written()["manifest"]["choices"][0], "at": "noon"}],
        [{**written()["manifest"]["choices"][0], "effect": None}],
    ],
)
def test_choices_that_are_none_are_an_error_of_the_file(wrong: object) -> None:
    edition = {**written(), "manifest": {"choices": wrong}}
    with pytest.raises(InputError, match=r"x\.json: not an edition"):
        record.read(json.dumps(edition), name="x.json")


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
    assert [choice["action"] for choice in why_facts(steered, story)["choices"]] == ["pin"]
    plain = why_text(EDITION, story).splitlines()
    assert text[:2] + text[3:] == plain
    assert "choices" not in why_facts(EDITION, story)
