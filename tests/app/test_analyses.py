"""What is computed ahead of an edition changes none of its bytes, whatever came in when."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache, partial
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import delete, func, select, update

from briefing.app import analyses as keeping
from briefing.app.publish import PublishPlan, draft, prepare, publish
from briefing.core import record
from briefing.core.errors import NothingToPrintError
from briefing.core.kept_edition import pack_stories, unpack_stories
from briefing.core.model import DeskNote, Document, Edition, Item
from briefing.core.ports import Fit
from briefing.core.text.analysis import AnalysisRule, analyze
from briefing.core.text.signals import unpack_signals
from briefing.press.measure import Press
from briefing.settings import Settings
from briefing.setup import parts
from briefing.setup.news import publish_plan as real_plan
from briefing.sources.files import read
from briefing.store import Store, documents, drafts, open_store, printed_files, versions
from briefing.store.editions import StoredEdition
from briefing.store.tables import ANALYSIS, VERSION
from tests.desk import RECIPE
from tests.mailroom import reader, subscribe
from tests.newsday import RIVER, YESTERDAY, report
from tests.publishing import BRIEFING, FIRST, SOURCE, Desk, at, open_at, publish_plan
from tests.store.ready import act, backup, look

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


SETTINGS = Settings(name="Ostra Desk")
OSTRA = real_plan(SETTINGS)
COLLECTED_AT = at(YESTERDAY, 18)
Change = Callable[[Desk], object]


def printed_ahead(
    folder: Path, change: Change = lambda _: None, *, plan: PublishPlan = OSTRA, ahead: bool = True
) -> tuple[StoredEdition, int]:
    """Return an edition, its readers' own pages among its files, and its layouts."""
    folder.mkdir()
    with open_at(folder) as store:
        desk = Desk(store)
        desk.keep(*FIRST, when=COLLECTED_AT)
        for words in ((), ("Serrat",)):
            reads = reader(f"r{len(words)}@readers.example", sections=("economy",), own_words=words)
            subscribe(store, reads, at=COLLECTED_AT)
        if ahead:
            prepare(store, OSTRA, day=YESTERDAY, due=at(YESTERDAY, 20), now=at(YESTERDAY, 19))
        change(desk)
        done = publish(store, plan, day=YESTERDAY, now=at(YESTERDAY, 20, 1))
        own = look(store, printed_files.others, done.stored.id)
    assert done.printed
    return replace(done.stored, files={**done.stored.files, **own}), done.printed.layouts


@pytest.mark.paper
def test_an_edition_made_ahead_is_printed_in_one_layout_with_the_same_bytes(tmp_path: Path) -> None:
    ahead, layouts = printed_ahead(tmp_path / "ahead")
    scratch, usual = printed_ahead(tmp_path / "scratch", ahead=False)
    assert ahead == scratch
    assert {"pdf", "html", "text", "own/1.pdf"} <= ahead.files.keys()
    assert sum(name.startswith("own/1-") for name in ahead.files) == 2
    assert (layouts, usual) == (1, 2)


def note(desk: Desk) -> None:
    with desk.store.write() as tx:
        kept = DeskNote("No edition tomorrow.", "Ines")
        drafts.put_note(tx, BRIEFING, YESTERDAY, kept, who="ines", at=COLLECTED_AT)


def damage_all(desk: Desk) -> None:
    with desk.store.write() as tx:
        tx.execute(update(ANALYSIS).values(content=b"?"))


@pytest.mark.parametrize(
    "change", [lambda desk: desk.keep(report("river", RIVER), when=COLLECTED_AT), note, damage_all]
)
def test_what_has_changed_since_is_in_the_edition(change: Change, tmp_path: Path) -> None:
    ahead, layouts = printed_ahead(tmp_path / "ahead", change)
    scratch, usual = printed_ahead(tmp_path / "scratch", change, ahead=False)
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
    press = OSTRA.press
    assert isinstance(press, Press)
    shorter = _Shorter(press._theme, press._paper, attach=press._attach)
    ahead, layouts = printed_ahead(tmp_path / "ahead", plan=replace(OSTRA, press=shorter))
    scratch, _ = printed_ahead(tmp_path / "scratch", ahead=False)
    assert ahead == scratch
    assert layouts == 2


EXAMPLES = Path(__file__).parents[2] / "examples"
DAY, NOON = date(2026, 3, 12), datetime(2026, 3, 12, 12, tzinfo=UTC)
#: When a report was collected, and what is computed from it.
COLLECTED = re.compile(r'"(?:collected|digest)":"[^"]*",')


@lru_cache(maxsize=1)
def reports() -> tuple[Document, ...]:
    """Return the English reports of the invented days, as if published within nine hours."""
    every = read([str(EXAMPLES / name) for name in ("2026-03-11", "2026-03-12", "weeks")]).documents
    return tuple(
        replace(
            report,
            id=f"r{number}",
            url=f"https://wire.example/{number}",
            published=NOON - timedelta(hours=2 + number % 9),
        )
        for number, report in enumerate(every)
    )


def bring_in(store: Store, some: Sequence[Document], *, at: datetime) -> None:
    items = [Item(report, keys=(f"url {report.url}",), from_page=True) for report in some]
    act(store, documents.keep_all, items, source=SOURCE, at=at)


def in_parts(some: Sequence[Document], chance: Random) -> Iterator[Sequence[Document]]:
    """Yield reports in another order, in parts of any size; some come twice."""
    left = chance.sample(some, len(some))
    while left:
        size = chance.randint(1, len(left))
        yield left[:size] + chance.sample(some, chance.randint(0, len(some) // 4))
        del left[:size]


def collect(store: Store, some: Sequence[Document], chance: Random) -> None:
    """Collect reports part by part; most parts are analyzed, some with their signals.

    Behind some parts the edition is made ahead: behind the last it is published so.
    """
    for number, part in enumerate(in_parts(some, chance)):
        at = NOON - timedelta(minutes=1) * (60 - number)
        bring_in(store, part, at=at)
        if chance.random() < 0.7:
            ids, rule = [report.id for report in part], parts.rule(SETTINGS)
            signals = chance.choice((lambda: None, partial(parts.signals, SETTINGS)))
            keeping.analyze_collected(store, ids, rule=rule, signals=signals, at=at)
        if chance.random() < 0.4:
            with suppress(NothingToPrintError):
                prepare(store, OSTRA, day=DAY, due=NOON, now=at)


@pytest.mark.parametrize(
    ("days", "most"), [(range(6), 10), pytest.param(range(6, 224), 24, marks=pytest.mark.slow)]
)
def test_an_edition_of_reports_collected_in_any_order_and_parts_is_that_from_scratch(
    days: range, most: int, tmp_path: Path
) -> None:
    for day in days:
        chance = Random(day)  # noqa: S311  an order, no secret
        some = chance.sample(reports(), chance.randint(1, most))
        records = []
        for name in (f"parts {day}", f"scratch {day}"):
            (tmp_path / name).mkdir()
            with open_at(tmp_path / name) as store:
                if name.startswith("parts"):
                    collect(store, some, chance)
                    records.append(publish(store, OSTRA, day=DAY, now=NOON).stored.record)
                else:
                    bring_in(store, some, at=NOON - timedelta(minutes=1))
                    alone = replace(OSTRA, rule=None)
                    records.append(publish(store, alone, day=DAY, now=NOON).stored.record)
        in_parts_made, from_scratch = (COLLECTED.sub("", record) for record in records)
        assert in_parts_made == from_scratch, f"day {day}"
