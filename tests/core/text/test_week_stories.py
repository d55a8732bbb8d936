"""The stories of a week, and which of their sentences hold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from briefing.core.model import (
    CorrectionBrief,
    CorrectionKind,
    Edition,
    Evidence,
    SagaRegister,
    Score,
    Section,
    Sentence,
)
from briefing.core.text.summarize import near
from briefing.core.text.week_stories import WeekStory, Wrong, find_week_stories, lengths_of
from tests.newsday import brief_of, edition_of, report

MONDAY = date(2026, 3, 9)
NOTHING = SagaRegister()
#: The dam, day by day, and what has nothing to do with it.
BROKE = "Talks on the dam of Tesk broke off in Lund after one hour."
SHUT = "Ilvia shut two gates of the dam of Tesk and sent its envoys home."
AGREED = "Ilvia and Tesk agreed on a lower level for the dam of Tesk."
RICE = "Farmers below it have lost half of their rice."
ORCHID = "A purple orchid won the first ribbon of the show in Brenn."


def day(ago: int, *news: tuple[str, str], weights: Iterable[float] = ()) -> Edition:
    """Make the edition of a day that tells each report, of its title and its text, whole."""
    on = MONDAY + timedelta(ago)
    reports = [report(f"{ago}-{n}", one, day=on) for n, one in enumerate(news, 1)]
    briefs = [
        brief_of(one, *range(one.text.count(".")), story=f"s{n}", top=n == 1)
        for n, one in enumerate(reports, 1)
    ]
    evidence = {
        brief.story: Evidence((), {}, Score(weight), ())
        for brief, weight in zip(briefs, weights, strict=False)
    }
    documents = {one.id: one for one in reports}
    made = edition_of(*briefs, day=on)
    return replace(made, documents=documents, evidence=evidence)


def week_stories(
    *editions: Edition,
    wrong: Iterable[CorrectionBrief] = (),
    register: SagaRegister = NOTHING,
) -> tuple[WeekStory, ...]:
    return find_week_stories(editions, register=register, wrong=Wrong.of(wrong))


def one_saga(*editions: Edition, wrong: Iterable[CorrectionBrief] = ()) -> WeekStory:
    """Return the story of editions whose first stories are one saga."""
    of = {(one.id, "s1"): "s7" for one in editions}
    return week_stories(*editions, wrong=wrong, register=SagaRegister(of))[0]


def said(week_story: WeekStory, *, most: int = 5) -> list[list[str]]:
    return [[one.text for one in length] for length in lengths_of(week_story, most=most)]


def correction(
    old: Sentence, kind: CorrectionKind = CorrectionKind.REMOVED, *, headline: bool = False
) -> CorrectionBrief:
    at = datetime(2026, 3, 10, tzinfo=UTC)
    return CorrectionBrief(kind, old, None, "ostra-desk/2026-03-09", MONDAY, at, headline)


def first_sentence(edition: Edition) -> Sentence:
    return next(edition.sentences())


def test_stories_of_one_saga_are_one_matter_and_others_are_their_own() -> None:
    first = day(0, ("Talks break off", BROKE), ("Orchids", ORCHID))
    second = day(1, ("Gates are shut", SHUT))
    register = SagaRegister({(first.id, "s1"): "s7", (second.id, "s1"): "s7"})
    dam, orchids = week_stories(first, second, register=register)
    assert (dam.saga, dam.days) == ("s7", (MONDAY, MONDAY + timedelta(1)))
    assert (orchids.saga, orchids.days) == ("", (MONDAY,))


def test_what_was_told_on_more_days_weighs_more() -> None:
    first = day(0, ("Talks break off", BROKE), ("Orchids", ORCHID), weights=(1.5, 9.0))
    second = day(1, ("Gates are shut", SHUT), weights=(1.0,))
    register = SagaRegister({(first.id, "s1"): "s7", (second.id, "s1"): "s7"})
    assert [one.saga for one in week_stories(first, second, register=register)] == ["s7", ""]
    assert [one.saga for one in week_stories(first, second)] == ["", "", ""]
    assert [round(one.salience, 3) for one in week_stories(first, second)] == [0.9, 0.6, 0.5]


def test_a_story_of_two_briefs_weighs_once() -> None:
    edition = day(0, ("Talks break off", BROKE), weights=(1.0,))
    (brief,) = edition.briefs()
    twice = replace(edition, sections=(Section("security", (brief,)), Section("economy", (brief,))))
    (week_story,) = week_stories(twice)
    assert len(week_story.told) == 2
    assert week_story.salience == 0.5


#: The last day of the dam has a headline of what came before.
LAST = ("Gates of the dam are shut", ORCHID)


def test_the_sentence_that_held_is_most_like_the_headline_and_all_that_was_printed() -> None:
    dam = one_saga(
        day(0, ("Talks break off", BROKE)), day(1, ("Gates are shut", SHUT)), day(2, LAST)
    )
    assert said(dam)[0] == [SHUT]


def test_what_was_expected_gives_way_to_what_came() -> None:
    expected = "Ilvia and Tesk are expected to agree on the dam."
    title = "Ilvia and Tesk agree on the dam"
    assert near(expected, title) > near(AGREED, title)
    dam = one_saga(day(0, ("Envoys meet again", expected)), day(1, (title, AGREED)))
    assert said(dam)[0] == [AGREED]


def test_of_equal_ones_the_latest_held() -> None:
    dam = one_saga(day(0, ("Talks break off", BROKE)), day(1, ("Orchids", ORCHID)))
    assert said(dam)[0] == [ORCHID]


def test_the_second_sentence_opened_the_latest_brief_and_the_rest_is_read_by_day() -> None:
    dam = one_saga(
        day(0, ("Talks break off", BROKE)),
        day(1, ("Gates are shut", f"{SHUT} {RICE}")),
        day(2, LAST),
    )
    assert said(dam) == [
        [SHUT],
        [SHUT, ORCHID],
        [SHUT, BROKE, ORCHID],
        [SHUT, RICE, BROKE, ORCHID],
    ]
    assert said(dam, most=2) == said(dam)[:2]


def test_what_repeats_another_brief_is_left_out_with_what_follows_it() -> None:
    again = BROKE.replace("one hour", "two hours")
    dam = one_saga(
        day(0, ("Talks break off", f"{BROKE} {RICE}")), day(1, ("Talks break off", again))
    )
    assert said(dam) == [[again]]


def test_what_is_wrong_by_now_is_left_out_with_what_follows_it() -> None:
    edition = day(0, ("Talks break off", f"{SHUT} {BROKE} {RICE}"))
    second = tuple(edition.sentences())[1]
    inside = replace(second, start=second.start + 5, end=second.end - 5)
    for one in (second, inside):
        (dam,) = week_stories(edition, wrong=[correction(one)])
        assert said(dam) == [[SHUT]]
    (dam,) = week_stories(edition, wrong=[correction(first_sentence(edition))])
    assert said(dam) == []
    elsewhere = replace(second, document="another")
    (dam,) = week_stories(edition, wrong=[correction(elsewhere)])
    assert len(said(dam)) == 3


def test_a_withdrawn_report_holds_nothing() -> None:
    edition = day(0, ("Talks break off", f"{SHUT} {BROKE}"))
    last = tuple(edition.sentences())[1]
    (dam,) = week_stories(edition, wrong=[correction(last, CorrectionKind.WITHDRAWN)])
    assert said(dam) == []
    assert dam.titled is None


def test_the_headline_is_the_latest_that_holds() -> None:
    first, second = day(0, ("Talks break off", BROKE)), day(1, ("Gates are shut", SHUT))
    assert one_saga(first, second).titled == second.documents["1-1"]
    title = Sentence("1-1", 0, 14, "Gates are shut")
    dam = one_saga(first, second, wrong=[correction(title, headline=True)])
    assert dam.titled == first.documents["0-1"]
    # the sentences below it are still so
    assert said(dam)[-1] == [BROKE, SHUT]


def test_a_headline_is_the_title_of_the_first_source() -> None:
    edition = day(0, ("Talks break off", BROKE))
    (brief,) = edition.briefs()
    for changed in (replace(brief, sources=()), replace(brief, headline="Another", top=False)):
        (week_story,) = week_stories(replace(edition, sections=(Section("economy", (changed,)),)))
        assert week_story.titled is None


@pytest.mark.parametrize(
    "words", ["yesterday", "Today", "tonight", "tomorrow", "overnight", "this morning"]
)
def test_words_that_count_from_their_day_do_not_hold(words: str) -> None:
    (dam,) = week_stories(day(0, ("Talks break off", f"Gates were shut {words}, Ilvia said.")))
    assert said(dam) == []
    (dam,) = week_stories(day(0, (f"Talks break off {words}", SHUT)))
    assert dam.titled is None


def test_a_brief_without_sentences_tells_nothing() -> None:
    edition = day(0, ("Talks break off", BROKE))
    (brief,) = edition.briefs()
    empty = replace(edition, sections=(Section("economy", (replace(brief, sentences=()),)),))
    assert week_stories(empty) == ()
