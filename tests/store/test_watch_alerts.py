"""Which alerts were given, on both databases: a story that one server has taken is taken."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread

from briefing.store import Store, open_store, watch_alerts
from tests.store.news import DAY, NOON

DESK = "ostra-desk"


def give(store: Store, *reports: str, name: str = "coast", message: str = "ships") -> bool:
    with store.write() as tx:
        return watch_alerts.give(tx, DESK, name, sorted(reports), at=NOON, message=message)


def messages(store: Store) -> list[tuple[str, str]]:
    with store.read() as tx:
        given = watch_alerts.recent(tx, DESK, since=NOON - DAY)
    return [(one.list, one.message) for one in given]


def test_a_story_is_the_same_as_long_as_it_has_a_report_in_common(store: Store) -> None:
    assert give(store, "b", "c")
    assert not give(store, "a", "b", message="later")
    assert not give(store, "a", message="split off")
    assert give(store, "x", message="another")
    assert give(store, "b", name="harbors")
    assert messages(store) == [("coast", "ships"), ("coast", "another"), ("harbors", "ships")]


def test_an_alert_without_a_line_is_for_its_own_addresses(store: Store) -> None:
    assert give(store, "a", message="")
    assert messages(store) == []


def test_of_servers_at_one_moment_one_is_first(store: Store, at: str, tmp_path: Path) -> None:
    shares = (("a", "b"), ("a", "b", "c"), ("b", "c"), ("b",))
    start, first = Barrier(len(shares)), list[bool]()

    def work(share: tuple[str, ...]) -> None:
        with closing(open_store(at, folder=tmp_path)) as server:
            start.wait()
            first.append(give(server, *share))

    threads = [Thread(target=work, args=(share,)) for share in shares]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(first) == [False, False, False, True]
    assert len(messages(store)) == 1


def test_until_when_was_looked_is_kept_and_what_is_old_forgotten(store: Store) -> None:
    with store.write() as tx:
        assert watch_alerts.looked(tx, DESK) is None
        watch_alerts.look(tx, DESK, at=NOON, forget=NOON - DAY)
        assert watch_alerts.looked(tx, DESK) == NOON
    assert give(store, "a")
    with store.write() as tx:
        later = NOON + timedelta(hours=2)
        watch_alerts.look(tx, DESK, at=later, forget=NOON + timedelta(hours=1))
        assert watch_alerts.looked(tx, DESK) == later
    assert messages(store) == []
