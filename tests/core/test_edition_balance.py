"""Which stories of a day are told: those worth it, and not of one saga alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from briefing.core.edition import make_edition
from briefing.core.model import Choice, Document, Edition, Material
from briefing.core.text.cluster import WINDOW
from briefing.core.text.weigh import NAMED, SURE, TOLD
from tests.choosing import chosen
from tests.desk import FERRY, RECIPE
from tests.fakes import PlainMeasure
from tests.newsday import HARBOR, HARBOR_AGAIN, NICKEL, ORCHIDS, RIVER, TODAY, report

#: Six events of one crisis.
CRISIS = (
    (
        "Serrat seizes an Ottaran tanker",
        (
            "Marines of Serrat boarded an Ottaran tanker off the cape at dawn on Monday. Its crew "
            "of nineteen was taken to a naval pier."
        ),
    ),
    (
        "Ottar recalls its ambassador from Serrat",
        (
            "Ottar called its ambassador in Serrat home on Monday after a night of cabinet "
            "consultations. A clerk stays at the embassy of Ottar with four guards."
        ),
    ),
    (
        "Insurers raise prices for tankers off Serrat",
        (
            "Insurers in Sund raised their prices for tankers that pass Serrat to Ottar by forty "
            "per cent. Brokers expect exports of both to fall for weeks."
        ),
    ),
    (
        "Ottar sends two frigates towards Serrat",
        (
            "Two frigates of Ottar left their naval base for the waters of Serrat on Monday "
            "evening. An armed patrol of helicopters goes with them."
        ),
    ),
    (
        "Envoys offer talks between Serrat and Ottar",
        (
            "Envoys of three coastal states offered Serrat and Ottar treaty negotiations in Lund. "
            "A first draft names a neutral referee."
        ),
    ),
    (
        "Fishing villages of Serrat count losses to Ottar quarrel",
        (
            "Wages in the fishing villages of Serrat fell by half since boats of Ottar stay away. "
            "Prices of smoked herring doubled in their markets."
        ),
    ),
)
OTHERS = (NICKEL, RIVER, HARBOR, FERRY)
#: Reports of one crisis are stories of their own here.
APART = replace(RECIPE, window=timedelta(minutes=30), other=True)


def crisis(count: int) -> list[Document]:
    return [report(f"w{hour}", told, hour=hour) for hour, told in enumerate(CRISIS[:count])]


def others(*news: tuple[str, str]) -> list[Document]:
    return [report(f"o{hour}", told, hour=hour) for hour, told in enumerate(news, 10)]


def edition(
    documents: Sequence[Document], *choices: Choice, window: timedelta = APART.window
) -> Edition:
    material, recipe = Material(documents, TODAY, choices=choices), replace(APART, window=window)
    return make_edition(material, recipe=recipe, measure=PlainMeasure()).edition


def told(made: Edition) -> list[str]:
    """Return the most central report of each story that is told, in the order of their weight."""
    return [one.documents[0] for one in made.ledger.found if not one.why]


def at(odds: float, document: Document, documents: Sequence[Document]) -> Document:
    """Weigh the source of a report so that its story has such odds beside the best of its day."""
    found = edition([*documents, document]).ledger.found
    (own,) = (one.salience for one in found if document.id in one.documents)
    best = max(one.salience for one in found if document.id not in one.documents)
    return replace(document, weight=odds / max(1.0, SURE / best) / own)


@pytest.mark.parametrize(
    ("of_crisis", "of_others", "kept"),
    [
        (6, 0, 6),
        (5, 1, 3),
        (6, 3, 3),
        (4, 3, 3),
        (4, 4, 4),
        (6, 4, 4),
        (3, 1, 3),
    ],
)
def test_no_saga_has_more_than_half_of_the_stories_but_always_three(
    of_crisis: int, of_others: int, kept: int
) -> None:
    made = told(edition([*crisis(of_crisis), *others(*OTHERS[:of_others])]))
    assert sum(one.startswith("w") for one in made) == kept
    assert sum(one.startswith("o") for one in made) == of_others


def test_of_a_saga_that_is_cut_the_most_important_stories_are_told() -> None:
    made = edition([*crisis(6), *others(*OTHERS)])
    ranked = [one.documents[0] for one in made.ledger.found if one.documents[0].startswith("w")]
    assert [one for one in told(made) if one in ranked] == ranked[:4]
    assert made.ledger.dropped_stories == {"not important enough": 2}
    wanted = next(one for one in crisis(6) if one.id == ranked[-1])
    assert wanted.id in told(edition([*crisis(6), *others(*OTHERS)], chosen("pin", wanted)))


def test_beside_a_saga_is_told_what_would_only_be_named_on_another_day() -> None:
    show = report("show", ORCHIDS, hour=20)
    for count, shown in ((3, False), (6, True)):
        day = [*crisis(count), *others(NICKEL, RIVER)]
        made = told(edition([*day, at((NAMED + TOLD) / 2, show, day)]))
        assert ("show" in made) is shown
    assert len(made) == 6


@pytest.mark.parametrize(("title", "shown"), [("under pressure over", False), ("buys", True)])
def test_what_is_ahead_is_not_told_beside_news_near_it_unless_an_editor_wants_it(
    title: str, *, shown: bool
) -> None:
    text = (
        "Ministers met villagers in the hills. They spoke of schools, of money and of armed patrol "
        "boats of the coastguard for an hour."
    )
    other = replace(report("other", (f"Council {title} boats", text)), weight=2.0)
    day = [report("news", HARBOR), report("lead", NICKEL), other]
    assert ("other" in told(edition(day, window=WINDOW))) is shown
    assert "other" in told(edition(day, chosen("pin", other), window=WINDOW))


@pytest.mark.parametrize(
    ("publishers", "odds", "shown"),
    [
        (1, TOLD + 0.01, True),
        (1, TOLD - 0.01, False),
        (2, NAMED + 0.01, True),
        (2, NAMED - 0.01, False),
    ],
)
def test_a_story_is_told_that_an_editor_would_likely_tell_sooner_if_several_publishers_do(
    publishers: int, odds: float, *, shown: bool
) -> None:
    best = replace(report("best", NICKEL), weight=20.0)
    reports = [report("h1", HARBOR), report("h2", HARBOR_AGAIN, publisher="Post")][:publishers]
    weight = at(odds, reports[0], [best, *reports[1:]]).weight
    made = edition([best, *(replace(one, weight=weight) for one in reports)])
    assert len(told(made)) == 1 + shown
