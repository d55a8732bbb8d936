"""Each page of the archive holds its part of what all passages, read one by one, would show."""

from contextlib import closing
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

from briefing.store import Store, archive
from briefing.store.archive import Question, words_of
from briefing.store.round_tables import PRINTED
from briefing.store.tables import EDITION
from tests.store.archives import DESK, edition, put
from tests.store.news import DAY, TODAY
from tests.store.ready import ready_store
from tests.store.test_archive import LEASE, RATE, TOLL, TREATY, search, with_panel


@pytest.mark.parametrize(
    "question",
    [
        Question(),
        Question("lease"),
        Question("bank"),
        Question("money"),
        Question("toll"),
        Question("ferries"),
        Question("bank", publisher="Zeit & Wort"),
        Question(section="security"),
        Question("treaty", since=TODAY + DAY, until=TODAY + 3 * DAY),
        Question("nowhere"),
    ],
)
def test_each_page_is_a_part_of_all_that_is_found(store: Store, question: Question) -> None:
    days = [
        [[LEASE], [TREATY], [RATE]],
        [[RATE]],
        [[TREATY], [RATE, TOLL], [LEASE]],
        [[LEASE]],
        [[RATE], [LEASE], [TREATY], [RATE]],
    ]
    with store.write() as tx:
        for ago, stories in enumerate(days):
            made = edition(*stories, day=TODAY + ago * DAY, sections=("economy", "security"))
            put(tx, with_panel(made), number=ago)
        put(tx, edition([LEASE]), briefing="other-desk")
    every = first_matches(store, question)
    assert bool(every) is (question.words != "nowhere")
    for limit, offset in product(range(1, 14), range(14)):
        page = search(store, question, limit=limit, offset=offset)
        assert page.total == len(every)
        found = [(hit.day, hit.number, hit.brief, hit.sentence, hit.kind) for hit in page.hits]
        assert found == every[offset : offset + limit]


def test_a_search_for_words_may_use_all_processors_of_a_server(store: Store) -> None:
    with store.read() as tx:
        if tx.dialect.name != "postgresql":
            pytest.skip("SQLite reads with one")

        def cost() -> str:
            return str(tx.exec_driver_sql("SHOW parallel_tuple_cost").scalar_one())

        usual = cost()
        archive.search(tx, DESK, Question(), limit=1)
        assert cost() == usual != "0"
        archive.search(tx, DESK, Question("lease"), limit=1)
        assert cost() == "0"
    with store.read() as tx:
        assert cost() == usual


def first_matches(store: Store, question: Question) -> list[tuple[date, int, int, str, str]]:
    """Look through all passages, the newest day first, for the first that matches of each brief."""
    query = select(PRINTED, EDITION.c.day, EDITION.c.number).join(EDITION)
    ordered = query.where(EDITION.c.briefing == DESK).order_by(EDITION.c.day.desc())
    with store.read() as tx:
        rows = tx.execute(ordered.order_by(PRINTED.c.place)).all()
    found: dict[tuple[str, int], tuple[date, int, int, str, str]] = {}
    for row in rows:
        if (
            all(word in row.sought for word in words_of(question.words))
            and question.publisher in ("", *archive.publishers_of(row.publishers))
            and question.section in ("", row.section)
            and (question.since or row.day) <= row.day <= (question.until or row.day)
        ):
            one = (row.day, row.number, row.brief, row.sentence, row.kind)
            found.setdefault((row.edition, row.brief), one)
    return list(found.values())


def test_a_list_without_words_is_counted_without_reading_passages(tmp_path: Path) -> None:
    asked: list[tuple[str, Any]] = []
    with closing(ready_store("desk.db", folder=tmp_path)) as store, store.read() as tx:
        event.listen(tx, "before_cursor_execute", lambda *told: asked.append(told[2:4]))
        archive.search(tx, DESK, Question(), limit=20)
        ((statement, values),) = asked
        plan = tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
    assert any("COVERING INDEX ix_printed_edition" in row.detail for row in plan)
