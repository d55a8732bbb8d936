"""Invented editions for the tests of the archive."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import Connection, insert

from briefing.core.model import Document, Edition, Section
from briefing.store import archive
from briefing.store.tables import EDITION
from tests.fakes import brief, draft, sentences_of
from tests.store.news import NOON, TODAY

DESK = "ostra-desk"


def report(
    number: int, title: str = "Two berths", text: str = "", publisher: str = "Ostra Courier"
) -> Document:
    """Make a report that is its own source."""
    body = text or "The council leases two berths. The lease brings in money."
    return Document(f"d{number}", title, body, published=NOON, publisher=publisher)


def edition(
    *stories: Sequence[Document], day: date = TODAY, sections: Sequence[str] = ("economy",)
) -> Edition:
    """Make an edition with a brief a story, of its first document; one section after the other."""
    briefs = [
        replace(
            brief(cited[0], len(sentences_of(cited[0])), story=f"s{place}", top=place == 1),
            sources=tuple(document.id for document in cited),
        )
        for place, cited in enumerate(stories, 1)
    ]
    share = -(-len(briefs) // len(sections))
    return replace(
        draft(1).edition,
        id=f"{DESK}/{day}",
        day=day,
        sections=tuple(
            Section(name, tuple(briefs[place * share : (place + 1) * share]))
            for place, name in enumerate(sections)
        ),
        documents={document.id: document for cited in stories for document in cited},
    )


def insert_edition(
    tx: Connection, made: Edition, *, briefing: str = DESK, number: int = 1, record: str = "{}"
) -> str:
    """Keep the bare row of an edition and return its id."""
    id_ = f"{briefing}/{made.day}"
    times = {"made": NOON, "since": NOON, "until": NOON}
    row = {"id": id_, "briefing": briefing, "day": made.day, "number": number, "record": record}
    tx.execute(insert(EDITION), row | times)
    return id_


def put(tx: Connection, made: Edition, *, briefing: str = DESK, number: int = 1) -> str:
    """Keep an edition in the archive alone and return its id."""
    id_ = insert_edition(tx, made, briefing=briefing, number=number)
    archive.put(tx, briefing, id_, made)
    return id_
