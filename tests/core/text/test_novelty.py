"""Novelty: what a story, and what a sentence, adds to the edition before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.model import (
    CorrectionBrief,
    CorrectionKind,
    Document,
    EarlierHeadline,
    Edition,
    NamedStory,
    Sentence,
    Status,
    Story,
)
from briefing.core.text.novelty import (
    SAME_NEWS,
    SAME_SENTENCE,
    find_continuations,
    printed_in,
    repeats,
)
from briefing.core.text.summarize import near
from tests.newsday import (
    HARBOR,
    HARBOR_AGAIN,
    NICKEL,
    ORCHIDS,
    STRAIT,
    STRAIT_NEXT,
    brief_of,
    edition_of,
    report,
    split,
    story_of,
)

BEFORE = edition_of(
    brief_of(report("d1", STRAIT), 0, 1, story="s1", top=True),
    brief_of(report("d2", NICKEL), 0, story="s2"),
)


def test_a_story_of_undated_reports_is_not_called_new_of_the_day() -> None:
    undated = replace(report("d9", ORCHIDS), published=None)
    assert status(undated) is Status.UNDATED
    assert status(undated, previous=None) is Status.UNDATED
    again = replace(report("d9", STRAIT), published=None)
    assert status(again) is Status.CONTINUING
    both = story_of(undated, report("d8", ORCHIDS))
    assert statuses([both], split(undated)["d9"][:1], None) == (Status.NEW,)


def status(document: Document, *, lead: int = 0, previous: Edition | None = BEFORE) -> Status:
    """Return the status of a story of one report whose best sentence stands at this place."""
    story, best = story_of(document), split(document)[document.id][lead]
    return statuses([story], [best], previous)[0]


def statuses(
    stories: Sequence[Story], leads: Sequence[Sentence], *before: Edition | None
) -> tuple[Status, ...]:
    """Return the statuses of stories against editions, the newest first."""
    known = [edition for edition in before if edition]
    return tuple(one.status for one in find_continuations(stories, leads, known))


def was_printed(new: Sentence, *before: Edition) -> bool:
    return printed_in(before)(new)


def sentence(text: str) -> Sentence:
    return Sentence("d9", 0, len(text), text)


def test_without_an_edition_before_every_story_is_new() -> None:
    documents = [report("d1", STRAIT), report("d2", NICKEL)]
    stories, leads = map(story_of, documents), [split(item)[item.id][0] for item in documents]
    assert statuses(list(stories), leads, None) == (Status.NEW, Status.NEW)


def test_after_an_edition_without_briefs_every_story_is_new() -> None:
    assert status(report("d1", STRAIT), previous=edition_of()) is Status.NEW


def test_without_stories_there_is_no_status() -> None:
    assert statuses([], [], BEFORE) == ()


def test_a_story_on_another_event_is_new() -> None:
    assert status(report("d8", ORCHIDS)) is Status.NEW
    assert status(report("d9", HARBOR)) is Status.NEW


def test_a_story_whose_best_sentence_says_something_further_is_developing() -> None:
    assert status(report("d9", STRAIT_NEXT)) is Status.DEVELOPING


def test_a_story_that_was_only_named_has_moved_on() -> None:
    document = report("d1", STRAIT)
    title = Sentence("d0", 0, len(STRAIT[0]), STRAIT[0])
    named = NamedStory("s9", title, Status.NEW)
    bare = replace(BEFORE, sections=(), panel=replace(BEFORE.panel, also=(named,)))
    leads = split(document)["d1"][:1]
    assert statuses([story_of(document)], leads, bare) == (Status.DEVELOPING,)
    other = report("d2", ORCHIDS)
    leads = split(other)["d2"][:1]
    assert statuses([story_of(other)], leads, bare) == (Status.NEW,)


def test_a_story_whose_best_sentence_was_printed_is_continuing() -> None:
    assert status(report("d9", STRAIT)) is Status.CONTINUING


def test_a_story_is_continuing_when_its_best_sentence_only_rephrases_what_was_printed() -> None:
    rewording = (
        "Boats from Serrat had closed the strait to all Ottaran tankers by Monday before dawn."
    )
    printed = next(BEFORE.sentences()).text
    assert SAME_NEWS <= near(rewording, printed) < SAME_SENTENCE
    assert status(report("d9", (STRAIT[0], rewording))) is Status.CONTINUING


def test_the_best_sentence_decides_not_the_first() -> None:
    assert status(report("d9", STRAIT), lead=4) is Status.DEVELOPING


def test_what_another_story_of_the_edition_before_has_said_does_not_make_a_story_continue() -> None:
    documents = report("d9", STRAIT_NEXT), report("d2", NICKEL)
    lead = split(documents[1])["d2"][0]
    assert statuses([story_of(documents[0])], [lead], BEFORE) == (Status.DEVELOPING,)


def test_a_story_that_stood_in_two_sections_is_known_by_both_its_briefs() -> None:
    strait = report("d1", STRAIT)
    before = edition_of(brief_of(strait, 0, story="s1"), brief_of(strait, 4, story="s1"))
    assert status(report("d9", STRAIT), lead=4, previous=before) is Status.CONTINUING


def test_each_story_is_held_against_the_brief_that_it_is_most_like() -> None:
    before = edition_of(
        brief_of(report("d1", NICKEL), 0, story="s1"),
        brief_of(report("d2", HARBOR), 0, story="s2"),
        brief_of(report("d3", STRAIT), 0, story="s3"),
    )
    documents = [
        report("d4", STRAIT_NEXT),
        report("d5", HARBOR_AGAIN),
        report("d6", NICKEL),
        report("d7", ORCHIDS),
    ]
    leads = [split(item)[item.id][1 if item.id == "d5" else 0] for item in documents]
    assert statuses([story_of(item) for item in documents], leads, before) == (
        Status.DEVELOPING,
        Status.DEVELOPING,
        Status.CONTINUING,
        Status.NEW,
    )


def test_the_headlines_of_all_reports_tell_what_a_story_is_about() -> None:
    bare = report("d9", ("Nine vessels pass under escort", "Nine vessels passed before noon."))
    again = report("d8", STRAIT)
    lead = split(bare)["d9"][0]
    assert statuses([story_of(bare)], [lead], BEFORE) == (Status.NEW,)
    assert statuses([story_of(bare, again)], [lead], BEFORE) == (Status.DEVELOPING,)


@pytest.mark.parametrize("repeats", [16, 40])
def test_words_far_down_a_long_report_do_not_make_it_an_old_story(repeats: int) -> None:
    filler = "Gardeners in Brenn planted tulips along the canal and painted every bench green. "
    report_on_gardens = report("d9", ("Tulips for Brenn", filler * repeats + STRAIT[1]))
    assert status(report_on_gardens) is Status.NEW


def test_briefs_without_a_content_word_are_like_nothing() -> None:
    empty = replace(brief_of(report("d1", ("", "It was what it was.")), 0), headline="")
    assert status(report("d9", STRAIT), previous=edition_of(empty)) is Status.NEW


def with_documents(edition: Edition, *documents: Document) -> Edition:
    return replace(edition, documents={document.id: document for document in documents})


def earlier(document: Document, *before: Edition) -> EarlierHeadline | None:
    leads = split(document)[document.id][:1]
    return find_continuations([story_of(document)], leads, before)[0].earlier


def test_a_story_continues_the_newest_edition_that_told_it() -> None:
    strait, nickel = report("d1", STRAIT), report("d2", NICKEL)
    monday, tuesday, wednesday = (date(2026, 3, day) for day in (9, 10, 11))
    first = with_documents(edition_of(brief_of(strait, 0), day=monday), strait)
    second = with_documents(edition_of(brief_of(strait, 1), day=tuesday), strait)
    other = with_documents(edition_of(brief_of(nickel, 0), day=wednesday), nickel)
    title = Sentence("d1", 0, len(STRAIT[0]), STRAIT[0])
    found = earlier(report("d9", STRAIT_NEXT), other, second, first)
    assert found == EarlierHeadline("ostra-desk/2026-03-10", tuesday, title)
    assert earlier(report("d9", ORCHIDS), other, second, first) is None


def test_news_that_any_of_the_editions_printed_makes_a_story_continue() -> None:
    strait = report("d1", STRAIT)
    newest, oldest = edition_of(brief_of(strait, 1)), edition_of(brief_of(strait, 4))
    story, leads = story_of(report("d9", STRAIT)), split(report("d9", STRAIT))["d9"]
    assert statuses([story], [leads[4]], newest, oldest) == (Status.CONTINUING,)
    assert statuses([story], [leads[4]], newest) == (Status.DEVELOPING,)


def test_a_story_continues_one_that_was_only_named() -> None:
    strait = report("d1", STRAIT)
    title = Sentence("d1", 0, len(STRAIT[0]), STRAIT[0])
    named = NamedStory("s9", title, Status.NEW)
    bare = replace(BEFORE, sections=(), panel=replace(BEFORE.panel, also=(named,)))
    found = earlier(report("d9", STRAIT_NEXT), with_documents(bare, strait))
    assert found is not None
    assert found.title == title
    assert earlier(report("d9", STRAIT_NEXT), bare) is None
    forged = with_documents(bare, replace(strait, title="Another title"))
    assert earlier(report("d9", STRAIT_NEXT), forged) is None


def test_of_several_briefs_the_one_on_top_gives_the_headline() -> None:
    strait, again = report("d1", STRAIT), report("d2", STRAIT_NEXT)
    briefs = brief_of(strait, 4, story="s1"), brief_of(again, 0, story="s1", top=True)
    found = earlier(report("d9", STRAIT), with_documents(edition_of(*briefs), strait, again))
    assert found is not None
    assert found.title.text == STRAIT_NEXT[0]


@pytest.mark.parametrize("title", ["", "A title\nof two lines", STRAIT[0] + " " + "x" * 200])
def test_a_headline_that_cannot_be_set_is_not_printed_again(title: str) -> None:
    strait = report("d1", (title, STRAIT[1]))
    before = with_documents(edition_of(brief_of(strait, 0, 1)), strait)
    assert status(report("d9", STRAIT_NEXT), previous=before) is Status.DEVELOPING
    assert earlier(report("d9", STRAIT_NEXT), before) is None


def test_a_sentence_is_not_new_when_it_was_printed_to_the_letter() -> None:
    assert was_printed(sentence(next(BEFORE.sentences()).text), BEFORE)


@pytest.mark.parametrize(
    "text",
    [
        "Armed patrol boats of Serrat closed the strait to tankers from Ottar before dawn Monday!",
        "ARMED patrol boats of Serrat closed the strait to tankers from Ottar before Monday’s dawn",
        "Armed patrol boats closed the strait to tankers from Ottar before dawn on Monday.",
    ],
)
def test_a_sentence_is_not_new_when_it_was_printed_in_all_but_a_word(text: str) -> None:
    assert was_printed(sentence(text), BEFORE)


@pytest.mark.parametrize(
    "text",
    [
        "Serrat let a convoy of nine Ottaran tankers pass the strait under escort on Wednesday.",
        "Boats of Serrat still keep tankers from Ottar out of the strait, its admiral said.",
        "",
    ],
)
def test_a_sentence_that_says_something_further_is_new(text: str) -> None:
    assert not was_printed(sentence(text), BEFORE)


def test_no_edition_of_the_week_is_forgotten() -> None:
    strait, nickel = report("d1", STRAIT), report("d2", NICKEL)
    editions = edition_of(brief_of(strait, 0)), edition_of(brief_of(nickel, 1))
    assert was_printed(split(strait)["d1"][0], *editions)
    assert was_printed(split(nickel)["d2"][1], *editions)
    assert not was_printed(split(nickel)["d2"][0], *editions)


def test_the_words_of_a_correction_count_as_printed() -> None:
    old, new, unsaid = split(report("d2", NICKEL))["d2"][:3]
    moment = datetime(2026, 3, 11, 9, tzinfo=UTC)
    told = CorrectionBrief(CorrectionKind.CHANGED, old, new, "e", date(2026, 3, 10), moment)
    before = replace(BEFORE, sections=(), corrections=(told,))
    assert [was_printed(one, before) for one in (old, new, unsaid)] == [True, True, False]


@given(st.lists(st.text("abcdefgh .,", max_size=40), max_size=6), st.text("abcdefgh ", max_size=40))
def test_the_index_finds_what_a_comparison_with_each_would(texts: list[str], new: str) -> None:
    brief = replace(brief_of(report("d1", STRAIT), 0), sentences=tuple(map(sentence, texts)))
    expected = any(near(new, text) >= SAME_SENTENCE for text in texts)
    assert was_printed(sentence(new), edition_of(brief)) is expected


def test_without_an_edition_before_no_sentence_was_printed() -> None:
    assert not was_printed(split(report("d1", STRAIT))["d1"][0])


def test_a_sentence_that_was_in_the_report_but_not_printed_is_new() -> None:
    sentences = split(report("d1", STRAIT))["d1"]
    assert [was_printed(item, BEFORE) for item in sentences] == [True, True, *[False] * 4]


def test_no_sentence_repeats_nothing() -> None:
    assert not repeats(())(sentence("Envoys met in Lund."))


@given(st.lists(st.text(max_size=60), max_size=6))
def test_every_sentence_repeats_texts_that_hold_it(texts: list[str]) -> None:
    assert all(map(repeats(texts), map(sentence, texts)))


@given(st.text(), st.text())
def test_hostile_text_gets_a_status(title: str, text: str) -> None:
    story = story_of(report("d9", (title, text)))
    assert statuses([story], [sentence(text)], BEFORE)[0] in Status
