import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache, partial
from pathlib import Path
from random import Random

import pytest

from briefing.app.analyses import analyze_collected
from briefing.app.publish import PublishPlan, prepare, publish
from briefing.core.errors import NothingToPrintError
from briefing.core.model import Document, Item
from briefing.settings import Settings
from briefing.setup import parts
from briefing.setup.news import publish_plan
from briefing.sources.files import read
from briefing.store import Store, documents
from tests.publishing import SOURCE, open_at

EXAMPLES = Path(__file__).parents[2] / "examples"
SETTINGS = Settings(name="Ostra Desk")
DAY, NOON = date(2026, 3, 12), datetime(2026, 3, 12, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
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


def keep(store: Store, some: Sequence[Document], *, at: datetime) -> None:
    items = [Item(report, keys=(f"url {report.url}",), from_page=True) for report in some]
    with store.write() as tx:
        documents.keep_all(tx, items, source=SOURCE, at=at)


def in_parts(some: Sequence[Document], chance: Random) -> Iterator[Sequence[Document]]:
    """Yield reports in another order, in parts of any size; some come twice."""
    left = chance.sample(some, len(some))
    while left:
        size = chance.randint(1, len(left))
        yield left[:size] + chance.sample(some, chance.randint(0, len(some) // 4))
        del left[:size]


def collect(store: Store, plan: PublishPlan, some: Sequence[Document], chance: Random) -> None:
    """Collect reports part by part; most parts are analyzed, some with their signals.

    Behind some parts the edition is made ahead: behind the last it is published so.
    """
    for number, part in enumerate(in_parts(some, chance)):
        at = NOON - MINUTE * (60 - number)
        keep(store, part, at=at)
        if chance.random() < 0.7:
            ids, rule = [report.id for report in part], parts.rule(SETTINGS)
            signals = chance.choice((lambda: None, partial(parts.signals, SETTINGS)))
            analyze_collected(store, ids, rule=rule, signals=signals, at=at)
        if chance.random() < 0.4:
            with suppress(NothingToPrintError):
                prepare(store, plan, day=DAY, due=NOON, now=at)


@pytest.mark.parametrize(
    ("days", "most"), [(range(6), 10), pytest.param(range(6, 224), 24, marks=pytest.mark.slow)]
)
def test_an_edition_of_reports_collected_in_any_order_and_parts_is_that_from_scratch(
    days: range, most: int, tmp_path: Path
) -> None:
    plan = publish_plan(SETTINGS)
    for day in days:
        chance = Random(day)  # noqa: S311  an order, no secret
        some = chance.sample(reports(), chance.randint(1, most))
        records = []
        for name in (f"parts {day}", f"scratch {day}"):
            (tmp_path / name).mkdir()
            with open_at(tmp_path / name) as store:
                if name.startswith("parts"):
                    collect(store, plan, some, chance)
                    records.append(publish(store, plan, day=DAY, now=NOON).stored.record)
                else:
                    keep(store, some, at=NOON - MINUTE)
                    alone = replace(plan, rule=None)
                    records.append(publish(store, alone, day=DAY, now=NOON).stored.record)
        in_parts_made, from_scratch = (COLLECTED.sub("", record) for record in records)
        assert in_parts_made == from_scratch, f"day {day}"
