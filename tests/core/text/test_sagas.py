"""Sagas: which stories of a day and of earlier weeks are one, and what is new of them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.model import (
    Document,
    EarlierHeadline,
    Edition,
    Material,
    NamedStory,
    Panel,
    Saga,
    SagaEntry,
    SagaRegister,
    Sentence,
    Status,
)
from briefing.core.text.sagas import (
    Continuation,
    find_continuations,
    number_of,
    number_sagas,
    register_of,
    tellings,
    with_openings,
)
from briefing.core.text.segment import segment
from tests.examples import examples
from tests.newsday import (
    HARBOR,
    HARBOR_AGAIN,
    NICKEL,
    ORCHIDS,
    RIVER,
    STRAIT,
    STRAIT_NEXT,
    TODAY,
    brief_of,
    edition_of,
    report,
    story_of,
    with_story,
)
from tests.present import present

NOTHING = SagaRegister()


def told(*news: tuple[str, str], ago: int = 1, top: bool = True) -> Edition:
    """Make the edition of some days ago that told these news as s1, s2 …."""
    day = TODAY - timedelta(ago)
    return edition_of(
        *(
            brief_of(report(f"{ago}-{n}", one, day=day), 0, 1, story=f"s{n}", top=top and n == 1)
            for n, one in enumerate(news, 1)
        ),
        day=day,
    )


def find(
    *news: tuple[str, str] | Document, before: Sequence[Edition], register: SagaRegister = NOTHING
) -> tuple[Continuation, ...]:
    reports = [
        one if isinstance(one, Document) else report(f"t{n}", one) for n, one in enumerate(news, 1)
    ]
    stories = [story_of(one, name=f"s{n}") for n, one in enumerate(reports, 1)]
    return find_continuations(stories, Material((), TODAY, weeks=before, register=register))


def sagas(
    *news: tuple[str, str], before: Sequence[Edition], register: SagaRegister = NOTHING
) -> tuple[Saga | None, ...]:
    return tuple(one.saga for one in find(*news, before=before, register=register))


def statuses(*news: tuple[str, str] | Document, before: Sequence[Edition]) -> tuple[Status, ...]:
    return tuple(one.status for one in find(*news, before=before))


def test_a_story_goes_on_with_one_of_thirty_days_in_whatever_order() -> None:
    old = told(NICKEL, STRAIT, ago=14)
    (saga, other) = sagas(STRAIT_NEXT, ORCHIDS, before=[old])
    assert other is None
    saga = present(saga)
    (entry,) = saga.entries
    assert (saga.id, saga.since) == ("", old.day)
    assert (entry.edition, entry.day, entry.story) == (old.id, old.day, "s2")
    assert entry.headline == STRAIT[0]
    assert entry.sentence.text.startswith("Armed patrol boats of Serrat")
    assert saga.day_of(TODAY) == 15
    editions = [told(STRAIT, HARBOR, ago=2), told(STRAIT_NEXT, ago=5), told(HARBOR_AGAIN, ago=8)]
    news = (STRAIT_NEXT, HARBOR)
    assert sagas(*news, before=editions) == sagas(*news, before=editions[::-1])
    stories = [story_of(report("d1", STRAIT_NEXT)), story_of(report("d2", ORCHIDS), name="s2")]
    for material in (
        Material((), TODAY, before=(OLD,)),
        Material((), TODAY, weeks=(OLD,)),
        Material((), TODAY, before=(), weeks=(OLD,), register=SagaRegister()),
    ):
        first, second = find_continuations(stories, material)
        assert first.saga == Saga("", OLD.day, entries()[:1])
        assert second.saga is None
    for ago, known in [(1, True), (30, True), (31, False), (0, False)]:
        assert (sagas(STRAIT, before=[told(STRAIT, ago=ago)]) != (None,)) == known


@examples("opening, status", status=Status)
def test_a_deed_or_a_number_is_new_in_any_words(opening: str, status: Status) -> None:
    title = "Envoys of Serrat and Ottar in Lund"
    rest = "The envoys of Serrat and Ottar came with maps of the buffer zone and left late."
    talks = f"Envoys of Serrat and Ottar spoke in Lund about gates in the buffer zone. {rest}"
    news = (title, f"Envoys of Serrat and Ottar {opening}. {rest}")
    assert statuses(news, before=[told((title, talks))]) == (status,)


@examples("on, again, status", status=Status)
def test_the_day_that_was_told_continues(on: str, again: str, status: Status) -> None:
    title, (_, _, rest) = STRAIT[0], STRAIT[1].partition(". ")
    known = [told((title, f"Boats of Serrat closed the strait to tankers of Ottar {on}. {rest}"))]
    words = f"Three patrol boats let no Ottaran tanker pass Serrat {again}, signs of a new standoff"
    news = report("t1", (title, f"{words}. {rest}"), day=TODAY)
    assert statuses(news, before=known) == (status,)
    assert statuses(replace(news, published=None), before=known) == (Status.DEVELOPING,)


def test_one_report_that_repeats_makes_no_story_unchanged_beside_another() -> None:
    again, other = report("d1", STRAIT), report("d2", (RIVER[0], f"{STRAIT_NEXT[1]} {RIVER[1]}"))
    material = Material((), TODAY, weeks=[told(STRAIT)])
    (alone,) = find_continuations([story_of(again)], material)
    (both,) = find_continuations([story_of(again, other)], material)
    assert (alone.status, both.status) == (Status.CONTINUING, Status.DEVELOPING)


def test_a_saga_begins_with_what_is_like_none_and_goes_on_by_the_register() -> None:
    assert sagas(ORCHIDS, before=[told(STRAIT, NICKEL, RIVER, ago=3)]) == (None,)
    assert sagas(ORCHIDS, before=[]) == (None,)
    assert sagas(before=[told(STRAIT)]) == sagas(before=[]) == ()
    assert sagas(("", ""), before=[told(STRAIT)]) == (None,)
    first, second = told(STRAIT, NICKEL, ago=9), told(STRAIT, STRAIT_NEXT, ago=2)
    of = {(first.id, "s1"): "s4", (second.id, "s1"): "s4", (second.id, "s2"): "s4"}
    register = SagaRegister(of, {"s4": date(2026, 1, 2)}, 4)
    saga = present(*sagas(STRAIT_NEXT, before=[second, first], register=register))
    assert (saga.id, saga.since) == ("s4", date(2026, 1, 2))
    assert [(one.edition, one.story) for one in saga.entries] == [*of]
    first, second = told(STRAIT, ago=9), told(STRAIT_NEXT, ago=2)
    register = SagaRegister({(second.id, "s1"): "s4"}, {"s4": second.day}, 4)
    saga = present(*sagas(STRAIT_NEXT, before=[second, first], register=register))
    assert [one.edition for one in saga.entries] == [second.id]
    for before in ([], [told(STRAIT)], [told(NICKEL)]):
        found = find(ORCHIDS, STRAIT, STRAIT_NEXT, before=before)
        assert [one.crisis for one in found] == ["s1", "s2", "s2"]


class TestMerging:
    """A story that is likely of two sagas says so."""

    FIRST, SECOND = told(STRAIT, ago=9), told(STRAIT, ago=2)

    def of(self, *apart: frozenset[str], ids: tuple[str, ...] = ("s4", "s7")) -> Saga:
        keys = (self.FIRST.id, "s1"), (self.SECOND.id, "s1")
        register = SagaRegister(dict(zip(keys, ids, strict=False)), {}, 7, frozenset(apart))
        return present(*sagas(STRAIT_NEXT, before=[self.FIRST, self.SECOND], register=register))

    def test_it_goes_on_with_one_and_names_the_other_unless_an_editor_parts_them(self) -> None:
        saga = self.of()
        assert (saga.id, saga.also, len(saga.entries)) == ("s7", ("s4",), 1)
        saga = self.of(frozenset({"s4", "s7"}), frozenset({"s4", "s1"}))
        assert (saga.id, saga.also) == ("s7", ())

    @pytest.mark.parametrize("ids", [("s4",), ("s4", "s4"), ()])
    def test_tellings_of_one_saga_or_none_are_nothing_to_merge(self, ids: tuple[str, ...]) -> None:
        assert self.of(ids=ids).also == ()


def test_editions_say_themselves_which_stories_are_which_saga() -> None:
    first, second, third = (told(STRAIT, NICKEL, ago=ago) for ago in (9, 5, 1))
    saga = Saga("s12", first.day, (next(tellings(first)).entry,))
    more = replace(saga, entries=(*saga.entries, next(tellings(second)).entry))
    second, third = with_story(second, "s1", saga=saga), with_story(third, "s1", saga=more)
    register = register_of([third, first, second])
    assert register.of == {(one.id, "s1"): "s12" for one in (first, second, third)}
    assert (register.since, register.last) == ({"s12": first.day}, 12)
    assert register_of([first]) == SagaRegister()
    assert number_of("s12") == 12
    document = report("d1", STRAIT)
    edition = edition_of(
        brief_of(report("d2", NICKEL), 0, story="s2"),
        brief_of(document, 0, story="s1", top=True),
        brief_of(document, 2, story="s1"),
        replace(brief_of(report("d3", RIVER), 0, story="s3"), sentences=()),
    )
    one, other = tellings(edition)
    assert (one.story, len(one.sentences), other.story) == ("s1", 2, "s2")


@given(st.lists(st.text(max_size=80), max_size=3), st.lists(st.text(max_size=80), max_size=3))
def test_any_story_goes_on_with_another_or_begins(today: list[str], before: list[str]) -> None:
    documents = [report(f"o{n}", (text, text), day=TODAY) for n, text in enumerate(before)]
    briefs = [brief_of(one, 0, story=one.id) for one in documents if segment(one)]
    found = find(*((text, text) for text in today), before=[edition_of(*briefs)])
    assert len(found) == len(today)
    assert all((one.status is Status.NEW) == (one.saga is None) for one in found)


def test_what_goes_on_with_one_story_is_too_little_like_a_saga_of_many() -> None:
    near = RIVER[0], f"{STRAIT[1].partition('. ')[0]}. {RIVER[1]}"
    many = told(*[STRAIT] * 12, ago=16)
    of = {(many.id, f"s{n}"): "s1" for n in range(1, 13)}
    assert sagas(near, before=[told(STRAIT, ago=16)]) != (None,)
    assert sagas(near, before=[many], register=SagaRegister(of, {"s1": many.day}, 1)) == (None,)


# Status


def test_undated_and_wordless_stories_are_told_from_new_and_moved_on_ones() -> None:
    undated = replace(report("d9", ORCHIDS), published=None)
    assert statuses(undated, before=[told(STRAIT)]) == (Status.UNDATED,)
    assert statuses(undated, before=[]) == (Status.UNDATED,)
    again = replace(report("d9", STRAIT), published=None)
    assert statuses(again, before=[told(STRAIT)]) == (Status.CONTINUING,)
    found = find(STRAIT, STRAIT_NEXT, HARBOR_AGAIN, ORCHIDS, before=[told(STRAIT, HARBOR)])
    assert [one.status for one in found] == ["continuing", "developing", "continuing", "new"]
    assert [one.same_event for one in found] == [True, True, True, False]
    assert statuses(STRAIT, before=[edition_of()]) == (Status.NEW,)
    empty = replace(brief_of(report("d1", ("", "It was what it was.")), 0), headline="")
    assert statuses(STRAIT, before=[edition_of(empty)]) == (Status.NEW,)


def test_a_story_that_was_only_named_is_known_as_is_what_was_kept_of_reports() -> None:
    strait = report("d1", STRAIT)
    title = Sentence("d1", 0, len(STRAIT[0]), STRAIT[0])
    named = edition_of()
    named = replace(named, panel=Panel(also=(NamedStory("s9", title, Status.NEW),)))
    (found,) = find(STRAIT_NEXT, before=[with_documents(named, strait)])
    assert (found.status, found.saga) == (Status.DEVELOPING, None)
    assert found.earlier == EarlierHeadline(named.id, named.day, title)
    for other in (named, with_documents(named, replace(strait, title="Another title"))):
        assert find(STRAIT_NEXT, before=[other])[0].earlier is None
    before = told(ORCHIDS)
    assert statuses(STRAIT_NEXT, before=[before]) == (Status.NEW,)
    kept = with_openings(
        before, [story_of(report("d1", STRAIT)), story_of(report("d2", RIVER), name="s2")]
    )
    assert kept.openings == {"s1": (f"{STRAIT[0]}\n{STRAIT[1][:1_000]}",)}
    assert statuses(STRAIT_NEXT, before=[kept]) == (Status.DEVELOPING,)


def test_the_earlier_headline_is_of_the_newest_edition_if_it_can_be_set() -> None:
    strait, again = report("d1", STRAIT), report("d2", STRAIT_NEXT)
    old = with_documents(edition_of(brief_of(strait, 0), day=TODAY - timedelta(3)), strait)
    two = brief_of(strait, 0, story="s1"), brief_of(again, 0, story="s2")
    new = with_documents(edition_of(*two), strait, again)
    one = brief_of(strait, 4, story="s1"), brief_of(again, 0, story="s1", top=True)
    top = with_documents(edition_of(*one), strait, again)
    for before, news, headline, edition in (
        ([old], STRAIT_NEXT, STRAIT[0], old),
        ([old, new], STRAIT_NEXT, STRAIT_NEXT[0], new),
        ([new, old], STRAIT, STRAIT[0], new),
        ([top], STRAIT, STRAIT_NEXT[0], top),
    ):
        earlier = present(find(news, before=before)[0].earlier)
        assert (earlier.title.text, earlier.day) == (headline, edition.day)
    strait, other = report("d1", STRAIT), report("d2", ORCHIDS)
    old = with_documents(edition_of(brief_of(strait, 0, 1), day=TODAY - timedelta(2)), strait)
    new = with_documents(edition_of(brief_of(other, 0)), other)
    saga = SagaRegister({(old.id, "s1"): "s4", (new.id, "s1"): "s4"}, {"s4": old.day}, 4)
    (found,) = find(STRAIT, before=[new, old], register=saga)
    assert present(found.earlier).title.text == STRAIT[0]
    for title in ["", "A title\nof two lines", STRAIT[0] + " " + "x" * 200]:
        strait = report("d1", (title, STRAIT[1]))
        last = with_documents(edition_of(brief_of(strait, 0, 1)), strait)
        (found,) = find(STRAIT_NEXT, before=[last])
        assert (found.status, found.earlier) == (Status.DEVELOPING, None)


def with_documents(edition: Edition, *documents: Document) -> Edition:
    return replace(edition, documents={document.id: document for document in documents})


# Numbers


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


def test_sagas_that_begin_are_numbered_as_printed_and_stand_beside_each_other() -> None:
    strait, nickel = (Saga("", OLD.day, (entry,)) for entry in entries())
    known = Saga("s2", OLD.day, entries()[:1])
    material = Material((), TODAY, register=SagaRegister(last=7))
    made = number_sagas(today(strait, known, nickel, None, strait), material=material)
    # the third opens the page
    assert ids(made) == ["s9", "s2", "s8", None, "s9"]
    strait, known = Saga("", OLD.day, entries()[:1]), Saga("s2", OLD.day, entries()[1:])
    # the third opens the page
    asked = today(known, strait, known, strait)
    assert beside(asked) == [("s2",), (), (), ("s1",)]
    material = Material((), TODAY, before=(with_story(OLD, "s1", saga=Saga("s3", OLD.day, ())),))
    made = number_sagas(today(Saga("", OLD.day, entries()[1:])), material=material)
    assert ids(made) == ["s4"]
    for sagas in ((Saga("s2", OLD.day, ()), None), (None, None)):
        edition = today(*sagas)
        assert number_sagas(edition, material=Material((), TODAY)) == edition


def beside(edition: Edition) -> list[tuple[str, ...]]:
    made = number_sagas(edition, material=Material((), TODAY))
    return [brief.saga.beside for brief in made.briefs() if brief.saga]


def test_an_edition_goes_on_with_the_one_before_it_on_its_day() -> None:
    """The edition itself, as it is made again, is none that it goes on with."""
    morning = replace(told(STRAIT, ago=0), id=f"ostra-desk/{TODAY}", number=1)
    itself = replace(told(STRAIT_NEXT, ago=0), id=f"ostra-desk_evening/{TODAY}", number=2)
    story = story_of(report("t1", STRAIT_NEXT), name="s1")
    material = Material((), TODAY, weeks=(itself, morning), register=NOTHING, edition="evening")
    (found,) = find_continuations((story,), material)
    assert found.status is Status.DEVELOPING
    assert [entry.edition for entry in present(found.saga).entries] == [morning.id]
    first = replace(material, edition="", weeks=(morning,))
    (alone,) = find_continuations((story,), first)
    assert alone.status is Status.NEW
