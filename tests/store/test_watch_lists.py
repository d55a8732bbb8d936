from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
from sqlalchemy import delete, text

from briefing.core.model import Edition, NamedStory, Sentence, Status, WatchHit
from briefing.store import Store, open_store, watch_lists
from briefing.store.tables import EDITION
from briefing.store.watch_lists import WatchedStory
from tests.newsday import with_story
from tests.store.archives import DESK, edition, insert_edition, report
from tests.store.news import DAY, NOON, TODAY
from tests.store.ready import look

FERRY = report(1, "Ferry runs aground", "A ferry ran aground off Sarn. Its crew is safe.")
MINES = report(2, "Mines at sea", "Two mines drifted near the lane. The navy took both away.")
DOCK = report(3, "Ferry in dock at Sarn", "The ferry was towed to a dock. Repairs take weeks.")


def hit(words: Sentence, entry: str, *, list: str = "coast", titled: bool = False) -> WatchHit:
    return WatchHit(list, list, entry, words, titled=titled)


def word(source_text: str, document: str, entry: str) -> Sentence:
    start = source_text.index(entry)
    return Sentence(document, start, start + len(entry), entry)


def watching(made: Edition, *hits: WatchHit, story: str = "s1") -> Edition:
    """Let a story of an edition name entries."""
    return with_story(made, story, watched=hits)


CREW = hit(word(FERRY.text, "d1", "crew"), "Crews")
SARN = hit(word(FERRY.text, "d1", "Sarn"), "Sarn")
NAVY = hit(word(MINES.text, "d2", "navy"), "Navy", list="arms")
TITLE = NamedStory("s9", Sentence("d3", 0, 21, DOCK.title), Status.NEW, "economy")
FIRST = watching(
    watching(edition([FERRY], [MINES]), CREW, SARN), NAVY, replace(NAVY, list="coast"), story="s2"
)
SECOND = watching(edition([DOCK], day=TODAY + DAY), hit(Sentence("d7", 0, 4, "Sarn"), "Sarn"))
SECOND = replace(
    SECOND,
    panel=replace(
        SECOND.panel,
        also=(replace(TITLE, watched=(hit(Sentence("d3", 17, 21, "Sarn"), "Sarn", titled=True),)),),
    ),
)


def fill(store: Store) -> None:
    with store.write() as tx:
        for number, made in enumerate((FIRST, SECOND), 1):
            insert_edition(tx, made, number=number)
            watch_lists.put(tx, DESK, made)


def test_each_story_is_shown_by_day_and_counted_once_a_list_and_once_an_entry(store: Store) -> None:
    fill(store)
    total, stories = look(store, watch_lists.by_day, DESK, "coast", limit=9)
    assert total == 2
    named = WatchedStory(
        edition=SECOND.id,
        day=TODAY + DAY,
        story="s9",
        entries=("Sarn",),
        named=True,
        section="economy",
        headline=DOCK.title,
        sentence=TITLE.title,
    )
    told, also, ferry, mines = stories
    assert also == named
    # not in a printed sentence: the first one stands for its brief
    assert told.sentence.text == "The ferry was towed to a dock."
    assert (ferry.entries, ferry.sentence.text) == (("Crews", "Sarn"), "Its crew is safe.")
    assert (mines.entries, mines.named) == (("Navy",), False)
    assert [one.day for one in stories] == [TODAY + DAY, TODAY + DAY, TODAY, TODAY]
    with store.read() as tx:
        pages = [watch_lists.by_day(tx, DESK, "coast", limit=1, offset=at) for at in range(3)]
    assert [total for total, _ in pages] == [2, 2, 2]
    assert [len(stories) for _, stories in pages] == [2, 2, 0]
    with store.read() as tx:
        for name, both, first in (("coast", 4, 2), ("arms", 1, 1), ("none", 0, 0)):
            assert watch_lists.stories(tx, DESK, name, since=TODAY, upto=TODAY + DAY) == both
            assert watch_lists.stories(tx, DESK, name, since=TODAY, upto=TODAY) == first
        entries = watch_lists.entries(tx, DESK, "coast", since=TODAY, upto=TODAY + DAY)
        assert list(entries.items()) == [("Sarn", 3), ("Crews", 1), ("Navy", 1)]
        assert watch_lists.names(tx, DESK) == ("arms", "coast")
        assert [watch_lists.last(tx, DESK, name) for name in ("arms", "coast", "none")] == [
            TODAY,
            TODAY + DAY,
            None,
        ]
        assert watch_lists.names(tx, "other-desk") == ()
    with store.write() as tx:
        tx.execute(delete(EDITION).where(EDITION.id == SECOND.id))
        assert watch_lists.last(tx, DESK, "coast") == TODAY


def test_an_edition_that_names_nothing_leaves_nothing(store: Store) -> None:
    with store.write() as tx:
        made = edition([FERRY])
        insert_edition(tx, made)
        watch_lists.put(tx, DESK, made)
        assert watch_lists.by_day(tx, DESK, "coast", limit=9) == (0, ())


def test_the_days_of_a_list_are_found_by_its_index(store: Store) -> None:
    if not store.place.file:
        pytest.skip("PostgreSQL decides by what is in the table")
    with store.read() as tx:
        plan = tx.execute(
            text(
                "EXPLAIN QUERY PLAN SELECT DISTINCT day FROM watched "
                "WHERE briefing = 'x' AND list = 'y' ORDER BY day DESC LIMIT 30"
            )
        )
        assert "ix_watched_list" in str(plan.all())


OTHER_DESK = "ostra-desk"


def give(store: Store, *reports: str, name: str = "coast", message: str = "ships") -> bool:
    with store.write() as tx:
        return watch_lists.put_alert(
            tx, OTHER_DESK, name, sorted(reports), at=NOON, message=message
        )


def messages(store: Store) -> list[tuple[str, str]]:
    given = look(store, watch_lists.recent_alerts, OTHER_DESK, since=NOON - DAY)
    return [(one.list, one.message) for one in given]


def test_a_story_is_the_same_as_long_as_it_has_a_report_in_common(store: Store) -> None:
    assert give(store, "b", "c")
    assert not give(store, "a", "b", message="later")
    assert not give(store, "a", message="split off")
    assert give(store, "x", message="another")
    assert give(store, "b", name="harbors")
    # An alert without a line is for its own addresses.
    assert give(store, "z", message="")
    assert messages(store) == [("coast", "ships"), ("coast", "another"), ("harbors", "ships")]


def test_of_servers_at_one_moment_one_is_first(store: Store, at: str, tmp_path: Path) -> None:
    shares = (("a", "b"), ("a", "b", "c"), ("b", "c"), ("b",))
    start, first = Barrier(len(shares)), list[bool]()

    def work(share: tuple[str, ...]) -> None:
        with open_store(at, folder=tmp_path) as server:
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
        assert watch_lists.looked(tx, OTHER_DESK) is None
        watch_lists.look(tx, OTHER_DESK, at=NOON, forget=NOON - DAY)
        assert watch_lists.looked(tx, OTHER_DESK) == NOON
    assert give(store, "a")
    with store.write() as tx:
        later = NOON + timedelta(hours=2)
        watch_lists.look(tx, OTHER_DESK, at=later, forget=NOON + timedelta(hours=1))
        assert watch_lists.looked(tx, OTHER_DESK) == later
    assert messages(store) == []
