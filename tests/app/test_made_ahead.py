"""An edition that was made before its time is published as if it had not been."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import update

from briefing.app.publish import PublishPlan, prepare, publish
from briefing.core.model import DeskNote, Edition, Preferences, State, Subscriber
from briefing.core.ports import Fit
from briefing.press.measure import Press
from briefing.settings import Settings
from briefing.setup.news import publish_plan
from briefing.store import drafts, printed_files, subscribers
from briefing.store.editions import StoredEdition
from briefing.store.tables import ANALYSIS
from tests.newsday import RIVER, YESTERDAY, report
from tests.publishing import BRIEFING, FIRST, Desk, at, open_at
from tests.store.readers import IMPORTED

PLAN = publish_plan(Settings(name="Ostra Desk"))
NEW = at(YESTERDAY, 18)
Change = Callable[[Desk], object]


def published(
    folder: Path,
    change: Change = lambda _: None,
    *,
    plan: PublishPlan = PLAN,
    ahead: bool = True,
) -> tuple[StoredEdition, int]:
    """Return an edition, its readers' own pages among its files, and its layouts."""
    folder.mkdir()
    with open_at(folder) as store:
        desk = Desk(store)
        desk.keep(*FIRST, when=NEW)
        with store.write() as tx:
            for name, words in (("ann", ()), ("bea", ("Serrat",))):
                wishes = Preferences(sections=("economy",), own_words=words)
                reader = Subscriber(0, f"{name}@readers.example", "", State.ACTIVE, wishes, NEW)
                subscribers.add(tx, reader, consent=IMPORTED)
        if ahead:
            prepare(store, PLAN, day=YESTERDAY, due=at(YESTERDAY, 20), now=at(YESTERDAY, 19))
        change(desk)
        done = publish(store, plan, day=YESTERDAY, now=at(YESTERDAY, 20, 1))
        with store.read() as tx:
            own = printed_files.others(tx, done.stored.id)
    assert done.printed
    return replace(done.stored, files={**done.stored.files, **own}), done.printed.layouts


@pytest.mark.paper
def test_an_edition_made_ahead_is_printed_in_one_layout_with_the_same_bytes(tmp_path: Path) -> None:
    ahead, layouts = published(tmp_path / "ahead")
    scratch, usual = published(tmp_path / "scratch", ahead=False)
    assert ahead == scratch
    assert {"pdf", "html", "text", "own/1.pdf"} <= ahead.files.keys()
    assert sum(name.startswith("own/1-") for name in ahead.files) == 2
    assert (layouts, usual) == (1, 2)


def note(desk: Desk) -> None:
    with desk.store.write() as tx:
        kept = DeskNote("No edition tomorrow.", "Ines")
        drafts.put_note(tx, BRIEFING, YESTERDAY, kept, who="ines", at=NEW)


def damage(desk: Desk) -> None:
    with desk.store.write() as tx:
        tx.execute(update(ANALYSIS).values(content=b"?"))


@pytest.mark.parametrize(
    "change", [lambda desk: desk.keep(report("river", RIVER), when=NEW), note, damage]
)
def test_what_has_changed_since_is_in_the_edition(change: Change, tmp_path: Path) -> None:
    ahead, layouts = published(tmp_path / "ahead", change)
    scratch, usual = published(tmp_path / "scratch", change, ahead=False)
    assert ahead == scratch
    assert layouts == usual == 2


class _Shorter(Press):
    """Lays a page out for the first time as if its paper had become shorter."""

    def lay_out(self, edition: Edition) -> Fit:
        first = not self.layouts
        fit = super().lay_out(edition)
        return replace(fit, free=-20.0) if first else fit


@pytest.mark.paper
def test_a_page_that_does_not_stand_any_more_is_made_again(tmp_path: Path) -> None:
    press = PLAN.press
    assert isinstance(press, Press)
    shorter = _Shorter(press._theme, press._paper, attach=press._attach)
    ahead, layouts = published(tmp_path / "ahead", plan=replace(PLAN, press=shorter))
    scratch, _ = published(tmp_path / "scratch", ahead=False)
    assert ahead == scratch
    assert layouts == 2
