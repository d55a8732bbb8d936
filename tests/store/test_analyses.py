"""Analyses on both databases."""

from __future__ import annotations

from datetime import timedelta

from briefing.store import Store, analyses
from tests.store.news import NOON, document, item, keep

RULE, OTHER = b"rule \xff", b"other"
HOUR = timedelta(hours=1)


def kept(store: Store, rule: bytes = RULE) -> dict[str, bytes]:
    with store.read() as tx:
        return analyses.kept(tx, [document().id, "unknown"], rule=rule)


def test_an_analysis_is_kept_by_its_rule_and_replaced(store: Store) -> None:
    keep(store, item())
    name = document().id
    for rule, content in ((RULE, b"\0one"), (OTHER, b"two"), (RULE, b"\0three")):
        with store.write() as tx:
            analyses.keep(tx, {name: content, "unknown": b"x"}, rule=rule, at=NOON)
    assert kept(store) == {name: b"\0three"}
    assert kept(store, OTHER) == {name: b"two"}


def test_what_lacks_an_analysis_is_found(store: Store) -> None:
    keep(store, item())
    name = document().id

    def missing(*ids: str) -> list[str]:
        with store.read() as tx:
            found = analyses.missing(tx, ids or (name, "unknown"), rule=RULE)
        return [one.id for one in found]

    assert missing() == [name]
    assert missing("unknown") == []
    with store.write() as tx:
        analyses.keep(tx, {name: b"one"}, rule=OTHER, at=NOON)
    assert missing() == [name]
    with store.write() as tx:
        analyses.keep(tx, {name: b"one"}, rule=RULE, at=NOON)
    assert missing() == []


def test_old_analyses_are_forgotten(store: Store) -> None:
    keep(store, item())
    with store.write() as tx:
        analyses.keep(tx, {document().id: b"one"}, rule=RULE, at=NOON)
        analyses.forget(tx, before=NOON)
    assert kept(store)
    with store.write() as tx:
        analyses.forget(tx, before=NOON + HOUR)
    assert kept(store) == {}
