"""What lifts a story and what lowers it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.model import Document
from briefing.core.text.importance import cues
from briefing.core.text.kind import is_routine
from tests.newsday import report, story_of

PLAIN = "The port of Ostra opened a second quay on Tuesday, the harbor master said."


def found(text: str, *, title: str = "Port opens a quay") -> Mapping[str, float]:
    (factors,) = cues([story_of(report("d1", (title, text)))])
    return {name: factor for name, factor in factors.items() if name != "opinion"}


def test_a_plain_story_has_no_cue() -> None:
    assert found(PLAIN) == {}


@pytest.mark.parametrize(
    "text",
    [
        "Shares of Ostra had their worst day since 1987, the exchange said.",
        "Prices rose at the fastest pace in nearly forty years, the office said.",
        "Exports fell to a record low in May, the ministry said.",
        "The fleet sailed for the first time in a decade, the navy said.",
        "The deadliest storm ever crossed the coast of Kalvik.",
    ],
)
def test_a_record_lifts(text: str) -> None:
    assert found(text)["record"] == 1.2


@pytest.mark.parametrize(
    "text",
    [
        "First Harbor Bank has lent to farmers since it opened.",
        "The best way to Ostra is by sea.",
        "The record of the meeting was read.",
    ],
)
def test_what_only_sounds_like_a_record_does_not(text: str) -> None:
    assert "record" not in found(text)


@pytest.mark.parametrize(
    ("text", "factor"),
    [
        ("A blast killed nine people in Sarn.", 1.1),
        ("At least 99 miners were killed in Sarn.", 1.2),
        ("The storm killed 9,999,999 fish and two men; 12 dead were found.", 1.4),
        ("The port of Sarn, where a blast killed nine people in 1999, opened a quay.", 1.0),
    ],
)
def test_deaths_lift_by_their_number(text: str, factor: float) -> None:
    assert found(text).get("deaths", 1.0) == factor


def test_those_who_govern_lift_up_to_two_of_them() -> None:
    assert found("The prime minister of Ostra resigned.")["powers"] == 1.1
    assert found("The president and the president met.")["powers"] == 1.1
    three = "The president met the U.N. and NATO at the White House."
    assert found(three)["powers"] == 1.2
    assert "powers" not in found("Do not tell us who did it, nor when.")


def test_two_states_lift() -> None:
    assert found("Ghana and Togo agreed on a border.")["states"] == 1.1
    assert "states" not in found("Ghana and the port agreed on a fee. Ghana will pay.")


def sums(*texts: str) -> list[bool]:
    stories = [
        story_of(report(f"d{place}", ("Port", text)), name=f"s{place}")
        for place, text in enumerate(texts)
    ]
    return ["sum" in factors for factors in cues(stories)]


def test_a_sum_far_above_the_day_s_usual_lifts() -> None:
    usual = [f"The port will spend ${number} million on a quay." for number in range(2, 9)]
    assert sums(*usual, "Ostra will borrow 1.2 billion dollars.") == [False] * 7 + [True]
    assert sums(*usual, "The quay costs 1.2 billion yen.")[-1] is False
    assert sums("Ostra will borrow $900 billion.") == [False]


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("OSTRA PORT CO <OPC> SETS DIVIDEND", PLAIN),
        ("Ostra Port (NYSE: OPC) names a chairman", PLAIN),
        ("Copper closes lower in quiet trading", PLAIN),
        ("Harbor fees", "Shr 12 cts vs 10 net 1.2 mln vs 900,000 revs 33.1 mln vs 30"),
    ],
)
def test_notices_market_reports_and_tables_are_routine(title: str, text: str) -> None:
    assert is_routine(Document("d", title, text))
    assert found(text, title=title)["routine"] == 0.35


def test_a_market_report_that_tells_a_record_is_not() -> None:
    told = found("Stocks had their worst day since 1987.", title="Stocks close lower")
    assert (told["record"], "routine" in told) == (1.2, False)


def test_opinion_lowers() -> None:
    column = (
        "I know it is a bad plan, and you should fear it. We never liked it. It is simply wrong."
    )
    (factors,) = cues([story_of(report("d1", ("A bad plan", column)))])
    assert factors["opinion"] < 0.7


def burst(title: str, past: Sequence[str]) -> float:
    stories = [
        story_of(
            report("d1", (title, PLAIN)), report("d2", (title, PLAIN), publisher="Kalvik Post")
        ),
        story_of(report("d3", ("Council meets on budget", PLAIN)), name="s2"),
    ]
    return cues(stories, past=past)[0].get("burst", 1.0)


def test_words_that_were_rare_before_lift_and_usual_ones_do_not() -> None:
    past = ["Council meets on budget", "Port opens a quay"] * 150
    assert burst("Quake strikes islands", past) == 1.3
    assert burst("Port opens a quay", past) < 1.1
    assert burst("Quake strikes islands", past[:150]) == 1.0


@given(st.text(max_size=300), st.text(max_size=80))
def test_any_text_has_factors_within_their_bounds(text: str, title: str) -> None:
    (factors,) = cues([story_of(report("d1", (title, text)))])
    assert all(0.3 < factor <= 1.4 for factor in factors.values())
