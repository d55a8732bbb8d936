"""The tables of runs, choices, operators, what they did, and of the sentences to search in."""

from __future__ import annotations

import json
import re
import unicodedata
import zlib
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

#: Characters of a publisher's name that are kept.
_LONGEST_NAME = 200
#: What PostgreSQL or UTF-8 cannot hold, as the store writes it.
_HARD = re.compile("[\0\x1a\ud800-\udfff]")
#: Letters that Unicode does not take apart; apostrophes, quotation marks and dashes of all shapes.
_ALIKE = str.maketrans(
    {
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "\u0131": "i",
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
        "ħ": "h",
    }
    | dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\xab\xbb", '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-")
)
#: Marks on letters; what takes no room or is no character.
_DROPPED = frozenset({"Mn", "Me", "Cf", "Cs", "Co", "Cn"})
#: Columns of a sentence from outside.
_LINES = ("section", "status", "headline", "sentence", "publishers", "sought")


def upgrade() -> None:
    """Make the tables, and fill the sentences of the editions that are kept already."""
    _make_run()
    _make_choice()
    _make_operator()
    _make_session()
    _make_failure()
    _make_token()
    _make_act()
    _make_printed()
    _make_publisher()
    _fill()


def _must(name: str, kind: Any) -> sa.Column[Any]:  # noqa: ANN401  any type of a column
    return sa.Column(name, kind, nullable=False)


def _line(name: str) -> sa.Column[Any]:
    return _must(name, sa.Text())


def _moment() -> sa.types.TypeEngine[Any]:
    return sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite")


def _number() -> sa.types.TypeEngine[Any]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _make_run() -> None:
    op.create_table(
        "run",
        _must("number", _number()),
        _line("briefing"),
        _line("step"),
        _must("began", _moment()),
        sa.Column("day", sa.Date()),
        sa.Column("ended", _moment()),
        _line("ending"),
        _must("late", sa.Boolean()),
        _line("words"),
        _line("figures"),
        sa.PrimaryKeyConstraint("number", name="pk_run"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_run_briefing", "run", ["briefing", "step", "began"])
    op.create_index("ix_run_began", "run", ["briefing", "began"])


def _make_choice() -> None:
    op.create_table(
        "choice",
        _must("number", _number()),
        _line("briefing"),
        _must("day", sa.Date()),
        _line("action"),
        _line("document"),
        _line("url"),
        _line("headline"),
        _line("who"),
        _must("at", _moment()),
        _line("section"),
        _line("undone_by"),
        sa.Column("undone_at", _moment()),
        sa.PrimaryKeyConstraint("number", name="pk_choice"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_choice_briefing", "choice", ["briefing", "day"])


def _make_operator() -> None:
    op.create_table(
        "operator",
        _line("name"),
        _line("hash"),
        _must("since", _moment()),
        sa.PrimaryKeyConstraint("name", name="pk_operator"),
    )


def _make_session() -> None:
    op.create_table(
        "session",
        _must("key", sa.LargeBinary()),
        _line("operator"),
        _line("form_token"),
        _must("since", _moment()),
        _must("until", _moment()),
        sa.ForeignKeyConstraint(
            ["operator"], ["operator.name"], name="fk_session_operator", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("key", name="pk_session"),
    )
    op.create_index("ix_session_operator", "session", ["operator"])
    op.create_index("ix_session_until", "session", ["until"])


def _make_failure() -> None:
    op.create_table(
        "failure",
        _must("number", _number()),
        _must("key", sa.LargeBinary()),
        _must("at", _moment()),
        sa.PrimaryKeyConstraint("number", name="pk_failure"),
    )
    op.create_index("ix_failure_at", "failure", ["at"])
    op.create_index("ix_failure_key", "failure", ["key", "at"])


def _make_token() -> None:
    op.create_table(
        "token",
        _line("name"),
        _must("key", sa.LargeBinary()),
        _line("right"),
        _must("since", _moment()),
        sa.Column("used", _moment()),
        sa.PrimaryKeyConstraint("name", name="pk_token"),
        sa.UniqueConstraint("key", name="uq_token_key"),
    )


def _make_act() -> None:
    op.create_table(
        "act",
        _must("number", _number()),
        _must("at", _moment()),
        _line("who"),
        _line("what"),
        _line("about"),
        _line("origin"),
        sa.PrimaryKeyConstraint("number", name="pk_act"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_act_at", "act", ["at"])
    op.create_index("ix_act_who", "act", ["who"])


def _make_printed() -> None:
    op.create_table(
        "printed",
        _line("edition"),
        _must("place", sa.Integer()),
        _must("brief", sa.Integer()),
        _line("section"),
        _line("status"),
        _line("headline"),
        _line("sentence"),
        _line("publishers"),
        _line("sought"),
        sa.ForeignKeyConstraint(
            ["edition"], ["edition.id"], name="fk_printed_edition", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("edition", "place", name="pk_printed"),
    )


def _make_publisher() -> None:
    op.create_table(
        "publisher",
        _line("briefing"),
        _line("name"),
        sa.PrimaryKeyConstraint("briefing", "name", name="pk_publisher"),
    )


def _fill() -> None:
    """Fill in the sentences of every edition whose record can be read; one at a time."""
    columns = (*map(sa.column, ("id", "briefing")), sa.column("record", sa.LargeBinary()))
    edition = sa.table("edition", *columns)
    printed = sa.table("printed", *map(sa.column, ("edition", "place", "brief", *_LINES)))
    publisher = sa.table("publisher", *map(sa.column, ("briefing", "name")))
    tx = op.get_bind()
    publishers = set[tuple[str, str]]()
    for name, briefing in tx.execute(sa.select(edition.c.id, edition.c.briefing)).all():
        packed = tx.scalars(sa.select(edition.c.record).where(edition.c.id == name)).one()
        rows = _rows(bytes(packed))
        if rows:
            tx.execute(sa.insert(printed), [{"edition": name, **row} for row in rows])
        names = {one for row in rows for one in row["publishers"].split("\n") if one}
        publishers.update((briefing, one) for one in names)
    if publishers:
        told = [{"briefing": briefing, "name": name} for briefing, name in sorted(publishers)]
        tx.execute(sa.insert(publisher), told)


def _rows(packed: bytes) -> list[dict[str, Any]]:
    """Return a row for each printed sentence; none for a record that is damaged."""
    try:
        told = json.loads(zlib.decompress(packed).decode("utf-8", "surrogatepass"))
        return _sentences(told)
    except (zlib.error, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return []


def _sentences(told: Any) -> list[dict[str, Any]]:  # noqa: ANN401  JSON
    briefs = [
        (section["name"], brief) for section in told["sections"] for brief in section["briefs"]
    ]
    documents = told["documents"]
    rows: list[dict[str, Any]] = []
    for place, (section, brief) in enumerate(briefs):
        cited = [documents[one]["publisher"] for one in brief["sources"] if one in documents]
        names = [_even(_even(name)[:_LONGEST_NAME]) for name in cited]
        publishers = list(dict.fromkeys(filter(None, names)))
        for sentence in brief["sentences"]:
            words = "\n".join((brief["headline"], sentence["text"], *publishers))
            lines = {
                "section": section,
                "status": brief["status"],
                "headline": brief["headline"],
                "sentence": sentence["text"],
                "publishers": "".join(f"\n{one}" for one in publishers) + "\n",
                "sought": _fold(words),
            }
            plain = {name: _storable(line) for name, line in lines.items()}
            rows.append({"place": len(rows), "brief": place, **plain})
    return rows


def _even(text: str) -> str:
    return " ".join(text.split())


def _storable(line: str) -> str:
    return _HARD.sub(lambda hard: f"\x1a{ord(hard[0]):04x}", line)


def _fold(text: str) -> str:
    """Return a text without case, accents and kinds of white space and quotation marks."""
    apart = unicodedata.normalize("NFKD", text.casefold()).casefold().translate(_ALIKE)
    kept = "".join(
        " " if unicodedata.category(one) == "Cc" else one
        for one in apart
        if unicodedata.category(one) not in _DROPPED
    )
    return _even(unicodedata.normalize("NFC", kept))
