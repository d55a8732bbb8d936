"""Whatever the order and repetition of items: no report is stored twice, and none is lost."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from briefing.core.model import Document, Item
from briefing.store import Store, collected, documents
from briefing.store.arrivals import keep_all
from briefing.store.documents import Kept
from tests.store.news import NOON

_TEXTS = ("", "One.", "One two.", "One two three.", "Three two one.", "One\ntwo.")
_ITEMS = st.builds(
    lambda keys, text, listed, from_page, missing: Item(
        Document(f"d{_TEXTS.index(text)}", "", text),
        tuple(f"id {key}" for key in keys),
        listed,
        from_page=from_page,
        retry_page=NOON if missing else None,
    ),
    st.lists(st.integers(0, 7), min_size=1, max_size=3),
    st.sampled_from(_TEXTS),
    st.sampled_from("ab"),
    st.booleans(),
    st.booleans(),
)
_ROUNDS = count()


def reports(items: list[Item]) -> list[set[str]]:
    """Return the keys of each report: items that share one are the same."""
    found: list[set[str]] = []
    for item in items:
        keys = set(item.keys)
        keys.update(*(one for one in found if one & keys))
        found = [one for one in found if not one & keys] + [keys]
    return found


@contextmanager
def fresh_keys(items: list[Item]) -> Iterator[list[Item]]:
    """Give the items keys that no round before had: emptying a store is slow."""
    mark = next(_ROUNDS)
    yield [
        Item(
            Document(f"{item.document.id}-{mark}", f"Round {mark}", item.document.text),
            tuple(f"{key} of {mark}" for key in item.keys),
            item.listed,
            from_page=item.from_page,
            retry_page=item.retry_page,
        )
        for item in items
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(items=st.lists(st.tuples(_ITEMS, st.sampled_from("xy")), min_size=1, max_size=12))
def test_no_report_is_stored_twice_and_none_is_lost(
    store: Store, items: list[tuple[Item, str]]
) -> None:
    with fresh_keys([item for item, _ in items]) as fresh, store.write() as tx:
        results = [
            documents.keep(tx, item, source=source, at=NOON)
            for item, (_, source) in zip(fresh, items, strict=True)
        ]
        known = documents.recall(tx, [key for item in fresh for key in item.keys])
        title = fresh[0].document.title
        selected = [
            one
            for one in collected.window(
                tx, since=NOON.replace(year=2025), until=NOON, published_since=NOON
            ).documents
            if one.title == title
        ]
        parts = reports(fresh)
        # Every key leads to one document, the same for all keys of a report.
        assert set(known) == {key for item in fresh for key in item.keys}
        owners = [{known[key].number for key in part} for part in parts]
        assert all(len(owner) == 1 for owner in owners)
        assert len(set.union(*owners)) == len(parts)
        # Each report is given out once, with the newest of its texts.
        assert {one.id for one in selected} == {one.version for one in known.values()}
        assert len(selected) == len(parts)
        # Nothing new comes of telling it all again in the last order.
        assert results.count(Kept.NEW) >= len(parts)
        again = [documents.keep(tx, item, source="x", at=NOON) for item in fresh]
        assert Kept.NEW not in again
        # Words are never given up for none.
        for one in selected:
            texts = [item.document.text for item in fresh if known[item.keys[0]].version == one.id]
            assert one.text in texts or one.text
        tx.rollback()


@pytest.mark.parametrize("times", [1, 3])
def test_the_same_items_again_and_again_are_all_known(
    store: Store, times: int, tmp_path: Path
) -> None:
    items = [
        Item(Document(f"d{number}", f"Title {number}", "Words."), (f"id {number}",))
        for number in range(5)
    ]
    with store.write() as tx:
        first = [documents.keep(tx, item, source="x", at=NOON) for item in items]
        rest = [
            documents.keep(tx, item, source="x", at=NOON) for _ in range(times) for item in items
        ]
    assert set(first) == {Kept.NEW}
    assert set(rest) == {Kept.KNOWN}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=st.lists(_ITEMS, max_size=4), items=st.lists(_ITEMS, max_size=10))
def test_items_kept_at_once_are_kept_as_one_by_one(
    store: Store, before: list[Item], items: list[Item]
) -> None:
    outcomes = []
    with store.write() as tx:
        for together in (True, False):
            with fresh_keys(before + items) as fresh:
                known, new = fresh[: len(before)], fresh[len(before) :]
                keep_all(tx, known, source="x", at=NOON)
                if together:
                    results = list(keep_all(tx, new, source="y", at=NOON))
                else:
                    results = [documents.keep(tx, item, source="y", at=NOON) for item in new]
                keys = [key for item in fresh for key in item.keys]
                told = documents.recall(tx, keys)
                owners = [told[key].number for key in keys]
                parts = [owners.index(owner) for owner in owners]
                texts = documents.texts(tx, [told[key].version for key in keys])
                words = [texts[told[key].version].text for key in keys]
                outcomes.append((results, parts, words))
        tx.rollback()
    assert outcomes[0] == outcomes[1]
