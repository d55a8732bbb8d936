"""The tables of watch-lists."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, Table, Text

from briefing.store.columns import LineText, Moment
from briefing.store.tables import EDITION, METADATA

#: The entries of watch-lists that the stories of an edition name, each with the words shown of it.
WATCHED = Table(
    "watched",
    METADATA,
    Column("edition", LineText, ForeignKey(EDITION.c.id, ondelete="CASCADE"), primary_key=True),
    Column("list", LineText, primary_key=True),
    Column("story", LineText, primary_key=True),
    Column("entry", LineText, primary_key=True),
    # as of its edition, so that one index finds the days of a list
    Column("briefing", LineText, nullable=False),
    Column("day", Date, nullable=False),
    # in the order of the page
    Column("place", Integer, nullable=False),
    # whether its title alone is printed
    Column("named", Boolean, nullable=False),
    Column("section", LineText, nullable=False),
    Column("headline", LineText, nullable=False),
    # the words as printed, and the slice that they are; of what is only named, the whole title
    Column("sentence", LineText, nullable=False),
    Column("version", LineText, nullable=False),
    Column("start", Integer, nullable=False),
    Column("stop", Integer, nullable=False),
    Index("ix_watched_list", "briefing", "list", "day"),
)

#: The reports of new stories about which an alert was given, so that none is given twice.
WATCH_ALERT = Table(
    "watch_alert",
    METADATA,
    Column("briefing", LineText, primary_key=True),
    Column("list", LineText, primary_key=True),
    # SHA-256 of the address of a report, else of its id
    Column("report", Text, primary_key=True),
    Column("at", Moment, nullable=False),
    # one line, with one report of each alert; empty: it is with another
    Column("message", LineText, nullable=False),
    Index("ix_watch_alert_at", "briefing", "at"),
)
