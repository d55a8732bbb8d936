import pytest
from sqlalchemy import delete, update

from briefing.app.sagas import decline_proposal, join_sagas, part_saga, proposals, show
from briefing.core import record
from briefing.core.errors import InputError, UsageError
from briefing.core.model import Role
from briefing.store import Store, audit, editions
from briefing.store.audit import Actor
from briefing.store.tables import SAGA_STORY, VERSION
from tests.desk import FERRY
from tests.newsday import STRAIT, STRAIT_NEXT, TODAY, YESTERDAY
from tests.publishing import BRIEFING, Desk, at, show_merge
from tests.store.ready import employ

NOW = at(TODAY, 9)
ADA = Actor("ada", NOW)


def test_todays_story_goes_on_and_changed_text_is_not_proved(store: Store) -> None:
    with store.read() as tx:
        shown = show(tx, BRIEFING, "s1")
        stored = editions.on(tx, BRIEFING, TODAY)
    assert [one.entry.day for one in shown.entries] == [YESTERDAY, TODAY]
    assert [one.entry.headline for one in shown.entries] == [STRAIT[0], STRAIT_NEXT[0]]
    assert all(one.proved and one.source for one in shown.entries)
    assert stored is not None
    edition = record.read(stored.record, name="").edition
    (saga,) = [brief.saga for brief in edition.briefs() if brief.saga]
    assert (saga.id, saga.since, saga.day_of(TODAY)) == ("s1", YESTERDAY, 2)
    assert saga.entries == (shown.entries[0].entry,)
    with store.write() as tx:
        name = shown.last.sentence.document
        tx.execute(update(VERSION).where(VERSION.c.id == name).values(text="Z" + STRAIT_NEXT[1]))
        shown = show(tx, BRIEFING, "s1")
    assert [one.proved for one in shown.entries] == [True, False]


@pytest.fixture
def store(store: Store) -> Store:
    """Return a store with the editions of two days."""
    desk = Desk(store)
    desk.first()
    desk.second()
    employ(store, "ada", role=Role.EDITOR)
    return store


@pytest.mark.parametrize("id", ["", "s2", "s0", "s-1", "1", "s1\n", "s" + "9" * 30, "<b>", "s٣"])
def test_what_is_no_saga_is_told_in_one_line(store: Store, id: str) -> None:
    with store.read() as tx, pytest.raises(InputError, match="no such saga") as failure:
        show(tx, BRIEFING, id)
    assert "\n" not in str(failure.value)


def test_an_editor_parts_a_saga_and_joins_it_again(store: Store) -> None:
    with store.write() as tx:
        last = show(tx, BRIEFING, "s1").last
        assert part_saga(tx, BRIEFING, "s1", [(last.edition, last.story)], actor=ADA).id == "s18"
        assert [one.entry.day for one in show(tx, BRIEFING, "s1").entries] == [YESTERDAY]
        joined = join_sagas(tx, BRIEFING, "s18", "s1", actor=ADA)
        assert (joined.id, joined.joined, len(joined.entries)) == ("s1", ("s18",), 2)
        noted = [(one.who, one.what, one.about) for one in audit.recent(tx)][:2]
    assert sorted(noted) == [
        ("ada", "join sagas", f"s18 into s1: {STRAIT_NEXT[0]}"),
        ("ada", "part saga", f"s18 from s1: {STRAIT_NEXT[0]}"),
    ]


def test_what_cannot_be_corrected_is_refused_and_nothing_is_noted(store: Store) -> None:
    with store.write() as tx:
        own = [(one.entry.edition, one.entry.story) for one in show(tx, BRIEFING, "s1").entries]
        for keys, failure in (((), UsageError), (own, UsageError), ([("x", "s1")], InputError)):
            with pytest.raises(failure):
                part_saga(tx, BRIEFING, "s1", keys, actor=ADA)
        for into, failure in (("s1", UsageError), ("s7", InputError)):
            with pytest.raises(failure):
                join_sagas(tx, BRIEFING, "s1", into, actor=ADA)
        assert not [one for one in audit.recent(tx) if "saga" in one.what]


class TestProposals:
    """What an edition shows of two sagas waits for an editor."""

    def test_two_sagas_are_proposed_until_an_editor_joins_them(self, store: Store) -> None:
        show_merge(store)
        with store.read() as tx:
            (one,) = proposals(tx, BRIEFING)
            for shown in (show(tx, BRIEFING, id) for id in ("s1", "s2")):
                assert (shown.proposals, shown.saga.joined) == ((one,), ())
        assert (one.proposal.saga, one.proposal.other, one.proposal.day) == ("s1", "s2", TODAY)
        assert (one.proposal.headline, one.other) == (STRAIT_NEXT[0], FERRY[0])
        # the younger is joined to the older
        assert (one.goes, one.stays) == ("s2", "s1")
        with store.write() as tx:
            join_sagas(tx, BRIEFING, "s2", "s1", actor=ADA)
            assert proposals(tx, BRIEFING) == ()

    def test_declined_it_is_noted_and_not_proposed_again(self, store: Store) -> None:
        show_merge(store)
        with store.write() as tx:
            assert decline_proposal(tx, BRIEFING, "s2", "s1", actor=ADA).id == "s2"
            assert proposals(tx, BRIEFING) == ()
            nothing = "there is no longer a proposal for"
            for other, words in (
                ("s1", f"{nothing} s1 and s2"),
                ("s2", nothing),
                ("s7", "no such saga"),
            ):
                with pytest.raises(InputError, match=words):
                    decline_proposal(tx, BRIEFING, "s2", other, actor=ADA)
            (line,) = [one for one in audit.recent(tx) if one.what == "decline proposal"]
        assert (line.who, line.about) == ("ada", f"s2 is not s1: {FERRY[0]}")

    def test_of_a_saga_that_no_edition_tells_nothing_is_proposed(self, store: Store) -> None:
        show_merge(store)
        with store.write() as tx:
            tx.execute(delete(SAGA_STORY).where(SAGA_STORY.c.saga == 2))
            assert proposals(tx, BRIEFING) == ()
