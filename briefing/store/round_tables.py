"""The tables of the daily round: runs, choices, who may steer, what they did, and the archive."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
)

from briefing.core.model import Action, Role, Step
from briefing.store.mail_tables import PACE
from briefing.store.tables import (
    ANALYSIS,
    NUMBER,
    Coded,
    Packed,
    columns,
    counts,
    edition_key,
    keys,
    line_keys,
    lines,
    maybe_moments,
    moments,
    number_key,
    refers,
    table,
    words,
)

#: What was done, when, and how it ended.
RUN = table(
    "run",
    number_key(),
    *lines("briefing"),
    *columns(Coded(Step), "step"),
    *moments("began"),
    Column("day", Date),
    *maybe_moments("ended"),
    # empty while it runs, and for ever when it was killed
    *words("ending"),
    *columns(Boolean, "late"),
    *lines("words"),
    # a JSON object of whole numbers
    *words("figures"),
    # empty: the first of its day, or none
    *lines("edition", server_default=""),
    Index("ix_run_briefing", "briefing", "step", "began"),
    Index("ix_run_began", "briefing", "began"),
    # never given again: it stands in logs
    sqlite_autoincrement=True,
)

#: What a run has to do, job by job, where other processes do it.
JOB = table(
    "job",
    number_key(),
    refers("run", RUN.number, index=True),
    # a JSON object: which part of the run, by names
    *lines("part"),
    *moments("planned"),
    # who does it; empty: nobody yet
    *lines("worker"),
    # counted on by who does it, as a sign of life
    *columns(NUMBER, "beat", default=0),
    *counts("tries"),
    *maybe_moments("ended", index=True),
    # a JSON object: what came of it
    *lines("result"),
    # whether its run is to be tried again soon
    *columns(Boolean, "again", default=False),
    # never given again: messages name it
    sqlite_autoincrement=True,
)

#: What editors decided; one that is undone or replaced stays, with by whom and when.
CHOICE = table(
    "choice",
    number_key(),
    *lines("briefing"),
    *columns(Date, "day"),
    *columns(Coded(Action), "action"),
    *lines("document", "url", "headline", "who"),
    *moments("at"),
    *lines("section", "undone_by"),
    *maybe_moments("undone_at"),
    Index("ix_choice_briefing", "briefing", "day"),
    # never given again: it stands in manifests
    sqlite_autoincrement=True,
)

#: The edition of a briefing that waits for its release, whole and ready to leave. It is in no other
#: table, so nothing that is shown or sent can be of it.
DRAFT = table(
    "draft",
    # at most one
    *line_keys("briefing"),
    # as of the edition that it becomes
    *lines("id"),
    *columns(Date, "day"),
    *counts("number"),
    *moments("made", "since", "until"),
    *columns(Packed, "record"),
    # SHA-256 of the record and the files: what is signed
    *words("digest"),
    # when its reports are first fetched again once it has left
    *maybe_moments("recheck_at"),
)

DRAFT_FILE = table(
    "draft_file",
    refers("briefing", DRAFT.briefing, primary_key=True),
    *keys(Text, "kind"),
    *columns(LargeBinary, "content"),
)

#: A correction of words that an edition printed, and a notice by which readers of them are told.
CORRECTED = table(
    "corrected",
    # the edition that printed the old words
    edition_key(),
    # SHA-256 of the old words, their place, and the new words
    *keys(LargeBinary, "key"),
    # id of the notice; empty: nobody is mailed
    *line_keys("notice"),
    *moments("at"),
    Index("ix_corrected_notice", "notice"),
)

#: What the desk says in its own name on the page of a day.
DESK_NOTE = table(
    "desk_note",
    *line_keys("briefing"),
    *keys(Date, "day"),
    *lines("text"),
    # as printed
    *lines("signed"),
    # who has written it, and when
    *lines("who"),
    *moments("at"),
)

#: Who has released an edition, or the draft of one; gone with the draft unless it becomes one.
RELEASE = table(
    "release",
    # no foreign key: a draft is no edition yet
    *line_keys("edition", "who"),
    *moments("at"),
    *words("digest"),
)

OPERATOR = table(
    "operator",
    *line_keys("name"),
    *lines("hash"),
    *moments("since"),
    *lines("mail", server_default=""),
    *columns(Coded(Role), "role", server_default="reader"),
)

#: What an operator needs beside the password.
SECOND_FACTOR = table(
    "second_factor",
    refers("operator", OPERATOR.name, primary_key=True),
    *words("salt"),
    *moments("since"),
    *columns(BigInteger, "step"),
    # digests of the recovery codes that are left
    *words("codes"),
)

SESSION = table(
    "session",
    # digest of the cookie's value
    *keys(LargeBinary, "key"),
    refers("operator", OPERATOR.name, index=True),
    *lines("form_token"),
    *moments("since"),
    *moments("until", index=True),
    *lines("device", "network", server_default=""),
    *maybe_moments("used"),
)

#: Sign-ins that failed, counted to slow down who guesses.
FAILURE = table(
    "failure",
    number_key(),
    # digest of a name or of a network
    *columns(LargeBinary, "key"),
    *moments("at", index=True),
    Index("ix_failure_key", "key", "at"),
)

TOKEN = table(
    "token",
    *line_keys("name"),
    # digest of the token
    *columns(LargeBinary, "key"),
    *moments("since"),
    *maybe_moments("used"),
    *columns(Coded(Role), "role", server_default="reader"),
    UniqueConstraint("key"),
)

#: The audit log; a row is never changed and never deleted.
ACT = table(
    "act",
    number_key(),
    *moments("at", index=True),
    *lines("who", index=True),
    *lines("what", "about", "origin"),
    *lines("role", server_default=""),
    sqlite_autoincrement=True,
)

#: Alerts that were sent and are not known to be over, where several servers have one store.
ALERT = table(
    "alert",
    *line_keys("briefing"),
    # the same as long as it is the same thing
    *line_keys("key"),
    # a JSON object: what was sent, and when
    *lines("content"),
)

#: The sentences of all briefs and what stands beside the news, to search in.
PRINTED = table(
    "printed",
    edition_key(),
    # 0 for the first sentence of the edition; what stands beside the news follows the last
    *keys(Integer, "place"),
    # 0 for the first brief of the edition, as in `story`
    *counts("brief"),
    *lines("section"),
    *words("status"),
    *lines("headline", "sentence"),
    # "sentence", "figure", "quotation", "date" or "headline"
    *words("kind"),
    # printed with it: speaker and office, or the day
    *lines("beside"),
    # those the brief cites, the headline's first, each between two line breaks
    *lines("publishers"),
    # headline, sentence, what is beside it and publishers as `archive.fold` makes them
    *lines("sought"),
    # so that a list without words is counted without reading the passages
    Index("ix_printed_edition", "edition", "brief"),
)

#: All publishers that the briefs of a briefing ever cited, to choose from.
PUBLISHER = table("publisher", *line_keys("briefing", "name"))

#: What an operator has brought and looks at: a list of subscribers, what would be added as sources;
#: it goes with the session, or after an hour.
UPLOAD = table(
    "upload",
    refers("session", SESSION.key, primary_key=True),
    # which of the session
    *keys(Text, "key"),
    *moments("at", index=True),
    *lines("name"),
    # SHA-256 of the content, which the form that confirms it repeats
    *words("digest"),
    # gone when the import has begun
    Column("content", Packed),
    # what is said of it, in JSON, and the lines that are not taken, in CSV
    *lines("summary"),
    *columns(Packed, "report"),
)

#: What no backup holds: put back, it would open sessions again that were closed since, and do work
#: whose time is over; analyses are as large as the texts, and are made again from them.
PASSING = [str(part) for part in (UPLOAD, SESSION, FAILURE, ANALYSIS, JOB, PACE, ALERT)]
