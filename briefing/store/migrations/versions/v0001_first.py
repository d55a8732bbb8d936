"""The first tables, as they are in every store."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from alembic import op
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    insert,
)
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeEngine

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Nothing here is of the store's own tables: those change, and a migration does not. Alembic runs
# this file anew for each store, so that no column is given to two tables.
TEXT, BYTES, DATE = Text(), LargeBinary(), Date()
INTEGER, LARGE, FLOAT, BOOLEAN = Integer(), BigInteger(), Float(), Boolean()
#: A number that the database gives.
NUMBER = BigInteger().with_variant(Integer(), "sqlite")
MOMENT = DateTime(timezone=True).with_variant(String(32), "sqlite")


def _must(kind: TypeEngine[Any], names: str) -> list[Column[Any]]:
    return [Column(name, kind, nullable=False) for name in names.split()]


def _may(kind: TypeEngine[Any], names: str) -> list[Column[Any]]:
    return [Column(name, kind) for name in names.split()]


#: Tables whose numbers are never given again.
NEVER_AGAIN = frozenset({"act", "choice", "delivery", "run", "subscriber"})
#: Columns, keys and indexes by table.
TABLES: Mapping[str, tuple[SchemaItem, ...]] = MappingProxyType(
    {
        "document": (
            *_must(NUMBER, "number"),
            *_must(TEXT, "source listed"),
            *_must(INTEGER, "versions"),
            *_must(TEXT, "version"),
            *_must(BYTES, "digest"),
            *_must(INTEGER, "words"),
            *_must(BOOLEAN, "from_page"),
            *_may(NUMBER, "same_as"),
            *_may(MOMENT, "due_at due_since"),
            *_must(INTEGER, "tries"),
            *_may(MOMENT, "vanished_at"),
            *_must(TEXT, "file"),
            PrimaryKeyConstraint("number"),
            ForeignKeyConstraint(["same_as"], ["document.number"]),
            Index("ix_document_due_at", "due_at"),
            Index("ix_document_version", "version"),
        ),
        "host": (
            *_must(TEXT, "name"),
            *_must(BYTES, "robots"),
            *_may(MOMENT, "robots_at retry_at"),
            PrimaryKeyConstraint("name"),
        ),
        "identity": (
            *_must(INTEGER, "number"),
            *_must(TEXT, "store"),
            *_must(LARGE, "generation"),
            PrimaryKeyConstraint("number"),
        ),
        "source": (
            *_must(TEXT, "url kind name owner language text_from"),
            *_must(MOMENT, "added"),
            *_must(TEXT, "etag modified moved_to"),
            *_may(MOMENT, "visited answered failing_since"),
            *_must(INTEGER, "failures"),
            *_must(TEXT, "reason"),
            *_may(MOMENT, "fresh_at newest retry_at"),
            PrimaryKeyConstraint("url"),
        ),
        "key": (
            *_must(BYTES, "digest"),
            *_must(NUMBER, "document"),
            PrimaryKeyConstraint("digest"),
            ForeignKeyConstraint(["document"], ["document.number"]),
            Index("ix_key_document", "document"),
        ),
        "version": (
            *_must(TEXT, "id"),
            *_must(NUMBER, "document"),
            *_must(INTEGER, "place"),
            *_must(MOMENT, "collected"),
            *_must(BYTES, "digest"),
            *_must(TEXT, "title"),
            *_must(BYTES, "text"),
            *_may(MOMENT, "published"),
            *_must(BOOLEAN, "timed"),
            *_must(TEXT, "publisher owner url language author marks"),
            PrimaryKeyConstraint("id"),
            ForeignKeyConstraint(["document"], ["document.number"]),
            UniqueConstraint("document", "place"),
            Index("ix_version_collected", "collected"),
        ),
        "visit": (
            *_must(NUMBER, "number"),
            *_must(TEXT, "source"),
            *_must(MOMENT, "at"),
            *_must(TEXT, "outcome reason"),
            *_must(INTEGER, "status"),
            *_must(FLOAT, "seconds"),
            *_must(LARGE, "wire_bytes decoded_bytes"),
            *_must(INTEGER, "items fresh edited"),
            *_must(TEXT, "etag modified moved_to"),
            *_may(MOMENT, "retry_at newest"),
            PrimaryKeyConstraint("number"),
            ForeignKeyConstraint(["source"], ["source.url"], ondelete="CASCADE"),
            Index("ix_visit_at", "at"),
            Index("ix_visit_source", "source", "at"),
        ),
        "edition": (
            *_must(TEXT, "id briefing"),
            *_must(DATE, "day"),
            *_must(INTEGER, "number"),
            *_must(MOMENT, "made since until"),
            *_must(BYTES, "record"),
            PrimaryKeyConstraint("id"),
            UniqueConstraint("briefing", "day"),
        ),
        "publisher": (
            *_must(TEXT, "briefing name"),
            PrimaryKeyConstraint("briefing", "name"),
        ),
        "file": (
            *_must(TEXT, "edition kind"),
            *_must(BYTES, "content"),
            *_must(TEXT, "sha256"),
            PrimaryKeyConstraint("edition", "kind"),
            ForeignKeyConstraint(["edition"], ["edition.id"], ondelete="CASCADE"),
        ),
        "printed": (
            *_must(TEXT, "edition"),
            *_must(INTEGER, "place brief"),
            *_must(TEXT, "section status headline sentence publishers sought"),
            PrimaryKeyConstraint("edition", "place"),
            ForeignKeyConstraint(["edition"], ["edition.id"], ondelete="CASCADE"),
        ),
        "story": (
            *_must(TEXT, "edition"),
            *_must(INTEGER, "place"),
            *_must(TEXT, "section story headline status"),
            *_must(INTEGER, "reports publishers"),
            PrimaryKeyConstraint("edition", "place"),
            ForeignKeyConstraint(["edition"], ["edition.id"], ondelete="CASCADE"),
        ),
        "told": (
            *_must(TEXT, "edition printed version what"),
            *_must(MOMENT, "noticed"),
            PrimaryKeyConstraint("edition", "printed", "version", "what"),
            ForeignKeyConstraint(["edition"], ["edition.id"], ondelete="CASCADE"),
            Index("ix_told_printed", "printed", "version"),
        ),
        "withdrawal": (
            *_must(TEXT, "edition briefing"),
            *_must(DATE, "day"),
            *_must(MOMENT, "at"),
            *_must(TEXT, "who reason"),
            PrimaryKeyConstraint("edition"),
            ForeignKeyConstraint(["edition"], ["edition.id"], ondelete="CASCADE"),
            Index("ix_withdrawal_briefing", "briefing", "day"),
        ),
        "cited": (
            *_must(TEXT, "edition version"),
            PrimaryKeyConstraint("edition", "version"),
            ForeignKeyConstraint(["edition"], ["edition.id"], ondelete="CASCADE"),
            ForeignKeyConstraint(["version"], ["version.id"]),
            Index("ix_cited_version", "version"),
        ),
        "passage": (
            *_must(TEXT, "edition version"),
            *_must(INTEGER, "start stop"),
            PrimaryKeyConstraint("edition", "version", "start", "stop"),
            ForeignKeyConstraint(["edition"], ["edition.id"], ondelete="CASCADE"),
            ForeignKeyConstraint(["version"], ["version.id"]),
            Index("ix_passage_version", "version"),
        ),
        "asked": (
            *_must(NUMBER, "number"),
            *_must(TEXT, "what"),
            *_must(BYTES, "key"),
            *_must(MOMENT, "at"),
            PrimaryKeyConstraint("number"),
            Index("ix_asked_at", "at"),
            Index("ix_asked_what", "what", "key", "at"),
        ),
        "consent": (
            *_must(NUMBER, "number"),
            *_must(LARGE, "subscriber"),
            *_must(MOMENT, "at"),
            *_must(TEXT, "what how origin words"),
            PrimaryKeyConstraint("number"),
            Index("ix_consent_subscriber", "subscriber"),
        ),
        "progress": (
            *_must(INTEGER, "number"),
            *_must(LARGE, "claims"),
            *_must(TEXT, "suspect"),
            PrimaryKeyConstraint("number"),
        ),
        "signup": (
            *_must(NUMBER, "number"),
            *_must(MOMENT, "asked"),
            *_must(TEXT, "what address"),
            *_must(LARGE, "subscriber"),
            *_must(TEXT, "sections form days at zone language how origin words"),
            PrimaryKeyConstraint("number"),
        ),
        "subscriber": (
            *_must(NUMBER, "number"),
            *_must(TEXT, "address"),
            *_must(BYTES, "key"),
            *_must(TEXT, "name state"),
            *_must(MOMENT, "since"),
            *_must(TEXT, "reason sections form days at zone language"),
            PrimaryKeyConstraint("number"),
            UniqueConstraint("key"),
        ),
        "suppression": (
            *_must(BYTES, "key"),
            *_must(TEXT, "state"),
            *_must(MOMENT, "since"),
            PrimaryKeyConstraint("key"),
        ),
        "delivery": (
            *_must(NUMBER, "number"),
            *_must(TEXT, "kind"),
            *_may(TEXT, "edition"),
            *_must(LARGE, "subscriber"),
            *_may(MOMENT, "asked"),
            *_must(INTEGER, "epoch"),
            *_must(TEXT, "words"),
            *_must(MOMENT, "due until"),
            *_must(TEXT, "status"),
            *_must(INTEGER, "tries"),
            *_must(BOOLEAN, "ambiguous"),
            *_must(TEXT, "reason"),
            *_may(MOMENT, "done"),
            *_must(TEXT, "worker"),
            *_may(MOMENT, "lease"),
            *_must(BOOLEAN, "begun"),
            PrimaryKeyConstraint("number"),
            ForeignKeyConstraint(["edition"], ["edition.id"], ondelete="CASCADE"),
            UniqueConstraint("edition", "subscriber"),
            Index("ix_delivery_kind", "kind", "status", "due"),
            Index("ix_delivery_subscriber", "subscriber"),
        ),
        "bounce": (
            *_must(NUMBER, "delivery"),
            *_must(TEXT, "kind"),
            *_must(MOMENT, "at"),
            *_must(TEXT, "status words"),
            PrimaryKeyConstraint("delivery"),
            ForeignKeyConstraint(["delivery"], ["delivery.number"], ondelete="CASCADE"),
        ),
        "act": (
            *_must(NUMBER, "number"),
            *_must(MOMENT, "at"),
            *_must(TEXT, "who what about origin"),
            PrimaryKeyConstraint("number"),
            Index("ix_act_at", "at"),
            Index("ix_act_who", "who"),
        ),
        "choice": (
            *_must(NUMBER, "number"),
            *_must(TEXT, "briefing"),
            *_must(DATE, "day"),
            *_must(TEXT, "action document url headline who"),
            *_must(MOMENT, "at"),
            *_must(TEXT, "section undone_by"),
            *_may(MOMENT, "undone_at"),
            PrimaryKeyConstraint("number"),
            Index("ix_choice_briefing", "briefing", "day"),
        ),
        "failure": (
            *_must(NUMBER, "number"),
            *_must(BYTES, "key"),
            *_must(MOMENT, "at"),
            PrimaryKeyConstraint("number"),
            Index("ix_failure_at", "at"),
            Index("ix_failure_key", "key", "at"),
        ),
        "operator": (
            *_must(TEXT, "name hash"),
            *_must(MOMENT, "since"),
            PrimaryKeyConstraint("name"),
        ),
        "run": (
            *_must(NUMBER, "number"),
            *_must(TEXT, "briefing step"),
            *_must(MOMENT, "began"),
            *_may(DATE, "day"),
            *_may(MOMENT, "ended"),
            *_must(TEXT, "ending"),
            *_must(BOOLEAN, "late"),
            *_must(TEXT, "words figures"),
            PrimaryKeyConstraint("number"),
            Index("ix_run_began", "briefing", "began"),
            Index("ix_run_briefing", "briefing", "step", "began"),
        ),
        "token": (
            *_must(TEXT, "name"),
            *_must(BYTES, "key"),
            *_must(TEXT, "right"),
            *_must(MOMENT, "since"),
            *_may(MOMENT, "used"),
            PrimaryKeyConstraint("name"),
            UniqueConstraint("key"),
        ),
        "session": (
            *_must(BYTES, "key"),
            *_must(TEXT, "operator form_token"),
            *_must(MOMENT, "since until"),
            PrimaryKeyConstraint("key"),
            ForeignKeyConstraint(["operator"], ["operator.name"], ondelete="CASCADE"),
            Index("ix_session_operator", "operator"),
            Index("ix_session_until", "until"),
        ),
    }
)


def upgrade() -> None:
    """Make the tables, and the row that says which store it is."""
    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
        }
    )
    for name, parts in TABLES.items():
        Table(name, metadata, *parts, sqlite_autoincrement=name in NEVER_AGAIN)
    metadata.create_all(op.get_bind(), checkfirst=False)
    row = {"number": 1, "store": secrets.token_hex(16), "generation": 0}
    op.get_bind().execute(insert(metadata.tables["identity"]), row)
