"""Who was sent words that are no longer so hears of it once, and nobody else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from random import Random
from time import sleep
from typing import Any

import pytest
from sqlalchemy import select

from briefing.app.correction_notices import CorrectionPlan, tell
from briefing.app.readers.notes import notice_letter
from briefing.core.model import Form, Preferences
from briefing.store import Store, deliveries, documents, editions, facts, subscribers
from briefing.store.tables import EDITION
from tests.app.correcting import (
    DAY,
    LATER,
    NAME,
    PLAN,
    SECTIONS,
    cosmetic,
    keep,
    publish,
    report,
    send,
    subscribe,
    substantial,
    work,
)
from tests.store.news import see_again
from tests.store.readers import IMPORTED
from tests.store.ready import ready_store

HOUR = timedelta(hours=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(ready_store("desk.db", folder=tmp_path)) as store:
        yield store


def told(store: Store, *, plan: CorrectionPlan = PLAN, after: timedelta = timedelta()) -> int:
    with store.write() as tx:
        return tell(tx, plan, at=LATER + after)


def notices(store: Store) -> list[str]:
    with store.read() as tx:
        ids = tx.execute(select(EDITION.c.id).order_by(EDITION.c.id)).scalars()
        return [one for one in ids if "/corrected" in one]


def words_of(store: Store, notice: str) -> str:
    """Return what a notice says, each run of white space within a line break one space."""
    with store.read() as tx:
        stored = editions.get(tx, notice)
    assert stored
    subject, _, text = stored.files["notice"].decode().partition("\n")
    return f"{subject}\n{' '.join(text.split())}"


def readers_of(store: Store, notice: str) -> list[int]:
    with store.read() as tx:
        return [one.subscriber for one in deliveries.of(tx, notice)]


def test_readers_of_the_old_words_get_old_and_new_once(store: Store) -> None:
    ann, bob = subscribe(store, 1), subscribe(store, 2)
    edition = publish(store, DAY, range(4))
    late = subscribe(store, 3)
    assert len([*send(store, at=LATER)]) == 2
    keep(store, 1, substantial(1, report(1).text), at=LATER)
    assert (told(store), told(store), told(store, after=HOUR)) == (2, 0, 0)
    assert notices(store) == [f"{edition}/corrected"]
    assert readers_of(store, f"{edition}/corrected") == [ann, bob]
    assert late not in readers_of(store, f"{edition}/corrected")
    assert len([*send(store, at=LATER)]) == 2
    words = words_of(store, f"{edition}/corrected")
    assert words.startswith("Correction: Ostra Desk, Monday 2 March 2026\n")
    old, new = report(1).text.split(". ")[0], substantial(1, report(1).text).split(". ")[0]
    assert words.index(old) < words.index("The source now says:") < words.index(new)
    assert f"https://news.desk.example/{DAY}" in words
    assert notice_letter(store, f"{edition}/corrected").edition == f"{edition}/corrected"


@pytest.mark.parametrize("number", range(4))
def test_what_says_the_same_is_not_told(store: Store, number: int) -> None:
    subscribe(store, 1)
    publish(store, DAY, range(4))
    assert [*send(store, at=LATER)]
    keep(store, number, cosmetic(number, report(number).text), at=LATER)
    assert told(store) == 0
    assert notices(store) == []


def test_who_was_sent_the_old_words_later_is_told_later(store: Store) -> None:
    ann, bob = subscribe(store, 1), subscribe(store, 2)
    edition = publish(store, DAY, range(4))
    sending = send(store, at=LATER, most=1)
    assert [*sending] == [(edition, ann)]
    keep(store, 0, substantial(0, report(0).text), at=LATER)
    assert told(store) == 1
    assert (edition, bob) in [*send(store, at=LATER)]
    assert told(store, after=HOUR) == 1
    assert readers_of(store, f"{edition}/corrected") == [ann]
    assert readers_of(store, f"{edition}/corrected-2") == [bob]


@pytest.mark.parametrize("form", Form)
def test_who_chose_other_sections_was_not_sent_the_words(store: Store, form: Form) -> None:
    ann = subscribe(store, 1, sections=("economy",), form=form)
    subscribe(store, 2, sections=("security",), form=form)
    both = subscribe(store, 3, sections=("security", "economy"), form=form)
    none = subscribe(store, 4, sections=("sport",), form=form)
    edition = publish(store, DAY, range(4))
    assert len([*send(store, at=LATER)]) == 4
    keep(store, 0, substantial(0, report(0).text), at=LATER)
    # A mail with a link has headlines alone.
    assert told(store) == (0 if form is Form.LINK else 3)
    assert readers_of(store, f"{edition}/corrected") == (
        [] if form is Form.LINK else [ann, both, none]
    )


@pytest.mark.parametrize(
    ("number", "form", "mails"), [(2, Form.LINK, 1), (3, Form.LINK, 0), (3, Form.PDF, 1)]
)
def test_a_mail_with_a_link_has_the_first_three_headlines(
    store: Store, number: int, form: Form, mails: int
) -> None:
    subscribe(store, 1, form=form)
    publish(store, DAY, range(5))
    assert [*send(store, at=LATER)]
    one = report(number)
    keep(store, number, one.text, at=LATER, title=one.title.replace("berth ", "berth 50"))
    assert told(store) == mails


@pytest.mark.parametrize("late", [False, True])
def test_who_chose_otherwise_since_is_told_of_what_they_were_sent(
    store: Store, *, late: bool
) -> None:
    ann = subscribe(store, 1, sections=("economy",), form=Form.TEXT)
    bob = subscribe(store, 2, sections=("security",), form=Form.LINK)
    edition = publish(store, DAY, range(4))

    def choose() -> None:
        with store.write() as tx:
            for reader, form in ((ann, Form.LINK), (bob, Form.TEXT)):
                wanted = Preferences(
                    sections=("security", "economy")[reader == bob :][:1], form=form
                )
                subscribers.change_preferences(tx, reader, wanted, consent=IMPORTED)

    if not late:
        choose()
    assert len([*send(store, at=LATER)]) == 2
    if late:
        choose()
    keep(store, 0, substantial(0, report(0).text), at=LATER)
    assert told(store) == 1
    assert readers_of(store, f"{edition}/corrected") == [ann if late else bob]


def test_each_reader_is_told_of_their_own_words_alone(store: Store) -> None:
    ann = subscribe(store, 1, sections=("economy",))
    bob = subscribe(store, 2, sections=("security",))
    cem = subscribe(store, 3)
    edition = publish(store, DAY, range(4))
    assert len([*send(store, at=LATER)]) == 3
    for number in (0, 3):
        keep(store, number, substantial(number, report(number).text), at=LATER)
    assert told(store) == 3
    own = {ann: {0}, bob: {3}, cem: {0, 3}}
    for notice in notices(store):
        (reader,) = readers_of(store, notice)
        words = words_of(store, notice)
        assert own.pop(reader) == {n for n in (0, 3) if report(n).text.split(". ")[0] in words}
    assert own == {}
    assert edition


def test_a_storm_of_corrections_is_one_notice_a_day(store: Store) -> None:
    """One source changes its figure every half hour, and others change once."""
    subscribe(store, 1)
    edition = publish(store, DAY, range(20))
    assert [*send(store, at=LATER)]
    queued = []
    for half_hours in range(48 * 2):
        at = LATER + half_hours * HOUR / 2
        keep(store, 0, report(0).text.replace("berth 10", f"berth {half_hours + 500}"), at=at)
        if 0 < half_hours < 20:
            changed = substantial(half_hours, report(half_hours).text)
            keep(store, half_hours, changed, at=at)
        queued += [half_hours] * told(store, after=half_hours * HOUR / 2)
    assert queued == [0, 48]
    words = words_of(store, f"{edition}/corrected-2")
    assert words.count("The source now says:") == 20
    assert "berth 548" in words
    assert all(substantial(one, report(one).text).split(". ")[0] in words for one in range(1, 20))


def test_words_of_two_editions_are_told_once(store: Store) -> None:
    ann = subscribe(store, 1)
    first = publish(store, DAY, range(4))
    bob = subscribe(store, 2)
    second = publish(store, DAY + timedelta(days=1), range(3))
    assert len([*send(store, at=LATER)]) == 3
    keep(store, 0, substantial(0, report(0).text), at=LATER)
    assert told(store) == 2
    assert readers_of(store, f"{second}/corrected") == [ann, bob]
    # what the first alone printed is another notice, and only to its readers
    keep(store, 3, substantial(3, report(3).text), at=LATER)
    assert told(store, after=HOUR) == 0
    assert told(store, after=24 * HOUR) == 1
    assert readers_of(store, f"{first}/corrected") == [ann]


def test_a_source_that_changes_again_is_told_again(store: Store) -> None:
    subscribe(store, 1)
    edition = publish(store, DAY, range(4))
    assert [*send(store, at=LATER)]
    for place, day in enumerate(("Friday", "Sunday")):
        keep(store, 0, report(0).text.replace("Tuesday", day), at=LATER + place * HOUR)
        assert told(store, after=place * 24 * HOUR) == 1
    assert notices(store) == [f"{edition}/corrected", f"{edition}/corrected-2"]


def test_a_report_that_is_taken_down_is_told(store: Store) -> None:
    subscribe(store, 1)
    edition = publish(store, DAY, range(4))
    assert [*send(store, at=LATER)]
    with store.write() as tx:
        (known,) = documents.recall(tx, [f"url {report(2).url}"]).values()
        facts.miss(tx, [known.number], at=LATER)
        see_again(tx)
    assert told(store) == 1
    assert "The source no longer has the report." in words_of(store, f"{edition}/corrected")


def test_where_nobody_is_mailed_it_is_noted_and_never_mailed(store: Store) -> None:
    subscribe(store, 1)
    publish(store, DAY, range(4))
    assert [*send(store, at=LATER)]
    keep(store, 0, substantial(0, report(0).text), at=LATER)
    assert told(store, plan=CorrectionPlan(NAME, mails=False)) == 0
    assert (told(store, after=HOUR), notices(store)) == (0, [])


def test_what_was_noticed_long_ago_is_not_told(store: Store) -> None:
    subscribe(store, 1)
    publish(store, DAY, range(4))
    assert [*send(store, at=LATER)]
    keep(store, 0, substantial(0, report(0).text), at=LATER)
    assert told(store, after=timedelta(days=4)) == 0


@pytest.mark.kill
@pytest.mark.parametrize(
    "each", [pytest.param(100, marks=pytest.mark.slow), 20], ids=["1000 edits", "200 edits"]
)
def test_edits_under_kills(store: Store, tmp_path: Path, each: int) -> None:
    """Half of the reports of ten editions change in substance; whoever tells of it is killed."""
    chance = Random(20260312)  # noqa: S311  no secret
    wishes: list[dict[str, Any]] = [
        {},
        {},
        {"sections": ("economy",), "form": Form.TEXT},
        {"sections": ("security",)},
    ]
    readers: dict[int, dict[str, Any]] = {}
    printed: dict[str, range] = {}
    for day in range(10):
        if day % 3 == 0:
            readers[subscribe(store, day, **wishes[day // 3])] = wishes[day // 3]
        numbers = range(day * each, day * each + each)
        printed[publish(store, DAY + timedelta(days=day), numbers)] = numbers
    sent = [*send(store, at=LATER - 9 * HOUR, most=99)]
    changed = {number for number in range(10 * each) if chance.random() < 0.5}
    edits = tmp_path / "edits"
    texts = {number: report(number).text for number in range(10 * each)}
    edited = {
        number: (substantial if number in changed else cosmetic)(number, text)
        for number, text in texts.items()
    }
    edits.write_text("".join(f"{number} {text}\n" for number, text in edited.items()))
    context = get_context("forkserver")
    context.set_forkserver_preload(["tests.app.correcting"])
    got: Counter[tuple[str, int]] = Counter()
    for kill in range(9):
        process = context.Process(target=work, args=("desk.db", tmp_path, edits, kill))
        process.start()
        if kill < 8:
            sleep(chance.uniform(0.5, 4))
            process.kill()
        process.join()
        if kill % 3 == 2:
            got.update(send(store, at=LATER, most=99))
    assert process.exitcode == 0
    got.update(send(store, at=LATER, most=99))
    told(store, after=timedelta(days=1))
    got.update(send(store, at=LATER + timedelta(days=1), most=99))
    assert set(got.values()) == {1}

    assert len(changed) > 4 * each
    words = {notice: words_of(store, notice) for notice, _ in got}
    for edition, number in ((one, number) for one, own in printed.items() for number in own):
        old, section = report(number).text.split(". ")[0], SECTIONS[number % each >= each // 2]
        heard = Counter(one for notice, one in got if old in words[notice])
        for one, wish in readers.items():
            told_of = number in changed and (edition, one) in sent
            own = not wish or section in wish["sections"]
            assert heard[one] == (told_of and own), number
