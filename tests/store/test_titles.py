from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from briefing.core.model import Item
from briefing.store import Store, titles
from tests.store.news import NOON, document, item, keep

HOUR = timedelta(hours=1)


def test_titles_come_without_texts_and_unknown_ids_are_left_out(store: Store) -> None:
    keep(store, item())
    with store.read() as tx:
        (name,) = titles.collected(tx, since=NOON - HOUR, until=NOON)
        found = titles.titles(tx, [name, name, "dnone"])
        assert titles.titles(tx, []) == {}
    kept = document()
    assert set(found) == {name}
    assert (found[name].title, found[name].url) == (kept.title, kept.url)
    assert (found[name].publisher, found[name].text) == (kept.publisher, "")


def test_reports_are_given_in_order_of_collection_without_undated_ones(store: Store) -> None:
    keep(store, Item(replace(document(), id="dlate"), ("id one",)), at=NOON + HOUR)
    keep(store, Item(replace(document(), id="dbare", published=None), ("id two",)), at=NOON)
    keep(store, Item(replace(document(), id="dearly"), ("id three",)), at=NOON)
    with store.read() as tx:
        every = titles.collected(tx, since=NOON - HOUR, until=NOON + HOUR)
        assert every == ("dearly", "dlate")
        assert titles.collected(tx, since=NOON, until=NOON + HOUR) == ("dlate",)
