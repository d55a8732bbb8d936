"""Excerpts: which sentences of a story stand in which section, and what stands beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import chain

import pytest

from briefing.model import Document, Edition, Score, Sentence, Status, Story
from briefing.ports import Classifier, Ranker
from briefing.text.excerpt import FEW_STORIES, Excerpt, excerpt
from briefing.text.finders import ahead, figures, quotes
from briefing.text.summarize import REDUNDANCY, near
from briefing.text.weigh import NOVELTY, Weighed
from tests.classifying import AsTold, ByWords, backwards, in_order
from tests.newsday import (
    HARBOR,
    HARBOR_AGAIN,
    NICKEL,
    ORCHIDS,
    RIVER,
    SECTIONS,
    STRAIT,
    STRAIT_NEXT,
    TODAY,
    WORDS,
    YESTERDAY,
    brief_of,
    edition_of,
    report,
    split,
    story_of,
)

MIXED = {"economy": 1 / 3, "security": 1 / 3, "diplomacy": 1 / 3}
#: News in which the finders see a good and a weak item of each kind.
BESIDE = (
    "Kalvia and the price of nickel",
    (
        "Kalvia raised its budget for the northern railway to $14 million on Tuesday. Gardeners "
        "in Brenn could buy bulbs worth $9 million from a grower. “Kalvia will not sell one more "
        "ship of nickel below the price of last year,” Trade Minister Ada Lind of Kalvia said in "
        "Sund. “Those tulips that he brought there had not been watered for a week,” said Jon "
        "Brekke, a gardener in Brenn. The parliament of Kalvia will vote on the new budget on 23 "
        "March. The council of Brenn will open the canal on 2 April in the hope of a warm spring."
    ),
)


def one(
    document: Document,
    *more: Document,
    name: str = "s1",
    section: str = "security",
    topics: Mapping[str, float] = MIXED,
    salience: float = 1.0,
) -> Weighed:
    """Weigh a story as a test wants it."""
    return Weighed(story_of(document, *more, name=name), section, topics, Score(salience))


def take(
    *weighed: Weighed,
    ranker: Ranker = in_order,
    classifier: Classifier | None = None,
    sections: Sequence[str] = SECTIONS,
    previous: Edition | None = None,
) -> tuple[Excerpt, ...]:
    documents = chain.from_iterable(story.story.documents for story in weighed)
    return excerpt(
        weighed,
        split(*documents),
        ranker=ranker,
        classifier=classifier or ByWords(WORDS),
        sections=sections,
        day=TODAY,
        previous=previous,
    )


def places(made: Excerpt) -> list[tuple[str, tuple[int, ...]]]:
    """Return section and places of the longest form of each brief."""
    return [
        (section, tuple(sentence.index for sentence in lengths[-1]))
        for section, lengths in made.briefs
    ]


def printable(made: Sequence[Excerpt]) -> list[Sentence]:
    return [s for each in made for _, lengths in each.briefs for s in lengths[-1]]


def full_day(first: Weighed, *, least: float = 0.1) -> list[Weighed]:
    """Add so many lesser stories that the page is not thin."""
    others = [HARBOR, NICKEL, RIVER, ORCHIDS]
    lesser = [
        one(report(f"f{place}", told), name=f"f{place}", section="economy", salience=least)
        for place, told in enumerate(others)
    ]
    assert len(lesser) == FEW_STORIES
    return [first, *lesser]


# Sections


def test_on_a_thin_day_a_mixed_report_gives_a_brief_in_each_section_with_what_belongs_there() -> (
    None
):
    (made,) = take(one(report("d1", STRAIT)))
    assert places(made) == [("security", (0, 1, 2)), ("economy", (3,)), ("diplomacy", (4, 5))]


def test_on_a_thin_day_the_first_story_goes_on_in_its_own_section() -> None:
    (made,) = take(one(report("d1", HARBOR), topics={"security": 1.0}))
    assert places(made) == [("security", (0, 1, 2)), ("security", (3,))]


def test_on_a_thin_day_only_the_first_story_goes_on_in_its_own_section() -> None:
    _, second = take(
        one(report("d1", STRAIT)),
        one(report("d2", HARBOR), name="s2", topics={"security": 1.0}, salience=0.5),
    )
    assert places(second) == [("security", (0, 1, 2))]


def test_a_section_of_which_no_sentence_is_left_gets_no_brief() -> None:
    (made,) = take(one(report("d1", RIVER), section="diplomacy", topics={"diplomacy": 1.0}))
    assert [section for section, _ in places(made)] == ["diplomacy", "diplomacy"]


def test_on_a_full_day_the_first_story_opens_with_five_sentences_and_others_with_three() -> None:
    calm = {"security": 1.0}
    first, *others = take(*full_day(one(report("d1", STRAIT), topics=calm)))
    assert places(first) == [("security", (0, 1, 2, 3, 4))]
    assert [len(printable([other])) for other in others] == [3, 3, 3, 3]


def test_on_a_full_day_a_mixed_story_stands_where_it_has_enough_to_say() -> None:
    second = one(report("d1", STRAIT), salience=0.5)
    made = take(*full_day(second), one(report("d2", HARBOR_AGAIN), name="s9", salience=0.9))
    strait = next(each for each in made if each.weighed.story.id == "s1")
    assert places(strait) == [("security", (0, 1, 2)), ("economy", (3,)), ("diplomacy", (4, 5))]


@pytest.mark.parametrize(
    ("diplomacy", "own", "stands"),
    [
        (0.15, (1.0, 1.0), True),
        (0.14, (1.0, 1.0), False),
        (0.5, (1.0, 0.6), True),
        (0.5, (1.0, 0.0), False),
        (0.5, (1.0, 0.55), False),
        (0.5, (0.0, 0.0), False),
    ],
)
def test_on_a_full_day_a_further_section_needs_its_share_and_two_sure_sentences(
    diplomacy: float,
    own: tuple[float, float],
    stands: bool,  # noqa: FBT001  a table's column
) -> None:
    topics = {"security": 1 - diplomacy, "economy": 0.0, "diplomacy": diplomacy}
    document = report("d1", STRAIT)
    *others, last, but_one = split(document)["d1"]
    rows = {sentence.text: {"security": 1.0} for sentence in others}
    rows |= {
        sentence.text: {"security": 1 - share, "diplomacy": share}
        for sentence, share in zip((last, but_one), own, strict=True)
    }
    lesser = full_day(one(document, topics=topics, salience=0.5))[1:]
    for weighed in lesser:
        sentences = split(*weighed.story.documents)[weighed.story.documents[0].id]
        rows |= {sentence.text: {"economy": 1.0} for sentence in sentences}
    opener, *rest = lesser
    opening = Weighed(opener.story, opener.section, {"economy": 1.0}, Score(0.9))
    made = take(opening, one(document, topics=topics, salience=0.5), *rest, classifier=AsTold(rows))
    assert ("diplomacy" in dict(made[1].briefs)) is stands


def test_a_sentence_is_sure_where_both_its_words_and_its_story_say_so() -> None:
    document = report("d1", STRAIT)
    topics = {"security": 0.8, "economy": 0.0, "diplomacy": 0.2}
    made = take(
        one(report("d0", HARBOR_AGAIN), salience=2.0), *full_day(one(document, topics=topics))
    )
    strait = next(each for each in made if each.weighed.story.id == "s1")
    assert places(strait) == [("security", (0, 1, 2)), ("diplomacy", (4, 5))]


def test_sections_come_in_printed_order_after_the_storys_own() -> None:
    (made,) = take(one(report("d1", STRAIT)), sections=("diplomacy", "security", "economy"))
    assert [section for section, _ in made.briefs] == ["security", "diplomacy", "economy"]


def test_a_section_that_is_not_printed_gets_no_brief() -> None:
    (made,) = take(one(report("d1", STRAIT)), sections=("security", "diplomacy"))
    assert [section for section, _ in made.briefs] == ["security", "diplomacy"]


# Sentences


def test_a_brief_has_every_length_and_each_is_in_reading_order() -> None:
    (made,) = take(one(report("d1", HARBOR), topics={"security": 1.0}), ranker=backwards)
    _, lengths = made.briefs[0]
    assert [[sentence.index for sentence in some] for some in lengths] == [[3], [2, 3], [1, 2, 3]]


def test_every_sentence_is_a_slice_of_its_report() -> None:
    documents = [report("d1", STRAIT), report("d2", HARBOR), report("d3", HARBOR_AGAIN)]
    texts = {document.id: document.text for document in documents}
    made = take(one(documents[0]), one(*documents[1:], name="s2"))
    for sentence in printable(made):
        assert texts[sentence.document][sentence.start : sentence.end] == sentence.text


@pytest.mark.parametrize("ranker", [in_order, backwards])
def test_no_two_sentences_of_a_story_say_nearly_the_same_in_whatever_section(
    ranker: Ranker,
) -> None:
    title, text = STRAIT
    again = (
        "Envoys from three coastal states offered Ottar to host new treaty negotiations in Lund."
    )
    story = one(
        report("d1", STRAIT),
        report("d2", (title, f"{again} {text}")),
        report("d3", STRAIT_NEXT),
    )
    sentences = printable(take(story, ranker=ranker))
    assert len(sentences) > 6
    assert all(
        near(left.text, right.text) <= REDUNDANCY
        for place, left in enumerate(sentences)
        for right in sentences[:place]
    )


def test_what_two_stories_have_in_common_is_told_by_the_first_only() -> None:
    background = "Norvia and Kalvia have shared one customs union since the peace of 1974."
    nearly = "Norvia and Kalvia have shared a customs union since the peace of 1974."
    harbor, nickel = (HARBOR[0], f"{background} {HARBOR[1]}"), (NICKEL[0], f"{nearly} {NICKEL[1]}")
    first, second = take(
        one(report("d1", harbor), topics={"security": 1.0}),
        one(report("d2", nickel), name="s2", section="economy", topics={"economy": 1.0}),
    )
    assert background in [sentence.text for sentence in printable([first])]
    assert nearly not in [sentence.text for sentence in printable([second])]
    assert places(second)[0] == ("economy", (1, 2, 3))


def test_a_story_that_says_nothing_beyond_one_above_is_left_out() -> None:
    made = take(
        one(report("d1", ("Harbor", HARBOR[1]))),
        one(report("d2", ("Port", HARBOR[1].split(". ", 1)[0] + ".")), name="s2"),
        one(report("d3", NICKEL), name="s3", section="economy"),
    )
    assert [each.weighed.story.id for each in made] == ["s1", "s3"]


@pytest.mark.parametrize(
    "opening",
    [
        "They voted on Tuesday to lease two berths to the coastguard of the north.",
        "However, the crews of both frigates stayed ashore until the evening.",
        "The move surprised fishing crews that moor their boats at the pier.",
        "Oster said armed frigates would escort every grain ship through the sound.",
    ],
)
def test_a_sentence_that_opens_unresolved_is_not_printed(opening: str) -> None:
    document = report("d1", (HARBOR[0], f"{opening} {HARBOR[1]}"))
    assert opening not in [sentence.text for sentence in printable(take(one(document)))]


def test_a_story_of_which_no_sentence_stands_alone_is_left_out() -> None:
    told = "They voted on Tuesday to lease two berths. However, it took all night to agree."
    made = take(one(report("d1", ("Port", told))), one(report("d2", NICKEL), name="s2"))
    assert [each.weighed.story.id for each in made] == ["s2"]


SAID = "Oster said armed frigates would escort every grain ship through the sound."


def test_a_name_is_resolved_by_the_headline_above_it() -> None:
    document = report("d1", ("Captain Oster takes two berths", f"{SAID} {HARBOR[1]}"))
    assert SAID in [sentence.text for sentence in printable(take(one(document)))]


@pytest.mark.parametrize("ranker", [in_order, backwards])
def test_a_name_is_not_resolved_by_a_headline_that_is_not_printed_above_it(ranker: Ranker) -> None:
    named = report("d1", ("Captain Oster takes two berths", HARBOR[1]))
    unnamed = report("d2", (HARBOR_AGAIN[0], f"{SAID} {HARBOR_AGAIN[1]}"))
    for documents in ((named, unnamed), (unnamed, named)):
        made = take(one(*documents), ranker=ranker)
        assert SAID not in [sentence.text for sentence in printable(made)]


def test_a_sentence_below_the_headline_of_another_report_is_resolved_by_that_headline() -> None:
    named = report("d1", ("Captain Oster takes two berths", f"{SAID} {HARBOR[1]}"))
    unnamed = report("d2", HARBOR_AGAIN)
    (first, *_), _ = (take(one(named, unnamed)), None)
    assert SAID in [sentence.text for sentence in first.briefs[0][1][-1]]
    (first, *_), _ = (take(one(unnamed, named)), None)
    assert SAID not in [sentence.text for sentence in first.briefs[0][1][-1]]


class Watching:
    """A ranker that remembers what it was given."""

    def __init__(self) -> None:
        self.seen: list[tuple[Sentence, ...]] = []
        self.titles: list[Mapping[str, str]] = []

    def __call__(
        self, sentences: Sequence[Sentence], *, titles: Mapping[str, str]
    ) -> tuple[Score, ...]:
        self.seen.append(tuple(sentences))
        self.titles.append(titles)
        return in_order(sentences, titles=titles)


def test_the_ranker_sees_sentences_report_by_report_with_their_headlines() -> None:
    ranker = Watching()
    take(one(report("d1", HARBOR), report("d2", HARBOR_AGAIN)), ranker=ranker)
    (seen,) = ranker.seen
    assert [(s.document, s.index) for s in seen] == [(d, n) for d in ("d1", "d2") for n in range(4)]
    assert ranker.titles == [{"d1": HARBOR[0], "d2": HARBOR_AGAIN[0]}]


def test_the_ranker_sees_an_even_share_of_a_story_that_is_very_long() -> None:
    sentence = "Brokers number {} in Sund expect exports of nickel to rise by noon."
    text = " ".join(sentence.format(number) for number in range(300))
    ranker = Watching()
    story = one(*(report(f"d{n}", (f"Title {n}", text)) for n in range(4)))
    take(story, ranker=ranker)
    (seen,) = ranker.seen
    assert [sum(s.document == f"d{n}" for s in seen) for n in range(4)] == [100] * 4
    assert max(s.index for s in seen) == 99


def test_the_ranker_sees_two_sentences_a_report_of_a_story_told_by_hundreds() -> None:
    ranker = Watching()
    crowd = [report(f"d{n}", NICKEL) for n in range(402)]
    story = Weighed(Story("s1", tuple(crowd)), "economy", {"economy": 1.0}, Score(1.0))
    take(story, ranker=ranker)
    assert len(ranker.seen[0]) == 800


def test_a_report_that_lost_its_sentences_says_nothing() -> None:
    kept, lost = report("d1", NICKEL), report("d2", HARBOR)
    (made,) = excerpt(
        [one(kept, lost)],
        split(kept),
        ranker=in_order,
        classifier=ByWords(WORDS),
        sections=SECTIONS,
        day=TODAY,
        previous=None,
    )
    assert {sentence.document for sentence in printable([made])} == {"d1"}


def test_without_stories_there_are_no_excerpts() -> None:
    assert take() == ()


# Novelty


BEFORE = edition_of(
    brief_of(report("y1", STRAIT), 0, 1, 2, story="s1", top=True),
    brief_of(report("y2", HARBOR), 0, 1, story="s2"),
)


def test_without_an_edition_before_every_story_is_new_and_keeps_its_weight() -> None:
    made = take(one(report("d1", STRAIT)), one(report("d2", HARBOR), name="s2", salience=0.5))
    assert [each.status for each in made] == [Status.NEW, Status.NEW]
    assert [each.weighed.salience.value for each in made] == [1.0, 0.5]


def test_a_story_is_new_developing_or_continuing() -> None:
    made = take(
        one(report("d1", STRAIT_NEXT), name="s1", salience=0.9),
        one(report("d2", HARBOR), name="s2", salience=0.8),
        one(report("d3", NICKEL), name="s3", salience=0.7),
        previous=BEFORE,
    )
    statuses = {each.weighed.story.id: each.status for each in made}
    assert statuses == {"s1": Status.DEVELOPING, "s2": Status.CONTINUING, "s3": Status.NEW}
    for each in made:
        assert each.weighed.salience.terms["novelty"] == NOVELTY[each.status]


def test_the_same_report_a_day_later_is_continuing_not_developing() -> None:
    (made,) = take(one(report("d1", STRAIT)), previous=BEFORE)
    assert made.status is Status.CONTINUING


def test_sentences_of_the_edition_before_are_not_printed_again() -> None:
    (made,) = take(one(report("d1", STRAIT)), previous=BEFORE)
    assert sorted(sentence.index for sentence in printable([made])) == [3, 4, 5]


def test_nearly_the_same_sentence_is_not_printed_again_either() -> None:
    said = (
        "Armed patrol boats of Serrat closed the strait to tankers from Ottar before Monday’s dawn."
    )
    document = report("d1", (STRAIT_NEXT[0], f"{said} {STRAIT_NEXT[1]}"))
    assert said not in [s.text for s in printable(take(one(document), previous=BEFORE))]


def test_a_story_with_nothing_new_to_print_is_left_out() -> None:
    told = (HARBOR[0], HARBOR[1].split(" Dockworkers")[0])
    made = take(one(report("d1", told)), one(report("d2", NICKEL), name="s2"), previous=BEFORE)
    assert [each.weighed.story.id for each in made] == ["s2"]


def test_a_story_that_only_continues_yields_its_place_to_one_that_is_new() -> None:
    stories = (
        one(report("d1", STRAIT), name="s1", salience=1.0),
        one(report("d2", NICKEL), name="s2", section="economy", salience=0.7),
    )
    assert [each.weighed.story.id for each in take(*stories)] == ["s1", "s2"]
    made = take(*stories, previous=BEFORE)
    assert [each.weighed.story.id for each in made] == ["s2", "s1"]
    assert [len(printable([each])) for each in made] == [4, 3]


def test_a_story_that_moves_on_goes_before_a_new_one_of_the_same_weight() -> None:
    made = take(
        one(report("d1", NICKEL), name="s1"),
        one(report("d2", STRAIT_NEXT), name="s2"),
        previous=BEFORE,
    )
    assert [each.weighed.story.id for each in made] == ["s2", "s1"]


def test_stories_of_one_weight_keep_their_order() -> None:
    told = (HARBOR, NICKEL, RIVER, ORCHIDS)
    made = take(*(one(report(f"d{n}", one_), name=f"s{n}") for n, one_ in enumerate(told)))
    assert [each.weighed.story.id for each in made] == ["s0", "s1", "s2", "s3"]


# Beside the news, and why


def test_what_the_finders_hold_for_weak_is_left_out() -> None:
    document = report("d1", BESIDE)
    sentences = split(document)["d1"]
    (made,) = take(one(document))
    found = (
        [(item.quality, item.figure) for item in figures.find(sentences)],
        [(item.quality, item.quote) for item in quotes.find(sentences)],
        [
            (item.quality, item.ahead)
            for item in ahead.find(sentences, published={"d1": YESTERDAY}, today=TODAY)
        ],
    )
    for kept, items in zip((made.figures, made.quotes, made.ahead), found, strict=True):
        assert [quality >= 0.5 for quality, _ in items] == [True, False]
        assert kept == (items[0][1],)


def test_dates_ahead_are_read_from_the_day_of_publication() -> None:
    told = ("Kalvia plans a vote", "The parliament of Kalvia will vote on the budget on Monday.")
    (made,) = take(one(report("d1", told)))
    assert [item.day for item in made.ahead] == [YESTERDAY + timedelta(days=5)]


def test_a_report_without_a_date_tells_no_dates_ahead() -> None:
    title, text = BESIDE
    (made,) = take(one(Document("d1", title, text)))
    assert made.ahead == ()


def test_the_evidence_holds_the_best_sentences_with_section_and_score() -> None:
    (made,) = take(one(report("d1", STRAIT), report("d2", HARBOR), report("d3", NICKEL)))
    assert len(made.best) == 12
    values = [row.score.value for row in made.best]
    assert values == sorted(values, reverse=True)
    assert [row.section for row in made.best[:6]] == [
        "security",
        "security",
        "economy",
        "economy",
        "diplomacy",
        "diplomacy",
    ]


def test_the_same_stories_give_the_same_excerpts() -> None:
    stories = full_day(one(report("d1", STRAIT), report("d2", STRAIT_NEXT)))
    assert take(*stories, previous=BEFORE) == take(*stories, previous=BEFORE)
