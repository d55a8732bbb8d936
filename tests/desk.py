"""An invented desk with its recipe, the edition it makes of an invented day, and its choices."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from briefing.core.edition import Made, make_edition
from briefing.core.model import Action, Choice, Document, Edition, Material
from briefing.core.ports import Recipe
from briefing.core.text.rankers.salience import score
from tests.classifying import ByWords
from tests.fakes import PlainMeasure
from tests.newsday import (
    HARBOR,
    HARBOR_AGAIN,
    NICKEL,
    ORCHIDS,
    RIVER,
    SECTIONS,
    STRAIT,
    TODAY,
    WORDS,
    YESTERDAY,
    report,
)

RECIPE = Recipe(
    name="Ostra Desk",
    sections=SECTIONS,
    ranker=score,
    classifier=ByWords(WORDS),
    dateline="Ostra, 06:30",
    manifest={"briefing": "0.0.0"},
)
OPINION = ("Opinion: Why the lease of Port Ostra is a mistake", HARBOR_AGAIN[1])
STUB = ("Fog on the pond of Sund", "Fog lay over the pond on Tuesday.")
#: A report with one sentence that is a question and one that talks to the reader.
PARTLY = (
    NICKEL[0],
    f"Will the price of nickel fall again? {NICKEL[1]} Click here to read your weekly letter.",
)
FERRY = (
    "Ferry crews of Ulm bay win a sixth more",
    (
        "Wages of the ferry crews of Ulm bay will grow by a sixth in May, the government and their "
        "union said on Monday. The government had threatened to send troops to the ports after "
        "five days of strikes. Prices of tickets stay where they are until December."
    ),
)
#: Five stories (two reports of one, one of no section), a copy, an opinion, a stub.
DAY = (
    report("harbor", HARBOR),
    report("again", HARBOR_AGAIN, publisher="Kalvik Post"),
    report("copied", HARBOR, publisher="Wire Meridian", hour=9),
    report("nickel", PARTLY, publisher="Wire Meridian"),
    report("river", RIVER),
    report("orchids", ORCHIDS),
    report("strait", STRAIT),
    report("opinion", OPINION),
    report("stub", STUB),
)


BY_ID = {document.id: document for document in DAY}


def make(
    documents: Sequence[Document] = DAY,
    *,
    recipe: Recipe = RECIPE,
    previous: Edition | None = None,
    failed: Sequence[tuple[str, str]] = (),
) -> Made:
    return make_edition(
        Material(documents, TODAY, [previous] if previous else [], failed),
        recipe=recipe,
        measure=PlainMeasure(),
    )


def day_before(*documents: Document) -> Edition:
    return make_edition(
        Material(documents, YESTERDAY), recipe=RECIPE, measure=PlainMeasure()
    ).edition


def headlines(edition: Edition) -> dict[str, list[str]]:
    return {
        section.name: [brief.headline for brief in section.briefs] for section in edition.sections
    }


EDITION = make().edition


#: When the editor sits down.
EVENING = datetime(2026, 3, 11, 17, 24, tzinfo=UTC)


def chosen(
    action: Action | str,
    report: Document,
    section: str = "",
    *,
    id: int = 1,
    minute: int = 0,
    day: date = TODAY,
    **settings: Any,  # noqa: ANN401
) -> Choice:
    """Return a choice about a report, as it is unless told."""
    parts = {
        "document": report.id,
        "url": report.url,
        "headline": report.title,
        "who": "ada",
        "at": EVENING + timedelta(minutes=minute),
        **settings,
    }
    return Choice(id, day, Action(action), section=section, **parts)
