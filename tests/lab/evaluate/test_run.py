from __future__ import annotations

from briefing.lab.evaluate.run import (
    MOVED_ON,
    NEW,
    UNCHANGED,
    EventLabel,
    RunDay,
    RunStory,
    measure_run,
)

STRIKE, DEAL = EventLabel("strike", "mines"), EventLabel("deal", "mines")
QUAKE = EventLabel("quake", "")
FIRST = RunDay(
    "1",
    (
        RunStory("Miners strike", (STRIKE,), NEW, "s1", ("Miners are on strike.",)),
        RunStory("Quake in Tarn", (QUAKE,), NEW),
    ),
)


def second(*stories: RunStory) -> list[RunDay]:
    return [FIRST, RunDay("2", stories)]


def test_a_run_that_says_what_is_so_is_right_in_everything() -> None:
    told = measure_run(
        [
            second(
                RunStory("Miners accept", (DEAL,), MOVED_ON, "s1", ("Miners accept an offer.",)),
                RunStory("Quake in Tarn", (QUAKE,), UNCHANGED),
            )
        ]
    )
    for name in ("status_right", "sequels_right", "saga_precision", "saga_recall"):
        assert told[name]["mean"] == 1
    assert (told["sequels_right"]["of"], told["saga_recall"]["of"]) == (2, 1)
    assert (told["sentences_repeated"]["mean"], told["events_repeated"]["mean"]) == (0, 0)
    assert told["confusion"]["truly moved on"] == {NEW: 0, MOVED_ON: 1, UNCHANGED: 0}
    # What begins a saga is new all the same.
    assert (told["new_beside_saga"], told["unlabeled"]) == (0, 0)
    assert [day["wrong"] for day in told["by_day"]] == [[], []]


def test_each_fault_of_a_run_shows_in_its_own_measure() -> None:
    told = measure_run(
        [
            second(
                RunStory("Miners accept", (DEAL,), UNCHANGED, "", ("Miners accept an offer.",)),
                RunStory("Strike!", (STRIKE,), NEW, "s1", ("Miners are on strike!",), goes_on=True),
                RunStory(
                    "Flood", (EventLabel("flood", ""),), MOVED_ON, "s1", ("A flood.",), goes_on=True
                ),
                RunStory("Stranger", (), NEW),
            )
        ]
    )
    assert told["confusion"]["truly unchanged"] == {NEW: 1, MOVED_ON: 0, UNCHANGED: 0}
    assert told["sequels_right"] == {"mean": 0, "ci95": [0, 0], "of": 2}
    assert (told["saga_precision"]["mean"], told["saga_precision"]["of"]) == (0.5, 2)
    assert (told["saga_recall"]["mean"], told["saga_recall"]["of"]) == (0.5, 2)
    assert told["sentences_repeated"] == {"mean": 0.25, "ci95": [0.0, 0.3333], "of": 4}
    assert told["events_repeated"]["mean"] == 0.25
    assert (told["new_beside_saga"], told["unlabeled"]) == (1, 1)
    assert told["by_day"][1]["wrong"] == [
        "Miners accept: unchanged, truly moved on",
        "Strike!: new, truly unchanged",
        "Flood: moved on, truly new",
    ]
