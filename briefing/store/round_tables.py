"""The tables of the round, drafts, operators, the audit log and the archive."""

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

#: The runs: what was done, when, and how it ended.
RUN = table(
    "run",
    number_key(),
    *lines("briefing"),
    *columns(Coded(Step), "step"),
    *moments("began"),
    Column("day", Date),
    *maybe_moments("ended"),
    # empty while it runs, and forever if it was killed
    *words("ending"),
    *columns(Boolean, "late"),
    *lines("words"),
    # a JSON object of integers
    *words("figures"),
    # empty for the first edition of its day, or none
    *lines("edition", server_default=""),
    Index("ix_run_briefing", "briefing", "step", "began"),
    Index("ix_run_began", "briefing", "began"),
    # never reused, since logs name it
    sqlite_autoincrement=True,
)

#: The jobs of a run, where other processes do them.
JOB = table(
    "job",
    number_key(),
    refers("run", RUN.number, index=True),
    # a JSON object: parameters of its part of the run
    *lines("part"),
    *moments("planned"),
    # who has claimed it; empty if nobody has
    *lines("worker"),
    # a counter that its worker increases as a sign of life
    *columns(NUMBER, "beat", default=0),
    *counts("tries"),
    *maybe_moments("ended", index=True),
    # a JSON object
    *lines("result"),
    # whether its run is to be tried again soon
    *columns(Boolean, "again", default=False),
    # never reused, since messages name it
    sqlite_autoincrement=True,
)

#: The choices of editors; undone and replaced ones stay, with who undid them and when.
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
    # never reused, since manifests name it
    sqlite_autoincrement=True,
)

#: The edition of a briefing that waits for its release, complete. It is in no other table, so that
#: nothing shown or sent can come from it.
DRAFT = table(
    "draft",
    # at most one for each
    *line_keys("briefing"),
    # as in the edition that it becomes
    *lines("id"),
    *columns(Date, "day"),
    *counts("number"),
    *moments("made", "since", "until"),
    *columns(Packed, "record"),
    # SHA-256 of the record and the files, which is what is signed
    *words("digest"),
    # when its reports are to be refetched first after publication
    *maybe_moments("recheck_at"),
)

DRAFT_FILE = table(
    "draft_file",
    refers("briefing", DRAFT.briefing, primary_key=True),
    *keys(Text, "kind"),
    *columns(LargeBinary, "content"),
)

#: A correction of printed words, and the notice of it to readers of that edition.
CORRECTED = table(
    "corrected",
    # the edition that printed the old words
    edition_key(),
    # SHA-256 of the old words, their place, and the new words
    *keys(LargeBinary, "key"),
    # id of the notice; empty if nobody is notified
    *line_keys("notice"),
    *moments("at"),
    Index("ix_corrected_notice", "notice"),
)

#: The note of the desk on the page of a day.
DESK_NOTE = table(
    "desk_note",
    *line_keys("briefing"),
    *keys(Date, "day"),
    *lines("text"),
    # as printed
    *lines("signed"),
    # who wrote it, and when
    *lines("who"),
    *moments("at"),
)

#: The signatures of an edition or a draft; deleted with the draft unless it becomes an edition.
RELEASE = table(
    "release",
    # no foreign key, since a draft is not an edition yet
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

#: The second factors of operators, needed in addition to their passwords.
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

#: Failed sign-ins, counted to slow down guessing.
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

#: The audit log; rows are never changed or deleted.
ACT = table(
    "act",
    number_key(),
    *moments("at", index=True),
    *lines("who", index=True),
    *lines("what", "about", "origin"),
    *lines("role", server_default=""),
    sqlite_autoincrement=True,
)

#: Alerts that an earlier version sent, which are now in a file beside the store.
ALERT = table(
    "alert",
    *line_keys("briefing"),
    # the same as long as the cause is the same
    *line_keys("key"),
    # a JSON object: what was sent, and when
    *lines("content"),
)

#: The sentences of all briefs and the passages beside the news, for searching.
PRINTED = table(
    "printed",
    edition_key(),
    # 0 for the first sentence of the edition; passages beside the news follow the last
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
    # those that the brief cites, the headline's first, each between two line breaks
    *lines("publishers"),
    # headline, sentence, text printed with it and publishers, normalized by `archive.fold`
    *lines("sought"),
    # for counting results without reading the passages
    Index("ix_printed_edition", "edition", "brief"),
)

#: All publishers ever cited by the briefs of a briefing, to choose from.
PUBLISHER = table("publisher", *line_keys("briefing", "name"))

#: What an operator has uploaded for review: a list of subscribers, or sources to add. Deleted with
#: the session, or after an hour.
UPLOAD = table(
    "upload",
    refers("session", SESSION.key, primary_key=True),
    # identifies it within the session
    *keys(Text, "key"),
    *moments("at", index=True),
    *lines("name"),
    # SHA-256 of the content, repeated by the form that confirms it
    *words("digest"),
    # NULL once the import has begun
    Column("content", Packed),
    # a summary in JSON, and the lines that are not imported in CSV
    *lines("summary"),
    *columns(Packed, "report"),
)

#: Tables that no backup includes. After a restore they would reopen closed sessions and repeat work
#: that is out of date. Analyses are as large as the texts and can be made again from them.
PASSING = [str(part) for part in (UPLOAD, SESSION, FAILURE, ANALYSIS, JOB, PACE, ALERT)]
