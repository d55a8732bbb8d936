"""What stands beside the news is found too: figures, quotations and dates of all editions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from alembic import op
from sqlalchemy import Column, Connection, Integer, MetaData, Row, Table, Text, insert, select

from briefing.store.archive import fold
from briefing.store.columns import LineText, Packed

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TABLES = MetaData()
_EDITION = Table("edition", _TABLES, Column("id", LineText), Column("record", Packed))
_TEXTS = ("section", "headline", "sentence", "beside", "publishers", "sought")
_PRINTED = Table(
    "printed",
    _TABLES,
    Column("edition", LineText),
    *(Column(name, Integer) for name in ("place", "brief")),
    *(Column(name, Text) for name in ("status", "kind")),
    *(Column(name, LineText) for name in _TEXTS),
)


def upgrade() -> None:
    """Tell sentences from what stands beside them, and add the latter from the records."""
    for name, usual in (("kind", "sentence"), ("beside", "")):
        op.add_column("printed", Column(name, Text, nullable=False, server_default=usual))
    with op.batch_alter_table("printed") as table:
        for name in ("kind", "beside"):
            table.alter_column(name, server_default=None)
    connection = op.get_bind()
    for edition in connection.execute(select(_EDITION.c.id)).scalars().all():
        if rows := list(_rows(connection, edition)):
            connection.execute(insert(_PRINTED), rows)


def _rows(connection: Connection, edition: str) -> Iterator[Mapping[str, object]]:
    """Yield the rows of one edition; none if its record cannot be read, as its page says."""
    own = select(_PRINTED).where(_PRINTED.c.edition == edition).order_by(_PRINTED.c.place)
    sentences = connection.execute(own).all()
    try:
        text = connection.execute(select(_EDITION.c.record).where(_EDITION.c.id == edition))
        record = json.loads(text.scalar_one())
        passages = list(_passages(record, _briefs(record)))
    except (KeyError, TypeError, ValueError, AttributeError):
        return
    firsts: dict[int, Row[Any]] = {}
    for row in sentences:
        firsts.setdefault(row.brief, row)
    place = len(sentences)
    for brief, columns, publisher, also in passages:
        if (first := firsts.get(brief)) is None:
            continue
        names = first.publishers
        if publisher and f"\n{publisher}\n" not in names:
            names = f"{names}{publisher}\n" if names.strip("\n") else f"\n{publisher}\n"
        sought = (first.headline, columns["sentence"], columns["beside"], also, names)
        copied = {name: getattr(first, name) for name in ("section", "status", "headline")}
        own_ones = {"edition": edition, "place": place, "brief": brief, "publishers": names}
        yield copied | own_ones | columns | {"sought": fold("\n".join(sought))}
        place += 1


def _briefs(record: Any) -> Mapping[str, int]:  # noqa: ANN401  JSON
    """Return the number of the first brief of each document: that cites it, or of its story."""
    briefs = [brief for section in record["sections"] for brief in section["briefs"]]
    order = sorted(enumerate(briefs), key=lambda one: not one[1].get("top", False))
    numbers: dict[str, int] = {}
    for number, brief in order:
        for document in brief["sources"]:
            numbers.setdefault(document, number)
    for number, brief in order:
        evidence = (record.get("evidence") or {}).get(brief["story"]) or {}
        for link in evidence.get("links") or ():
            numbers.setdefault(link[0], number)
    return numbers


def _passages(
    record: Any,  # noqa: ANN401  JSON
    numbers: Mapping[str, int],
) -> Iterator[tuple[int, dict[str, str], str, str]]:
    """Yield brief, columns, publisher, and what else it is found by."""
    for kind, name in (("figure", "figures"), ("quotation", "quotes"), ("date", "ahead")):
        for item in record.get(name) or ():
            document = item["document"]
            if document in numbers:
                beside, also = _beside(kind, item)
                columns = {"kind": kind, "sentence": item["text"], "beside": beside}
                publisher = record["documents"].get(document, {}).get("publisher", "")
                yield numbers[document], columns, " ".join(publisher.split())[:200].strip(), also


def _beside(kind: str, item: Any) -> tuple[str, str]:  # noqa: ANN401  JSON
    if kind == "quotation":
        by = (item["speaker"], item.get("office"))
        return ", ".join(one["text"] for one in by if one), ""
    if kind == "date":
        day = date.fromisoformat(item["date"])
        return f"{day:%A} {day.day} {day:%B %Y}", day.isoformat()
    return "", ""
