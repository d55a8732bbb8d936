"""How well a sentence opens a brief."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from briefing.core.model import Document, Sentence
from briefing.core.text.opening import event_of, opening
from tests.fakes import document

TITLE = "Ostra council leases two berths to coastguard"
EVENT = "The council of Ostra leased two berths to the coastguard on Monday."


def worth(text: str, *, titles: tuple[str, ...] = (TITLE,), index: int = 1) -> float:
    """Return how well a sentence opens below what tells the whole event."""
    reports = [replace(document(place), title=title) for place, title in enumerate(titles)]
    event, other = (
        Sentence("d0", place * 500, place * 500 + len(words), words, index)
        for place, words in enumerate((EVENT, text))
    )
    return round(opening(reports, [event, other])(other), 3)


def test_what_tells_the_event_of_the_headlines_opens_best() -> None:
    assert worth(EVENT) == 1.0
    half, nothing = worth("Ostra leased berths on Monday."), worth("A ferry was late by noon.")
    assert 1.0 > half > nothing == 0.8


def test_the_event_is_what_headlines_share() -> None:
    assert event_of(["Ostra leases berths", "Two berths in Ostra go"]) == {"ostra": 2, "berth": 2}
    assert len(event_of(["Ostra leases berths", "Ferry is late in Ostra"])) == 5
    assert event_of([]) == {}


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("Skippers blasted the council of Ostra, which leased two berths to the coastguard.", 0.7),
        ("“The council of Ostra leased two berths to the coastguard,” Rosk said.", 0.7),
        ("A year ago council members of Ostra leased two berths to the coastguard.", 0.7),
        ("Despite protests the council of Ostra leased two berths to the coastguard.", 0.85),
        ("The drills of no council of Ostra leased two berths to the coastguard.", 1.0),
        ("The drills end: Ostra council leased two berths to the coastguard.", 0.8),
    ],
)
def test_other_things_stand_behind_the_event(text: str, share: float) -> None:
    assert worth(text) == share


def test_what_is_past_is_not_stale_where_the_day_is_named_too() -> None:
    assert worth(f"{EVENT[:-1]}, two years ago it did so too late.") == 1.0


def test_a_reaction_that_the_headlines_share_is_the_event() -> None:
    titles = ("Skippers blast Ostra council", "Skippers of Ostra blast lease of berths")
    assert worth("Skippers blasted Ostra over the lease of berths.", titles=titles) == 1.0


def test_what_adds_to_something_does_not_open_unless_its_report_does_so() -> None:
    for text in (
        "The coastguard, which also leased two berths, met the council of Ostra.",
        "The council of Ostra leased two berths as well.",
        "The coastguard was there, too.",
    ):
        assert worth(text) == 0.0
        assert worth(text, index=0) > 0.0
    assert worth("Ostra leased not only two but also three berths as well as a quay.") > 0.0


def test_what_was_published_later_opens_before_what_is_a_day_older() -> None:
    old: Document = replace(document(0), title=TITLE)
    assert old.published is not None
    new = replace(document(1), title=TITLE, published=old.published + timedelta(days=1))
    undated = replace(document(2), title=TITLE, published=None)
    told = [Sentence(one.id, 0, len(EVENT), EVENT) for one in (old, new, undated)]
    assert list(map(opening([old, new, undated], told), told)) == [0.8, 1.0, 1.0]


def test_without_headlines_and_sentences_everything_opens_alike() -> None:
    assert opening([], [])(Sentence("d9", 0, len(EVENT), EVENT)) == 1.0
