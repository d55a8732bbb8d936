"""What editors chose, as the manifest of an edition holds it and as it is said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from briefing.core.model import Action, Choice, ChoiceOutcome, Effect

_DONE = {
    Action.TOP: "Put on top",
    Action.PIN: "Pinned",
    Action.DROP: "Dropped",
    Action.MOVE: "Moved",
}
#: Why a choice was not met.
_UNMET = {
    Effect.ABSENT: "its report is not among those of the day",
    Effect.WORDLESS: "it has no new sentence that can stand alone",
    Effect.OVERRULED: "another choice about the same story counts",
}


def outcomes_as_json(outcomes: Sequence[ChoiceOutcome]) -> dict[str, Any]:
    """Return what a manifest holds of them; nothing without any, so that it is as it was."""
    return {"choices": [outcome_as_json(one) for one in outcomes]} if outcomes else {}


def outcome_as_json(outcome: ChoiceOutcome) -> dict[str, Any]:
    """Return one choice as JSON has it."""
    choice = outcome.choice
    return {
        "id": choice.id,
        "action": choice.action.value,
        "section": choice.section,
        "headline": choice.headline,
        "document": choice.document,
        "url": choice.url,
        "who": choice.who,
        "at": choice.at.isoformat(),
        "effect": outcome.effect.value,
        "story": outcome.story,
    }


def read_outcomes(told: Any, *, day: date) -> tuple[ChoiceOutcome, ...]:  # noqa: ANN401  JSON
    """Read what :func:`tell_rulings` has told of an edition of a day.

    Raises:
        TypeError, ValueError, KeyError, AttributeError: it is not that.
    """
    return tuple(_read(one, day=day) for one in told)


def _read(told: Any, *, day: date) -> ChoiceOutcome:  # noqa: ANN401  JSON
    choice = Choice(
        id=int(told["id"]),
        day=day,
        action=Action(told["action"]),
        document=str(told["document"]),
        url=str(told["url"]),
        headline=str(told["headline"]),
        who=str(told["who"]),
        at=datetime.fromisoformat(told["at"]).astimezone(UTC),
        section=str(told["section"]),
    )
    return ChoiceOutcome(choice, Effect(told["effect"]), str(told["story"]))


def outcome_words(outcome: ChoiceOutcome) -> str:
    """Say who chose what and when, and why it was not met if it was not."""
    choice = outcome.choice
    said = f"{done_words(choice)}, {choice.at:%Y-%m-%d %H:%M} UTC"
    return f"{said}; not met: {unmet}" if (unmet := unmet_words(outcome)) else said


def done_words(choice: Choice) -> str:
    """Say what was chosen and by whom."""
    where = f" to {choice.section}" if choice.action is Action.MOVE else ""
    return f"{_DONE[choice.action]}{where} by {choice.who}"


def unmet_words(outcome: ChoiceOutcome) -> str:
    """Say why a choice was not met; empty for one that was."""
    return _UNMET.get(outcome.effect, "")
