from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import update

from briefing.core.model import Edition, NamedStory, Panel, Saga, SagaEntry, Sentence, Status
from briefing.core.text.sagas import tellings
from briefing.store import Store, sagas
from briefing.store.sagas import StoredSaga
from briefing.store.tables import EDITION
from tests.newsday import with_story
from tests.store.archives import DESK, edition, insert_edition, report
from tests.store.news import DAY, TODAY
from tests.store.ready import act, look

FERRY = report(1, "Ferry runs aground", "A ferry ran aground off Sarn. Its crew is safe.")
HULL = report(2, "Hull of the ferry", "Divers looked at the hull of the ferry. It has a hole.")
DOCK = report(3, "Ferry in dock", "The ferry was towed to a dock on Friday. Repairs take weeks.")
MINES = report(4, "Mines at sea", "Two mines drifted near the lane. The navy took both away.")


def told(made: Edition, story: str = "s1") -> SagaEntry:
    return next(one.entry for one in tellings(made) if one.story == story)


def going_on(made: Edition, saga: Saga, *, story: str = "s1") -> Edition:
    return with_story(made, story, saga=saga)


FIRST = edition([FERRY], [MINES])
SECOND = going_on(edition([HULL], [MINES], day=TODAY + DAY), Saga("s1", FIRST.day, (told(FIRST),)))
THIRD = going_on(
    going_on(
        edition([DOCK], [MINES], day=TODAY + 2 * DAY),
        Saga("s1", FIRST.day, (told(FIRST), told(SECOND))),
    ),
    Saga("s2", FIRST.day, (told(FIRST, "s2"), told(SECOND, "s2"))),
    story="s2",
)
FOURTH = going_on(
    edition([DOCK], day=TODAY + 3 * DAY),
    Saga("s1", FIRST.day, (told(FIRST), told(SECOND), told(THIRD))),
)


def fill(store: Store, *, briefing: str = DESK) -> None:
    with store.write() as tx:
        for number, made in enumerate((FIRST, SECOND, THIRD), 1):
            insert_edition(tx, made, briefing=briefing, number=number)
            sagas.put(tx, briefing, made)


def get(store: Store, id: str = "s1") -> StoredSaga:
    found = look(store, sagas.get, DESK, id)
    assert found is not None
    return found


def days(saga: StoredSaga) -> list[date]:
    return [entry.day for entry in saga.entries]


def test_a_saga_holds_what_each_edition_told_and_the_list_what_was_told_last(store: Store) -> None:
    fill(store)
    saga = get(store)
    assert saga.entries == (told(FIRST), told(SECOND), told(THIRD))
    assert (saga.since, saga.joined, saga.parted) == (TODAY, (), "")
    assert saga.entries[0].sentence.text == "A ferry ran aground off Sarn."
    with store.read() as tx:
        assert sagas.get(tx, DESK, "s3") is None
        assert sagas.get(tx, "other", "s1") is None
    with store.read() as tx:
        register = sagas.register(tx, DESK, since=TODAY + DAY)
        assert sagas.of_edition(tx, DESK, THIRD.id) == {"s1": ("s1", TODAY), "s2": ("s2", TODAY)}
    assert register.of == {
        (SECOND.id, "s1"): "s1",
        (THIRD.id, "s1"): "s1",
        (SECOND.id, "s2"): "s2",
        (THIRD.id, "s2"): "s2",
    }
    assert (register.since, register.last) == ({"s1": TODAY, "s2": TODAY}, 2)
    with store.read() as tx:
        total, listed = sagas.newest(tx, DESK, limit=10)
        assert (total, [one.id for one in listed]) == (2, ["s2", "s1"])
        assert sagas.newest(tx, DESK, limit=1, offset=1)[1] == listed[1:]
        assert sagas.newest(tx, "other", limit=10) == (0, ())
    assert (listed[1].since, listed[1].last) == (TODAY, THIRD.day)
    assert (listed[1].editions, listed[1].headline) == (3, DOCK.title)


def test_a_story_that_is_only_named_is_kept_in_no_saga(store: Store) -> None:
    fill(store)
    title = Sentence(MINES.id, 0, len(MINES.title), MINES.title)
    named = replace(FOURTH, panel=Panel(also=(NamedStory("s2", title, Status.CONTINUING),)))
    with store.write() as tx:
        insert_edition(tx, named, number=4)
        sagas.put(tx, DESK, named)
        assert sagas.of_edition(tx, DESK, named.id) == {"s1": ("s1", TODAY)}


def test_a_withdrawn_edition_tells_nothing_and_keeps_its_numbers(store: Store) -> None:
    fill(store)
    with store.write() as tx:
        tx.execute(update(EDITION).where(EDITION.id == THIRD.id).values(briefing=THIRD.id))
        assert sagas.register(tx, DESK, since=TODAY).last == 2
    assert days(get(store)) == [TODAY, TODAY + DAY]


def test_joined_sagas_are_one_from_the_earlier_first_day_on(store: Store) -> None:
    fill(store)
    with store.write() as tx:
        sagas.join(tx, DESK, "s1", into="s2")
        register = sagas.register(tx, DESK, since=TODAY)
    assert set(register.of.values()) == {"s2"}
    assert get(store, "s1") == get(store, "s2")
    saga = get(store, "s2")
    assert (saga.id, saga.joined, len(saga.entries)) == ("s2", ("s1",), 6)


def test_what_was_joined_to_a_saga_follows_it(store: Store) -> None:
    fill(store)
    with store.write() as tx:
        new = sagas.part(tx, DESK, "s1", [(THIRD.id, "s1")])
        sagas.join(tx, DESK, "s2", into="s1")
        sagas.join(tx, DESK, "s1", into=new)
    assert get(store, "s2").id == get(store, "s1").id == new
    assert get(store, new).joined == ("s1", "s2")


def test_a_parted_saga_leaves_the_rest(store: Store) -> None:
    fill(store)
    new = act(store, sagas.part, DESK, "s1", [(FIRST.id, "s1")])
    assert (new, days(get(store, new)), get(store, new).parted) == ("s19", [TODAY], "s1")
    assert days(get(store)) == [TODAY + DAY, TODAY + 2 * DAY]
    assert (get(store).since, get(store, new).since) == (TODAY + DAY, TODAY)
    # A later edition does not undo what an editor parted.
    with store.write() as tx:
        insert_edition(tx, FOURTH, number=4)
        sagas.put(tx, DESK, FOURTH)
    assert days(get(store, new)) == [TODAY]
    assert days(get(store)) == [TODAY + number * DAY for number in (1, 2, 3)]


def test_what_an_edition_of_another_store_told_is_left_out(store: Store) -> None:
    with store.write() as tx:
        insert_edition(tx, SECOND)
        sagas.put(tx, DESK, SECOND)
    assert days(get(store)) == [SECOND.day]


class TestProposals:
    """What an edition shows of two sagas is proposed until an editor decides."""

    def fill(self, store: Store) -> None:
        """Let the last edition show that two sagas are one, and a third that there is none."""
        fill(store)
        with store.write() as tx:
            saga = Saga("s1", FIRST.day, (), also=("s2", "s9"))
            sagas.put_proposals(tx, DESK, going_on(THIRD, saga))

    def open(self, store: Store) -> list[tuple[str, str, str]]:
        with store.read() as tx:
            found = sagas.open_proposals(tx, DESK)
            assert sagas.open_proposals(tx, "other") == ()
        assert all((one.edition, one.day) == (THIRD.id, THIRD.day) for one in found)
        return [(one.saga, one.other, one.headline) for one in found]

    def test_two_sagas_may_be_one_until_they_are(self, store: Store) -> None:
        self.fill(store)
        assert self.open(store) == [("s1", "s2", DOCK.title)]
        act(store, sagas.join, DESK, "s2", into="s1")
        assert self.open(store) == []

    def test_what_is_declined_alone_is_not_proposed_again(self, store: Store) -> None:
        self.fill(store)
        act(store, sagas.decline_proposal, DESK, frozenset({"s1", "s3"}))
        assert self.open(store) != []
        pairs = {frozenset({"s1", "s2"})}
        with store.write() as tx:
            sagas.decline_proposal(tx, DESK, frozenset({"s2", "s1"}))
            assert sagas.register(tx, DESK, since=TODAY).apart == pairs
            assert sagas.apart(tx, "other") == frozenset()
        assert self.open(store) == []
        # Where the edition is withdrawn as well.
        with store.write() as tx:
            tx.execute(update(EDITION).where(EDITION.id == THIRD.id).values(briefing=THIRD.id))
            assert sagas.apart(tx, DESK) == pairs

    def test_what_an_editor_joins_after_all_is_apart_no_more(self, store: Store) -> None:
        self.fill(store)
        with store.write() as tx:
            sagas.decline_proposal(tx, DESK, frozenset({"s1", "s2"}))
            sagas.join(tx, DESK, "s2", into="s1")
            assert sagas.apart(tx, DESK) == frozenset()

    def test_what_an_editor_parted_is_apart_and_proposes_nothing(self, store: Store) -> None:
        self.fill(store)
        with store.write() as tx:
            sagas.part(tx, DESK, "s1", [(THIRD.id, "s1")])
            assert sagas.apart(tx, DESK) == {frozenset({"s1", "s19"})}
        assert self.open(store) == []

    def test_what_no_editor_decides_lapses_after_thirty_days(self, store: Store) -> None:
        self.fill(store)
        later = edition([FERRY], day=THIRD.day + 29 * DAY)
        act(store, insert_edition, later, number=9)
        assert self.open(store) != []
        act(store, insert_edition, replace(later, day=THIRD.day + 30 * DAY), number=10)
        assert self.open(store) == []


@pytest.mark.parametrize("words", ["\u202e<b>&\n\x00", "\ud800", "x" * 100_000])
def test_any_words_are_kept(store: Store, words: str) -> None:
    entry = replace(told(FIRST), headline=words)
    made = going_on(SECOND, Saga("s1", FIRST.day, (entry,)))
    with store.write() as tx:
        insert_edition(tx, FIRST)
        insert_edition(tx, made, number=2)
        sagas.put(tx, DESK, made)
    assert get(store).entries[0].headline == words
