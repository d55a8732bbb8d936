"""Editors' choices and their outcomes as text."""

from __future__ import annotations

from collections.abc import Sequence

from briefing.core.model import Action, Choice, ChoiceOutcome, Effect

_DONE = {
    Action.TOP: "Put on top",
    Action.PIN: "Pinned",
    Action.DROP: "Left out",
    Action.MOVE: "Moved",
    Action.HEADLINE: "Headline chosen",
}
#: Why a choice was not met.
_UNMET = {
    Effect.ABSENT: "its report is in no story of the day",
    Effect.WORDLESS: "it has no new sentence that can stand alone",
    Effect.OVERRULED: "another choice about the same story counts",
    Effect.UNTITLED: "the title of its report cannot be the headline",
}


def outcome_text(outcome: ChoiceOutcome) -> str:
    """Return who chose what and when, and why it was not met, if so."""
    choice = outcome.choice
    text = f"{choice_text(choice)}, {choice.at:%Y-%m-%d %H:%M} UTC"
    return f"{text}; not met: {unmet}" if (unmet := unmet_text(outcome)) else text


def choice_text(choice: Choice) -> str:
    """Return what was chosen and by whom."""
    return choices_text([choice])


def choices_text(choices: Sequence[Choice]) -> str:
    """Return what one person chose at one time, and by whom: "Moved to economy and pinned by ada".

    At least one choice is given.
    """
    done = [_done(choice) for choice in choices]
    text = " and ".join((done[0], *(f"{part[:1].lower()}{part[1:]}" for part in done[1:])))
    return f"{text} by {choices[0].who}"


def _done(choice: Choice) -> str:
    where = f" to {choice.section}" if choice.action is Action.MOVE else ""
    return f"{_DONE[choice.action]}{where}"


def unmet_text(outcome: ChoiceOutcome) -> str:
    """Return why a choice was not met; empty if it was."""
    return _UNMET.get(outcome.effect, "")
