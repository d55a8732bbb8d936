from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.errors import ChoiceError
from briefing.core.model import Action, Choice, ChoiceOutcome, Effect, Story
from briefing.core.text.choices import NOTHING, Heard, Say, hear, in_place, rescued, settle
from tests.desk import chosen
from tests.newsday import HARBOR, HARBOR_AGAIN, NICKEL, RIVER, SECTIONS, STRAIT, report

HARBOR_1, HARBOR_2 = report("harbor", HARBOR), report("again", HARBOR_AGAIN)
COPY = report("copied", HARBOR, publisher="Wire Meridian")
RIVER_1, STRAIT_1 = report("river", RIVER), report("strait", STRAIT)
STORIES = (
    Story("s1", (HARBOR_1, HARBOR_2), copies=(COPY,)),
    Story("s2", (RIVER_1,)),
    Story("s3", (STRAIT_1,)),
)


def heard(*choices: Choice, stories: Sequence[Story] = STORIES) -> Heard:
    return hear(choices, stories, sections=SECTIONS)


def effects(result: Heard) -> list[tuple[str, str]]:
    return [(outcome.effect.value, outcome.story) for outcome in result.outcomes]


def test_a_report_is_known_by_id_then_address_in_any_version_and_as_a_copy() -> None:
    for named in [HARBOR_1, HARBOR_2, COPY]:
        assert isinstance(named, type(HARBOR_1))
        assert heard(chosen("pin", named)).says == {"s1": Say(Action.PIN, "", "ada")}
    assert heard() == Heard({}, ())
    old = chosen("drop", RIVER_1, document="river-before-it-was-edited")
    assert heard(old).says["s2"].dropped
    assert set(heard(chosen("pin", RIVER_1, url=STRAIT_1.url)).says) == {"s2"}
    nameless = Story("s1", (report("d1", NICKEL),))
    result = heard(chosen("pin", RIVER_1, document="other", url=""), stories=[nameless])
    assert effects(result) == [("absent", "")]
    result = heard(chosen("pin", report("nickel", NICKEL)), chosen("top", RIVER_1))
    assert effects(result) == [("absent", ""), ("met", "s2")]
    assert set(result.says) == {"s2"}
    result = heard(chosen("pin", RIVER_1), chosen("move", RIVER_1, "security"))
    assert result.says == {"s2": Say(Action.PIN, "security", "ada")}
    assert effects(result) == [("met", "s2"), ("met", "s2")]


def test_where_choices_come_together_in_one_story_the_latest_counts() -> None:
    result = heard(
        chosen("drop", HARBOR_1, minute=9, who="eva"),
        chosen("pin", HARBOR_2, minute=5),
        chosen("move", HARBOR_1, "economy", minute=2),
        chosen("move", COPY, "economy", minute=1),
    )
    assert result.says == {"s1": Say(Action.DROP, "economy", "eva")}
    assert [effect for effect, _ in effects(result)] == [
        "met",
        "overruled",
        "overruled",
        "overruled",
    ]
    result = heard(chosen("pin", HARBOR_1, minute=1), chosen("pin", HARBOR_2, minute=2))
    assert [effect for effect, _ in effects(result)] == ["met", "met"]
    assert heard(chosen("drop", HARBOR_1), chosen("pin", HARBOR_2)).says["s1"].kept
    assert heard(chosen("pin", HARBOR_2), chosen("drop", HARBOR_1)).says["s1"].dropped


def test_two_top_stories_are_refused_by_both_names_unless_they_are_one() -> None:
    with pytest.raises(ChoiceError) as error:
        heard(chosen("top", RIVER_1, minute=2, who="eva"), chosen("top", STRAIT_1, minute=1))
    assert str(error.value) == (
        f"two stories are to open the page: {STRAIT[0]!r} (chosen by ada) and {RIVER[0]!r} "
        "(chosen by eva); undo one of them"
    )
    assert heard(chosen("top", HARBOR_1), chosen("top", HARBOR_2)).says["s1"].place is Action.TOP


def test_a_section_that_is_not_printed_is_refused_but_an_absent_report_hinders_nothing() -> None:
    with pytest.raises(ChoiceError, match=r"to section 'sport', which is not printed; printed are"):
        heard(chosen("move", RIVER_1, "sport"))
    nickel = report("nickel", NICKEL)
    result = heard(chosen("top", nickel), chosen("top", RIVER_1), chosen("move", nickel, "sport"))
    assert result.says["s2"].place is Action.TOP


def test_the_order_of_print_is_the_top_or_best_story_then_pins_then_ranks() -> None:
    says = [NOTHING, Say(Action.PIN), NOTHING, Say(Action.TOP), Say(Action.PIN), Say(section="x")]
    assert in_place(range(6), say=lambda place: says[place]) == [3, 1, 4, 0, 2, 5]
    says = [NOTHING, NOTHING, Say(Action.PIN)]
    assert in_place(range(3), say=lambda place: says[place]) == [0, 2, 1]
    assert in_place([], say=lambda place: says[place]) == []


@given(st.lists(st.sampled_from([NOTHING, Say(Action.PIN), Say(section="economy")])))
def test_ranks_are_kept_among_pins_and_among_the_rest(says: list[Say]) -> None:
    order = in_place(range(len(says)), say=lambda place: says[place])
    assert sorted(order) == list(range(len(says)))
    assert order[:1] == list(range(len(says)))[:1]
    pins = [place for place in order[1:] if says[place].kept]
    rest = [place for place in order[1:] if not says[place].kept]
    assert (pins, rest) == (sorted(pins), sorted(rest))
    assert order[1:] == pins + rest


def test_a_headline_is_the_latest_choice_of_a_newest_version_and_of_no_copy() -> None:
    result = heard(
        chosen("headline", HARBOR_2, minute=4),
        chosen("headline", HARBOR_1, minute=2),
        chosen("pin", HARBOR_1, minute=1),
    )
    assert result.says == {"s1": Say(Action.PIN, "", "ada", HARBOR_2.id)}
    assert [effect for effect, _ in effects(result)] == ["met", "overruled", "met"]
    old = chosen("headline", HARBOR_2, document="again-before-it-was-edited")
    assert heard(old).says["s1"].titled == HARBOR_2.id
    slug = report("slug", ("BC-HARBOR-LEASE", NICKEL[1]))
    story = Story("s1", (HARBOR_1, slug), copies=(COPY,))
    for other in (slug, COPY):
        result = heard(chosen("headline", other), stories=[story])
        assert effects(result) == [("untitled", "s1")]
        assert result.says["s1"] == NOTHING
    result = heard(chosen("headline", RIVER_1, minute=9), chosen("drop", RIVER_1))
    assert [effect for effect, _ in effects(result)] == ["overruled", "met"]
    placed = [NOTHING, Say(titled="d1"), Say(section="x"), Say(Action.DROP)]
    assert [say.placed for say in placed] == [False, False, True, True]


def test_what_editors_want_is_rescued_and_what_has_no_words_settled() -> None:
    for action in ["top", "pin", "move"]:
        assert rescued([chosen(action, RIVER_1)], [RIVER_1, STRAIT_1]) == {"river"}
    met = ChoiceOutcome(chosen("pin", RIVER_1), Effect.MET, "s2")
    other = ChoiceOutcome(chosen("pin", STRAIT_1), Effect.MET, "s3")
    over = ChoiceOutcome(chosen("top", RIVER_1), Effect.OVERRULED, "s2")
    result = settle([met, other, over], wordless=["s2"])
    assert [one.effect for one in result] == [Effect.WORDLESS, Effect.MET, Effect.OVERRULED]
    others = [chosen("headline", RIVER_1), chosen("pin", HARBOR_1), chosen("drop", STRAIT_1)]
    assert rescued(others, [RIVER_1, STRAIT_1]) == frozenset()
    assert rescued([*others, chosen("move", STRAIT_1, "economy")], [STRAIT_1]) == frozenset()
    absent = ChoiceOutcome(chosen("pin", RIVER_1), Effect.ABSENT)
    gone = ChoiceOutcome(chosen("pin", STRAIT_1), Effect.ABSENT)
    result = settle([absent, gone], wordless=[], gated=[RIVER_1])
    assert [one.effect for one in result] == [Effect.WORDLESS, Effect.ABSENT]
    about = [chosen(action, RIVER_1) for action in ("drop", "move", "headline")]
    result = settle(
        [ChoiceOutcome(one, Effect.ABSENT) for one in about], wordless=[], gated=[RIVER_1]
    )
    assert [one.effect for one in result] == [Effect.MET, Effect.OVERRULED, Effect.OVERRULED]
    (alone,) = settle([ChoiceOutcome(about[2], Effect.ABSENT)], wordless=[], gated=[RIVER_1])
    assert alone.effect is Effect.ABSENT
