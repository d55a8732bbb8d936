import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.lab.evaluate.stories import (
    CONTINUING,
    DEVELOPING,
    NEW,
    EventLabel,
    RunDay,
    RunStory,
    measure_run,
    measure_stories,
)


def test_groupings_are_measured_as_computed_by_hand_with_intervals() -> None:
    report = measure_stories(list(zip(["a", "a", "b"], ["s2", "s2", "s1"], strict=True)))
    assert (report["b3_precision"], report["b3_recall"], report["b3_f1"]) == (1.0, 1.0, 1.0)
    assert (report["pairwise_f1"], report["clusters"], report["ci95"]) == (1.0, 2, (1.0, 1.0))
    # True {1 2 3} {4 5}, predicted {1 2} {3 4 5}.
    # Precision: 1, 1, 1/3, 2/3, 2/3 -> 11/15. Recall: 2/3, 2/3, 1/3, 1, 1 -> 11/15.
    # Pairs: true 3 + 1, predicted 1 + 3, common 2 -> 2 * 2 / 8.
    report = measure_stories(
        list(zip(["a", "a", "a", "b", "b"], ["p", "p", "q", "q", "q"], strict=True))
    )
    assert report["b3_precision"] == pytest.approx(11 / 15)
    assert report["b3_recall"] == pytest.approx(11 / 15)
    assert report["b3_f1"] == pytest.approx(11 / 15)
    assert report["pairwise_f1"] == pytest.approx(0.5)
    assert report["clusters"] == 2
    report = measure_stories(list(zip(["a", "b", "b", "c"], ["x"] * 4, strict=True)))
    assert report["b3_precision"] == pytest.approx((1 + 2 + 2 + 1) / 16)
    assert report["b3_recall"] == 1.0
    report = measure_stories(list(zip(["a", "a", "b"], ["1", "2", "3"], strict=True)))
    assert report["b3_precision"] == 1.0
    assert report["b3_recall"] == pytest.approx((0.5 + 0.5 + 1) / 3)
    assert report["pairwise_f1"] == 0.0
    # no pair in either grouping is a perfect pairing
    assert measure_stories([("a", "1"), ("b", "2")])["pairwise_f1"] == 1.0
    with pytest.raises(ValueError, match="there are no"):
        measure_stories([])
    few = [("a", "p"), ("a", "p"), ("b", "q"), ("b", "r"), ("c", "s")]
    many = [(f"{n}{true}", f"{n}{found}") for n in range(30) for true, found in few]
    wide, narrow = measure_stories(few), measure_stories(many)
    assert wide["ci95"][0] <= wide["b3_f1"] <= wide["ci95"][1]
    assert narrow["b3_f1"] == pytest.approx(wide["b3_f1"])
    assert narrow["ci95"][1] - narrow["ci95"][0] < wide["ci95"][1] - wide["ci95"][0]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), min_size=1))
def test_exchanging_groupings_exchanges_the_figures(pairs: list[tuple[str, str]]) -> None:
    one, other = measure_stories(pairs), measure_stories([(found, true) for true, found in pairs])
    assert one["b3_precision"] == pytest.approx(other["b3_recall"])
    assert one["b3_f1"] == pytest.approx(other["b3_f1"])
    assert one["pairwise_f1"] == pytest.approx(other["pairwise_f1"])
    assert 0 < one["b3_precision"] <= 1


STRIKE, DEAL = EventLabel("strike", "mines"), EventLabel("deal", "mines")
QUAKE = EventLabel("quake", "")
FIRST = (
    "1",
    (
        RunStory("Miners strike", (STRIKE,), NEW, "s1", ("Miners are on strike.",)),
        RunStory("Quake in Tarn", (QUAKE,), NEW),
    ),
)


def second(*stories: RunStory) -> list[RunDay]:
    return [FIRST, ("2", stories)]


def test_a_run_that_says_what_is_so_is_right_in_everything() -> None:
    told = measure_run(
        [
            second(
                RunStory("Miners accept", (DEAL,), DEVELOPING, "s1", ("Miners accept an offer.",)),
                RunStory("Quake in Tarn", (QUAKE,), CONTINUING),
            )
        ]
    )
    for name in ("status_right", "sequels_right", "saga_precision", "saga_recall"):
        assert told[name]["mean"] == 1
    assert (told["sequels_right"]["of"], told["saga_recall"]["of"]) == (2, 1)
    assert (told["sentences_repeated"]["mean"], told["events_repeated"]["mean"]) == (0, 0)
    assert told["confusion"]["truly developing"] == {NEW: 0, DEVELOPING: 1, CONTINUING: 0}
    # What begins a saga is new all the same.
    assert (told["new_beside_saga"], told["unlabeled"]) == (0, 0)
    assert [day["wrong"] for day in told["by_day"]] == [[], []]


def test_each_fault_of_a_run_shows_in_its_own_measure_stories() -> None:
    told = measure_run(
        [
            second(
                RunStory("Miners accept", (DEAL,), CONTINUING, "", ("Miners accept an offer.",)),
                RunStory("Strike!", (STRIKE,), NEW, "s1", ("Miners are on strike!",), goes_on=True),
                RunStory(
                    "Flood",
                    (EventLabel("flood", ""),),
                    DEVELOPING,
                    "s1",
                    ("A flood.",),
                    goes_on=True,
                ),
                RunStory("Stranger", (), NEW),
            )
        ]
    )
    assert told["confusion"]["truly continuing"] == {NEW: 1, DEVELOPING: 0, CONTINUING: 0}
    assert told["sequels_right"] == {"mean": 0, "ci95": [0, 0], "of": 2}
    assert (told["saga_precision"]["mean"], told["saga_precision"]["of"]) == (0.5, 2)
    assert (told["saga_recall"]["mean"], told["saga_recall"]["of"]) == (0.5, 2)
    assert told["sentences_repeated"] == {"mean": 0.25, "ci95": [0.0, 0.3333], "of": 4}
    assert told["events_repeated"]["mean"] == 0.25
    assert (told["new_beside_saga"], told["unlabeled"]) == (1, 1)
    assert told["by_day"][1]["wrong"] == [
        "Miners accept: continuing, truly developing",
        "Strike!: new, truly continuing",
        "Flood: developing, truly new",
    ]
