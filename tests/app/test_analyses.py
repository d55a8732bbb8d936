from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, update

from briefing.app import analyses as keeping
from briefing.app.publish import draft, prepare, publish
from briefing.core import record
from briefing.core.kept_edition import pack_stories, unpack_stories
from briefing.core.model import Document
from briefing.core.text.analysis import AnalysisRule, analyze
from briefing.core.text.signals import unpack_signals
from briefing.settings import Settings
from briefing.setup import parts
from briefing.store import Store, documents, open_store, versions
from briefing.store.tables import ANALYSIS, VERSION
from tests.desk import RECIPE
from tests.newsday import RIVER, YESTERDAY, report
from tests.publishing import FIRST, Desk, at, open_at, publish_plan
from tests.store.ready import backup, look

RULE = parts.rule(Settings())
HOUR = timedelta(hours=1)
EVENING = at(YESTERDAY, 20)
BROUGHT = [one.id for one in FIRST]


def count(store: Store) -> int:
    with store.read() as tx:
        return tx.scalar(select(func.count()).select_from(ANALYSIS)) or 0


def known(store: Store, rule: AnalysisRule = RULE) -> set[str]:
    return set(look(store, keeping.known, FIRST, rule=rule))


def published(desk: Desk, rule: AnalysisRule | None) -> tuple[str, bytes]:
    done = publish(desk.store, publish_plan(rule=rule), day=YESTERDAY, now=EVENING)
    return done.stored.record, done.stored.files["pdf"]


def test_an_edition_from_kept_analyses_is_the_same_byte_for_byte(tmp_path: Path) -> None:
    made = []
    for number, collected in enumerate((None, RULE, RULE)):
        (tmp_path / f"{number}").mkdir()
        with open_at(tmp_path / f"{number}") as store:
            desk = Desk(store)
            desk.keep(*FIRST, when=at(YESTERDAY, 18))
            if number == 2:
                assert keeping.analyze_collected(store, BROUGHT, rule=RULE, at=EVENING) == 3
            made.append(published(desk, collected))
            assert count(store) == (3 if collected else 0)
    assert made[0] == made[1] == made[2]


def test_signals_are_kept_with_what_is_collected_and_read_by_the_recipe(desk: Desk) -> None:
    settings = Settings()
    keeping.analyze_collected(
        desk.store, BROUGHT, rule=RULE, signals=partial(parts.signals, settings), at=EVENING
    )
    analyses = look(desk.store, keeping.known, FIRST, rule=RULE)
    key = parts.recipe(settings).signals
    assert all(unpack_signals(its.signals, key=key) for its in analyses.values())
    # Without its model reports are collected all the same.
    assert parts.signals(Settings(model="none.model")) is None


def test_what_this_one_brought_is_analyzed_once_and_nothing_else(desk: Desk) -> None:
    own = [*BROUGHT[1:], "unknown"]
    for number in (2, 0):
        assert keeping.analyze_collected(desk.store, own, rule=RULE, at=EVENING) == number
    assert known(desk.store) == set(BROUGHT[1:])
    assert known(desk.store, replace(RULE, runs_on="")) == set()


def test_a_draft_keeps_nothing(desk: Desk) -> None:
    draft(desk.store, publish_plan(rule=RULE), day=YESTERDAY, now=EVENING)
    assert count(desk.store) == 0


def damage(content: bytes) -> bytes:
    return content[:40] + b"?" + content[41:]


@pytest.mark.parametrize("harm", [damage, lambda _: b""])
def test_a_damaged_or_foreign_row_is_made_again(desk: Desk, harm: Callable[[bytes], bytes]) -> None:
    keeping.analyze_collected(desk.store, BROUGHT, rule=RULE, at=EVENING)
    with desk.store.write() as tx:
        good = tx.scalars(select(ANALYSIS.c.content).order_by(ANALYSIS.c.version)).all()
        tx.execute(update(ANALYSIS).values(content=harm(good[0])))
    assert known(desk.store) == set()
    published(desk, RULE)
    with desk.store.read() as tx:
        assert tx.scalars(select(ANALYSIS.c.content).order_by(ANALYSIS.c.version)).all() == good


def test_a_text_that_is_deleted_meanwhile_gets_no_analysis(desk: Desk) -> None:
    made = {one.id: b"x" for one in FIRST}
    with desk.store.write() as tx:
        tx.execute(delete(VERSION).where(VERSION.c.id == FIRST[0].id))
        versions.keep_analyses(tx, made, rule=b"rule", at=EVENING)
        versions.keep_analyses(tx, {FIRST[0].id: b"x"}, rule=b"rule", at=EVENING)
        assert set(versions.kept_analyses(tx, made, rule=b"rule")) == {one.id for one in FIRST[1:]}


def test_analyses_of_days_ago_are_deleted(desk: Desk) -> None:
    keeping.analyze_collected(desk.store, BROUGHT, rule=RULE, at=EVENING)
    week = timedelta(days=7)
    assert keeping.analyze_collected(desk.store, BROUGHT, rule=RULE, at=EVENING + week) == 0
    assert count(desk.store) == 3
    assert keeping.analyze_collected(desk.store, (), rule=RULE, at=EVENING + week + HOUR) == 0
    assert count(desk.store) == 0


def test_a_backup_holds_no_analyses(desk: Desk, tmp_path: Path) -> None:
    keeping.analyze_collected(desk.store, BROUGHT, rule=RULE, at=EVENING)
    backup(desk.store, tmp_path / "copy.db", at=EVENING)
    with open_store("copy.db", folder=tmp_path) as copy:
        assert count(copy) == 0
        assert len(look(copy, documents.texts, [one.id for one in FIRST])) == 3


def test_the_rule_follows_the_settings_that_decide(desk: Desk) -> None:
    assert parts.rule(Settings(name="Another", window_hours=9)) == RULE
    assert "sentencex" in RULE.runs_on
    assert analyze(FIRST[0], language="en").whole is None


#: Of a recipe without these no edition is made ahead.
DEFINED = replace(RECIPE, signals=b"rule", manifest={"look": "sha256 1"})
AHEAD = publish_plan(rule=RULE, recipe=lambda _: DEFINED)


def prepared(desk: Desk) -> bytes:
    """Prepare the edition; return its stories as they are kept."""
    prepare(desk.store, AHEAD, day=YESTERDAY, due=EVENING, now=EVENING - HOUR)
    with desk.store.read() as tx:
        rows = tx.scalars(select(ANALYSIS.c.content).where(ANALYSIS.c.rule != RULE.digest)).all()
        return min(map(bytes, rows), key=len)


def as_one(packed: bytes, reports: Sequence[Document] = FIRST) -> bytes:
    """Return stories as bytes in which all reports are of one."""
    first, *others = unpack_stories(packed, reports) or ()
    every = (*first.documents, *(other.documents[0] for other in others))
    return pack_stories([replace(first, documents=every, links=(1.0, 0.5, 0.5), near=())], reports)


@pytest.mark.parametrize(("late", "stories"), [((), 1), ((report("river", RIVER),), 4)])
def test_a_prepared_edition_has_its_stories_and_one_of_other_reports_its_own(
    desk: Desk, late: Sequence[Document], stories: int
) -> None:
    packed = prepared(desk)
    with desk.store.write() as tx:
        kept_ahead = ANALYSIS.c.rule != RULE.digest
        tx.execute(update(ANALYSIS).where(kept_ahead).values(content=as_one(packed)))
    desk.keep(*late, when=EVENING - timedelta(minutes=1))
    made, _ = published(desk, RULE)
    assert record.read(made, name="").edition.ledger.stories == stories


def test_an_edition_that_is_made_is_not_prepared(desk: Desk) -> None:
    published(desk, RULE)
    before = count(desk.store)
    prepare(desk.store, AHEAD, day=YESTERDAY, due=EVENING, now=EVENING)
    assert count(desk.store) == before
