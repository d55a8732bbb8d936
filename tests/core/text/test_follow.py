"""Sagas in an edition: with which its stories go on, and the numbers of those that begin."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from briefing.core.model import Edition, Material, Saga, SagaEntry, SagaRegister
from briefing.core.text.follow import follow, number_sagas
from briefing.core.text.sagas import tellings
from tests.core.text.excerpts import one, take
from tests.newsday import NICKEL, ORCHIDS, STRAIT, STRAIT_NEXT, TODAY, brief_of, edition_of, report

OLD = edition_of(
    brief_of(report("o1", STRAIT), 0, 1, story="s1", top=True),
    brief_of(report("o2", NICKEL), 0, story="s2"),
    day=TODAY - timedelta(5),
)


def entries(edition: Edition = OLD) -> tuple[SagaEntry, ...]:
    return tuple(telling.entry for telling in tellings(edition))


def today(*sagas: Saga | None) -> Edition:
    briefs = [
        replace(brief_of(report(f"d{n}", ORCHIDS), 0, story=f"s{n}", top=n == 2), saga=saga)
        for n, saga in enumerate(sagas)
    ]
    return edition_of(*briefs, day=TODAY)


def ids(edition: Edition) -> list[str | None]:
    return [brief.saga.id if brief.saga else None for brief in edition.briefs()]


def test_stories_follow_the_editions_of_weeks_or_those_before() -> None:
    excerpts = take(one(report("d1", STRAIT_NEXT)), one(report("d2", ORCHIDS), name="s2"))
    for material in (
        Material((), TODAY, before=(OLD,)),
        Material((), TODAY, weeks=(OLD,)),
        Material((), TODAY, before=(), weeks=(OLD,), register=SagaRegister()),
    ):
        first, second = follow(excerpts, material=material)
        assert first.saga == Saga("", OLD.day, entries()[:1])
        assert second.saga is None


def test_sagas_that_begin_are_numbered_in_printed_order_after_the_last() -> None:
    strait, nickel = (Saga("", OLD.day, (entry,)) for entry in entries())
    known = Saga("s2", OLD.day, entries()[:1])
    made = number_sagas(
        today(strait, known, nickel, None, strait),
        material=Material((), TODAY, register=SagaRegister(last=7)),
    )
    # the third opens the page
    assert ids(made) == ["s9", "s2", "s8", None, "s9"]


def test_of_two_stories_of_one_saga_the_later_says_beside_which_it_stands() -> None:
    strait, known = Saga("", OLD.day, entries()[:1]), Saga("s2", OLD.day, entries()[1:])
    # the third opens the page
    asked = today(known, strait, known, strait)
    assert beside(asked) == [("s2",), (), (), ("s1",)]


def beside(edition: Edition) -> list[tuple[str, ...]]:
    made = number_sagas(edition, material=Material((), TODAY))
    return [brief.saga.beside for brief in made.briefs() if brief.saga]


def test_the_last_number_is_read_from_the_editions() -> None:
    known = replace(
        OLD,
        sections=(
            replace(
                OLD.sections[0],
                briefs=(replace(OLD.sections[0].briefs[0], saga=Saga("s3", OLD.day, ())),),
            ),
        ),
    )
    material = Material((), TODAY, before=(known,))
    made = number_sagas(today(Saga("", OLD.day, entries()[1:])), material=material)
    assert ids(made) == ["s4"]


def test_without_a_saga_that_begins_an_edition_stays_as_it_is() -> None:
    for sagas in ((Saga("s2", OLD.day, ()), None), (None, None)):
        edition = today(*sagas)
        assert number_sagas(edition, material=Material((), TODAY)) == edition
