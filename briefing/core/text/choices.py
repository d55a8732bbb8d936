"""Applies editors' choices, each to the story that contains its report."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from briefing.core.errors import ChoiceError
from briefing.core.frozen import frozen
from briefing.core.model import Action, Choice, ChoiceKind, ChoiceOutcome, Document, Effect, Story

T = TypeVar("T")

#: Choices for which a report is printed even if the gate drops it.
_RESCUES = frozenset({Action.TOP, Action.PIN, Action.MOVE})


@frozen
class Say:
    """The editors' choices for one story."""

    #: TOP, PIN or DROP; None: its rank decides.
    place: Action | None = None
    #: Section to which it was moved; empty: the predicted one.
    section: str = ""
    #: Who chose the place; empty without one.
    who: str = ""
    #: Id of the report whose title is the headline; empty: the best of its titles.
    titled: str = ""
    #: Whether a watch-list pulls it in, which is no editor's choice.
    pulled: bool = False

    @property
    def dropped(self) -> bool:
        """Whether it is not to be printed."""
        return self.place is Action.DROP

    @property
    def kept(self) -> bool:
        """Whether it is to be printed, whatever its rank."""
        return self.place in {Action.TOP, Action.PIN}

    @property
    def placed(self) -> bool:
        """Whether an editor chose if, or in which section, it is printed."""
        return self.place is not None or bool(self.section)


#: No choice.
NOTHING = Say()


@frozen
class Heard:
    """All choices, each with its story."""

    #: By id of the story; only stories with choices.
    says: Mapping[str, Say]
    #: One for each choice, in the order given.
    outcomes: tuple[ChoiceOutcome, ...]


def rescued(choices: Sequence[Choice], documents: Sequence[Document]) -> frozenset[str]:
    """Return the ids of the documents that an editor wants printed and none drops."""
    named = _naming(documents)
    wanted = {named(choice) for choice in choices if choice.action in _RESCUES}
    return frozenset(
        wanted - {named(choice) for choice in choices if choice.action is Action.DROP} - {""}
    )


def hear(choices: Sequence[Choice], stories: Sequence[Story], *, sections: Sequence[str]) -> Heard:
    """Find the story of each choice, and resolve conflicting choices for one story.

    A choice applies to the story that contains its report: the document with its id, else one with
    its URL; copies of reports count. Of several choices of one kind for one story, the latest
    takes effect (equal times: the last given). A choice equal to the effective one is met too.
    Only a report that is no copy can give the headline.

    Raises:
        ChoiceError: two stories are chosen as the top story, or a section is not printed.
    """
    every = [
        (document, story.id) for story in stories for document in (*story.documents, *story.copies)
    ]
    named, homes = _naming(document for document, _ in every), {d.id: story for d, story in every}
    titled = {document.id for story in stories for document in story.documents if document.headline}
    effective: defaultdict[str, dict[ChoiceKind, Choice]] = defaultdict(dict)
    for choice in choices:
        if story := homes.get(named(choice)):
            before = effective[story].get(choice.action.kind, choice)
            effective[story][choice.action.kind] = max(choice, before, key=lambda own: own.at)
    counting = [choice for kinds in effective.values() for choice in kinds.values()]
    refuse_two_tops(counting)
    for choice in counting:
        if choice.action is Action.MOVE and choice.section not in sections:
            raise ChoiceError(
                f"{choice.headline!r} was moved to section {choice.section!r}, which is not "
                f"printed; printed are {', '.join(sections)}: undo that move by {choice.who}"
            )

    def decided(choice: Choice) -> tuple[Action, str, str]:
        """Return what makes two choices of one kind the same."""
        report = named(choice) if choice.action is Action.HEADLINE else ""
        return choice.action, choice.section, report

    def effect(choice: Choice, kinds: Mapping[ChoiceKind, Choice]) -> Effect:
        kind, place = choice.action.kind, kinds.get(ChoiceKind.PLACE)
        dropped = place is not None and place.action is Action.DROP
        if (dropped and kind is not ChoiceKind.PLACE) or decided(choice) != decided(kinds[kind]):
            return Effect.OVERRULED
        untitled = kind is ChoiceKind.HEADLINE and named(choice) not in titled
        return Effect.UNTITLED if untitled else Effect.MET

    def say(kinds: Mapping[ChoiceKind, Choice]) -> Say:
        place, move, headline = map(kinds.get, ChoiceKind)
        return Say(
            place.action if place else None,
            move.section if move else "",
            place.who if place else "",
            named(headline) if headline and named(headline) in titled else "",
        )

    about = [(choice, homes.get(named(choice), "")) for choice in choices]
    outcomes = (
        ChoiceOutcome(choice, effect(choice, effective[story]) if story else Effect.ABSENT, story)
        for choice, story in about
    )
    return Heard({story: say(kinds) for story, kinds in effective.items()}, tuple(outcomes))


def in_place(ranked: Iterable[T], *, say: Callable[[T], Say]) -> list[T]:
    """Return ranked stories in printed order.

    The top story is the one that an editor chose, else the first; pinned stories follow, then those
    that a watch-list pulls in, then the rest, each in the order given.
    """
    ordered = sorted(ranked, key=lambda story: say(story).place is not Action.TOP)
    return ordered[:1] + sorted(
        ordered[1:], key=lambda story: (not say(story).kept, not say(story).pulled)
    )


def with_pulled(says: Mapping[str, Say], pulled: Iterable[str]) -> dict[str, Say]:
    """Add the stories that watch-lists pull in to the choices; dropped stories stay dropped."""
    return {**says, **{story: replace(says.get(story, NOTHING), pulled=True) for story in pulled}}


def settle(
    outcomes: Sequence[ChoiceOutcome], *, wordless: Iterable[str], gated: Sequence[Document] = ()
) -> tuple[ChoiceOutcome, ...]:
    """Correct the outcomes of choices about stories and reports that cannot be printed.

    ``wordless``: ids of stories without a printable sentence; ``gated``: reports that the gate
    drops, of which rescued ones have no printable sentence either.
    """
    unprintable, named = set(wordless), _naming(gated)
    choices = [outcome.choice for outcome in outcomes]
    dropped = {named(choice) for choice in choices if choice.action is Action.DROP}

    def settled(outcome: ChoiceOutcome) -> ChoiceOutcome:
        if outcome.effect is Effect.MET and outcome.story in unprintable:
            return replace(outcome, effect=Effect.WORDLESS)
        report, action = named(outcome.choice), outcome.choice.action
        if outcome.effect is not Effect.ABSENT or not report:
            return outcome
        if report in dropped:
            met = action is Action.DROP
            return replace(outcome, effect=Effect.MET if met else Effect.OVERRULED)
        return replace(outcome, effect=Effect.WORDLESS) if action in _RESCUES else outcome

    return tuple(map(settled, outcomes))


def _naming(documents: Iterable[Document]) -> Callable[[Choice], str]:
    """Return a function from a choice to the id of its document; empty if that is not given."""
    ids: set[str] = set()
    by_url = {"": ""}
    for document in documents:
        ids.add(document.id)
        by_url.setdefault(document.url, document.id)
    return lambda choice: choice.document if choice.document in ids else by_url.get(choice.url, "")


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
