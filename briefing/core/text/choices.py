"""What editors chose, brought to the stories of the day: each choice goes where its report is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from briefing.core.errors import ChoiceError
from briefing.core.model import Action, Choice, ChoiceOutcome, Effect, Story

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Say:
    """What editors chose for one story."""

    #: TOP, PIN or DROP; None: it stands where it is ranked.
    place: Action | None = None
    #: Where it was moved; empty: the section that it is told to belong to.
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


#: Of a story that no editor speaks of.
NOTHING = Say()


@dataclass(frozen=True, slots=True)
class Heard:
    """All choices, each with the story it is about."""

    #: By id of the story.
    says: Mapping[str, Say]
    #: In the order given.
    outcomes: tuple[ChoiceOutcome, ...]


def hear(choices: Sequence[Choice], stories: Sequence[Story], *, sections: Sequence[str]) -> Heard:
    """Find the story of each choice, and what counts of several about one story.

    A choice is about the story that holds its report: the document of this id, else a document
    of this address; copies of reports count. When choices come together in one story, the latest
    place and the latest section count (equal times: the later given). One that says the same as
    what counts is met too.

    Raises:
        ChoiceError: two stories are to open the page, or a section is not printed.
    """
    homes = _homes(stories)
    at_home = [(choice, homes(choice)) for choice in choices]
    by_story: dict[str, list[Choice]] = {}
    for choice, story in at_home:
        if story:
            by_story.setdefault(story, []).append(choice)
    counting = {story: _counting(told) for story, told in by_story.items()}
    refuse_two_tops([place for place, _ in counting.values() if place])
    _refuse_unprinted([move for _, move in counting.values() if move], sections)
    return Heard(
        {story: _say(*told) for story, told in counting.items()},
        tuple(
            ChoiceOutcome(choice, _effect(choice, *counting[story]), story)
            if story
            else ChoiceOutcome(choice, Effect.ABSENT)
            for choice, story in at_home
        ),
    )


def in_place(ranked: Iterable[T], *, say: Callable[[T], Say]) -> list[T]:
    """Put what is ranked in the order in which it is to be printed.

    The story that an editor put on top opens the page, else the best; then what is pinned, then
    the rest; each in the order given.
    """
    ordered = sorted(ranked, key=lambda one: say(one).place is not Action.TOP)
    return ordered[:1] + sorted(ordered[1:], key=lambda one: not say(one).kept)


def settle(
    outcomes: Iterable[ChoiceOutcome], *, wordless: Iterable[str]
) -> tuple[ChoiceOutcome, ...]:
    """Note which choices could not be met since nothing of their stories can be printed."""
    without = set(wordless)
    return tuple(
        ChoiceOutcome(one.choice, Effect.WORDLESS, one.story)
        if one.effect is Effect.MET and one.story in without
        else one
        for one in outcomes
    )


def _homes(stories: Sequence[Story]) -> Callable[[Choice], str]:
    by_id: dict[str, str] = {}
    by_url: dict[str, str] = {"": ""}
    for story in stories:
        for document in (*story.documents, *story.copies):
            by_id.setdefault(document.id, story.id)
            by_url.setdefault(document.url, story.id)
    return lambda choice: by_id.get(choice.document) or by_url.get(choice.url, "")


def _counting(told: Sequence[Choice]) -> tuple[Choice | None, Choice | None]:
    """Return which choice of a place and which move count of those about one story."""
    places = [choice for choice in told if choice.action is not Action.MOVE]
    moves = [choice for choice in told if choice.action is Action.MOVE]
    return _latest(places), _latest(moves)


def _latest(told: Sequence[Choice]) -> Choice | None:
    return max(reversed(told), key=lambda choice: choice.at, default=None)


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
    """Refuse that two stories open the page.

    Raises:
        ChoiceError: two of the choices, which are about one story each, are a TOP.
    """
    tops = sorted((one for one in places if one.action is Action.TOP), key=lambda one: one.at)
    if len(tops) > 1:
        first, second, *_ = tops
        raise ChoiceError(
            f"two stories are to open the page: {first.headline!r} (chosen by {first.who}) and "
            f"{second.headline!r} (chosen by {second.who}); undo one of the two"
        )


def _refuse_unprinted(moves: Sequence[Choice], sections: Sequence[str]) -> None:
    for one in moves:
        if one.section not in sections:
            raise ChoiceError(
                f"{one.headline!r} is to stand in section {one.section!r}, which is not printed; "
                f"printed are {', '.join(sections)}: undo that move of {one.who}"
            )
