"""The tables of the daily round: runs, choices, who may steer, what they did, and the archive."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from briefing.store.mail_tables import METADATA, PACE
from briefing.store.tables import (
    ANALYSIS,
    EDITION,
    SAGA,
    SAGA_PROPOSAL,
    SAGA_STORY,
    WATCH_ALERT,
    WATCHED,
    LineText,
    Moment,
    Packed,
)

#: All tables: those of the news, of sagas, of the mail and of the round.
__all__ = [
    "ACT",
    "ALERT",
    "CHOICE",
    "CORRECTED",
    "DESK_NOTE",
    "DRAFT",
    "DRAFT_FILE",
    "FAILURE",
    "JOB",
    "METADATA",
    "OPERATOR",
    "PASSING",
    "PRINTED",
    "PUBLISHER",
    "RELEASE",
    "RUN",
    "SAGA",
    "SAGA_PROPOSAL",
    "SAGA_STORY",
    "SESSION",
    "TOKEN",
    "UPLOAD",
    "WATCHED",
    "WATCH_ALERT",
]

#: A number that the database gives.
_NUMBER = BigInteger().with_variant(Integer, "sqlite")

#: What was done, when, and how it ended.
RUN = Table(
    "run",
    METADATA,
    Column("number", _NUMBER, primary_key=True),
    Column("briefing", LineText, nullable=False),
    Column("step", Text, nullable=False),
    Column("began", Moment, nullable=False),
    Column("day", Date),
    Column("ended", Moment),
    # empty while it runs, and for ever when it was killed
    Column("ending", Text, nullable=False),
    Column("late", Boolean, nullable=False),
    Column("words", LineText, nullable=False),
    # a JSON object of whole numbers
    Column("figures", Text, nullable=False),
    Index("ix_run_briefing", "briefing", "step", "began"),
    Index("ix_run_began", "briefing", "began"),
    # never given again: it stands in logs
    sqlite_autoincrement=True,
)

#: What a run has to do, job by job, where other processes do it.
JOB = Table(
    "job",
    METADATA,
    Column("number", _NUMBER, primary_key=True),
    Column(
        "run", _NUMBER, ForeignKey(RUN.c.number, ondelete="CASCADE"), nullable=False, index=True
    ),
    # a JSON object: which part of the run, by names
    Column("part", LineText, nullable=False),
    Column("planned", Moment, nullable=False),
    # who does it; empty: nobody yet
    Column("worker", LineText, nullable=False),
    # counted on by who does it, as a sign of life
    Column("beat", _NUMBER, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("ended", Moment, index=True),
    # a JSON object: what came of it
    Column("result", LineText, nullable=False),
    # whether its run is to be tried again soon
    Column("again", Boolean, nullable=False),
    # never given again: messages name it
    sqlite_autoincrement=True,
)

#: What editors decided; one that is undone or replaced stays, with by whom and when.
CHOICE = Table(
    "choice",
    METADATA,
    Column("number", _NUMBER, primary_key=True),
    Column("briefing", LineText, nullable=False),
    Column("day", Date, nullable=False),
    Column("action", Text, nullable=False),
    Column("document", LineText, nullable=False),
    Column("url", LineText, nullable=False),
    Column("headline", LineText, nullable=False),
    Column("who", LineText, nullable=False),
    Column("at", Moment, nullable=False),
    Column("section", LineText, nullable=False),
    Column("undone_by", LineText, nullable=False),
    Column("undone_at", Moment),
    Index("ix_choice_briefing", "briefing", "day"),
    # never given again: it stands in manifests
    sqlite_autoincrement=True,
)

#: The edition of a briefing that waits for its release, whole and ready to leave. It is in no other
#: table, so nothing that is shown or sent can be of it.
DRAFT = Table(
    "draft",
    METADATA,
    # at most one
    Column("briefing", LineText, primary_key=True),
    # as of the edition that it becomes
    Column("id", LineText, nullable=False),
    Column("day", Date, nullable=False),
    Column("number", Integer, nullable=False),
    Column("made", Moment, nullable=False),
    Column("since", Moment, nullable=False),
    Column("until", Moment, nullable=False),
    Column("record", Packed, nullable=False),
    # SHA-256 of the record and the files: what is signed
    Column("digest", Text, nullable=False),
    # when its reports are first fetched again once it has left
    Column("recheck_at", Moment),
)

DRAFT_FILE = Table(
    "draft_file",
    METADATA,
    Column(
        "briefing",
        LineText,
        ForeignKey(DRAFT.c.briefing, ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("kind", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

#: A correction of words that an edition printed, and a notice by which readers of them are told.
CORRECTED = Table(
    "corrected",
    METADATA,
    # the edition that printed the old words
    Column("edition", LineText, ForeignKey(EDITION.c.id, ondelete="CASCADE"), primary_key=True),
    # SHA-256 of the old words, their place, and the new words
    Column("key", LargeBinary, primary_key=True),
    # id of the notice; empty: nobody is mailed
    Column("notice", LineText, primary_key=True),
    Column("at", Moment, nullable=False),
    Index("ix_corrected_notice", "notice"),
)

#: What the desk says in its own name on the page of a day.
DESK_NOTE = Table(
    "desk_note",
    METADATA,
    Column("briefing", LineText, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("text", LineText, nullable=False),
    # as printed
    Column("signed", LineText, nullable=False),
    # who has written it, and when
    Column("who", LineText, nullable=False),
    Column("at", Moment, nullable=False),
)

#: Who has released an edition, or the draft of one; gone with the draft unless it becomes one.
RELEASE = Table(
    "release",
    METADATA,
    # no foreign key: a draft is no edition yet
    Column("edition", LineText, primary_key=True),
    Column("who", LineText, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("digest", Text, nullable=False),
)

OPERATOR = Table(
    "operator",
    METADATA,
    Column("name", LineText, primary_key=True),
    Column("hash", LineText, nullable=False),
    Column("since", Moment, nullable=False),
)

SESSION = Table(
    "session",
    METADATA,
    # digest of the cookie's value
    Column("key", LargeBinary, primary_key=True),
    Column(
        "operator",
        LineText,
        ForeignKey(OPERATOR.c.name, ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("form_token", LineText, nullable=False),
    Column("since", Moment, nullable=False),
    Column("until", Moment, nullable=False, index=True),
)

#: Sign-ins that failed, counted to slow down who guesses.
FAILURE = Table(
    "failure",
    METADATA,
    Column("number", _NUMBER, primary_key=True),
    # digest of a name or of a network
    Column("key", LargeBinary, nullable=False),
    Column("at", Moment, nullable=False, index=True),
    Index("ix_failure_key", "key", "at"),
)

TOKEN = Table(
    "token",
    METADATA,
    Column("name", LineText, primary_key=True),
    # digest of the token
    Column("key", LargeBinary, nullable=False),
    Column("right", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("used", Moment),
    UniqueConstraint("key"),
)

#: The audit log; a row is never changed and never deleted.
ACT = Table(
    "act",
    METADATA,
    Column("number", _NUMBER, primary_key=True),
    Column("at", Moment, nullable=False, index=True),
    Column("who", LineText, nullable=False, index=True),
    Column("what", LineText, nullable=False),
    Column("about", LineText, nullable=False),
    Column("origin", LineText, nullable=False),
    sqlite_autoincrement=True,
)

#: Alerts that were sent and are not known to be over, where several servers have one store.
ALERT = Table(
    "alert",
    METADATA,
    Column("briefing", LineText, primary_key=True),
    # the same as long as it is the same thing
    Column("key", LineText, primary_key=True),
    # a JSON object: what was sent, and when
    Column("content", LineText, nullable=False),
)

#: The sentences of all briefs and what stands beside the news, to search in.
PRINTED = Table(
    "printed",
    METADATA,
    Column("edition", LineText, ForeignKey(EDITION.c.id, ondelete="CASCADE"), primary_key=True),
    # 0 for the first sentence of the edition; what stands beside the news follows the last
    Column("place", Integer, primary_key=True),
    # 0 for the first brief of the edition, as in `story`
    Column("brief", Integer, nullable=False),
    Column("section", LineText, nullable=False),
    Column("status", Text, nullable=False),
    Column("headline", LineText, nullable=False),
    Column("sentence", LineText, nullable=False),
    # "sentence", "figure", "quotation" or "date"
    Column("kind", Text, nullable=False),
    # printed with it: speaker and office, or the day
    Column("beside", LineText, nullable=False),
    # those the brief cites, the headline's first, each between two line breaks
    Column("publishers", LineText, nullable=False),
    # headline, sentence, what is beside it and publishers as `archive.fold` makes them
    Column("sought", LineText, nullable=False),
    # so that a list without words is counted without reading the passages
    Index("ix_printed_edition", "edition", "brief"),
)

#: All publishers that the briefs of a briefing ever cited, to choose from.
PUBLISHER = Table(
    "publisher",
    METADATA,
    Column("briefing", LineText, primary_key=True),
    Column("name", LineText, primary_key=True),
)

#: What an operator has brought and looks at: a list of subscribers, what would be added as sources;
#: it goes with the session, or after an hour.
UPLOAD = Table(
    "upload",
    METADATA,
    Column("session", LargeBinary, ForeignKey(SESSION.c.key, ondelete="CASCADE"), primary_key=True),
    # which of the session
    Column("key", Text, primary_key=True),
    Column("at", Moment, nullable=False, index=True),
    Column("name", LineText, nullable=False),
    # SHA-256 of the content, which the form that confirms it repeats
    Column("digest", Text, nullable=False),
    # gone when the import has begun
    Column("content", Packed),
    # what is said of it, in JSON, and the lines that are not taken, in CSV
    Column("summary", LineText, nullable=False),
    Column("report", Packed, nullable=False),
)

#: What no backup holds: put back, it would open sessions again that were closed since, and do work
#: whose time is over; analyses are as large as the texts, and are made again from them.
PASSING = (UPLOAD, SESSION, FAILURE, ANALYSIS, JOB, PACE, ALERT)
