import pytest
from sqlalchemy import delete

from briefing.app.sagas import decline_proposal, join_sagas, part_saga, proposals, show
from briefing.core.model import Role
from briefing.store import Store, audit
from briefing.store.audit import Actor
from briefing.store.tables import SAGA_STORY
from tests.desk import FERRY
from tests.newsday import STRAIT_NEXT, TODAY
from tests.publishing import BRIEFING, Desk, at, show_merge
from tests.store.ready import employ

NOW = at(TODAY, 9)
ADA = Actor("ada", NOW)


@pytest.fixture
def store(store: Store) -> Store:
    """Return a store with the editions of two days."""
    desk = Desk(store)
    desk.first()
    desk.second()
    employ(store, "ada", role=Role.EDITOR)
    return store


def test_what_an_editor_decides_of_sagas_is_noted(store: Store) -> None:
    with store.write() as tx:
        last = show(tx, BRIEFING, "s1").last
        assert part_saga(tx, BRIEFING, "s1", [(last.edition, last.story)], actor=ADA).id == "s18"
        joined = join_sagas(tx, BRIEFING, "s18", "s1", actor=ADA)
        assert (joined.id, joined.joined, len(joined.entries)) == ("s1", ("s18",), 2)
    show_merge(store)
    with store.write() as tx:
        (one,) = proposals(tx, BRIEFING)
        # the younger is joined to the older
        assert (one.goes, one.stays) == ("s2", "s1")
        decline_proposal(tx, BRIEFING, "s2", "s1", actor=ADA)
        assert proposals(tx, BRIEFING) == ()
        noted = {(one.who, one.what, one.about) for one in audit.recent(tx)}
    assert noted >= {
        ("ada", "split saga", f"s18 from s1: {STRAIT_NEXT[0]}"),
        ("ada", "merge sagas", f"s18 into s1: {STRAIT_NEXT[0]}"),
        ("ada", "decline proposal", f"s2 is not s1: {FERRY[0]}"),
    }


def test_of_a_saga_that_no_edition_tells_nothing_is_proposed(store: Store) -> None:
    show_merge(store)
    with store.write() as tx:
        tx.execute(delete(SAGA_STORY).where(SAGA_STORY.c.saga == 2))
        assert proposals(tx, BRIEFING) == ()
