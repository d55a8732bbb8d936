"""The whole pipeline on an invented day: what is printed where, whose words, and how balanced."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest

from briefing.core.edition import Prepared, cluster_reports, make_edition
from briefing.core.model import (
    OTHER,
    Choice,
    DayCount,
    Document,
    EarlierHeadline,
    Edition,
    Letterhead,
    Material,
    Sentence,
    Status,
)
from briefing.core.proof import prove
from briefing.core.text.classifiers.keywords import from_words
from briefing.core.text.cluster import WINDOW
from briefing.core.text.importance import NAMED, SURE, TOLD
from briefing.core.text.summarize import near
from tests.desk import DAY, EDITION, FERRY, RECIPE, chosen, day_before, headlines, make
from tests.examples import examples, news
from tests.fakes import PlainMeasure
from tests.newsday import (
    HARBOR,
    HARBOR_AGAIN,
    MOURNED,
    NICKEL,
    ORCHIDS,
    RIVER,
    SECTIONS,
    STRAIT,
    STRAIT_NEXT,
    TODAY,
    YESTERDAY,
    brief_of,
    edition_of,
    report,
)
from tests.present import present


def test_each_story_is_printed_in_its_section_in_order_and_the_widest_told_opens() -> None:
    assert {name: titles[0] for name, titles in headlines(EDITION).items()} == {
        "economy": NICKEL[0],
        "security": HARBOR_AGAIN[0],
        "diplomacy": RIVER[0],
    }
    assert present(EDITION.top).headline == HARBOR_AGAIN[0]
    turned = make(recipe=replace(RECIPE, sections=tuple(reversed(SECTIONS)))).edition
    assert list(headlines(turned)) == list(reversed(SECTIONS))
    assert {brief.status for brief in EDITION.briefs()} == {Status.NEW}

    known = Prepared(group=lambda news, *, window: cluster_reports(news, window=window)[:2])
    made = make_edition(Material(DAY, TODAY), recipe=RECIPE, measure=PlainMeasure(), known=known)
    assert made.edition.ledger.stories == 2


def test_every_sentence_is_a_slice_and_printed_once() -> None:
    for sentence in EDITION.slices():
        text = EDITION.documents[sentence.document].text
        assert text[sentence.start : sentence.end] == sentence.text
    sentences = list(EDITION.sentences())
    assert len({sentence.key for sentence in sentences}) == len(sentences)
    assert all(near(left.text, right.text) < 0.8 for left, right in combinations(sentences, 2))
    shared = " Norvia and Kalvia have shared one customs union since the peace of 1974."
    told = [
        report(name, (title, text.replace(". ", f".{shared} ", 1)))
        for name, (title, text) in {"d1": HARBOR, "d2": NICKEL}.items()
    ]
    printed = [sentence.text for sentence in make(told).edition.sentences()]
    assert printed.count(shared.strip()) == 1


def test_a_mixed_report_fills_each_section_and_each_story_has_one_brief() -> None:
    edition = make([report("strait", STRAIT)]).edition
    assert {brief.headline for brief in edition.briefs()} == {STRAIT[0]}
    openings = {
        section.name: section.briefs[0].sentences[0].text.split()[0] for section in edition.sections
    }
    assert openings == {"economy": "Exports", "security": "Armed", "diplomacy": "Ottar"}
    for edition in (EDITION, make([*DAY, report("ferry", FERRY)]).edition):
        stories = [brief.story for brief in edition.briefs()]
        assert len(set(stories)) == len(stories) > 2


def test_what_belongs_to_no_section_is_printed_if_asked_for_and_important_enough() -> None:
    day = [*(one for one in DAY if one.id != "orchids"), report("mourned", MOURNED)]
    assert OTHER not in headlines(make(day).edition)
    asked = make(day, recipe=replace(RECIPE, other=True)).edition
    assert headlines(asked)[OTHER] == [MOURNED[0]]
    assert list(headlines(asked)) == [*SECTIONS, OTHER]
    first = make(day, recipe=replace(RECIPE, sections=(OTHER, *SECTIONS))).edition
    assert list(headlines(first)) == [OTHER, *SECTIONS]
    asked = make(recipe=replace(RECIPE, other=True)).edition
    assert ORCHIDS[0] not in [brief.headline for brief in asked.briefs()]
    assert asked.ledger.dropped_stories == {"not important enough": 1}


def test_only_what_is_news_of_its_language_and_day_is_printed() -> None:
    title, text = HARBOR
    document = report("d1", (title, f"PORT OSTRA, March 11 (Meridian) - {text}"))
    assert next(make([document]).edition.sentences()).text.startswith("The harbor council")
    told = report("d1", (title, f"{text} The council met on Wednesday (March 11)."))
    silent = replace(report("d2", NICKEL), published=None)
    news = [replace(told, published=None), silent, report("d3", RIVER)]
    edition = make(news).edition
    assert (edition.ledger.dated_by_words, edition.ledger.undated) == (1, 1)
    assert edition.documents["d1"].published == datetime(2026, 3, 11, tzinfo=UTC)
    assert edition.documents["d2"].published is None
    assert news[0].published is None
    opening = "They argued about the price of the berths until four in the morning."
    edition = make([report("d1", (title, f"{opening} {text}"))]).edition
    assert opening not in [sentence.text for sentence in edition.sentences()]
    german = replace(report("d9", RIVER), language="de")
    edition = make([*DAY[:4], german]).edition
    assert edition.ledger.dropped_documents["other language"] == 1


# Who has told it


def test_reports_and_publishers_of_a_story_are_counted_by_owner_and_without_copies() -> None:
    owned = (
        report("d1", HARBOR, publisher="Ostra Courier", owner="Meridian Holding"),
        report("d2", HARBOR_AGAIN, publisher="Kalvik Post", owner="MERIDIAN HOLDING"),
    )
    copied = [report(f"d{n}", HARBOR, publisher=f"Paper {n}", hour=n) for n in range(5)]
    for told, counts in ((DAY, (2, 2)), (owned, (2, 1)), (copied, (1, 1))):
        edition = make(told).edition
        top = present(edition.top)
        assert (top.reports, top.publishers) == counts
    assert top.sources == ("d0",)
    assert edition.ledger.dropped_documents == {"copy of another report": 4}
    assert make(owned).edition.ledger.publishers == 1


@pytest.mark.parametrize(("hour", "cited"), [(17, ("d1", "d2")), (19, ("d1",))])
def test_what_is_repeated_is_not_reported_long_before(hour: int, cited: tuple[str, ...]) -> None:
    first, _, _ = HARBOR[1].partition(". ")
    # It prints nothing of its own.
    early = ("Readers write", f"{first}. {HARBOR_AGAIN[1].replace('.', '?')}")
    told = [report("d1", HARBOR, hour=hour), report("d2", early, publisher="Kalvik Post", hour=6)]
    top = present(make(told).edition.top)
    assert (top.sources, top.reports) == (cited, 2)


def test_reports_further_apart_than_the_window_are_two_stories() -> None:
    late = report("d2", HARBOR_AGAIN, publisher="Kalvik Post", day=TODAY)
    narrow = replace(RECIPE, window=timedelta(hours=12))
    told = [report("d1", HARBOR), late]
    assert make(told).edition.ledger.stories == 1
    assert make(told, recipe=narrow).edition.ledger.stories == 2


# What was told before


def test_stories_are_new_or_move_on_after_the_edition_before_and_no_sentence_comes_again() -> None:
    before = day_before(report("y1", STRAIT), report("y2", HARBOR))
    told = [report("d1", STRAIT_NEXT), report("d2", HARBOR_AGAIN), report("d3", NICKEL)]
    told[1] = replace(told[1], text=f"{HARBOR[1].split('. ')[0]}. {HARBOR_AGAIN[1]}")
    statuses = {
        brief.headline: brief.status for brief in make(told, previous=before).edition.briefs()
    }
    assert statuses == {
        STRAIT_NEXT[0]: Status.DEVELOPING,
        HARBOR_AGAIN[0]: Status.CONTINUING,
        NICKEL[0]: Status.NEW,
    }
    before = day_before(report("y1", HARBOR))
    old = [sentence.text for sentence in before.sentences()]
    again = make(previous=before).edition
    assert old
    assert all(near(one.text, text) < 0.8 for one in again.sentences() for text in old)


def test_how_new_a_story_is_rests_on_reports_and_not_on_what_of_them_fits_on_the_page() -> None:
    told = [report("y1", STRAIT), report("y2", HARBOR), report("y3", NICKEL)]
    before = [
        make_edition(
            Material(told, YESTERDAY), recipe=RECIPE, measure=PlainMeasure(room=room)
        ).edition
        for room in (700.0, 300.0, 260.0)
    ]
    assert [len([*one.sentences()]) for one in before] == [10, 3, 1]
    assert [len(one.panel.also) for one in before] == [0, 0, 2]
    assert before[0].openings == before[1].openings == before[2].openings
    today = [report("d1", STRAIT_NEXT), report("d2", HARBOR_AGAIN), report("d3", RIVER)]
    made = [make(today, previous=one).edition for one in before]
    statuses = [{brief.headline: brief.status for brief in one.briefs()} for one in made]
    assert statuses[0] == statuses[1] == statuses[2]
    assert len({*statuses[0].values()}) > 1
    sagas = [[brief.saga and brief.saga.day_of(TODAY) for brief in one.briefs()] for one in made]
    assert sagas[0] == sagas[1]


def test_a_developing_story_has_the_headline_of_the_edition_before_with_its_document() -> None:
    before = day_before(report("y1", STRAIT), report("y2", HARBOR))
    told = [report("d1", STRAIT_NEXT), report("d3", NICKEL), report("d4", RIVER)]
    made = make(told, previous=before).edition
    title = Sentence("y1", 0, len(STRAIT[0]), STRAIT[0])
    assert {brief.headline: brief.earlier for brief in made.briefs()} == {
        STRAIT_NEXT[0]: EarlierHeadline(before.id, YESTERDAY, title),
        NICKEL[0]: None,
        RIVER[0]: None,
    }
    assert title in made.titles()
    assert set(made.documents) == {"d1", "d3", "d4", "y1"}
    assert prove(made, sources=made.documents).failures == ()
    forged = {**made.documents, "y1": replace(made.documents["y1"], title="Another")}
    failures = prove(made, sources=forged).failures
    assert {one.reason for one in failures} == {
        "its source has another title",
        "its source has Another",
    }


def test_an_edition_knows_the_one_before() -> None:
    assert EDITION.since is None
    assert make(previous=day_before(report("y1", NICKEL))).edition.since == YESTERDAY
    told = f"{STRAIT_NEXT[1]} {STRAIT[1]}"
    strait = edition_of(brief_of(report("y2", STRAIT), 1))
    known = replace(strait, documents={"y2": report("y2", STRAIT)})
    made = make([report("d1", (STRAIT_NEXT[0], told))], previous=known).edition
    assert len([*made.briefs()]) > 1
    assert len([brief for brief in made.briefs() if brief.earlier]) == 1
    again = make(previous=day_before(report("y1", HARBOR))).edition.top
    assert present(EDITION.top).headline == HARBOR_AGAIN[0] != present(again).headline
    assert EDITION.number == 1
    before = replace(day_before(report("y1", NICKEL)), number=41)
    assert make(previous=before).edition.number == 42
    assert EDITION.days == (DayCount(TODAY, {"economy": 1, "security": 2, "diplomacy": 1}),)


@pytest.mark.parametrize("held", [0, 1, 12, 13, 14, 20])
def test_fourteen_days_are_kept_the_oldest_first_and_today_last(held: int) -> None:
    days = tuple(
        DayCount(TODAY - timedelta(back), {"economy": back}) for back in range(held, 0, -1)
    )
    before = replace(day_before(report("y1", NICKEL)), days=days)
    kept = make(previous=before).edition.days
    assert kept[:-1] == days[-13:]
    assert len(kept) == min(14, held + 1)
    assert kept[-1] == EDITION.days[0]


def test_the_words_of_a_section_that_stand_in_a_story_are_recorded_with_it() -> None:
    told = from_words({"economy": ["nickel", "strike"], "sea": ["harbor"]}).evidence
    edition = make(recipe=replace(RECIPE, matches=told)).edition
    words = {
        brief.headline: {word for word, _, _ in edition.evidence[brief.story].matches}
        for brief in edition.briefs()
    }
    assert "nickel" in words[NICKEL[0]]
    assert "nickel" not in words[HARBOR_AGAIN[0]]
    assert not any(evidence.matches for evidence in EDITION.evidence.values())


def test_labels_change_names_and_nothing_else() -> None:
    letterhead = Letterhead(labels=(("economy", "Money"), ("security", "The border")))
    assert letterhead.lines == ()
    assert replace(letterhead, name_line="Ministry").lines == (("house", "Ministry"),)
    labeled = make(recipe=replace(RECIPE, letterhead=letterhead)).edition
    assert replace(labeled, letterhead=EDITION.letterhead) == EDITION
    assert labeled.letterhead.label("economy") == "Money"
    assert labeled.letterhead.label("diplomacy") == "diplomacy"


#: Six events of one crisis.
CRISIS = news(__file__)
OTHERS = (NICKEL, RIVER, HARBOR, MOURNED)
#: Reports of one crisis are stories of their own here.
APART = replace(RECIPE, window=timedelta(minutes=30), other=True)


def crisis(count: int) -> list[Document]:
    return [report(f"w{hour}", told, hour=hour) for hour, told in enumerate(CRISIS[:count])]


def others(*news: tuple[str, str]) -> list[Document]:
    return [report(f"o{hour}", told, hour=hour) for hour, told in enumerate(news, 10)]


def edition(
    documents: Sequence[Document], *choices: Choice, window: timedelta = APART.window
) -> Edition:
    material, recipe = Material(documents, TODAY, choices=choices), replace(APART, window=window)
    return make_edition(material, recipe=recipe, measure=PlainMeasure()).edition


def told(made: Edition) -> list[str]:
    """Return the most central report of each story that is told, in the order of their weight."""
    return [one.documents[0] for one in made.ledger.ranked if not one.why]


def at(odds: float, document: Document, documents: Sequence[Document]) -> Document:
    """Weigh the source of a report so that its story has such odds beside the best of its day."""
    found = edition([*documents, document]).ledger.ranked
    (own,) = (one.salience for one in found if document.id in one.documents)
    best = max(one.salience for one in found if document.id not in one.documents)
    return replace(document, weight=odds / max(1.0, SURE / best) / own)


def test_a_saga_has_half_of_the_stories_or_three_the_most_important() -> None:
    for of_crisis, of_others, kept in [
        (6, 0, 6),
        (5, 1, 3),
        (6, 3, 3),
        (4, 3, 3),
        (4, 4, 4),
        (6, 4, 4),
        (3, 1, 3),
    ]:
        firsts = told(edition([*crisis(of_crisis), *others(*OTHERS[:of_others])]))
        assert sum(one.startswith("w") for one in firsts) == kept
        assert sum(one.startswith("o") for one in firsts) == of_others
    made = edition([*crisis(6), *others(*OTHERS)])
    ranked = [one.documents[0] for one in made.ledger.ranked if one.documents[0].startswith("w")]
    assert [one for one in told(made) if one in ranked] == ranked[:4]
    assert made.ledger.dropped_stories == {"not important enough": 2}
    wanted = next(one for one in crisis(6) if one.id == ranked[-1])
    assert wanted.id in told(edition([*crisis(6), *others(*OTHERS)], chosen("pin", wanted)))


def test_beside_a_saga_is_told_what_would_only_be_named_on_another_day() -> None:
    show = report("show", ORCHIDS, hour=20)
    for count, shown in ((3, False), (6, True)):
        day = [*crisis(count), *others(NICKEL, RIVER)]
        made = told(edition([*day, at((NAMED + TOLD) / 2, show, day)]))
        assert ("show" in made) is shown
    assert len(made) == 6


@examples("title, together")
def test_with_news_is_told_what_is_near_but_not_ahead_of_it(title: str, *, together: bool) -> None:
    text = (
        "The council of Norvia met the president on Thursday and spoke of schools, of money and "
        "of armed patrol boats of the coastguard for an hour."
    )
    other = report("other", (f"{title} boats", text))
    day = [replace(report("news", HARBOR), weight=1.25), report("lead", NICKEL), other]
    made = edition(day, window=WINDOW)
    why = {one.documents[0]: one.why for one in made.ledger.ranked}
    assert why["other"] == "same matter as another story"
    (brief,) = (brief for brief in made.briefs() if brief.sources[0] == "news")
    assert ("other" in brief.sources, brief.reports) == (together, 1)
    assert [name for name, _ in made.evidence[brief.story].beside] == ["other"] * together
    assert len(made.panel.also) == (not together)
    assert "other" in told(edition(day, chosen("pin", other), window=WINDOW))


@pytest.mark.parametrize(("odds", "shown"), [(TOLD + 0.01, True), (TOLD - 0.01, False)])
def test_likely_news_is_told(odds: float, *, shown: bool) -> None:
    best = replace(report("best", NICKEL), weight=20.0)
    made = edition([best, at(odds, report("h1", HARBOR), [best])])
    assert len(told(made)) == 1 + shown
