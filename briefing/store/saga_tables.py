"""The tables of sagas."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, Table, false

from briefing.store.columns import LineText
from briefing.store.tables import EDITION, METADATA

#: Every saga that ever began; its number is never given again.
SAGA = Table(
    "saga",
    METADATA,
    Column("briefing", LineText, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    # the day of the first edition that told it
    Column("since", Date, nullable=False),
    # the one that it was joined to, and the one that it was parted from
    Column("joined", Integer),
    Column("parted", Integer),
)

#: Which story of an edition is of which saga, and the sentence that is shown of it.
SAGA_STORY = Table(
    "saga_story",
    METADATA,
    Column("edition", LineText, ForeignKey(EDITION.c.id, ondelete="CASCADE"), primary_key=True),
    Column("story", LineText, primary_key=True),
    Column("saga", Integer, nullable=False),
    Column("headline", LineText, nullable=False),
    # the words as printed, and the slice that they are
    Column("sentence", LineText, nullable=False),
    Column("version", LineText, nullable=False),
    Column("start", Integer, nullable=False),
    Column("stop", Integer, nullable=False),
    Index("ix_saga_story_saga", "saga"),
)

#: Where an edition shows that two sagas are one story: an editor decides.
SAGA_PROPOSAL = Table(
    "saga_proposal",
    METADATA,
    Column("briefing", LineText, nullable=False),
    Column("edition", LineText, ForeignKey(EDITION.c.id, ondelete="CASCADE"), primary_key=True),
    Column("story", LineText, primary_key=True),
    # the saga with which the story goes on, and the other one
    Column("saga", Integer, nullable=False),
    Column("other", Integer, primary_key=True, autoincrement=False),
    Column("declined", Boolean, nullable=False, server_default=false()),
    Index("ix_saga_proposal_declined", "briefing", "declined"),
)
