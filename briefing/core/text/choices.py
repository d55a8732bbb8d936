"""Editors' choices, each applied to the story that holds its report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from briefing.core.errors import ChoiceError
from briefing.core.model import Action, Choice, ChoiceOutcome, Effect, Story

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Say:
    """The editors' choices for one story."""

    #: TOP, PIN or DROP; None: its rank decides.
    place: Action | None = None
    #: Section it was moved to; empty: the section that the classifier gives.
    section: str = ""
    #: Who chose the place; empty without one.
    who: str = ""

    @property
    def dropped(self) -> bool:
        """Whether it is not to be printed."""
        return self.place is Action.DROP

    @property
    def kept(self) -> bool:
        """Whether it is to be printed, whatever its rank."""
        return self.place in {Action.TOP, Action.PIN}


#: No choice.
NOTHING = Say()


@dataclass(frozen=True, slots=True)
class Heard:
    """All choices, each with its story."""

    #: By id of the story.
    says: Mapping[str, Say]
    #: In the order given.
    outcomes: tuple[ChoiceOutcome, ...]


def hear(choices: Sequence[Choice], stories: Sequence[Story], *, sections: Sequence[str]) -> Heard:
    """Find the story of each choice, and resolve several choices for one story.

    A choice is for the story that holds its report: the document with its id, else a document
    with its URL; copies of reports count. Of several choices for one story, the latest place and
    the latest section take effect (equal times: the later given). A choice that equals the
    effective one is met too.

    Raises:
        ChoiceError: two stories are chosen as the top story, or a section is not printed.
    """
    homes = _homes(stories)
    at_home = [(choice, homes(choice)) for choice in choices]
    by_story: dict[str, list[Choice]] = {}
    for choice, story in at_home:
        if story:
            by_story.setdefault(story, []).append(choice)
    effective = {story: _effective(about) for story, about in by_story.items()}
    refuse_two_tops([place for place, _ in effective.values() if place])
    _refuse_unprinted([move for _, move in effective.values() if move], sections)
    return Heard(
        {story: _say(*pair) for story, pair in effective.items()},
        tuple(
            ChoiceOutcome(choice, _effect(choice, *effective[story]), story)
            if story
            else ChoiceOutcome(choice, Effect.ABSENT)
            for choice, story in at_home
        ),
    )


def in_place(ranked: Iterable[T], *, say: Callable[[T], Say]) -> list[T]:
    """Return ranked stories in printed order.

    The top story is the one that an editor chose, else the best; pinned ones follow, then the
    rest; each in the order given.
    """
    ordered = sorted(ranked, key=lambda story: say(story).place is not Action.TOP)
    return ordered[:1] + sorted(ordered[1:], key=lambda story: not say(story).kept)


def settle(
    outcomes: Iterable[ChoiceOutcome], *, wordless: Iterable[str]
) -> tuple[ChoiceOutcome, ...]:
    """Mark the choices that cannot be met because no sentence of their story can be printed."""
    unprintable = set(wordless)
    return tuple(
        ChoiceOutcome(outcome.choice, Effect.WORDLESS, outcome.story)
        if outcome.effect is Effect.MET and outcome.story in unprintable
        else outcome
        for outcome in outcomes
    )


def _homes(stories: Sequence[Story]) -> Callable[[Choice], str]:
    by_id: dict[str, str] = {}
    by_url: dict[str, str] = {"": ""}
    for story in stories:
        for document in (*story.documents, *story.copies):
            by_id.setdefault(document.id, story.id)
            by_url.setdefault(document.url, story.id)
    return lambda choice: by_id.get(choice.document) or by_url.get(choice.url, "")


def _effective(choices: Sequence[Choice]) -> tuple[Choice | None, Choice | None]:
    """Return the choice of a place and the move that take effect for one story."""
    places = [choice for choice in choices if choice.action is not Action.MOVE]
    moves = [choice for choice in choices if choice.action is Action.MOVE]
    return _latest(places), _latest(moves)


def _latest(choices: Sequence[Choice]) -> Choice | None:
    return max(reversed(choices), key=lambda choice: choice.at, default=None)


def _say(place: Choice | None, move: Choice | None) -> Say:
    return Say(
        place.action if place else None,
        move.section if move else "",
        place.who if place else "",
    )


def _effect(choice: Choice, place: Choice | None, move: Choice | None) -> Effect:
    if choice.action is Action.MOVE:
        dropped = place is not None and place.action is Action.DROP
        met = move is not None and choice.section == move.section and not dropped
    else:
        met = place is not None and choice.action is place.action
    return Effect.MET if met else Effect.OVERRULED


def refuse_two_tops(places: Iterable[Choice]) -> None:
    """Refuse two top stories.

    Raises:
        ChoiceError: two of the choices, each about a different story, are a TOP.
    """
    tops = sorted(
        (choice for choice in places if choice.action is Action.TOP), key=lambda choice: choice.at
    )
    if len(tops) > 1:
        first, second, *_ = tops
        raise ChoiceError(
            f"two stories are to open the page: {first.headline!r} (chosen by "
            f"{first.who}) and {second.headline!r} (chosen by {second.who}); undo one of them"
        )


def _refuse_unprinted(moves: Sequence[Choice], sections: Sequence[str]) -> None:
    for choice in moves:
        if choice.section not in sections:
            raise ChoiceError(
                f"{choice.headline!r} was moved to section {choice.section!r}, which is not "
                f"printed; printed are {', '.join(sections)}: undo that move by {choice.who}"
            )
