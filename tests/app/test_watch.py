from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from briefing.app.editions import prove_stored
from briefing.app.watch_lists import ShownWatch, WatchSummary, show, summaries
from briefing.core.errors import InputError
from briefing.core.model import WatchList
from briefing.store import Store
from briefing.store.tables import VERSION
from tests.newsday import STRAIT, STRAIT_NEXT, TODAY, YESTERDAY
from tests.publishing import BRIEFING, LISTS, open_at, publish_both
from tests.store.ready import look


@pytest.fixture
def store(store: Store) -> Store:
    """Return a store with the editions of two days."""
    publish_both(store)
    return store


def shown(
    store: Store,
    name: str = "straits",
    *,
    today: date = TODAY,
    lists: tuple[WatchList, ...] = LISTS,
) -> ShownWatch:
    return look(store, show, BRIEFING, name, lists=lists, today=today, limit=30)


def test_lists_are_counted_over_a_week_and_a_month(store: Store) -> None:
    for today, week, month in (
        (YESTERDAY, 1, 1),
        (TODAY, 2, 2),
        (TODAY + timedelta(days=6), 1, 2),
        (TODAY + timedelta(days=7), 0, 2),
        (TODAY + timedelta(days=29), 0, 1),
        (TODAY + timedelta(days=30), 0, 0),
    ):
        straits, quiet = look(store, summaries, BRIEFING, LISTS, today=today)
        assert straits == WatchSummary(
            "straits", "The straits", active=True, week=week, month=month, last=TODAY
        )
        assert quiet == WatchSummary("quiet", "quiet", active=True, week=0, month=0, last=None)


def test_a_list_shows_its_stories_by_day_with_proof_also_when_gone(store: Store) -> None:
    found = shown(store)
    assert found.days == 2
    assert [one.story.headline for one in found.stories] == [STRAIT_NEXT[0], STRAIT[0]]
    assert [one.story.entries for one in found.stories] == [("Serrat", "Ottar")] * 2
    assert all(one.proved and one.source for one in found.stories)
    assert list(found.entries.items()) == [("Ottar", 2), ("Serrat", 2), ("中国", 0)]
    assert prove_stored(store, briefing=BRIEFING, day=TODAY).proof.failures == ()
    gone = shown(store, lists=())
    assert (gone.summary.active, gone.summary.label, gone.summary.month) == (False, "straits", 2)
    assert list(gone.entries) == ["Ottar", "Serrat"]
    first, second = (one.story.sentence.document for one in found.stories)
    with store.write() as tx:
        tx.execute(update(VERSION).where(VERSION.c.id == first).values(text="Other words."))
    assert [one.proved for one in shown(store).stories] == [False, True]
    assert second != first


@pytest.mark.parametrize("name", ["", "none", "<b>", "x" * 90, "straits\n"])
def test_a_list_that_never_was_is_told_in_one_line(store: Store, name: str) -> None:
    with pytest.raises(InputError, match="there are straits, quiet") as failure:
        shown(store, name)
    assert "\n" not in str(failure.value)


def test_without_any_list_it_is_said_how_to_add_one(tmp_path: Path) -> None:
    store = open_at(tmp_path)
    with pytest.raises(InputError, match=r"there is none; add one: \[\[watch\]\]"):
        shown(store, lists=())
    store.close()
