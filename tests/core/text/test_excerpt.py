"""Excerpts: which sentences of a story stand in which section, and what stands beside them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from briefing.core.model import Action, Document, Score, Sentence, Status, Story
from briefing.core.ports import Ranker
from briefing.core.text.choices import NOTHING, Say
from briefing.core.text.excerpt import excerpt
from briefing.core.text.finders import ahead, figures, quotes
from briefing.core.text.finders.clauses import Scored, Sought, meet
from briefing.core.text.importance import NOVELTY, SURE, Weighed
from briefing.core.text.summarize import REDUNDANCY, near
from tests.classifying import AsTold, ByWords, backwards, in_order
from tests.core.text.excerpts import one, places, printable, take
from tests.examples import examples, news
from tests.newsday import (
    ENGLISH,
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

#: Two stories of one sentence, and two of more sentences than any brief has.
BRIDGE, FARMS, MARKET, SCHOOL = news(__file__)


def full_day(first: Weighed) -> list[Weighed]:
    """Add so many lesser stories of one section each that briefs are short."""
    others = (HARBOR, NICKEL, RIVER, ORCHIDS, BRIDGE, FARMS)
    calm = {"economy": 1.0}
    lesser = [
        one(report(name, told), name=name, section="economy", topics=calm, salience=0.6)
        for name, told in zip("abcdef", others, strict=True)
    ]
    return [first, *lesser]


# Sections


def test_a_thin_day_gives_all_that_reads_well_and_a_full_one_five_sentences_to_the_first() -> None:
    (made,) = take(one(report("d1", STRAIT)))
    assert places(made) == [("security", (0, 1)), ("economy", (2, 3)), ("diplomacy", (4, 5))]
    (made,) = take(one(report("d1", HARBOR), topics={"security": 1.0}))
    assert places(made) == [("security", (0, 1, 2, 3))]
    calm = {"security": 1.0}
    first, *_ = take(*full_day(one(report("d1", MARKET), topics=calm)))
    ((section, chosen),) = places(first)
    assert (section, len(chosen)) == ("security", 5)


@pytest.mark.parametrize(
    ("stories", "sentences"), [(1, [12]), (2, [12, 5]), (3, [8, 5]), (6, [8, 5]), (7, [5, 3])]
)
def test_fewer_stories_may_have_more_sentences_each(stories: int, sentences: list[int]) -> None:
    calm = {"security": 1.0}
    first = one(report("d1", MARKET), topics=calm)
    second = one(report("d2", SCHOOL), name="s2", topics=calm)
    made = take(*[first, second, *full_day(first)[1:]][:stories])
    assert [len(printable([each])) for each in made[:2]] == sentences


def test_an_older_toll_is_not_printed_below_the_newer_nor_above_it() -> None:
    news = "A blast at the cape of Serrat on Monday killed 90 people, the navy of Serrat said."
    older = "40 people died, divers said after an hour at two frigates in the strait of Lund."
    for text, count, miscounting in ((older, 1, {"d1"}), (older.replace("40", "88"), 2, set())):
        title = text.partition(",")[0]
        (made,) = take(one(report("d1", (title, f"{news} {text}"))))
        assert len(printable([made])) == count
        assert made.miscounting == miscounting


@pytest.mark.parametrize(
    ("hours", "title", "opening"),
    [
        # Raised by a later report; not by one of the same hour, nor by a tenth.
        (1, "Blast at the cape of Serrat: 90 people died", "d2"),
        (0, "Blast at the cape of Serrat: 90 people died", "d1"),
        (1, "Blast at the cape of Serrat: 42 people died", "d1"),
    ],
)
def test_fewer_dead_than_a_later_report_states_are_not_printed(
    hours: int, title: str, opening: str
) -> None:
    news = "A blast at the cape of Serrat on Monday killed 40 people, the navy of Serrat said."
    early = datetime(2026, 3, 12, 4, tzinfo=UTC)
    first = replace(report("d1", ("Blast at the cape of Serrat", news)), published=early)
    text = "Divers of Serrat searched the cape for a frigate after the blast on Monday."
    second = replace(report("d2", (title, text)), published=early + timedelta(hours=hours))
    (made,) = take(one(first, second))
    assert printable([made])[0].document == opening


def test_what_is_told_with_a_story_opens_well_and_takes_no_sentence_from_it() -> None:
    story, top, *lesser = full_day(one(report("d1", MARKET), salience=6.0))
    text = "Sarn has a hill of slate. On Monday Sarn reopened a village school with two teachers."
    school = story_of(report("d2", (SCHOOL[0], text)), name="s2")
    story = replace(story, story=replace(story.story, beside=((school, 0.5),)))
    _, made, *_ = take(replace(top, salience=Score(7.0)), story, *lesser)
    printed = printable([made])
    assert Counter(sentence.document for sentence in printed) == {"d1": 3, "d2": 1}
    assert printed[-1].text.startswith("On Monday")


@examples("share, alone, stands")
def test_what_likely_belongs_to_a_further_section_stands_there_when_nothing_else_does(
    share: float, *, alone: bool, stands: bool
) -> None:
    document, other = report("d1", HARBOR), report("d2", NICKEL)
    rows: dict[str, Mapping[str, float]] = {
        sentence.text: {"security": 1.0, "economy": 0.0, "diplomacy": 0.0}
        for told in split(document, other).values()
        for sentence in told
    }
    likely = split(document)["d1"][2].text
    rows[likely] = {"security": 1 - share, "economy": share, "diplomacy": 0.0}
    calm = {"security": 0.7, "economy": 0.3, "diplomacy": 0.0}
    stories = [one(document, topics=calm), one(other, name="s2", topics=calm, salience=0.5)]
    first = take(*stories[: 1 if alone else 2], classifier=AsTold(rows))[0]
    assert ([name for name, _ in places(first)] == ["security", "economy"]) is stands


def test_what_adds_to_the_sentence_before_it_brings_it_into_its_section() -> None:
    title, text = "Armed patrol of Serrat returns", "An armed patrol of Serrat returned at noon."
    before, adds = "A shipyard of Sund lent two boats.", "Two nickel brokers will also pay wages."
    (made,) = take(one(report("d1", (title, f"{text} {before} {adds}"))))
    assert places(made) == [("security", (0,)), ("economy", (1, 2))]
    (made,) = take(one(report("d1", (title, f"{text} {adds}"))))
    assert places(made) == [("security", (0, 1))]


def test_what_was_printed_before_or_is_of_a_day_that_is_past_makes_no_brief() -> None:
    title, text = HARBOR
    likely = "Brokers expect exports and wages at the terminal to grow by a tenth."
    document = report("d1", (title, f"{text} {likely}"))
    (made,) = take(one(document), previous=edition_of(brief_of(document, 4)))
    assert "economy" not in [section for section, _ in places(made)]
    (made,) = take(one(report("d1", RIVER), section="diplomacy", topics={"diplomacy": 1.0}))
    assert [section for section, _ in places(made)] == ["diplomacy"]
    late = "Armed patrols of Serrat will close the strait on Wednesday (March 11)."
    news = "Two frigates of Serrat have shelled the cape."
    (made,) = take(one(report("d1", ("Serrat and its strait", f"{late} {news}"))))
    assert [sentence.text for sentence in printable([made])] == [news]
    (made,) = take(one(report("d1", ("Serrat and its strait", late))))
    assert [sentence.text for sentence in printable([made])] == [late]


@pytest.mark.parametrize(
    ("below", "few", "printed"),
    [
        ("Nine frigates of Norvia left Lund at noon, the navy said.", False, True),
        ("“Lund gains 9 berths,” Oster said.", False, False),
        ("“Lund gains 9 berths,” Oster said.", True, True),
        # In words that stand above.
        ("The council of Port Ostra voted to lease.", False, False),
    ],
)
def test_below_the_news_only_more_of_it_is_told(below: str, *, few: bool, printed: bool) -> None:
    document = report("d1", (HARBOR[0], f"{HARBOR[1].partition('. ')[0]}. {below}"))
    day = full_day(one(document, topics={"security": 1.0}))
    (made, *_) = take(*(day[:1] if few else day))
    news = made.briefs[0][1][-1 - made.asides]
    assert (below in [sentence.text for sentence in news]) is printed


def test_another_report_tells_below_it_what_is_new_alone() -> None:
    first = report("d1", (HARBOR[0], HARBOR[1].partition(". ")[0] + "."), hour=18)
    again = "Port Ostra council votes on 9 berths for the coastguard."
    more = "Captain Lena Oster said armed frigates of Norvia would escort grain ships."
    second = report("d2", (HARBOR[0], f"{again} {more}"), hour=5)
    (made, *_) = take(*full_day(one(first, second, topics={"security": 1.0})))
    assert [sentence.text for sentence in printable([made])][1:] == [more]


class OfNoSection:
    """Takes the sentences at some places of a report for surely "other", all else for security."""

    sections = ("security", "other")

    def __init__(self, document: Document, *places: int) -> None:
        own = split(document)[document.id]
        self._other = {own[place].text for place in places}

    def __call__(self, texts: Sequence[str]) -> tuple[Mapping[str, float], ...]:
        likely = [0.95 if text in self._other else 0.05 for text in texts]
        return tuple({"security": 1 - p, "other": p} for p in likely)


@examples("share, other, told", other=tuple, told=tuple)
def test_what_is_surely_of_no_section_is_left_out_where_that_leaves_enough_of_a_sure_story(
    share: float, other: tuple[int, ...], told: tuple[int, ...]
) -> None:
    document = report("d1", SCHOOL)
    topics = {"security": share, "other": 1 - share}
    story = one(document, name="school", topics=topics, salience=0.5)
    made = take(
        *full_day(one(report("d2", MARKET), topics={"security": 1.0})),
        story,
        classifier=OfNoSection(document, *other),
    )
    school = next(each for each in made if each.story.id == "school")
    assert places(school) == [("security", told)]


@pytest.mark.parametrize(
    ("odds", "say", "sentences"),
    [
        (6.0, NOTHING, 5),
        (5.9, NOTHING, 3),
        (3.0, NOTHING, 3),
        (2.9, NOTHING, 2),
        (1.4, NOTHING, 1),
        # An editor's wish counts for more.
        (0.5, Say(Action.PIN), 5),
    ],
)
def test_a_story_that_few_would_tell_is_shorter(odds: float, say: Say, sentences: int) -> None:
    calm = {"security": 1.0}
    first = one(report("d1", MARKET), topics=calm, salience=SURE)
    second = one(report("d2", SCHOOL), name="s2", topics=calm, salience=odds)
    made = take(first, replace(second, say=say))
    assert [len(printable([each])) for each in made] == [12, sentences]
    (alone,) = take(second)
    assert len(printable([alone])) == 7


def test_on_a_full_day_a_mixed_story_stands_once_and_says_what_else_it_touches() -> None:
    second = one(report("d1", STRAIT), salience=0.5)
    made = take(*full_day(second), one(report("d2", HARBOR_AGAIN), name="s9", salience=0.9))
    strait = next(each for each in made if each.story.id == "s1")
    assert places(strait) == [("security", (0, 1, 2))]
    assert strait.touches == ("economy", "diplomacy")


@examples("diplomacy, own, touches", own=tuple)
def test_a_story_touches_a_section_with_its_share_and_two_sure_sentences(
    diplomacy: float, own: tuple[float, float], *, touches: bool
) -> None:
    topics = {"security": 1 - diplomacy, "economy": 0.0, "diplomacy": diplomacy}
    strait = one(report("d1", STRAIT), topics=topics)
    opening, *rest = full_day(strait)[1:]
    others = split(*(other.story.documents[0] for other in (opening, *rest))).values()
    rows: dict[str, Mapping[str, float]] = {
        sentence.text: {"economy": 1.0} for told in others for sentence in told
    }
    sentences = split(report("d1", STRAIT))["d1"]
    rows |= {sentence.text: {"security": 1.0} for sentence in sentences}
    for sentence, share in zip(sentences[4:6], own, strict=True):
        rows[sentence.text] = {"security": 1 - share, "diplomacy": share}
    opening = replace(opening, salience=Score(2.0))
    made = take(opening, strait, *rest, classifier=AsTold(rows))
    assert [name for name, _ in made[1].briefs] == ["security"]
    assert made[1].touches == (("diplomacy",) if touches else ())


def test_a_section_is_printed_after_the_storys_own_and_takes_what_is_surest() -> None:
    (made,) = take(one(report("d1", STRAIT)), sections=("diplomacy", "security", "economy"))
    assert [section for section, _ in made.briefs] == ["security", "diplomacy", "economy"]
    (made,) = take(one(report("d1", STRAIT)), sections=("security", "diplomacy"))
    assert [section for section, _ in made.briefs] == ["security", "diplomacy"]
    title = "Envoys of Serrat meet in Lund"
    drill, shells = "Serrat drilled off Lund.", "Two frigates of Serrat shelled the cape at noon."
    text = f"Envoys of Serrat met in Lund. {drill} {shells}"
    document = report("d1", (title, text))
    shares = dict.fromkeys((sentence.text for sentence in split(document)["d1"]), 0.0)
    shares |= {drill: 0.55, shells: 0.95}
    rows = {
        words: {"security": share, "economy": 0.0, "diplomacy": 1 - share}
        for words, share in shares.items()
    }
    weighed = one(document, section="diplomacy", topics={"diplomacy": 1.0})
    (made,) = take(weighed, classifier=AsTold(rows))
    first, *_ = dict(made.briefs)["security"]
    assert [sentence.text for sentence in first] == [shells]


# Sentences


@pytest.mark.parametrize("ranker", [in_order, backwards])
def test_a_brief_has_every_length_and_each_is_in_reading_order(ranker: Ranker) -> None:
    (made,) = take(one(report("d1", HARBOR), topics={"security": 1.0}), ranker=ranker)
    _, lengths = made.briefs[0]
    indexes = [[sentence.index for sentence in some] for some in lengths]
    assert [len(some) for some in indexes] == list(range(1, len(indexes) + 1))
    assert indexes == [sorted(some) for some in indexes]
    assert all(set(some) < set(more) for some, more in pairwise(indexes))
    assert len(indexes) > 1


@pytest.mark.parametrize("ranker", [in_order, backwards])
def test_no_two_sentences_of_a_story_say_nearly_the_same(ranker: Ranker) -> None:
    title, text = STRAIT
    again = (
        "Envoys from three coastal states offered Ottar to host new treaty negotiations in Lund."
    )
    story = one(
        report("d1", STRAIT), report("d2", (title, f"{again} {text}")), report("d3", STRAIT_NEXT)
    )
    sentences = printable(take(story, ranker=ranker))
    assert len(sentences) > 5
    assert all(
        near(left.text, right.text) <= REDUNDANCY
        for place, left in enumerate(sentences)
        for right in sentences[:place]
    )


def test_what_a_section_or_a_story_above_says_is_not_said_again() -> None:
    money = "Insurers raised freight prices through the strait by 40 per cent, two envoys said."
    envoys = (
        "Two envoys said that insurers raised freight prices through the strait by 40 per cent."
    )
    opening = STRAIT_NEXT[1].replace(" Its navy pulled", " The navy of Serrat pulled")
    document = report("d1", (STRAIT[0], f"{opening} {money} {envoys}"))
    rows = {sentence.text: {"security": 1.0} for sentence in split(document)["d1"]}
    rows |= {money: {"economy": 1.0}, envoys: {"diplomacy": 1.0}}
    (made,) = take(one(document), classifier=AsTold(rows))
    texts = [sentence.text for sentence in printable([made])]
    assert money in texts
    assert envoys not in texts
    background = "Norvia and Kalvia will share one customs union from Monday, two envoys said."
    nearly = "Norvia and Kalvia will share a customs union from Monday, two envoys said."
    harbor, nickel = (HARBOR[0], f"{background} {HARBOR[1]}"), (NICKEL[0], f"{nearly} {NICKEL[1]}")
    first, second = take(
        one(report("d1", harbor), topics={"security": 1.0}),
        one(report("d2", nickel), name="s2", section="economy", topics={"economy": 1.0}),
    )
    assert background in [sentence.text for sentence in printable([first])]
    assert nearly not in [sentence.text for sentence in printable([second])]
    assert places(second)[0] == ("economy", (1, 2, 3, 4))


def test_a_story_that_says_nothing_more_or_has_no_sentence_of_its_own_is_left_out() -> None:
    made = take(
        one(report("d1", ("Harbor", HARBOR[1]))),
        one(report("d2", ("Port", HARBOR[1].split(". ", 1)[0] + ".")), name="s2"),
        one(report("d3", NICKEL), name="s3", section="economy"),
    )
    assert [each.story.id for each in made] == ["s1", "s3"]
    told = "They voted on Tuesday to lease two berths. However, it took all night to agree."
    made = take(one(report("d1", ("Port", told))), one(report("d2", NICKEL), name="s2"))
    assert [each.story.id for each in made] == ["s2"]
    kept, lost = report("d1", NICKEL), report("d2", HARBOR)
    made = excerpt(
        [one(kept, lost)],
        split(kept),
        ranker=in_order,
        classifier=ByWords(WORDS),
        sections=SECTIONS,
        day=TODAY,
        language=ENGLISH,
        before=(),
    )
    assert {sentence.document for sentence in printable(made)} == {"d1"}
    assert len(made) == 1
    assert take() == ()


@examples("opening")
def test_a_sentence_that_opens_unresolved_is_not_printed(opening: str) -> None:
    document = report("d1", (HARBOR[0], f"{opening} {HARBOR[1]}"))
    assert opening not in [sentence.text for sentence in printable(take(one(document)))]


LEAD = "Captain Lena Oster takes command of nine frigates at the northern pier of Port Ostra."
SAID = "Oster said armed frigates would escort every grain ship through the sound."
NEEDS = "However, crews of the frigates stayed ashore until the evening."


def test_what_leans_brings_what_is_before_it_and_a_name_is_resolved_by_the_headline() -> None:
    document = report("d1", (HARBOR[0], f"{LEAD} {NEEDS}"))
    (made,) = take(one(document, topics={"security": 1.0}))
    assert places(made) == [("security", (0, 1))]
    document = report("d1", (HARBOR[0], f"{HARBOR[1].split('. ')[0]}. {LEAD} {NEEDS}"))
    values = {0: 3.0, 1: 1.0, 2: 2.0}

    def ranker(sentences: Sequence[Sentence], *, titles: Mapping[str, str]) -> list[Score]:
        return [Score(values[sentence.index]) for sentence in sentences]

    (made,) = take(one(document, topics={"security": 1.0}), ranker=ranker)
    assert [[s.index for s in some] for some in made.briefs[0][1]] == [[0], [0, 1], [0, 1, 2]]
    document = report("d1", ("Captain Oster takes two berths", f"{SAID} {HARBOR[1]}"))
    assert SAID in [sentence.text for sentence in printable(take(one(document)))]


@pytest.mark.parametrize("ranker", [in_order, backwards])
def test_a_name_is_not_resolved_by_a_sentence_that_is_not_printed(ranker: Ranker) -> None:
    document = report("d1", (HARBOR[0], f"{LEAD} {HARBOR[1]} {SAID}"))
    made = take(one(document), ranker=ranker, previous=edition_of(brief_of(document, 0)))
    assert SAID not in [sentence.text for sentence in printable(made)]
    assert SAID in [sentence.text for sentence in printable(take(one(document)))]


def test_the_evidence_of_a_sentence_says_how_likely_it_opens_and_a_long_one_counts_half() -> None:
    long = f"Ostran crews {'very ' * 42}long moored ships on Monday."
    document = report("d1", (HARBOR[0], f"{HARBOR[1]} {long}"))
    (made,) = take(one(document, topics={"security": 1.0}))
    likely = {row.sentence.index: row.score.terms["opens"] for row in made.best}
    assert all(0 <= share <= 1 for share in likely.values())
    assert [*likely] == sorted(likely, key=lambda index: -likely[index])
    assert next(iter(likely)) == 0
    ((_, lengths),) = made.briefs
    assert lengths[0][0].index == 0


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


def test_the_ranker_sees_an_even_share_of_each_report_with_its_headline() -> None:
    ranker = Watching()
    take(one(report("d1", HARBOR), report("d2", HARBOR_AGAIN)), ranker=ranker)
    (seen,) = ranker.seen
    assert [(s.document, s.index) for s in seen] == [(d, n) for d in ("d1", "d2") for n in range(4)]
    assert ranker.titles == [{"d1": HARBOR[0], "d2": HARBOR_AGAIN[0]}]
    sentence = "Brokers number {} in Sund expect exports of nickel to rise by noon."
    text = " ".join(sentence.format(number) for number in range(300))
    ranker = Watching()
    story = one(*(report(f"d{n}", (f"Title {n}", text)) for n in range(4)))
    take(story, ranker=ranker)
    (seen,) = ranker.seen
    assert [sum(s.document == f"d{n}" for s in seen) for n in range(4)] == [100] * 4
    assert max(s.index for s in seen) == 99
    ranker = Watching()
    crowd = [report(f"d{n}", NICKEL) for n in range(402)]
    story = Weighed(Story("s1", tuple(crowd)), "economy", {"economy": 1.0}, Score(1.0))
    take(story, ranker=ranker)
    assert len(ranker.seen[0]) == 800


def test_what_is_sought_is_kept_and_equals_the_same() -> None:
    asked: list[int] = []

    def find() -> list[Scored[str]]:
        asked.append(1)
        return [Scored(0.9, "12 ships"), Scored(0.5, "3 ports"), Scored(0.49, "a ship")]

    found = Sought(find)
    assert asked == []
    assert [*found] == [*found] == ["12 ships", "3 ports"]
    assert asked == [1]
    one, same = (Sought(lambda: [Scored(1, 1), Scored(1, 2)]) for _ in range(2))
    other = Sought(lambda: [Scored(1, 2), Scored(1, 1)])
    assert one == same
    assert len({one, same}) == 1
    assert one != other
    assert one != (1, 2)


#: News in which the finders see a good and a weak item of each kind.
BESIDE = (
    "Kalvia and the price of nickel",
    (
        "Kalvia raised its budget for the northern railway to $14 million on Tuesday. Gardeners "
        "in Brenn could buy bulbs worth $9 million from a grower. “Kalvia will not sell one more "
        "ship of nickel below the price of last year,” Trade Minister Ada Lind of Kalvia said in "
        "Sund. The parliament of Kalvia will vote on the new budget on 23 "
        "March. Gardeners could open a canal on 2 April in the hope of a warm spring."
    ),
)

WEAK_QUOTE = (
    "“Those tulips that he brought there had not been watered for a week,” said Jon Brekke, a "
    "gardener in Brenn. Every bench along the canal was painted green for the show."
)

BEFORE = edition_of(
    brief_of(report("y1", STRAIT), 0, 1, 2, story="s1", top=True),
    brief_of(report("y2", HARBOR), 0, 1, story="s2"),
)


def test_a_story_is_new_developing_or_continuing() -> None:
    made = take(one(report("d1", STRAIT)), one(report("d2", HARBOR), name="s2", salience=0.5))
    assert [each.status for each in made] == [Status.NEW, Status.NEW]
    assert [each.salience.value for each in made] == [1.0, 0.5]
    made = take(
        one(report("d1", STRAIT_NEXT), name="s1", salience=0.9),
        one(report("d2", HARBOR), name="s2", salience=0.8),
        one(report("d3", NICKEL), name="s3", salience=0.7),
        previous=BEFORE,
    )
    statuses = {each.story.id: each.status for each in made}
    assert statuses == {"s1": Status.DEVELOPING, "s2": Status.CONTINUING, "s3": Status.NEW}
    for each in made:
        assert each.salience.terms["novelty"] == NOVELTY[each.status]


def test_what_the_edition_before_printed_is_not_printed_again_nor_nearly() -> None:
    (made,) = take(one(report("d1", STRAIT)), previous=BEFORE)
    assert made.status is Status.CONTINUING
    assert sorted(sentence.index for sentence in printable([made])) == [3, 4, 5]
    said = (
        "Armed patrol boats of Serrat closed the strait to tankers from Ottar before Monday’s dawn."
    )
    document = report("d1", (STRAIT_NEXT[0], f"{said} {STRAIT_NEXT[1]}"))
    assert said not in [s.text for s in printable(take(one(document), previous=BEFORE))]


def test_a_story_with_nothing_new_is_left_out_and_one_that_moves_on_goes_first() -> None:
    told = (HARBOR[0], HARBOR[1].split(" Dockworkers")[0])
    made = take(one(report("d1", told)), one(report("d2", NICKEL), name="s2"), previous=BEFORE)
    assert [each.story.id for each in made] == ["s2"]
    stories = (
        one(report("d1", STRAIT), name="s1", salience=1.0),
        one(report("d2", NICKEL), name="s2", section="economy", salience=0.7),
    )
    assert [each.story.id for each in take(*stories)] == ["s1", "s2"]
    made = take(*stories, previous=BEFORE)
    assert [each.story.id for each in made] == ["s2", "s1"]
    assert [len(printable([each])) for each in made] == [4, 3]
    made = take(
        one(report("d1", NICKEL), name="s1"),
        one(report("d2", STRAIT_NEXT), name="s2"),
        previous=BEFORE,
    )
    assert [each.story.id for each in made] == ["s2", "s1"]
    four = enumerate((HARBOR, NICKEL, RIVER, ORCHIDS))
    made = take(*(one(report(f"d{n}", words), name=f"s{n}") for n, words in four))
    assert [each.story.id for each in made] == ["s0", "s1", "s2", "s3"]


def test_figures_dates_and_quotations_that_the_finders_hold_for_weak_are_left_out() -> None:
    document = report("d1", BESIDE)
    sentences = split(document)["d1"]
    cast = meet(sentences, language=ENGLISH)
    numbers = figures.find(sentences, cast=cast)
    days = ahead.find(sentences, cast=cast, published={"d1": YESTERDAY}, today=TODAY)
    (made,) = take(one(document))
    assert [item.quality >= 0.5 for item in numbers] == [True, False]
    assert [item.quality >= 0.5 for item in days] == [True]
    assert ([*made.figures], [*made.ahead]) == ([numbers[0].item], [days[0].item])
    good, weak = report("d1", BESIDE), report("d2", (BESIDE[0], WEAK_QUOTE))
    kept, left_out = take(one(good), one(weak, name="s2"))
    sentences = split(weak)["d2"]
    (found,) = quotes.find(sentences, cast=meet(sentences, language=ENGLISH))
    assert found.quality < 0.5
    assert [quote.speaker.text for quote in kept.quotes] == ["Ada Lind"]
    assert [*left_out.quotes] == []


def test_what_says_here_of_a_place_above_no_page_is_left_out_but_for_the_event() -> None:
    first = "Kalvia raised the price of nickel by 12 percent on Tuesday."
    second = "Traders of nickel{} told the ministry of Kalvia on Tuesday that 9 mines would close."
    title = "Kalvia raises the price of nickel"

    def printed(*texts: str) -> list[str]:
        (made,) = take(one(report("d1", (title, " ".join(texts)))))
        return [sentence.text for sentence in printable([made])]

    assert printed(first, second.format("")) == [first, second.format("")]
    assert printed(first, second.format(" here")) == [first]
    assert printed(first, second.format(", “in demand here”,")) == [
        first,
        second.format(", “in demand here”,"),
    ]
    event = first.replace("price of nickel", "price of nickel here")
    assert printed(event, second.format("")) == [event, second.format("")]


@pytest.mark.parametrize(("published", "count"), [(YESTERDAY, 0), (TODAY, 1)])
def test_beside_the_news_no_words_say_today_of_an_earlier_day(published: date, count: int) -> None:
    title, text = BESIDE
    text = text.replace("on Tuesday", "today").replace("will not", "today will not")
    (made,) = take(one(report("d1", (title, text), day=published)))
    assert [len([*items]) for items in (made.figures, made.quotes)] == [count, count]


def test_dates_ahead_are_read_from_the_day_of_publication_if_there_is_one() -> None:
    told = ("Kalvia plans a vote", "The parliament of Kalvia will vote on the budget on Monday.")
    (made,) = take(one(report("d1", told)))
    assert [item.day for item in made.ahead] == [YESTERDAY + timedelta(days=5)]
    title, text = BESIDE
    (made,) = take(one(Document("d1", title, text)))
    assert [*made.ahead] == []


def test_the_evidence_holds_the_sentences_likeliest_to_open_with_section_and_score() -> None:
    (made,) = take(one(report("d1", STRAIT), report("d2", HARBOR), report("d3", NICKEL)))
    assert len(made.best) == 12
    values = [(row.score.terms["opens"], row.score.value) for row in made.best]
    assert values == sorted(values, reverse=True)
    assert [
        row.section for row in made.best[:6]
    ] == "security security economy security economy economy".split()
