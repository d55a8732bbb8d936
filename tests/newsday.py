"""An invented day of news from places that do not exist, for tests of the whole pipeline."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any

from briefing.core.language import Language
from briefing.core.model import (
    Brief,
    Document,
    Edition,
    Kind,
    Ledger,
    Panel,
    Scale,
    Section,
    Sentence,
    Setting,
    Status,
    Story,
)
from briefing.core.text import importance as weighing
from briefing.core.text.choices import Say
from briefing.core.text.segment import segment
from tests.examples import news

ENGLISH = Language.of("en")
TODAY = date(2026, 3, 12)
YESTERDAY = date(2026, 3, 11)

HARBOR, HARBOR_AGAIN, HARBOR_COLUMN, NICKEL, RIVER, ORCHIDS, STRAIT, STRAIT_NEXT = news(__file__)
#: Of no section, and told by any editor.
MOURNED = ("President of Norway killed in attack at an orchid show", ORCHIDS[1])

WORDS = {
    "economy": tuple("exports prices wages smelter nickel brokers crude insurers".split()),
    "security": tuple("frigates armed patrol coastguard navy naval shots".split()),
    "diplomacy": ("envoys", "ambassador", "treaty", "negotiations", "consultations"),
}
SECTIONS = tuple(WORDS)


def report(
    name: str,
    title_and_text: tuple[str, str],
    *,
    publisher: str = "Ostra Courier",
    owner: str = "",
    hour: int = 6,
    day: date = YESTERDAY,
) -> Document:
    title, text = title_and_text
    return Document(
        id=name,
        title=title,
        text=text,
        published=datetime(day.year, day.month, day.day, hour, tzinfo=UTC),
        publisher=publisher,
        owner=owner,
        url=f"https://courier.example/{name}",
        language="en",
    )


def split(*documents: Document) -> dict[str, tuple[Sentence, ...]]:
    return {document.id: tuple(segment(document)) for document in documents}


def story_of(*documents: Document, name: str = "s1") -> Story:
    """Make a story of reports that are equally near to the first."""
    return Story(name, documents, links=(1.0, *(0.5 for _ in documents[1:])))


def weigh(
    stories: Sequence[Story],
    topics: Sequence[Mapping[str, float]],
    *,
    sections: Sequence[str],
    says: Mapping[str, Say] = MappingProxyType({}),
    kinds: Mapping[str, Kind] = MappingProxyType({}),
) -> tuple[weighing.Weighed, ...]:
    """Weigh stories of plain reports, but for those of other kinds."""
    documents = [document for story in stories for document in story.documents]
    return weighing.weigh(
        stories,
        topics,
        sections=sections,
        says=says,
        kinds={document.id: kinds.get(document.id, Kind.WIRE) for document in documents},
    )


def brief_of(document: Document, *places: int, story: str = "s1", top: bool = False) -> Brief:
    sentences = segment(document)
    return Brief(
        story=story,
        headline=document.title,
        status=Status.NEW,
        reports=1,
        publishers=1,
        sentences=tuple(sentences[place] for place in places),
        sources=(document.id,),
        top=top,
    )


def with_story(made: Edition, story: str, **changes: Any) -> Edition:  # noqa: ANN401  of a brief
    def changed(brief: Brief) -> Brief:
        return replace(brief, **changes) if brief.story == story else brief

    sections = (replace(one, briefs=tuple(map(changed, one.briefs))) for one in made.sections)
    return replace(made, sections=tuple(sections))


def edition_of(*briefs: Brief, day: date = YESTERDAY) -> Edition:
    """Make the edition of a day that printed these briefs, the first on top."""
    return Edition(
        id=f"ostra-desk/{day.isoformat()}",
        name="Ostra Desk",
        day=day,
        language="en",
        number=7,
        dateline="",
        sections=(Section("security", briefs),),
        panel=Panel(),
        documents={},
        days=(),
        ledger=Ledger(),
        setting=Setting(Scale.NORMAL, 10.35, 23),
    )
