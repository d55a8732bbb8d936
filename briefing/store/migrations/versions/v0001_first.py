"""The first tables: sources and visits, documents and versions, editions and what they printed."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _make_source()
    _make_visit()
    _make_host()
    _make_document()
    _make_key()
    _make_version()
    _make_edition()
    _make_file()
    _make_story()
    _make_cited()
    _make_passage()
    _make_told()


def _must(name: str, kind: Any) -> sa.Column[Any]:  # noqa: ANN401  any type of a column
    return sa.Column(name, kind, nullable=False)


def _line(name: str) -> sa.Column[Any]:
    return _must(name, sa.Text())


def _moment() -> sa.types.TypeEngine[Any]:
    return sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite")


def _number() -> sa.types.TypeEngine[Any]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _make_source() -> None:
    op.create_table(
        "source",
        _line("url"),
        _line("kind"),
        _line("name"),
        _line("owner"),
        _line("language"),
        _must("text_from", sa.Text()),
        _must("added", _moment()),
        _line("etag"),
        _line("modified"),
        _line("moved_to"),
        sa.Column("visited", _moment()),
        sa.Column("answered", _moment()),
        sa.Column("failing_since", _moment()),
        _must("failures", sa.Integer()),
        _line("reason"),
        sa.Column("fresh_at", _moment()),
        sa.Column("newest", _moment()),
        sa.Column("retry_at", _moment()),
        sa.PrimaryKeyConstraint("url", name="pk_source"),
    )


def _make_visit() -> None:
    op.create_table(
        "visit",
        _must("number", _number()),
        _line("source"),
        _must("at", _moment()),
        _must("outcome", sa.Text()),
        _line("reason"),
        _must("status", sa.Integer()),
        _must("seconds", sa.Float()),
        _must("wire_bytes", sa.BigInteger()),
        _must("decoded_bytes", sa.BigInteger()),
        _must("items", sa.Integer()),
        _must("fresh", sa.Integer()),
        _must("edited", sa.Integer()),
        _line("etag"),
        _line("modified"),
        _line("moved_to"),
        sa.Column("retry_at", _moment()),
        sa.Column("newest", _moment()),
        sa.ForeignKeyConstraint(
            ["source"], ["source.url"], name="fk_visit_source", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("number", name="pk_visit"),
    )
    op.create_index("ix_visit_at", "visit", ["at"])
    op.create_index("ix_visit_source", "visit", ["source", "at"])


def _make_host() -> None:
    op.create_table(
        "host",
        _line("name"),
        _must("robots", sa.LargeBinary()),
        sa.Column("robots_at", _moment()),
        sa.Column("retry_at", _moment()),
        sa.PrimaryKeyConstraint("name", name="pk_host"),
    )


def _make_document() -> None:
    op.create_table(
        "document",
        _must("number", _number()),
        _line("source"),
        _line("listed"),
        _must("versions", sa.Integer()),
        _line("version"),
        _must("digest", sa.LargeBinary()),
        _must("words", sa.Integer()),
        _must("from_page", sa.Boolean()),
        sa.Column("same_as", _number()),
        sa.Column("due_at", _moment()),
        sa.Column("due_since", _moment()),
        _must("tries", sa.Integer()),
        sa.Column("vanished_at", _moment()),
        sa.ForeignKeyConstraint(["same_as"], ["document.number"], name="fk_document_same_as"),
        sa.PrimaryKeyConstraint("number", name="pk_document"),
    )
    op.create_index("ix_document_due_at", "document", ["due_at"])
    op.create_index("ix_document_version", "document", ["version"])


def _make_key() -> None:
    op.create_table(
        "key",
        _must("digest", sa.LargeBinary()),
        _must("document", _number()),
        sa.ForeignKeyConstraint(["document"], ["document.number"], name="fk_key_document"),
        sa.PrimaryKeyConstraint("digest", name="pk_key"),
    )
    op.create_index("ix_key_document", "key", ["document"])


def _make_version() -> None:
    op.create_table(
        "version",
        _line("id"),
        _must("document", _number()),
        _must("place", sa.Integer()),
        _must("collected", _moment()),
        _must("digest", sa.LargeBinary()),
        _line("title"),
        _must("text", sa.LargeBinary()),
        sa.Column("published", _moment()),
        _must("timed", sa.Boolean()),
        _line("publisher"),
        _line("owner"),
        _line("url"),
        _line("language"),
        _line("author"),
        _must("marks", sa.Text()),
        sa.ForeignKeyConstraint(["document"], ["document.number"], name="fk_version_document"),
        sa.PrimaryKeyConstraint("id", name="pk_version"),
        sa.UniqueConstraint("document", "place", name="uq_version_document"),
    )
    op.create_index("ix_version_collected", "version", ["collected"])


def _make_edition() -> None:
    op.create_table(
        "edition",
        _line("id"),
        _line("briefing"),
        _must("day", sa.Date()),
        _must("number", sa.Integer()),
        _must("made", _moment()),
        _must("since", _moment()),
        _must("until", _moment()),
        _must("record", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("id", name="pk_edition"),
        sa.UniqueConstraint("briefing", "day", name="uq_edition_briefing"),
    )


def _make_file() -> None:
    op.create_table(
        "file",
        _line("edition"),
        _must("kind", sa.Text()),
        _must("content", sa.LargeBinary()),
        _must("sha256", sa.Text()),
        sa.ForeignKeyConstraint(
            ["edition"], ["edition.id"], name="fk_file_edition", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("edition", "kind", name="pk_file"),
    )


def _make_story() -> None:
    op.create_table(
        "story",
        _line("edition"),
        _must("place", sa.Integer()),
        _line("section"),
        _line("story"),
        _line("headline"),
        _must("status", sa.Text()),
        _must("reports", sa.Integer()),
        _must("publishers", sa.Integer()),
        sa.ForeignKeyConstraint(
            ["edition"], ["edition.id"], name="fk_story_edition", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("edition", "place", name="pk_story"),
    )


def _make_cited() -> None:
    op.create_table(
        "cited",
        _line("edition"),
        _line("version"),
        sa.ForeignKeyConstraint(
            ["edition"], ["edition.id"], name="fk_cited_edition", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["version"], ["version.id"], name="fk_cited_version"),
        sa.PrimaryKeyConstraint("edition", "version", name="pk_cited"),
    )
    op.create_index("ix_cited_version", "cited", ["version"])


def _make_passage() -> None:
    op.create_table(
        "passage",
        _line("edition"),
        _line("version"),
        _must("start", sa.Integer()),
        _must("stop", sa.Integer()),
        sa.ForeignKeyConstraint(
            ["edition"], ["edition.id"], name="fk_passage_edition", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["version"], ["version.id"], name="fk_passage_version"),
        sa.PrimaryKeyConstraint("edition", "version", "start", "stop", name="pk_passage"),
    )
    op.create_index("ix_passage_version", "passage", ["version"])


def _make_told() -> None:
    op.create_table(
        "told",
        _line("edition"),
        _line("printed"),
        _line("version"),
        _must("what", sa.Text()),
        _must("noticed", _moment()),
        sa.ForeignKeyConstraint(
            ["edition"], ["edition.id"], name="fk_told_edition", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("edition", "printed", "version", "what", name="pk_told"),
    )
    op.create_index("ix_told_printed", "told", ["printed", "version"])
