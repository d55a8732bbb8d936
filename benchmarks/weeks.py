"""Three invented weeks, published day by day from a store and compared with their key."""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

from briefing.app.editions import prove_stored
from briefing.app.ledger import outcomes
from briefing.app.publish import publish, publish_week
from briefing.core import record
from briefing.core.edition import slug
from briefing.core.model import Edition, Item, Saga, weekly
from briefing.settings import Settings
from briefing.setup.news import publish_plan
from briefing.sources.records import from_record
from briefing.store import Store, archive, documents, editions, open_store

WEEKS = Path(__file__).parents[1] / "examples" / "weeks"
_SETTINGS = Settings(name="World Desk")
#: When an edition is made, in UTC, and when a later version of a report is seen.
_MADE, _SEEN = time(23, 45), time(6)
_SUNDAY = 6

#: A printed story: its edition and name there, labels of its sagas, the saga that we say.
_Told = tuple[tuple[str, str], frozenset[str], Saga | None]


def bench() -> list[dict[str, Any]]:
    """Return a row for each day, and what came of sagas, corrections and announcements."""
    with (
        tempfile.TemporaryDirectory() as folder,
        open_store("desk.db", folder=Path(folder)) as store,
    ):
        made = {day: _edition(store, day) for day in _days()}
        rows = [_day_row(store, edition) for edition in made.values()]
        return [
            *rows,
            *(_week_row(store, day) for day in made if day.weekday() == _SUNDAY),
            _saga_row([*_told(made.values())]),
            _correction_row(made.values()),
            _diary_row(store, last=max(made)),
        ]


def _days() -> list[date]:
    return sorted(date.fromisoformat(file.stem) for file in WEEKS.glob("2026-*.jsonl"))


def _edition(store: Store, day: date) -> Edition:
    """Collect the reports of a day, and the later versions that are seen on it; publish it."""
    for line in _lines(WEEKS / f"{day}.jsonl"):
        _keep(store, line, at=datetime.fromisoformat(line["published"]))
    for line in _lines(WEEKS / "corrections.jsonl"):
        if line["seen"] == str(day):
            _keep(store, line, at=datetime.combine(day, _SEEN, UTC))
    now = datetime.combine(day, _MADE, UTC)
    publish(store, publish_plan(_SETTINGS), day=day, now=now)
    with store.read() as tx:
        stored = editions.on(tx, slug(_SETTINGS.name), day)
    assert stored is not None  # noqa: S101  it was published
    return record.read(stored.record, name=stored.id).edition


def _lines(file: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def _keep(store: Store, line: Mapping[str, str], *, at: datetime) -> None:
    fields = {name: text for name, text in line.items() if name not in {"seen", "kind"}}
    report = from_record(fields, where=line["id"]).document
    with store.write() as tx:
        item = Item(report, keys=(f"url {report.url}",), from_page=True)
        documents.keep(tx, item, source="https://wire.example", at=at)


def _day_row(store: Store, edition: Edition) -> dict[str, Any]:
    proof = prove_stored(store, briefing=slug(_SETTINGS.name), day=edition.day).proof
    row = {
        "case": str(edition.day),
        "printed": edition.ledger.printed,
        "named": edition.ledger.named,
        "sagas": sum(brief.saga is not None for brief in edition.briefs()),
        "corrected": len(edition.corrections),
        "checked": proof.checked,
    }
    return {**row, "failed": len(proof.failures)} if proof.failures else row


def _week_row(store: Store, day: date) -> dict[str, Any]:
    """Review the week that ends on a day."""
    now, plan = datetime.combine(day, _MADE, UTC), publish_plan(_SETTINGS)
    made = publish_week(store, plan, day=day, now=now).printed
    assert made is not None  # noqa: S101  it was not there before
    ledger = made.edition.ledger
    proof = prove_stored(store, briefing=weekly(slug(_SETTINGS.name)), day=day).proof
    return {
        "case": f"week to {day}",
        "pages": made.fit.pages,
        "fill": round(made.fit.fill, 3),
        "stories": ledger.stories,
        "printed": ledger.printed,
        "named": ledger.named,
        "sagas": sum(len(brief.days) > 1 for brief in made.edition.briefs()),
        "corrected": ledger.corrected,
        "checked": proof.checked,
        "failed": len(proof.failures),
    }


def _labels() -> dict[str, str]:
    """Return the saga of each report in the key, by its address."""
    with (WEEKS / "labels.tsv").open(encoding="utf-8", newline="") as file:
        label = {row["id"]: row["saga"] for row in csv.DictReader(file, delimiter="\t")}
    reports = (line for day in _days() for line in _lines(WEEKS / f"{day}.jsonl"))
    return {line["url"]: label[line["id"]] for line in reports}


def _told(made: Iterable[Edition]) -> Iterator[_Told]:
    labels = _labels()
    for edition in made:
        seen: set[str] = set()
        for brief in edition.briefs():
            if brief.story in seen:
                continue
            seen.add(brief.story)
            urls = (edition.documents[name].url for name in brief.sources)
            sagas = frozenset(labels[url] for url in urls if labels.get(url))
            yield (edition.id, brief.story), sagas, brief.saga


def _saga_row(named: Sequence[_Told]) -> dict[str, Any]:
    """Compare which printed stories of different days we join with which the key joins."""
    of = {key: sagas for key, sagas, _ in named}
    links = [
        bool(sagas & of[last.edition, last.story])
        for _, sagas, saga in named
        if saga and (last := saga.entries[-1])
    ]
    pairs = [(each, other) for each, other in combinations(named, 2) if each[0][0] != other[0][0]]
    ours = {
        number
        for number, (each, other) in enumerate(pairs)
        if each[2] and other[2] and each[2].id == other[2].id
    }
    key = {number for number, (each, other) in enumerate(pairs) if each[1] & other[1]}
    both = len(ours & key)
    return {
        "case": "sagas of printed stories",
        "links": len(links),
        "right": sum(links),
        "pairs_joined": len(ours),
        "precision": round(both / max(1, len(ours)), 3),
        "pairs_in_key": len(key),
        "recall": round(both / max(1, len(key)), 3),
    }


def _correction_row(made: Iterable[Edition]) -> dict[str, Any]:
    """Say which changed sentences that were printed were told as corrections, by their kind."""
    later = {line["url"]: line for line in _lines(WEEKS / "corrections.jsonl")}
    printed, named = set(), set()
    for edition in made:
        for passage in edition.sentences():
            url = edition.documents[passage.document].url
            changed = url in later and passage.text not in later[url]["text"]
            if changed and str(edition.day) < later[url]["seen"]:
                printed.add(url)
        named |= {edition.documents[each.old.document].url for each in edition.corrections}
    row: dict[str, Any] = {"case": "corrections"}
    for kind in ("substance", "cosmetic"):
        of = {url for url in printed if later[url]["kind"] == kind}
        row |= {f"{kind}_printed": len(of), f"{kind}_told": len(of & named)}
    return row


def _diary_row(store: Store, *, last: date) -> dict[str, Any]:
    with store.read() as tx:
        since = last - timedelta(days=30)
        entries = archive.announced(tx, slug(_SETTINGS.name), since=since, upto=last)
        over = outcomes(tx, slug(_SETTINGS.name), entries, today=last)
    came = sum(brief is not None for brief in over.values())
    return {"case": "diary", "entries": len(entries), "over": len(over), "told": came}
